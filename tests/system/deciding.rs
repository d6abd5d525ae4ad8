//! Deciding together, with real processes: admission and removal, a cut and its healing, kills in the middle of a vote.

use serde_json::json;

use crate::harness::{
    api::Api,
    circle::{admit, answer, hashes, open, sign_in, text, until_final, until_sign, voice},
    daemon::Node,
    dice::Dice,
    divided::Divided,
    network::Network,
    wait::{hold, until},
};

#[test]
fn two_are_admitted_one_after_the_other_and_one_is_removed_who_protests() {
    let mut network = Network::running(&["Alder", "Birch", "Cedar"]);
    until_sign(&network.nodes.iter().collect::<Vec<_>>(), 3);
    let mut members: Vec<Api> = network.nodes.iter().map(voice).collect();
    for name in ["Dogwood", "Elm"] {
        let newcomer = admit(&network, &network.nodes.iter().collect::<Vec<_>>(), &members, name);
        network.nodes.push(newcomer);
        let all: Vec<&Node> = network.nodes.iter().collect();
        until_sign(&all, network.nodes.len());
        members.push(voice(all[all.len() - 1]));
    }
    network.agree();

    // Birch is to go, and says what it has to say; it is not asked, and sees everything.
    let organisations = members[0].get("/api/v1/organisations").expect(200).json();
    let birch = organisations["items"].as_array().and_then(|items| items.iter().find(|item| item["name"] == "Birch"));
    let birch = text(&birch.expect("it is listed")["key"]);
    let removal = open(&members[0], "Part with Birch", &json!([{ "kind": "remove", "organisation": birch }]));
    let path = format!("/api/v1/decisions/{removal}");
    until("the one concerned sees it", || hold(members[1].get(&path).status == 200, || "it does not".into()));
    let protest = json!({ "kind": "hearing", "text": "We have kept every promise." });
    members[1].post(&format!("{path}/comments"), &protest).expect(201);
    members[1].put(&format!("{path}/positions/own"), &json!({ "position": "objection", "reason": "No." })).expect(403);
    for place in [0, 2, 3, 4] {
        answer(&members[place], &removal, 1, "consent");
    }
    let staying: Vec<&Node> = [0, 2, 3, 4].map(|place| &network.nodes[place]).into();
    let minute = until_final(&staying, &removal);
    assert_eq!(minute["verdict"], "adopted");
    until_sign(&staying, 4);
    for node in &staying {
        until("who was removed is served no more", || {
            let peers = node.api().node()["peers"].clone();
            let there = peers.as_array().is_some_and(|peers| peers.iter().any(|peer| peer["organisation"] == "Birch"));
            hold(!there, || format!("{}: {peers}", node.name))
        });
    }
    // It is told, goes on alone with what it has, and what it writes reaches nobody.
    until("who was removed knows it", || {
        let organisations = network.nodes[1].api().get("/api/v1/organisations").expect(200).json();
        let listed = organisations["items"].as_array().is_some_and(|items| items.iter().any(|one| one["key"] == birch));
        hold(!listed, || organisations.to_string())
    });
    let written = network.nodes[1].api().add(&json!({ "title": "After the removal" }));
    network.nodes[0].api().add(&json!({ "title": "Without Birch" }));
    let shown = crate::harness::network::agree(&staying);
    assert!(!shown.contains_key(&written));
}

#[test]
fn nothing_is_final_on_either_side_of_a_cut_and_everything_after_it() {
    let divided = Divided::running(&[&["Alder", "Birch", "Cedar"], &["Dogwood", "Elm"]]);
    let nodes: Vec<&Node> = divided.network.nodes.iter().collect();
    until_sign(&nodes, 5);
    let members: Vec<Api> = nodes.iter().map(|node| voice(node)).collect();
    divided.network.agree();
    let decision = open(&members[0], "Meet in spring", &json!([]));
    for member in &members[3..] {
        until("it arrives", || {
            hold(member.get(&format!("/api/v1/decisions/{decision}")).status == 200, || "no".into())
        });
    }
    divided.cut();
    divided.wait_connected(|one, other| (one < 3) == (other < 3));
    for member in &members {
        answer(member, &decision, 1, "consent");
    }
    let before = hashes(nodes[0]);
    let waits = members[0].get("/api/v1/minutes/standing").expect(200).json();
    assert_eq!((&waits["needed"], &waits["reachable"]), (&json!(4), &json!(3)), "{waits}");
    assert_eq!(waits["unreached"], json!(["Dogwood", "Elm"]));
    // Knowledge goes on as ever.
    nodes[3].api().add(&json!({ "title": "On the smaller side" }));
    assert_eq!(hashes(nodes[0]), before);
    divided.mend();
    let minute = until_final(&nodes, &decision);
    assert_eq!(minute["verdict"], "adopted");
    let all: Vec<Vec<String>> = nodes.iter().map(|node| hashes(node)).collect();
    assert!(all.iter().all(|hashes| *hashes == all[0]), "{all:?}");
}

#[test]
fn kills_in_the_middle_of_votes_leave_one_sequence() {
    let mut network = Network::running(&["Alder", "Birch", "Cedar", "Dogwood"]);
    until_sign(&network.nodes.iter().collect::<Vec<_>>(), 4);
    network.nodes.iter().for_each(|node| drop(voice(node)));
    network.agree();
    let mut dice = Dice::new(4);
    let mut decisions = Vec::new();
    for round in 0..6 {
        let victim = round % 4;
        let members: Vec<Api> = network.nodes.iter().map(sign_in).collect();
        let decision = open(&members[(victim + 1) % 4], &format!("Round {round}"), &json!([]));
        for member in &members {
            answer(member, &decision, 1, "consent");
        }
        // Somewhere in the vote: as soon as one of them, drawn anew each time, sees that it has begun.
        let witness = &members[dice.below(4)];
        until("a decision closes", || {
            let state = witness.get(&format!("/api/v1/decisions/{decision}")).expect(200).json()["state"].clone();
            hold(state == "closed" || state == "final", || state.to_string())
        });
        network.nodes[victim].kill();
        network.nodes[victim].start();
        decisions.push(decision);
    }
    let nodes: Vec<&Node> = network.nodes.iter().collect();
    for decision in &decisions {
        assert_eq!(until_final(&nodes, decision)["verdict"], "adopted");
    }
    let all: Vec<Vec<String>> = nodes.iter().map(|node| hashes(node)).collect();
    assert!(all.iter().all(|hashes| *hashes == all[0] && hashes.len() == 3 + decisions.len()), "{all:?}");
}
