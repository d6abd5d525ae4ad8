//! Nodes that are away, come late, or cannot reach each other: in the end all hold the same.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use rustix::process::Signal;
use serde_json::json;

use crate::harness::{
    dice::Dice,
    divided::Divided,
    network::{Network, agree},
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
