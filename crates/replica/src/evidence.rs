//! What a decision was counted from, to be counted again where no node is: its ballots, and what gave each voter a voice.

use std::collections::{BTreeMap, BTreeSet};

use knotwork_documents::{Paper, Sheet};
use knotwork_governance::{Effect, Terms, Voter};
use knotwork_identity::{ChangeId, DocumentId, NetworkId, decode_exact, encode};
use knotwork_ledger::{Checked, SignedChange, Verifiers};
use knotwork_minutes::{Agreed, Outcome};
use thiserror::Error;

use crate::{
    Storage, StorageError, StoredChange,
    counting::{self, Papers, Uncounted},
    voice,
};

/// Changes that somebody handed over. Each was signed by its author.
#[derive(Debug, Default)]
pub struct Evidence {
    changes: BTreeMap<ChangeId, SignedChange>,
    documents: BTreeMap<DocumentId, Vec<ChangeId>>,
}

/// Why what was handed over shows nothing.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EvidenceError {
    /// Something in it is no change, or nobody has signed it.
    #[error("a ballot, or what it stands on, is damaged or not signed by its author")]
    Damaged,
    /// A ballot is not there, or what it stands on; it may have been erased.
    #[error("not all ballots are in it")]
    Lacking,
    /// The ballots come to something else than was minuted.
    #[error("the ballots in it come to something else than was minuted")]
    Other,
}

impl Evidence {
    /// What the outcome of a decision was counted from, as far as it is here, each change in its bytes.
    ///
    /// # Errors
    /// When the storage cannot be read.
    pub fn gather(storage: &dyn Storage, terms: &Terms, outcome: &Outcome) -> Result<Vec<Vec<u8>>, StorageError> {
        let mut wanted: BTreeSet<ChangeId> = outcome.ballots.iter().copied().collect();
        let mut documents = BTreeMap::<DocumentId, Vec<ChangeId>>::new();
        for id in &outcome.ballots {
            let Some(change) = storage.change(id)?.and_then(counting::checked) else { continue };
            documents.entry(change.document()).or_default().push(*id);
            if let Some(Paper::Ballot(ballot)) = Paper::read(&change) {
                wanted.extend(voice::standing_of(storage, ballot.standing)?);
            }
        }
        // Which of several ballots of one document counts, those say that they build on.
        for several in documents.into_values().filter(|ballots| ballots.len() > 1) {
            wanted.extend(counting::built_on(storage, several.into_iter())?);
        }
        let charters = terms.effects.iter().filter_map(|effect| match effect {
            Effect::Charter { document, .. } => Some(*document),
            _ => None,
        });
        for document in charters {
            wanted.extend(storage.changes_of(&document)?.iter().map(|stored| stored.id));
        }
        let mut changes = Vec::with_capacity(wanted.len());
        for id in wanted {
            changes.extend(storage.change(&id)?.map(|stored| encode(&stored.change)));
        }
        Ok(changes)
    }

    /// Reads what was handed over.
    ///
    /// # Errors
    /// When something in it is none, of another network, or not signed by its author.
    pub fn read<'a>(network: NetworkId, changes: impl Iterator<Item = &'a [u8]>) -> Result<Self, EvidenceError> {
        let mut evidence = Self::default();
        let mut verifiers = Verifiers::new(VERIFIERS_MAX);
        for bytes in changes {
            let change: SignedChange = decode_exact(bytes).map_err(|_| EvidenceError::Damaged)?;
            match change.check(&mut verifiers) {
                Ok(Checked::Change(change)) if change.header().network == network => {
                    evidence.documents.entry(change.document()).or_default().push(change.id());
                    evidence.changes.insert(change.id(), change.into_signed());
                }
                _ => return Err(EvidenceError::Damaged),
            }
        }
        Ok(evidence)
    }

    /// Counts again what was minuted. `before` is what was agreed before that minute.
    ///
    /// # Errors
    /// When something is missing, or it comes to something else.
    pub fn recount(&self, before: &Agreed, terms: &Terms, outcome: &Outcome) -> Result<(), EvidenceError> {
        match counting::outcome_under(self, before, terms.clone(), &outcome.closing_statements()) {
            Ok(counted) if counted == *outcome => Ok(()),
            Ok(_) | Err(Uncounted::Wrong(_)) => Err(EvidenceError::Other),
            Err(Uncounted::Lacking | Uncounted::Storage(_)) => Err(EvidenceError::Lacking),
        }
    }

    /// What each voter says who is counted in an outcome that was counted again.
    ///
    /// # Errors
    /// When something is missing.
    pub fn answers(
        &self,
        before: &Agreed,
        terms: &Terms,
        outcome: &Outcome,
    ) -> Result<Vec<(Voter, Sheet)>, EvidenceError> {
        let lacking = |_| EvidenceError::Lacking;
        let counted = counting::count_under(self, before, terms.clone(), &outcome.ballots).map_err(lacking)?;
        let answers = counted.voters.into_iter().map(|(voter, change)| {
            let stored = self.change(&change).ok().flatten().and_then(counting::checked);
            Ok((voter, stored.and_then(|change| Sheet::read(&change)).ok_or(EvidenceError::Lacking)?))
        });
        answers.collect()
    }
}

impl Papers for Evidence {
    fn change(&self, id: &ChangeId) -> Result<Option<StoredChange>, StorageError> {
        let change = self.changes.get(id).cloned();
        Ok(change.map(|change| StoredChange { sequence: 0, id: *id, change }))
    }

    fn changes_of(&self, document: &DocumentId) -> Result<Vec<StoredChange>, StorageError> {
        let ids = self.documents.get(document).into_iter().flatten();
        ids.filter_map(|id| self.change(id).transpose()).collect()
    }
}

/// How many keys are kept ready for checking signatures.
const VERIFIERS_MAX: usize = 1_024;
