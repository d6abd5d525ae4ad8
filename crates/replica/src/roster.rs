//! Who is in the network, as the replica asks it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, PoisonError, RwLock},
};

use knotwork_governance::Stands;
use knotwork_identity::{Genesis, PublicKey};
use knotwork_minutes::{Agreed, Gone};

use crate::{Storage, StorageError, kept_minutes};

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

    /// The organisations in good standing, in the order of their keys.
    fn organisations(&self) -> Vec<PublicKey>;

    /// The other organisations that have gone, and what stands of what they wrote.
    fn departures(&self) -> BTreeMap<PublicKey, Departure>;

    /// The name that an organisation gave itself.
    fn name_of(&self, organisation: &PublicKey) -> Option<String>;
}

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
    /// Names that came with organisations after the founding.
    names: RwLock<BTreeMap<PublicKey, String>>,
}

impl AgreedRoster {
    /// As it is before the first minute.
    #[must_use]
    pub fn founded(genesis: Genesis) -> Self {
        let agreed = RwLock::new(Arc::new(Agreed::founded(&genesis)));
        Self { genesis, own: None, agreed, names: RwLock::default() }
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

    /// An organisation says what it is called.
    pub fn call(&self, organisation: PublicKey, name: String) {
        self.names.write().unwrap_or_else(PoisonError::into_inner).insert(organisation, name);
    }
}

impl Roster for AgreedRoster {
    fn was_ever_on(&self, organisation: &PublicKey) -> bool {
        self.agreed().was_ever_on(organisation)
    }

    fn organisation_of(&self, node: &PublicKey) -> Option<PublicKey> {
        self.agreed().parties().iter().find(|(_, party)| party.node == Some(*node)).map(|(key, _)| *key)
    }

    fn node_was_ever_on(&self, node: &PublicKey) -> bool {
        self.agreed().node_was_ever_on(node)
    }

    fn nodes(&self) -> Vec<PublicKey> {
        self.agreed().parties().values().filter_map(|party| party.node).collect()
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
