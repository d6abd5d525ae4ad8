//! A copy of a set under other names, for when the names themselves were chosen to deceive.

use std::collections::HashMap;

use knotwork_identity::{ChangeId, sha256};
use negentropy::{Id, NegentropyStorageVector};

use crate::{ChangeSet, Ranges, compare::sealed::Sealed};

/// The set with each id replaced by SHA-256(salt ‖ id).
///
/// The library's fingerprints are sums, and with effort ids can be found that cancel out. Nobody can have done so for
/// a salt that is drawn when two digests differ and a comparison finds nothing.
#[derive(Debug)]
pub struct SaltedSet {
    vector: NegentropyStorageVector,
    ids: HashMap<ChangeId, ChangeId>,
}

impl SaltedSet {
    /// Copies `set` under the salt. Takes time and memory in proportion to the set.
    #[must_use]
    pub fn new(set: &ChangeSet, salt: [u8; 16]) -> Self {
        let mut vector = NegentropyStorageVector::with_capacity(set.len());
        let mut ids = HashMap::with_capacity(set.len());
        for item in set.items() {
            let salted = sha256(&[&salt, &*item.id]);
            // Fails only on a sealed vector.
            let _ = vector.insert(item.timestamp, Id::from_byte_array(salted));
            ids.insert(ChangeId(salted), ChangeId(*item.id));
        }
        let _ = vector.seal();
        Self { vector, ids }
    }

    /// The id behind a salted one, if the set holds it.
    #[must_use]
    pub fn unsalt(&self, salted: &ChangeId) -> Option<ChangeId> {
        self.ids.get(salted).copied()
    }
}

impl Sealed for SaltedSet {}

impl Ranges for SaltedSet {
    type Storage = NegentropyStorageVector;

    fn storage(&self) -> &NegentropyStorageVector {
        &self.vector
    }
}
