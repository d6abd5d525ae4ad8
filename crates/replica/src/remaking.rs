//! Making views anew whose changes have come to stand, or fallen: a few at each commit.
//!
//! Which documents have changes by a key is not kept. They are found by going once through all changes that were there
//! when the revocation took effect; what comes later is shown rightly at once. For each key the store keeps how far that
//! has been done, so that a node that stops halfway begins again.

use std::{collections::BTreeSet, sync::Arc};

use knotwork_identity::{DocumentId, PublicKey, SpaceId};
use knotwork_ledger::History;

use crate::{Now, Replica, Standing, Storage, StorageError, StoredChange, limits};

/// What is to be made anew.
#[derive(Debug, Default)]
pub(crate) struct Remaking {
    /// The keys whose turn comes next.
    wanted: BTreeSet<PublicKey>,
    running: Option<Round>,
    /// Nothing is done before then, in milliseconds of the clock that never goes back.
    rests_until: u64,
}

/// One walk through the changes.
#[derive(Debug)]
pub(crate) struct Round {
    /// Whose documents are made anew.
    pub(crate) keys: BTreeSet<PublicKey>,
    /// The sequence number to go on from.
    pub(crate) from: u64,
    /// The sequence number to stop before.
    pub(crate) until: u64,
}

impl Remaking {
    /// Wants the keys of which the store shows something else than what stands.
    pub(crate) fn resume(&mut self, standing: &Standing, storage: &dyn Storage) -> Result<(), StorageError> {
        let mut keys: BTreeSet<PublicKey> = standing.keys().copied().collect();
        for (name, state) in storage.locals(SHOWN)? {
            let Some(Ok(key)) = name.get(SHOWN.len()..).map(str::parse::<PublicKey>) else { continue };
            if standing.state_of(&key).is_some_and(|stands| state == stands) {
                keys.remove(&key);
            } else {
                keys.insert(key);
            }
        }
        self.wanted.extend(keys);
        Ok(())
    }

    /// Wants the documents of keys to be made anew.
    pub(crate) fn want(&mut self, keys: Vec<PublicKey>) {
        self.wanted.extend(keys);
    }

    /// The walk that goes on now, if there is something to do. It begins with what is in the store.
    pub(crate) fn turn(&mut self, milliseconds: u64, until: u64) -> Option<&mut Round> {
        if milliseconds < self.rests_until {
            return None;
        }
        if self.running.is_none() && !self.wanted.is_empty() {
            self.running = Some(Round { keys: std::mem::take(&mut self.wanted), from: 1, until });
        }
        self.running.as_mut()
    }

    /// Ends the walk. Gives what the store is to keep of it.
    pub(crate) fn finish(&mut self, standing: &Standing) -> Vec<(String, Option<Vec<u8>>)> {
        let Some(round) = self.running.take() else { return Vec::new() };
        // What has changed again meanwhile has its turn again.
        round
            .keys
            .difference(&self.wanted)
            .map(|key| (format!("{SHOWN}{key}"), standing.state_of(key).map(|state| state.to_vec())))
            .collect()
    }

    /// Gives up the walk until the node starts again: the store cannot be read.
    pub(crate) fn give_up(&mut self) {
        self.running = None;
    }

    /// Nothing was written: the walk of these keys begins again, and not at once.
    pub(crate) fn begin_again(&mut self, keys: BTreeSet<PublicKey>, rests_until: u64) {
        self.wanted.extend(keys);
        if let Some(round) = self.running.take() {
            self.wanted.extend(round.keys);
        }
        if !self.wanted.is_empty() {
            self.rests_until = rests_until;
        }
    }

    /// The keys of the walk that goes on, or that begins next.
    pub(crate) fn keys(&self) -> BTreeSet<PublicKey> {
        self.running.as_ref().map_or_else(|| self.wanted.clone(), |round| round.keys.clone())
    }

    /// When there is something to do, in milliseconds of the clock that never goes back.
    pub(crate) fn due(&self) -> Option<u64> {
        (self.running.is_some() || !self.wanted.is_empty()).then_some(self.rests_until)
    }
}

impl Replica {
    /// Lets revocations take effect as far as they are there. What is admitted with them is shown by them at once.
    pub(crate) fn heed_revocations(&mut self) {
        let (desk, storage) = (&mut self.desk, self.storage.as_ref());
        let mut changes_of = |document: &DocumentId| {
            let history = desk.find(document, storage)?;
            Ok(history.into_iter().flat_map(History::changes).cloned().collect())
        };
        match self.revocations.take_effect(&self.authors, &mut changes_of) {
            Ok(keys) => {
                for key in &keys {
                    self.authors.set_revoked(key, self.revocations.standing().is_revoked(key));
                }
                self.remaking.want(keys);
            }
            Err(error) => {
                tracing::error!(%error, "a revocation cannot be read");
                self.damaged |= matches!(error, StorageError::Damaged(_));
            }
        }
    }

    /// Has some of the documents shown anew of which other changes stand than before. Gives what the store is to keep of
    /// it.
    pub(crate) fn remake(&mut self, now: Now) -> Vec<(String, Option<Vec<u8>>)> {
        let storage = Arc::clone(&self.storage);
        let Some(round) = self.remaking.turn(now.milliseconds, storage.next_sequence()) else { return Vec::new() };
        let stored = match storage.changes_from(round.from, limits::REMADE_AT_ONCE) {
            Ok(stored) => stored,
            Err(error) => {
                tracing::error!(%error, "not all that was revoked can be taken from view; start the node again");
                self.damaged |= matches!(error, StorageError::Damaged(_));
                self.remaking.give_up();
                return Vec::new();
            }
        };
        let mut stored = stored.into_iter().filter(|stored| stored.sequence < round.until).peekable();
        while self.desk.touched_bytes() < limits::BATCH_DOCUMENTS_BYTES_MAX
            && let Some(StoredChange { sequence, change, .. }) = stored.next()
        {
            round.from = sequence + 1;
            if !round.keys.contains(&change.author) || change.header.space == SpaceId::Roster {
                continue;
            }
            if let Err(error) = self.desk.remake(&change.header, self.revocations.standing(), storage.as_ref()) {
                tracing::error!(%error, document = %change.header.id(), "a document cannot be shown anew");
                self.damaged |= matches!(error, StorageError::Damaged(_));
            }
        }
        if round.from < round.until {
            return Vec::new();
        }
        self.remaking.finish(self.revocations.standing())
    }
}

/// Begins the names of local values that say, for a key after it, what the views show of its changes: as
/// [`Standing::state_of`].
const SHOWN: &str = "standing/shown/";
