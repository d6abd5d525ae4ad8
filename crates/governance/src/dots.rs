//! Dots: every voter has some to give away, and the option with the most is chosen.

use crate::{Lot, Position, Tie, lot::ordered_by};

/// What the dots on one option come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OptionDots {
    /// All dots together.
    pub total: u64,
    /// How many voters gave it some.
    pub given_by: u64,
}

/// The dots of each option, and all options from the most dots down.
pub(crate) fn count<'a>(
    options: u16,
    positions: impl Iterator<Item = &'a Position>,
    lot: &Lot,
) -> (Vec<OptionDots>, Vec<u16>, Vec<Tie>) {
    let mut dots = vec![OptionDots::default(); usize::from(options)];
    for position in positions {
        let Position::Dot(given) = position else { continue };
        for (option, given) in dots.iter_mut().zip(given) {
            option.total += u64::from(*given);
            option.given_by += u64::from(*given > 0);
        }
    }
    let (ranking, ties) = ordered_by(options, lot, |option| dots[usize::from(option)].total);
    (dots, ranking, ties)
}
