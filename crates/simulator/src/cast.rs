//! Who takes part: the same organisations in every run, of which a scenario uses the first few. Their keys stand in this
//! file's recipe, so that what is costly to sign can be made once for many runs.

use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};

use knotwork_identity::{Card, Genesis, NetworkId, PersonId, PublicKey, SecretKey, sha256};
use knotwork_replica::AgreedRoster;

/// One organisation with its keys and its people.
#[derive(Debug)]
pub(crate) struct Party {
    pub(crate) organisation: SecretKey,
    pub(crate) node: SecretKey,
    pub(crate) service: SecretKey,
    pub(crate) service_id: PersonId,
    pub(crate) member: SecretKey,
    pub(crate) member_id: PersonId,
}

/// All of them.
#[derive(Debug)]
pub(crate) struct Cast {
    pub(crate) network: NetworkId,
    pub(crate) parties: Vec<Party>,
    pub(crate) roster: Arc<AgreedRoster>,
    by_node: BTreeMap<PublicKey, usize>,
}

impl Cast {
    /// The cast of every run.
    pub(crate) fn get() -> &'static Self {
        static CAST: OnceLock<Cast> = OnceLock::new();
        CAST.get_or_init(|| {
            let parties: Vec<Party> = (0..PARTIES).map(Party::new).collect();
            let founders = parties.iter().enumerate().map(|(index, party)| Card {
                name: format!("Organisation {index}"),
                organisation: party.organisation.public(),
                node: party.node.public(),
                addresses: Vec::new(),
            });
            let genesis = Genesis {
                nonce: sha256(&[b"simulator genesis"]),
                name: "Simulated network".into(),
                purpose: "To find faults.".into(),
                founders: founders.collect(),
            };
            let by_node = parties.iter().enumerate().map(|(index, party)| (party.node.public(), index)).collect();
            Self { network: genesis.network(), parties, roster: Arc::new(AgreedRoster::founded(genesis)), by_node }
        })
    }

    /// The place of the node with this key.
    pub(crate) fn place_of(&self, node: &PublicKey) -> Option<usize> {
        self.by_node.get(node).copied()
    }
}

impl Party {
    fn new(index: usize) -> Self {
        let key = |role: &str| SecretKey::from_seed(&sha256(&[b"simulator key", role.as_bytes(), &[index as u8]]));
        let person = |role: &str| {
            let mut id = [0; 16];
            id.copy_from_slice(&sha256(&[b"simulator person", role.as_bytes(), &[index as u8]])[..16]);
            PersonId(id)
        };
        Self {
            organisation: key("organisation"),
            node: key("node"),
            service: key("service"),
            service_id: person("service"),
            member: key("member"),
            member_id: person("member"),
        }
    }
}

/// How many organisations the roster has.
pub(crate) const PARTIES: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_roster_is_valid_and_every_node_has_a_place() {
        let cast = Cast::get();
        for (index, party) in cast.parties.iter().enumerate() {
            assert_eq!(cast.place_of(&party.node.public()), Some(index));
        }
        assert_eq!(cast.place_of(&cast.parties[0].service.public()), None);
    }
}
