//! What a node must have, kept apart from the node: every change that it committed, which of them it must still have
//! after a crash, and every state in which it ever was.

use std::collections::{BTreeMap, BTreeSet};

use knotwork_documents::{Certificate, kinds};
use knotwork_identity::{ChangeId, PublicKey, SpaceId, sha256};
use knotwork_ledger::Checked;
use knotwork_replica::{Roster as _, Status, Storage, StoredChange};

use crate::{breach::Breach, cast::Cast};

/// A node's changes as an onlooker knows them.
#[derive(Debug, Default)]
pub(crate) struct Mirror {
    /// Every committed change, with the space that it is in.
    ids: BTreeMap<ChangeId, SpaceId>,
    /// The commits since the last sync.
    unsynced: Vec<Vec<ChangeId>>,
    /// Keys that committed certificates name.
    certified: BTreeSet<PublicKey>,
    /// The digest of what is committed, and those of all that ever was.
    state: Option<[u8; 32]>,
    known_states: BTreeSet<[u8; 32]>,
    newest: u64,
}

impl Mirror {
    /// The changes that must be there.
    pub(crate) fn ids(&self) -> impl Iterator<Item = &ChangeId> {
        self.ids.keys()
    }

    /// How many.
    pub(crate) fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether a change must be there.
    pub(crate) fn has(&self, id: &ChangeId) -> bool {
        self.ids.contains_key(id)
    }

    /// Whether a change must be there after a crash as well.
    pub(crate) fn has_durably(&self, id: &ChangeId) -> bool {
        self.has(id) && !self.unsynced.iter().any(|commit| commit.contains(id))
    }

    /// What it has committed, as one digest.
    pub(crate) fn state(&self) -> Option<[u8; 32]> {
        self.state
    }

    /// Whether the node ever was in a state.
    pub(crate) fn was_in(&self, state: &[u8; 32]) -> bool {
        self.known_states.contains(state)
    }

    /// The state that a status tells of: the digests of what is exchanged with everyone.
    pub(crate) fn state_of(status: &Status) -> [u8; 32] {
        let exchanged = status.spaces.iter().filter(|space| matches!(space.space, SpaceId::Roster | SpaceId::Commons));
        let digests: Vec<u8> = exchanged.flat_map(|space| space.digest).collect();
        sha256(&[&digests])
    }

    /// The node started; it is in the state of its disk.
    pub(crate) fn started(&mut self, status: &Status) {
        self.enter(Self::state_of(status));
    }

    /// The node committed everything up to `newest`; between the events of the commit it was in `states`.
    pub(crate) fn committed(&mut self, store: &dyn Storage, newest: u64, states: Vec<[u8; 32]>) -> Result<(), Breach> {
        let limit = usize::try_from(newest.saturating_sub(self.newest)).unwrap_or(usize::MAX);
        let changes = store
            .changes_from(self.newest + 1, limit)
            .map_err(|error| Breach::new(format!("what was committed cannot be read: {error}")))?;
        if changes.len() != limit || limit == 0 {
            return Err(Breach::new(format!("{} changes were committed, and {limit} were counted", changes.len())));
        }
        self.take_in(store, &changes)?;
        self.unsynced.push(changes.iter().map(|stored| stored.id).collect());
        states.into_iter().for_each(|state| self.enter(state));
        Ok(())
    }

    /// Everything committed is on the disk.
    pub(crate) fn synced(&mut self) {
        self.unsynced.clear();
    }

    /// The node crashed; the first `surviving` of the unsynced commits were on the disk.
    pub(crate) fn crashed(&mut self, surviving: usize) {
        for commit in self.unsynced.drain(surviving..) {
            for id in commit {
                self.ids.remove(&id);
                self.newest -= 1;
            }
        }
        self.unsynced.clear();
    }

    /// The node is lost, and another starts in its place from a copy. What peers heard before stays true.
    pub(crate) fn restored(&mut self, copy: &Self) {
        let known = std::mem::take(&mut self.known_states);
        *self = copy.copy();
        self.known_states.extend(known);
    }

    /// A copy for a backup.
    pub(crate) fn copy(&self) -> Self {
        Self {
            ids: self.ids.clone(),
            unsynced: Vec::new(),
            certified: self.certified.clone(),
            state: self.state,
            known_states: self.known_states.clone(),
            newest: self.newest,
        }
    }

    /// The store has exactly what must be there.
    pub(crate) fn check_store(&mut self, store: &dyn Storage) -> Result<(), Breach> {
        let mut found = BTreeMap::new();
        store
            .each_id(&mut |space, _, id| {
                found.insert(id, space);
            })
            .map_err(|error| Breach::new(format!("the store cannot be read: {error}")))?;
        if let Some(lost) = self.ids.keys().find(|id| !found.contains_key(id)) {
            return Err(Breach::new(format!("change {lost} is lost from the disk")));
        }
        if let Some(new) = found.keys().find(|id| !self.ids.contains_key(id)) {
            return Err(Breach::new(format!("change {new} is on the disk and was never committed")));
        }
        self.certified.clear();
        let all = store
            .changes_from(1, found.len())
            .map_err(|error| Breach::new(format!("the store cannot be read: {error}")))?;
        self.certify(store, &all)
    }

    /// The replica counts as many changes as there must be.
    pub(crate) fn check_counts(&self, status: &Status) -> Result<(), Breach> {
        let counted: usize = status.spaces.iter().map(|space| space.changes).sum();
        if counted == self.ids.len() {
            return Ok(());
        }
        Err(Breach::new(format!("the replica counts {counted} changes, and {} are committed", self.ids.len())))
    }

    fn take_in(&mut self, store: &dyn Storage, changes: &[StoredChange]) -> Result<(), Breach> {
        self.certify(store, changes)?;
        let roster = &Cast::get().roster;
        for StoredChange { sequence, id, change } in changes {
            let (author, space) = (change.author, change.header.space);
            let known =
                self.certified.contains(&author) || roster.was_ever_on(&author) || roster.node_was_ever_on(&author);
            if !known {
                return Err(Breach::new(format!("change {id} is admitted, and its author {author} is not certified")));
            }
            let checked = change.clone().check_trusted();
            let Ok(Checked::Change(checked)) = checked else {
                return Err(Breach::new(format!("change {id} is admitted, and no gate would take it")));
            };
            if let Some(missing) = checked.dependencies().iter().find(|dependency| !self.has(dependency)) {
                return Err(Breach::new(format!("change {id} is admitted before {missing}, on which it builds")));
            }
            if self.ids.insert(*id, space).is_some() {
                return Err(Breach::new(format!("change {id} is committed twice")));
            }
            self.newest = *sequence;
        }
        Ok(())
    }

    fn certify(&mut self, store: &dyn Storage, changes: &[StoredChange]) -> Result<(), Breach> {
        let roster = &Cast::get().roster;
        for stored in changes.iter().filter(|stored| stored.change.header.kind == kinds::CERTIFICATE) {
            let all = store
                .changes_of(&stored.change.header.id())
                .map_err(|error| Breach::new(format!("a certificate cannot be read: {error}")))?;
            let checked: Vec<_> =
                all.into_iter().filter_map(|stored| stored.change.check_trusted().ok()?.change()).collect();
            let certificate = Certificate::read(&stored.change.header, checked.iter());
            if let Some(certificate) = certificate
                && roster.was_ever_on(&certificate.organisation)
            {
                self.certified.extend(certificate.keys);
            }
        }
        Ok(())
    }

    fn enter(&mut self, state: [u8; 32]) {
        self.known_states.insert(state);
        self.state = Some(state);
    }
}
