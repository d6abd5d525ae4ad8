//! Elections whose results were published, and examples from textbooks, counted anew.
//!
//! They stand in `elections.txt`, each with its source. Those with rankings and few enough voters are also counted as a
//! decision, ballot by ballot.

mod election;

use election::Election;
use knotwork_governance::{
    Ballot, Counting, ELECTORATE_MAX, Lot, Method, Outcome, Pairwise, Position, Ranking, Rules, instant_runoff,
    schulze, tally,
};

/// Two lots: what was published must not depend on either.
const LOTS: [[u8; 32]; 2] = [[1; 32], [2; 32]];

fn elections() -> Vec<Election> {
    Election::all(include_str!("elections.txt"))
}

#[test]
fn there_are_enough_of_them_and_each_says_where_it_is_from_and_what_is_expected() {
    let elections = elections();
    assert!(elections.len() >= 30, "{} elections", elections.len());
    for election in elections {
        assert!(!election.source.is_empty(), "{}", election.name);
        let expects = election.condorcet.is_some() || election.runoff.is_some() || election.schulze.is_some();
        assert!(expects, "{}", election.name);
    }
}

#[test]
fn preferences_between_two() {
    for election in elections() {
        let pairwise = election.pairwise();
        for ((above, below), (more, less)) in &election.preferences {
            let found = (pairwise.prefer(*above, *below), pairwise.prefer(*below, *above));
            assert_eq!(found, (*more, *less), "{}", election.name);
        }
        if let Some(condorcet) = election.condorcet {
            assert_eq!(pairwise.condorcet_winner(), condorcet, "{}", election.name);
        }
    }
}

#[test]
fn results_by_schulze() {
    for (election, lot) in elections().into_iter().flat_map(|election| LOTS.map(|lot| (election.clone(), lot))) {
        let count = schulze::ranking(&election.pairwise(), &Lot::new(lot));
        if let Some(winners) = &election.schulze {
            assert_eq!(&count.unbeaten, winners, "{}", election.name);
            assert!(winners.contains(&count.ranking[0]), "{}", election.name);
        }
        if let Some(ranking) = &election.ranking {
            assert_eq!(&count.ranking, ranking, "{}", election.name);
        }
    }
}

#[test]
fn results_by_instant_runoff() {
    for (election, lot) in elections().into_iter().flat_map(|election| LOTS.map(|lot| (election.clone(), lot))) {
        let Some(winner) = election.runoff else { continue };
        let rankings = election.votes.iter().map(|(ranking, voters)| (ranking, *voters));
        let count = instant_runoff::count(election.options(), rankings, &Lot::new(lot));
        assert_eq!(count.ranking[0], winner, "{}", election.name);
        if !election.rounds.is_empty() {
            let rounds: Vec<_> = count.rounds.into_iter().map(|round| round.totals).collect();
            assert_eq!(rounds, election.rounds, "{}", election.name);
        }
    }
}

#[test]
fn as_decisions_ballot_by_ballot() {
    let mut counted = 0;
    for election in elections() {
        let voters: u64 = election.votes.iter().map(|(_, voters)| voters).sum();
        let Some(electorate) = u32::try_from(voters).ok().filter(|voters| (1..=ELECTORATE_MAX).contains(voters)) else {
            continue;
        };
        let single = election.votes.iter().flat_map(|(ranking, voters)| (0..*voters).map(move |_| ranking));
        let ballots: Vec<Ballot> =
            (0..).zip(single).map(|(voter, ranking)| Ballot::new(voter, Position::Ranked(ranking.clone()))).collect();
        let decide = |counting| {
            let rules = Rules::usual(Method::Ranked { counting }, election.options(), electorate);
            tally(&rules, &ballots, LOTS[0]).expect("the ballots are allowed")
        };
        if let Some(winners) = &election.schulze {
            let tally = decide(Counting::Schulze);
            let Outcome::Chosen(winner) = tally.outcome else { panic!("{}", election.name) };
            assert!(winners.contains(&winner), "{}", election.name);
            counted += 1;
        }
        if let Some(winner) = election.runoff {
            assert_eq!(decide(Counting::InstantRunoff).outcome, Outcome::Chosen(winner), "{}", election.name);
            counted += 1;
        }
    }
    assert!(counted >= 20, "{counted} decisions");
}

#[test]
fn the_table_of_schulzes_example_with_45_voters() {
    let election = elections().into_iter().find(|one| one.name.contains("45 voters")).expect("it is there");
    let count = schulze::ranking(&election.pairwise(), &Lot::new(LOTS[0]));
    // Preferences and strongest paths as in Wikipedia, Schulze method.
    let preferences =
        [[0, 20, 26, 30, 22], [25, 0, 16, 33, 18], [19, 29, 0, 17, 24], [15, 12, 28, 0, 14], [23, 27, 21, 31, 0]];
    let paths =
        [[0, 28, 28, 30, 24], [25, 0, 28, 33, 24], [25, 29, 0, 29, 24], [25, 28, 28, 0, 24], [25, 28, 28, 31, 0]];
    let rows: Vec<Vec<u64>> = preferences.iter().map(|row| row.to_vec()).collect();
    assert_eq!(Pairwise::from_rows(&rows).expect("square"), count.pairwise);
    assert_eq!(count.paths, paths.map(|row| row.to_vec()));
}

#[test]
fn a_tie_in_a_tie_break() {
    // From the tests of github.com/julien-boudry/Condorcet, InstantRunoffTest.php: C and D are equally low and always
    // were, and in the end so are A and B.
    let votes = [(vec![0], 4), (vec![1], 4), (vec![2, 0], 2), (vec![3, 2, 1], 2)];
    let votes = votes.map(|(order, voters)| (Ranking::strict(&order), voters));
    let count = instant_runoff::count(4, votes.iter().map(|(ranking, voters)| (ranking, *voters)), &Lot::new(LOTS[0]));
    assert_eq!(count.rounds[0].elimination.as_ref().expect("nobody has half").lowest, [2, 3]);
    assert!(!count.ties.is_empty());
}
