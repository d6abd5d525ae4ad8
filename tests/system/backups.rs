//! Data folders that are put back from an old copy.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use rustix::process::Signal;
use serde_json::json;

use crate::harness::{
    api::Api,
    circle::{admit, answer, hashes, open, text, until_final, until_sign, voice},
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

#[test]
fn a_lost_store_of_one_that_was_admitted_is_filled_with_the_minutes_that_let_it_in() {
    let mut network = Network::running(&["Alder", "Birch"]);
    let nodes: Vec<&Node> = network.nodes.iter().collect();
    until_sign(&nodes, 2);
    let members: Vec<Api> = network.nodes.iter().map(voice).collect();
    let cedar = admit(&network, &nodes, &members, "Cedar");
    network.nodes.push(cedar);
    until_sign(&network.nodes.iter().collect::<Vec<_>>(), 3);
    // In the moment in which it has been let in, what it signs first is still being written, and it says so.
    let id = until("it can write", || {
        let got = network.nodes[2].api().post("/api/v1/resources", &json!({ "title": "Mine" }));
        hold(got.status != 503, || String::from_utf8_lossy(&got.body).into_owned())?;
        Ok(text(&got.expect(201).json()["id"]))
    });
    network.agree();
    let minutes = hashes(&network.nodes[0]);
    assert!(network.nodes[2].stop(Signal::TERM).success());
    fs::remove_dir_all(network.nodes[2].folder.join("store")).expect("the store can be removed");
    network.nodes[2].start();
    until("it has the minutes", || {
        let held = hashes(&network.nodes[2]);
        hold(held == minutes, || format!("{held:?}"))
    });
    assert_eq!(network.agree()[&id]["title"], "Mine");
    network.nodes[2].api().add(&json!({ "title": "And more" }));
    assert_eq!(network.agree().len(), 2);
}

#[test]
fn who_lost_its_store_signs_nothing_until_the_others_have_gone_on() {
    let mut network = Network::running(&["Alder", "Birch", "Cedar", "Dogwood"]);
    until_sign(&network.nodes.iter().collect::<Vec<_>>(), 4);
    let members: Vec<Api> = network.nodes.iter().map(voice).collect();
    network.agree();
    let decisions: Vec<String> =
        (0..4).map(|number| open(&members[0], &format!("Question {number}"), &json!([]))).collect();
    for (member, decision) in members[1..].iter().flat_map(|member| decisions.iter().map(move |one| (member, one))) {
        answer(member, decision, 1, "consent");
    }
    network.agree();
    assert!(network.nodes[1].stop(Signal::TERM).success());
    fs::remove_dir_all(network.nodes[1].folder.join("store")).expect("the store can be removed");
    network.nodes[1].start();
    let standing = |node: &Node| node.api().get("/api/v1/minutes/standing").expect(200).json();
    until("it knows that something is missing", || {
        let standing = standing(&network.nodes[1]);
        hold(standing["voice"] == "mute", || standing.to_string())
    });
    network.agree();

    // Three of the four are up, and one of them is mute: it hears the two others, and does not make up the three.
    assert!(network.nodes[3].stop(Signal::TERM).success());
    answer(&members[0], &decisions[0], 1, "consent");
    until("it has heard the others", || {
        let standing = standing(&network.nodes[1]);
        let progress = |list: &str| standing["progress"][list].as_array().cloned().unwrap_or_default();
        let (heard, awaited) = (progress("heard"), progress("awaited"));
        let both = ["Alder", "Cedar"].iter().all(|name| heard.contains(&json!(name)));
        hold(both && awaited.contains(&json!("Birch")) && standing["voice"] == "mute", || standing.to_string())
    });
    network.nodes[3].start();
    let nodes: Vec<&Node> = network.nodes.iter().collect();
    until_final(&nodes, &decisions[0]);
    for decision in &decisions[1..3] {
        answer(&members[0], decision, 1, "consent");
        until_final(&nodes, decision);
    }
    // What it may have forgotten is past: now it is needed, and signs.
    assert!(network.nodes[3].stop(Signal::TERM).success());
    answer(&members[0], &decisions[3], 1, "consent");
    until_final(&network.nodes[..3].iter().collect::<Vec<_>>(), &decisions[3]);
    assert_eq!(standing(&network.nodes[1])["voice"], "free");
}

/// The number of the newest change that a node holds, as it ends an event's id.
fn newest(node: &Node) -> String {
    let spaces = node.api().node()["spaces"].as_array().expect("a list").clone();
    let changes: u64 = spaces.iter().map(|space| space["changes"].as_u64().expect("a number")).sum();
    format!("-{changes}")
}
