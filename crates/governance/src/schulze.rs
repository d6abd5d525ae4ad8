//! Schulze's method: every option against every other, and where that goes in circles, the strongest paths.
//!
//! After Markus Schulze, "A new monotonic, clone-independent, reversal symmetric, and Condorcet-consistent
//! single-winner election method", Social Choice and Welfare 36 (2011), 267-303. The strength of a link is its winning
//! votes: the number of voters who prefer the one to the other, if more do than the other way round, and else nothing.
//! Ties go to the lot.

use crate::{Contest, Lot, Pairwise, Tie};

/// What Schulze's method makes of the preferences.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schulze {
    /// The preferences.
    pub pairwise: Pairwise,
    /// `paths[a][b]` is the strength of the strongest path from `a` to `b`: that of its weakest link; 0 without one.
    pub paths: Vec<Vec<u64>>,
    /// The options that no other beats by paths, ascending: never none, and one unless the result is a tie.
    pub unbeaten: Vec<u16>,
    /// All options, best first: each beaten by none of those that follow it.
    pub ranking: Vec<u16>,
    /// Where more than one option could have come next, what the lot said.
    pub ties: Vec<Tie>,
}

/// Ranks all options of a table of preferences. Takes time in proportion to the cube of the number of options.
#[must_use]
pub fn ranking(pairwise: &Pairwise, lot: &Lot) -> Schulze {
    let paths = strongest_paths(pairwise);
    let mut left = lot.order(0..pairwise.options());
    let mut unbeaten = unbeaten_of(&left, &paths);
    unbeaten.sort_unstable();
    let mut ranking = Vec::with_capacity(left.len());
    let mut ties = Vec::new();
    for place in 1..=pairwise.options() {
        let next = unbeaten_of(&left, &paths);
        // "Beats by paths" has no circles, so that there always is one.
        let Some(first) = next.first().copied() else { break };
        if next.len() > 1 {
            ties.push(Tie { contest: Contest::Place(place), options: next });
        }
        ranking.push(first);
        left.retain(|option| *option != first);
    }
    Schulze { pairwise: pairwise.clone(), paths, unbeaten, ranking, ties }
}

/// The strengths of the strongest paths, by Floyd and Warshall's algorithm for the widest path.
fn strongest_paths(pairwise: &Pairwise) -> Vec<Vec<u64>> {
    let options = pairwise.options();
    let strength = |above, below| if pairwise.beats(above, below) { pairwise.prefer(above, below) } else { 0 };
    let mut paths: Vec<Vec<u64>> =
        (0..options).map(|above| (0..options).map(|below| strength(above, below)).collect()).collect();
    for via in 0..paths.len() {
        for from in 0..paths.len() {
            for to in 0..paths.len() {
                if from != to && from != via && via != to {
                    paths[from][to] = paths[from][to].max(paths[from][via].min(paths[via][to]));
                }
            }
        }
    }
    paths
}

/// Those of the options that none of them beats by paths, in the order given.
fn unbeaten_of(options: &[u16], paths: &[Vec<u64>]) -> Vec<u16> {
    let path = |from: u16, to: u16| paths[usize::from(from)][usize::from(to)];
    let is_unbeaten = |option: &&u16| options.iter().all(|other| path(*other, **option) <= path(**option, *other));
    options.iter().filter(is_unbeaten).copied().collect()
}
