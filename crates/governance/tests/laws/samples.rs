//! Drawn ballots: rankings with weights, and whole decisions by every method.

use knotwork_governance::{
    Advice, Ballot, Bound, Consensus, Consent, Counting, Denominator, Method, Position, Quorum, Ranking, Ratio, Rules,
    Threshold, Vote,
};
use proptest::prelude::*;

/// How many options the drawn choices have at most: enough for cycles within cycles.
pub(crate) const OPTIONS: u16 = 6;

/// Rankings, each held by so many voters.
pub(crate) type Profile = Vec<(Ranking, u64)>;

/// Rankings without equal ranks, whole or partial.
pub(crate) fn strict(options: u16) -> impl Strategy<Value = Ranking> {
    (Just((0..options).collect::<Vec<u16>>()).prop_shuffle(), 1..=usize::from(options))
        .prop_map(|(order, length)| Ranking::strict(&order[..length]))
}

/// Rankings without equal ranks that leave nothing out.
pub(crate) fn whole(options: u16) -> impl Strategy<Value = Ranking> {
    Just((0..options).collect::<Vec<u16>>()).prop_shuffle().prop_map(|order| Ranking::strict(&order))
}

/// Rankings of every kind: equal ranks, options left out, nothing at all.
pub(crate) fn weak(options: u16) -> impl Strategy<Value = Ranking> {
    prop::collection::vec(prop::option::weighted(0.8, 0..options), usize::from(options)).prop_map(|ranks| {
        let mut groups: Vec<Vec<u16>> = vec![Vec::new(); ranks.len()];
        for (option, rank) in (0_u16..).zip(ranks) {
            if let Some(rank) = rank {
                groups[usize::from(rank)].push(option);
            }
        }
        groups.retain(|group| !group.is_empty());
        Ranking(groups)
    })
}

/// A number of options, and up to nine rankings of them with weights that often come out even.
pub(crate) fn profile<S: Strategy<Value = Ranking> + 'static>(
    ranking: fn(u16) -> S,
) -> impl Strategy<Value = (u16, Profile)> {
    (2..=OPTIONS)
        .prop_flat_map(move |options| (Just(options), prop::collection::vec((ranking(options), 1_u64..8), 1..10)))
}

/// The rankings as what the counting functions take.
pub(crate) fn pairs(profile: &Profile) -> impl Iterator<Item = (&Ranking, u64)> {
    profile.iter().map(|(ranking, voters)| (ranking, *voters))
}

/// A method with a number of options that suits it.
pub(crate) fn method() -> impl Strategy<Value = (Method, u16)> {
    let fallback = prop::option::of(threshold()).prop_map(|fallback| (Method::Consensus { fallback }, 0));
    prop_oneof![
        Just((Method::Consent, 0)),
        fallback,
        Just((Method::Majority, 0)),
        Just((Method::Supermajority, 0)),
        Just((Method::Advice, 0)),
        Just((Method::Gradients, 0)),
        choosing(),
    ]
}

/// A method that chooses, with a number of options.
pub(crate) fn choosing() -> impl Strategy<Value = (Method, u16)> {
    let method = prop_oneof![
        (1_u8..10).prop_map(|highest| Method::Score { highest }),
        (1_u16..12).prop_map(|dots| Method::Dot { dots }),
        Just(Method::Ranked { counting: Counting::InstantRunoff }),
        Just(Method::Ranked { counting: Counting::Schulze }),
    ];
    (method, 2..=OPTIONS)
}

/// A threshold that rules allow.
pub(crate) fn threshold() -> impl Strategy<Value = Threshold> {
    let of = prop_oneof![Just(Denominator::VotesCast), Just(Denominator::Electorate)];
    let at_least = (1_u32..12).prop_flat_map(|below| (below / 2 + 1..=below, Just((below, Bound::AtLeast))));
    let more_than = (2_u32..12).prop_flat_map(|below| (below.div_ceil(2)..below, Just((below, Bound::MoreThan))));
    (prop_oneof![at_least, more_than], of).prop_map(|((numerator, (denominator, bound)), of)| Threshold {
        ratio: Ratio::new(numerator, denominator),
        bound,
        of,
    })
}

/// A position that the method allows.
pub(crate) fn position(method: Method, options: u16) -> BoxedStrategy<Position> {
    let size = usize::from(options);
    match method {
        Method::Consent => prop_oneof![
            3 => Just(Consent::Given),
            1 => Just(Consent::WithConcern),
            1 => Just(Consent::Objection)
        ]
        .prop_map(Position::Consent)
        .boxed(),
        Method::Consensus { .. } => prop_oneof![
            4 => Just(Consensus::Agree),
            2 => Just(Consensus::Abstain),
            2 => Just(Consensus::Disagree),
            1 => Just(Consensus::Block)
        ]
        .prop_map(Position::Consensus)
        .boxed(),
        Method::Majority | Method::Supermajority => {
            prop_oneof![2 => Just(Vote::Agree), 1 => Just(Vote::Abstain), 1 => Just(Vote::Disagree)]
                .prop_map(Position::Vote)
                .boxed()
        }
        Method::Score { highest } => {
            prop::collection::vec(prop::option::of(0..=highest), size).prop_map(Position::Score).boxed()
        }
        Method::Dot { dots } => prop::collection::vec(0..=dots, size)
            .prop_map(move |mut given| {
                let mut left = dots;
                for dots in &mut given {
                    *dots = (*dots).min(left);
                    left -= *dots;
                }
                Position::Dot(given)
            })
            .boxed(),
        Method::Ranked { counting: Counting::InstantRunoff } => strict(options).prop_map(Position::Ranked).boxed(),
        Method::Ranked { counting: Counting::Schulze } => weak(options).prop_map(Position::Ranked).boxed(),
        Method::Advice => prop_oneof![Just(Advice::Agree), Just(Advice::Concern), Just(Advice::Abstain)]
            .prop_map(Position::Advice)
            .boxed(),
        Method::Gradients => (1_u8..=8).prop_map(Position::Gradient).boxed(),
    }
}

/// Rules of this method and ballots of some of the voters; the last voter never has one.
pub(crate) fn decision_by((method, options): (Method, u16)) -> impl Strategy<Value = (Rules, Vec<Ballot>)> {
    let answer = prop::option::weighted(0.8, prop::option::weighted(0.9, position(method, options)));
    let findings = prop::collection::btree_set(0_u32..12, 0..10);
    let quorum = (0_u32..=4).prop_map(|numerator| Quorum::Share(Ratio::new(numerator, 4)));
    (prop::collection::vec((answer, findings), 1..12), quorum, threshold()).prop_map(
        move |(answers, quorum, threshold)| {
            let electorate = u32::try_from(answers.len()).expect("few") + 1;
            let mut rules = Rules { quorum, ..Rules::usual(method, options, electorate) };
            match method {
                Method::Advice => rules.quorum = Quorum::Count(0),
                Method::Supermajority => rules.threshold = Some(threshold),
                _ => {}
            }
            let mut ballots = Vec::new();
            for (voter, (answer, findings)) in (0_u32..).zip(answers) {
                match answer {
                    None => {}
                    Some(None) => ballots.push(Ballot::spoiled(voter)),
                    Some(Some(position)) if method == Method::Consent => {
                        let others = findings.into_iter().filter(|other| *other != voter && *other < electorate);
                        ballots.push(Ballot::new(voter, position).with_not_qualified(others));
                    }
                    Some(Some(position)) => ballots.push(Ballot::new(voter, position)),
                }
            }
            (rules, ballots)
        },
    )
}

/// A decision by any method.
pub(crate) fn decision() -> impl Strategy<Value = (Rules, Vec<Ballot>)> {
    method().prop_flat_map(decision_by)
}

/// A decision that chooses.
pub(crate) fn choice() -> impl Strategy<Value = (Rules, Vec<Ballot>)> {
    choosing().prop_flat_map(decision_by)
}
