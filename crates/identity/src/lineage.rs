//! The two ids of a network that was reconvened.

use crate::NetworkId;

/// Which network a node is in, and which one that goes back to. They are the same unless it was reconvened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lineage {
    /// The network of the genesis: documents and the store name it for good.
    pub origin: NetworkId,
    /// The network as it is now: nodes greet each other with it, and minutes are signed for it.
    pub present: NetworkId,
}

impl Lineage {
    /// Of a network that goes on as it was founded.
    #[must_use]
    pub fn founded(network: NetworkId) -> Self {
        Self { origin: network, present: network }
    }
}
