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

/// How many voters take each of the positions that a method lists.
pub(crate) fn count_positions<'a>(positions: impl Iterator<Item = &'a Position>, listed: &[Position]) -> Vec<u64> {
    let mut counts = vec![0; listed.len()];
    for position in positions {
        if let Some(place) = listed.iter().position(|listed| listed == position) {
            counts[place] += 1;
        }
    }
    counts
}
