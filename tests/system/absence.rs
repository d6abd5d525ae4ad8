//! Nodes that are away, come late, or cannot reach each other: in the end all hold the same.

use rustix::process::Signal;
use serde_json::json;

use crate::harness::network::{Network, agree};

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
