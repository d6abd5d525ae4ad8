//! Several nodes of one organisation: one signs minutes, the others are served beside it and can take its place.

use std::time::Duration;

use rustix::process::Signal;
use serde_json::{Value, json};

use super::pages::PASSPHRASE;
use crate::harness::{
    api::Api,
    circle::{answer, open, text, until_final, until_sign, voice},
    clock::Clock,
    daemon::Node,
    network::{Network, agree},
    wait::{hold, until},
};

#[test]
fn a_second_node_is_served_signs_when_it_is_named_and_goes_on_without_the_first() {
    let mut network = Network::running(&["Alder", "Birch", "Cedar"]);
    until_sign(&network.nodes.iter().collect::<Vec<_>>(), 3);
    let members: Vec<Api> = network.nodes.iter().map(voice).collect();
    let shown = json!({ "profile": { "contact": { "value": "marker-of-birch", "shown_to": "organisation" } } });
    members[1].patch("/api/v1/me", &shown).expect(200);

    let mut second = second_node(&network, &members[1]);
    second.start();
    let asks = until_state(&network.nodes[1], "asks");
    // A stranger until then: it has what its invitation told it, and nothing is served to it.
    assert_eq!(second.api().node()["resources"], 0);
    until("everybody turns it away", || {
        let peers = second.api().node()["peers"].clone();
        let mut others = peers.as_array().into_iter().flatten();
        hold(others.all(|peer| peer["declines"] == true), || peers.to_string())
    });
    assert_eq!(second.api().node()["turned_away_by"], json!([]), "it never was in the network");
    nobody_else_adds_it(&network, &members);
    network.nodes[1].cli(["nodes", "add"]).done();
    network.nodes.push(second);
    network.agree();
    for node in &network.nodes {
        until_peers(node, "Birch", if node.name.starts_with("Birch") { 1 } else { 2 });
    }
    let listed = network.nodes[3].cli(["nodes", "list"]).done().text();
    assert!(listed.contains("signs") && listed.contains("served") && listed.contains("this one"), "{listed}");
    // What both certify and sign is Birch's, and what is shown to its members alone is on its nodes alone.
    let bea = voice(&network.nodes[3]);
    let person = text(&members[1].get("/api/v1/session").expect(200).json()["person"]);
    let seen = |member: &Api| member.get(&format!("/api/v1/members/{person}")).json().to_string();
    until("what Birch's members show each other is at its second node", || {
        hold(seen(&bea).contains("marker-of-birch"), || seen(&bea))
    });
    assert!(!seen(&members[0]).contains("marker-of-birch"));
    let profile = format!("/api/v1/organisations/{}", text(&network.nodes[1].api().node()["organisation_key"]));
    assert_eq!(network.nodes[0].api().get(&profile).json()["conflicts"], json!({}), "it was not said twice");

    // It signs once it is named, and goes on while the first is away.
    let second = text(&network.nodes[3].api().node()["node_key"]);
    assert_eq!(second, asks);
    network.nodes[1].cli(["nodes", "sign", &second]).done();
    for node in [&network.nodes[1], &network.nodes[3]] {
        until("the second signs", || {
            let nodes = node.api().get("/api/v1/nodes").expect(200).json();
            hold(state_of(&nodes, &second) == "signs" && nodes["items"][1]["state"] == "served", || nodes.to_string())
        });
    }
    assert!(network.nodes[1].stop(Signal::TERM).success());
    let rest: Vec<&Node> = [0, 2, 3].map(|place| &network.nodes[place]).to_vec();
    decide(&rest, "Meet in spring", &[&members[0], &members[2], &bea]);

    // And back: the first has all that came meanwhile.
    network.nodes[1].start();
    network.agree();
    let first = text(&network.nodes[1].api().node()["node_key"]);
    network.nodes[3].cli(["nodes", "sign", &first]).done();
    until("the first signs again", || {
        let nodes = network.nodes[0].api().get("/api/v1/minutes").expect(200).json();
        let own = network.nodes[1].api().get("/api/v1/nodes").expect(200).json();
        hold(state_of(&own, &first) == "signs", || format!("{own} {nodes}"))
    });
    decide(&network.nodes.iter().collect::<Vec<_>>(), "Meet in autumn", &[&members[0], &members[2], &bea]);

    // One that is ended is served no more, and nothing of what was written with it is lost.
    let signs = network.nodes[1].cli(["nodes", "end", &first]).run().expect_code(1);
    assert!(signs.stderr.contains("name another"), "{}", signs.stderr);
    network.nodes[1].cli(["nodes", "end", &second[..12]]).done();
    // Whoever adds the next does not bring it back unknowing; by its key it is served again, while the others still say goodbye.
    let nobody = network.nodes[1].cli(["nodes", "add"]).run().expect_code(1);
    assert!(nobody.stderr.contains("no node of this organisation asks"), "{}", nobody.stderr);
    network.nodes[1].cli(["nodes", "add", &second[..12]]).done();
    for node in &network.nodes[..3] {
        until_peers(node, "Birch", if node.name == "Birch" { 1 } else { 2 });
    }
    network.agree();
    network.nodes[1].cli(["nodes", "end", &second[..12]]).done();
    for node in &network.nodes[..3] {
        until_peers(node, "Birch", usize::from(node.name != "Birch"));
    }
    assert_eq!(until_state(&network.nodes[1], "ended"), second);
    bea.post("/api/v1/resources", &json!({ "title": "Said to nobody" })).expect(201);
    members[0].post("/api/v1/resources", &json!({ "title": "Said to the others" })).expect(201);
    agree(&network.nodes[..3].iter().collect::<Vec<_>>());
    let titles = network.nodes[0].api().get("/api/v1/resources").expect(200).json().to_string();
    assert!(titles.contains("Said to the others") && !titles.contains("Said to nobody"), "{titles}");
}

#[test]
fn whose_only_machine_is_lost_comes_back_with_another_by_a_decision() {
    let mut network = Network::running(&["Alder", "Birch", "Cedar", "Dogwood"]);
    until_sign(&network.nodes.iter().collect::<Vec<_>>(), 4);
    let members: Vec<Api> = network.nodes.iter().map(voice).collect();
    let kept = network.nodes[1].api().add(&json!({ "title": "What Birch knew" }));
    network.agree();
    let key = text(&network.nodes[1].api().node()["organisation_key"]);
    let node = json!([{ "kind": "node", "organisation": key }]);
    let body = json!({ "title": "Another node", "text": "T", "method": { "kind": "consent" }, "effects": node });
    let refused = members[0].post("/api/v1/decisions", &body).expect(422).json().to_string();
    assert!(refused.contains("has applied here with another node"), "{refused}");
    // All that is left of its machine is a copy of its organisation's key.
    let lost = network.nodes.remove(1);
    let mut second = second_node_of(&network, &lost, &members[0], &network.nodes[0]);
    drop(lost);
    second.start();
    until("the application has come", || {
        let listed = members[0].get("/api/v1/admissions").expect(200).json();
        let asks = &listed["items"][0];
        hold(asks["name"] == "Birch" && asks["state"] == "waiting", || listed.to_string())
    });
    let admit = network.nodes[0].cli(["network", "admit", "Birch", "--json"]).env("KNOTWORK_TOKEN", &members[0].token);
    let decision = text(&admit.done().json()["id"]);
    let opened = members[0].get(&format!("/api/v1/decisions/{decision}")).expect(200).json();
    let effect = &opened["effects"][0];
    assert_eq!((&effect["kind"], &effect["organisation"]), (&json!("node"), &json!(key)), "{opened}");
    for place in [0, 2, 3] {
        answer(&members[place], &decision, 1, "consent");
    }
    network.agree();
    // Birch cannot answer, so that it closes by the clock.
    let clock = Clock::ahead(network.folder(), Duration::from_secs(40 * 86_400));
    for node in &mut network.nodes {
        assert!(node.stop(Signal::TERM).success());
        node.clock = Some(clock.clone());
        node.start();
    }
    assert_eq!(until_final(&network.nodes.iter().collect::<Vec<_>>(), &decision)["verdict"], "adopted");
    network.nodes.push(second);
    until_sign(&network.nodes.iter().collect::<Vec<_>>(), 4);
    let shown = network.agree();
    assert!(shown.contains_key(&kept), "what it wrote before is its own still");
    let back = &network.nodes[3];
    back.api().add(&json!({ "title": "Birch is back" }));
    network.agree();
    // It is needed, and signs.
    assert!(network.nodes[2].stop(Signal::TERM).success());
    let bea = voice(&network.nodes[3]);
    let rests = json!({ "say": "rest", "until": "2099-03-31T00:00:00Z" });
    bea.post("/api/v1/organisations/own/words", &rests).expect(202);
    until_sign(&[&network.nodes[0], &network.nodes[1], &network.nodes[3]], 3);
}

#[test]
fn an_organisation_gives_its_node_up_for_a_hosts() {
    let network = Network::running(&["Alder", "Birch"]);
    let (alder, birch) = (&network.nodes[0], &network.nodes[1]);
    until_sign(&[alder, birch], 2);
    let members: Vec<Api> = network.nodes.iter().map(voice).collect();
    let key = text(&birch.api().node()["organisation_key"]);
    let moving = |words: &[&str]| birch.cli(words.iter().copied()).env("KNOTWORK_TOKEN", &members[1].token);
    let unsaid = moving(&["network", "move", "Alder"]).run().expect_code(2);
    assert!(unsaid.stderr.contains("--yes"), "{}", unsaid.stderr);
    let file = birch.folder.join("keys/organisation.key");
    let added = alder.cli(["hosted", "add", "Birch", "--json", "--organisation-key"]).arg(&file).done().json();
    assert_eq!(added["state"], "elsewhere", "its own node speaks for it");
    moving(&["network", "move", "Alder", "--yes"]).done();

    until_sign(&[alder], 1);
    until_peers(alder, "Birch", 0);
    let shown = alder.api().get(&format!("/api/v1/organisations/{key}")).expect(200).json();
    assert_eq!((&shown["signing"], &shown["node"]), (&json!(false), &json!("")), "{shown}");
    // Its members are at home with the host now, and decide like all others.
    let link = alder.cli(["hosted", "invite", "Birch", "--json"]).done().json();
    let account = json!({
        "set_up_code": text(&link["path"]).trim_start_matches("/set-up/"),
        "sign_in_name": "bea",
        "passphrase": PASSPHRASE,
        "name": "Bea",
        "agrees": true,
    });
    alder.api().post("/api/v1/accounts", &account).expect(201);
    let session = alder.api().post("/api/v1/session", &json!({ "name": "bea", "passphrase": PASSPHRASE })).expect(201);
    let bea = Api::new(alder.api().address, text(&session.json()["token"]));
    let person = bea.get("/api/v1/session").expect(200).json()["person"].clone();
    let given = bea.post("/api/v1/mandates", &json!({ "person": person })).expect(201).json();
    bea.patch(&format!("/api/v1/mandates/{}", text(&given["id"])), &json!({ "accepted": true })).expect(200);
    decide(&[alder], "Meet in spring", &[&members[0], &bea]);
}

/// Sets a second node up for Birch, with its key and an invitation of its first node.
fn second_node(network: &Network, member: &Api) -> Node {
    second_node_of(network, &network.nodes[1], member, &network.nodes[1])
}

/// Sets another node up for Birch, with the key in its first one's folder and an invitation by a member of this node.
fn second_node_of(network: &Network, first: &Node, member: &Api, sponsor: &Node) -> Node {
    let root = network.folder();
    let second = Node::init_further(root, ("Birch-2", "Birch"), &first.folder.join("keys/organisation.key"));
    let card: Value = serde_json::from_slice(&std::fs::read(sponsor.card()).expect("a card")).expect("JSON");
    let invited = member.post("/api/v1/admissions/invitations", &json!({ "addresses": card["addresses"] })).expect(201);
    let invitation = root.join("birch.invitation");
    let bytes = data_encoding::BASE64.decode(text(&invited.json()["invitation"]).as_bytes()).expect("Base64");
    std::fs::write(&invitation, bytes).expect("a file");
    let joined = second.cli(["join", "--yes"]).arg(&invitation).arg("--out").arg(root.join("birch.application")).done();
    assert!(joined.text().contains("knotwork nodes add"), "{}", joined.text());
    second
}

/// Neither a member nor another organisation lets it in.
fn nobody_else_adds_it(network: &Network, members: &[Api]) {
    members[1].post("/api/v1/nodes", &json!({})).expect(403);
    network.nodes[0].cli(["nodes", "add"]).run().expect_code(1);
    let application = network.folder().join("birch.application");
    let handed_in = data_encoding::BASE64.encode(&std::fs::read(&application).expect("it was written"));
    let answer = members[1].post("/api/v1/admissions", &json!({ "application": handed_in })).expect(409).json();
    assert!(answer["detail"].as_str().is_some_and(|detail| detail.contains("knotwork nodes add")), "{answer}");
    let refused = network.nodes[0].cli(["nodes", "add"]).arg(&application).run().expect_code(1);
    assert!(refused.stderr.contains("another organisation's"), "{}", refused.stderr);
    let admissions = members[1].get("/api/v1/admissions").expect(200).json();
    assert_eq!(admissions["items"], json!([]), "nobody decides on it");
}

/// Opens a decision at the first of these nodes, has these members agree, and waits until all show it as final.
fn decide(nodes: &[&Node], title: &str, members: &[&Api]) {
    let decision = open(members[0], title, &json!([]));
    for member in members {
        answer(member, &decision, 1, "consent");
    }
    let minute = until_final(nodes, &decision);
    assert_eq!(minute["counts"][0]["count"], members.len(), "{minute}");
}

/// Waits until a node lists one of its organisation's in this state, and gives its key.
fn until_state(node: &Node, state: &str) -> String {
    until("a node is so", || {
        let nodes = node.api().get("/api/v1/nodes").expect(200).json();
        let found = nodes["items"].as_array().into_iter().flatten().find(|one| one["state"] == state);
        found.map(|one| text(&one["node"])).ok_or_else(|| nodes.to_string())
    })
}

fn state_of(nodes: &Value, key: &str) -> String {
    let found = nodes["items"].as_array().into_iter().flatten().find(|one| one["node"] == key);
    found.map(|one| text(&one["state"])).unwrap_or_default()
}

/// Waits until a node is connected with so many nodes of an organisation, and knows no more of them.
fn until_peers(node: &Node, organisation: &str, count: usize) {
    until("so many nodes of it are there", || {
        let said = node.api().node();
        let peers = said["peers"].as_array().into_iter().flatten();
        let of_it: Vec<&Value> = peers.filter(|peer| peer["organisation"] == organisation).collect();
        let holds = of_it.len() == count && of_it.iter().all(|peer| peer["connected"] == true);
        hold(holds, || format!("{}: {}", node.name, said["peers"]))
    });
}
