//! An answer that is changed at a node which the others cannot reach, after they have closed the decision.

use std::time::Duration;

use rustix::process::Signal;
use serde_json::{Value, json};

use super::pages::Browser;
use crate::harness::{
    api::Api,
    circle::{answer, open_until, sign_in, until_final, until_sign, voice},
    clock::{Clock, time_in},
    daemon::Node,
    network::Network,
    wait::{hold, until},
};

#[test]
fn a_late_answer_stands_beside_the_one_that_counts_and_all_can_be_asked_again() {
    let mut network = Network::running(&["Alder", "Birch", "Cedar", "Dogwood"]);
    until_sign(&network.nodes.iter().collect::<Vec<_>>(), 4);
    let members: Vec<Api> = network.nodes.iter().map(voice).collect();
    network.agree();
    let decision = open_until(&members[0], "Meet in spring", &json!([]), &time_in(2 * HOUR));
    for place in [0, 1, 3] {
        answer(&members[place], &decision, 1, "consent");
    }
    network.agree();

    // Dogwood's node is alone while it thinks again, and away while the others close by their clocks.
    for node in &mut network.nodes[..3] {
        assert!(node.stop(Signal::TERM).success());
    }
    answer(&members[3], &decision, 1, "objection");
    assert!(network.nodes[3].stop(Signal::TERM).success());
    let clock = Clock::ahead(network.folder(), 3 * HOUR);
    for node in &mut network.nodes {
        node.clock = Some(clock.clone());
    }
    network.nodes[..3].iter_mut().for_each(Node::start);
    let minute = until_final(&network.nodes[..3].iter().collect::<Vec<_>>(), &decision);
    assert_eq!(minute["verdict"], "adopted");
    let path = format!("/decisions/{decision}");
    let ada = sign_in(&network.nodes[0]);
    assert_eq!(of_dogwood(&ada, &decision), [("consent".to_owned(), false)]);
    let mut browser = Browser::signed_in(&network.nodes[0], "alder");
    assert!(!browser.get(&path).body.contains("too late"));

    network.nodes[3].start();
    until("the late answer arrives", || {
        let said = of_dogwood(&ada, &decision);
        hold(said == [("consent".to_owned(), false), ("objection".to_owned(), true)], || format!("{said:?}"))
    });
    assert_eq!(until_final(&[&network.nodes[0]], &decision), minute, "what is final stays");
    let shown = network.nodes[0].cli(["decision", "show", &decision]).env("KNOTWORK_TOKEN", &ada.token).done().text();
    assert!(shown.contains("says      Dogwood: consent: For a reason."), "{shown}");
    assert!(shown.contains("late      Dogwood: objection: For a reason. (came too late, not counted)"), "{shown}");
    let page = browser.get(&path);
    let row = |nth| page.body.split("<th scope=\"row\"><bdi>Dogwood</bdi>").nth(nth).expect("a row");
    let row = |nth| row(nth).split("</tr>").next().expect("its end").to_owned();
    assert!(row(1).contains("Consent") && !row(1).contains("too late"), "{}", row(1));
    assert!(row(2).contains("Objection") && row(2).contains("This came too late and was not counted."), "{}", row(2));
    assert!(page.body.contains("3 answers") && page.body.contains("3 of 4"), "{}", page.body);

    // Everybody is asked again, in a decision that follows this one.
    let link = format!("/decisions/new?follows={decision}");
    assert!(page.body.contains(&format!("<a href=\"{link}\">Start a new round</a>")), "{}", page.body);
    let form = browser.get(&link);
    let answers = [
        ("follows", form.value_after("name=\"follows\" value=\"")),
        ("kind", "proposal"),
        ("method", "consent"),
        ("title", "Meet in spring"),
        ("text", "Once more."),
        ("closes-day", &time_in(48 * HOUR)[..10]),
        ("closes-time", "17:00"),
        ("step", "open"),
        ("key", "again"),
    ];
    let opened = browser.send(&form, "/decisions/new", &answers);
    assert_eq!(opened.status, 303, "{}", opened.body);
    let again = browser.get(opened.location());
    assert!(again.body.contains(&format!("<a href=\"{path}\">an earlier decision</a>")), "{}", again.body);
    let new = opened.location().trim_start_matches("/decisions/").split('?').next().expect("an id");
    assert_eq!(ada.get(&format!("/api/v1/decisions/{new}")).expect(200).json()["follows"], decision.as_str());
    assert!(browser.get(&path).body.contains(&format!("<a href=\"/decisions/{new}\">")), "it names what follows it");
}

/// What a member sees that Dogwood says in a decision, and whether that came too late.
fn of_dogwood(member: &Api, decision: &str) -> Vec<(String, bool)> {
    let shown: Value = member.get(&format!("/api/v1/decisions/{decision}")).expect(200).json();
    let each = shown["positions"].as_array().expect("a list").iter().filter(|one| one["name"] == "Dogwood");
    each.map(|one| (one["position"].as_str().unwrap_or_default().to_owned(), one["late"] == true)).collect()
}

const HOUR: Duration = Duration::from_secs(3_600);
