//! Changes that wait for what they build on, or for their author's certificate. Kept in memory alone: after a restart
//! they are found again by comparing sets.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use knotwork_identity::{ChangeId, PublicKey};
use knotwork_ledger::{
    CheckedChange,
    planted::{self, Bug},
};

use crate::limits;

/// What a held change waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Awaited {
    /// A change that it builds on.
    Change(ChangeId),
    /// A certificate for its author's key.
    Author(PublicKey),
}

/// The pool of held changes, bounded for each peer that brought them.
#[derive(Debug, Default)]
pub(crate) struct HeldPool {
    held: HashMap<ChangeId, Held>,
    waiting: BTreeSet<(Awaited, ChangeId)>,
    shares: BTreeMap<PublicKey, Share>,
}

#[derive(Debug)]
struct Held {
    change: Arc<CheckedChange>,
    awaited: Awaited,
    peer: PublicKey,
    since: u64,
}

/// What one peer has in the pool.
#[derive(Debug, Default)]
struct Share {
    changes: usize,
    bytes: usize,
}

impl HeldPool {
    /// Holds a change that a peer brought. Above the peer's limits it is let go: it is found again later.
    pub(crate) fn hold(&mut self, change: Arc<CheckedChange>, awaited: Awaited, peer: PublicKey, now: u64) -> bool {
        let id = change.id();
        if let Some(held) = self.held.get_mut(&id) {
            self.waiting.remove(&(held.awaited, id));
            held.awaited = awaited;
            self.waiting.insert((awaited, id));
            return true;
        }
        let share = self.shares.entry(peer).or_default();
        let full =
            share.changes >= limits::HELD_CHANGES_MAX || share.bytes + change.byte_len() > limits::HELD_BYTES_MAX;
        if full && !planted::is(Bug::UnboundedPool) {
            return false;
        }
        share.changes += 1;
        share.bytes += change.byte_len();
        self.waiting.insert((awaited, id));
        // The limit counts bytes as they travel: what waits, perhaps for ever, must not take many times as much.
        self.held.insert(id, Held { change: Arc::new(change.lean()), awaited, peer, since: now });
        true
    }

    /// Takes out everything that waited for something that has come, with the peers that brought it.
    pub(crate) fn release(&mut self, awaited: Awaited) -> Vec<(Arc<CheckedChange>, PublicKey)> {
        if planted::is(Bug::HeldForGood) {
            return Vec::new();
        }
        let ids: Vec<ChangeId> = self
            .waiting
            .range((awaited, ChangeId([0; 32]))..=(awaited, ChangeId([0xff; 32])))
            .map(|(_, id)| *id)
            .collect();
        ids.iter().filter_map(|id| self.take(id)).collect()
    }

    /// Lets go of what has been held too long.
    pub(crate) fn expire(&mut self, now: u64) {
        let old: Vec<ChangeId> = self
            .held
            .iter()
            .filter(|(_, held)| now.saturating_sub(held.since) > limits::HELD_MILLISECONDS_MAX)
            .map(|(id, _)| *id)
            .collect();
        for id in old {
            self.take(&id);
        }
    }

    /// Whether a change is held.
    pub(crate) fn contains(&self, id: &ChangeId) -> bool {
        self.held.contains_key(id)
    }

    /// The changes that are held.
    pub(crate) fn ids(&self) -> impl Iterator<Item = &ChangeId> {
        self.held.keys()
    }

    /// How many changes are held.
    pub(crate) fn len(&self) -> usize {
        self.held.len()
    }

    /// The keys that changes wait for.
    pub(crate) fn awaited_authors(&self) -> BTreeSet<PublicKey> {
        // Changes come before authors in the order of what is waited for.
        let waiting = self.waiting.range((Awaited::Author(PublicKey([0; 32])), ChangeId([0; 32]))..);
        waiting.filter_map(|(awaited, _)| if let Awaited::Author(key) = awaited { Some(*key) } else { None }).collect()
    }

    /// How many of them wait for their author's certificate.
    pub(crate) fn for_author(&self) -> usize {
        // Changes come before authors in the order of what is waited for.
        self.waiting.range((Awaited::Author(PublicKey([0; 32])), ChangeId([0; 32]))..).count()
    }

    /// How many changes of a peer are held, and their bytes.
    pub(crate) fn share_of(&self, peer: &PublicKey) -> (usize, usize) {
        self.shares.get(peer).map_or((0, 0), |share| (share.changes, share.bytes))
    }

    fn take(&mut self, id: &ChangeId) -> Option<(Arc<CheckedChange>, PublicKey)> {
        let held = self.held.remove(id)?;
        self.waiting.remove(&(held.awaited, *id));
        if let Some(share) = self.shares.get_mut(&held.peer) {
            share.changes -= 1;
            share.bytes -= held.change.byte_len();
            if share.changes == 0 {
                self.shares.remove(&held.peer);
            }
        }
        Some((held.change, held.peer))
    }
}

#[cfg(test)]
mod tests {
    use knotwork_documents::ResourceDraft;
    use knotwork_identity::{NetworkId, Nonce, SecretKey, Timestamp};

    use super::*;

    #[test]
    fn what_waits_takes_about_the_memory_that_it_counts_for() {
        let key = SecretKey::from_seed(&[1; 32]);
        let draft = ResourceDraft { title: "A".into(), body: "Water. ".repeat(1_000), ..ResourceDraft::default() };
        let changes = draft.write(NetworkId([2; 32]), Nonce([3; 16]), &key, Timestamp::NONE).expect("it fits");
        let change = Arc::new(changes.into_iter().next().expect("there is one"));
        assert!(change.memory_bytes() > 10 * change.byte_len(), "this change would show nothing");
        let awaited = Awaited::Author(key.public());
        let mut pool = HeldPool::default();
        assert!(pool.hold(change.clone(), awaited, key.public(), 0));
        let released = pool.release(awaited);
        let (held, _) = released.first().expect("it was held");
        assert!(held.memory_bytes() < 2 * change.byte_len() + 1_024, "{} bytes", held.memory_bytes());
        assert_eq!((held.id(), held.operations().len()), (change.id(), change.operations().len()));
    }
}
