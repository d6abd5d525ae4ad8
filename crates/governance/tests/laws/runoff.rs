//! Instant run-off: majority, the Condorcet loser, later preferences, and that no vote is lost on the way.

use knotwork_governance::{
    Contest, Lot, Pairwise, Ranking,
    instant_runoff::{InstantRunoff, TieBreak, count},
};
use proptest::prelude::*;

use crate::samples::{Profile, pairs, profile, strict};

fn run(options: u16, profile: &Profile) -> InstantRunoff {
    count(options, pairs(profile), &Lot::new([7; 32]))
}

proptest! {
    /// What more than half rank first wins in the first round.
    #[test]
    fn majority((options, mut profile) in profile(strict)) {
        let others: u64 = profile.iter().map(|(_, voters)| voters).sum();
        profile.push((Ranking::strict(&[options - 1, 0]), others + 1));
        let runoff = run(options, &profile);
        prop_assert_eq!((runoff.rounds.len(), runoff.ranking[0]), (1, options - 1));
    }

    /// Who is beaten by every other never wins.
    #[test]
    fn condorcet_loser((options, profile) in profile(strict)) {
        let pairwise = Pairwise::of(options, pairs(&profile));
        let winner = run(options, &profile).ranking[0];
        prop_assert!((0..options).any(|other| other != winner && !pairwise.beats(other, winner)));
    }

    /// Later preferences neither harm nor help what is ranked before them: whether one of those wins stays as it is.
    #[test]
    fn later_no_harm_and_no_help(
        (options, profile) in profile(strict), which in any::<prop::sample::Index>(), length in 1_usize..6
    ) {
        let place = which.index(profile.len());
        let order: Vec<u16> = profile[place].0.0.iter().flatten().copied().collect();
        let kept = &order[..length.min(order.len())];
        let mut shorter = profile.clone();
        shorter[place].0 = Ranking::strict(kept);
        let (long, short) = (run(options, &profile).ranking[0], run(options, &shorter).ranking[0]);
        prop_assert!(long == short || !(kept.contains(&long) || kept.contains(&short)));
    }

    /// Every vote is somewhere in every round, and what goes out arrives.
    #[test]
    fn no_vote_is_lost((options, profile) in profile(strict)) {
        let all: u64 = profile.iter().map(|(_, voters)| voters).sum();
        let runoff = run(options, &profile);
        for (number, round) in runoff.rounds.iter().enumerate() {
            prop_assert_eq!(round.totals.iter().map(|(_, votes)| votes).sum::<u64>() + round.exhausted, all);
            let Some(next) = runoff.rounds.get(number + 1) else {
                prop_assert!(round.elimination.is_none());
                continue;
            };
            let out = round.elimination.as_ref().expect("a round that is not the last has one");
            prop_assert_eq!(next.exhausted, round.exhausted + out.exhausted);
            prop_assert_eq!(next.totals.len(), out.transfers.len());
            for ((option, votes), (other, gained)) in next.totals.iter().zip(&out.transfers) {
                let before = round.totals.iter().find(|(one, _)| one == option).expect("it was in").1;
                prop_assert_eq!((option, *votes), (other, before + gained));
            }
        }
    }

    /// The lowest goes out, and of equals the lower in the latest round that differs; the lot speaks only if none does.
    #[test]
    fn the_lowest_goes_out((options, profile) in profile(strict)) {
        let runoff = run(options, &profile);
        for (number, round) in runoff.rounds.iter().enumerate() {
            let Some(out) = &round.elimination else { continue };
            let votes = |round: usize, option: u16| {
                runoff.rounds[round].totals.iter().find(|(one, _)| *one == option).expect("it was in").1
            };
            let history = |option: u16| -> Vec<u64> { (0..=number).rev().map(|round| votes(round, option)).collect() };
            for (option, _) in &round.totals {
                prop_assert!(history(out.option) <= history(*option));
                prop_assert_eq!(out.lowest.contains(option), votes(number, *option) == votes(number, out.option));
            }
            let equals = round.totals.iter().filter(|(option, _)| history(*option) == history(out.option)).count();
            match out.broken_by {
                None => prop_assert_eq!(out.lowest.len(), 1),
                Some(TieBreak::EarlierRound(round)) => {
                    prop_assert!(out.lowest.len() > 1 && equals == 1);
                    prop_assert!((1..=number).contains(&usize::from(round)));
                }
                Some(TieBreak::Lot) => {
                    prop_assert!(equals > 1);
                    let contest = Contest::Elimination(u16::try_from(number + 1).expect("few"));
                    let tie = runoff.ties.iter().find(|tie| tie.contest == contest).expect("it is told");
                    prop_assert_eq!((tie.options.len(), tie.options.last()), (equals, Some(&out.option)));
                }
            }
        }
    }

    /// The winner has more than half of what still counts, or is alone; and two options are a plain majority.
    #[test]
    fn the_winner_has_more_than_half((options, profile) in profile(strict)) {
        let runoff = run(options, &profile);
        let last = runoff.rounds.last().expect("there is a round");
        let active: u64 = last.totals.iter().map(|(_, votes)| votes).sum();
        let votes = last.totals.iter().find(|(option, _)| *option == runoff.ranking[0]).expect("it is in").1;
        prop_assert!(2 * votes > active || last.totals.len() == 1);
        if options == 2 {
            let pairwise = Pairwise::of(2, pairs(&profile));
            prop_assert!(!pairwise.beats(1 - runoff.ranking[0], runoff.ranking[0]));
        }
    }
}
