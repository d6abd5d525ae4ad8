//! Changes that wait for what they build on, or for their author's certificate. Kept in memory alone: after a restart
//! they are found again by comparing sets.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use knotwork_identity::{ChangeId, PublicKey};
use knotwork_ledger::CheckedChange;

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
        if share.changes == limits::HELD_CHANGES_MAX || share.bytes + change.byte_len() > limits::HELD_BYTES_MAX {
            return false;
        }
        share.changes += 1;
        share.bytes += change.byte_len();
        self.waiting.insert((awaited, id));
        self.held.insert(id, Held { change, awaited, peer, since: now });
        true
    }

    /// Takes out everything that waited for something that has come, with the peers that brought it.
    pub(crate) fn release(&mut self, awaited: Awaited) -> Vec<(Arc<CheckedChange>, PublicKey)> {
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

    /// How many changes are held.
    pub(crate) fn len(&self) -> usize {
        self.held.len()
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
