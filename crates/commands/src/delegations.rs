//! Delegations: which member has a colleague speak for them while they are away.

use std::collections::BTreeMap;

use knotwork_documents::{Paper, PaperEdit, PaperView, View, kinds};
use knotwork_governance::{Delegation, DelegationAnswer};
use knotwork_identity::{ChangeId, DocumentId, Nonce, PersonId, PublicKey, Timestamp};
use knotwork_ledger::Checked;
use knotwork_replica::{Author, Basis, Target, counting};

use crate::{CommandError, DecisionError, Member, NodeHandle, handle::storage_error};

/// A delegation between two members of one organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DelegationEntry {
    /// Its document.
    pub document: DocumentId,
    /// The change that asked for it, which ballots name.
    pub change: ChangeId,
    /// What it says.
    pub delegation: Delegation,
    /// What whoever is away is called, where a profile tells it here.
    pub name: Option<String>,
    /// What whoever stands in is called.
    pub stand_in_name: Option<String>,
    /// How it stands.
    pub state: DelegationState,
}

/// How a delegation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DelegationState {
    /// The colleague has not answered.
    Asked,
    /// The colleague stands in.
    InForce,
    /// One of the two has declined or ended it.
    Ended,
    /// Its time is over, or has not come.
    Over,
}

/// For whom a position was taken by a colleague.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoodIn {
    /// What whoever was away is called, where a profile tells it here.
    pub name: Option<String>,
    /// Until when the colleague stands in.
    pub until: Timestamp,
}

impl DelegationEntry {
    /// Whether it is asked for or in force.
    #[must_use]
    pub fn is_current(&self) -> bool {
        matches!(self.state, DelegationState::Asked | DelegationState::InForce)
    }
}

impl NodeHandle {
    /// The delegations between members of an organisation, the latest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn delegations(&self, organisation: &PublicKey) -> Result<Vec<DelegationEntry>, CommandError> {
        let authors = self.status().authors.clone();
        let people = self.people()?;
        let mut entries = Vec::new();
        self.each_listed(kinds::DELEGATION, None, |document| {
            let Some(View::Paper(view)) = self.any_view(document)? else { return Ok(()) };
            let Some(sheet) = view.sheets.first() else { return Ok(()) };
            let Paper::Delegation(delegation) = &sheet.paper else { return Ok(()) };
            // Whoever is away asks, and nobody else for them.
            let is_theirs = is_of(authors.get(&view.owner), organisation, delegation.person);
            if delegation.organisation == *organisation && is_theirs {
                entries.push(DelegationEntry {
                    document: view.id,
                    change: sheet.change,
                    name: people.name_of(&delegation.person, organisation),
                    stand_in_name: people.name_of(&delegation.stand_in, organisation),
                    state: self.delegation_state(&view.id, delegation, &authors)?,
                    delegation: delegation.as_ref().clone(),
                });
            }
            Ok(())
        })?;
        entries.reverse();
        Ok(entries)
    }

    /// Asks a colleague to speak with the member's voices from now until a time: their own, and the organisation's, if they
    /// have it.
    ///
    /// # Errors
    /// When the colleague has no key here or is the member, the time is none, somebody is asked already, or the node cannot write.
    pub async fn ask_to_stand_in(
        &self,
        member: &Member,
        stand_in: PersonId,
        until: Timestamp,
    ) -> Result<DocumentId, CommandError> {
        let (own, now) = (self.organisation_key(), self.now());
        let lasts = until.milliseconds().saturating_sub(now.milliseconds());
        if !(1..=Delegation::MILLISECONDS_MAX).contains(&lasts) {
            return Err(DecisionError::LastDay.into());
        }
        if stand_in == member.person {
            return Err(DecisionError::StandInYourself.into());
        }
        if self.delegations(&own)?.iter().any(|entry| entry.is_current() && entry.delegation.person == member.person) {
            return Err(DecisionError::AskedAlready.into());
        }
        let authors = self.status().authors.clone();
        let keys = authors.iter().filter(|(_, author)| !author.revoked && is_of(Some(author), &own, stand_in));
        let latest = keys.max_by_key(|(key, author)| (author.since, **key)).map(|(key, _)| *key);
        let key = latest.ok_or_else(|| self.no_colleague(stand_in, &authors))?;
        let certified = self.certified(stand_in, &key)?.ok_or(DecisionError::NobodyKnown)?;
        let mut voices: Vec<ChangeId> = self.certified(member.person, &member.public_key())?.into_iter().collect();
        voices.extend(self.voice_of(member)?.map(|mandate| mandate.change));
        voices.sort_unstable();
        if voices.is_empty() {
            return Err(DecisionError::NoVoice.into());
        }
        let person = member.person;
        let delegation = Delegation { organisation: own, person, stand_in, certified, voices, from: now, until };
        let paper = Paper::Delegation(Box::new(delegation));
        let header = paper.header(self.origin(), member.public_key(), self.fresh_nonce());
        self.begin(header, PaperEdit::new(paper).into(), member).await
    }

    /// Accepts to stand in, or declines or ends it; whoever is away ends it too.
    ///
    /// # Errors
    /// When it is neither's, or the node cannot write.
    pub async fn answer_delegation(
        &self,
        member: &Member,
        delegation: DocumentId,
        accepted: bool,
    ) -> Result<(), CommandError> {
        let found = self.delegations(&self.organisation_key())?.into_iter().find(|entry| entry.document == delegation);
        let entry = found.ok_or(CommandError::NotFound(delegation))?.delegation;
        let may = entry.stand_in == member.person || (entry.person == member.person && !accepted);
        if !may {
            return Err(DecisionError::NotYours.into());
        }
        let paper = Paper::DelegationAnswer(DelegationAnswer { delegation, accepted });
        let header = paper.header(self.origin(), member.public_key(), Nonce([0; 16]));
        self.edit(Target::Of(header), PaperEdit::new(paper).into(), Basis::Now, &member.signer()).await.map(drop)
    }

    /// For whom a ballot was cast that stands on this change, if it was by a colleague.
    pub(crate) fn stood_in(&self, standing: &ChangeId) -> Result<Option<StoodIn>, CommandError> {
        let Some(stored) = self.storage().change(standing).map_err(storage_error)? else { return Ok(None) };
        let Ok(Checked::Change(change)) = stored.change.check_trusted() else { return Ok(None) };
        let Some(Paper::Delegation(delegation)) = Paper::read(&change) else { return Ok(None) };
        let name = self.people()?.name_of(&delegation.person, &delegation.organisation);
        Ok(Some(StoodIn { name, until: delegation.until }))
    }

    /// Why a person who has no key at this organisation cannot stand in.
    fn no_colleague(&self, person: PersonId, authors: &BTreeMap<PublicKey, Author>) -> DecisionError {
        let own = self.organisation_key();
        let elsewhere = authors
            .values()
            .find(|author| author.person == Some(person) && author.organisation != own && !author.automatic);
        match elsewhere {
            Some(author) => DecisionError::StandInElsewhere(self.name_of(&author.organisation)),
            None => DecisionError::NobodyKnown,
        }
    }

    fn certified(&self, person: PersonId, key: &PublicKey) -> Result<Option<ChangeId>, CommandError> {
        counting::certifying_change(self.storage(), self.origin(), self.organisation_key(), person, key)
            .map_err(storage_error)
    }

    fn delegation_state(
        &self,
        document: &DocumentId,
        delegation: &Delegation,
        authors: &BTreeMap<PublicKey, Author>,
    ) -> Result<DelegationState, CommandError> {
        let by = |answer: &PaperView, person| is_of(authors.get(&answer.owner), &delegation.organisation, person);
        let mut state = DelegationState::Asked;
        for answer in self.papers(kinds::DELEGATION_ANSWER, document)? {
            let Some(Paper::DelegationAnswer(said)) = answer.latest().map(|sheet| &sheet.paper) else { continue };
            if by(&answer, delegation.person) {
                return Ok(DelegationState::Ended);
            }
            if by(&answer, delegation.stand_in) {
                state = if said.accepted { DelegationState::InForce } else { DelegationState::Ended };
            }
        }
        let now = self.now();
        let is_over = now < delegation.from || delegation.until < now;
        Ok(if is_over && state != DelegationState::Ended { DelegationState::Over } else { state })
    }
}

/// Whether a key is a person's of an organisation, and no machine's.
fn is_of(author: Option<&Author>, organisation: &PublicKey, person: PersonId) -> bool {
    author.is_some_and(|author| {
        author.organisation == *organisation && author.person == Some(person) && !author.automatic
    })
}
