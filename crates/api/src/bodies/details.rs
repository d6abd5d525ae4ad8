//! How a count came about, as JSON: what a page shows as tables and sentences.

use knotwork_governance::{
    Details, Measure, OptionScore, Tally, Tie,
    instant_runoff::{Elimination, Round, TieBreak},
};
use serde::Serialize;
use utoipa::ToSchema;

/// How a count came about. What a method does not have is left out.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = CountDetails)]
pub(crate) struct DetailsBody {
    /// Under consent: the places of those whose objections the others found to be no argument.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    not_qualified: Option<Vec<u32>>,
    /// Under consent and advice: the places of those with a concern.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    concerns: Option<Vec<u32>>,
    /// Under majority and supermajority, and under consensus where somebody blocks and a fallback was fixed: what was measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    measure: Option<MeasureBody>,
    /// Under score: what each option got.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    scores: Option<Vec<ScoreBody>>,
    /// Under dot: what each option got.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    dots: Option<Vec<DotsBody>>,
    /// Under ranked, by instant run-off: the rounds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    rounds: Option<Vec<RoundBody>>,
    /// Under ranked, by Schulze: each option against every other.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pairs: Option<PairsBody>,
    /// The ties that a lot broke, the same for everybody.
    lots: Vec<LotBody>,
}

/// How many agree, and how many would have been enough.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Measured)]
pub(crate) struct MeasureBody {
    /// How many agree.
    agree: u64,
    /// How many took a position that is not an abstention.
    cast: u64,
    /// How many would have been enough.
    needed: u64,
}

/// The scores of an option.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OptionScores)]
pub(crate) struct ScoreBody {
    /// The option, from 0.
    option: u16,
    /// All scores together. The mean, by which options are compared, is this divided by the next.
    sum: u64,
    /// How many scored it.
    scored_by: u64,
    /// The mean, to two digits and rounded down; empty where nobody scored it.
    #[schema(example = "3.66")]
    mean: String,
    /// The median, in the same form.
    #[schema(example = "3.50")]
    median: String,
    /// How many gave each score, from 0 up.
    given: Vec<u64>,
}

/// The dots of an option.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OptionDots)]
pub(crate) struct DotsBody {
    /// The option, from 0.
    option: u16,
    /// All dots together.
    total: u64,
    /// How many gave it some.
    given_by: u64,
}

/// A round of an instant run-off.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RunoffRound)]
pub(crate) struct RoundBody {
    /// The options that are still in, with their votes.
    votes: Vec<VotesBody>,
    /// The votes for options that are all out.
    exhausted: u64,
    /// Who went out after it; null in the last round.
    #[schema(required = true)]
    out: Option<OutBody>,
}

/// How many votes an option has, or gained.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OptionVotes)]
pub(crate) struct VotesBody {
    /// The option, from 0.
    option: u16,
    /// How many.
    votes: u64,
}

/// How an option went out.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RunoffOut)]
pub(crate) struct OutBody {
    /// The option, from 0.
    option: u16,
    /// All options that were equally low, this one included.
    lowest: Vec<u16>,
    /// What told them apart: `earlier-round` or `lot`; empty where one was lowest.
    broken_by: &'static str,
    /// The number of that earlier round, from 1; null where none told them apart.
    #[schema(required = true)]
    round: Option<u16>,
    /// What the options that are still in gained of its votes.
    transfers: Vec<VotesBody>,
    /// How many of its votes were for nobody else that is still in.
    exhausted: u64,
}

/// Each option against every other.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Pairs)]
pub(crate) struct PairsBody {
    /// A row for each option, and in it for each other how many ballots rank the first above it.
    above: Vec<Vec<u64>>,
    /// In the same form the strengths of the strongest paths, by which options are put in order.
    paths: Vec<Vec<u64>>,
    /// The options that no other beats by paths: one, unless it is a tie.
    unbeaten: Vec<u16>,
}

/// A tie that a lot broke.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LotDrawn)]
pub(crate) struct LotBody {
    /// For what the options stood equal: a `place` in the order, of which the first of them took it, or going `out` in a round,
    /// of which the last of them did.
    contest: &'static str,
    /// The number of that place or round, from 1.
    number: u16,
    /// The options, in the order of the lot.
    options: Vec<u16>,
}

impl DetailsBody {
    pub(crate) fn new(tally: &Tally) -> Self {
        let details = match &tally.details {
            Details::Consent(objections) => Self {
                not_qualified: Some(objections.not_qualified.clone()),
                concerns: Some(objections.concerns.clone()),
                ..Self::default()
            },
            Details::Consensus { fallback, .. } => {
                Self { measure: fallback.as_ref().map(MeasureBody::new), ..Self::default() }
            }
            Details::Measure(measure) => Self { measure: Some(MeasureBody::new(measure)), ..Self::default() },
            Details::Score(scores) => {
                let scores = (0..).zip(scores).map(|(option, score)| ScoreBody::new(option, score));
                Self { scores: Some(scores.collect()), ..Self::default() }
            }
            Details::Dot(dots) => {
                let of = |(option, dots): (u16, &knotwork_governance::OptionDots)| DotsBody {
                    option,
                    total: dots.total,
                    given_by: dots.given_by,
                };
                Self { dots: Some((0..).zip(dots).map(of).collect()), ..Self::default() }
            }
            Details::InstantRunoff(runoff) => {
                Self { rounds: Some(runoff.rounds.iter().map(RoundBody::new).collect()), ..Self::default() }
            }
            Details::Schulze(schulze) => {
                let options = schulze.pairwise.options();
                let row = |above| (0..options).map(|below| schulze.pairwise.prefer(above, below)).collect();
                let pairs = PairsBody {
                    above: (0..options).map(row).collect(),
                    paths: schulze.paths.clone(),
                    unbeaten: schulze.unbeaten.clone(),
                };
                Self { pairs: Some(pairs), ..Self::default() }
            }
            Details::Advice(concerns) => Self { concerns: Some(concerns.clone()), ..Self::default() },
            Details::Gradients => Self::default(),
        };
        Self { lots: tally.ties.iter().map(LotBody::new).collect(), ..details }
    }
}

impl MeasureBody {
    fn new(measure: &Measure) -> Self {
        Self { agree: measure.agree, cast: measure.cast, needed: measure.needed }
    }
}

impl ScoreBody {
    fn new(option: u16, score: &OptionScore) -> Self {
        let mean = (score.sum * 100).checked_div(score.scored_by).map(hundredths).unwrap_or_default();
        let median = score.median_doubled().map(|doubled| hundredths(doubled * 50)).unwrap_or_default();
        Self { option, sum: score.sum, scored_by: score.scored_by, mean, median, given: score.given.clone() }
    }
}

impl RoundBody {
    fn new(round: &Round) -> Self {
        Self {
            votes: votes(&round.totals),
            exhausted: round.exhausted,
            out: round.elimination.as_ref().map(OutBody::new),
        }
    }
}

impl OutBody {
    fn new(out: &Elimination) -> Self {
        let (broken_by, round) = match out.broken_by {
            None => ("", None),
            Some(TieBreak::EarlierRound(round)) => ("earlier-round", Some(round)),
            Some(TieBreak::Lot) => ("lot", None),
        };
        Self {
            option: out.option,
            lowest: out.lowest.clone(),
            broken_by,
            round,
            transfers: votes(&out.transfers),
            exhausted: out.exhausted,
        }
    }
}

impl LotBody {
    fn new(tie: &Tie) -> Self {
        Self { contest: tie.contest.word(), number: tie.contest.number(), options: tie.options.clone() }
    }
}

fn votes(of: &[(u16, u64)]) -> Vec<VotesBody> {
    of.iter().map(|(option, votes)| VotesBody { option: *option, votes: *votes }).collect()
}

fn hundredths(number: u64) -> String {
    format!("{}.{:02}", number / 100, number % 100)
}
