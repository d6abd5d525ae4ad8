//! Shares of a number of voters: how many must take part, how many must agree. All by whole numbers.

use std::{cmp::Ordering, fmt};

use crate::RATIO_MAX;

/// A share such as two thirds. Compared by cross multiplication, so that 2/3 and 4/6 are the same share.
#[derive(Debug, Clone, Copy)]
pub struct Ratio {
    /// Above the line.
    pub numerator: u32,
    /// Below the line, at least 1 and at most a million.
    pub denominator: u32,
}

/// Whether the share itself is enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Bound {
    /// The share or more.
    AtLeast,
    /// More than the share.
    MoreThan,
}

/// Of what a share is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Denominator {
    /// Of the positions that are not abstentions.
    VotesCast,
    /// Of all voters, those included who abstain or say nothing.
    Electorate,
}

/// How many agreements adopt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Threshold {
    /// The share.
    pub ratio: Ratio,
    /// Whether the share itself is enough.
    pub bound: Bound,
    /// Of what it is taken.
    pub of: Denominator,
}

/// How many voters must take part, abstentions counted and spoiled ballots not, for a decision to be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quorum {
    /// So many voters.
    Count(u32),
    /// At least this share of the electorate.
    Share(Ratio),
}

impl Bound {
    /// The word for it that programs go by.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::AtLeast => "at-least",
            Self::MoreThan => "more-than",
        }
    }
}

impl Denominator {
    /// The word for it that programs go by.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::VotesCast => "votes-cast",
            Self::Electorate => "electorate",
        }
    }
}

/// As it is written: `2/3`.
impl fmt::Display for Ratio {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.numerator, self.denominator)
    }
}

/// As it is written: `3`, or `1/2`.
impl fmt::Display for Quorum {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => write!(formatter, "{count}"),
            Self::Share(ratio) => write!(formatter, "{ratio}"),
        }
    }
}

impl Ratio {
    /// The share `numerator / denominator`. Whether it is one is asked by [`Ratio::check`].
    #[must_use]
    pub const fn new(numerator: u32, denominator: u32) -> Self {
        Self { numerator, denominator }
    }

    /// Whether it is a share: from nothing to all, with numbers within the limit.
    ///
    /// # Errors
    /// [`ThresholdError::Denominator`], [`ThresholdError::AboveOne`].
    pub fn check(self) -> Result<(), ThresholdError> {
        if self.denominator == 0 || self.denominator > RATIO_MAX {
            return Err(ThresholdError::Denominator(self.denominator));
        }
        if self.numerator > self.denominator {
            return Err(ThresholdError::AboveOne(self.numerator, self.denominator));
        }
        Ok(())
    }

    /// Whether `part` of `whole` reaches this share, exactly.
    #[must_use]
    pub fn is_reached(self, bound: Bound, part: u64, whole: u64) -> bool {
        let have = u128::from(part) * u128::from(self.denominator);
        let want = u128::from(whole) * u128::from(self.numerator);
        match bound {
            Bound::AtLeast => have >= want,
            Bound::MoreThan => have > want,
        }
    }

    /// The smallest part of `whole` that reaches this share; `u64::MAX` for a share of nothing that is none.
    #[must_use]
    pub fn smallest(self, bound: Bound, whole: u64) -> u64 {
        let want = u128::from(whole) * u128::from(self.numerator);
        let below = u128::from(self.denominator);
        if below == 0 {
            return u64::MAX;
        }
        let smallest = match bound {
            Bound::AtLeast => want.div_ceil(below),
            Bound::MoreThan => want / below + 1,
        };
        u64::try_from(smallest).unwrap_or(u64::MAX)
    }
}

impl PartialEq for Ratio {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Ratio {}

impl PartialOrd for Ratio {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ratio {
    fn cmp(&self, other: &Self) -> Ordering {
        let left = u64::from(self.numerator) * u64::from(other.denominator);
        left.cmp(&(u64::from(other.numerator) * u64::from(self.denominator)))
    }
}

impl Threshold {
    /// More than half.
    #[must_use]
    pub const fn majority(of: Denominator) -> Self {
        Self { ratio: Ratio::new(1, 2), bound: Bound::MoreThan, of }
    }

    /// Two thirds or more.
    #[must_use]
    pub const fn two_thirds(of: Denominator) -> Self {
        Self { ratio: Ratio::new(2, 3), bound: Bound::AtLeast, of }
    }

    /// Whether it can be reached, and by no less than a majority: otherwise a proposal and its contrary could both be
    /// adopted by the same ballots.
    ///
    /// # Errors
    /// Those of [`Ratio::check`], [`ThresholdError::BelowMajority`], [`ThresholdError::Unreachable`].
    pub fn check(&self) -> Result<(), ThresholdError> {
        self.ratio.check()?;
        let Ratio { numerator, denominator } = self.ratio;
        let enough = match self.bound {
            Bound::AtLeast => 2 * u64::from(numerator) > u64::from(denominator),
            Bound::MoreThan => 2 * u64::from(numerator) >= u64::from(denominator),
        };
        if !enough {
            return Err(ThresholdError::BelowMajority(numerator, denominator));
        }
        if self.bound == Bound::MoreThan && numerator == denominator {
            return Err(ThresholdError::Unreachable);
        }
        Ok(())
    }

    /// Whether `agree` is enough, where `cast` votes were cast by an electorate of this size.
    #[must_use]
    pub fn adopts(&self, agree: u64, cast: u64, electorate: u32) -> bool {
        self.ratio.is_reached(self.bound, agree, self.whole(cast, electorate))
    }

    /// The smallest number of agreements that adopts.
    #[must_use]
    pub fn needed(&self, cast: u64, electorate: u32) -> u64 {
        self.ratio.smallest(self.bound, self.whole(cast, electorate))
    }

    fn whole(&self, cast: u64, electorate: u32) -> u64 {
        match self.of {
            Denominator::VotesCast => cast,
            Denominator::Electorate => u64::from(electorate),
        }
    }
}

impl Quorum {
    /// The smallest number of voters that meets it.
    #[must_use]
    pub fn needed(self, electorate: u32) -> u64 {
        match self {
            Self::Count(count) => u64::from(count),
            Self::Share(share) => share.smallest(Bound::AtLeast, u64::from(electorate)),
        }
    }

    /// Whether it asks for nobody, at any size of the electorate.
    #[must_use]
    pub fn is_none(self) -> bool {
        matches!(self, Self::Count(0) | Self::Share(Ratio { numerator: 0, .. }))
    }
}

/// Why a share cannot stand in rules.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ThresholdError {
    /// The number below the line is 0 or beyond the limit.
    #[error("a share has a number from 1 to {RATIO_MAX} below the line, not {0}")]
    Denominator(u32),
    /// More than all.
    #[error("{0}/{1} is more than all")]
    AboveOne(u32, u32),
    /// Less than a majority.
    #[error("a threshold of {0}/{1} could adopt a proposal and its contrary")]
    BelowMajority(u32, u32),
    /// More than all is asked for.
    #[error("nothing can be more than all")]
    Unreachable,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// `smallest` is where `is_reached` turns, and there is no rounding on the way.
        #[test]
        fn the_smallest_number_is_the_first_that_reaches(
            numerator in 0_u32..=1_000_000, denominator in 1_u32..=1_000_000, whole in 0_u64..5_000,
            more in any::<bool>(),
        ) {
            let bound = if more { Bound::MoreThan } else { Bound::AtLeast };
            let ratio = Ratio::new(numerator, denominator);
            let smallest = ratio.smallest(bound, whole);
            prop_assert!(ratio.is_reached(bound, smallest, whole));
            prop_assert!(smallest == 0 || !ratio.is_reached(bound, smallest - 1, whole));
        }

        /// A share is what it is worth, however it is written.
        #[test]
        fn a_share_does_not_depend_on_how_it_is_written(
            numerator in 0_u32..1_000, denominator in 1_u32..1_000, times in 1_u32..900,
            part in any::<u64>(), whole in any::<u64>(),
        ) {
            let (one, other) = (Ratio::new(numerator, denominator), Ratio::new(numerator * times, denominator * times));
            prop_assert_eq!(one, other);
            for bound in [Bound::AtLeast, Bound::MoreThan] {
                prop_assert_eq!(one.is_reached(bound, part, whole), other.is_reached(bound, part, whole));
            }
        }

        /// No proposal is adopted together with its contrary.
        #[test]
        fn what_passes_the_check_never_adopts_both_sides(
            numerator in 0_u32..60, denominator in 0_u32..60, more in any::<bool>(),
            agree in 0_u64..200, disagree in 0_u64..200,
        ) {
            let bound = if more { Bound::MoreThan } else { Bound::AtLeast };
            let threshold = Threshold { ratio: Ratio::new(numerator, denominator), bound, of: Denominator::VotesCast };
            prop_assume!(threshold.check().is_ok() && agree + disagree > 0);
            let reached = |part| threshold.ratio.is_reached(bound, part, agree + disagree);
            prop_assert!(!(reached(agree) && reached(disagree)));
            prop_assert!(threshold.ratio.is_reached(bound, agree + disagree, agree + disagree));
        }
    }

    #[test]
    fn shares_that_are_none_are_refused() {
        let at_least =
            |numerator, denominator| Threshold { bound: Bound::AtLeast, ..more_than(numerator, denominator) };
        assert_eq!(more_than(1, 0).check(), Err(ThresholdError::Denominator(0)));
        assert_eq!(more_than(1, 1_000_001).check(), Err(ThresholdError::Denominator(1_000_001)));
        assert_eq!(more_than(3, 2).check(), Err(ThresholdError::AboveOne(3, 2)));
        assert_eq!(more_than(2, 2).check(), Err(ThresholdError::Unreachable));
        assert_eq!(at_least(1, 2).check(), Err(ThresholdError::BelowMajority(1, 2)));
        assert_eq!(more_than(49, 100).check(), Err(ThresholdError::BelowMajority(49, 100)));
        assert_eq!(more_than(1, 2).check(), Ok(()));
        assert_eq!(at_least(1, 1).check(), Ok(()));
    }

    fn more_than(numerator: u32, denominator: u32) -> Threshold {
        Threshold { ratio: Ratio::new(numerator, denominator), bound: Bound::MoreThan, of: Denominator::VotesCast }
    }
}
