//! Reminders at a running node: on the next page that a member opens, or by a program that the operator runs; once, and by
//! either of them.

use std::time::Duration;

use rustix::process::Signal;
use serde_json::{Value, json};

use super::pages::{Browser, Page};
use crate::harness::{
    api::Api,
    circle::{open_until, voice},
    clock::{Clock, time_in},
    daemon::Node,
    network::Network,
};

#[test]
fn a_member_is_reminded_once_by_the_next_page_or_by_a_program() {
    let mut network = Network::running(&["Alder"]);
    let ada = voice(&network.nodes[0]);
    let first = open_until(&ada, "Tea & talk", &json!([]), &time_in(30 * HOUR));
    let second = open_until(&ada, "Meet in spring", &json!([]), &time_in(40 * HOUR));
    for number in 0..7 {
        open_until(&ada, &format!("Decision {number}"), &json!([]), &time_in(50 * HOUR));
    }
    let mut browser = Browser::signed_in(&network.nodes[0], "alder");
    assert!(!says(&browser.get("/library")), "there is more than a day");

    later(&mut network, 7 * HOUR);
    let node = &network.nodes[0];
    let mut browser = Browser::signed_in(node, "alder");
    // What does not work, what nobody sees, and what a browser only fetches ahead, has told nobody.
    let missing = browser.get("/library/nonsense");
    assert!(missing.status == 404 && !says(&missing), "{}", missing.body);
    assert_eq!(browser.ask("HEAD", "/library", "", &[]).status, 200);
    assert!(!says(&browser.ask("GET", "/library", "", &[("Sec-Purpose", "prefetch")])));
    let page = browser.get("/library");
    assert!(says(&page), "{}", page.body);
    for part in ["<section class=\"note\" aria-labelledby=\"reminder\">", "<h2 id=\"reminder\">", "Tea &amp; talk"] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    assert!(page.body.contains(&format!("<a href=\"/decisions/{first}\">")), "{}", page.body);
    assert!(!says(&browser.get("/library")) && !says(&browser.get("/people")), "it is said once");
    assert!(browser.get("/needs").body.contains("Last day:"), "what needs her stands there until she answers");
    assert_eq!(reminders(node, &[]), json!([]));
    let outcome = node.cli(["decision", "reminders", "--take"]).done();
    assert_eq!(outcome.text().trim(), "", "none is no fault");

    // What a program has taken, no page says.
    later(&mut network, 17 * HOUR);
    let node = &network.nodes[0];
    let mut browser = Browser::signed_in(node, "alder");
    let ada = Api::new(node.api().address, browser.token().to_owned());
    let listed = reminders(node, &[]);
    let person = ada.get("/api/v1/session").expect(200).json()["person"].clone();
    let expected = (&json!(second), &json!("Meet in spring"), &json!("A member of Alder"), &person);
    let one = &listed[0];
    assert_eq!((&one["decision"], &one["title"], &one["name"], &one["person"]), expected);
    assert!(node.cli(["decision", "reminders"]).done().text().contains("A member of Alder\t"));
    assert_eq!(reminders(node, &["--take"]), listed);
    assert_eq!(reminders(node, &["--take"]), json!([]));
    assert!(!says(&browser.get("/library")));

    // Of many, a few are named.
    later(&mut network, 27 * HOUR);
    let page = Browser::signed_in(&network.nodes[0], "alder").get("/people");
    assert_eq!(page.body.matches(">Decision ").count(), 5, "{}", page.body);
    assert!(page.body.contains("<a href=\"/needs\">And 2 more</a>"), "{}", page.body);
}

/// What the verb gives, as a program reads it.
fn reminders(node: &Node, arguments: &[&str]) -> Value {
    let words = ["decision", "reminders", "--json"].into_iter().chain(arguments.iter().copied());
    node.cli(words).done().json()["items"].clone()
}

fn says(page: &Page) -> bool {
    page.body.contains("Your answer is wanted</h2>")
}

/// Starts all nodes anew, by a clock that is ahead.
pub(super) fn later(network: &mut Network, ahead: Duration) {
    for node in &mut network.nodes {
        assert!(node.stop(Signal::TERM).success());
    }
    let clock = Clock::ahead(network.folder(), ahead);
    for node in &mut network.nodes {
        node.clock = Some(clock.clone());
        node.start();
    }
}

const HOUR: Duration = Duration::from_secs(3_600);
