//! A share of something that is counted, exactly.

use std::cmp::Ordering;

use knotwork_identity::{Decode, DecodeError, Encode, Reader, Writer};
use thiserror::Error;

/// A share between nothing and all, such as two thirds. Never a float: nodes have to agree on it.
#[derive(Debug, Clone, Copy)]
pub struct Share {
    numerator: u32,
    denominator: u32,
}

impl Share {
    /// More than nothing is asked for by none: any one will do.
    pub const NONE: Self = Self { numerator: 0, denominator: 1 };
    /// A half.
    pub const HALF: Self = Self { numerator: 1, denominator: 2 };
    /// Two thirds.
    pub const TWO_THIRDS: Self = Self { numerator: 2, denominator: 3 };
    /// Everything.
    pub const ALL: Self = Self { numerator: 1, denominator: 1 };

    /// A share of `numerator` parts in `denominator`.
    ///
    /// # Errors
    /// When it is above all, or parts of nothing.
    pub const fn new(numerator: u32, denominator: u32) -> Result<Self, ShareError> {
        if denominator == 0 || numerator > denominator {
            return Err(ShareError { numerator, denominator });
        }
        Ok(Self { numerator, denominator })
    }

    /// The parts.
    #[must_use]
    pub const fn numerator(self) -> u32 {
        self.numerator
    }

    /// Of how many.
    #[must_use]
    pub const fn denominator(self) -> u32 {
        self.denominator
    }

    /// Whether `part` of `whole` is this share or more. Of nothing, nothing is enough only where nothing is asked for.
    #[must_use]
    pub fn is_met(self, part: u64, whole: u64) -> bool {
        if whole == 0 {
            return self.numerator == 0;
        }
        u128::from(part) * u128::from(self.denominator) >= u128::from(whole) * u128::from(self.numerator)
    }
}

impl PartialEq for Share {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Share {}

impl PartialOrd for Share {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Share {
    fn cmp(&self, other: &Self) -> Ordering {
        let left = u64::from(self.numerator) * u64::from(other.denominator);
        left.cmp(&(u64::from(other.numerator) * u64::from(self.denominator)))
    }
}

impl Encode for Share {
    fn encode(&self, writer: &mut Writer) {
        writer.u32(self.numerator);
        writer.u32(self.denominator);
    }
}

impl Decode for Share {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Self::new(reader.u32()?, reader.u32()?).map_err(|_| DecodeError::NotCanonical("share"))
    }
}

/// Not a share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{numerator} in {denominator} is not a share between nothing and all")]
pub struct ShareError {
    /// The parts.
    pub numerator: u32,
    /// Of how many.
    pub denominator: u32,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_share_is_between_nothing_and_all() {
        assert!(Share::new(1, 0).is_err());
        assert!(Share::new(2, 1).is_err());
        assert_eq!(Share::new(2, 4), Ok(Share::HALF));
        assert!(Share::TWO_THIRDS > Share::HALF && Share::TWO_THIRDS < Share::ALL);
        assert!(Share::NONE.is_met(0, 0) && !Share::HALF.is_met(0, 0));
        assert!(Share::TWO_THIRDS.is_met(2, 3) && !Share::TWO_THIRDS.is_met(66, 100));
    }

    proptest! {
        #[test]
        fn whoever_meets_a_share_meets_every_smaller_one(
            (a, b) in (0..50_u32, 1..50_u32), (c, d) in (0..50_u32, 1..50_u32), part in 0..100_u64, whole in 1..100_u64,
        ) {
            let (Ok(one), Ok(other)) = (Share::new(a, b), Share::new(c, d)) else { return Ok(()) };
            let (less, more) = if one < other { (one, other) } else { (other, one) };
            prop_assert!(!more.is_met(part, whole) || less.is_met(part, whole));
        }
    }
}
