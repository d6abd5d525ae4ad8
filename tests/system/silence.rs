//! An organisation of which nothing has been heard for long: its page says so, and offers to propose that it rests.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use knotwork_documents::{Certificate, ResourceDraft};
use knotwork_identity::{Nonce, PersonId, SecretKey, SpaceId, Timestamp};
use knotwork_ledger::CheckedChange;
use knotwork_replica::Frame;
use rustix::process::Signal;
use serde_json::json;

use super::pages::Browser;
use crate::harness::{
    circle::{open_until, until_sign, voice},
    clock::{Clock, time_in},
    daemon::Node,
    network::{Network, peer},
    rogue::{Rogue, network_id, packed, secret},
    wait::{hold, until},
};

#[test]
fn an_organisation_that_has_been_silent_for_long_is_offered_a_rest() {
    let mut network = Network::of(&["Alder", "Birch"]);
    network.nodes[0].start();
    let [alder, birch] = &network.nodes[..] else { panic!("there are two") };
    let mut ada = Browser::of_first_member(alder, "Ada");
    let organisation = secret(birch, "organisation");
    let page = format!("/organisations/{}", organisation.public());
    let rest = format!("href=\"{page}/let-rest\"");
    let mut until_silent = |is_silent: bool| {
        until("the page says how it is", || {
            let body = ada.get(&page).body;
            let says = body.contains("Nothing has been heard of it for a long time");
            hold(says == is_silent && body.contains(&rest), || body)
        });
    };
    // Whoever has only just come has not been silent.
    until_silent(false);

    // A member's key of a hundred days ago, and nothing since.
    let id = network_id(&network);
    let member = SecretKey::from_seed(&[7; 32]);
    let certificate = Certificate::write(id, &organisation, PersonId([7; 16]), &member, false, ago(100));
    bring(&network, birch, alder, SpaceId::Roster, &certificate.expect("it is small"));
    until_silent(true);

    // Then the member writes something, and it reaches this node.
    let draft = ResourceDraft { title: "We are still here".into(), ..ResourceDraft::default() };
    let written = draft.write(id, Nonce([7; 16]), &member, ago(1));
    bring(&network, birch, alder, SpaceId::Commons, &written.expect("it is small"));
    until_silent(false);
}

#[test]
fn a_decision_names_those_who_were_not_heard_of_for_a_week() {
    let mut network = Network::running(&["Alder", "Birch"]);
    until_sign(&network.nodes.iter().collect::<Vec<_>>(), 2);
    let ada = voice(&network.nodes[0]);
    let decision = open_until(&ada, "Meet in spring", &json!([]), &time_in(30 * DAY));
    let path = format!("/decisions/{decision}");
    let page = Browser::signed_in(&network.nodes[0], "alder").get(&path).body;
    assert!(page.contains("All 2 are usually reachable."), "{page}");

    for node in &mut network.nodes {
        assert!(node.stop(Signal::TERM).success());
    }
    network.nodes[0].clock = Some(Clock::ahead(network.folder(), 8 * DAY));
    network.nodes[0].start();
    let mut browser = Browser::signed_in(&network.nodes[0], "alder");
    let page = browser.get(&path).body;
    assert!(page.contains("1 of 2 is usually reachable. Not heard of for 7 days: Birch."), "{page}");
    assert!(page.contains("These are too few to make it final."), "{page}");
}

#[test]
fn who_was_never_heard_of_is_not_said_to_be_silent_for_a_week() {
    let mut network = Network::of(&["Alder", "Birch", "Cedar"]);
    network.nodes[..2].iter_mut().for_each(Node::start);
    until_sign(&network.nodes[..2].iter().collect::<Vec<_>>(), 2);
    let decision = open_until(&voice(&network.nodes[0]), "Meet in spring", &json!([]), &time_in(30 * DAY));
    assert!(network.nodes[1].stop(Signal::TERM).success());
    // Cedar comes when Birch is away, and has from Alder that Birch signs.
    network.nodes[2].start();
    until_sign(&[&network.nodes[2]], 2);
    let mut cal = Browser::of_first_member(&network.nodes[2], "Cal");
    until("Cedar's page says so", || {
        let page = cal.get(&format!("/decisions/{decision}")).body;
        hold(page.contains("1 of 2 is usually reachable. Not heard of yet: Birch."), || page)
    });
    let shown = network.nodes[2].cli(["decision", "show", &decision]).done().text();
    assert!(shown.contains("unheard   Birch: not heard of yet"), "{shown}");
}

/// Brings changes to a node in the place of another, which goes again.
pub(super) fn bring(network: &Network, from: &Node, to: &Node, space: SpaceId, changes: &[CheckedChange]) {
    let rogue = Rogue::in_place_of(from, network, to);
    let mut session = rogue.open();
    session.send(&Frame::greeting(&rogue.network, &[])).expect("a session begins so");
    assert!(matches!(session.receive(), Ok(Some(Frame::Greeting { .. }))), "a greeting is answered");
    let signed: Vec<_> = changes.iter().map(|change| change.signed().clone()).collect();
    session.send(&Frame::changes(&space, true, &packed(&signed))).expect("it is taken");
    assert!(matches!(session.receive(), Ok(Some(Frame::Received))), "it is confirmed");
    drop(session);
    drop(rogue);
    // Whoever is connected is not called silent, whatever was written.
    until("it has gone", || {
        let said = peer(to, &from.name);
        hold(said["connected"] == false, || said.to_string())
    });
}

/// So many days ago.
fn ago(days: u64) -> Timestamp {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_millis();
    let now = u64::try_from(now).expect("in range");
    Timestamp::from_milliseconds(now - days * 24 * 60 * 60 * 1_000).expect("in range")
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
