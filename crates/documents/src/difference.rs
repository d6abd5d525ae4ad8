//! What differs between two sequences of words, within a budget: beyond it, what differs is taken for all new.

use std::{collections::HashMap, ops::Range};

use similar::{Algorithm, DiffOp, capture_diff_slices};

/// The steps that lead from `old` to `new`, ascending, equal parts among them.
///
/// Short sequences are compared in full. In longer ones, the words that stand once in either and in the same order are
/// taken as fixed, and what lies between them is compared, as long as the budget lasts.
pub(crate) fn steps<T: Copy + Eq + Ord + std::hash::Hash>(old: &[T], new: &[T]) -> Vec<DiffOp> {
    steps_within(old, new, &mut Budget::default())
}

/// What comparing may yet cost, for several comparisons together.
#[derive(Debug)]
pub(crate) struct Budget {
    /// How many pairs of words may yet be compared, at the worst.
    pairs: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { pairs: PAIRS_MAX }
    }
}

/// As [`steps`], within what is left of a budget.
pub(crate) fn steps_within<T: Copy + Eq + Ord + std::hash::Hash>(
    old: &[T],
    new: &[T],
    budget: &mut Budget,
) -> Vec<DiffOp> {
    let mut steps = Steps { old, new, found: Vec::new(), budget };
    if old.len() + new.len() <= WORDS_MAX {
        steps.compare(0..old.len(), 0..new.len());
        return steps.found;
    }
    let (mut from_old, mut from_new) = (0, 0);
    for (at_old, at_new) in fixed(old, new) {
        steps.compare(from_old..at_old, from_new..at_new);
        steps.found.push(DiffOp::Equal { old_index: at_old, new_index: at_new, len: 1 });
        (from_old, from_new) = (at_old + 1, at_new + 1);
    }
    steps.compare(from_old..old.len(), from_new..new.len());
    steps.found
}

struct Steps<'a, T> {
    old: &'a [T],
    new: &'a [T],
    found: Vec<DiffOp>,
    budget: &'a mut Budget,
}

impl<T: Copy + Eq + Ord + std::hash::Hash> Steps<'_, T> {
    fn compare(&mut self, old: Range<usize>, new: Range<usize>) {
        let (left, right) = (&self.old[old.clone()], &self.new[new.clone()]);
        let before = left.iter().zip(right).take_while(|(left, right)| left == right).count();
        let (left, right) = (&left[before..], &right[before..]);
        let after = left.iter().rev().zip(right.iter().rev()).take_while(|(left, right)| left == right).count();
        let (left, right) = (&left[..left.len() - after], &right[..right.len() - after]);
        let (old_index, new_index) = (old.start + before, new.start + before);
        if before > 0 {
            self.found.push(DiffOp::Equal { old_index: old.start, new_index: new.start, len: before });
        }
        let pairs = (left.len() + right.len()).pow(2);
        match self.budget.pairs.checked_sub(pairs) {
            Some(rest) if !left.is_empty() && !right.is_empty() => {
                self.budget.pairs = rest;
                let inner = capture_diff_slices(Algorithm::Myers, left, right);
                self.found.extend(inner.into_iter().map(|step| moved(step, old_index, new_index)));
            }
            _ if left.is_empty() && right.is_empty() => {}
            _ => self.found.push(DiffOp::Replace { old_index, old_len: left.len(), new_index, new_len: right.len() }),
        }
        if after > 0 {
            let (old_index, new_index) = (old.end - after, new.end - after);
            self.found.push(DiffOp::Equal { old_index, new_index, len: after });
        }
    }
}

/// The same step further on.
fn moved(step: DiffOp, old: usize, new: usize) -> DiffOp {
    match step {
        DiffOp::Equal { old_index, new_index, len } => {
            DiffOp::Equal { old_index: old_index + old, new_index: new_index + new, len }
        }
        DiffOp::Delete { old_index, old_len, new_index } => {
            DiffOp::Delete { old_index: old_index + old, old_len, new_index: new_index + new }
        }
        DiffOp::Insert { old_index, new_index, new_len } => {
            DiffOp::Insert { old_index: old_index + old, new_index: new_index + new, new_len }
        }
        DiffOp::Replace { old_index, old_len, new_index, new_len } => {
            DiffOp::Replace { old_index: old_index + old, old_len, new_index: new_index + new, new_len }
        }
    }
}

/// The places of words that stand once in either sequence: the longest ascending row of them.
fn fixed<T: Copy + Eq + Ord + std::hash::Hash>(old: &[T], new: &[T]) -> Vec<(usize, usize)> {
    let (old, new) = (once(old), once(new));
    let mut pairs: Vec<_> = old.iter().filter_map(|(word, at)| Some((*at, *new.get(word)?))).collect();
    pairs.sort_unstable();
    // The last pair of the best row of each length, and for each pair the one before it in its row.
    let mut last_of: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(pairs.len());
    for (place, (_, at)) in pairs.iter().enumerate() {
        let length = last_of.partition_point(|last| pairs[*last].1 < *at);
        before.push(length.checked_sub(1).map(|shorter| last_of[shorter]));
        if length == last_of.len() { last_of.push(place) } else { last_of[length] = place }
    }
    let mut row: Vec<_> = std::iter::successors(last_of.last().copied(), |place| before[*place]).collect();
    row.reverse();
    row.into_iter().map(|place| pairs[place]).collect()
}

/// The words that stand once, with their places.
fn once<T: Copy + Eq + std::hash::Hash>(words: &[T]) -> HashMap<T, usize> {
    let mut places: HashMap<T, Option<usize>> = HashMap::with_capacity(words.len());
    for (at, word) in words.iter().enumerate() {
        places.entry(*word).and_modify(|place| *place = None).or_insert(Some(at));
    }
    places.into_iter().filter_map(|(word, at)| Some((word, at?))).collect()
}

/// The most words that are compared in full.
const WORDS_MAX: usize = 4_000;
/// The most pairs of words that comparing may look at, at the worst: as many as of [`WORDS_MAX`] words, four times.
const PAIRS_MAX: usize = 4 * WORDS_MAX * WORDS_MAX;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(old: &[u32], new: &[u32]) {
        let (mut at_old, mut at_new, mut made) = (0, 0, Vec::<u32>::new());
        for step in steps(old, new) {
            assert_eq!((step.old_range().start, step.new_range().start), (at_old, at_new));
            (at_old, at_new) = (step.old_range().end, step.new_range().end);
            match step {
                DiffOp::Equal { .. } => made.extend(&old[step.old_range()]),
                _ => made.extend(&new[step.new_range()]),
            }
        }
        assert_eq!((at_old, at_new), (old.len(), new.len()));
        assert_eq!(made, new);
    }

    proptest! {
        #[test]
        fn steps_lead_from_one_to_the_other(old: Vec<u8>, new: Vec<u8>, long in 0_u32..9) {
            // Words that stand once before and after, so that the sequences are long.
            let lengthen = |words: &[u8]| {
                let around = 0..long * 500;
                let words = words.iter().map(|word| u32::from(word % 8));
                around.clone().map(|at| at + 10).chain(words).chain(around.map(|at| at + 10_000)).collect::<Vec<_>>()
            };
            check(&lengthen(&old), &lengthen(&new));
        }
    }

    #[test]
    fn what_has_nothing_in_common_or_too_much_is_replaced_at_once() {
        let sevens: Vec<u32> = (0..100_000).map(|at| at % 7).collect();
        let fives: Vec<u32> = (0..100_000).map(|at| at % 5).collect();
        check(&sevens, &fives);
        let backwards: Vec<u32> = (0..100_000).rev().collect();
        check(&(0..100_000).collect::<Vec<_>>(), &backwards);
        let found = steps(&sevens[..3], &fives[..3]);
        assert_eq!(found.len(), 1, "{found:?}");
    }
}
