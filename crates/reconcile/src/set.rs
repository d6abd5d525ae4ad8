//! The ordered set of one space: claimed time, then id.

use knotwork_identity::{ChangeId, Timestamp};
use negentropy::{Bound, Id, Item, NegentropyStorageBase};
use sha2::{Digest as _, Sha256};

/// The ids of a space in order, always ready to be compared: 40 bytes an id.
///
/// Kept as sorted pieces of bounded length, so that an insertion moves a few kilobytes at most, however large the set.
#[derive(Debug, Clone, Default)]
pub struct ChangeSet {
    pieces: Vec<Vec<Item>>,
    /// The index of each piece's first item in the whole.
    starts: Vec<usize>,
    len: usize,
    digest: Option<[u8; 32]>,
    /// The state of the digest before each piece, as far as it is known: most changes come in at the end.
    digest_states: Vec<Sha256>,
}

impl ChangeSet {
    /// A set of many ids at once, in any order; an id that stands twice counts once.
    #[must_use]
    pub fn from_ids(ids: impl IntoIterator<Item = (Timestamp, ChangeId)>) -> Self {
        let mut items: Vec<Item> = ids.into_iter().map(|(time, id)| item(time, &id)).collect();
        items.sort_unstable();
        items.dedup();
        let pieces: Vec<Vec<Item>> = items.chunks(PIECE_ITEMS_MAX / 2).map(<[Item]>::to_vec).collect();
        let mut set = Self { len: items.len(), pieces, ..Self::default() };
        set.renumber(0);
        set
    }

    /// Adds an id; tells whether it is new.
    pub fn insert(&mut self, time: Timestamp, id: &ChangeId) -> bool {
        let new = item(time, id);
        let index = self.piece_for(&new);
        if index == self.pieces.len() {
            self.pieces.push(vec![new]);
            self.renumber(index);
        } else {
            let piece = &mut self.pieces[index];
            let Err(place) = piece.binary_search(&new) else { return false };
            piece.insert(place, new);
            if piece.len() > PIECE_ITEMS_MAX {
                let upper = piece.split_off(PIECE_ITEMS_MAX / 2);
                self.pieces.insert(index + 1, upper);
            }
            self.renumber(index);
        }
        self.len += 1;
        self.digest = None;
        true
    }

    /// Takes an id out again: only for changes whose commit failed.
    pub fn remove(&mut self, time: Timestamp, id: &ChangeId) {
        let old = item(time, id);
        let index = self.piece_for(&old);
        let Some(piece) = self.pieces.get_mut(index) else { return };
        let Ok(place) = piece.binary_search(&old) else { return };
        piece.remove(place);
        if piece.is_empty() {
            self.pieces.remove(index);
        }
        self.renumber(index);
        self.len -= 1;
        self.digest = None;
    }

    /// SHA-256 over the ids in the order of the set, which every node derives alike. Cached until the set changes; then
    /// it is made anew from the first piece that did.
    pub fn digest(&mut self) -> [u8; 32] {
        if let Some(digest) = self.digest {
            return digest;
        }
        let mut state = self.digest_states.pop().unwrap_or_default();
        for piece in &self.pieces[self.digest_states.len()..] {
            self.digest_states.push(state.clone());
            piece.iter().for_each(|item| state.update(*item.id));
        }
        let digest = state.finalize().into();
        self.digest = Some(digest);
        digest
    }

    /// Whether an id with this claimed time is in the set.
    #[must_use]
    pub fn contains(&self, time: Timestamp, id: &ChangeId) -> bool {
        let wanted = item(time, id);
        self.pieces.get(self.piece_for(&wanted)).is_some_and(|piece| piece.binary_search(&wanted).is_ok())
    }

    /// How many ids there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The ids in order.
    pub fn ids(&self) -> impl Iterator<Item = (Timestamp, ChangeId)> + '_ {
        self.items()
            .map(|item| (Timestamp::from_milliseconds(item.timestamp).unwrap_or(Timestamp::MAX), ChangeId(*item.id)))
    }

    pub(crate) fn items(&self) -> impl Iterator<Item = &Item> {
        self.pieces.iter().flatten()
    }

    /// The piece that holds an item or would take it; the number of pieces if there is none.
    fn piece_for(&self, wanted: &Item) -> usize {
        let after = self.pieces.partition_point(|piece| piece.last().is_some_and(|last| last < wanted));
        // An item beyond the end goes to the last piece.
        if after == self.pieces.len() { after.saturating_sub(usize::from(!self.pieces.is_empty())) } else { after }
    }

    /// Numbers the pieces anew from `from` on, the first that has changed.
    fn renumber(&mut self, from: usize) {
        self.digest_states.truncate(from + 1);
        self.starts.truncate(from.min(self.starts.len()));
        while self.starts.len() < self.pieces.len() {
            let index = self.starts.len();
            let start = if index == 0 { 0 } else { self.starts[index - 1] + self.pieces[index - 1].len() };
            self.starts.push(start);
        }
    }

    /// The piece that holds the item of an index, and the index of the piece's first item.
    fn piece_at(&self, index: usize) -> usize {
        self.starts.partition_point(|start| *start <= index).saturating_sub(1)
    }
}

impl NegentropyStorageBase for ChangeSet {
    fn size(&self) -> Result<usize, negentropy::Error> {
        Ok(self.len)
    }

    fn get_item(&self, index: usize) -> Result<Option<Item>, negentropy::Error> {
        if index >= self.len {
            return Ok(None);
        }
        let piece = self.piece_at(index);
        Ok(self.pieces[piece].get(index - self.starts[piece]).copied())
    }

    fn iterate(
        &self,
        begin: usize,
        end: usize,
        each: &mut dyn FnMut(Item, usize) -> Result<bool, negentropy::Error>,
    ) -> Result<(), negentropy::Error> {
        let end = end.min(self.len);
        if begin >= end {
            return Ok(());
        }
        let first = self.piece_at(begin);
        let items =
            self.pieces[first][begin - self.starts[first]..].iter().chain(self.pieces[first + 1..].iter().flatten());
        for (item, index) in items.zip(begin..end) {
            if !each(*item, index)? {
                break;
            }
        }
        Ok(())
    }

    fn find_lower_bound(&self, first: usize, last: usize, bound: &Bound) -> usize {
        let piece = self.piece_for(&bound.item);
        let found = match self.pieces.get(piece) {
            None => self.len,
            Some(items) => self.starts[piece] + items.partition_point(|item| *item < bound.item),
        };
        // The library asks for a place between the two, whatever bounds a peer sent.
        found.min(last).max(first)
    }
}

fn item(time: Timestamp, id: &ChangeId) -> Item {
    Item::with_timestamp_and_id(time.milliseconds(), Id::from_byte_array(id.0))
}

/// The most items in a piece: 20 KB.
const PIECE_ITEMS_MAX: usize = 512;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use negentropy::NegentropyStorageVector;
    use proptest::prelude::*;

    use super::*;

    fn id(number: u32) -> ChangeId {
        ChangeId(knotwork_identity::sha256(&[&number.to_be_bytes()]))
    }

    fn time(milliseconds: u64) -> Timestamp {
        Timestamp::from_milliseconds(milliseconds).expect("small")
    }

    proptest! {
        /// The set answers every question of the library as the library's own sorted vector does.
        #[test]
        fn the_set_is_the_sorted_vector(numbers in prop::collection::vec((0_u64..50, 0_u32..3_000), 0..2_500), removed in prop::collection::vec((0_u64..50, 0_u32..3_000), 0..50)) {
            let mut set = ChangeSet::default();
            let mut naive = BTreeSet::new();
            for (at, number) in &numbers {
                prop_assert_eq!(set.insert(time(*at), &id(*number)), naive.insert((*at, id(*number))));
            }
            for (at, number) in &removed {
                set.remove(time(*at), &id(*number));
                naive.remove(&(*at, id(*number)));
            }
            let mut vector = NegentropyStorageVector::new();
            for (at, id) in &naive {
                vector.insert(*at, Id::from_byte_array(id.0)).expect("open");
            }
            vector.seal().expect("open");
            prop_assert_eq!(set.len(), naive.len());
            prop_assert_eq!(set.ids().map(|(at, id)| (at.milliseconds(), id)).collect::<Vec<_>>(), naive.iter().copied().collect::<Vec<_>>());
            let all_at_once = ChangeSet::from_ids(numbers.iter().map(|(at, number)| (time(*at), id(*number))));
            for (at, number) in &numbers {
                prop_assert!(all_at_once.contains(time(*at), &id(*number)));
                prop_assert_eq!(set.contains(time(*at), &id(*number)), naive.contains(&(*at, id(*number))));
                let bound = Bound::with_timestamp_and_id(*at, &id(*number).0[..(*number % 33) as usize]).expect("short");
                prop_assert_eq!(set.find_lower_bound(0, set.len(), &bound), vector.find_lower_bound(0, naive.len(), &bound));
            }
            for index in [0, 1, 255, 256, 257, 511, 512, 513, 1_000, 2_499] {
                prop_assert_eq!(set.get_item(index).expect("reads"), vector.get_item(index).expect("reads"));
                let end = naive.len().min(index + 300);
                if index <= end {
                    prop_assert_eq!(set.fingerprint(index, end).expect("reads").to_bytes(), vector.fingerprint(index, end).expect("reads").to_bytes());
                }
            }
        }

        /// However it came about, and whenever it was asked for in between.
        #[test]
        fn the_digest_is_the_hash_of_all_ids_in_order(steps in prop::collection::vec((0_u64..40, 0_u32..2_000, 0_u8..20), 0..1_500)) {
            let mut set = ChangeSet::default();
            let hash_of = |set: &ChangeSet| -> [u8; 32] {
                let ids: Vec<u8> = set.ids().flat_map(|(_, id)| id.0).collect();
                knotwork_identity::sha256(&[&ids])
            };
            for (at, number, what) in steps {
                match what {
                    0 => prop_assert_eq!(set.digest(), hash_of(&set)),
                    1..4 => set.remove(time(at), &id(number)),
                    _ => drop(set.insert(time(at), &id(number))),
                }
            }
            prop_assert_eq!(set.digest(), hash_of(&set));
        }

        #[test]
        fn the_digest_is_that_of_the_set_and_not_of_its_history(numbers in prop::collection::vec(0_u32..500, 1..200)) {
            let mut forward = ChangeSet::default();
            let mut backward = ChangeSet::default();
            for number in &numbers {
                forward.insert(time(u64::from(*number / 3)), &id(*number));
            }
            for number in numbers.iter().rev() {
                backward.insert(time(u64::from(*number / 3)), &id(*number));
            }
            prop_assert_eq!(forward.digest(), backward.digest());
            backward.insert(time(7), &id(501));
            prop_assert_ne!(forward.digest(), backward.digest());
            backward.remove(time(7), &id(501));
            prop_assert_eq!(forward.digest(), backward.digest());
        }
    }
}
