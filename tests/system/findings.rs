//! What somebody finds of an objection is about the one that was on the page that they read.

use serde_json::json;

use crate::{
    harness::{
        circle::{answer, open, until_sign, voice},
        network::Network,
        wait::{hold, until},
    },
    system::pages::Browser,
};

#[test]
fn a_finding_on_a_page_is_not_of_an_objection_that_was_changed_since() {
    let network = Network::running(&["Alder", "Birch"]);
    let [alder, birch] = [&network.nodes[0], &network.nodes[1]];
    until_sign(&[alder, birch], 2);
    let [ada, bea] = [alder, birch].map(voice);
    network.agree();
    let decision = open(&ada, "Meet every month", &json!([]));
    answer(&bea, &decision, 1, "objection");

    let mut browser = Browser::signed_in(alder, "alder");
    let path = format!("/decisions/{decision}/position");
    let form = until("the objection is on the page", || {
        let form = browser.get(&path);
        hold(form.body.contains("is no argument against the proposal"), || form.body.clone())?;
        Ok(form)
    });
    let terms = form.value_after("name=\"terms\" value=\"").to_owned();
    let read = form.value_after("name=\"no-argument\" value=\"").to_owned();
    let mut send = |objection: &str, step: &str| {
        let mut fields = vec![("terms", &*terms), ("position", "consent"), ("reason", "It is not.")];
        fields.extend([("no-argument", objection), ("step", step)]);
        browser.send(&form, &path, &fields)
    };
    let checked = send(&read, "check");
    assert_eq!((checked.status, checked.value_after("name=\"no-argument\" value=\"")), (200, &*read));

    let changed = json!({ "position": "objection", "reason": "Another argument." });
    bea.put(&format!("/api/v1/decisions/{decision}/positions/own"), &changed).expect(200);
    let positions = || ada.get(&format!("/api/v1/decisions/{decision}/positions")).expect(200).json();
    let standing = until("the other argument has come", || {
        let shown = positions();
        hold(shown[0]["reason"] == "Another argument.", || shown.to_string())?;
        Ok(shown[0].clone())
    });
    for step in ["check", "take"] {
        let refused = send(&read, step);
        assert_eq!(refused.status, 422, "{step}: {}", refused.body);
        assert!(refused.body.contains("The objection was changed since you read it"), "{}", refused.body);
        assert!(refused.body.contains("Another argument."), "{}", refused.body);
    }
    assert_eq!(positions().as_array().map(Vec::len), Some(1));

    let taken = send(standing["change"].as_str().expect("an id"), "take");
    assert_eq!(taken.status, 303, "{}", taken.body);
    let shown = positions();
    let own = shown.as_array().into_iter().flatten().find(|one| one["position"] == "consent").expect("taken");
    assert_eq!(own["not_qualified"], json!([standing["place"]]));
}
