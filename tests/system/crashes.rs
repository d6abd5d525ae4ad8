//! Processes that are killed while they write: what was acknowledged is there, and everyone agrees in the end.

use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
    time::Duration,
};

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::harness::{api::Api, dice::Dice, events::Events, network::Network, wait};

/// What one caller knows to be written.
#[derive(Debug, Default)]
struct Acknowledged {
    /// Resources: id and title.
    added: Vec<(String, String)>,
    /// The caller's own resource, and the highest number that was put into its summary.
    counter: Option<(String, u64)>,
}

const ROUNDS: u64 = 10;
const CALLERS: usize = 4;
/// In each round, before the kill.
const ACKNOWLEDGED_MIN: usize = 10;
const SEED: u64 = 20_260_801;

#[test]
fn nothing_that_was_acknowledged_is_lost_by_a_kill() {
    eprintln!("seed {SEED}");
    let mut dice = Dice::new(SEED);
    let mut network = Network::of(&["Alder", "Birch", "Cedar"]);
    network.nodes[0].start();
    let mut known: Vec<Acknowledged> = (0..CALLERS).map(|_| Acknowledged::default()).collect();
    for round in 0..ROUNDS {
        if round == ROUNDS / 2 {
            // Until now nobody could have brought back what was lost; from here on others take part.
            network.start();
        }
        let api = network.nodes[0].api().clone();
        let (over, acknowledged) = (AtomicBool::new(false), AtomicUsize::new(0));
        thread::scope(|scope| {
            for (caller, known) in known.iter_mut().enumerate() {
                let (api, over, acknowledged) = (&api, &over, &acknowledged);
                scope.spawn(move || write_until(api, over, acknowledged, &format!("{round}/{caller}"), known));
            }
            wait::until("so much is acknowledged that something could be lost", || {
                let so_far = acknowledged.load(Ordering::SeqCst);
                wait::hold(so_far >= ACKNOWLEDGED_MIN, || so_far.to_string())
            });
            // The moment is what is tried here, so it is a time and no condition.
            thread::sleep(Duration::from_millis(dice.below(300) as u64));
            network.nodes[0].kill();
            over.store(true, Ordering::SeqCst);
        });
        network.nodes[0].start();
        for acknowledged in &known {
            check(network.nodes[0].api(), acknowledged);
        }
    }
    let shown = network.agree();
    for (id, title) in known.iter().flat_map(|known| &known.added) {
        assert_eq!(shown[id]["title"], title.as_str());
    }
}

/// Adds resources and counts up in the caller's own one, until the node is gone.
fn write_until(api: &Api, over: &AtomicBool, acknowledged: &AtomicUsize, name: &str, known: &mut Acknowledged) {
    for number in 0.. {
        if over.load(Ordering::SeqCst) {
            return;
        }
        let title = format!("{name}/{number}");
        let body = "Text. ".repeat(number % 300);
        let Ok(added) = api.try_post("/api/v1/resources", &json!({ "title": title, "body": body })) else { return };
        let id = added.expect(201).json()["id"].as_str().expect("an id").to_owned();
        known.added.push((id.clone(), title));
        acknowledged.fetch_add(1, Ordering::SeqCst);
        let (own, count) = known.counter.get_or_insert((id, 0));
        let path = format!("/api/v1/resources/{own}");
        let Ok(edited) = api.try_patch(&path, &json!({ "summary": (*count + 1).to_string() })) else { return };
        edited.expect(200);
        *count += 1;
    }
}

/// What was acknowledged is there; of what was under way, any part may be.
fn check(api: &Api, known: &Acknowledged) {
    for (id, title) in &known.added {
        assert_eq!(api.resource(id)["title"], title.as_str());
    }
    if let Some((id, count)) = &known.counter {
        let shown = api.resource(id)["summary"].as_str().map_or(0, |text| text.parse().unwrap_or(0));
        assert!(shown >= *count, "{count} was acknowledged, and {shown} is there");
    }
}

#[test]
fn a_request_that_is_sent_again_after_a_crash_is_carried_out_once() {
    let mut network = Network::of(&["Alder"]);
    let node = &mut network.nodes[0];
    let mut dice = Dice::new(SEED);
    for round in 0..5 {
        node.start();
        let api = node.api().clone();
        let key = format!("request-{round}");
        let send = |api: &Api| {
            let body = json!({ "title": format!("Round {round}"), "body": "x".repeat(100_000) });
            api.try_post_with("/api/v1/resources", &[("Idempotency-Key", &key)], &body)
        };
        let first = thread::scope(|scope| {
            let sent = scope.spawn(|| send(&api));
            // Before, while or after it is carried out: the moment is what is tried here.
            thread::sleep(Duration::from_millis(dice.below(30) as u64));
            node.kill();
            sent.join().expect("sending does not panic")
        });
        node.start();
        let again = send(node.api()).expect("the node answers");
        let id: Value = again.json()["id"].clone();
        match first {
            Ok(first) => {
                assert_eq!((first.status, again.status), (201, 200));
                assert_eq!(first.json()["id"], id);
            }
            Err(_) => assert!(matches!(again.status, 200 | 201), "{again:?}"),
        }
        let shown = node.api().everything();
        assert_eq!(shown.len(), round + 1, "{:?}", shown.values().map(|entry| &entry["title"]).collect::<Vec<_>>());
        assert!(shown.values().all(|entry| entry["body"].as_str().is_some_and(|body| body.len() == 100_000)));
        node.kill();
    }
}

#[test]
fn a_node_that_is_killed_while_it_catches_up_goes_on_where_it_was() {
    let mut network = Network::of(&["Alder", "Birch"]);
    network.nodes[0].start();
    for number in 0..300 {
        let body = format!("Text {number}. ").repeat(200);
        network.nodes[0].api().add(&json!({ "title": format!("Entry {number}"), "body": body }));
    }
    let mut dice = Dice::new(SEED);
    for _ in 0..5 {
        network.nodes[1].start();
        thread::sleep(Duration::from_millis(dice.below(150) as u64));
        network.nodes[1].kill();
    }
    network.nodes[1].start();
    assert_eq!(network.agree().len(), 300);
}

#[test]
fn a_reader_of_events_misses_nothing_when_a_crash_takes_back_what_it_was_told() {
    let mut network = Network::running(&["Alder", "Birch"]);
    let mut events = Events::of(network.nodes[1].api(), None);
    let told = network.nodes[0].api().add(&json!({ "title": "Told and perhaps lost" }));
    while events.next().data["document"] != told.as_str() {}
    // Nothing that Birch heard of just now has to be on its disk, and nobody is there to bring it again.
    network.nodes[1].kill();
    network.nodes[0].kill();
    network.nodes[1].start();
    let written = network.nodes[1].api().add(&json!({ "title": "Written after the crash" }));
    let mut again = Events::of(network.nodes[1].api(), Some(&events.last_id));
    wait::until("the event of the new resource", || {
        let event = again.glance().ok_or("nothing more")?;
        wait::hold(event.data["document"] == written.as_str(), || format!("{event:?}"))
    });
}

#[test]
fn a_reader_of_events_goes_on_where_it_was_after_a_clean_end() {
    let mut network = Network::of(&["Alder"]);
    network.start();
    let node = &mut network.nodes[0];
    let mut events = Events::of(node.api(), None);
    node.api().add(&json!({ "title": "Before" }));
    events.next();
    assert!(node.stop(Signal::TERM).success());
    node.start();
    let written = node.api().add(&json!({ "title": "After" }));
    let next = Events::of(node.api(), Some(&events.last_id)).next();
    assert_eq!((next.name.as_str(), &next.data["document"]), ("change", &json!(written)));
}
