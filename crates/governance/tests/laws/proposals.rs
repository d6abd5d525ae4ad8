//! Consent, consensus, majorities, advice and gradients.

use knotwork_governance::{
    Advice, Ballot, Bound, Consensus, Consent, Denominator, Details, Method, Outcome, Position, Quorum, Rules,
    Threshold, Undecided, Vote, tally,
};
use proptest::prelude::*;

use crate::samples::{decision_by, threshold};

/// A majority decision: so many agree, abstain and disagree, of this electorate.
fn votes(rules: &Rules, agree: u32, abstain: u32, disagree: u32) -> Outcome {
    let ballots: Vec<Ballot> = (0..agree + abstain + disagree)
        .map(|voter| {
            let vote = if voter < agree {
                Vote::Agree
            } else if voter < agree + abstain {
                Vote::Abstain
            } else {
                Vote::Disagree
            };
            Ballot::new(voter, Position::Vote(vote))
        })
        .collect();
    tally(rules, &ballots, [0; 32]).expect("the ballots are allowed").outcome
}

proptest! {
    /// A majority is more than half, exactly; an abstention makes no difference to it unless all voters are counted.
    #[test]
    fn a_majority_is_more_than_half(
        agree in 0_u32..40, abstain in 0_u32..40, disagree in 0_u32..40, silent in 1_u32..40,
    ) {
        let electorate = agree + abstain + disagree + silent;
        let usual = Rules::usual(Method::Majority, 0, electorate);
        let rules = Rules { quorum: Quorum::Count(0), ..usual };
        let of_all = Rules { threshold: Some(Threshold::majority(Denominator::Electorate)), ..rules };
        let expected = |adopted, outcome_cast: u32| match (outcome_cast, adopted) {
            (0, _) => Outcome::NotDecided(Undecided::NothingCast),
            (_, true) => Outcome::Adopted,
            (_, false) => Outcome::NotAdopted,
        };
        let cast = agree + disagree;
        prop_assert_eq!(votes(&rules, agree, abstain, disagree), expected(agree > disagree, cast));
        prop_assert_eq!(votes(&of_all, agree, abstain, disagree), expected(2 * agree > electorate, cast));
        prop_assert_eq!(votes(&rules, agree, abstain + 1, disagree), expected(agree > disagree, cast));
    }

    /// A supermajority is the share that was fixed, of what was fixed, without rounding.
    #[test]
    fn a_supermajority_is_the_share(
        threshold in threshold(), agree in 0_u32..40, abstain in 0_u32..40, disagree in 0_u32..40,
    ) {
        prop_assume!(agree + disagree > 0);
        let electorate = agree + abstain + disagree;
        let usual = Rules::usual(Method::Supermajority, 0, electorate);
        let rules = Rules { quorum: Quorum::Count(0), threshold: Some(threshold), ..usual };
        let whole = match threshold.of {
            Denominator::VotesCast => agree + disagree,
            Denominator::Electorate => electorate,
        };
        let (have, want) = (agree * threshold.ratio.denominator, whole * threshold.ratio.numerator);
        let reached = match threshold.bound {
            Bound::AtLeast => have >= want,
            Bound::MoreThan => have > want,
        };
        prop_assert_eq!(votes(&rules, agree, abstain, disagree) == Outcome::Adopted, reached);
    }

    /// Without a fallback a block prevents adoption; with one the agreements decide, as in a supermajority.
    #[test]
    fn a_block_stands_in_the_way(
        (rules, ballots) in decision_by((Method::Consensus { fallback: None }, 0)), fallback in threshold(),
    ) {
        let without = tally(&rules, &ballots, [0; 32]).expect("allowed");
        let [agree, _, disagree, block] = without.counts[..] else { panic!("four positions") };
        if block > 0 {
            prop_assert_ne!(without.outcome, Outcome::Adopted);
        } else if matches!(without.outcome, Outcome::Adopted | Outcome::NotAdopted) {
            prop_assert_eq!(without.outcome == Outcome::Adopted, agree > 0);
        }
        let rules = Rules { method: Method::Consensus { fallback: Some(fallback) }, ..rules };
        let with = tally(&rules, &ballots, [0; 32]).expect("allowed");
        let Details::Consensus { blocks, fallback: measure } = with.details else { panic!("a consensus") };
        prop_assert_eq!(blocks.len() as u64, block);
        prop_assert_eq!(measure.is_some(), block > 0);
        if block == 0 {
            prop_assert_eq!(with.outcome, without.outcome);
        } else if !matches!(with.outcome, Outcome::NotDecided(_)) {
            let enough = fallback.adopts(agree, agree + disagree + block, rules.electorate);
            prop_assert_eq!(with.outcome == Outcome::Adopted, enough);
        }
    }

    /// An open objection prevents adoption, and an objection is open unless more than two thirds of all others, and two
    /// at the least, find against it.
    #[test]
    fn an_open_objection_stands_in_the_way((rules, ballots) in decision_by((Method::Consent, 0))) {
        let tally = tally(&rules, &ballots, [0; 32]).expect("allowed");
        let Details::Consent(objections) = &tally.details else { panic!("a consent") };
        prop_assert!(objections.open.is_empty() || tally.outcome != Outcome::Adopted);
        prop_assert_eq!((objections.open.len() + objections.not_qualified.len()) as u64, tally.counts[2]);
        for objector in objections.open.iter().chain(&objections.not_qualified) {
            let saying = ballots.iter().filter(|ballot| ballot.not_qualified.contains(objector)).count();
            let fails = 3 * saying > 2 * (rules.electorate as usize - 1) && saying > 1;
            prop_assert_eq!(objections.not_qualified.contains(objector), fails);
        }
    }

    /// Advice and gradients never decide.
    #[test]
    fn what_only_shows_never_decides(
        (rules, ballots) in prop_oneof![decision_by((Method::Advice, 0)), decision_by((Method::Gradients, 0))]
    ) {
        let tally = tally(&rules, &ballots, [0; 32]).expect("allowed");
        prop_assert!(matches!(tally.outcome, Outcome::NotDecided(_)));
    }
}

/// The proposer included, and however few they are. All cases are tried.
#[test]
fn nobody_alone_sets_an_objection_aside() {
    let given = |voter| Ballot::new(voter, Position::Consent(Consent::Given));
    for (electorate, objector, other) in
        (2..9_u32).flat_map(|all| (0..all).flat_map(move |one| (0..all).map(move |other| (all, one, other))))
    {
        let ballots: Vec<Ballot> = (0..electorate)
            .map(|voter| match voter {
                _ if voter == objector => Ballot::new(voter, Position::Consent(Consent::Objection)),
                _ if voter == other => given(voter).with_not_qualified([objector]),
                _ => given(voter),
            })
            .collect();
        let tally = tally(&Rules::usual(Method::Consent, 0, electorate), &ballots, [0; 32]).expect("allowed");
        assert_eq!(tally.outcome, Outcome::NotAdopted, "{objector} and {other} of {electorate}");
    }
}

#[test]
fn objections_that_do_not_qualify_do_not_stand_in_the_way_and_concerns_are_kept() {
    let say = |voter, consent| Ballot::new(voter, Position::Consent(consent));
    let mut ballots = vec![
        say(0, Consent::Given).with_not_qualified([3]),
        say(1, Consent::WithConcern).with_not_qualified([3]),
        say(2, Consent::Given),
        say(3, Consent::Objection),
    ];
    let rules = Rules::usual(Method::Consent, 0, 4);
    assert_eq!(tally(&rules, &ballots, [0; 32]).expect("allowed").outcome, Outcome::NotAdopted);
    ballots[2].not_qualified.insert(3);
    let tally = tally(&rules, &ballots, [0; 32]).expect("allowed");
    assert_eq!(tally.outcome, Outcome::Adopted);
    let Details::Consent(objections) = tally.details else { panic!("a consent") };
    assert_eq!((objections.open, objections.not_qualified, objections.concerns), (vec![], vec![3], vec![1]));
}

#[test]
fn a_concern_consents() {
    let ballots: Vec<Ballot> =
        (0..3).map(|voter| Ballot::new(voter, Position::Consent(Consent::WithConcern))).collect();
    let tally = tally(&Rules::usual(Method::Consent, 0, 3), &ballots, [0; 32]).expect("allowed");
    assert_eq!((tally.outcome, tally.counts), (Outcome::Adopted, vec![0, 3, 0]));
}

#[test]
fn nothing_is_adopted_that_nobody_wants() {
    let object = |voter: u32| {
        let others = (0..4).filter(move |other| *other != voter);
        Ballot::new(voter, Position::Consent(Consent::Objection)).with_not_qualified(others)
    };
    let ballots: Vec<Ballot> = (0..4).map(object).collect();
    let consent = tally(&Rules::usual(Method::Consent, 0, 4), &ballots, [0; 32]).expect("allowed");
    assert_eq!(consent.outcome, Outcome::NotAdopted);
    let disagree = |voter| Ballot::new(voter, Position::Consensus(Consensus::Disagree));
    let ballots: Vec<Ballot> = (0..4).map(disagree).collect();
    let rules = Rules::usual(Method::Consensus { fallback: None }, 0, 4);
    assert_eq!(tally(&rules, &ballots, [0; 32]).expect("allowed").outcome, Outcome::NotAdopted);
}

#[test]
fn advice_says_who_has_concerns() {
    let ballots = [Advice::Agree, Advice::Concern, Advice::Abstain, Advice::Concern];
    let ballots: Vec<Ballot> =
        (0..).zip(ballots).map(|(voter, advice)| Ballot::new(voter, Position::Advice(advice))).collect();
    let tally = tally(&Rules::usual(Method::Advice, 0, 9), &ballots, [0; 32]).expect("allowed");
    assert_eq!(tally.details, Details::Advice(vec![1, 3]));
    assert_eq!(tally.outcome, Outcome::NotDecided(Undecided::AdviceOnly));
    assert_eq!((tally.counts, tally.cast, tally.abstained), (vec![1, 2, 1], 3, 1));
}
