//! The lot that breaks ties: an order of the options that is the same for everybody.

use sha2::{Digest as _, Sha256};

/// Puts options in an order that nobody chose.
///
/// An option's key is SHA-256("knotwork/lot/1" ‖ the 32 bytes ‖ the option's number as u16, big-endian); the smallest
/// key comes first. The caller derives the 32 bytes from the terms of the decision and the ids of the ballots that are
/// counted, so that whoever could search for a fitting lot could as well just vote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lot([u8; 32]);

/// A tie that the lot broke, for want of anything better.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tie {
    /// For what the options stood equal.
    pub contest: Contest,
    /// The options, in the order that the lot gave them.
    pub options: Vec<u16>,
}

/// For what options can stand equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Contest {
    /// For this place in the ranking, from 1, and those that follow it: the first of the tie took it.
    Place(u16),
    /// For going out in this round, from 1, of an instant run-off: the last of the tie went out.
    Elimination(u16),
}

impl Contest {
    /// The word for it that programs go by.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Place(_) => "place",
            Self::Elimination(_) => "out",
        }
    }

    /// The number of the place or of the round, from 1.
    #[must_use]
    pub const fn number(self) -> u16 {
        match self {
            Self::Place(number) | Self::Elimination(number) => number,
        }
    }
}

impl Lot {
    /// The lot of these 32 bytes.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// These options, each at most once, in the order of the lot.
    #[must_use]
    pub fn order(&self, options: impl IntoIterator<Item = u16>) -> Vec<u16> {
        let mut order: Vec<u16> = options.into_iter().collect();
        order.sort_by_cached_key(|option| (self.key(*option), *option));
        order
    }

    fn key(&self, option: u16) -> [u8; 32] {
        let hasher = Sha256::new().chain_update(b"knotwork/lot/1").chain_update(self.0);
        hasher.chain_update(option.to_be_bytes()).finalize().into()
    }
}

/// Options from the best value down; ties go to the lot, and are told with the place for which they stood.
pub(crate) fn ordered_by<V: Ord>(options: u16, lot: &Lot, value: impl Fn(u16) -> V) -> (Vec<u16>, Vec<Tie>) {
    let mut ranking = lot.order(0..options);
    // The sort is stable: what is equal stays in the order of the lot.
    ranking.sort_by_key(|option| std::cmp::Reverse(value(*option)));
    let mut ties = Vec::new();
    let mut place = 1;
    for group in ranking.chunk_by(|one, other| value(*one) == value(*other)) {
        if group.len() > 1 {
            ties.push(Tie { contest: Contest::Place(place), options: group.to_vec() });
        }
        place = place.saturating_add(u16::try_from(group.len()).unwrap_or(u16::MAX));
    }
    (ranking, ties)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The orders that `docs/protocol/counting.md` names, and two that show how numbers become bytes.
    #[test]
    fn the_lot_is_as_published() {
        let rising = Lot::new(std::array::from_fn(|place| u8::try_from(place).unwrap_or(u8::MAX)));
        assert_eq!(Lot::new([0; 32]).order(0..5), [4, 0, 2, 3, 1]);
        assert_eq!(rising.order(0..5), [2, 4, 3, 0, 1]);
        assert_eq!(Lot::new([0; 32]).order([0, 1, 255, 256, 63]), [0, 63, 255, 1, 256]);
        assert_eq!(rising.order([256, 0, 1, 255, 63]), [63, 255, 256, 0, 1]);
    }

    #[test]
    fn ties_are_told_with_their_place() {
        let lot = Lot::new([0; 32]);
        let (ranking, ties) = ordered_by(5, &lot, |option| [3, 9, 3, 1, 3][usize::from(option)]);
        assert_eq!(ranking.first(), Some(&1));
        assert_eq!(ranking.last(), Some(&3));
        assert_eq!(ties, [Tie { contest: Contest::Place(2), options: lot.order([0, 2, 4]) }]);
        assert_eq!(ranking[1..4], ties[0].options);
    }
}
