//! What a decision was counted from, to be counted again where no node is: its ballots, and what gave each voter a voice.

use std::collections::{BTreeMap, BTreeSet};

use knotwork_documents::{Certificate, Paper, Sheet};
use knotwork_governance::{Effect, Terms, Tie, Voter};
use knotwork_identity::{ChangeId, DocumentId, NetworkId, PersonId, PublicKey, decode_exact, encode};
use knotwork_ledger::{Checked, CheckedChange, SignedChange, Verifiers};
use knotwork_minutes::{Agreed, Outcome};
use thiserror::Error;

use crate::{
    Author, Papers, Storage, StorageError, StoredChange,
    counting::{self, Uncounted},
    voice,
};

/// Changes that somebody handed over. Each was signed by its author.
#[derive(Debug, Default)]
pub struct Evidence {
    changes: BTreeMap<ChangeId, SignedChange>,
    documents: BTreeMap<DocumentId, Vec<ChangeId>>,
}

/// What voters say who are counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answers {
    /// Each with the change that says it.
    pub said: Vec<(Voter, Sheet)>,
    /// Those whose ballots say several things at once, and count for nothing.
    pub spoiled: Vec<Voter>,
    /// What a lot decided.
    pub ties: Vec<Tie>,
}

/// Who opened a decision, as what was handed over shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opener {
    /// The key that signed the terms.
    pub key: PublicKey,
    /// The organisation that certified it, and for whom; none where the certificate is not there.
    pub person: Option<(PublicKey, PersonId)>,
}

/// Why what was handed over shows nothing.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EvidenceError {
    /// Something in it is no change, or nobody has signed it.
    #[error("a ballot, or what it stands on, is damaged or not signed by its author")]
    Damaged,
    /// The same stands in it twice.
    #[error("a ballot, or what it stands on, is in it twice")]
    Twice,
    /// A ballot is not there, or what it stands on; it may have been erased.
    #[error("not all ballots are in it")]
    Lacking,
    /// The ballots come to something else than was minuted.
    #[error("the ballots in it come to something else than was minuted")]
    Other,
}

impl Evidence {
    /// What the outcome of a decision was counted from, and what shows who opened it, as far as it is here, each change in its
    /// bytes. `authors` says whose keys are whose.
    ///
    /// # Errors
    /// When the storage cannot be read.
    pub fn gather(
        storage: &dyn Storage,
        terms: &Terms,
        outcome: &Outcome,
        authors: &BTreeMap<PublicKey, Author>,
    ) -> Result<Vec<Vec<u8>>, StorageError> {
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
        for effect in &terms.effects {
            let Effect::Charter { document, digest, .. } = effect else { continue };
            // Of what else was written there, there may be any amount.
            let says_it = |change: &CheckedChange| matches!(Paper::read(change), Some(Paper::Charter(charter)) if charter.digest() == *digest);
            wanted.extend(first_in(storage, document, says_it)?.map(|change| change.id()));
        }
        wanted.extend(opening(storage, terms, authors)?);
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
                    if evidence.changes.contains_key(&change.id()) {
                        return Err(EvidenceError::Twice);
                    }
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
    pub fn answers(&self, before: &Agreed, terms: &Terms, outcome: &Outcome) -> Result<Answers, EvidenceError> {
        let lacking = |_| EvidenceError::Lacking;
        let counted = counting::count_under(self, before, terms.clone(), &outcome.ballots).map_err(lacking)?;
        let said = counted.voters.into_iter().map(|(voter, change)| {
            let sheet = self.sheet(&change).ok_or(EvidenceError::Lacking)?;
            Ok((voter, sheet))
        });
        let said = said.collect::<Result<_, EvidenceError>>()?;
        Ok(Answers { said, spoiled: counted.spoiled.into_iter().collect(), ties: counted.count.tally.ties })
    }

    /// What those voters say of whom a ballot is there, and what it stands on, where others are missing. Of who says several
    /// things at once, nothing is told.
    ///
    /// # Errors
    /// Never, as nothing is read that is not at hand.
    pub fn answers_here(&self, terms: &Terms, outcome: &Outcome) -> Result<Vec<(Voter, Sheet)>, StorageError> {
        let each = counting::heads_here(self, terms, &outcome.ballots)?.into_iter();
        let said = each.filter_map(|(voter, heads)| match heads.as_slice() {
            [one] => Some((voter, self.sheet(one)?)),
            _ => None,
        });
        Ok(said.collect())
    }

    /// How many of the ballots that an outcome names are there.
    #[must_use]
    pub fn held(&self, outcome: &Outcome) -> usize {
        outcome.ballots.iter().filter(|ballot| self.changes.contains_key(ballot)).count()
    }

    /// Who opened the decision, if the change is there in which these terms stand. An organisation that was never on the roster
    /// is none.
    #[must_use]
    pub fn opener(&self, before: &Agreed, terms: &Terms) -> Option<Opener> {
        let opening = first_in(self, &terms.decision, |change| says(change, terms)).ok()??;
        let key = opening.author();
        let certificates = self.documents.keys().filter_map(|document| self.certificate(document));
        let by = certificates.into_iter().find(|certificate| {
            !certificate.service && certificate.keys.contains(&key) && before.was_ever_on(&certificate.organisation)
        });
        Some(Opener { key, person: by.map(|certificate| (certificate.organisation, certificate.person)) })
    }

    fn certificate(&self, document: &DocumentId) -> Option<Certificate> {
        let changes = self.changes_of(document).ok()?;
        let changes: Vec<CheckedChange> = changes.into_iter().filter_map(counting::checked).collect();
        Certificate::read(changes.first()?.header(), changes.iter())
    }

    fn sheet(&self, change: &ChangeId) -> Option<Sheet> {
        Sheet::read(&self.change(change).ok().flatten().and_then(counting::checked)?)
    }
}

/// The changes that show who opened a decision: the one in which the terms stand, the one that certified the key which signed
/// it, and the one that says for whom. Nothing is counted from them.
fn opening(
    storage: &dyn Storage,
    terms: &Terms,
    authors: &BTreeMap<PublicKey, Author>,
) -> Result<Vec<ChangeId>, StorageError> {
    let Some(opening) = first_in(storage, &terms.decision, |change| says(change, terms))? else {
        return Ok(Vec::new());
    };
    let (network, key) = (opening.header().network, opening.author());
    let mut changes = vec![opening.id()];
    if let Some(Author { organisation, person: Some(person), .. }) = authors.get(&key) {
        changes.extend(counting::certifying_change(storage, network, *organisation, *person, &key)?);
        let certificate = Certificate::header(network, *organisation, person).id();
        let names_them = |change: &CheckedChange| Certificate::read(change.header(), [change].into_iter()).is_some();
        changes.extend(first_in(storage, &certificate, names_them)?.map(|change| change.id()));
    }
    Ok(changes)
}

/// Whether these terms stand in a change.
fn says(change: &CheckedChange, terms: &Terms) -> bool {
    matches!(Paper::read(change), Some(Paper::Terms(said)) if *said == *terms)
}

/// The first change of a document of which this holds, as far as it is there.
fn first_in(
    papers: &(impl Papers + ?Sized),
    document: &DocumentId,
    holds: impl Fn(&CheckedChange) -> bool,
) -> Result<Option<CheckedChange>, StorageError> {
    Ok(papers.changes_of(document)?.into_iter().filter_map(counting::checked).find(holds))
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
