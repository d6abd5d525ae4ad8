//! What holds by every method: no order, no names, no votes from abstentions, no result without a quorum.

use std::collections::BTreeSet;

use knotwork_governance::{
    Ballot, Content, Counting, Details, Method, Outcome, Position, PositionError, Quorum, Ranking, Rules, RulesError,
    Tally, TallyError, Undecided, tally,
};
use proptest::prelude::*;

use crate::samples::{choice, decision};

/// The tally with the lot of these tests.
fn count(rules: &Rules, ballots: &[Ballot]) -> Tally {
    tally(rules, ballots, [5; 32]).expect("the ballots are allowed")
}

/// A position without a say, where the method has one.
fn abstention(rules: &Rules) -> Option<Position> {
    let options = usize::from(rules.options);
    match rules.method {
        Method::Consensus { .. } => Some(Position::Consensus(knotwork_governance::Consensus::Abstain)),
        Method::Majority | Method::Supermajority => Some(Position::Vote(knotwork_governance::Vote::Abstain)),
        Method::Advice => Some(Position::Advice(knotwork_governance::Advice::Abstain)),
        Method::Score { .. } => Some(Position::Score(vec![None; options])),
        Method::Dot { .. } => Some(Position::Dot(vec![0; options])),
        Method::Ranked { .. } => Some(Position::Ranked(Ranking::default())),
        Method::Consent | Method::Gradients => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    /// The order in which ballots come in has no say.
    #[test]
    fn the_order_of_arrival_has_no_say(
        ((rules, ballots), shuffled) in decision().prop_flat_map(|(rules, ballots)| {
            let shuffled = Just(ballots.clone()).prop_shuffle();
            (Just((rules, ballots)), shuffled)
        }),
        lot in any::<[u8; 32]>(),
    ) {
        prop_assert_eq!(rules.check(), Ok(()));
        prop_assert_eq!(tally(&rules, &ballots, lot), tally(&rules, &shuffled, lot));
    }

    /// Who says what has no say, but for whose objection it is: voters may be numbered anew.
    #[test]
    fn nobody_counts_more((rules, ballots) in decision()) {
        let renumber = |voter: u32| rules.electorate - 1 - voter;
        let mut changed = ballots.clone();
        for ballot in &mut changed {
            ballot.voter = renumber(ballot.voter);
            ballot.not_qualified = ballot.not_qualified.iter().map(|voter| renumber(*voter)).collect();
        }
        let (before, after) = (count(&rules, &ballots), count(&rules, &changed));
        prop_assert_eq!((before.outcome, before.counts), (after.outcome, after.counts));
        prop_assert_eq!((before.ranking, before.ties), (after.ranking, after.ties));
    }

    /// No option is special: with other numbers for the options the same are chosen, unless the lot had to speak.
    #[test]
    fn no_option_is_special(
        ((rules, ballots), order) in choice().prop_flat_map(|(rules, ballots)| {
            let order = Just((0..rules.options).collect::<Vec<u16>>()).prop_shuffle();
            (Just((rules, ballots)), order)
        })
    ) {
        // `order[new]` is the old number; `renamed[old]` the new one.
        let mut renamed = vec![0_u16; order.len()];
        (0_u16..).zip(&order).for_each(|(new, old)| renamed[usize::from(*old)] = new);
        let mut changed = ballots.clone();
        for ballot in &mut changed {
            match &mut ballot.content {
                Content::Position(Position::Score(scores)) => {
                    *scores = order.iter().map(|old| scores[usize::from(*old)]).collect();
                }
                Content::Position(Position::Dot(dots)) => {
                    *dots = order.iter().map(|old| dots[usize::from(*old)]).collect();
                }
                Content::Position(Position::Ranked(ranking)) => {
                    ranking.0.iter_mut().flatten().for_each(|option| *option = renamed[usize::from(*option)]);
                }
                _ => {}
            }
        }
        let (before, after) = (count(&rules, &ballots), count(&rules, &changed));
        let counts: Vec<u64> = order.iter().map(|old| before.counts[usize::from(*old)]).collect();
        prop_assert_eq!(&after.counts, &counts);
        prop_assert_eq!(before.ties.is_empty(), after.ties.is_empty());
        if before.ties.is_empty() {
            let ranking: Vec<u16> = before.ranking.iter().map(|old| renamed[usize::from(*old)]).collect();
            prop_assert_eq!(after.ranking, ranking);
        }
    }

    /// One more abstention changes nothing but the quorum, and a spoiled ballot not even that.
    #[test]
    fn abstentions_and_spoiled_ballots_have_no_say((rules, ballots) in decision()) {
        let before = count(&rules, &ballots);
        let mut more = ballots.clone();
        more.push(Ballot::spoiled(rules.electorate - 1));
        let spoiled = count(&rules, &more);
        prop_assert_eq!(&Tally { spoiled: spoiled.spoiled - 1, ..spoiled }, &before);
        let Some(abstention) = abstention(&rules) else { return Ok(()) };
        more.pop();
        more.push(Ballot::new(rules.electorate - 1, abstention));
        let after = count(&rules, &more);
        prop_assert_eq!((after.cast, after.abstained), (before.cast, before.abstained + 1));
        prop_assert_eq!(&after.details, &before.details);
        prop_assert_eq!((&after.ranking, &after.ties), (&before.ranking, &before.ties));
        if before.outcome != Outcome::NotDecided(Undecided::QuorumMissed) {
            prop_assert_eq!(after.outcome, before.outcome);
        }
    }

    /// A missed quorum decides nothing, above all it rejects nothing; and a lower quorum is never harder to meet.
    #[test]
    fn without_a_quorum_nothing_is_decided((rules, ballots) in decision(), quorum in 0_u32..12, less in 0_u32..12) {
        if rules.method == Method::Advice {
            return Ok(());
        }
        let quorum = quorum.min(rules.electorate);
        let with = |quorum| count(&Rules { quorum: Quorum::Count(quorum), ..rules }, &ballots);
        let (high, low) = (with(quorum), with(quorum.saturating_sub(less)));
        prop_assert_eq!(high.is_quorate(), high.cast + high.abstained >= quorum);
        prop_assert_eq!(high.is_quorate(), high.outcome != Outcome::NotDecided(Undecided::QuorumMissed));
        prop_assert!(low.is_quorate() || !high.is_quorate());
        let fewer = count(&Rules { quorum: Quorum::Count(quorum), ..rules }, &ballots[..ballots.len() / 2]);
        prop_assert!(high.is_quorate() || !fewer.is_quorate());
    }

    /// Every ballot is somewhere, and every choice ranks every option once.
    #[test]
    fn nothing_is_left_out((rules, ballots) in decision()) {
        let tally = count(&rules, &ballots);
        prop_assert_eq!((tally.cast + tally.abstained + tally.spoiled) as usize, ballots.len());
        if rules.method.chooses() && tally.cast > 0 {
            prop_assert_eq!(tally.ranking.iter().copied().collect::<BTreeSet<_>>().len(), usize::from(rules.options));
            if let Outcome::Chosen(option) = tally.outcome {
                prop_assert_eq!(tally.ranking[0], option);
            }
        } else {
            prop_assert!(tally.ranking.is_empty() && tally.ties.is_empty());
        }
        if !rules.method.chooses() {
            prop_assert_eq!(tally.counts.iter().sum::<u64>(), u64::from(tally.cast + tally.abstained));
            prop_assert!(!matches!(tally.outcome, Outcome::Chosen(_)));
        }
    }
}

#[test]
fn what_should_not_be_handed_in_is_refused() {
    let rules = Rules::usual(Method::Consent, 0, 3);
    let given = |voter| Ballot::new(voter, Position::Consent(knotwork_governance::Consent::Given));
    let refused = |ballots: &[Ballot]| tally(&rules, ballots, [0; 32]).expect_err("it is refused");
    assert_eq!(refused(&[given(3)]), TallyError::NoSuchVoter(3, 3));
    assert_eq!(refused(&[given(1), Ballot::spoiled(1)]), TallyError::Twice(1));
    assert_eq!(refused(&[given(1).with_not_qualified([7])]), TallyError::NoSuchVoter(7, 3));
    assert_eq!(refused(&[given(1).with_not_qualified([1])]), TallyError::OwnObjection(1));
    assert_eq!(refused(&[Ballot::spoiled(1).with_not_qualified([0])]), TallyError::FindingUnused(1));
    let gradient = Ballot::new(2, Position::Gradient(1));
    assert_eq!(refused(std::slice::from_ref(&gradient)), TallyError::Position(2, PositionError::OtherMethod));
    let gradients = Rules::usual(Method::Gradients, 0, 3);
    let found = tally(&gradients, &[gradient.with_not_qualified([0])], [0; 32]);
    assert_eq!(found, Err(TallyError::FindingUnused(2)));
    let none = Rules { electorate: 0, ..rules };
    assert_eq!(tally(&none, &[], [0; 32]), Err(TallyError::Rules(RulesError::Electorate(0))));
}

#[test]
fn nobody_voting_decides_nothing_and_ranks_nothing() {
    for counting in [Counting::InstantRunoff, Counting::Schulze] {
        let usual = Rules::usual(Method::Ranked { counting }, 3, 4);
        let rules = Rules { quorum: Quorum::Count(0), ..usual };
        let tally = tally(&rules, &[], [0; 32]).expect("allowed");
        assert_eq!(tally.outcome, Outcome::NotDecided(Undecided::NothingCast));
        assert!(tally.ranking.is_empty() && tally.ties.is_empty());
    }
}

#[test]
fn the_largest_decision_is_counted() {
    let rules = Rules::usual(Method::Ranked { counting: Counting::InstantRunoff }, 64, 4096);
    let order = |voter: u16| (0..64).map(|step| (voter + step * 7) % 64).collect::<Vec<u16>>();
    let ballots: Vec<Ballot> = (0..4096_u16)
        .map(|voter| Ballot::new(u32::from(voter), Position::Ranked(Ranking::strict(&order(voter)))))
        .collect();
    let tally = tally(&rules, &ballots, [0; 32]).expect("allowed");
    let Details::InstantRunoff(runoff) = &tally.details else { panic!("a run-off") };
    assert!(matches!(tally.outcome, Outcome::Chosen(_)) && runoff.rounds.len() <= 64);
}
