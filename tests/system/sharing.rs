//! Three organisations found a network, write, and see the same.

use serde_json::json;

use crate::harness::{
    network::{Network, agree, peer},
    wait::{hold, until},
};

#[test]
fn what_one_writes_all_have() {
    let network = Network::running(&["Alder", "Birch", "Cedar"]);
    let [alder, birch, cedar] = &network.nodes[..] else { panic!("there are three") };
    for node in &network.nodes {
        for other in network.nodes.iter().filter(|other| other.name != node.name) {
            until("everyone is connected with everyone", || {
                let peer = peer(node, &other.name);
                hold(peer["connected"] == true && peer["in_step"] == true, || format!("{}: {peer}", node.name))
            });
        }
    }

    let new = json!({
        "title": "Falls prevention at home",
        "summary": "Six things to look at on a first visit.",
        "body": "Light.\n\nRugs.\n",
        "kind": "toolkit",
        "links": ["https://www.example.org/falls", "not a link"],
        "tags": ["falls", "home"],
        "licence": "CC-BY-4.0",
        "language": "en-GB",
    });
    let id = alder.api().add(&new);
    let shown = network.agree();
    let entry = &shown[&id];
    for (field, value) in new.as_object().expect("an object") {
        assert_eq!(&entry[field], value, "{field}");
    }
    let contributors = entry["contributors"].as_array().expect("a list");
    assert_eq!(contributors.len(), 1);
    assert_eq!((&contributors[0]["organisation"], &contributors[0]["automatic"]), (&json!("Alder"), &json!(true)));
    assert!(entry["created"].is_string() && entry["created"] == entry["changed"], "{entry}");

    birch.api().patch(&format!("/api/v1/resources/{id}"), &json!({ "tags": ["falls", "home", "balance"] })).expect(200);
    agree(&[alder, birch, cedar]);
    cedar.api().patch(&format!("/api/v1/resources/{id}"), &json!({ "summary": "Seven things." })).expect(200);
    let shown = network.agree();
    let entry = &shown[&id];
    assert_eq!((&entry["tags"], &entry["summary"]), (&json!(["falls", "home", "balance"]), &json!("Seven things.")));
    let who: Vec<_> = entry["contributors"].as_array().expect("a list").iter().map(|by| &by["organisation"]).collect();
    assert_eq!(who, ["Alder", "Birch", "Cedar"]);
    assert_eq!(entry["conflicts"], json!({}));
    assert!(entry["changed"].as_str() >= entry["created"].as_str(), "{entry}");

    for node in &network.nodes {
        let history = node.api().get(&format!("/api/v1/resources/{id}/history")).expect(200).json();
        let changes = history["items"].as_array().expect("a list");
        let by: Vec<_> = changes.iter().map(|change| &change["by"]["organisation"]).collect();
        assert_eq!(by, ["Alder", "Birch", "Cedar"], "{}", node.name);
        assert_eq!(changes[1]["fields"], json!(["tags"]), "{}", node.name);
        assert_eq!(changes[2]["dependencies"], json!([changes[1]["id"]]), "{}", node.name);
    }
}

#[test]
fn the_command_line_says_the_same_as_the_api() {
    let network = Network::running(&["Alder", "Birch", "Cedar"]);
    let [alder, birch, cedar] = &network.nodes[..] else { panic!("there are three") };
    let added = alder
        .cli(["resource", "add", "--title", "Home visits", "--summary", "What to ask.", "--json"])
        .arg("--tag")
        .arg("visits")
        .arg("--link")
        .arg("https://www.example.org/visits")
        .done()
        .json();
    let id = added["id"].as_str().expect("a resource has an id").to_owned();
    network.agree();
    birch.cli(["resource", "edit", &id, "--title", "Home visits, again", "--json"]).done();
    let shown = network.agree();
    assert_eq!(shown[&id]["title"], "Home visits, again");

    for node in [alder, birch, cedar] {
        let listed = node.cli(["resource", "list", "--json"]).done().json();
        assert_eq!(listed["items"], json!([shown[&id]]), "{}", node.name);
        assert_eq!(node.cli(["resource", "show", &id, "--json"]).done().json(), shown[&id], "{}", node.name);
        let history = node.cli(["resource", "history", &id, "--json"]).done().json();
        assert_eq!(history["total"], 2, "{}", node.name);
        let words = node.cli(["resource", "list"]).done().text();
        assert!(words.contains("Home visits, again"), "{words}");
        let status = node.cli(["status", "--json"]).done().json();
        assert_eq!(status["organisation"], node.name.as_str());
        assert_eq!(status["spaces"], node.api().node()["spaces"], "{}", node.name);
        let words = node.cli(["status"]).done().text();
        for other in ["Alder", "Birch", "Cedar"] {
            assert!(words.contains(other), "{other} is not in {words}");
        }
    }
}

#[test]
fn five_nodes_agree_on_what_all_of_them_write_at_once() {
    let network = Network::running(&["Alder", "Birch", "Cedar", "Dogwood", "Elm"]);
    std::thread::scope(|scope| {
        for node in &network.nodes {
            scope.spawn(move || {
                for number in 0..20 {
                    node.api().add(&json!({ "title": format!("{} {number}", node.name) }));
                }
            });
        }
    });
    assert_eq!(network.agree().len(), 100);
    // All of them edit one resource at once: nobody's tag is lost, and all show the same title.
    let id = network.nodes[0].api().add(&json!({ "title": "Together", "tags": ["first"] }));
    network.agree();
    let path = format!("/api/v1/resources/{id}");
    std::thread::scope(|scope| {
        for node in &network.nodes {
            let path = &path;
            scope.spawn(move || {
                let title = format!("Together, says {}", node.name);
                node.api().patch(path, &json!({ "title": title })).expect(200);
                // Where somebody else's edit comes in between, the tag goes to what is there by then.
                until("the tag is added", || {
                    let now = node.api().get(path).expect(200);
                    let mut tags = now.json()["tags"].as_array().expect("a list").clone();
                    tags.push(json!(node.name));
                    let seen = now.header("etag").expect("a tag");
                    let answer = node.api().patch_with(path, &[("If-Match", seen)], &json!({ "tags": tags }));
                    hold(answer.status == 200, || answer.expect(412).status.to_string())
                });
            });
        }
    });
    let shown = network.agree();
    let tags = shown[&id]["tags"].as_array().expect("a list");
    for node in &network.nodes {
        assert!(tags.contains(&json!(node.name)), "the tag of {} is lost: {tags:?}", node.name);
    }
}
