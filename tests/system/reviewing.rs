//! What was agreed is looked at again when its day has come.

use std::time::Duration;

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::{
    harness::{
        circle::{answer, sign_in, text, until_final, voice},
        clock::{Clock, time_in},
        network::Network,
    },
    system::pages::Browser,
};

#[test]
fn a_review_that_is_due_stands_among_what_needs_somebody_until_it_is_renewed() {
    let mut network = Network::running(&["Alder"]);
    let member = voice(&network.nodes[0]);
    let body = |title: &str| json!({ "title": title, "text": "Online.", "method": { "kind": "consent" } });
    let agree = |body: &Value| {
        let decision = text(&member.post("/api/v1/decisions", body).expect(201).json()["id"]);
        answer(&member, &decision, 1, "consent");
        decision
    };
    let mut soon = body("Meet every month");
    (soon["closes"], soon["review"]) = (json!(time_in(DAY)), json!(time_in(3 * DAY)[..10]));
    let decisions = [agree(&soon), agree(&body("Share a van"))];
    for decision in &decisions {
        assert_eq!(until_final(&[&network.nodes[0]], decision)["verdict"], "adopted");
    }
    let needs = |network: &Network| Browser::signed_in(&network.nodes[0], "alder").get("/needs").body;
    assert!(!needs(&network).contains("To be looked at again"), "its day has not come");

    let clock = Clock::ahead(network.folder(), 4 * DAY);
    network.nodes[0].clock = Some(clock);
    assert!(network.nodes[0].stop(Signal::TERM).success());
    network.nodes[0].start();
    let due = needs(&network);
    assert!(due.contains("To be looked at again") && due.contains("Meet every month"), "{due}");
    assert!(!due.contains("Share a van"), "that is for next year: {due}");

    let mut following = body("Meet every other month");
    following["follows"] = json!(decisions[0]);
    let member = sign_in(&network.nodes[0]);
    let renewal = text(&member.post("/api/v1/decisions", &following).expect(201).json()["id"]);
    assert!(needs(&network).contains("To be looked at again"), "that it is asked anew settles nothing");
    answer(&member, &renewal, 1, "consent");
    until_final(&[&network.nodes[0]], &renewal);
    assert!(!needs(&network).contains("To be looked at again"), "it is renewed");
}

const DAY: Duration = Duration::from_secs(24 * 3_600);
