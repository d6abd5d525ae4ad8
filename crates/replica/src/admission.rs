//! Admission: the one way into the set, for changes of any origin.

use std::{collections::BTreeMap, sync::Arc};

use knotwork_documents::{Certificate, NodeAddressView, View, kinds};
use knotwork_identity::{ChangeId, DocumentId, PublicKey, SpaceId, sha256};
use knotwork_ledger::{
    Checked, CheckedChange, History, Kind, Rejection, SignedChange, Verdict,
    planted::{self, Bug},
};
use thiserror::Error;

use crate::{
    Announcement, Departure, Effect, Judgement, Now, Replica, Roster, Storage, StorageError, StoredChange,
    authors::Authors, held::Awaited, passed_over::Why, revocations::Revocations,
};

/// What became of an offered change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Admitted,
    AlreadyAdmitted,
    /// It waits, or was let go because too much waits already.
    Held,
}

/// Why an offered change is not taken.
#[derive(Debug, Error)]
pub(crate) enum AdmissionError {
    #[error(transparent)]
    Rejected(#[from] Rejection),
    #[error("the change is for a space that is not exchanged here: {0}")]
    Space(SpaceId),
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl Replica {
    /// Offers a change to the gate, and with it all that waited for it.
    pub(crate) fn offer(
        &mut self,
        now: Now,
        change: Arc<CheckedChange>,
        peer: PublicKey,
    ) -> Result<Outcome, AdmissionError> {
        let mut released = Vec::new();
        let outcome = self.consider(now, &change, peer, &mut released)?;
        self.let_go(now, released);
        Ok(outcome)
    }

    /// Considers what waited for something that has come.
    pub(crate) fn let_go(&mut self, now: Now, mut released: Vec<(Arc<CheckedChange>, PublicKey)>) {
        if !released.is_empty() {
            self.passed_over.forget_no_room();
        }
        while let Some((change, peer)) = released.pop() {
            // What others brought and what turns out invalid now is no fault of the one who brought the missing part.
            if let Err(error) = self.consider(now, &change, peer, &mut released) {
                tracing::warn!(?peer, change = ?change.id(), %error, "a held change is not taken");
            }
        }
    }

    /// As [`Replica::judge`]. A change whose document cannot be read waits until the store is repaired, and keeps nothing
    /// else from being admitted.
    fn consider(
        &mut self,
        now: Now,
        change: &Arc<CheckedChange>,
        peer: PublicKey,
        released: &mut Vec<(Arc<CheckedChange>, PublicKey)>,
    ) -> Result<Outcome, AdmissionError> {
        match self.judge(now, change, peer, released) {
            Err(AdmissionError::Storage(StorageError::Damaged(why))) => {
                tracing::error!(%why, change = %change.id(), "a change cannot be judged; start the node again to repair the store");
                self.damaged = true;
                self.passed_over.note(change.id(), Why::Damaged, now.milliseconds);
                Ok(Outcome::Held)
            }
            result => result,
        }
    }

    fn judge(
        &mut self,
        now: Now,
        change: &Arc<CheckedChange>,
        peer: PublicKey,
        released: &mut Vec<(Arc<CheckedChange>, PublicKey)>,
    ) -> Result<Outcome, AdmissionError> {
        let (space, id) = (change.header().space, change.id());
        let set = self.sets.get(&space).ok_or(AdmissionError::Space(space))?;
        if set.contains(change.time(), &id) {
            return Ok(Outcome::AlreadyAdmitted);
        }
        if planted::is(Bug::HeldForGood) && self.held.contains(&id) {
            return Ok(Outcome::Held);
        }
        if !self.authors.knows(&change.author(), self.roster.as_ref()) && !planted::is(Bug::EveryAuthor) {
            return Ok(self.hold(now, change, Awaited::Author(change.author()), peer));
        }
        if let Some(missing) = self.missing(change)? {
            return Ok(self.hold(now, change, Awaited::Change(missing), peer));
        }
        let history = self.desk.open(change.header(), self.storage.as_ref())?;
        match history.admit(change.clone())? {
            Verdict::AlreadyAdmitted => return Ok(Outcome::AlreadyAdmitted),
            Verdict::Held { missing } => {
                if let Some(first) = missing.first() {
                    self.hold(now, change, Awaited::Change(*first), peer);
                }
                return Ok(Outcome::Held);
            }
            Verdict::Admitted => {}
        }
        self.enter(change, released)?;
        Ok(Outcome::Admitted)
    }

    /// The first change that is missing for this one, as far as that can be told without opening its document.
    fn missing(&self, change: &CheckedChange) -> Result<Option<ChangeId>, StorageError> {
        // What is not committed yet is of documents that are open.
        if self.desk.has(&change.document()) || planted::is(Bug::MissingDependencies) {
            return Ok(None);
        }
        for dependency in change.dependencies() {
            if self.storage.sequence_of(dependency)?.is_none() {
                return Ok(Some(*dependency));
            }
        }
        Ok(None)
    }

    /// Has a change wait, or passes it over where too much waits already.
    fn hold(&mut self, now: Now, change: &Arc<CheckedChange>, awaited: Awaited, peer: PublicKey) -> Outcome {
        if self.held.hold(change.clone(), awaited, peer, now.milliseconds) {
            self.passed_over.forget(&change.id());
        } else {
            self.passed_over.note(change.id(), Why::NoRoom, now.milliseconds);
        }
        Outcome::Held
    }

    /// Does not ask again for a change that this version cannot look into. Its id is taken to be made as ours are; if it
    /// is not, the change is asked for again.
    pub(crate) fn pass_over_unknown(&mut self, now: Now, change: &SignedChange) {
        if let Some(hashed) = change.chunk.get(HASHED_FROM..) {
            let id = ChangeId(sha256(&[hashed]));
            tracing::debug!(change = %id, format = change.header.format, "a change has a format that is not known here");
            self.passed_over.note(id, Why::UnknownFormat, now.milliseconds);
        }
    }

    /// Takes a change that the gate has admitted into the set and the next commit.
    pub(crate) fn enter(
        &mut self,
        change: &Arc<CheckedChange>,
        released: &mut Vec<(Arc<CheckedChange>, PublicKey)>,
    ) -> Result<(), StorageError> {
        let (space, id) = (change.header().space, change.id());
        if let Some(set) = self.sets.get_mut(&space) {
            set.insert(change.time(), &id);
        }
        self.pending.changes.push((self.next_sequence, change.clone()));
        self.pending.bytes += change.memory_bytes();
        self.next_sequence += 1;
        self.passed_over.forget(&id);
        released.extend(self.held.release(Awaited::Change(id)));
        self.learn(change, released)
    }

    /// Takes in what an admitted change says to the replica itself: who may write, what stands, and where peers are.
    fn learn(
        &mut self,
        change: &Arc<CheckedChange>,
        released: &mut Vec<(Arc<CheckedChange>, PublicKey)>,
    ) -> Result<(), StorageError> {
        match change.header().kind {
            kinds::CERTIFICATE => {
                let history = self.desk.open(change.header(), self.storage.as_ref())?;
                let learned = self.authors.learn_change(history, change, self.roster.as_ref());
                if let Some((certificate, new)) = learned {
                    self.revocations.note_certified(&certificate.organisation, &certificate.keys);
                    self.touch_decisions();
                    for key in new {
                        released.extend(self.held.release(Awaited::Author(key)));
                    }
                }
            }
            kinds::NODE_CERTIFICATE => {
                self.pending.node_certificates.insert(change.document());
                if let Some((organisation, node)) = self.authors.learn_node(change, self.roster.as_ref()) {
                    self.revocations.note_certified(&organisation, &[node]);
                    released.extend(self.held.release(Awaited::Author(node)));
                }
            }
            kind @ (kinds::REVOCATION | kinds::REVOCATION_PART) => {
                self.revocations.note(change.document(), kind);
                // It may be the list without which a departure is not final.
                self.touch_decisions();
            }
            // A comment in that space is what an organisation says that is to be removed: a decision may have waited for it.
            kinds::COMMENT if change.header().space == SpaceId::Roster => {
                let history = self.desk.open(change.header(), self.storage.as_ref())?;
                if let (Ok(Some(View::Comment(view))), Some(minuting)) = (View::of_history(history), &mut self.minuting)
                {
                    minuting.deciding.touch(view.on);
                }
            }
            kinds::NODE_ADDRESS => {
                let history = self.desk.open(change.header(), self.storage.as_ref())?;
                if let Ok(Some(View::NodeAddress(view))) = View::of_history(history) {
                    self.point_to(view);
                }
            }
            kinds::ORGANISATION_PROFILE => {
                let history = self.desk.open(change.header(), self.storage.as_ref())?;
                if let Ok(Some(View::Organisation(view))) = View::of_history(history) {
                    self.learn_name(view.organisation, view.name);
                }
            }
            _ => self.learn_paper(change),
        }
        Ok(())
    }

    /// Takes in what the storage holds of certificates, revocations and addresses.
    pub(crate) fn learn_from_storage(&mut self) -> Result<(), StorageError> {
        (self.authors, self.revocations) = authority_of(self.storage.as_ref(), self.roster.as_ref())?;
        self.roster.serve_also(self.authors.served_nodes());
        self.remaking.resume(self.revocations.standing(), self.storage.as_ref())?;
        let storage = Arc::clone(&self.storage);
        each_document(storage.as_ref(), kinds::ORGANISATION_PROFILE, |_, stored| {
            if let Some(View::Organisation(view)) = crate::view_of_stored(stored, self.revocations.standing())? {
                self.learn_name(view.organisation, view.name);
            }
            Ok(())
        })?;
        each_document(storage.as_ref(), kinds::NODE_ADDRESS, |_, stored| {
            if let Some(View::NodeAddress(view)) = crate::view_of_stored(stored, self.revocations.standing())? {
                self.point_to(view);
            }
            Ok(())
        })
    }

    pub(crate) fn point_to(&mut self, view: NodeAddressView) {
        // Of one that is certified and not served nobody needs to know where it is.
        let is_wanted = self.roster.node_was_ever_on(&view.node) || self.roster.organisation_of(&view.node).is_some();
        if view.node != self.config.node.public() && is_wanted {
            self.pending.effects.push(Effect::Addresses { peer: view.node, addresses: view.addresses });
        }
    }

    /// Takes in what gossip brought, and says whether it is to be passed on.
    pub(crate) fn announced(&mut self, now: Now, peer: PublicKey, token: u64, announcement: Announcement) {
        // What is known already goes no further: the same changes can be packed in ways without end. And whoever has just
        // left the roster is still connected, to hear of that and for nothing else.
        let mut judgement = Judgement::Ignore;
        if self.roster.organisation_of(&peer).is_none() {
            self.pending.effects.push(Effect::Judge { token, judgement });
            return;
        }
        let mut waits = false;
        for checked in announcement.changes {
            if !self.has_room_for(&checked) {
                // Gossip is best effort: what is too much for one batch comes by comparing.
                judgement = Judgement::Ignore;
                break;
            }
            let outcome = match checked {
                Checked::Change(change) if is_announced(&announcement.space) => self.offer(now, Arc::new(change), peer),
                Checked::Change(_) => Err(AdmissionError::Space(announcement.space)),
                Checked::UnknownFormat(change) => {
                    self.pass_over_unknown(now, &change);
                    Ok(Outcome::Held)
                }
            };
            match outcome {
                Ok(Outcome::Admitted) => judgement = Judgement::Accept,
                Ok(Outcome::AlreadyAdmitted) => {}
                Ok(Outcome::Held) => waits = true,
                Err(AdmissionError::Storage(error)) => {
                    tracing::error!(%error, "an announcement cannot be looked at");
                    waits = true;
                }
                Err(error) => {
                    tracing::warn!(?peer, %error, "an announcement is not valid");
                    judgement = Judgement::Reject;
                    break;
                }
            }
        }
        if waits && judgement == Judgement::Accept {
            judgement = Judgement::Ignore;
        }
        if judgement == Judgement::Accept {
            self.pending.judgements.push(token);
        } else {
            self.pending.effects.push(Effect::Judge { token, judgement });
        }
    }
}

/// Whose each key is and which revocations count, by all that a store holds.
pub(crate) fn authority_of(storage: &dyn Storage, roster: &dyn Roster) -> Result<(Authors, Revocations), StorageError> {
    authority_without(storage, roster, roster.departures())
}

/// The same, as if these organisations had gone.
pub(crate) fn authority_without(
    storage: &dyn Storage,
    roster: &dyn Roster,
    departures: BTreeMap<PublicKey, Departure>,
) -> Result<(Authors, Revocations), StorageError> {
    let (mut authors, mut revocations) = (Authors::default(), Revocations::default());
    revocations.note_departures(departures);
    each_document(storage, kinds::CERTIFICATE, |document, stored| {
        if let Some(history) = crate::desk::history_of_stored(stored)?
            && let Some(certificate) = Certificate::read(history.header(), history.changes().map(AsRef::as_ref))
        {
            authors.learn_document(*document, &certificate, roster);
        }
        Ok(())
    })?;
    each_document(storage, kinds::NODE_CERTIFICATE, |_, stored| {
        if let Some(history) = crate::desk::history_of_stored(stored)? {
            history.changes().for_each(|change| _ = authors.learn_node(change, roster));
            authors.learn_served(&history);
        }
        Ok(())
    })?;
    each_document(storage, kinds::REVOCATION, |document, _| {
        revocations.note(*document, kinds::REVOCATION);
        Ok(())
    })?;
    let mut changes_of = |document: &DocumentId| {
        let history = crate::desk::history_of_stored(storage.changes_of(document)?)?;
        Ok(history.iter().flat_map(History::changes).cloned().collect())
    };
    for key in revocations.take_effect(&authors, &mut changes_of)? {
        authors.set_revoked(&key, true);
    }
    Ok((authors, revocations))
}

/// Calls `each` for every listed document of a kind, with its changes.
fn each_document(
    storage: &dyn Storage,
    kind: Kind,
    mut each: impl FnMut(&DocumentId, Vec<StoredChange>) -> Result<(), StorageError>,
) -> Result<(), StorageError> {
    let mut after = None;
    loop {
        let keys = storage.list(kind, None, after.as_ref(), DOCUMENTS_AT_ONCE)?;
        for key in &keys {
            each(&key.document, storage.changes_of(&key.document)?)?;
        }
        match keys.into_iter().last() {
            None => return Ok(()),
            last => after = last,
        }
    }
}

/// Whether gossip may carry changes of a space.
fn is_announced(space: &SpaceId) -> bool {
    matches!(space, SpaceId::Roster | SpaceId::Commons)
}

/// A chunk's id is the hash of its bytes from here on.
const HASHED_FROM: usize = 8;

/// How many documents are listed at once at start.
const DOCUMENTS_AT_ONCE: usize = 256;
