//! Deciding together, with real processes: admission and removal, a cut and its healing, kills in the middle of a vote.

use rustix::process::Signal;
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
    let rests = json!({ "say": "rest", "until": "2099-03-31T00:00:00Z" });
    let refused = members[1].post("/api/v1/organisations/own/words", &rests).expect(409).json();
    assert!(text(&refused["detail"]).contains("your organisation is not in the network any more"), "{refused}");
    who_left_comes_back_by_a_new_invitation_alone(&mut network, &members);
}

/// Dogwood, which Alder invited, leaves: its old application is of no use to anybody, and its old folder is told what is.
fn who_left_comes_back_by_a_new_invitation_alone(network: &mut Network, members: &[Api]) {
    members[3].post("/api/v1/organisations/own/words", &json!({ "say": "leave" })).expect(202);
    until_sign(&[0, 2, 4].map(|place| &network.nodes[place]), 3);
    let listed = members[0].get("/api/v1/admissions").expect(200).json();
    let applied = listed["items"].as_array().and_then(|items| items.iter().find(|item| item["name"] == "Dogwood"));
    assert_eq!(applied.map(|applied| text(&applied["state"])), Some("gone".into()), "{listed}");
    let admit = network.nodes[0].cli(["network", "admit", "Dogwood"]).env("KNOTWORK_TOKEN", &members[0].token);
    let refused = admit.run().expect_code(1);
    assert!(refused.stderr.contains("needs a new invitation"), "{}", refused.stderr);
    until("who has left knows it", || {
        let organisations = network.nodes[3].api().get("/api/v1/organisations").expect(200).json();
        let listed =
            organisations["items"].as_array().is_some_and(|items| items.iter().any(|one| one["name"] == "Dogwood"));
        hold(!listed, || organisations.to_string())
    });
    assert!(network.nodes[3].stop(Signal::TERM).success());
    let refused = network.nodes[3].cli(["join", "--yes"]).arg(network.folder().join("invitation")).run().expect_code(1);
    assert!(refused.stderr.contains("has gone") && refused.stderr.contains("--organisation-key"), "{}", refused.stderr);
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
    // On each side something waits that the other need not even know of, and everyone there says all that they can.
    let before = hashes(nodes[0]);
    let rests = json!({ "say": "rest", "until": "2099-03-31T00:00:00Z" });
    for (first, side) in [(0, &nodes[..3]), (3, &nodes[3..])] {
        members[first].post("/api/v1/organisations/own/words", &rests).expect(202);
        for node in side {
            until("all of this side are heard", || {
                let standing = node.api().get("/api/v1/minutes/standing").expect(200).json();
                let heard = standing["progress"]["heard"].as_array().map_or(0, Vec::len);
                hold(heard == side.len() && standing["progress"]["needed"] == 4, || {
                    format!("{}: {standing}", node.name)
                })
            });
        }
    }
    let waits = members[0].get("/api/v1/minutes/standing").expect(200).json();
    assert_eq!((&waits["needed"], &waits["reachable"]), (&json!(4), &json!(3)), "{waits}");
    assert_eq!(waits["unreached"], json!(["Dogwood", "Elm"]));
    // Knowledge goes on as ever.
    let written = nodes[3].api().add(&json!({ "title": "On the smaller side" }));
    until("the other on that side has it", || {
        hold(nodes[4].api().everything().contains_key(&written), || "it has not".into())
    });
    for node in &nodes {
        assert_eq!(hashes(node), before, "{}", node.name);
    }
    divided.mend();
    until_sign(&nodes, 3);
    let minute = until_final(&nodes, &decision);
    assert_eq!(minute["verdict"], "adopted");
    let all: Vec<Vec<String>> = nodes.iter().map(|node| hashes(node)).collect();
    assert!(all.iter().all(|hashes| *hashes == all[0]), "{all:?}");
}

#[test]
fn who_is_killed_after_it_voted_goes_on_from_there() {
    let mut network = Network::running(&["Alder", "Birch", "Cedar", "Dogwood"]);
    until_sign(&network.nodes.iter().collect::<Vec<_>>(), 4);
    let ada = voice(&network.nodes[0]);
    network.agree();
    // Two of four vote, and it takes three.
    assert!(network.nodes[2].stop(Signal::TERM).success() && network.nodes[3].stop(Signal::TERM).success());
    let rests = json!({ "say": "rest", "until": "2099-03-31T00:00:00Z" });
    ada.post("/api/v1/organisations/own/words", &rests).expect(202);
    let until_two_have_voted = |node: &Node| {
        until("two have voted", || {
            let standing = node.api().get("/api/v1/minutes/standing").expect(200).json();
            hold(standing["progress"]["heard"].as_array().map_or(0, Vec::len) == 2, || standing.to_string())
        });
    };
    until_two_have_voted(&network.nodes[1]);
    let goes_on = "the minute that was being agreed on is gone on with";
    assert!(!network.nodes[1].log().contains(goes_on));
    network.nodes[1].kill();
    network.nodes[1].start();
    assert!(network.nodes[1].log().contains(goes_on), "what it had said and heard was not there");
    until_two_have_voted(&network.nodes[1]);
    network.nodes[2].start();
    network.nodes[3].start();
    let nodes: Vec<&Node> = network.nodes.iter().collect();
    until_sign(&nodes, 3);
    let all: Vec<Vec<String>> = nodes.iter().map(|node| hashes(node)).collect();
    assert!(all.iter().all(|hashes| *hashes == all[0] && hashes.len() == 4), "{all:?}");
    nobody_contradicts_itself(&nodes);
}

/// That nobody has been seen to sign two things in one place.
fn nobody_contradicts_itself(nodes: &[&Node]) {
    for node in nodes {
        let standing = node.api().get("/api/v1/minutes/standing").expect(200).json();
        assert_eq!((&standing["contradicting"], &standing["diverged"]), (&json!([]), &json!([])), "{}", node.name);
    }
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
        nobody_contradicts_itself(&network.nodes.iter().collect::<Vec<_>>());
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
    nobody_contradicts_itself(&nodes);
}
