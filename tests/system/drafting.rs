//! A text that several organisations write and talk about, before a decision is opened with it.

use serde_json::json;

use super::pages::Browser;
use crate::harness::{
    api::Api,
    circle::{text, until_sign},
    daemon::Node,
    network::Network,
    wait::{hold, until},
};

#[test]
fn a_text_is_drafted_and_discussed_together_before_it_is_decided() {
    let network = Network::running(&["Alder", "Birch"]);
    let nodes: Vec<&Node> = network.nodes.iter().collect();
    until_sign(&nodes, 2);
    let mut ada = Browser::of_first_member(nodes[0], "Ada");
    let mut bea = Browser::of_first_member(nodes[1], "Bea");
    let entry = json!({ "title": "Meet in spring", "body": "We meet in March." });
    let written = member(nodes[0], &ada).post("/api/v1/resources", &entry).expect(201).json();
    let id = text(&written["id"]);
    let path = format!("/library/{id}");
    network.agree();

    // One writes on, asks, and says what they think; what is missing is said, and nothing typed is lost.
    let edit = json!({ "body": "We meet in April." });
    member(nodes[1], &bea).patch(&format!("/api/v1/resources/{id}"), &edit).expect(200);
    let page = bea.get(&path);
    assert!(page.body.contains("Nobody has said anything yet."), "{}", page.body);
    assert!(!page.body.contains("value=\"dissent\""), "nothing is decided yet: {}", page.body);
    let remarks = format!("{path}/remarks");
    let without_kind = bea.send(&page, &remarks, &[("key", "one"), ("text", "Who pays?")]);
    assert!(without_kind.status == 422 && without_kind.body.contains("Who pays?"), "{}", without_kind.body);
    let asked = bea.send(&page, &remarks, &[("key", "one"), ("kind", "question"), ("text", "Who pays <us>?")]);
    assert_eq!(asked.location(), format!("{path}?done=said#remarks"), "{}", asked.body);
    for (kind, key) in [("dissent", "two"), ("outcome", "three"), ("hearing", "four")] {
        let refused = bea.send(&page, &remarks, &[("key", key), ("kind", kind), ("text", "No.")]);
        assert_eq!(refused.status, 422, "{kind}: {}", refused.body);
    }
    until("the question is with the other", || {
        let page = ada.get(&path);
        hold(page.body.contains("Who pays &lt;us&gt;?") && page.body.contains("Answer"), || page.body.clone())
    });
    let page = ada.get(&path);
    let question = page.value_after("name=\"question\" value=\"").to_owned();
    let answers = [("key", "five"), ("kind", "answer"), ("question", question.as_str()), ("text", "Each for itself.")];
    assert_eq!(ada.send(&page, &remarks, &answers).status, 303);
    let on_another = [("key", "six"), ("kind", "answer"), ("question", id.as_str()), ("text", "To nobody.")];
    assert_eq!(ada.send(&page, &remarks, &on_another).status, 404);
    let listed = format!("/api/v1/resources/{id}/comments");
    until("question and answer are with both", || {
        let page = bea.get(&path);
        hold(page.body.contains("Each for itself."), || page.body.clone())
    });
    let comments = nodes[0].api().get(&listed).expect(200).json();
    assert_eq!(comments["items"].as_array().map(Vec::len), Some(2), "{comments}");
    assert_eq!((&comments["items"][0]["kind"], &comments["items"][1]["on"]), (&json!("question"), &json!(question)));
    let answering = |answers: &str| json!({ "kind": "answer", "text": "We do.", "answers": answers });
    member(nodes[1], &bea).post(&listed, &json!({ "kind": "answer", "text": "We do." })).expect(400);
    member(nodes[1], &bea).post(&listed, &answering(&id)).expect(409);
    let answer = member(nodes[1], &bea).post(&listed, &answering(&question)).expect(201).json();
    assert_eq!(answer["on"], question.as_str());
    let by_api = member(nodes[0], &ada).post(&listed, &json!({ "text": "Good." })).expect(201).json();
    let page = ada.get(&path);
    let taken_back = ada.send(&page, &format!("{remarks}/withdraw"), &[("remark", &text(&by_api["id"]))]);
    assert_eq!(taken_back.location(), format!("{path}?done=withdrawn#remarks"));
    nodes[0].api().get(&format!("/api/v1/resources/{}/comments", text(&by_api["id"]))).expect(404);

    // The decision starts from the text as both have it, and each leads to the other.
    let form = ada.get(&format!("/decisions/new?from={id}"));
    for said in ["This decision starts from an entry of the library", "We meet in April.", "Meet in spring"] {
        assert!(form.body.contains(said), "{said}: {}", form.body);
    }
    assert_eq!(form.value_after("name=\"follows\" value=\""), id);
    let decision = json!({
        "title": "Meet in spring",
        "text": "We meet in April.",
        "method": { "kind": "consent" },
        "follows": id,
    });
    let opened = member(nodes[0], &ada).post("/api/v1/decisions", &decision).expect(201).json();
    let opened = text(&opened["id"]);
    let page = ada.get(&format!("/decisions/{opened}"));
    assert!(
        page.body.contains(&format!("<a href=\"{path}\">the text that was drafted in the library")),
        "{}",
        page.body
    );
    until("the entry names the decision at the other's node", || {
        let page = bea.get(&path);
        let names =
            page.body.contains("Decisions about this text") && page.body.contains(&format!("/decisions/{opened}"));
        hold(names, || page.body.clone())
    });
}

/// Whoever is signed in with a browser, by the API.
fn member(node: &Node, browser: &Browser) -> Api {
    Api::new(node.api().address, browser.token().to_owned())
}
