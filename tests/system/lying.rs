//! An organisation that lies where minutes are made, with its real key and towards real nodes: one of four may, and the
//! others come to the same minutes.

use knotwork_governance::ClosingStatement;
use knotwork_minutes::{Matter, Minute, Outcome, Step, Verdict};
use serde_json::json;

use super::pages::{Browser, PASSPHRASE};
use crate::harness::{
    api::Api,
    circle::{answer, hashes, open, text, until_final, until_sign, voice},
    daemon::Node,
    liar::Liar,
    network::Network,
    rogue::secret,
    wait::{hold, until},
};

#[test]
fn a_chair_that_says_one_thing_to_some_and_another_to_the_rest_leaves_one_sequence() {
    let mut network = Network::running(&["Alder", "Birch", "Cedar", "Dogwood"]);
    until_sign(&network.nodes.iter().collect::<Vec<_>>(), 4);
    // The liar is who has the chair of the next minute, and of every fourth after it. It comes last here.
    let next = hashes(&network.nodes[0]).len() + 1;
    network.nodes.sort_by_key(|node| secret(node, "organisation").public());
    network.nodes.rotate_left(next % 4 + 1);
    let members: Vec<Api> = network.nodes.iter().map(voice).collect();
    network.agree();
    let decisions: Vec<String> =
        (0..5).map(|number| open(&members[0], &format!("Decision {number}"), &json!([]))).collect();
    // Its ballots come in time: everyone holds them.
    decisions.iter().for_each(|decision| answer(&members[3], decision, 1, "consent"));
    network.agree();
    network.nodes[3].kill();

    let (honest, last) = network.nodes.split_at(3);
    let mut liar = Liar::in_place_of(&last[0], &network, honest);
    for (number, decision) in decisions.iter().enumerate() {
        let next = liar.next();
        members[..3].iter().for_each(|member| answer(member, decision, 1, "consent"));
        assert_eq!(liar.is_in_the_chair(), number % 4 == 0);
        match number {
            0 => propose_two_good_minutes(&mut liar, decision),
            4 => propose_two_wrong_minutes(&mut liar, decision),
            _ => vote_both_ways(&mut liar),
        }
        liar.until_final(next);
        let minute = until_final(&honest.iter().collect::<Vec<_>>(), decision);
        assert_eq!(minute["verdict"], "adopted");
        assert_eq!(liar.agreed.height(), next, "one minute for each decision");
    }
    assert!(liar.round > 0, "what is wrong is signed by nobody: somebody else's chair makes the last minute");
    assert_one_sequence(honest, &decisions);
    for node in honest {
        until("who contradicts itself is known", || {
            let standing = node.api().get("/api/v1/minutes/standing").expect(200).json();
            hold(standing["contradicting"] == json!([liar.node().to_string()]), || format!("{}: {standing}", node.name))
        });
        assert_eq!(node.api().get("/api/v1/minutes/standing").expect(200).json()["diverged"], json!([]));
    }

    let mut reader = Browser::at(&honest[0]);
    let form = reader.get("/sign-in");
    let name = honest[0].name.to_lowercase();
    assert_eq!(reader.send(&form, "/sign-in", &[("name", &name), ("passphrase", PASSPHRASE)]).status, 303);
    let page = reader.get("/minutes").body;
    let warning = format!("{} signed one thing for some of you and another for others", last[0].name);
    assert!(page.replace(['\u{2068}', '\u{2069}'], "").contains(&warning), "{page}");

    // Its own node follows the others as any does that was away, and all go on together.
    drop(liar);
    network.nodes[3].start();
    let again = crate::harness::circle::sign_in(&network.nodes[3]);
    let decision = open(&members[0], "After the lies", &json!([]));
    members[..3].iter().chain([&again]).for_each(|member| answer(member, &decision, 1, "consent"));
    until_final(&network.nodes.iter().collect::<Vec<_>>(), &decision);
    assert_one_sequence(&network.nodes, &[decision]);
}

/// Two minutes that both could be final. In the liar's own statement ballots are left out, which the others hold.
fn propose_two_good_minutes(liar: &mut Liar, decision: &str) {
    let height = liar.next();
    let stated = liar.statements(decision.parse().expect("an id"));
    let (none, one) = (liar.state(&stated[0], 0), liar.state(&stated[0], 1));
    let first = minute(liar, &[stated.clone(), vec![none]].concat());
    let second = minute(liar, &[stated[..2].to_vec(), vec![one]].concat());
    assert_ne!(first.hash(), second.hash());
    liar.propose(0, &first);
    liar.propose(1, &second);
    liar.propose(2, &second);
    // It votes for both as well, and lets only one of those who could make the second final know that it has.
    liar.until_all_have_voted();
    for (to, minute) in [(0, &first), (1, &second), (2, &second)] {
        liar.vote(to, height, Step::Prevote, Some(minute.hash()));
    }
    liar.vote(0, height, Step::Precommit, Some(first.hash()));
    liar.vote(1, height, Step::Precommit, Some(second.hash()));
    liar.vote(2, height, Step::Precommit, None);
}

/// Two minutes that are wrong, one of which leaves a ballot out of what another organisation stated. The third of the
/// others is told nothing.
fn propose_two_wrong_minutes(liar: &mut Liar, decision: &str) {
    let height = liar.next();
    let stated = liar.statements(decision.parse().expect("an id"));
    let shortened: Vec<ClosingStatement> = stated
        .iter()
        .map(|statement| ClosingStatement { ballots: statement.ballots[1..].to_vec(), ..statement.clone() })
        .collect();
    let without = minute(liar, &shortened);
    let mut miscounted = minute(liar, &stated);
    if let Matter::Outcome(outcome) = &mut miscounted.matter {
        (outcome.counts, outcome.verdict) = (vec![3, 0, 1], Verdict::NotAdopted);
    }
    liar.propose(0, &without);
    liar.propose(1, &miscounted);
    for (to, minute) in [(0, &without), (1, &miscounted)] {
        for step in [Step::Prevote, Step::Precommit] {
            liar.vote(to, height, step, Some(minute.hash()));
        }
    }
}

/// For what somebody else proposes and against it, and nothing towards the third.
fn vote_both_ways(liar: &mut Liar) {
    let height = liar.next();
    let Some(hash) = liar.proposed() else { return };
    for (step, to) in [(Step::Prevote, 0), (Step::Precommit, 1)] {
        liar.vote(to, height, step, Some(hash));
        liar.vote(1 - to, height, step, None);
    }
}

/// The next minute, of these statements: by all ballots everyone consents.
fn minute(liar: &Liar, statements: &[ClosingStatement]) -> Minute {
    let all = (vec![statements[0].ballots.len() as u64, 0, 0], Verdict::Adopted, Vec::new());
    liar.agreed.next(Matter::Outcome(Outcome::of(statements[0].decision, statements[0].terms, statements, all)))
}

/// The same minutes at these nodes, and in each of these decisions everyone's ballot is counted.
fn assert_one_sequence(nodes: &[Node], decisions: &[String]) {
    let first = hashes(&nodes[0]);
    for node in nodes {
        assert_eq!(hashes(node), first, "{}", node.name);
        let page = node.api().get("/api/v1/minutes?limit=100").expect(200).json();
        let outcomes = page["items"].as_array().into_iter().flatten().map(|minute| &minute["outcome"]);
        let counted: Vec<_> = outcomes.filter(|outcome| decisions.contains(&text(&outcome["decision"]))).collect();
        assert_eq!(counted.len(), decisions.len());
        for outcome in counted {
            assert_eq!(outcome["counts"], json!([4, 0, 0]), "{outcome}");
            assert_eq!(outcome["ballots"].as_array().map(Vec::len), Some(4), "{outcome}");
        }
    }
}
