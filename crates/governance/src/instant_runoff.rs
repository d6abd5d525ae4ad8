//! Instant run-off: each ballot counts for the best option still in; the lowest goes out, until one has more than half.
//!
//! The rule is that of single-seat elections by the alternative vote. Of options that are equally low, the one goes out
//! that was lower in the latest round in which they differed, as in The Scottish Local Government Elections Order 2007;
//! if they never did, the lot says which.

use crate::{Contest, Lot, Ranking, Tie, lot::ordered_by};

/// What an instant run-off comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstantRunoff {
    /// The rounds in order. The last has no elimination: in it an option has more than half, or is alone.
    pub rounds: Vec<Round>,
    /// All options: those still in by their votes in the last round, then those that went out, the last to go first.
    pub ranking: Vec<u16>,
    /// What was left to the lot.
    pub ties: Vec<Tie>,
}

/// One round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Round {
    /// The options still in, ascending, and the votes of each.
    pub totals: Vec<(u16, u64)>,
    /// The votes for options that are all out.
    pub exhausted: u64,
    /// Who went out after it; none in the last round.
    pub elimination: Option<Elimination>,
}

/// How an option went out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Elimination {
    /// The option.
    pub option: u16,
    /// All options that were equally low, ascending, this one included.
    pub lowest: Vec<u16>,
    /// What told them apart; none where one was lowest.
    pub broken_by: Option<TieBreak>,
    /// Where its votes went: the options still in, ascending, and what each gained.
    pub transfers: Vec<(u16, u64)>,
    /// How many of its votes were for nobody else that is still in.
    pub exhausted: u64,
}

/// What tells options apart that are equally low.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TieBreak {
    /// The votes in earlier rounds; the number, from 1, is that of the one that settled it.
    EarlierRound(u16),
    /// The lot.
    Lot,
}

/// Counts rankings, each held by so many voters. No two options may share a rank: those that do are read in the order
/// in which they are written. Options beyond the first `options` numbers are passed over.
#[must_use]
pub fn count<'a>(options: u16, rankings: impl IntoIterator<Item = (&'a Ranking, u64)>, lot: &Lot) -> InstantRunoff {
    let ballots: Vec<(Vec<u16>, u64)> =
        rankings.into_iter().map(|(ranking, voters)| (ranking.in_order().collect(), voters)).collect();
    let mut left: Vec<u16> = (0..options).collect();
    let mut rounds = Vec::new();
    let mut ties = Vec::new();
    loop {
        let (totals, exhausted) = totals(&ballots, &left);
        let active: u128 = totals.iter().map(|(_, votes)| u128::from(*votes)).sum();
        let is_over = left.len() < 2 || totals.iter().any(|(_, votes)| 2 * u128::from(*votes) > active);
        rounds.push(Round { totals, exhausted, elimination: None });
        if is_over {
            break;
        }
        let (option, lowest, broken_by) = lowest(&rounds, lot);
        if broken_by == Some(TieBreak::Lot) {
            let round = u16::try_from(rounds.len()).unwrap_or(u16::MAX);
            ties.push(Tie { contest: Contest::Elimination(round), options: still_tied(&rounds, lot) });
        }
        left.retain(|other| *other != option);
        let transfers = transfers(&ballots, &left, option);
        if let Some(round) = rounds.last_mut() {
            let moved: u64 = transfers.iter().map(|(_, votes)| votes).sum();
            let exhausted = votes_of(round, option).saturating_sub(moved);
            round.elimination = Some(Elimination { option, lowest, broken_by, transfers, exhausted });
        }
    }
    let (ranking, places) = ordered_by(options, lot, |option| record(&rounds, option));
    ties.extend(places);
    InstantRunoff { rounds, ranking, ties }
}

/// The votes of the options that are left, and those of nobody.
fn totals(ballots: &[(Vec<u16>, u64)], left: &[u16]) -> (Vec<(u16, u64)>, u64) {
    let mut totals: Vec<(u16, u64)> = left.iter().map(|option| (*option, 0)).collect();
    let mut exhausted: u64 = 0;
    for (order, voters) in ballots {
        let total = best(order, left).and_then(|best| totals.iter_mut().find(|(option, _)| *option == best));
        let total = total.map_or(&mut exhausted, |(_, votes)| votes);
        *total = total.saturating_add(*voters);
    }
    (totals, exhausted)
}

/// Where the votes go of an option that is no longer among those left.
fn transfers(ballots: &[(Vec<u16>, u64)], left: &[u16], out: u16) -> Vec<(u16, u64)> {
    let is_moved = |order: &[u16]| order.iter().find(|option| **option == out || left.contains(option)) == Some(&out);
    let moved: Vec<(Vec<u16>, u64)> = ballots.iter().filter(|(order, _)| is_moved(order)).cloned().collect();
    totals(&moved, left).0
}

fn best(order: &[u16], left: &[u16]) -> Option<u16> {
    order.iter().copied().find(|option| left.contains(option))
}

/// Which option goes out after the last of these rounds, all that were equally low in it, and what told them apart.
fn lowest(rounds: &[Round], lot: &Lot) -> (u16, Vec<u16>, Option<TieBreak>) {
    let mut tied: Vec<u16> = Vec::new();
    let mut lowest = Vec::new();
    for (number, round) in rounds.iter().enumerate().rev() {
        let is_latest = number + 1 == rounds.len();
        tied = lowest_in(round, if is_latest { None } else { Some(&tied) });
        if is_latest {
            lowest.clone_from(&tied);
        }
        if let [option] = tied.as_slice() {
            let earlier = TieBreak::EarlierRound(u16::try_from(number + 1).unwrap_or(u16::MAX));
            return (*option, lowest, (!is_latest).then_some(earlier));
        }
    }
    let option = lot.order(tied).last().copied().unwrap_or_default();
    (option, lowest, Some(TieBreak::Lot))
}

/// The options that no round tells apart and that are lowest, in the order of the lot.
fn still_tied(rounds: &[Round], lot: &Lot) -> Vec<u16> {
    let mut tied: Option<Vec<u16>> = None;
    for round in rounds.iter().rev() {
        tied = Some(lowest_in(round, tied.as_ref()));
    }
    lot.order(tied.unwrap_or_default())
}

/// The options with the fewest votes in a round, of these or of all.
fn lowest_in(round: &Round, of: Option<&Vec<u16>>) -> Vec<u16> {
    let considered = || round.totals.iter().filter(|(option, _)| of.is_none_or(|of| of.contains(option)));
    let fewest = considered().map(|(_, votes)| *votes).min();
    considered().filter(|(_, votes)| Some(*votes) == fewest).map(|(option, _)| *option).collect()
}

fn votes_of(round: &Round, option: u16) -> u64 {
    round.totals.iter().find(|(other, _)| *other == option).map_or(0, |(_, votes)| *votes)
}

/// What places an option: how many rounds it was in, then its votes, the latest round first.
fn record(rounds: &[Round], option: u16) -> (usize, Vec<u64>) {
    let is_in = |round: &&Round| round.totals.iter().any(|(other, _)| *other == option);
    let votes: Vec<u64> = rounds.iter().filter(is_in).map(|round| votes_of(round, option)).collect();
    (votes.len(), votes.into_iter().rev().collect())
}
