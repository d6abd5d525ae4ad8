//! Mandates: which member speaks for this organisation in decisions.

use knotwork_documents::{Paper, PaperEdit, PaperView, View, kinds};
use knotwork_governance::{Mandate, MandateAnswer};
use knotwork_identity::{ChangeId, DocumentId, Nonce, PersonId, PublicKey, Timestamp};
use knotwork_replica::{Basis, Target};

use crate::{CommandError, DecisionError, Member, NodeHandle, Signer};

/// A mandate that an organisation gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MandateEntry {
    /// Its document.
    pub document: DocumentId,
    /// The change that gave it, which ballots name.
    pub change: ChangeId,
    /// The organisation.
    pub organisation: PublicKey,
    /// What it says.
    pub mandate: Mandate,
    /// What the person is called, where a profile tells it here.
    pub name: Option<String>,
    /// How it stands.
    pub state: MandateState,
}

/// How a mandate stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MandateState {
    /// The member has not answered.
    Offered,
    /// The member speaks for the organisation.
    Held,
    /// The member has declined it or laid it down.
    LaidDown,
    /// Its time is over, or has not come.
    Over,
    /// The organisation has taken its voice back.
    TakenBack,
}

impl MandateEntry {
    /// Whether a person who signs with this key speaks for the organisation by it.
    pub(crate) fn is_held_by(&self, person: &PersonId, key: &PublicKey) -> bool {
        self.state == MandateState::Held
            && self.mandate.person.as_ref() == Some(person)
            && self.mandate.keys.contains(key)
    }
}

impl NodeHandle {
    /// The mandates of an organisation, the latest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn mandates(&self, organisation: &PublicKey) -> Result<Vec<MandateEntry>, CommandError> {
        let mut given = Vec::new();
        self.each_listed(kinds::MANDATE, None, |document| {
            if let Some(View::Paper(view)) = self.any_view(document)?
                && view.owner == *organisation
                && let Some(sheet) = view.sheets.first()
                && let Paper::Mandate(mandate) = &sheet.paper
            {
                given.push((view.id, sheet.change, mandate.clone()));
            }
            Ok(())
        })?;
        given.sort_by_key(|(_, _, mandate)| std::cmp::Reverse(mandate.number));
        // A mandate without a person takes back all before it.
        let taken_back = given.iter().find(|(_, _, mandate)| mandate.person.is_none()).map(|(_, _, m)| m.number);
        let people = self.people()?;
        let mut entries = Vec::with_capacity(given.len());
        for (document, change, mandate) in given {
            let state = self.mandate_state(&document, &mandate, taken_back)?;
            let name = mandate.person.and_then(|person| people.name_of(&person, organisation));
            entries.push(MandateEntry { document, change, organisation: *organisation, mandate, name, state });
        }
        Ok(entries)
    }

    /// The mandate under which a member speaks for this organisation.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn voice_of(&self, member: &Member) -> Result<Option<MandateEntry>, CommandError> {
        let (person, key) = (member.person, member.public_key());
        Ok(self.mandates(&self.organisation_key())?.into_iter().find(|entry| entry.is_held_by(&person, &key)))
    }

    /// Gives this organisation's voice to a steward who asks for it themself, for a year, and accepts it for them; nothing
    /// where they have it.
    ///
    /// # Errors
    /// As of [`NodeHandle::give_mandate`].
    pub async fn take_voice(&self, steward: &Member) -> Result<(), CommandError> {
        if self.voice_of(steward)?.is_some() {
            return Ok(());
        }
        let until = Timestamp::from_milliseconds(self.now().milliseconds().saturating_add(YEAR_MILLISECONDS));
        let mandate = self.give_mandate(steward, Some(steward.person), until.unwrap_or(Timestamp::MAX)).await?;
        self.answer_mandate(steward, mandate, true).await
    }

    /// Whether somebody has this organisation's voice, or is offered it, with a key that they still sign with.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn has_speaker(&self) -> Result<bool, CommandError> {
        let (own, authors) = (self.mandates(&self.organisation_key())?, self.status().authors.clone());
        let goes_on = |key: &PublicKey| authors.get(key).is_some_and(|author| !author.revoked);
        Ok(own.iter().any(|entry| {
            matches!(entry.state, MandateState::Offered | MandateState::Held) && entry.mandate.keys.iter().any(goes_on)
        }))
    }

    /// Gives this organisation's voice to a member until a time, or takes it back from everybody. A steward does that.
    ///
    /// # Errors
    /// When whoever gives it is no steward, the person has no key here, or the node cannot write.
    pub async fn give_mandate(
        &self,
        steward: &Member,
        person: Option<PersonId>,
        until: Timestamp,
    ) -> Result<DocumentId, CommandError> {
        self.check_steward(&steward.person)?;
        let own = self.organisation_key();
        let number = self.mandates(&own)?.first().map_or(1, |latest| latest.mandate.number + 1);
        let authors = self.status().authors.clone();
        let mut keys: Vec<PublicKey> = authors
            .iter()
            .filter(|(_, author)| person.is_some() && author.person == person && author.organisation == own)
            .filter(|(_, author)| !author.automatic && !author.revoked)
            .map(|(key, _)| *key)
            .collect();
        keys.truncate(Mandate::KEYS_MAX);
        if person.is_some() && keys.is_empty() {
            return Err(DecisionError::NobodyKnown.into());
        }
        let mandate = Mandate { number, person, keys, from: self.now(), until: until.max(self.now()) };
        let paper = Paper::Mandate(mandate);
        let header = paper.header(self.origin(), own, Nonce([0; 16]));
        let signer = Signer::Member(Box::new(self.organisation_secret().clone()));
        let edit = PaperEdit::new(paper).into();
        self.edit(Target::Of(header), edit, Basis::If(Vec::new()), &signer).await.map(|written| written.document)
    }

    /// Accepts a mandate, declines it, or lays it down.
    ///
    /// # Errors
    /// When it is not the member's, or the node cannot write.
    pub async fn answer_mandate(
        &self,
        member: &Member,
        mandate: DocumentId,
        accepted: bool,
    ) -> Result<(), CommandError> {
        let own = self.mandates(&self.organisation_key())?.into_iter().find(|entry| entry.document == mandate);
        let own = own.ok_or(CommandError::NotFound(mandate))?;
        if own.mandate.person != Some(member.person) {
            return Err(DecisionError::NotYours.into());
        }
        let paper = Paper::MandateAnswer(MandateAnswer { mandate, accepted });
        let header = paper.header(self.origin(), member.public_key(), Nonce([0; 16]));
        let edit = PaperEdit::new(paper).into();
        self.edit(Target::Of(header), edit, Basis::Now, &member.signer()).await.map(drop)
    }

    fn mandate_state(
        &self,
        document: &DocumentId,
        mandate: &Mandate,
        taken_back: Option<u64>,
    ) -> Result<MandateState, CommandError> {
        if taken_back.is_some_and(|number| number >= mandate.number) {
            return Ok(MandateState::TakenBack);
        }
        let now = self.now();
        if now < mandate.from || mandate.until < now {
            return Ok(MandateState::Over);
        }
        let mut state = MandateState::Offered;
        for answer in self.papers(kinds::MANDATE_ANSWER, document)? {
            let Some(Paper::MandateAnswer(said)) = answer.latest().map(|sheet| &sheet.paper) else { continue };
            if mandate.keys.contains(&answer.owner) {
                state = if said.accepted { MandateState::Held } else { MandateState::LaidDown };
            }
        }
        Ok(state)
    }

    /// The papers of a kind that are about a document.
    pub(crate) fn papers(
        &self,
        kind: knotwork_ledger::Kind,
        about: &DocumentId,
    ) -> Result<Vec<PaperView>, CommandError> {
        let mut papers = Vec::new();
        self.each_listed(kind, Some(&about.to_string()), |document| {
            if let Some(View::Paper(view)) = self.any_view(document)? {
                papers.push(*view);
            }
            Ok(())
        })?;
        Ok(papers)
    }
}

const YEAR_MILLISECONDS: u64 = 365 * 86_400_000;
