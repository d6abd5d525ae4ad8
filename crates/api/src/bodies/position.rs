//! Positions in decisions as JSON.

use std::collections::BTreeSet;

use knotwork_commands::{EarlierPositions, PositionEntry};
use knotwork_governance::{Method, Position, Ranking, Terms};
use knotwork_identity::ChangeId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{ContributorBody, given::given};
use crate::{problem::Problem, rfc3339::to_rfc3339};

/// The position of one voter.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Position)]
pub(crate) struct PositionBody {
    /// The voter's place among those who are asked, from 0.
    place: u32,
    /// The voter's name.
    #[schema(example = "Alder Practice")]
    name: String,
    /// The id of the change that is the ballot. New terms and findings name objections by it.
    change: String,
    /// Who took it.
    by: ContributorBody,
    /// For whom they stood in; null where they did not.
    #[schema(required = true)]
    stood_in: Option<StoodInBody>,
    /// When, as they claim.
    #[schema(format = "date-time", required = true)]
    time: Option<String>,
    /// Under consent `consent`, `concern` or `objection`; under consensus `agree`, `abstain`, `disagree` or `block`;
    /// under majority and supermajority `agree`, `abstain` or `disagree`; under advice `agree`, `concern` or `abstain`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "consent")]
    position: Option<String>,
    /// Under score: one for each option, null for nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    scores: Option<Vec<Option<u8>>>,
    /// Under dot: how many for each option.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    dots: Option<Vec<u16>>,
    /// Under ranked: the options by their numbers from 0, the best first; those in one list are equal.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    ranking: Option<Vec<Vec<u16>>>,
    /// Under gradients: from 1 (endorsement) to 8 (veto).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    step: Option<u8>,
    /// Why.
    reason: String,
    /// The places of those whose objections are no argument, as this voter finds.
    not_qualified: Vec<u32>,
    /// Whether it means to stop the proposal.
    stops: bool,
    /// Whether it says several things at once, and so counts as nothing.
    spoiled: bool,
    /// Whether it came too late to be counted: no organisation has said that it held it when the decision closed. It stands
    /// behind the position of the same voter that counts, if there is one.
    late: bool,
    /// Whether its key still stands. Of a final decision a position stays where its key was taken back since.
    stands: bool,
}

/// What was answered to one version of the terms before everyone was asked anew. None of it counts.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EarlierPositions)]
pub(crate) struct EarlierPositionsBody {
    /// The number of the version.
    version: u32,
    /// The last position of each voter under it, in the order of places.
    positions: Vec<PositionBody>,
}

impl From<EarlierPositions> for EarlierPositionsBody {
    fn from(EarlierPositions { terms, positions }: EarlierPositions) -> Self {
        let bodies = positions.into_iter().map(|position| PositionBody::new(position, &terms));
        Self { version: terms.version, positions: bodies.collect() }
    }
}

/// For whom a colleague took a position.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StoodIn)]
pub(crate) struct StoodInBody {
    /// What whoever was away is called, where a profile tells it here.
    #[schema(required = true, example = "Ada Byrne")]
    name: Option<String>,
    /// Until when the colleague stands in.
    #[schema(format = "date-time", required = true)]
    until: Option<String>,
}

/// What a voter says, in the form of the method: one of the five.
#[derive(Debug, Default)]
struct Said {
    position: Option<String>,
    scores: Option<Vec<Option<u8>>>,
    dots: Option<Vec<u16>>,
    ranking: Option<Vec<Vec<u16>>>,
    step: Option<u8>,
}

/// A position to take: one of the first five, in the form of the method.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPosition {
    /// Under consent `consent`, `concern` or `objection`; under consensus `agree`, `abstain`, `disagree` or `block`;
    /// under majority and supermajority `agree`, `abstain` or `disagree`; under advice `agree`, `concern` or `abstain`.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false, example = "consent")]
    position: Option<String>,
    /// Under score: one for each option, null for nothing.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    scores: Option<Vec<Option<u8>>>,
    /// Under dot: how many for each option.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    dots: Option<Vec<u16>>,
    /// Under ranked: the options by their numbers from 0, the best first; those in one list are equal.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    ranking: Option<Vec<Vec<u16>>>,
    /// Under gradients: from 1 (endorsement) to 8 (veto).
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    step: Option<u8>,
    /// For whom, by the place among those who are asked, from 0: of several voices that the member has. The member's own
    /// if left out.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false, example = 3)]
    pub(crate) place: Option<u32>,
    /// Why. At most 4,000 bytes.
    #[serde(default)]
    pub(crate) reason: String,
    /// The objections that are no argument, as the voter finds: the `change` of each, as it was read.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub(crate) not_qualified: BTreeSet<ChangeId>,
}

impl PositionBody {
    pub(crate) fn new(entry: PositionEntry, terms: &Terms) -> Self {
        let stops = entry.position.is_block();
        let Said { position, scores, dots, ranking, step } = entry.position.into();
        Self {
            place: terms.electorate.place(&entry.voter).unwrap_or_default(),
            name: entry.name,
            change: entry.change.to_string(),
            by: entry.by.into(),
            stood_in: entry
                .stood_in
                .map(|stood_in| StoodInBody { name: stood_in.name, until: to_rfc3339(stood_in.until) }),
            time: entry.time.and_then(to_rfc3339),
            position,
            scores,
            dots,
            ranking,
            step,
            stops,
            reason: entry.reason,
            not_qualified: entry.not_qualified.into_iter().collect(),
            spoiled: entry.spoiled,
            late: entry.late,
            stands: entry.stands,
        }
    }
}

impl NewPosition {
    /// The position, as this method knows it.
    ///
    /// # Errors
    /// When the method has no such position, or none or several are sent.
    pub(crate) fn read(&mut self, method: &Method) -> Result<Position, Problem> {
        let (field, form) = form_of(method);
        let sent = [
            ("position", self.position.is_some()),
            ("scores", self.scores.is_some()),
            ("dots", self.dots.is_some()),
            ("ranking", self.ranking.is_some()),
            ("step", self.step.is_some()),
        ];
        if let Some((other, _)) = sent.iter().find(|(name, sent)| *sent && *name != field) {
            return Err(Problem::malformed(format!("{other} is of another method: send {field}, {form}")).field(*other));
        }
        let missing = || Problem::malformed(format!("missing field `{field}`: send {form}")).field(field);
        match method {
            Method::Score { .. } => self.scores.take().map(Position::Score).ok_or_else(missing),
            Method::Dot { .. } => self.dots.take().map(Position::Dot).ok_or_else(missing),
            Method::Ranked { .. } => {
                self.ranking.take().map(|ranks| Position::Ranked(Ranking(ranks))).ok_or_else(missing)
            }
            Method::Gradients => self.step.take().map(Position::Gradient).ok_or_else(missing),
            _ => {
                let word = self.position.take().ok_or_else(missing)?;
                let known = method.positions();
                let found = known.iter().find(|position| position.word() == word).cloned();
                found.ok_or_else(|| {
                    let known: Vec<&str> = known.iter().map(Position::word).collect();
                    Problem::malformed(format!("position is one of {}", known.join(", "))).field("position")
                })
            }
        }
    }
}

impl From<Position> for Said {
    fn from(position: Position) -> Self {
        match position {
            Position::Score(scores) => Self { scores: Some(scores), ..Self::default() },
            Position::Dot(dots) => Self { dots: Some(dots), ..Self::default() },
            Position::Ranked(ranking) => Self { ranking: Some(ranking.0), ..Self::default() },
            Position::Gradient(step) => Self { step: Some(step), ..Self::default() },
            word => Self { position: Some(word.word().into()), ..Self::default() },
        }
    }
}

/// The field in which a position of this method is sent, and what it holds.
pub(crate) fn form_of(method: &Method) -> (&'static str, &'static str) {
    match method {
        Method::Score { .. } => ("scores", "a list of scores"),
        Method::Dot { .. } => ("dots", "a list of dots"),
        Method::Ranked { .. } => ("ranking", "a list of lists of options"),
        Method::Gradients => ("step", "a step from 1 to 8"),
        Method::Consent | Method::Consensus { .. } | Method::Majority | Method::Supermajority | Method::Advice => {
            ("position", "a word")
        }
    }
}
