//! What positions come to, as JSON.

use knotwork_governance::{Count, Details, Outcome, Terms, Undecided};
use serde::Serialize;
use utoipa::ToSchema;

use super::details::DetailsBody;

/// What positions come to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Count)]
pub(crate) struct CountBody {
    /// What would be decided: `adopted`, `not-adopted`, `chosen` or `not-decided`.
    outcome: &'static str,
    /// Why nothing would be decided, or empty.
    why: &'static str,
    /// The chosen option, from 0; null where none is.
    #[schema(required = true)]
    option: Option<u16>,
    /// How often each position was taken, or what each option got.
    counts: Vec<NamedCount>,
    /// How many took a position that is not an abstention.
    cast: u32,
    /// How many abstained.
    abstained: u32,
    /// How many ballots say several things at once, and count as nothing.
    spoiled: u32,
    /// How many have to take part.
    quorum: u64,
    /// How many agree.
    agreed: u64,
    /// How many have to, by the rules for what binds everyone.
    needed: u64,
    /// The places of those whose objections stand in the way.
    objections: Vec<u32>,
    /// All options, the best first.
    ranking: Vec<u16>,
    /// How it came about.
    details: DetailsBody,
}

/// A number with what it counts.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NamedCount {
    /// The position, the option, or the step.
    #[schema(example = "consent")]
    of: String,
    /// How many.
    count: u64,
}

impl CountBody {
    pub(crate) fn new(count: Count, terms: &Terms) -> Self {
        let (outcome, why, option) = match count.outcome {
            Outcome::Adopted => ("adopted", "", None),
            Outcome::NotAdopted => ("not-adopted", "", None),
            Outcome::Chosen(option) => ("chosen", "", Some(option)),
            Outcome::NotDecided(why) => ("not-decided", undecided(why), None),
        };
        let details = DetailsBody::new(&count.tally);
        let objections = match count.tally.details {
            Details::Consent(objections) => objections.open,
            Details::Consensus { blocks, .. } => blocks,
            _ => Vec::new(),
        };
        Self {
            outcome,
            why,
            option,
            counts: named(terms, &count.tally.counts),
            cast: count.tally.cast,
            abstained: count.tally.abstained,
            spoiled: count.tally.spoiled,
            quorum: count.tally.quorum,
            agreed: count.agreed,
            needed: count.needed,
            objections,
            ranking: count.tally.ranking,
            details,
        }
    }
}

/// Counts with what they are of.
pub(crate) fn named(terms: &Terms, counts: &[u64]) -> Vec<NamedCount> {
    let names = terms.count_names().into_iter();
    names.zip(counts).map(|(of, count)| NamedCount { of, count: *count }).collect()
}

fn undecided(why: Undecided) -> &'static str {
    match why {
        Undecided::QuorumMissed => "too few take part",
        Undecided::NothingCast => "nobody takes a position",
        Undecided::AdviceOnly => "advice never decides by itself",
        Undecided::GradientsOnly => "gradients show where people stand, and never decide by themselves",
    }
}
