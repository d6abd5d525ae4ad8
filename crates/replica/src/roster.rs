//! Who is in the network, as the replica asks it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, PoisonError, RwLock},
};

use knotwork_governance::{SignedNode, Stands};
use knotwork_identity::{Genesis, PublicKey};
use knotwork_minutes::{Agreed, Gone};

use crate::{Storage, StorageError, kept_minutes};

/// Tells which organisations and nodes are in good standing.
pub trait Roster: Send + Sync + 'static {
    /// Whether an organisation key was ever on the roster. Certificates by such an organisation count for good.
    fn was_ever_on(&self, organisation: &PublicKey) -> bool;

    /// Whether a node has signed, in this network or in one that it goes back to, that it is the organisation's, which was
    /// ever on the roster. The answer never changes from yes to no.
    fn vouches(&self, organisation: &PublicKey, node: &SignedNode) -> bool;

    /// The nodes that organisations certify beside those that sign minutes, from now on. Says whether they are others than
    /// before.
    fn serve_also(&self, nodes: FurtherNodes) -> bool;

    /// The organisation that a node key belongs to now.
    fn organisation_of(&self, node: &PublicKey) -> Option<PublicKey>;

    /// Whether a node key was ever on the roster, so that its address document counts.
    fn node_was_ever_on(&self, node: &PublicKey) -> bool;

    /// The node keys in good standing: those that the minutes name, and those that organisations certify beside them.
    fn nodes(&self) -> Vec<PublicKey>;

    /// Whether a node is one that the minutes name now.
    fn is_named(&self, node: &PublicKey) -> bool;

    /// The organisation that a node is or was by the minutes.
    fn named_ever(&self, node: &PublicKey) -> Option<PublicKey>;

    /// The organisations in good standing, in the order of their keys.
    fn organisations(&self) -> Vec<PublicKey>;

    /// The other organisations that have gone, and what stands of what they wrote.
    fn departures(&self) -> BTreeMap<PublicKey, Departure>;

    /// The name that an organisation gave itself.
    fn name_of(&self, organisation: &PublicKey) -> Option<String>;
}

/// Nodes that organisations certify, each with those who do.
pub type FurtherNodes = Arc<BTreeMap<PublicKey, BTreeSet<PublicKey>>>;

/// An organisation that is not on the roster any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Departure {
    /// Every node that it had.
    pub nodes: BTreeSet<PublicKey>,
    /// What stands of what it, its members and its nodes wrote.
    pub stands: Stands,
}

/// The roster that the minutes make. Whoever holds it sees each minute as soon as it is kept.
#[derive(Debug)]
pub struct AgreedRoster {
    genesis: Genesis,
    /// Whose it is. An organisation that has gone goes on with what it has, and sees what it writes.
    own: Option<PublicKey>,
    agreed: RwLock<Arc<Agreed>>,
    further: RwLock<FurtherNodes>,
    /// Names that came with organisations after the founding.
    names: RwLock<BTreeMap<PublicKey, String>>,
}

impl AgreedRoster {
    /// As it is before the first minute.
    #[must_use]
    pub fn founded(genesis: Genesis) -> Self {
        let agreed = RwLock::new(Arc::new(Agreed::founded(&genesis)));
        Self { genesis, own: None, agreed, further: RwLock::default(), names: RwLock::default() }
    }

    /// The roster as this organisation keeps it.
    #[must_use]
    pub fn of(self, organisation: PublicKey) -> Self {
        Self { own: Some(organisation), ..self }
    }

    /// As the minutes make it that a storage holds. Every one of them is verified.
    ///
    /// # Errors
    /// When the storage cannot be read, or holds minutes that do not hold.
    pub fn read(genesis: Genesis, storage: &dyn Storage) -> Result<Self, StorageError> {
        let roster = Self::founded(genesis);
        roster.turn(kept_minutes::agreed_in(&roster.genesis, storage)?);
        Ok(roster)
    }

    /// How the network began.
    #[must_use]
    pub fn genesis(&self) -> &Genesis {
        &self.genesis
    }

    /// What is agreed.
    #[must_use]
    pub fn agreed(&self) -> Arc<Agreed> {
        self.agreed.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Another minute is there.
    pub(crate) fn turn(&self, agreed: Agreed) {
        *self.agreed.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(agreed);
    }

    fn further(&self) -> FurtherNodes {
        self.further.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// An organisation says what it is called.
    pub fn call(&self, organisation: PublicKey, name: String) {
        self.names.write().unwrap_or_else(PoisonError::into_inner).insert(organisation, name);
    }
}

impl Roster for AgreedRoster {
    fn was_ever_on(&self, organisation: &PublicKey) -> bool {
        self.agreed().was_ever_on(organisation)
    }

    fn vouches(&self, organisation: &PublicKey, node: &SignedNode) -> bool {
        let agreed = self.agreed();
        agreed.was_ever_on(organisation) && agreed.networks().any(|network| node.verify(network, *organisation).is_ok())
    }

    fn serve_also(&self, nodes: FurtherNodes) -> bool {
        let mut further = self.further.write().unwrap_or_else(PoisonError::into_inner);
        let changes = *further != nodes;
        *further = nodes;
        changes
    }

    fn organisation_of(&self, node: &PublicKey) -> Option<PublicKey> {
        let agreed = self.agreed();
        let named = agreed.parties().iter().find(|(_, party)| party.node == Some(*node)).map(|(key, _)| *key);
        named.or_else(|| certifier(&agreed, node, self.further().get(node)?))
    }

    fn node_was_ever_on(&self, node: &PublicKey) -> bool {
        self.agreed().node_was_ever_on(node)
    }

    fn nodes(&self) -> Vec<PublicKey> {
        let agreed = self.agreed();
        let named: BTreeSet<PublicKey> = agreed.parties().values().filter_map(|party| party.node).collect();
        let further = self.further();
        let certified = further.iter().filter(|(node, by)| certifier(&agreed, node, by).is_some());
        named.into_iter().chain(certified.map(|(node, _)| *node)).collect::<BTreeSet<_>>().into_iter().collect()
    }

    fn is_named(&self, node: &PublicKey) -> bool {
        self.agreed().parties().values().any(|party| party.node == Some(*node))
    }

    fn named_ever(&self, node: &PublicKey) -> Option<PublicKey> {
        self.agreed().organisation_of_node_ever(node)
    }

    fn organisations(&self) -> Vec<PublicKey> {
        self.agreed().parties().keys().copied().collect()
    }

    fn departures(&self) -> BTreeMap<PublicKey, Departure> {
        let agreed = self.agreed();
        let departure = |(organisation, gone): (&PublicKey, &Gone)| {
            let nodes = agreed.nodes_ever_of(organisation).copied().collect();
            (*organisation, Departure { nodes, stands: gone.stands })
        };
        agreed.gone().iter().filter(|(organisation, _)| self.own != Some(**organisation)).map(departure).collect()
    }

    fn name_of(&self, organisation: &PublicKey) -> Option<String> {
        let founder = self.genesis.founders.iter().find(|card| card.organisation == *organisation);
        founder
            .map(|card| card.name.clone())
            .or_else(|| self.names.read().unwrap_or_else(PoisonError::into_inner).get(organisation).cloned())
    }
}

/// Of the organisations that certify a node, the one whose it is: the first by key that is on the roster with a node of its
/// own. A node that the minutes ever named is nobody else's, and an organisation's key is no node's.
fn certifier(agreed: &Agreed, node: &PublicKey, by: &BTreeSet<PublicKey>) -> Option<PublicKey> {
    if agreed.was_ever_on(node) {
        return None;
    }
    let named = agreed.organisation_of_node_ever(node);
    let may = |organisation: &&PublicKey| named.is_none_or(|named| named == **organisation);
    let has_node =
        |organisation: &&PublicKey| agreed.parties().get(organisation).is_some_and(|party| party.node.is_some());
    by.iter().filter(may).find(has_node).copied()
}
