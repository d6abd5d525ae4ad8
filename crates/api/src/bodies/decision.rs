//! Decisions as JSON: as a list shows them, and with everything.

use knotwork_commands::{
    DecisionEntry, DecisionState, EarlierPositions, MinutesStanding, NodeHandle, ObjectionEntry, TermsVersion, Visible,
};
use knotwork_documents::Date;
use knotwork_governance::{Electorate, Voter};
use knotwork_identity::PublicKey;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    ContributorBody, EarlierPositionsBody, EffectBody, FallsBody, ObjectionBody, PositionBody,
    count::{CountBody, NamedCount, named},
    method::{MethodBody, ThresholdBody},
    minute::verdict,
    next_step::then,
};
use crate::rfc3339::to_rfc3339;

/// A page of decisions.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DecisionPage {
    /// The decisions, the latest first.
    pub(crate) items: Vec<DecisionSummary>,
    /// How many there are on all pages.
    pub(crate) total: usize,
}

/// A decision as a list shows it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DecisionSummary {
    /// Its id.
    id: String,
    /// What it is called.
    #[schema(example = "Meet every month")]
    title: String,
    /// `open`, `closed` (and not final), `lapsed` (asked before the network was reconvened) or `final`.
    #[schema(example = "open")]
    state: &'static str,
    /// How it is taken.
    method: MethodBody,
    /// When it opens.
    #[schema(format = "date-time", required = true)]
    opens: Option<String>,
    /// When it closes by its terms, unless everyone has answered before and nobody objects.
    #[schema(format = "date-time", required = true)]
    closes: Option<String>,
    /// Until when positions are taken: `closes`, or later, as whoever is asked anew has time to answer.
    #[schema(format = "date-time", required = true)]
    open_until: Option<String>,
    /// Who opened it.
    by: ContributorBody,
    /// How many are asked.
    asked: usize,
    /// How many have answered, and not too late.
    answered: usize,
    /// Whether it is open and waits for the caller: they have a voice in it and have not taken a position.
    waits_for_you: bool,
    /// `adopted`, `not-adopted`, `chosen` or `not-decided`; null until it is final.
    #[schema(required = true)]
    verdict: Option<&'static str>,
}

/// A decision with everything that is known of it here.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Decision)]
pub(crate) struct DecisionBody {
    /// Its id.
    id: String,
    /// `open`, `closed` (and not final), `lapsed` (asked before the network was reconvened) or `final`.
    #[schema(example = "open")]
    state: &'static str,
    /// What it is called.
    title: String,
    /// What is proposed, or asked.
    text: String,
    /// The same in a few plain sentences.
    summary: String,
    /// Who might be left out or harmed by it, and who of them has been asked.
    left_out: String,
    /// Who opened it.
    by: ContributorBody,
    /// Whether the caller may change its terms.
    yours: bool,
    /// The version of the terms, from 1.
    version: u32,
    /// The hash of the terms, which ballots and the minute name.
    terms: String,
    /// All its terms, the latest first.
    versions: Vec<TermsBody>,
    /// How it is taken.
    method: MethodBody,
    /// What can be chosen, where the method chooses.
    options: Vec<String>,
    /// `organisations` or `persons`.
    unit: &'static str,
    /// Who is asked, in the order of their places.
    asked: Vec<AskedBody>,
    /// How many have answered, and not too late.
    answered: usize,
    /// How many have to take part: a number, or a share of those who are asked.
    #[schema(example = "1/2")]
    quorum: String,
    /// How many have to agree, where the method asks for it; null where it does not.
    #[schema(required = true)]
    threshold: Option<ThresholdBody>,
    /// How many have to agree at least by the rules for what binds everyone; 0 where it binds nobody, and null where it
    /// cannot be counted here.
    #[schema(required = true)]
    needed: Option<u64>,
    /// When it opens.
    #[schema(format = "date-time", required = true)]
    opens: Option<String>,
    /// When it closes by its terms, unless everyone has answered before and nobody objects.
    #[schema(format = "date-time", required = true)]
    closes: Option<String>,
    /// Until when positions are taken: `closes`, or later, as whoever is asked anew has time to answer.
    #[schema(format = "date-time", required = true)]
    open_until: Option<String>,
    /// When a reason is needed: `optional`, `against` or `always`.
    reasons: &'static str,
    /// When positions are shown: `always`, `after-own` or `after-closing`.
    shown: &'static str,
    /// The day on which what was agreed is looked at again: `YYYY-MM-DD`, or empty.
    review: String,
    /// The id of the decision that it follows, or empty.
    follows: String,
    /// The objections that these terms integrate, by the changes in which they were made.
    integrates: Vec<String>,
    /// What it changes for everyone, if it is adopted.
    effects: Vec<EffectBody>,
    /// For a removal that is not final: what of the organisation falls, as far as this node holds it; null for all others.
    #[schema(required = true)]
    falls: Option<FallsBody>,
    /// What comes next, in a sentence.
    then: String,
    /// What it takes to make the outcome final.
    signatures: SignaturesBody,
    /// The places of the caller's voices among those who are asked.
    your_places: Vec<u32>,
    /// Whether the caller sees positions: `now`, `after-own` or `after-closing`.
    visible: &'static str,
    /// Every position under these terms, in the order of places: of each voter the one that counts, and behind it what came
    /// too late; null where the caller does not see them yet.
    #[schema(required = true)]
    positions: Option<Vec<PositionBody>>,
    /// What was answered to versions that are not in force, the latest version first; null where the caller does not see
    /// positions yet.
    #[schema(required = true)]
    earlier: Option<Vec<EarlierPositionsBody>>,
    /// The objections and blocks, under whichever terms they were made, the latest terms first, and what became of each; null
    /// where the caller does not see positions yet.
    #[schema(required = true)]
    objections: Option<Vec<ObjectionBody>>,
    /// What they come to, as far as it is known here; null where the caller does not see them yet.
    #[schema(required = true)]
    count: Option<CountBody>,
    /// The outcome that is minuted; null until it is.
    #[schema(required = true)]
    minute: Option<DecidedBody>,
}

/// One version of a decision's terms.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TermsVersion)]
pub(crate) struct TermsBody {
    /// Its number.
    version: u32,
    /// Its hash.
    terms: String,
    /// When it was written, as its author claims.
    #[schema(format = "date-time", required = true)]
    time: Option<String>,
    /// What it is called.
    title: String,
    /// What it says.
    text: String,
    /// The same in a few plain sentences.
    summary: String,
    /// Who might be left out or harmed by it.
    left_out: String,
    /// What could be chosen under it.
    options: Vec<String>,
    /// When it would have closed.
    #[schema(format = "date-time", required = true)]
    closes: Option<String>,
    /// What it would have changed for everyone.
    effects: Vec<EffectBody>,
    /// The objections that it integrates.
    integrates: Vec<String>,
}

/// One of those who are asked.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Asked)]
pub(crate) struct AskedBody {
    /// The place, from 0.
    place: u32,
    /// The name.
    name: String,
    /// The organisation's key.
    organisation: String,
    /// The person, as an opaque id; empty where the organisation is asked.
    person: String,
    /// Whether they have answered, and not too late.
    answered: bool,
}

/// What it takes to make an outcome final.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SignaturesBody {
    /// How many organisations sign minutes.
    signing: usize,
    /// How many of them have to.
    needed: usize,
    /// How many can be reached now, this one counted.
    reachable: usize,
    /// How many are usually reachable: heard of within the last 7 days, this one counted.
    usually_reachable: usize,
    /// The names of those that were heard of once, and not for 7 days.
    unheard: Vec<String>,
    /// The names of those that this node has not heard of yet.
    never_heard: Vec<String>,
    /// The names of those that have said which ballots they hold.
    stated: Vec<String>,
    /// The names of those that have not.
    unstated: Vec<String>,
}

/// The outcome that is minuted.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DecidedBody {
    /// The number of the minute.
    height: u64,
    /// Its hash.
    hash: String,
    /// `adopted`, `not-adopted`, `chosen` or `not-decided`.
    verdict: &'static str,
    /// The chosen option, from 0; null where none is.
    #[schema(required = true)]
    option: Option<u16>,
    /// How often each position was taken, or what each option got.
    counts: Vec<NamedCount>,
}

impl DecisionSummary {
    pub(crate) fn new(entry: DecisionEntry, voices: &[Voter]) -> Self {
        let (open, answered) = (entry.state == DecisionState::Open, entry.answered());
        Self {
            id: entry.id.to_string(),
            state: state_word(entry.state),
            method: entry.terms.rules.method.into(),
            opens: to_rfc3339(entry.terms.opens),
            closes: to_rfc3339(entry.terms.closes),
            open_until: to_rfc3339(entry.open_until),
            by: entry.by.into(),
            asked: entry.terms.electorate.len(),
            answered,
            waits_for_you: open && voices.iter().any(|voice| entry.unanswered.contains(voice)),
            verdict: entry.minuted.map(|minuted| verdict(&minuted.outcome.verdict).0),
            title: entry.terms.title,
        }
    }
}

/// What is looked up beside a decision itself.
pub(crate) struct Beside {
    pub(crate) falls: Option<FallsBody>,
    pub(crate) objections: Vec<ObjectionEntry>,
    pub(crate) earlier: Vec<EarlierPositions>,
    pub(crate) standing: MinutesStanding,
}

impl DecisionBody {
    /// A decision as somebody with these voices, and this key, sees it.
    pub(crate) fn new(
        entry: DecisionEntry,
        voices: &[Voter],
        own: Option<PublicKey>,
        asked: Vec<AskedBody>,
        beside: Beside,
        handle: &NodeHandle,
    ) -> Self {
        let Beside { falls, objections, earlier, standing } = beside;
        let visible = entry.visible_to(voices);
        let then = then(&entry, &standing);
        let answered = entry.answered();
        let names = |keys: &std::collections::BTreeSet<PublicKey>| {
            keys.iter().map(|key| handle.organisation_called(key)).collect::<Vec<_>>()
        };
        let signatures = SignaturesBody {
            signing: standing.signing,
            needed: standing.needed,
            reachable: standing.reachable,
            usually_reachable: standing.usual,
            unheard: standing.unheard,
            never_heard: standing.never_heard,
            stated: names(&entry.stated),
            unstated: names(&entry.unstated),
        };
        let DecisionEntry {
            id, by, owner, terms, hash, versions, state, open_until, positions, count, minuted, ..
        } = entry;
        let seen = visible == Visible::Now;
        let needed = count.as_ref().map(|count| count.needed);
        let minute = minuted.map(|minuted| {
            let (verdict, option) = verdict(&minuted.outcome.verdict);
            let counts = named(&terms, &minuted.outcome.counts);
            DecidedBody { height: minuted.height, hash: minuted.hash.to_string(), verdict, option, counts }
        });
        Self {
            id: id.to_string(),
            state: state_word(state),
            by: by.into(),
            yours: own == Some(owner),
            version: terms.version,
            terms: hash.to_string(),
            versions: versions.into_iter().map(|version| TermsBody::new(version, handle)).collect(),
            method: terms.rules.method.into(),
            unit: match terms.electorate {
                Electorate::Organisations(_) => "organisations",
                Electorate::Persons(_) => "persons",
            },
            asked,
            answered,
            quorum: terms.rules.quorum.to_string(),
            threshold: terms.rules.threshold.map(Into::into),
            needed,
            opens: to_rfc3339(terms.opens),
            closes: to_rfc3339(terms.closes),
            open_until: to_rfc3339(open_until),
            reasons: terms.reasons.word(),
            shown: terms.shown.word(),
            review: terms.review.map(|review| Date::of(review).to_string()).unwrap_or_default(),
            follows: terms.follows.map(|follows| follows.to_string()).unwrap_or_default(),
            integrates: terms.integrates.iter().map(ToString::to_string).collect(),
            effects: terms.effects.iter().map(|effect| EffectBody::new(effect, handle)).collect(),
            falls,
            then,
            signatures,
            your_places: voices.iter().filter_map(|voice| terms.electorate.place(voice)).collect(),
            visible: match visible {
                Visible::Now => "now",
                Visible::AfterOwn => "after-own",
                Visible::AfterClosing => "after-closing",
            },
            count: count.filter(|_| seen).map(|count| CountBody::new(count, &terms)),
            objections: seen.then(|| {
                let each = objections.into_iter();
                each.map(|one| {
                    let place = terms.electorate.place(&one.voter);
                    ObjectionBody::new(one, place)
                })
                .collect()
            }),
            positions: seen
                .then(|| positions.into_iter().map(|position| PositionBody::new(position, &terms)).collect()),
            earlier: seen.then(|| earlier.into_iter().map(Into::into).collect()),
            minute,
            title: terms.title,
            text: terms.text,
            summary: terms.summary,
            left_out: terms.left_out,
            options: terms.options,
        }
    }
}

impl TermsBody {
    fn new(version: TermsVersion, handle: &NodeHandle) -> Self {
        let TermsVersion { hash, time, terms } = version;
        Self {
            version: terms.version,
            terms: hash.to_string(),
            time: time.and_then(to_rfc3339),
            title: terms.title,
            text: terms.text,
            summary: terms.summary,
            left_out: terms.left_out,
            options: terms.options,
            closes: to_rfc3339(terms.closes),
            effects: terms.effects.iter().map(|effect| EffectBody::new(effect, handle)).collect(),
            integrates: terms.integrates.iter().map(ToString::to_string).collect(),
        }
    }
}

impl AskedBody {
    pub(crate) fn new(place: u32, name: String, voter: &Voter, answered: bool) -> Self {
        let (organisation, person) = match voter {
            Voter::Organisation(organisation) => (organisation.to_string(), String::new()),
            Voter::Person(organisation, person) => (organisation.to_string(), person.to_string()),
        };
        Self { place, name, organisation, person, answered }
    }
}

/// The word for a state.
pub(crate) fn state_word(state: DecisionState) -> &'static str {
    match state {
        DecisionState::Open => "open",
        DecisionState::Closed => "closed",
        DecisionState::Lapsed => "lapsed",
        DecisionState::Final => "final",
    }
}
