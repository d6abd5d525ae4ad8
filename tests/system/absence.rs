//! Nodes that are away, come late, or cannot reach each other: in the end all hold the same.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::harness::{
    api::Api,
    circle::{answer, hashes, open_until, sign_in, until_final, until_sign, voice},
    clock::{Clock, time_in},
    daemon::Node,
    dice::Dice,
    divided::Divided,
    network::{Network, agree},
    wait::{hold, until},
};

#[test]
fn one_that_comes_late_and_one_that_was_away_catch_up() {
    let mut network = Network::of(&["Alder", "Birch", "Cedar", "Dogwood", "Elm"]);
    for node in &mut network.nodes[..4] {
        node.start();
    }
    let first: Vec<String> =
        (0..30).map(|number| network.nodes[0].api().add(&json!({ "title": format!("Early {number}") }))).collect();
    network.agree();

    // One goes; the others add and edit.
    assert!(network.nodes[3].stop(Signal::TERM).success());
    for (number, id) in first.iter().enumerate() {
        let writer = &network.nodes[number % 3];
        writer
            .api()
            .patch(&format!("/api/v1/resources/{id}"), &json!({ "summary": format!("by {}", writer.name) }))
            .expect(200);
        writer.api().add(&json!({ "title": format!("Later {number}") }));
    }
    let without = network.agree();
    assert_eq!(without.len(), 60);

    // It comes back, and writes at once; the last one has never been there.
    network.nodes[3].start();
    network.nodes[3].api().add(&json!({ "title": "Back again" }));
    network.nodes[4].start();
    let id = network.nodes[4].api().add(&json!({ "title": "New here" }));
    let shown = network.agree();
    assert_eq!(shown.len(), 62);
    assert!(without.iter().all(|(id, entry)| shown.get(id) == Some(entry)), "something changed on the way");
    assert_eq!(shown[&id]["contributors"][0]["organisation"], "Elm");

    // Whoever began the network may go for good.
    network.nodes[0].kill();
    network.nodes[1].api().add(&json!({ "title": "Without the first" }));
    let rest: Vec<_> = network.nodes[1..].iter().collect();
    assert_eq!(agree(&rest).len(), 63);
}

#[test]
fn who_was_away_for_a_day_of_decisions_comes_to_the_same_minutes_and_signs_again() {
    let mut network = Network::running(&["Alder", "Birch", "Cedar", "Dogwood", "Elm"]);
    until_sign(&network.nodes.iter().collect::<Vec<_>>(), 5);
    let members: Vec<Api> = network.nodes.iter().map(voice).collect();
    network.agree();
    assert!(network.nodes[3].stop(Signal::TERM).success());

    // What is opened then closes that day without an answer of the one that is away.
    let mut charter = members[0].get("/api/v1/charter").expect(200).json()["charter"].clone();
    charter["purpose"] = json!("To share what helps, and to say what does not.");
    let amended = json!([{ "kind": "charter", "charter": charter }]);
    let opened: Vec<String> = [("Meet in spring", json!([])), ("Another purpose", amended)]
        .iter()
        .map(|(title, effects)| open_until(&members[0], title, effects, &time_in(23 * HOUR)))
        .collect();
    let staying = [0, 1, 2, 4];
    for decision in &opened {
        staying.iter().for_each(|place| answer(&members[*place], decision, 1, "consent"));
    }
    network.agree();

    // A day later by everyone's clock. Then another organisation leaves.
    let clock = Clock::ahead(network.folder(), 24 * HOUR);
    for node in &mut network.nodes {
        node.clock = Some(clock.clone());
        if node.is_running() {
            assert!(node.stop(Signal::TERM).success());
        }
    }
    staying.iter().for_each(|place| network.nodes[*place].start());
    let others: Vec<&Node> = [0, 1, 2].map(|place| &network.nodes[place]).into();
    for decision in &opened {
        assert_eq!(until_final(&others, decision)["verdict"], "adopted");
    }
    let elm = sign_in(&network.nodes[4]);
    elm.post("/api/v1/organisations/own/words", &json!({ "say": "leave" })).expect(202);
    until_sign(&others, 4);
    let minutes = hashes(others[0]);

    // It comes back, to another roster and another charter.
    network.nodes[3].start();
    let nodes: Vec<&Node> = network.nodes[..4].iter().collect();
    until_sign(&nodes[3..], 4);
    let parts =
        |path: &str| -> Vec<Value> { nodes.iter().map(|node| node.api().get(path).expect(200).json()).collect() };
    assert_eq!(hashes(nodes[3]), minutes);
    until("it has the charter", || {
        let charters = parts("/api/v1/charter");
        hold(charters.iter().all(|one| *one == charters[0] && one["charter"] == charter), || format!("{charters:#?}"))
    });
    let members: Vec<Api> = nodes.iter().map(|node| sign_in(node)).collect();

    // Of four, three have to sign: with another gone, nothing is final without it.
    let decision = open_until(&members[0], "Together again", &json!([]), &time_in(30 * HOUR));
    for member in &members[..3] {
        answer(member, &decision, 1, "consent");
    }
    let path = format!("/api/v1/decisions/{decision}");
    until("all three answers are there", || {
        let shown = members[3].get(&path);
        hold(shown.status == 200 && shown.json()["answered"] == 3, || String::from_utf8_lossy(&shown.body).into_owned())
    });
    network.nodes[2].kill();
    answer(&members[3], &decision, 1, "consent");
    let there: Vec<&Node> = [0, 1, 3].map(|place| &network.nodes[place]).into();
    let minute = until_final(&there, &decision);
    assert_eq!((&minute["verdict"], &minute["counts"][0]["count"]), (&json!("adopted"), &json!(4)));
    let page = there[2].api().get("/api/v1/minutes?limit=1").expect(200).json();
    let signed: Vec<&Value> =
        page["items"][0]["signed_by"].as_array().into_iter().flatten().map(|by| &by["name"]).collect();
    assert_eq!(signed.len(), 3);
    assert!(signed.contains(&&json!("Dogwood")), "{signed:?}");
    assert!(there.iter().all(|node| hashes(node) == hashes(there[0])));
}

#[test]
fn two_sides_that_edit_the_same_apart_agree_when_they_meet_again() {
    let divided = Divided::running(&[&["Alder", "Birch"], &["Cedar", "Dogwood"]]);
    let nodes = &divided.network.nodes;
    let new = json!({ "title": "Shared", "summary": "both", "body": "One.\n\nTwo.\n", "tags": ["a", "b"], "licence": "none" });
    let id = nodes[0].api().add(&new);
    divided.network.agree();

    divided.cut();
    divided.wait_connected(|one, other| one / 2 == other / 2);
    let path = format!("/api/v1/resources/{id}");
    let left = json!({ "title": "Left", "summary": "left", "body": "One.\n\nLeft.\n\nTwo.\n", "tags": ["a", "left"] });
    let right =
        json!({ "title": "Right", "body": "One.\n\nTwo.\n\nRight.\n", "tags": ["a", "b", "right"], "licence": "CC0" });
    nodes[0].api().patch(&path, &left).expect(200);
    nodes[3].api().patch(&path, &right).expect(200);
    nodes[1].api().add(&json!({ "title": "Only left" }));
    nodes[2].api().add(&json!({ "title": "Only right" }));
    let left = agree(&[&nodes[0], &nodes[1]]);
    let right = agree(&[&nodes[2], &nodes[3]]);
    assert_eq!((left.len(), right.len()), (2, 2));
    assert_eq!((&left[&id]["title"], &right[&id]["title"]), (&json!("Left"), &json!("Right")));

    divided.mend();
    let shown = divided.network.agree();
    assert_eq!(shown.len(), 3);
    let entry = &shown[&id];
    // Different fields both stay, texts and lists merge, and both values of one short field are shown.
    assert_eq!((&entry["summary"], &entry["licence"]), (&json!("left"), &json!("CC0")));
    assert_eq!(entry["body"], "One.\n\nLeft.\n\nTwo.\n\nRight.\n");
    let mut tags: Vec<_> = entry["tags"].as_array().expect("a list").iter().filter_map(|tag| tag.as_str()).collect();
    tags.sort_unstable();
    assert_eq!(tags, ["a", "left", "right"]);
    let conflict = entry["conflicts"]["title"].as_array().expect("both titles are shown");
    assert_eq!(conflict[0], entry["title"], "the first is the one that is shown");
    let mut both: Vec<_> = conflict.iter().filter_map(|title| title.as_str()).collect();
    both.sort_unstable();
    assert_eq!(both, ["Left", "Right"]);

    // Settling it on one side settles it for all.
    nodes[2].api().patch(&path, &json!({ "title": "Settled" })).expect(200);
    let entry = &divided.network.agree()[&id];
    assert_eq!((&entry["title"], &entry["conflicts"]), (&json!("Settled"), &json!({})));
}

#[test]
fn wires_that_break_again_and_again_lose_nothing() {
    const SEED: u64 = 11;
    eprintln!("seed {SEED}");
    let mut dice = Dice::new(SEED);
    let divided = Divided::running(&[&["Alder"], &["Birch"], &["Cedar"]]);
    let over = AtomicBool::new(false);
    let added: usize = std::thread::scope(|scope| {
        let writers: Vec<_> = divided
            .network
            .nodes
            .iter()
            .map(|node| {
                let over = &over;
                scope.spawn(move || {
                    let body = "Text. ".repeat(100);
                    let all = (0..).take_while(|_| !over.load(Ordering::SeqCst));
                    all.map(|number| {
                        node.api().add(&json!({ "title": format!("{} {number}", node.name), "body": body }))
                    })
                    .count()
                })
            })
            .collect();
        for _ in 0..12 {
            // When and which is what is tried here, so these are times and no conditions.
            let wire = dice.pick(&divided.wires);
            if dice.below(2) == 0 {
                wire.cut()
            } else {
                wire.block()
            }
            std::thread::sleep(Duration::from_millis(50 + dice.below(400) as u64));
            wire.mend();
            std::thread::sleep(Duration::from_millis(dice.below(400) as u64));
        }
        over.store(true, Ordering::SeqCst);
        writers.into_iter().map(|writer| writer.join().expect("writing does not panic")).sum()
    });
    assert_eq!(divided.network.agree().len(), added);
}

const HOUR: Duration = Duration::from_secs(3_600);
