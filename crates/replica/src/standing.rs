//! Which changes stand: those that no revocation excludes.
//!
//! Revocations never change what is admitted, kept, reconciled or announced. They say what is shown and built on.

use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

use knotwork_identity::{ChangeId, PublicKey, SpaceId, sha256};
use knotwork_ledger::{CheckedChange, History};

use crate::{
    Departure, Roster, Storage, StorageError,
    admission::{authority_of, authority_without},
};

/// Which changes stand, as of some moment. A copy is cheap.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// The keys that have been revoked, and what each revocation that counts lists.
    revoked: Arc<BTreeMap<PublicKey, Vec<Arc<Listed>>>>,
}

/// What one revocation lists. Takes 32 bytes of memory for each 32 that are stored.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    /// The ids in ascending order, part by part, none of which is empty.
    pub(crate) parts: Vec<Arc<[ChangeId]>>,
    /// What the revocation gives as their digest.
    pub(crate) digest: [u8; 32],
}

impl Listed {
    /// How many ids there are.
    pub(crate) fn len(&self) -> usize {
        self.parts.iter().map(|part| part.len()).sum()
    }

    /// What either lists.
    pub(crate) fn with(&self, other: &Self) -> Self {
        let ids = |listed: &Self| listed.parts.iter().flat_map(|part| part.iter().copied()).collect::<Vec<_>>();
        let mut all = [ids(self), ids(other)].concat();
        all.sort_unstable();
        all.dedup();
        let bytes: Vec<&[u8]> = all.iter().map(|id| id.0.as_slice()).collect();
        let digest = sha256(&bytes);
        Self { parts: if all.is_empty() { Vec::new() } else { vec![all.into()] }, digest }
    }

    fn contains(&self, id: &ChangeId) -> bool {
        let after = self.parts.partition_point(|part| part.first().is_some_and(|first| first <= id));
        after.checked_sub(1).is_some_and(|place| self.parts[place].binary_search(id).is_ok())
    }
}

impl Standing {
    /// What stands by all that a store holds.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn read(storage: &dyn Storage, roster: &dyn Roster) -> Result<Self, StorageError> {
        Ok(authority_of(storage, roster)?.1.standing().clone())
    }

    /// What would stand if an organisation went as well; `None` where the list of what stands of it is not here, or not
    /// whole.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn if_gone(
        storage: &dyn Storage,
        roster: &dyn Roster,
        organisation: &PublicKey,
        departure: Departure,
    ) -> Result<Option<Self>, StorageError> {
        let stands = departure.stands;
        let mut departures = roster.departures();
        departures.insert(*organisation, departure);
        let (_, revocations) = authority_without(storage, roster, departures)?;
        Ok(revocations.list(organisation, &stands).map(|_| revocations.standing().clone()))
    }

    /// Whether a change stands by itself. It falls all the same if something that it builds on falls: see
    /// [`Standing::part_of`].
    #[must_use]
    pub fn stands(&self, change: &CheckedChange) -> bool {
        // What the network rests on, such as certificates, is not taken back this way.
        change.header().space == SpaceId::Roster || self.lists(&change.author(), &change.id())
    }

    /// Whether no revocation of a key excludes a change by it. In the roster space nothing is excluded anyway.
    #[must_use]
    pub fn lists(&self, key: &PublicKey, id: &ChangeId) -> bool {
        self.revoked.get(key).is_none_or(|lists| lists.iter().all(|listed| listed.contains(id)))
    }

    /// The part of a document that stands; the document itself, without a copy, where that is all of it.
    #[must_use]
    pub fn part_of<'h>(&self, history: &'h History) -> Cow<'h, History> {
        if self.revoked.is_empty() {
            return Cow::Borrowed(history);
        }
        history.standing(|change| self.stands(change))
    }

    /// Whether a revocation of a key counts.
    #[must_use]
    pub fn is_revoked(&self, key: &PublicKey) -> bool {
        self.revoked.contains_key(key)
    }

    /// Sets what counts of a key: the list of every revocation, none where it is not revoked. Gives whether that is
    /// something else than before.
    pub(crate) fn set(&mut self, key: PublicKey, lists: Vec<Arc<Listed>>) -> bool {
        let before = self.state_of(&key);
        if lists.is_empty() {
            if before.is_some() {
                Arc::make_mut(&mut self.revoked).remove(&key);
            }
        } else {
            Arc::make_mut(&mut self.revoked).insert(key, lists);
        }
        self.state_of(&key) != before
    }

    /// Says in few bytes which changes by a key stand: equal where the same do. `None` where the key is not revoked.
    pub(crate) fn state_of(&self, key: &PublicKey) -> Option<[u8; 32]> {
        let mut digests: Vec<&[u8]> = self.revoked.get(key)?.iter().map(|listed| listed.digest.as_slice()).collect();
        digests.sort_unstable();
        Some(sha256(&digests))
    }

    /// The keys that are revoked.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &PublicKey> {
        self.revoked.keys()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u32) -> ChangeId {
        ChangeId(sha256(&[&number.to_be_bytes()]))
    }

    #[test]
    fn a_list_in_parts_contains_what_its_parts_do() {
        let mut ids: Vec<ChangeId> = (0..100).map(id).collect();
        ids.sort_unstable();
        for size in [1, 7, 50, 99, 100] {
            let listed = Listed { parts: ids.chunks(size).map(Into::into).collect(), digest: [0; 32] };
            assert!(ids.iter().all(|id| listed.contains(id)));
            assert!(!(100..300).map(id).any(|id| listed.contains(&id)));
        }
        let none = Listed { parts: Vec::new(), digest: [0; 32] };
        assert!(!none.contains(&id(0)) && !none.with(&none).contains(&id(0)));
        let halves = [&ids[..60], &ids[40..]].map(|half| Listed { parts: vec![half.into()], digest: [0; 32] });
        let both = halves[0].with(&halves[1]);
        assert!(ids.iter().all(|id| both.contains(id)) && both.len() == 100 && !both.contains(&id(200)));
        assert_eq!(both.digest, halves[1].with(&halves[0]).digest);
    }
}
