//! Data folders that are put back from an old copy.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use rustix::process::Signal;
use serde_json::json;

use crate::harness::{
    daemon::Node,
    events::Events,
    network::Network,
    wait::{hold, until},
};

/// Copies a data folder, with its rights, as a backup program does.
fn copy(node: &Node, name: &str) -> PathBuf {
    let to = node.folder.with_extension(name);
    copy_folder(&node.folder, &to).expect("the folder can be copied");
    to
}

/// Puts a copy in the place of a data folder.
fn put_back(node: &Node, from: &Path) {
    fs::remove_dir_all(&node.folder).expect("the folder can be removed");
    copy_folder(from, &node.folder).expect("the copy can be put back");
}

fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    fs::set_permissions(to, fs::metadata(from)?.permissions())
}

#[test]
fn a_node_that_is_put_back_goes_on_without_harm_to_anyone() {
    let mut network = Network::running(&["Alder", "Birch", "Cedar"]);
    let id = network.nodes[1].api().add(&json!({ "title": "First", "tags": ["a"] }));
    network.agree();
    assert!(network.nodes[1].stop(Signal::TERM).success());
    let backup = copy(&network.nodes[1], "backup");

    // After the copy was made, the node writes, others build on that, and it tells a reader of both.
    network.nodes[1].start();
    let path = format!("/api/v1/resources/{id}");
    let mut events = Events::of(network.nodes[1].api(), None);
    let late = network.nodes[1].api().add(&json!({ "title": "After the copy" }));
    network.nodes[1].api().patch(&path, &json!({ "summary": "after the copy" })).expect(200);
    network.agree();
    network.nodes[2].api().patch(&path, &json!({ "title": "Built on it" })).expect(200);
    let before = network.agree();
    until("the reader has seen all three", || {
        while events.glance().is_some() {}
        let position = events.last_id.clone();
        hold(position.ends_with(&newest(&network.nodes[1])), || position)
    });
    let seen = events.last_id.clone();
    drop(events);
    assert!(network.nodes[1].stop(Signal::TERM).success());

    // While it is away, life goes on; then it comes back from the copy, and writes.
    network.nodes[0].api().patch(&path, &json!({ "tags": ["a", "b"] })).expect(200);
    put_back(&network.nodes[1], &backup);
    network.nodes[1].start();
    let mut events = Events::of(network.nodes[1].api(), Some(&seen));
    assert_eq!(events.next().name, "restart", "a reader who saw more than there is now must be told");
    let again = network.nodes[1].api().add(&json!({ "title": "After the restore" }));
    network.nodes[1].api().patch(&path, &json!({ "summary": "after the restore" })).expect(200);
    let shown = network.agree();
    assert_eq!(shown[&late], before[&late], "what it wrote after the copy comes back from the others");
    assert_eq!(shown[&again]["title"], "After the restore");
    assert_eq!((&shown[&id]["title"], &shown[&id]["tags"]), (&json!("Built on it"), &json!(["a", "b"])));
    let summaries = [json!("after the restore"), json!("after the copy")];
    assert!(summaries.contains(&shown[&id]["summary"]), "{}", shown[&id]);

    // The reader hears of everything that there is, each thing once.
    let mut documents = Vec::new();
    until("the reader is told of all", || {
        documents.extend(events.glance().map(|event| (event.data["document"].clone(), event.data["change"].clone())));
        let told = |id: &str| documents.iter().any(|(document, _)| document == id);
        hold([&id, &late, &again].into_iter().all(|id| told(id)), || format!("{documents:?}"))
    });
    let changes: std::collections::HashSet<_> = documents.iter().map(|(_, change)| change.to_string()).collect();
    assert_eq!(changes.len(), documents.len(), "a change was told twice");
    for node in &network.nodes {
        let faults = node.api().node()["peers"].as_array().expect("a list").iter().any(|peer| !peer["fault"].is_null());
        assert!(!faults, "{} blames somebody: {}", node.name, node.api().node());
    }
}

#[test]
fn copies_of_a_running_node_and_of_a_killed_one_can_be_put_back() {
    let mut network = Network::running(&["Alder", "Birch"]);
    for number in 0..50 {
        network.nodes[1].api().add(&json!({ "title": format!("Entry {number}"), "body": "x".repeat(3_000) }));
    }
    // The sequel of a hot copy is not known beforehand: files are copied while they are written.
    let hot = std::thread::scope(|scope| {
        let node = &network.nodes[1];
        let writing = scope.spawn(|| {
            for number in 50..150 {
                node.api().add(&json!({ "title": format!("Entry {number}"), "body": "y".repeat(3_000) }));
            }
        });
        let hot = copy(node, "hot");
        writing.join().expect("writing does not panic");
        hot
    });
    network.agree();
    network.nodes[1].kill();
    let cold = copy(&network.nodes[1], "cold");
    for backup in [cold, hot] {
        put_back(&network.nodes[1], &backup);
        network.nodes[1].start();
        let shown = network.agree();
        assert_eq!(shown.len(), 150);
        network.nodes[1].kill();
    }
}

#[test]
fn a_lost_store_is_filled_by_the_others() {
    let mut network = Network::running(&["Alder", "Birch"]);
    let id = network.nodes[1].api().add(&json!({ "title": "Mine" }));
    network.agree();
    assert!(network.nodes[1].stop(Signal::TERM).success());
    fs::remove_dir_all(network.nodes[1].folder.join("store")).expect("the store can be removed");
    network.nodes[1].start();
    let shown = network.agree();
    assert_eq!(shown[&id]["title"], "Mine");
    network.nodes[1].api().add(&json!({ "title": "And more" }));
    assert_eq!(network.agree().len(), 2);
}

/// The number of the newest change that a node holds, as it ends an event's id.
fn newest(node: &Node) -> String {
    let spaces = node.api().node()["spaces"].as_array().expect("a list").clone();
    let changes: u64 = spaces.iter().map(|space| space["changes"].as_u64().expect("a number")).sum();
    format!("-{changes}")
}
