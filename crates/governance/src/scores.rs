//! Score: every voter gives each option a number, and the highest mean of those who did is chosen.

use std::cmp::Ordering;

use crate::{Lot, Position, Tie, lot::ordered_by};

/// What the scores of one option come to. The mean is `sum / scored_by`, left as a fraction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionScore {
    /// All scores together.
    pub sum: u64,
    /// How many voters scored it.
    pub scored_by: u64,
    /// How many gave each score, from 0 to the highest of the scale: the spread.
    pub given: Vec<u64>,
}

impl OptionScore {
    /// The lowest and the highest score that somebody gave.
    #[must_use]
    pub fn range(&self) -> Option<(usize, usize)> {
        let lowest = self.given.iter().position(|count| *count > 0)?;
        let highest = self.given.iter().rposition(|count| *count > 0)?;
        Some((lowest, highest))
    }

    /// Twice the median, so that it is whole also where it lies between two scores; none where nobody scored it.
    #[must_use]
    pub fn median_doubled(&self) -> Option<u64> {
        let all: u64 = self.given.iter().sum();
        let at = |place: u64| {
            let mut before = 0;
            (0..).zip(&self.given).find_map(|(score, count)| {
                before += count;
                (place < before).then_some(score)
            })
        };
        let (low, high): (u64, u64) = (at(all.checked_sub(1)? / 2)?, at(all / 2)?);
        Some(low + high)
    }

    /// Compares the means, exactly. An option that nobody scored has none, and is below all that have one.
    #[must_use]
    pub fn compare_mean(&self, other: &Self) -> Ordering {
        match (self.scored_by, other.scored_by) {
            (0, 0) => Ordering::Equal,
            (0, _) => Ordering::Less,
            (_, 0) => Ordering::Greater,
            (own, others) => {
                (u128::from(self.sum) * u128::from(others)).cmp(&(u128::from(other.sum) * u128::from(own)))
            }
        }
    }
}

/// The scores of each option, and all options from the highest mean down.
pub(crate) fn count<'a>(
    options: u16,
    highest: u8,
    positions: impl Iterator<Item = &'a Position>,
    lot: &Lot,
) -> (Vec<OptionScore>, Vec<u16>, Vec<Tie>) {
    let none = OptionScore { sum: 0, scored_by: 0, given: vec![0; usize::from(highest) + 1] };
    let mut scores = vec![none; usize::from(options)];
    for position in positions {
        let Position::Score(given) = position else { continue };
        for (option, score) in scores.iter_mut().zip(given) {
            let Some(score) = score else { continue };
            option.sum += u64::from(*score);
            option.scored_by += 1;
            if let Some(count) = option.given.get_mut(usize::from(*score)) {
                *count += 1;
            }
        }
    }
    let (ranking, ties) = ordered_by(options, lot, |option| Mean(&scores[usize::from(option)]));
    (scores, ranking, ties)
}

/// Orders scores by their mean alone.
struct Mean<'a>(&'a OptionScore);

impl Ord for Mean<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.compare_mean(other.0)
    }
}

impl PartialOrd for Mean<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Mean<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Mean<'_> {}
