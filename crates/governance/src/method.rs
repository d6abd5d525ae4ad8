//! The ways in which a decision can be taken. What each makes of the ballots stands where it is counted.

use crate::{Advice, Consensus, Consent, DOTS_USUAL, GRADIENT_STEPS, Position, SCORE_USUAL, Threshold, Vote};

/// How a decision is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Adopted unless an objection stays open.
    Consent,
    /// Adopted unless somebody blocks.
    Consensus {
        /// What decides, by agreements, when somebody blocks; without it a block prevents adoption. Fixed beforehand.
        fallback: Option<Threshold>,
    },
    /// Adopted by more than half.
    Majority,
    /// Adopted by the share that the rules name.
    Supermajority,
    /// The option with the highest mean of those who scored it.
    Score {
        /// The scale goes from 0 to this, 1 to 100.
        highest: u8,
    },
    /// The option with the most dots.
    Dot {
        /// How many dots each voter may give away at most, 1 to 1000.
        dots: u16,
    },
    /// The option that the rankings favour, by a declared way of counting.
    Ranked {
        /// Which one.
        counting: Counting,
    },
    /// Others say what they think; whoever asked decides. Never decides by itself.
    Advice,
    /// Eight steps from endorsement to veto, which show the shape of disagreement. Never decides by itself.
    Gradients,
}

/// A way of counting rankings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Counting {
    /// The option with the fewest votes goes out, until one has more than half.
    InstantRunoff,
    /// Every option against every other, cycles resolved by the strongest paths.
    Schulze,
}

impl Counting {
    /// The word for it that programs go by.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::InstantRunoff => "instant-runoff",
            Self::Schulze => "schulze",
        }
    }
}

impl Method {
    /// Scores from 0 to 5.
    #[must_use]
    pub fn score() -> Self {
        Self::Score { highest: SCORE_USUAL }
    }

    /// Eight dots for each voter.
    #[must_use]
    pub fn dot() -> Self {
        Self::Dot { dots: DOTS_USUAL }
    }

    /// The word for it that programs go by.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Consent => "consent",
            Self::Consensus { .. } => "consensus",
            Self::Majority => "majority",
            Self::Supermajority => "supermajority",
            Self::Score { .. } => "score",
            Self::Dot { .. } => "dot",
            Self::Ranked { .. } => "ranked",
            Self::Advice => "advice",
            Self::Gradients => "gradients",
        }
    }

    /// Whether the method chooses one of several options, rather than adopting a proposal or not.
    #[must_use]
    pub fn chooses(&self) -> bool {
        matches!(self, Self::Score { .. } | Self::Dot { .. } | Self::Ranked { .. })
    }

    /// The positions of which one is taken, in the order in which they are counted; none where options are scored or
    /// ranked.
    #[must_use]
    pub fn positions(&self) -> Vec<Position> {
        match self {
            Self::Consent => [Consent::Given, Consent::WithConcern, Consent::Objection].map(Position::Consent).into(),
            Self::Consensus { .. } => [Consensus::Agree, Consensus::Abstain, Consensus::Disagree, Consensus::Block]
                .map(Position::Consensus)
                .into(),
            Self::Majority | Self::Supermajority => {
                [Vote::Agree, Vote::Abstain, Vote::Disagree].map(Position::Vote).into()
            }
            Self::Advice => [Advice::Agree, Advice::Concern, Advice::Abstain].map(Position::Advice).into(),
            Self::Gradients => (1..=GRADIENT_STEPS).map(Position::Gradient).collect(),
            Self::Score { .. } | Self::Dot { .. } | Self::Ranked { .. } => Vec::new(),
        }
    }

    /// Whether the tally of this method can decide; that of advice and gradients never does.
    #[must_use]
    pub fn decides(&self) -> bool {
        !matches!(self, Self::Advice | Self::Gradients)
    }

    /// Whether the rules must name a threshold.
    #[must_use]
    pub fn takes_threshold(&self) -> bool {
        matches!(self, Self::Majority | Self::Supermajority)
    }
}
