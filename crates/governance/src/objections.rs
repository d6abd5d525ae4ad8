//! Consent: a proposal is adopted unless an objection stays open, and objections are arguments, not votes.

use std::collections::{BTreeMap, BTreeSet};

use crate::{Bound, Consent, Position, Ratio};

/// What became of the objections, each by the voter who holds it, ascending.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Objections {
    /// Those that stand in the way.
    pub open: Vec<u32>,
    /// Those that the others found to be no argument against the proposal.
    pub not_qualified: Vec<u32>,
    /// The voters whose concern is carried to the review.
    pub concerns: Vec<u32>,
}

impl Objections {
    /// Sorts the positions by what becomes of them. `not_qualified` is whose objections each voter
    /// finds not to qualify, never their own.
    pub(crate) fn of<'a>(
        electorate: u32,
        positions: impl Iterator<Item = (u32, &'a Position)>,
        not_qualified: impl Iterator<Item = &'a BTreeSet<u32>>,
    ) -> Self {
        let mut against: BTreeMap<u32, u32> = BTreeMap::new();
        for objector in not_qualified.flatten() {
            *against.entry(*objector).or_default() += 1;
        }
        let mut objections = Self::default();
        for (voter, position) in positions {
            match position {
                Position::Consent(Consent::WithConcern) => objections.concerns.push(voter),
                Position::Consent(Consent::Objection) => {
                    let saying = against.get(&voter).copied().unwrap_or_default();
                    if fails(electorate, saying) {
                        objections.not_qualified.push(voter);
                    } else {
                        objections.open.push(voter);
                    }
                }
                _ => {}
            }
        }
        objections
    }
}

/// Whether an objection fails of which `saying` other voters say that it does not qualify: more than two thirds of all
/// others in the electorate, whether they have voted or not, and never one voter alone, so that the proposer cannot.
fn fails(electorate: u32, saying: u32) -> bool {
    let others = u64::from(electorate.saturating_sub(1));
    saying >= SAYING_MIN && Ratio::new(2, 3).is_reached(Bound::MoreThan, u64::from(saying), others)
}

/// How many voters must find against an objection at the least; decides where there are two voters in all.
const SAYING_MIN: u32 = 2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_two_thirds_of_all_others_find_against_an_objection() {
        let needed = |electorate| (0..electorate).find(|saying| fails(electorate, *saying));
        // With two voters an objection cannot fail: there is one other, and one is never enough.
        assert_eq!([1, 2, 3, 4, 5].map(needed), [None, None, Some(2), Some(3), Some(3)]);
        assert_eq!([6, 7, 8, 10, 13, 4096].map(needed), [4, 5, 5, 7, 9, 2731].map(Some));
    }
}
