//! Temperature checks: what is asked, what members of this organisation answer, and what all organisations' answers come to.
//!
//! An answer stays among this node's own values until the check has closed. Then the node passes on how many feel how, once,
//! and forgets who answered what.

use std::collections::{BTreeMap, BTreeSet};

use knotwork_documents::{Paper, PaperEdit, PaperView, View, kinds};
use knotwork_governance::{
    Feeling, Feelings, TemperatureAnswer, TemperatureCheck, TemperatureCounts, TemperatureError,
};
use knotwork_identity::{ChangeId, DocumentId, Nonce, PersonId, PublicKey, Timestamp};
use knotwork_replica::{Basis, Target};

use crate::{CommandError, ContributorView, Member, NodeHandle, Signer, handle::storage_error};

/// What somebody wants to ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemperatureDraft {
    /// What people are asked how they feel about.
    pub question: String,
    /// What there is to know about it.
    pub text: String,
    /// The resource or decision that it is about.
    pub about: Option<DocumentId>,
    /// For how many days it is open.
    pub days: u64,
}

/// A temperature check as everyone may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemperatureEntry {
    /// Its document.
    pub id: DocumentId,
    /// Who asks.
    pub by: ContributorView,
    /// What is asked.
    pub check: TemperatureCheck,
    /// How it stands.
    pub state: TemperatureState,
    /// How many feel how, of all organisations together: once it has closed, and enough answers have come in.
    pub feelings: Option<Feelings>,
    /// The change that asked it.
    asked: ChangeId,
}

/// How a temperature check stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TemperatureState {
    /// It takes no answers yet.
    Announced,
    /// It takes answers.
    Open,
    /// It has closed by this node's clock.
    Closed,
}

impl TemperatureEntry {
    /// Whether it asks what this draft asks.
    #[must_use]
    pub fn is_of(&self, draft: &TemperatureDraft) -> bool {
        let open = self.check.closes.milliseconds().saturating_sub(self.check.opens.milliseconds());
        self.check.question == draft.question.trim()
            && self.check.text == plain(&draft.text)
            && self.check.about == draft.about
            && open == draft.days.saturating_mul(DAY_MILLISECONDS)
    }
}

impl NodeHandle {
    /// All temperature checks, the latest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn temperature_checks(&self) -> Result<Vec<TemperatureEntry>, CommandError> {
        let persons = self.persons_of_each();
        let mut entries = Vec::new();
        self.each_listed(kinds::TEMPERATURE_CHECK, None, |document| {
            if let Some(View::Paper(view)) = self.any_view(document)? {
                entries.extend(self.temperature_entry(&view, &persons)?);
            }
            Ok(())
        })?;
        entries.reverse();
        Ok(entries)
    }

    /// One temperature check.
    ///
    /// # Errors
    /// When there is none with this id, or the store cannot be read.
    pub fn temperature_check(&self, id: &DocumentId) -> Result<TemperatureEntry, CommandError> {
        let entry = match self.any_view(id)? {
            Some(View::Paper(view)) => self.temperature_entry(&view, &self.persons_of_each())?,
            _ => None,
        };
        entry.ok_or(CommandError::NotFound(*id))
    }

    /// What a member has answered, while this node still knows it: until the check has closed.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn own_temperature(
        &self,
        member: &Member,
        entry: &TemperatureEntry,
    ) -> Result<Option<TemperatureAnswer>, CommandError> {
        let kept =
            self.storage().local(&self.shelved(&name_of(&entry.asked, &member.person))).map_err(storage_error)?;
        Ok(kept.as_deref().and_then(answer_of))
    }

    /// Asks everyone in the network how they feel about something. Sent twice with one nonce, it is asked once.
    ///
    /// # Errors
    /// When it cannot be asked so, or the node cannot write.
    pub async fn ask_temperature(
        &self,
        member: &Member,
        draft: TemperatureDraft,
        nonce: Nonce,
    ) -> Result<DocumentId, CommandError> {
        let opens = self.now();
        let open = draft.days.saturating_mul(DAY_MILLISECONDS);
        let closes = Timestamp::from_milliseconds(opens.milliseconds().saturating_add(open));
        let check = TemperatureCheck {
            question: draft.question.trim().to_owned(),
            text: plain(&draft.text),
            about: draft.about,
            opens,
            closes: closes.ok_or(TemperatureError::Times)?,
        };
        check.check()?;
        let paper = Paper::TemperatureCheck(Box::new(check));
        let header = paper.header(self.origin(), member.public_key(), nonce);
        self.begin(header, PaperEdit::new(paper).into(), member).await
    }

    /// The id of what a member asks with this nonce.
    #[must_use]
    pub fn temperature_id(&self, member: &Member, nonce: Nonce) -> DocumentId {
        Paper::header_of(kinds::TEMPERATURE_CHECK, self.origin(), member.public_key(), nonce).id()
    }

    /// Keeps what a member answers, in the place of what they answered before. It is in nothing that other nodes get.
    ///
    /// # Errors
    /// When there is no such check, it takes no answers now, or the node cannot write.
    pub fn answer_temperature(
        &self,
        member: &Member,
        id: &DocumentId,
        answer: TemperatureAnswer,
    ) -> Result<(), CommandError> {
        let entry = self.temperature_check(id)?;
        if entry.state != TemperatureState::Open {
            return Err(TemperatureError::NotOpen.into());
        }
        let value = vec![answer.feeling as u8, u8::from(answer.alone)];
        self.keep_local(vec![(self.shelved(&name_of(&entry.asked, &member.person)), Some(value))])
    }

    /// Passes on how this organisation's members feel, of every check that has closed, and forgets who answered what. What
    /// was passed on before a crash is not passed on twice.
    ///
    /// # Errors
    /// When the store cannot be read or written; what has not been passed on is when this is called again.
    pub async fn pass_on_temperatures(&self) -> Result<(), CommandError> {
        // Most of the time nobody here has answered anything, and nothing more is read.
        let shelf = self.shelved(ANSWERS);
        let kept = self.storage().locals(&shelf).map_err(storage_error)?;
        if kept.is_empty() {
            return Ok(());
        }
        let mut answered: BTreeMap<ChangeId, BTreeMap<String, TemperatureAnswer>> = BTreeMap::new();
        for (name, value) in kept {
            if let Some((asked, answer)) = name.strip_prefix(&shelf).and_then(asked_in).zip(answer_of(&value)) {
                answered.entry(asked).or_default().insert(name, answer);
            }
        }
        for (asked, answers) in answered {
            // Where the change is not here, as after a repair, it comes again.
            let Some(stored) = self.storage().change(&asked).map_err(storage_error)? else { continue };
            match self.temperature_check(&stored.change.header.id()) {
                Ok(entry) if entry.state != TemperatureState::Closed => continue,
                Ok(entry) => self.pass_on(&entry, &answers.values().copied().collect::<Vec<_>>()).await?,
                // It is shown no more, and so nobody is told how people felt about it.
                Err(CommandError::NotFound(_)) => {}
                Err(error) => return Err(error),
            }
            self.keep_local(answers.into_keys().map(|name| (name, None)).collect())?;
        }
        Ok(())
    }

    async fn pass_on(&self, entry: &TemperatureEntry, answers: &[TemperatureAnswer]) -> Result<(), CommandError> {
        let Some(counts) = TemperatureCounts::of(entry.id, entry.asked, answers) else { return Ok(()) };
        let paper = Paper::TemperatureCounts(counts);
        let header = paper.header(self.origin(), self.organisation_key(), Nonce([0; 16]));
        let signer = Signer::Member(Box::new(self.organisation_secret().clone()));
        match self.edit(Target::Of(header), PaperEdit::new(paper).into(), Basis::If(Vec::new()), &signer).await {
            // It was passed on before.
            Ok(_) | Err(CommandError::Stale { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn temperature_entry(
        &self,
        view: &PaperView,
        persons: &BTreeMap<PublicKey, u64>,
    ) -> Result<Option<TemperatureEntry>, CommandError> {
        let first = view.sheets.first();
        let Some((asked, Paper::TemperatureCheck(check))) = first.map(|sheet| (sheet.change, &sheet.paper)) else {
            return Ok(None);
        };
        let now = self.now();
        let state = if now < check.opens {
            TemperatureState::Announced
        } else if check.closes <= now {
            TemperatureState::Closed
        } else {
            TemperatureState::Open
        };
        let feelings = match state {
            TemperatureState::Closed => self.feelings(&view.id, asked, persons)?,
            TemperatureState::Announced | TemperatureState::Open => Feelings::default(),
        };
        Ok(Some(TemperatureEntry {
            id: view.id,
            by: self.contributor(&view.owner),
            check: check.as_ref().clone(),
            state,
            feelings: Some(feelings).filter(|feelings| feelings.total() >= TemperatureCheck::SHOWN_FROM),
            asked,
        }))
    }

    /// What all organisations on the roster have passed on, together. Of one that says that more have answered than it has
    /// ever had members, nothing counts.
    fn feelings(
        &self,
        check: &DocumentId,
        asked: ChangeId,
        persons: &BTreeMap<PublicKey, u64>,
    ) -> Result<Feelings, CommandError> {
        let agreed = self.agreed();
        let mut all = Feelings::default();
        for view in self.papers(kinds::TEMPERATURE_COUNTS, check)? {
            let Some(Paper::TemperatureCounts(counts)) = view.sheets.first().map(|sheet| &sheet.paper) else {
                continue;
            };
            let members = persons.get(&view.owner).copied().unwrap_or_default();
            let counted = counts.asked == asked
                && agreed.parties().contains_key(&view.owner)
                && counts.feelings.total() <= members;
            if counted {
                all = all.and(&counts.feelings);
            }
        }
        Ok(all)
    }

    /// How many persons each organisation has ever certified. What a machine's key signs is no person's.
    fn persons_of_each(&self) -> BTreeMap<PublicKey, u64> {
        let authors = self.status().authors.clone();
        let persons: BTreeSet<(PublicKey, PersonId)> = authors
            .values()
            .filter(|author| !author.automatic)
            .filter_map(|author| author.person.map(|person| (author.organisation, person)))
            .collect();
        let mut of_each = BTreeMap::new();
        for (organisation, _) in persons {
            *of_each.entry(organisation).or_default() += 1;
        }
        of_each
    }
}

/// What browsers send as line ends, as one line feed.
fn plain(text: &str) -> String {
    text.trim().replace("\r\n", "\n")
}

/// Where a member's answer is kept.
fn name_of(asked: &ChangeId, person: &PersonId) -> String {
    format!("{ANSWERS}{asked}/{person}")
}

/// The change that asked what is answered under this name, of which the beginning is left out.
fn asked_in(name: &str) -> Option<ChangeId> {
    name.split_once('/')?.0.parse().ok()
}

fn answer_of(value: &[u8]) -> Option<TemperatureAnswer> {
    let [step, alone] = value else { return None };
    let feeling = *Feeling::ALL.get(usize::from(*step))?;
    Some(TemperatureAnswer { feeling, alone: *alone == 1 })
}

const ANSWERS: &str = "temperature/";
const DAY_MILLISECONDS: u64 = 86_400_000;
