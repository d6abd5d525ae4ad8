//! What a voter says, under each method.

use crate::{GRADIENT_STEPS, Ranking};

/// What a voter says.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Position {
    /// Under consent.
    Consent(Consent),
    /// Under consensus.
    Consensus(Consensus),
    /// Under majority and supermajority.
    Vote(Vote),
    /// Under score: one for each option; `None` says nothing of it, which is not 0.
    Score(Vec<Option<u8>>),
    /// Under dot: one number for each option.
    Dot(Vec<u16>),
    /// Under ranked.
    Ranked(Ranking),
    /// Under advice.
    Advice(Advice),
    /// Under gradients: from 1 (endorsement) to 8 (veto).
    Gradient(u8),
}

/// A position under consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Consent {
    /// Good enough for now, safe enough to try.
    Given,
    /// As well, with a concern that is carried to the review.
    WithConcern,
    /// An argument why it would do harm that can be avoided.
    Objection,
}

/// A position under consensus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Consensus {
    /// For it.
    Agree,
    /// Neither; counts for the quorum alone.
    Abstain,
    /// Against it, without standing in its way.
    Disagree,
    /// Against it, and in its way.
    Block,
}

/// A position under majority and supermajority.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Vote {
    /// For it.
    Agree,
    /// Neither; counts for the quorum alone.
    Abstain,
    /// Against it.
    Disagree,
}

/// A position under advice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Advice {
    /// Would do it.
    Agree,
    /// Sees something that should be considered first.
    Concern,
    /// Has been asked and has no advice.
    Abstain,
}

impl Position {
    /// Whether it counts as agreement where a charter says how many have to agree: consent with or without a concern, and
    /// agreement. A choice between options agrees to nothing.
    #[must_use]
    pub fn agrees(&self) -> bool {
        match self {
            Self::Consent(consent) => *consent != Consent::Objection,
            Self::Consensus(consensus) => *consensus == Consensus::Agree,
            Self::Vote(vote) => *vote == Vote::Agree,
            Self::Advice(advice) => *advice == Advice::Agree,
            Self::Gradient(step) => *step == 1,
            Self::Score(_) | Self::Dot(_) | Self::Ranked(_) => false,
        }
    }

    /// Whether it argues against what is proposed, so that rules may ask for a reason: objections, disagreements,
    /// blocks, concerns under advice, and the last three steps of a gradient.
    #[must_use]
    pub fn is_against(&self) -> bool {
        match self {
            Self::Consent(consent) => *consent == Consent::Objection,
            Self::Consensus(consensus) => matches!(consensus, Consensus::Disagree | Consensus::Block),
            Self::Vote(vote) => *vote == Vote::Disagree,
            Self::Advice(advice) => *advice == Advice::Concern,
            Self::Gradient(step) => *step > GRADIENT_STEPS - 3,
            Self::Score(_) | Self::Dot(_) | Self::Ranked(_) => false,
        }
    }

    /// Whether one voter means to stop the proposal by it: an objection, a block, the last step of a gradient. Whether
    /// it does stop it is for the tally to say.
    #[must_use]
    pub fn is_block(&self) -> bool {
        match self {
            Self::Consent(consent) => *consent == Consent::Objection,
            Self::Consensus(consensus) => *consensus == Consensus::Block,
            Self::Gradient(step) => *step >= GRADIENT_STEPS,
            Self::Vote(_) | Self::Advice(_) | Self::Score(_) | Self::Dot(_) | Self::Ranked(_) => false,
        }
    }

    /// Whether it counts for the quorum alone: a spoken abstention, scores of nothing, no dots, a ranking of nothing.
    #[must_use]
    pub fn is_abstention(&self) -> bool {
        match self {
            Self::Consent(_) | Self::Gradient(_) => false,
            Self::Consensus(consensus) => *consensus == Consensus::Abstain,
            Self::Vote(vote) => *vote == Vote::Abstain,
            Self::Advice(advice) => *advice == Advice::Abstain,
            Self::Score(scores) => scores.iter().all(Option::is_none),
            Self::Dot(dots) => dots.iter().all(|dots| *dots == 0),
            Self::Ranked(ranking) => ranking.0.is_empty(),
        }
    }

    /// The word of a position that is one, by which programs go; empty for steps, and where options are scored or ranked.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Consent(Consent::Given) => "consent",
            Self::Consent(Consent::WithConcern) | Self::Advice(Advice::Concern) => "concern",
            Self::Consent(Consent::Objection) => "objection",
            Self::Consensus(Consensus::Agree) | Self::Vote(Vote::Agree) | Self::Advice(Advice::Agree) => "agree",
            Self::Consensus(Consensus::Abstain) | Self::Vote(Vote::Abstain) | Self::Advice(Advice::Abstain) => {
                "abstain"
            }
            Self::Consensus(Consensus::Disagree) | Self::Vote(Vote::Disagree) => "disagree",
            Self::Consensus(Consensus::Block) => "block",
            Self::Score(_) | Self::Dot(_) | Self::Ranked(_) | Self::Gradient(_) => "",
        }
    }

    pub(crate) fn check_gradient(step: u8) -> Result<(), PositionError> {
        if (1..=GRADIENT_STEPS).contains(&step) { Ok(()) } else { Err(PositionError::NoSuchStep(step)) }
    }

    pub(crate) fn check_scores(scores: &[Option<u8>], options: u16, highest: u8) -> Result<(), PositionError> {
        check_length(scores.len(), options)?;
        match scores.iter().flatten().find(|score| **score > highest) {
            Some(score) => Err(PositionError::AboveScale(*score, highest)),
            None => Ok(()),
        }
    }

    pub(crate) fn check_dots(given: &[u16], options: u16, dots: u16) -> Result<(), PositionError> {
        check_length(given.len(), options)?;
        let total: u64 = given.iter().copied().map(u64::from).sum();
        if total > u64::from(dots) { Err(PositionError::TooManyDots(total, dots)) } else { Ok(()) }
    }
}

fn check_length(entries: usize, options: u16) -> Result<(), PositionError> {
    if entries == usize::from(options) { Ok(()) } else { Err(PositionError::Length(entries, options)) }
}

/// Why a voter cannot take a position under these rules.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PositionError {
    /// The decision is taken by another method.
    #[error("this position is one of another method")]
    OtherMethod,
    /// Scores or dots for more or fewer options than there are.
    #[error("{0} entries were given for {1} options")]
    Length(usize, u16),
    /// A score beyond the scale.
    #[error("a score of {0} is above the highest, {1}")]
    AboveScale(u8, u8),
    /// More dots than a voter has.
    #[error("{0} dots were given and a voter has {1}")]
    TooManyDots(u64, u16),
    /// An option that is none, by its place from 0. People count from 1.
    #[error("the ranking names option {option}, and there are {1}, counted from 1", option = number(.0))]
    NoSuchOption(u16, u16),
    /// An option in two places, by its place from 0.
    #[error("the ranking names option {option}, counted from 1, twice", option = number(.0))]
    Twice(u16),
    /// A rank with nothing in it.
    #[error("a rank with no option in it")]
    EmptyRank,
    /// Options that share a rank, where an instant run-off is to be counted.
    #[error("in an instant run-off no two options share a rank")]
    EqualRanks,
    /// A step beyond the gradient.
    #[error("a gradient has the steps 1 to {GRADIENT_STEPS}, not {0}")]
    NoSuchStep(u8),
}

/// The number of an option as people say it.
fn number(place: &u16) -> u32 {
    u32::from(*place) + 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Counting, Method, Rules};

    #[test]
    fn positions_keep_to_the_rules() {
        let check = |method, position| Rules::usual(method, 3, 5).check_position(&position);
        assert_eq!(check(Method::score(), Position::Score(vec![Some(5), None, Some(0)])), Ok(()));
        assert_eq!(check(Method::score(), Position::Score(vec![Some(5)])), Err(PositionError::Length(1, 3)));
        let above = Position::Score(vec![None, None, Some(6)]);
        assert_eq!(check(Method::score(), above), Err(PositionError::AboveScale(6, 5)));
        assert_eq!(check(Method::dot(), Position::Dot(vec![8, 0, 0])), Ok(()));
        let many = Position::Dot(vec![u16::MAX, 1, 0]);
        assert_eq!(check(Method::dot(), many), Err(PositionError::TooManyDots(65_536, 8)));
        let equal = Position::Ranked(Ranking(vec![vec![0, 2], vec![1]]));
        let ranked = |counting| Method::Ranked { counting };
        assert_eq!(check(ranked(Counting::Schulze), equal.clone()), Ok(()));
        assert_eq!(check(ranked(Counting::InstantRunoff), equal.clone()), Err(PositionError::EqualRanks));
        assert_eq!(check(Method::dot(), equal), Err(PositionError::OtherMethod));
        let gradient = |step| Rules::usual(Method::Gradients, 0, 5).check_position(&Position::Gradient(step));
        assert_eq!([gradient(1), gradient(8)], [Ok(()), Ok(())]);
        assert_eq!([gradient(0), gradient(9)], [0, 9].map(|step| Err(PositionError::NoSuchStep(step))));
    }

    #[test]
    fn who_stops_also_argues_against() {
        let all = [
            Position::Consent(Consent::Given),
            Position::Consent(Consent::WithConcern),
            Position::Consent(Consent::Objection),
            Position::Consensus(Consensus::Agree),
            Position::Consensus(Consensus::Abstain),
            Position::Consensus(Consensus::Disagree),
            Position::Consensus(Consensus::Block),
            Position::Vote(Vote::Agree),
            Position::Vote(Vote::Abstain),
            Position::Vote(Vote::Disagree),
            Position::Advice(Advice::Agree),
            Position::Advice(Advice::Concern),
            Position::Advice(Advice::Abstain),
            Position::Gradient(5),
            Position::Gradient(6),
            Position::Gradient(8),
        ];
        let against: Vec<usize> = (0..all.len()).filter(|index| all[*index].is_against()).collect();
        let blocks: Vec<usize> = (0..all.len()).filter(|index| all[*index].is_block()).collect();
        let abstentions: Vec<usize> = (0..all.len()).filter(|index| all[*index].is_abstention()).collect();
        let agreements: Vec<usize> = (0..all.len()).filter(|index| all[*index].agrees()).collect();
        assert_eq!(agreements, [0, 1, 3, 7, 10]);
        assert_eq!(against, [2, 5, 6, 9, 11, 14, 15]);
        assert_eq!(blocks, [2, 6, 15]);
        assert_eq!(abstentions, [4, 8, 12]);
    }
}
