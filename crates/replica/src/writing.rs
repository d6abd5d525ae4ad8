//! Writing: what this node's own people and machines change.

use std::{borrow::Cow, sync::Arc};

use knotwork_documents::{Edit, NodeAddressView, View, WriteError};
use knotwork_identity::{ChangeId, SecretKey, SpaceId, Timestamp};
use knotwork_ledger::{CheckedChange, History, Pen, Verdict};
use knotwork_reconcile::ChangeSet;

use crate::{
    Basis, Now, Receipt, Refusal, Replica, Reply, StorageError, Target,
    admission::{AdmissionError, Outcome},
};

impl Replica {
    /// Admits changes that were prepared for a new document. A document that is there already stays as it is.
    pub(crate) fn admit_own(&mut self, now: Now, token: u64, changes: Vec<CheckedChange>) {
        let result = self.write_new(now, changes);
        self.pending.replies.push(Reply { token, result });
    }

    fn write_new(&mut self, now: Now, changes: Vec<CheckedChange>) -> Result<Receipt, Refusal> {
        let first = changes.first().ok_or_else(|| Refusal::Failed("there is nothing to write".into()))?;
        let document = first.document();
        let exists = !self.desk.open(first.header(), self.storage.as_ref()).map_err(refusal)?.is_empty();
        if exists && !changes.iter().all(|change| self.holds(&change.header().space, change.time(), &change.id())) {
            // The rest of an import that was interrupted goes in; other contents under the same name do not.
            let begun = self.holds(&first.header().space, first.time(), &first.id());
            if !begun {
                return Ok(Receipt { document, new: false, changes: Vec::new() });
            }
        } else if exists {
            return Ok(Receipt { document, new: false, changes: Vec::new() });
        }
        let written = self.write(now, changes)?;
        Ok(Receipt { document, new: !exists, changes: written })
    }

    /// Edits a document. One that has an owner is edited by that key alone.
    pub(crate) fn edit(
        &mut self,
        now: Now,
        target: &Target,
        edit: &Edit,
        key: &SecretKey,
        basis: Basis,
        time: Timestamp,
    ) -> Result<Receipt, Refusal> {
        let document = target.document();
        let history = self.desk.find(&document, self.storage.as_ref()).map_err(refusal)?.cloned();
        let history = match (history, target) {
            (Some(history), _) => history,
            (None, Target::Of(header)) => History::new(header.clone()),
            (None, Target::Existing(_)) => return Err(Refusal::NotFound(document)),
        };
        // What fell is not built on, and a document of which nothing stands is as good as none.
        let (history, mut whole) = match self.revocations.standing().part_of(&history) {
            Cow::Owned(part) => (part, Some(history)),
            Cow::Borrowed(_) => (history, None),
        };
        if history.is_empty() && whole.is_some() && matches!(target, Target::Existing(_)) {
            return Err(Refusal::NotFound(document));
        }
        let header = history.header();
        if header.kind != edit.kind() || header.owner.is_some_and(|owner| owner != key.public()) {
            return Err(Refusal::NotFound(document));
        }
        let edited = match basis {
            Basis::Now => None,
            Basis::If(mut seen) => {
                seen.sort_unstable();
                let heads = history.heads();
                if seen != heads {
                    return Err(Refusal::Stale { heads });
                }
                None
            }
            Basis::Seen(seen) => {
                let stale = || Refusal::Stale { heads: history.heads() };
                Some(history.past_of(&seen).filter(|past| !past.is_empty()).ok_or_else(stale)?)
            }
        };
        let new = history.is_empty();
        // What was seen is a part of all there is, in which the new changes take their place.
        let edited = match edited {
            Some(past) if past.len() < history.len() => {
                whole = whole.or(Some(history));
                past
            }
            _ => history,
        };
        let mut pen = self.pen(edited, key, time)?;
        edit.write(&mut pen).map_err(|error| match error {
            WriteError::Field(error) => Refusal::Field(error),
            WriteError::Pen(error) => Refusal::DocumentFull(error.to_string()),
        })?;
        let (changes, history) = pen.finish();
        self.check_writer(&changes)?;
        let changes: Vec<Arc<CheckedChange>> = changes.into_iter().map(Arc::new).collect();
        if let Some(whole) = &mut whole {
            for change in &changes {
                match whole.admit(change.clone()) {
                    Ok(Verdict::Admitted | Verdict::AlreadyAdmitted) => {}
                    Ok(Verdict::Held { .. }) => return Err(Refusal::Failed("it builds on what is not here".into())),
                    Err(rejection) => return Err(Refusal::Failed(rejection.to_string())),
                }
            }
        }
        let written = self.adopt(now, changes, whole.unwrap_or(history))?;
        Ok(Receipt { document, new: new && !written.is_empty(), changes: written })
    }

    /// A pen over a document, new or not.
    fn pen<'k>(&self, history: History, key: &'k SecretKey, time: Timestamp) -> Result<Pen<'k>, Refusal> {
        if history.is_empty() {
            return Ok(Pen::new(history.header().clone(), key, time));
        }
        Pen::open(history, key, time).map_err(|error| Refusal::DocumentFull(error.to_string()))
    }

    /// Publishes where this node can be reached, if that is not what stands. Until the network knows the node, that waits.
    pub(crate) fn publish_addresses(&mut self, now: Now, addresses: &[String], time: Timestamp) {
        if !self.authors.knows(&self.config.node.public(), self.roster.as_ref()) {
            self.unpublished = addresses.to_vec();
            return;
        }
        let header = NodeAddressView::header(self.config.network, self.config.node.public());
        let result = (|| {
            let history = self.desk.open(&header, self.storage.as_ref()).map_err(refusal)?;
            if let Ok(Some(View::NodeAddress(view))) = View::of_history(history)
                && view.addresses == addresses
            {
                return Ok(());
            }
            let copy = history.clone();
            let key = self.config.node.clone();
            let mut pen = self.pen(copy, &key, time)?;
            NodeAddressView::write(&mut pen, addresses).map_err(|error| Refusal::DocumentFull(error.to_string()))?;
            let (changes, history) = pen.finish();
            self.check_writer(&changes)?;
            self.adopt(now, changes.into_iter().map(Arc::new).collect(), history).map(|_| ())
        })();
        if let Err(error) = result {
            tracing::error!(%error, "this node's addresses cannot be published");
        }
    }

    /// Publishes what waited until the network knew this node.
    pub(crate) fn publish_what_waited(&mut self, now: Now) {
        // They are kept: where they cannot be written now, it is tried again with the next change of the roster, and where
        // they stand already nothing is written.
        let addresses = self.unpublished.clone();
        if !addresses.is_empty() {
            self.publish_addresses(now, &addresses, now.wall);
        }
    }

    /// Admits changes of one document, all or none, and plans to announce them.
    pub(crate) fn write(&mut self, now: Now, changes: Vec<CheckedChange>) -> Result<Vec<ChangeId>, Refusal> {
        self.check_writer(&changes)?;
        let changes: Vec<Arc<CheckedChange>> = changes.into_iter().map(Arc::new).collect();
        let Some(first) = changes.first() else { return Ok(Vec::new()) };
        let history = self.desk.open(first.header(), self.storage.as_ref()).map_err(refusal)?;
        if changes.len() > 1 {
            // All or none: they are tried on a copy, which takes the document's place.
            let mut trial = history.clone();
            for change in &changes {
                match trial.admit(change.clone()) {
                    Ok(Verdict::Admitted | Verdict::AlreadyAdmitted) => {}
                    Ok(Verdict::Held { .. }) => return Err(Refusal::Failed("it builds on what is not here".into())),
                    Err(rejection) => return Err(Refusal::Failed(rejection.to_string())),
                }
            }
            return self.adopt(now, changes, trial);
        }
        // What the gate would hold must not get there.
        if let Some(missing) = first.dependencies().iter().find(|dependency| !history.contains(dependency)) {
            return Err(Refusal::Failed(format!("it builds on {missing}, which is not here")));
        }
        let own = self.config.node.public();
        let mut written = Vec::with_capacity(changes.len());
        for change in changes {
            match self.offer(now, change.clone(), own) {
                Ok(Outcome::Admitted) => {
                    written.push(change.id());
                    self.pending.announce.push(change);
                }
                Ok(Outcome::AlreadyAdmitted) => {}
                Ok(Outcome::Held) => return Err(Refusal::Failed("it cannot be written yet".into())),
                Err(AdmissionError::Storage(error)) => return Err(refusal(error)),
                Err(error) => return Err(Refusal::Failed(error.to_string())),
            }
        }
        Ok(written)
    }

    /// Takes in changes of one document that the gate has admitted to `history`, which goes on from what there is.
    fn adopt(
        &mut self,
        now: Now,
        changes: Vec<Arc<CheckedChange>>,
        history: History,
    ) -> Result<Vec<ChangeId>, Refusal> {
        if changes.is_empty() {
            return Ok(Vec::new());
        }
        self.desk.adopt(history, self.storage.as_ref()).map_err(refusal)?;
        let (mut written, mut released) = (Vec::with_capacity(changes.len()), Vec::new());
        for change in changes {
            if self.holds(&change.header().space, change.time(), &change.id()) {
                continue;
            }
            self.enter(&change, &mut released).map_err(refusal)?;
            written.push(change.id());
            self.pending.announce.push(change);
        }
        self.let_go(now, released);
        Ok(written)
    }

    /// Whether this node may write these changes at all.
    fn check_writer(&mut self, changes: &[CheckedChange]) -> Result<(), Refusal> {
        for change in changes {
            let space = change.header().space;
            if self.is_of_hosted(&space) {
                self.sets.entry(space).or_insert_with(|| ChangeSet::from_ids(Vec::new()));
            }
            if !self.sets.contains_key(&space) {
                return Err(Refusal::Failed(AdmissionError::Space(space).to_string()));
            }
            if !self.authors.knows(&change.author(), self.roster.as_ref()) {
                return Err(Refusal::Uncertified(change.author()));
            }
            if !self.revocations.standing().stands(change) {
                return Err(Refusal::KeyEnded(change.author()));
            }
        }
        Ok(())
    }

    /// Whether a space is an organisation's own whose members use this node: it is kept here, and exchanged with nobody.
    fn is_of_hosted(&self, space: &SpaceId) -> bool {
        let (SpaceId::Organisation(hosted), Some(minuting)) = (space, &self.minuting) else { return false };
        let party = minuting.minutes.agreed().parties().get(hosted);
        party.is_some_and(|party| party.host == Some(self.config.organisation.public()))
    }
}

pub(crate) fn refusal(error: StorageError) -> Refusal {
    match error {
        StorageError::Full => Refusal::DiskFull,
        error => Refusal::Failed(error.to_string()),
    }
}
