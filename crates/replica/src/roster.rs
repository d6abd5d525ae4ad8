//! Who is in the network, as the replica asks it.
//!
//! The answers come from the genesis circle; minutes take its place behind the same trait.

use knotwork_identity::{Genesis, PublicKey};

/// Tells which organisations and nodes are in good standing.
pub trait Roster: Send + Sync + 'static {
    /// Whether an organisation key was ever on the roster. Certificates by such an organisation count for good.
    fn was_ever_on(&self, organisation: &PublicKey) -> bool;

    /// The organisation that a node key belongs to now.
    fn organisation_of(&self, node: &PublicKey) -> Option<PublicKey>;

    /// Whether a node key was ever on the roster, so that its address document counts.
    fn node_was_ever_on(&self, node: &PublicKey) -> bool;

    /// The node keys in good standing.
    fn nodes(&self) -> Vec<PublicKey>;

    /// The name that an organisation gave itself on its card.
    fn name_of(&self, organisation: &PublicKey) -> Option<String>;
}

/// The founding circle.
#[derive(Debug, Clone)]
pub struct FoundingCircle {
    genesis: Genesis,
}

impl FoundingCircle {
    /// The circle that a genesis names.
    #[must_use]
    pub fn new(genesis: Genesis) -> Self {
        Self { genesis }
    }
}

impl Roster for FoundingCircle {
    fn was_ever_on(&self, organisation: &PublicKey) -> bool {
        self.genesis.founders.iter().any(|card| card.organisation == *organisation)
    }

    fn organisation_of(&self, node: &PublicKey) -> Option<PublicKey> {
        self.genesis.founders.iter().find(|card| card.node == *node).map(|card| card.organisation)
    }

    fn node_was_ever_on(&self, node: &PublicKey) -> bool {
        self.organisation_of(node).is_some()
    }

    fn nodes(&self) -> Vec<PublicKey> {
        self.genesis.founders.iter().map(|card| card.node).collect()
    }

    fn name_of(&self, organisation: &PublicKey) -> Option<String> {
        self.genesis.founders.iter().find(|card| card.organisation == *organisation).map(|card| card.name.clone())
    }
}
