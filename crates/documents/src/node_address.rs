//! Where a node can be reached, signed by the node.

use automerge::{ROOT, transaction::Transactable as _};
use knotwork_identity::{Card, NetworkId, PublicKey};
use knotwork_ledger::{DocumentHeader, Pen, PenError};
use serde::{Deserialize, Serialize};

use crate::{content::Content, kinds, organisation};

/// Where a node can be reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeAddressView {
    /// The node's key, which owns the document.
    pub node: PublicKey,
    /// Multiaddresses; whether they are well formed is for the reader to check.
    pub addresses: Vec<String>,
}

impl NodeAddressView {
    pub(crate) fn new(header: &DocumentHeader, content: &Content) -> Option<Self> {
        let addresses = content.word(ADDRESSES)?.lines().take(Card::ADDRESSES_MAX);
        let addresses =
            addresses.filter(|address| address.len() <= Card::ADDRESS_BYTES_MAX).map(str::to_owned).collect();
        Some(Self { node: header.owner?, addresses })
    }

    /// The header of a node's address document.
    #[must_use]
    pub fn header(network: NetworkId, node: PublicKey) -> DocumentHeader {
        organisation::header(network, kinds::NODE_ADDRESS, node)
    }

    /// Writes the addresses as a further change of the document that the pen has open.
    ///
    /// # Errors
    /// When the document can take no more.
    pub fn write(pen: &mut Pen<'_>, addresses: &[String]) -> Result<(), PenError> {
        pen.write(|document| document.put(ROOT, ADDRESSES, addresses.join("\n")))
    }
}

const ADDRESSES: &str = "addresses";
