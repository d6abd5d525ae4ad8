//! Ending a key of this organisation's: what it wrote until now stands, and what it writes from now on does not. And
//! listing what stands of a whole organisation that goes.
//!
//! The list is closed here, where changes are put in order: nothing by the key can come between the last look and the
//! revocation.

use std::collections::BTreeSet;

use knotwork_documents::Revocation;
use knotwork_identity::{ChangeId, SecretKey, SpaceId};
use knotwork_ledger::CheckedChange;

use crate::{KeyEnding, Now, Receipt, Refusal, Replica, StandingList, StorageError, limits, writing::refusal};

impl Replica {
    /// Writes an organisation's revocation of a key. One that says the same already is left as it is.
    pub(crate) fn end_key(
        &mut self,
        now: Now,
        ending: &KeyEnding,
        organisation: &SecretKey,
    ) -> Result<Receipt, Refusal> {
        if !self.authors.was_certified_by(&ending.key, &organisation.public()) {
            return Err(Refusal::Failed(format!("the key {} is none that this organisation certified", ending.key)));
        }
        // A revocation that came with this batch goes before.
        self.heed_revocations();
        let stands = self.written_by(ending).map_err(refusal)?;
        let replaced = self.revocations.to_replace(&ending.key, &organisation.public());
        if let Some(said) = replaced
            && said.lists(stands.iter())
        {
            return Ok(Receipt { document: said.document, new: false, changes: Vec::new() });
        }
        let replaced = replaced.map(|said| said.document);
        let documents = Revocation::write(
            self.config.network,
            organisation,
            &ending.key,
            &stands,
            replaced,
            ending.nonce,
            ending.time,
        )
        .map_err(|error| Refusal::Failed(error.to_string()))?;
        let receipt = self.write_revocation(now, documents)?;
        // From here on the key signs nothing more, also what comes with this batch.
        self.heed_revocations();
        Ok(receipt)
    }

    /// Lists what stands of an organisation that goes. A list that says the same already is left as it is.
    pub(crate) fn list_standing(&mut self, now: Now, list: &StandingList) -> Result<Receipt, Refusal> {
        let StandingList { organisation, stands, nonce, time } = list;
        self.heed_revocations();
        let key = self.config.organisation.clone();
        if let Some(document) = self.revocations.lists_already(organisation, stands) {
            return Ok(Receipt { document, new: false, changes: Vec::new() });
        }
        let documents = Revocation::write(self.config.network, &key, organisation, stands, None, *nonce, *time)
            .map_err(|error| Refusal::Failed(error.to_string()))?;
        self.write_revocation(now, documents)
    }

    fn write_revocation(&mut self, now: Now, documents: Vec<Vec<CheckedChange>>) -> Result<Receipt, Refusal> {
        let (mut document, mut written) = (None, Vec::new());
        for changes in documents {
            document = changes.first().map(CheckedChange::document);
            written.extend(self.write(now, changes)?);
        }
        let document = document.ok_or_else(|| Refusal::Failed("there is nothing to write".into()))?;
        Ok(Receipt { document, new: true, changes: written })
    }

    /// The changes by a key that are to stand: all that stood until now, but for those of some documents.
    fn written_by(&self, ending: &KeyEnding) -> Result<BTreeSet<ChangeId>, StorageError> {
        let KeyEnding { key, written, from, without, .. } = ending;
        let counts = |space: &SpaceId| *space != SpaceId::Roster;
        let mut stands = written.clone();
        let mut from = *from;
        loop {
            let stored = self.storage.changes_from(from, limits::REMADE_AT_ONCE)?;
            let Some(last) = stored.last() else { break };
            from = last.sequence + 1;
            let by_key = stored.iter().filter(|stored| stored.change.author == *key);
            stands.extend(by_key.filter(|stored| counts(&stored.change.header.space)).map(|stored| stored.id));
        }
        let pending = self.pending.changes.iter().map(|(_, change)| change);
        let by_key = pending.filter(|change| change.author() == *key && counts(&change.header().space));
        stands.extend(by_key.map(|change| change.id()));
        // What fell before does not come back this way.
        stands.retain(|id| self.revocations.standing().lists(key, id));
        for document in without {
            for stored in self.storage.changes_of(document)? {
                stands.remove(&stored.id);
            }
            for (_, change) in self.pending.changes.iter().filter(|(_, change)| change.document() == *document) {
                stands.remove(&change.id());
            }
        }
        Ok(stands)
    }
}
