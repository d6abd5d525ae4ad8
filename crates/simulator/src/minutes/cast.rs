//! Who takes part: organisations with their keys and nodes, and the genesis that they found.

use knotwork_identity::{Card, Genesis, SecretKey, sha256};

use super::scenario::Scenario;

/// All keys of a run. Places below `founders` are founders; newcomers follow, and then nodes that take another's place.
pub(crate) struct Cast {
    pub(crate) organisations: Vec<SecretKey>,
    pub(crate) nodes: Vec<SecretKey>,
    pub(crate) genesis: Genesis,
}

impl Cast {
    pub(crate) fn draw(seed: u64, scenario: &Scenario) -> Self {
        let key = |purpose: &str, place: usize| {
            let place = (place as u64).to_be_bytes();
            SecretKey::from_seed(&sha256(&[b"minutes", &seed.to_be_bytes(), purpose.as_bytes(), &place]))
        };
        let organisations: Vec<SecretKey> =
            (0..scenario.founders + scenario.newcomers).map(|place| key("organisation", place)).collect();
        let nodes: Vec<SecretKey> =
            (0..organisations.len() + scenario.spares).map(|place| key("node", place)).collect();
        let founders = (0..scenario.founders).map(|place| Card {
            name: format!("Organisation {place}"),
            organisation: organisations[place].public(),
            node: nodes[place].public(),
            addresses: Vec::new(),
        });
        let genesis = Genesis {
            nonce: sha256(&[b"minutes nonce", &seed.to_be_bytes()]),
            name: "Network".into(),
            purpose: "To be tried.".into(),
            founders: founders.collect(),
        };
        Self { organisations, nodes, genesis }
    }
}
