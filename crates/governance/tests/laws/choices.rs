//! Scores and dots: means without rounding, what is missing is not zero, and no dot from nowhere.

use std::cmp::Ordering;

use knotwork_governance::{Ballot, Content, Details, Method, Outcome, Position, Rules, tally};
use proptest::prelude::*;

use crate::samples::decision_by;

fn scores(ballots: &[Ballot]) -> impl Iterator<Item = &Vec<Option<u8>>> {
    ballots.iter().filter_map(|ballot| match &ballot.content {
        Content::Position(Position::Score(scores)) => Some(scores),
        _ => None,
    })
}

proptest! {
    /// The ranking goes by the mean of those who scored an option; who said nothing of it is not counted as zero.
    #[test]
    fn the_highest_mean_comes_first((rules, ballots) in decision_by((Method::Score { highest: 9 }, 4))) {
        let tally = tally(&rules, &ballots, [3; 32]).expect("allowed");
        let Details::Score(counted) = &tally.details else { panic!("scores") };
        for (option, score) in counted.iter().enumerate() {
            let given: Vec<u64> = scores(&ballots).filter_map(|scores| scores[option].map(u64::from)).collect();
            prop_assert_eq!((score.sum, score.scored_by), (given.iter().sum(), given.len() as u64));
            prop_assert_eq!(score.given.iter().sum::<u64>(), score.scored_by);
            let range = given.iter().min().zip(given.iter().max()).map(|(low, high)| (*low as usize, *high as usize));
            prop_assert_eq!(score.range(), range);
        }
        for pair in tally.ranking.windows(2) {
            let [before, after] = [&counted[usize::from(pair[0])], &counted[usize::from(pair[1])]];
            prop_assert!(after.scored_by == 0 || before.sum * after.scored_by >= after.sum * before.scored_by);
            prop_assert!(before.scored_by > 0 || after.scored_by == 0);
        }
    }

    /// Everybody giving one more, or everything being worth three times as much, changes no order.
    #[test]
    fn the_scale_does_not_matter((rules, ballots) in decision_by((Method::Score { highest: 9 }, 4))) {
        let before = tally(&rules, &ballots, [3; 32]).expect("allowed");
        let rules = Rules { method: Method::Score { highest: 30 }, ..rules };
        for change in [|score| score + 1, |score| score * 3] {
            let mut changed = ballots.clone();
            for ballot in &mut changed {
                if let Content::Position(Position::Score(scores)) = &mut ballot.content {
                    scores.iter_mut().for_each(|score| *score = score.map(change));
                }
            }
            let after = tally(&rules, &changed, [3; 32]).expect("allowed");
            prop_assert_eq!((&before.ranking, &before.ties), (&after.ranking, &after.ties));
            prop_assert_eq!(before.outcome, after.outcome);
        }
    }

    /// Twice the voters with the same scores come to the same, and so do twice the voters with the same dots.
    #[test]
    fn twice_as_many_who_say_the_same(
        (rules, ballots) in prop_oneof![
            decision_by((Method::Score { highest: 9 }, 4)),
            decision_by((Method::Dot { dots: 8 }, 4)),
        ]
    ) {
        let before = tally(&rules, &ballots, [3; 32]).expect("allowed");
        let again = ballots.iter().cloned().map(|mut ballot| {
            ballot.voter += rules.electorate;
            ballot
        });
        let both: Vec<Ballot> = ballots.iter().cloned().chain(again).collect();
        let after = tally(&Rules { electorate: 2 * rules.electorate, ..rules }, &both, [3; 32]).expect("allowed");
        prop_assert_eq!((&before.ranking, &before.ties), (&after.ranking, &after.ties));
    }

    /// There are never more dots than were given out, and the most come first.
    #[test]
    fn dots_are_bounded((rules, ballots) in decision_by((Method::Dot { dots: 8 }, 4))) {
        let tally = tally(&rules, &ballots, [3; 32]).expect("allowed");
        let Details::Dot(dots) = &tally.details else { panic!("dots") };
        prop_assert!(dots.iter().map(|dots| dots.total).sum::<u64>() <= 8 * u64::from(tally.cast));
        for pair in tally.ranking.windows(2) {
            prop_assert!(dots[usize::from(pair[0])].total >= dots[usize::from(pair[1])].total);
        }
    }
}

#[test]
fn means_that_a_float_would_not_tell_apart_are_told_apart() {
    let score = |sum, scored_by| knotwork_governance::OptionScore { sum, scored_by, given: Vec::new() };
    let (one, other) = (score(u64::MAX - 1, u64::MAX), score(u64::MAX - 2, u64::MAX - 1));
    assert_eq!(one.compare_mean(&other), Ordering::Greater);
    assert_eq!(score(2, 3).compare_mean(&score(4, 6)), Ordering::Equal);
    assert_eq!(score(0, 1).compare_mean(&score(0, 0)), Ordering::Greater);
}

#[test]
fn what_is_missing_is_not_zero() {
    let ballots = vec![
        Ballot::new(0, Position::Score(vec![Some(4), Some(3)])),
        Ballot::new(1, Position::Score(vec![None, Some(3)])),
        Ballot::new(2, Position::Score(vec![None, None])),
    ];
    let tally = tally(&Rules::usual(Method::score(), 2, 4), &ballots, [0; 32]).expect("allowed");
    assert_eq!((tally.outcome, tally.cast, tally.abstained), (Outcome::Chosen(0), 2, 1));
    assert_eq!(tally.counts, [1, 2]);
}
