//! Schulze's method: Condorcet, Smith, monotonicity, clones, reversal, majority, plurality, and the paths themselves.

use knotwork_governance::{Lot, Pairwise, Ranking, schulze};
use proptest::prelude::*;

use crate::samples::{Profile, pairs, profile, weak, whole};

fn count(options: u16, profile: &Profile) -> schulze::Schulze {
    schulze::ranking(&Pairwise::of(options, pairs(profile)), &Lot::new([7; 32]))
}

/// The smallest set of options that all beat all others, by trying every set.
fn smith(options: u16, pairwise: &Pairwise) -> Vec<u16> {
    let members = |set: u32| (0..options).filter(move |option| set >> option & 1 == 1);
    let mut sets: Vec<u32> = (1..1_u32 << options).collect();
    sets.sort_by_key(|set| set.count_ones());
    let dominates =
        |set: &u32| members(*set).all(|inside| members(!*set).all(|outside| pairwise.beats(inside, outside)));
    members(sets.into_iter().find(dominates).expect("the set of all has none outside")).collect()
}

/// The strength of the strongest path, by walking every path that visits nothing twice.
fn strength(pairwise: &Pairwise, from: u16, to: u16, visited: &mut Vec<u16>) -> u64 {
    let mut strongest = 0;
    for next in 0..pairwise.options() {
        if visited.contains(&next) || !pairwise.beats(from, next) {
            continue;
        }
        let link = pairwise.prefer(from, next);
        let rest = if next == to {
            u64::MAX
        } else {
            visited.push(next);
            let rest = strength(pairwise, next, to, visited);
            visited.pop();
            rest
        };
        strongest = strongest.max(link.min(rest));
    }
    strongest
}

/// A ranking with one option moved up to a rank of its own, so many ranks higher.
fn raised(ranking: &Ranking, option: u16, ranks: usize) -> Ranking {
    let mut groups = ranking.0.clone();
    let place = groups.iter().position(|group| group.contains(&option)).unwrap_or(groups.len());
    if let Some(group) = groups.get_mut(place) {
        group.retain(|other| *other != option);
    }
    groups.insert(place.saturating_sub(ranks), vec![option]);
    groups.retain(|group| !group.is_empty());
    Ranking(groups)
}

proptest! {
    /// The paths are the strongest that there are.
    #[test]
    fn paths_are_the_strongest((options, profile) in profile(weak)) {
        let count = count(options, &profile);
        for from in 0..options {
            for to in (0..options).filter(|to| *to != from) {
                let walked = strength(&count.pairwise, from, to, &mut vec![from]);
                prop_assert_eq!(count.paths[usize::from(from)][usize::from(to)], walked);
            }
        }
    }

    /// The ranking holds every option once, and none beats one that is before it; who is first is unbeaten.
    #[test]
    fn nobody_beats_who_is_before_them((options, profile) in profile(weak)) {
        let count = count(options, &profile);
        let mut all = count.ranking.clone();
        all.sort_unstable();
        prop_assert_eq!(all, (0..options).collect::<Vec<_>>());
        let path = |from: u16, to: u16| count.paths[usize::from(from)][usize::from(to)];
        for (place, before) in count.ranking.iter().enumerate() {
            for after in &count.ranking[place + 1..] {
                prop_assert!(path(*after, *before) <= path(*before, *after));
            }
        }
        prop_assert!(count.unbeaten.contains(&count.ranking[0]));
        let first_was_tied = count.ties.iter().any(|tie| tie.contest == knotwork_governance::Contest::Place(1));
        prop_assert_eq!(first_was_tied, count.unbeaten.len() > 1);
    }

    /// Who beats every other wins; who is beaten by every other is last.
    #[test]
    fn condorcet((options, profile) in profile(weak)) {
        let count = count(options, &profile);
        if let Some(winner) = count.pairwise.condorcet_winner() {
            prop_assert_eq!(&count.unbeaten, &[winner]);
            prop_assert_eq!(count.ranking[0], winner);
        }
        let is_loser = |one: &u16| (0..options).all(|other| other == *one || count.pairwise.beats(other, *one));
        if let Some(loser) = (0..options).find(is_loser) {
            prop_assert!(!count.unbeaten.contains(&loser));
            prop_assert_eq!(count.ranking.last(), Some(&loser));
        }
    }

    /// The winners are in the Smith set, and all of it is before all others.
    #[test]
    fn smith_set_first((options, profile) in profile(weak)) {
        let count = count(options, &profile);
        let smith = smith(options, &count.pairwise);
        prop_assert!(count.unbeaten.iter().all(|option| smith.contains(option)));
        prop_assert!(count.ranking[..smith.len()].iter().all(|option| smith.contains(option)));
    }

    /// Ranking a winner higher never makes it lose.
    #[test]
    fn monotonicity((options, profile) in profile(weak), which in any::<prop::sample::Index>(), ranks in 0_usize..4) {
        for winner in count(options, &profile).unbeaten {
            let mut changed = profile.clone();
            let place = which.index(changed.len());
            changed[place].0 = raised(&changed[place].0, winner, ranks);
            prop_assert!(count(options, &changed).unbeaten.contains(&winner));
        }
    }

    /// What more than half rank alone in the first place wins.
    #[test]
    fn majority((options, mut profile) in profile(weak)) {
        let others: u64 = profile.iter().map(|(_, voters)| voters).sum();
        profile.push((Ranking::strict(&[options - 1]), others + 1));
        prop_assert_eq!(count(options, &profile).unbeaten, [options - 1]);
    }

    /// Who alone wins does not win when every ranking is turned round. For rankings that leave nothing out.
    #[test]
    fn reversal_symmetry((options, profile) in profile(whole)) {
        let reversed: Profile = profile
            .iter()
            .map(|(ranking, voters)| (Ranking(ranking.0.iter().rev().cloned().collect()), *voters))
            .collect();
        if let [winner] = count(options, &profile).unbeaten[..] {
            prop_assert!(!count(options, &reversed).unbeaten.contains(&winner));
        }
    }

    /// A twin, ranked next to an option by everybody, takes nothing from it and gives nothing to others.
    #[test]
    fn clone_independence(
        (options, profile) in profile(weak), orders in prop::collection::vec(any::<bool>(), 10),
        which in any::<prop::sample::Index>(),
    ) {
        let (original, twin) = (u16::try_from(which.index(usize::from(options))).expect("few"), options);
        let mut changed = profile.clone();
        for ((ranking, _), is_after) in changed.iter_mut().zip(orders) {
            let Some(place) = ranking.0.iter().position(|group| group.contains(&original)) else { continue };
            if ranking.0[place].len() == 1 {
                ranking.0.insert(place + usize::from(is_after), vec![twin]);
            } else {
                ranking.0[place].push(twin);
            }
        }
        let (before, after) = (count(options, &profile).unbeaten, count(options + 1, &changed).unbeaten);
        let mut without: Vec<u16> =
            after.iter().map(|option| if *option == twin { original } else { *option }).collect();
        without.sort_unstable();
        without.dedup();
        prop_assert_eq!(before, without);
    }

    /// An option that fewer voters rank at all than rank another first, alone, does not win (Woodall's plurality).
    #[test]
    fn plurality((options, profile) in profile(weak)) {
        let voters = |holds: &dyn Fn(&Ranking) -> bool| -> u64 {
            pairs(&profile).filter(|(ranking, _)| holds(ranking)).map(|(_, voters)| voters).sum()
        };
        let ranked = |option: u16| voters(&|ranking| ranking.0.iter().flatten().any(|one| *one == option));
        let first = |option: u16| voters(&|ranking| ranking.0.first() == Some(&vec![option]));
        let most = (0..options).map(first).max().unwrap_or_default();
        for winner in count(options, &profile).unbeaten {
            prop_assert!(ranked(winner) >= most);
        }
    }
}
