//! Methods in which voters are for or against: agreements are measured against a threshold.

use crate::{Position, Threshold};

/// Agreements beside a threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measure {
    /// How many agree.
    pub agree: u64,
    /// How many positions there are that are not abstentions.
    pub cast: u64,
    /// How many agreements would have been enough.
    pub needed: u64,
}

impl Measure {
    pub(crate) fn of(threshold: &Threshold, agree: u64, cast: u64, electorate: u32) -> Self {
        Self { agree, cast, needed: threshold.needed(cast, electorate) }
    }

    /// Whether the agreements are enough.
    #[must_use]
    pub fn is_reached(&self) -> bool {
        self.agree >= self.needed
    }
}

/// How many voters take each of a method's positions, in the order in which the method lists them.
pub(crate) fn count_positions<'a>(positions: impl Iterator<Item = &'a Position>, kinds: usize) -> Vec<u64> {
    let mut counts = vec![0; kinds];
    for position in positions {
        let kind = match position {
            Position::Consent(consent) => *consent as usize,
            Position::Consensus(consensus) => *consensus as usize,
            Position::Vote(vote) => *vote as usize,
            Position::Advice(advice) => *advice as usize,
            Position::Gradient(step) => usize::from(step.saturating_sub(1)),
            Position::Score(_) | Position::Dot(_) | Position::Ranked(_) => continue,
        };
        if let Some(count) = counts.get_mut(kind) {
            *count += 1;
        }
    }
    counts
}
