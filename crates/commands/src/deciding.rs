//! Taking part in decisions: opening one, changing its terms, taking a position, integrating an objection.

use std::collections::BTreeSet;

use knotwork_documents::{Date, Paper, PaperEdit};
use knotwork_governance::{
    BallotPaper, Charter, Effect, Electorate, Method, Position, Quorum, ReasonRule, Rules, Shown, Terms, Threshold,
    Voter,
};
use knotwork_identity::{ChangeId, DocumentId, Nonce, PersonId, PublicKey, Timestamp, encode};
use knotwork_ledger::DocumentHeader;
use knotwork_minutes::Agreed;
use knotwork_replica::{Basis, Target, counting};

use crate::{
    CommandError, DecisionEntry, DecisionError, DecisionHead, DecisionState, Member, NodeHandle, Visible,
    handle::storage_error,
};

/// What somebody wants decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionDraft {
    /// What it is called.
    pub title: String,
    /// What is proposed, or asked.
    pub text: String,
    /// The same in a few plain sentences.
    pub summary: String,
    /// Who might be left out or harmed by it, and who of them has been asked.
    pub left_out: String,
    /// How it is taken.
    pub method: Method,
    /// What can be chosen, where the method chooses.
    pub options: Vec<String>,
    /// Whether organisations are asked, or persons.
    pub unit: Unit,
    /// How many have to take part; the usual where it is none.
    pub quorum: Option<Quorum>,
    /// How many have to agree, where the method asks for it; the usual where it is none.
    pub threshold: Option<Threshold>,
    /// When it closes.
    pub closes: Timestamp,
    /// When a reason has to be given.
    pub reasons: ReasonRule,
    /// Who sees positions, and when.
    pub shown: Shown,
    /// What it changes for everyone. A charter that is still to be written has no document yet.
    pub effects: Vec<Effect>,
    /// The charter that one of the effects names, where it is to be written with the decision.
    pub charter: Option<Charter>,
    /// When what was agreed is looked at again.
    pub review: Option<Date>,
    /// The decision that this one follows.
    pub follows: Option<DocumentId>,
}

/// Who is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unit {
    /// Every organisation on the roster that does not rest: one voice each.
    Organisations,
    /// These persons, with the organisation that vouches for each.
    Persons(Vec<(PublicKey, PersonId)>),
}

impl NodeHandle {
    /// The most persons that can be asked in one decision, beside texts of no length: terms are one change. Each text takes
    /// from it.
    pub const PERSONS_ASKED_MAX: usize = Terms::BYTES_MAX / PERSON_BYTES;

    /// Opens a decision: from now on its terms are frozen, and everyone is asked. A charter that it proposes is written with
    /// it, once nothing stands in the way. Sent twice with one nonce, it is opened once.
    ///
    /// # Errors
    /// When nobody could decide so, or the node cannot write.
    pub async fn open_decision(
        &self,
        member: &Member,
        draft: DecisionDraft,
        nonce: Nonce,
    ) -> Result<DocumentId, CommandError> {
        let charter = draft.charter.clone();
        let (mut terms, header) = self.prepare_terms(member, draft, nonce)?;
        if self.any_view(&header.id())?.is_none() {
            self.check_renewal(&terms)?;
            // Nothing that is written for it is left behind by a decision that is refused.
            self.check_signs(member)?;
            for effect in &mut terms.effects {
                if let Effect::Remove { organisation, stands } = effect {
                    *stands = self.list_standing(*organisation).await?;
                }
            }
            if let Some(charter) = charter {
                self.write_charter(member, charter, nonce).await?;
            }
        }
        let edit = PaperEdit::new(Paper::Terms(Box::new(terms)));
        self.begin(header, edit.into(), member).await
    }

    /// Whether the charter is not being renewed already, where that is asked for.
    fn check_renewal(&self, terms: &Terms) -> Result<(), CommandError> {
        // By its text: the minutes name the first charter by the network.
        let Some(in_force) = self.charter()?.charter.map(|charter| charter.digest()) else { return Ok(()) };
        let renews = |effect: &Effect| matches!(effect, Effect::Charter { digest, .. } if *digest == in_force);
        if !terms.effects.iter().any(renews) {
            return Ok(());
        }
        // One that nobody could decide by stands in nobody's way.
        let agreed = self.agreed();
        let goes_on = |head: &&DecisionHead| {
            head.state == DecisionState::Open && counting::check_terms(&agreed, &head.terms).is_ok()
        };
        let decisions = self.decisions()?;
        let other = decisions.iter().filter(goes_on).find(|head| head.terms.effects.iter().any(renews));
        other.map_or(Ok(()), |other| Err(DecisionError::RenewsAlready(other.id).into()))
    }

    /// What a decision would ask for, without opening it.
    ///
    /// # Errors
    /// When nobody could decide so.
    pub fn preview_decision(&self, member: &Member, draft: DecisionDraft) -> Result<Terms, CommandError> {
        self.prepare_terms(member, draft, Nonce([0; 16])).map(|(terms, _)| terms)
    }

    /// Whether the decision that was opened with this nonce asks what this draft asks; none where none was.
    ///
    /// # Errors
    /// When nobody could decide so, or the store cannot be read.
    pub fn decision_began_as(
        &self,
        member: &Member,
        draft: DecisionDraft,
        nonce: Nonce,
    ) -> Result<Option<bool>, CommandError> {
        let wanted = self.prepare_terms(member, draft, nonce)?.0;
        let entry = match self.decision(&wanted.decision) {
            Ok(entry) => entry,
            Err(CommandError::NotFound(_)) => return Ok(None),
            Err(error) => return Err(error),
        };
        let Some(first) = entry.versions.last().map(|version| &version.terms) else { return Ok(None) };
        // When it opened and for how long, and who was on the roster, is as it was then.
        let said =
            |terms: &Terms| (terms.title.clone(), terms.text.clone(), terms.summary.clone(), terms.left_out.clone());
        let how =
            |terms: &Terms| (terms.rules.method, terms.options.clone(), terms.reasons, terms.shown, terms.follows);
        let enough = |terms: &Terms| (terms.rules.quorum, terms.rules.threshold);
        let persons = |terms: &Terms| match &terms.electorate {
            Electorate::Persons(persons) => Some(persons.clone()),
            Electorate::Organisations(_) => None,
        };
        // Nor is what stood of an organisation.
        let effects = |terms: &Terms| {
            let frozen = |effect: &Effect| match effect {
                Effect::Remove { organisation, .. } => Err(*organisation),
                effect => Ok(effect.clone()),
            };
            terms.effects.iter().map(frozen).collect::<Vec<_>>()
        };
        Ok(Some(
            said(first) == said(&wanted)
                && how(first) == how(&wanted)
                && enough(first) == enough(&wanted)
                && persons(first) == persons(&wanted)
                && effects(first) == effects(&wanted),
        ))
    }

    /// Changes the terms of an open decision: everyone is asked anew. Objections that the new terms integrate are named by
    /// the changes in which they were made. Another charter, for a decision about one, is written with the terms.
    ///
    /// # Errors
    /// When it is not the member's, has closed, an objection is none, or nobody could decide so.
    pub async fn change_terms(
        &self,
        member: &Member,
        decision: &DocumentId,
        change: impl FnOnce(&mut Terms) + Send,
        charter: Option<Charter>,
        integrates: Vec<ChangeId>,
    ) -> Result<(), CommandError> {
        let entry = self.decision(decision)?;
        if entry.owner != member.public_key() {
            return Err(DecisionError::NotYours.into());
        }
        check_open(&entry).map_err(|_| DecisionError::TermsClosed)?;
        let open: BTreeSet<ChangeId> = entry.objections().map(|objection| objection.change).collect();
        if integrates.iter().any(|objection| !open.contains(objection)) {
            return Err(DecisionError::NoObjection.into());
        }
        let mut terms = entry.terms.clone();
        change(&mut terms);
        let nonce = self.fresh_nonce();
        self.put_charter(member, &mut terms.effects, charter.as_ref(), nonce)?;
        terms.decision = entry.id;
        terms.version = entry.terms.version + 1;
        // What is shown to whom is never loosened, and who is asked stays.
        terms.shown = entry.terms.shown;
        terms.electorate = entry.terms.electorate.clone();
        terms.as_of = entry.terms.as_of;
        terms.opens = entry.terms.opens;
        // Everyone is asked anew, and has time to answer.
        let to_answer = self.now().milliseconds().saturating_add(entry.terms.time_to_answer_anew());
        let to_answer = Timestamp::from_milliseconds(to_answer).unwrap_or(Timestamp::MAX);
        let last = terms.opens.milliseconds().saturating_add(Terms::OPEN_MILLISECONDS_MAX);
        let to_answer = to_answer.min(Timestamp::from_milliseconds(last).unwrap_or(Timestamp::MAX));
        terms.closes = terms.closes.max(entry.terms.closes).max(to_answer);
        // What was agreed is looked at as long after it as was meant.
        let later = terms.closes.milliseconds().saturating_sub(entry.terms.closes.milliseconds());
        let moved = |review: Timestamp| Timestamp::from_milliseconds(review.milliseconds().saturating_add(later));
        terms.review = terms.review.map(|review| moved(review).unwrap_or(review));
        terms.integrates = entry.terms.integrates.iter().copied().chain(integrates).collect();
        check_terms(&self.agreed(), &terms)?;
        if let Some(charter) = charter {
            self.write_charter(member, charter, nonce).await?;
        }
        let edit = PaperEdit::new(Paper::Terms(Box::new(terms)));
        self.edit(Target::Existing(*decision), edit.into(), Basis::Now, &member.signer()).await.map(drop)
    }

    /// Takes a position, or takes another than before: with the member's own voice, or with the one that has this place
    /// among those who are asked, for this organisation, for oneself, or for a colleague who is away. Objections that are no
    /// argument are named by the changes in which they were made, so that the finding is about what was read.
    ///
    /// # Errors
    /// When the decision is not open, the member has no voice in it, the position is none, a reason is missing, or an
    /// objection does not stand any more.
    pub async fn take_position(
        &self,
        member: &Member,
        decision: &DocumentId,
        place: Option<u32>,
        position: Position,
        reason: String,
        not_qualified: BTreeSet<ChangeId>,
    ) -> Result<ChangeId, CommandError> {
        let entry = self.decision(decision)?;
        check_open(&entry)?;
        let voices = self.voices(member, &entry.terms)?;
        let wanted = |voter: &&Voter| place.is_none_or(|place| entry.terms.electorate.place(voter) == Some(place));
        let voter = *voices.iter().find(wanted).ok_or_else(|| self.no_voice(&entry.terms))?;
        entry.terms.rules.check_position(&position).map_err(|error| DecisionError::Position(error.to_string()))?;
        if !not_qualified.is_empty() && entry.visible_to(&voices) != Visible::Now {
            // Whoever does not see the positions is not told who objects.
            return Err(DecisionError::ObjectionsHidden.into());
        }
        let standing: BTreeSet<ChangeId> = entry.objections().map(|objection| objection.change).collect();
        if !not_qualified.is_subset(&standing) {
            return Err(DecisionError::ObjectionChanged.into());
        }
        if reason.trim().is_empty() && entry.terms.wants_reason(&position) {
            return Err(DecisionError::ReasonMissing.into());
        }
        let standing = self.standing_of(member, &entry, &voter)?;
        let mut salt = [0; 16];
        (self.random())(&mut salt);
        let ballot =
            BallotPaper { decision: entry.id, terms: entry.hash, voter, standing, position, not_qualified, salt };
        let paper = Paper::Ballot(Box::new(ballot));
        let header = paper.header(self.origin(), member.public_key(), Nonce([0; 16]));
        let document = header.id();
        let edit = PaperEdit { paper, reason };
        self.edit(Target::Of(header), edit.into(), Basis::Now, &member.signer()).await?;
        let own = self.papers(knotwork_documents::kinds::BALLOT, &entry.id)?;
        let written = own.iter().find(|view| view.id == document).and_then(|view| view.latest());
        written.map(|sheet| sheet.change).ok_or(CommandError::NotFound(document))
    }

    /// Why a member of this organisation has no voice in a decision with these terms.
    #[must_use]
    pub fn no_voice(&self, terms: &Terms) -> CommandError {
        if let Some(outside) = self.outside() {
            return CommandError::Outside(outside);
        }
        let error = match terms.electorate {
            Electorate::Persons(_) => DecisionError::NotAsked,
            Electorate::Organisations(_) if terms.against() == Some(self.organisation_key()) => DecisionError::Heard,
            Electorate::Organisations(_) => DecisionError::NoVoice,
        };
        error.into()
    }

    fn prepare_terms(
        &self,
        member: &Member,
        mut draft: DecisionDraft,
        nonce: Nonce,
    ) -> Result<(Terms, DocumentHeader), CommandError> {
        self.check_inside()?;
        self.put_charter(member, &mut draft.effects, draft.charter.as_ref(), nonce)?;
        let agreed = self.agreed();
        let against = draft.effects.iter().find_map(Effect::against);
        let electorate = match draft.unit {
            Unit::Organisations => {
                let asked = agreed.asked_at(agreed.height());
                Electorate::Organisations(asked.iter().filter(|key| Some(**key) != against).copied().collect())
            }
            Unit::Persons(mut persons) => {
                persons.sort_unstable();
                persons.dedup();
                Electorate::Persons(persons)
            }
        };
        let asked = u32::try_from(electorate.len()).unwrap_or(u32::MAX);
        let options = u16::try_from(draft.options.len()).unwrap_or(u16::MAX);
        let mut rules = Rules::usual(draft.method, options, asked);
        if let Some(quorum) = draft.quorum {
            rules.quorum = quorum;
        }
        if draft.threshold.is_some() {
            rules.threshold = draft.threshold;
        }
        let now = self.now();
        let review = draft.review.and_then(Date::start).or_else(|| self.usual_review(&draft.method, draft.closes));
        let mut terms = Terms {
            decision: DocumentId([0; 32]),
            version: 1,
            title: draft.title.trim().to_owned(),
            text: plain(&draft.text),
            summary: plain(&draft.summary),
            left_out: plain(&draft.left_out),
            rules,
            options: draft.options.iter().map(|option| option.trim().to_owned()).collect(),
            electorate,
            as_of: agreed.height(),
            opens: now,
            closes: draft.closes,
            reasons: draft.reasons,
            shown: draft.shown,
            effects: draft.effects,
            review,
            follows: draft.follows,
            integrates: Vec::new(),
        };
        if let Some(before) = &terms.follows
            && self.any_view(before)?.is_none()
            && self.agreed().minute_of(before).is_none()
        {
            return Err(DecisionError::NothingToFollow.into());
        }
        let header = Paper::Terms(Box::new(terms.clone())).header(self.origin(), member.public_key(), nonce);
        terms.decision = header.id();
        check_terms(&agreed, &terms)?;
        Ok((terms, header))
    }

    /// When an agreement is looked at again where nobody said: a year after it closes, for what adopts or not.
    fn usual_review(&self, method: &Method, closes: Timestamp) -> Option<Timestamp> {
        let adopts = method.decides() && !method.chooses();
        adopts.then(|| Timestamp::from_milliseconds(closes.milliseconds().saturating_add(YEAR_MILLISECONDS))).flatten()
    }

    /// What gives a member this voice: what gives it to themself, or what has them stand in for a colleague.
    fn standing_of(&self, member: &Member, entry: &DecisionEntry, voter: &Voter) -> Result<ChangeId, CommandError> {
        if let Some(own) = self.own_standing(member, voter)? {
            self.check_not_outranked(member, entry, voter)?;
            return Ok(own);
        }
        let voices = self.speakers()?.stood_in(&member.person, &entry.terms);
        let (_, standing) = voices.into_iter().find(|(voice, _)| voice == voter).ok_or(DecisionError::NoVoice)?;
        // Theirs goes before a stand-in's.
        if entry.positions.iter().any(|position| position.voter == *voter && position.stood_in.is_none()) {
            return Err(DecisionError::AnsweredThemself.into());
        }
        Ok(standing)
    }

    /// Of several who speak for an organisation, what counts is what whoever has the newest mandate says.
    fn check_not_outranked(&self, member: &Member, entry: &DecisionEntry, voter: &Voter) -> Result<(), CommandError> {
        let Voter::Organisation(organisation) = voter else { return Ok(()) };
        let Some(own) = self.voice_of(member)? else { return Ok(()) };
        let Some(answer) = entry.positions.iter().find(|answer| answer.voter == *voter && !answer.late) else {
            return Ok(());
        };
        let stored = self.storage().change(&answer.change).map_err(storage_error)?;
        let checked = stored.and_then(|stored| stored.change.check_trusted().ok()?.change());
        let Some(Paper::Ballot(ballot)) = checked.and_then(|change| Paper::read(&change)) else { return Ok(()) };
        let mandates = self.mandates(organisation)?;
        let by = mandates.iter().find(|mandate| mandate.change == ballot.standing);
        if by.is_some_and(|by| by.mandate.number > own.mandate.number) {
            return Err(DecisionError::Outranked.into());
        }
        Ok(())
    }

    fn own_standing(&self, member: &Member, voter: &Voter) -> Result<Option<ChangeId>, CommandError> {
        match voter {
            Voter::Organisation(_) => Ok(self.voice_of(member)?.map(|mandate| mandate.change)),
            Voter::Person(organisation, person) => {
                let key = member.public_key();
                let change = counting::certifying_change(self.storage(), self.origin(), *organisation, *person, &key);
                change.map_err(storage_error)
            }
        }
    }
}

/// Whether anybody could decide by these terms.
fn check_terms(agreed: &Agreed, terms: &Terms) -> Result<(), DecisionError> {
    check_persons(terms)?;
    if let Err(error) = terms.check() {
        let asked = match &terms.electorate {
            Electorate::Persons(_) => Some("persons"),
            // Nobody is left to be asked.
            Electorate::Organisations(_) => terms.against().map(|_| "effects"),
        };
        let field = error.field().and_then(|field| if field == "electorate" { asked } else { Some(field) });
        return Err(DecisionError::Terms { why: error.to_string(), field });
    }
    counting::check_terms(agreed, terms).map_err(|why| DecisionError::Terms { why, field: None })
}

/// Whether terms have room for all persons that they ask.
fn check_persons(terms: &Terms) -> Result<(), DecisionError> {
    let Electorate::Persons(persons) = &terms.electorate else { return Ok(()) };
    let bytes = encode(terms).len();
    if bytes <= Terms::BYTES_MAX {
        return Ok(());
    }
    let others = bytes.saturating_sub(persons.len() * PERSON_BYTES);
    let fit = Terms::BYTES_MAX.saturating_sub(others) / PERSON_BYTES;
    Err(DecisionError::PersonsTooMany { asked: persons.len(), fit })
}

fn check_open(entry: &DecisionEntry) -> Result<(), CommandError> {
    match entry.state {
        DecisionState::Open => Ok(()),
        DecisionState::Closed | DecisionState::Lapsed | DecisionState::Final => Err(DecisionError::Closed.into()),
    }
}

/// What browsers send as line ends, as one line feed.
fn plain(text: &str) -> String {
    text.trim().replace("\r\n", "\n")
}

/// What a person takes in terms: the key of the organisation, and the id.
const PERSON_BYTES: usize = 32 + 16;
const YEAR_MILLISECONDS: u64 = 365 * 24 * 60 * 60 * 1_000;
