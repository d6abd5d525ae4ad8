//! Changes that this node does not take and does not ask for again for a while: it could do nothing with them.

use std::collections::{BTreeMap, HashMap};

use knotwork_identity::ChangeId;

use crate::limits;

/// Why a change is passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Why {
    /// Its document has a format that this version does not know.
    UnknownFormat,
    /// As much as may wait for one peer waits already.
    NoRoom,
    /// What it builds on cannot be read from the store.
    Damaged,
}

/// The changes that are passed over, a bounded number of them.
#[derive(Debug, Default)]
pub(crate) struct PassedOver {
    entries: HashMap<ChangeId, Entry>,
    /// Oldest first.
    order: BTreeMap<u64, ChangeId>,
    counts: BTreeMap<Why, usize>,
    noted: u64,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    why: Why,
    since: u64,
    place: u64,
}

impl PassedOver {
    /// Notes a change. The oldest makes room.
    pub(crate) fn note(&mut self, id: ChangeId, why: Why, now: u64) {
        self.forget(&id);
        if self.entries.len() >= limits::PASSED_OVER_MAX
            && let Some(oldest) = self.order.first_key_value().map(|(_, id)| *id)
        {
            self.forget(&oldest);
        }
        self.noted += 1;
        self.entries.insert(id, Entry { why, since: now, place: self.noted });
        self.order.insert(self.noted, id);
        *self.counts.entry(why).or_default() += 1;
    }

    /// Whether a change is passed over.
    pub(crate) fn contains(&self, id: &ChangeId) -> bool {
        self.entries.contains_key(id)
    }

    /// The changes that are passed over.
    pub(crate) fn ids(&self) -> impl Iterator<Item = &ChangeId> {
        self.entries.keys()
    }

    /// How many are passed over for this reason.
    pub(crate) fn count(&self, why: Why) -> usize {
        self.counts.get(&why).copied().unwrap_or(0)
    }

    /// A change may be asked for again.
    pub(crate) fn forget(&mut self, id: &ChangeId) {
        if let Some(entry) = self.entries.remove(id) {
            self.order.remove(&entry.place);
            if let Some(count) = self.counts.get_mut(&entry.why) {
                *count -= 1;
            }
        }
    }

    /// Some of what waited does not any more: what there was no room for may be asked for again.
    pub(crate) fn forget_no_room(&mut self) {
        if self.count(Why::NoRoom) > 0 {
            let no_room = self.entries.iter().filter(|(_, entry)| entry.why == Why::NoRoom);
            for id in no_room.map(|(id, _)| *id).collect::<Vec<_>>() {
                self.forget(&id);
            }
        }
    }

    /// Forgets what has been passed over for long.
    pub(crate) fn expire(&mut self, now: u64) {
        // Noted in the order of time.
        while let Some(oldest) = self.order.first_key_value().map(|(_, id)| *id) {
            let since = self.entries.get(&oldest).map_or(now, |entry| entry.since);
            if now.saturating_sub(since) <= limits::HELD_MILLISECONDS_MAX {
                break;
            }
            self.forget(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: usize) -> ChangeId {
        ChangeId(knotwork_identity::sha256(&[&number.to_be_bytes()]))
    }

    #[test]
    fn the_oldest_make_room_and_the_counts_are_right() {
        let mut passed_over = PassedOver::default();
        for number in 0..limits::PASSED_OVER_MAX + 10 {
            let why = if number % 2 == 0 { Why::UnknownFormat } else { Why::NoRoom };
            passed_over.note(id(number), why, number as u64);
        }
        assert_eq!(passed_over.ids().count(), limits::PASSED_OVER_MAX);
        assert!(!passed_over.contains(&id(9)) && passed_over.contains(&id(10)));
        assert_eq!(passed_over.order.len(), limits::PASSED_OVER_MAX);
        assert_eq!(passed_over.count(Why::UnknownFormat), limits::PASSED_OVER_MAX / 2);
        let last = limits::PASSED_OVER_MAX as u64 + 9;
        passed_over.note(id(10), Why::Damaged, last);
        assert_eq!((passed_over.count(Why::Damaged), passed_over.ids().count()), (1, limits::PASSED_OVER_MAX));
        passed_over.forget_no_room();
        assert_eq!((passed_over.count(Why::NoRoom), passed_over.contains(&id(11))), (0, false));
        passed_over.expire(limits::HELD_MILLISECONDS_MAX + 21);
        assert!(!passed_over.contains(&id(20)) && passed_over.contains(&id(22)));
    }
}
