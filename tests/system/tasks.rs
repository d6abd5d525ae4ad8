//! Who does what because of a decision: what people take on themselves.

use serde_json::json;

use super::pages::Browser;
use crate::harness::{
    api::Api,
    circle::{answer, open, text, until_final, until_sign},
    daemon::Node,
    network::Network,
    wait::{hold, until},
};

#[test]
fn people_take_on_what_follows_from_a_decision_and_say_that_it_is_done() {
    let network = Network::running(&["Alder", "Birch"]);
    let nodes: Vec<&Node> = network.nodes.iter().collect();
    until_sign(&nodes, 2);
    let mut ada = Browser::of_first_member(nodes[0], "Ada");
    let mut bea = Browser::of_first_member(nodes[1], "Bea");
    let [by_ada, by_bea] = [&ada, &bea].map(Browser::token).map(str::to_owned);
    let [by_ada, by_bea] = [(0, by_ada), (1, by_bea)].map(|(place, token)| Api::new(nodes[place].api().address, token));
    for member in [&by_ada, &by_bea] {
        let person = member.get("/api/v1/session").expect(200).json()["person"].clone();
        let given = member.post("/api/v1/mandates", &json!({ "person": person })).expect(201).json();
        member.patch(&format!("/api/v1/mandates/{}", text(&given["id"])), &json!({ "accepted": true })).expect(200);
    }
    let decision = open(&by_ada, "Meet in spring", &json!([]));
    let path = format!("/decisions/{decision}");
    let comments = format!("/api/v1/decisions/{decision}/comments");
    let task = json!({ "kind": "task", "text": "Book the hall", "due": "2099-03-31" });
    by_ada.post(&comments, &task).expect(409);
    assert!(!ada.get(&path).body.contains("Who does what"), "nothing follows from it yet");
    for member in [&by_ada, &by_bea] {
        answer(member, &decision, 1, "consent");
    }
    until_final(&nodes, &decision);

    // Each takes on their own: by the page, with what is wrong said and what was typed kept, and by the API.
    let page = ada.get(&path);
    assert!(page.body.contains("Nobody has taken anything on yet."), "{}", page.body);
    let tasks = format!("{path}/tasks");
    let wrong = ada.send(&page, &tasks, &[("key", "one"), ("task", "Book <it>"), ("due", "soon")]);
    assert!(wrong.status == 422 && wrong.body.contains("Book &lt;it&gt;"), "{}", wrong.body);
    let taken = ada.send(&page, &tasks, &[("key", "one"), ("task", "Book <it>"), ("due", "2020-03-31")]);
    assert_eq!(taken.location(), format!("{path}?done=taken-on#tasks"), "{}", taken.body);
    by_bea.post(&comments, &json!({ "text": "x", "due": "2099-03-31" })).expect(400);
    by_bea.post(&comments, &json!({ "kind": "task", "text": "x", "due": "soon" })).expect(422);
    let bring = by_bea.post(&comments, &json!({ "kind": "task", "text": "Bring cake" })).expect(201).json();
    assert_eq!((&bring["due"], &bring["done"]), (&json!(""), &json!(false)));
    until("both are with both", || {
        let page = bea.get(&path);
        let both = ["Book &lt;it&gt;", "Bring cake", "until 31 March 2020", "(that day is over)"];
        hold(both.iter().all(|said| page.body.contains(said)), || page.body.clone())
    });
    let needs = ada.get("/needs");
    assert!(needs.body.contains("You have taken this on:") && needs.body.contains("Book &lt;it&gt;"), "{}", needs.body);
    assert!(!needs.body.contains("Bring cake"), "that is another's: {}", needs.body);

    // Whoever took it on says that it is done, and nobody else does.
    let bring = format!("/api/v1/comments/{}", text(&bring["id"]));
    by_ada.patch(&bring, &json!({ "done": true })).expect(403);
    assert_eq!(by_bea.patch(&bring, &json!({ "done": true })).expect(200).json()["done"], true);
    let page = ada.get(&path);
    let own = page.value_after("name=\"task\" value=\"").to_owned();
    let settled = ada.send(&page, &format!("{tasks}/settle"), &[("task", &own), ("done", "yes")]);
    assert_eq!(settled.location(), format!("{path}?done=task-done#tasks"), "{}", settled.body);
    assert!(!ada.get("/needs").body.contains("You have taken this on:"), "it is done");
    assert!(ada.get(&path).body.contains("It is not done after all"), "it can be undone");
    // A remark of another kind is nothing to do.
    let said = by_ada.post(&comments, &json!({ "text": "Thanks" })).expect(201).json();
    by_ada.patch(&format!("/api/v1/comments/{}", text(&said["id"])), &json!({ "done": true })).expect(404);
}
