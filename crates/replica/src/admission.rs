//! Admission: the one way into the set, for changes of any origin.

use std::sync::Arc;

use knotwork_documents::{Certificate, NodeAddressView, View, kinds};
use knotwork_identity::{PublicKey, SpaceId};
use knotwork_ledger::{
    Checked, CheckedChange, Kind, Rejection, Verdict,
    planted::{self, Bug},
};
use thiserror::Error;

use crate::{Announcement, Effect, Judgement, Now, Replica, StorageError, StoredChange, held::Awaited};

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
        while let Some((change, peer)) = released.pop() {
            // What others brought and what turns out invalid now is no fault of the one who brought the missing part.
            if let Err(error) = self.consider(now, &change, peer, &mut released) {
                tracing::warn!(?peer, change = ?change.id(), %error, "a held change is not taken");
            }
        }
        Ok(outcome)
    }

    fn consider(
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
            self.held.hold(change.clone(), Awaited::Author(change.author()), peer, now.milliseconds);
            return Ok(Outcome::Held);
        }
        let history = self.desk.open(change.header(), self.storage.as_ref())?;
        match history.admit(change.clone())? {
            Verdict::AlreadyAdmitted => return Ok(Outcome::AlreadyAdmitted),
            Verdict::Held { missing } => {
                if let Some(first) = missing.first() {
                    self.held.hold(change.clone(), Awaited::Change(*first), peer, now.milliseconds);
                }
                return Ok(Outcome::Held);
            }
            Verdict::Admitted => {}
        }
        if let Some(set) = self.sets.get_mut(&space) {
            set.insert(change.time(), &id);
        }
        self.pending.changes.push((self.next_sequence, change.clone()));
        self.next_sequence += 1;
        released.extend(self.held.release(Awaited::Change(id)));
        self.learn(change, released)?;
        Ok(Outcome::Admitted)
    }

    /// Takes in what an admitted change says to the replica itself: who may write, and where peers are.
    fn learn(
        &mut self,
        change: &Arc<CheckedChange>,
        released: &mut Vec<(Arc<CheckedChange>, PublicKey)>,
    ) -> Result<(), StorageError> {
        match change.header().kind {
            kinds::CERTIFICATE => {
                let history = self.desk.open(change.header(), self.storage.as_ref())?;
                let certificate = Certificate::read(change.header(), history.changes().map(AsRef::as_ref));
                let new = certificate
                    .map(|certificate| self.authors.learn(&certificate, self.roster.as_ref()))
                    .unwrap_or_default();
                for key in new {
                    released.extend(self.held.release(Awaited::Author(key)));
                }
            }
            kinds::NODE_ADDRESS => {
                let history = self.desk.open(change.header(), self.storage.as_ref())?;
                if let Ok(Some(View::NodeAddress(view))) = View::of_history(history) {
                    self.point_to(view);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Takes in what the storage holds of certificates and addresses.
    pub(crate) fn learn_from_storage(&mut self) -> Result<(), StorageError> {
        self.each_document(kinds::CERTIFICATE, |replica, stored| {
            if let Some(history) = crate::desk::history_of_stored(stored)?
                && let Some(certificate) = Certificate::read(history.header(), history.changes().map(AsRef::as_ref))
            {
                replica.authors.learn(&certificate, replica.roster.as_ref());
            }
            Ok(())
        })?;
        self.each_document(kinds::NODE_ADDRESS, |replica, stored| {
            if let Some(View::NodeAddress(view)) = crate::desk::view_of_stored(stored)? {
                replica.point_to(view);
            }
            Ok(())
        })
    }

    fn each_document(
        &mut self,
        kind: Kind,
        mut each: impl FnMut(&mut Self, Vec<StoredChange>) -> Result<(), StorageError>,
    ) -> Result<(), StorageError> {
        let mut after = None;
        loop {
            let keys = self.storage.list(kind, None, after.as_ref(), DOCUMENTS_AT_ONCE)?;
            for key in &keys {
                let stored = self.storage.changes_of(&key.document)?;
                each(self, stored)?;
            }
            match keys.into_iter().last() {
                None => return Ok(()),
                last => after = last,
            }
        }
    }

    fn point_to(&mut self, view: NodeAddressView) {
        if view.node != self.config.node.public() && self.roster.node_was_ever_on(&view.node) {
            self.pending.effects.push(Effect::Addresses { peer: view.node, addresses: view.addresses });
        }
    }

    /// Takes in what gossip brought, and says whether it is to be passed on.
    pub(crate) fn announced(&mut self, now: Now, peer: PublicKey, token: u64, announcement: Announcement) {
        let mut judgement = Judgement::Accept;
        for checked in announcement.changes {
            let outcome = match checked {
                Checked::Change(change) if is_announced(&announcement.space) => self.offer(now, Arc::new(change), peer),
                Checked::Change(_) => Err(AdmissionError::Space(announcement.space)),
                Checked::UnknownFormat(_) => Ok(Outcome::Held),
            };
            match outcome {
                Ok(Outcome::Admitted | Outcome::AlreadyAdmitted) => {}
                Ok(Outcome::Held) => judgement = Judgement::Ignore,
                Err(AdmissionError::Storage(error)) => {
                    tracing::error!(%error, "an announcement cannot be looked at");
                    judgement = Judgement::Ignore;
                }
                Err(error) => {
                    tracing::warn!(?peer, %error, "an announcement is not valid");
                    judgement = Judgement::Reject;
                    break;
                }
            }
        }
        if judgement == Judgement::Accept {
            self.pending.judgements.push(token);
        } else {
            self.pending.effects.push(Effect::Judge { token, judgement });
        }
    }
}

/// Whether gossip may carry changes of a space.
fn is_announced(space: &SpaceId) -> bool {
    matches!(space, SpaceId::Roster | SpaceId::Commons)
}

/// How many documents are listed at once at start.
const DOCUMENTS_AT_ONCE: usize = 256;
