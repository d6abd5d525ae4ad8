//! A copy of a set under other names, for when the names themselves were chosen to deceive.

use std::collections::HashSet;

use knotwork_identity::{ChangeId, sha256};
use negentropy::{Bound, Id, Item, NegentropyStorageBase};

use crate::{ChangeSet, Ranges, compare::sealed::Sealed};

/// The set with each id replaced by SHA-256(salt ‖ id).
///
/// The library's fingerprints are sums, and with effort ids can be found that cancel out. Nobody can have done so for
/// a salt that is drawn when two digests differ and a comparison finds nothing.
#[derive(Debug)]
pub struct SaltedSet {
    salt: [u8; 16],
    /// In the order of the items, each with the id behind it: 72 bytes an id.
    items: Vec<(Item, ChangeId)>,
}

impl SaltedSet {
    /// Copies `set` under the salt. Takes time and memory in proportion to the set.
    #[must_use]
    pub fn new(set: &ChangeSet, salt: [u8; 16]) -> Self {
        let mut items: Vec<(Item, ChangeId)> = set
            .items()
            .map(|item| {
                let id = ChangeId(*item.id);
                (Item::with_timestamp_and_id(item.timestamp, Id::from_byte_array(salted(&salt, &id).0)), id)
            })
            .collect();
        items.sort_unstable_by_key(|(item, _)| *item);
        Self { salt, items }
    }

    /// The salted name of an id, whether the set holds it or not.
    #[must_use]
    pub fn salted(&self, id: &ChangeId) -> ChangeId {
        salted(&self.salt, id)
    }

    /// The ids behind salted ones, of those that the set holds. Looks through the set once.
    #[must_use]
    pub fn unsalted(&self, wanted: &[ChangeId]) -> Vec<ChangeId> {
        let wanted: HashSet<&[u8; 32]> = wanted.iter().map(|id| &id.0).collect();
        self.items.iter().filter(|(item, _)| wanted.contains(&*item.id)).map(|(_, id)| *id).collect()
    }
}

fn salted(salt: &[u8; 16], id: &ChangeId) -> ChangeId {
    ChangeId(sha256(&[salt, &id.0]))
}

impl Sealed for SaltedSet {}

impl Ranges for SaltedSet {
    type Storage = Self;

    fn storage(&self) -> &Self {
        self
    }
}

impl NegentropyStorageBase for SaltedSet {
    fn size(&self) -> Result<usize, negentropy::Error> {
        Ok(self.items.len())
    }

    fn get_item(&self, index: usize) -> Result<Option<Item>, negentropy::Error> {
        Ok(self.items.get(index).map(|(item, _)| *item))
    }

    fn iterate(
        &self,
        begin: usize,
        end: usize,
        each: &mut dyn FnMut(Item, usize) -> Result<bool, negentropy::Error>,
    ) -> Result<(), negentropy::Error> {
        for index in begin..end.min(self.items.len()) {
            if !each(self.items[index].0, index)? {
                break;
            }
        }
        Ok(())
    }

    fn find_lower_bound(&self, first: usize, last: usize, bound: &Bound) -> usize {
        // The library asks for a place between the two, whatever bounds a peer sent.
        self.items.partition_point(|(item, _)| *item < bound.item).min(last).max(first)
    }
}
