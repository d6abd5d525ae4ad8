//! Members' nodes that do not keep the rules: each is cut off, the operator is told, and everyone else goes on.

use knotwork_identity::{NetworkId, Signature, SpaceId};
use knotwork_replica::{Announcement, Frame};
use serde_json::json;

use crate::harness::{
    daemon::Node,
    network::{Network, agree, holdings, peer},
    rogue::{Rogue, changes_frame, packed, resource, secret},
    wait::{hold, until},
};

/// What a rogue does, and a word of what is then told about it.
type Misdeed = (&'static str, &'static str, fn(&mut Rogue, &Node));

const MISDEEDS: [Misdeed; 9] = [
    ("Noise", "malformed", |rogue, _| send(rogue, &[0x5a; 400])),
    ("Nothing", "malformed", |rogue, _| send(rogue, &[])),
    ("Elsewhere", "another network", |rogue, _| send(rogue, &Frame::greeting(&NetworkId([9; 32]), &[]))),
    ("Forger", "rejected", |rogue, node| {
        let mut changes = resource(rogue.network, &secret(node, "service"), 1, "forged");
        changes[0].signature = Signature([7; 64]);
        send(rogue, &changes_frame(&changes));
    }),
    ("Thief", "rejected", |rogue, node| {
        // A change of somebody else's, claimed as one's own.
        let mut changes = resource(rogue.network, &secret(node, "service"), 2, "stolen");
        changes[0].author = secret(node, "organisation").public();
        send(rogue, &changes_frame(&changes));
    }),
    ("Bomb", "unpacked", |rogue, _| {
        let zeros = vec![0; 200 * 1024 * 1024];
        let packed = zstd::bulk::compress(&zeros, 1).expect("memory is enough");
        assert!(packed.len() < 100_000, "{} bytes are no bomb", packed.len());
        send(rogue, &Frame::changes(&SpaceId::Commons, true, &packed));
    }),
    ("Pusher", "nobody asked for", |rogue, node| {
        let changes = resource(rogue.network, &secret(node, "service"), 3, "unasked");
        // As the side that is asked, it sends what nobody asked for.
        let mut session = rogue.opened();
        _ = session.receive();
        _ = session.send(&changes_frame(&changes));
        while let Ok(Some(_)) = session.receive() {}
    }),
    ("Endless", "without end", |rogue, _| {
        let greeting = Frame::greeting(&rogue.network, &[]);
        let mut session = rogue.open();
        while session.send(&greeting).is_ok() && matches!(session.receive(), Ok(Some(_))) {}
    }),
    ("Curious", "not exchanged", |rogue, node| {
        let space = SpaceId::Organisation(secret(node, "organisation").public());
        let mut session = rogue.open();
        _ = session.send(&Frame::greeting(&rogue.network, &[]));
        _ = session.receive();
        _ = session.send(&Frame::want_all(&space));
        while let Ok(Some(_)) = session.receive() {}
    }),
];

/// Sends one frame, and waits until the victim has had enough.
fn send(rogue: &Rogue, frame: &[u8]) {
    let mut session = rogue.open();
    // The victim may have ended the stream before all was sent.
    _ = session.send(frame);
    while let Ok(Some(_)) = session.receive() {}
}

#[test]
fn who_breaks_the_rules_is_cut_off_and_the_operator_is_told() {
    let names: Vec<&str> = ["Alder", "Birch"].into_iter().chain(MISDEEDS.iter().map(|(name, ..)| *name)).collect();
    let mut network = Network::of(&names);
    network.nodes[0].start();
    network.nodes[1].start();
    let (honest, rogues) = network.nodes.split_at(2);
    let [alder, birch] = honest else { panic!("there are two") };
    let id = alder.api().add(&json!({ "title": "Before" }));
    agree(&[alder, birch]);
    let (_, memory_before) = alder.memory();

    let mut cut_off = Vec::new();
    for ((name, word, misdeed), node) in MISDEEDS.iter().zip(rogues) {
        let mut rogue = Rogue::in_place_of(node, &network, alder);
        misdeed(&mut rogue, node);
        until("the rogue is known as one", || {
            let said = peer(alder, name);
            let fault = said["fault"].as_str().unwrap_or_default();
            hold(fault.contains(word) && said["connected"] == false, || format!("{name}: {said}"))
        });
        rogue.cut_off();
        cut_off.push(rogue);
        birch.api().add(&json!({ "title": format!("While {name} was at it") }));
    }
    let shown = agree(&[alder, birch]);
    assert_eq!(
        shown.len(),
        1 + MISDEEDS.len(),
        "{:?}",
        shown.values().map(|entry| &entry["title"]).collect::<Vec<_>>()
    );
    assert_eq!(shown[&id]["title"], "Before");
    // All of them have been trying to come back since, and nobody has let them in: what is there for a moment is a try.
    for (rogue, (name, ..)) in cut_off.iter().zip(&MISDEEDS) {
        until("it is not let in", || {
            let (connections, said) = (rogue.connections(), peer(alder, name));
            hold(connections == 0 && said["connected"] == false, || format!("{name}: {connections}, {said}"))
        });
    }
    let (memory_peak, _) = alder.memory();
    assert!(memory_peak < memory_before + MEMORY_MAX, "memory went from {memory_before} to {memory_peak}");
    let words = alder.cli(["status"]).done().text();
    for (name, word, _) in &MISDEEDS {
        let told = words.lines().any(|line| line.contains(name) && line.contains(word));
        assert!(told, "the operator is not told of {name}: {words}");
    }
}

#[test]
fn a_flood_that_nobody_can_check_fills_nothing_and_stops_nobody() {
    let mut network = Network::of(&["Alder", "Birch", "Flood"]);
    network.nodes[0].start();
    network.nodes[1].start();
    let [alder, birch, flood] = &network.nodes[..] else { panic!("there are three") };
    let id = alder.api().add(&json!({ "title": "Before" }));
    agree(&[alder, birch]);
    let (_, memory_before) = alder.memory();

    // Signed well, by a key that no certificate names: to be held, within limits, and never shown.
    let key = knotwork_identity::SecretKey::from_seed(&[3; 32]);
    let rogue = Rogue::in_place_of(flood, &network, alder);
    let body = "Water. ".repeat(400);
    let mut session = rogue.open();
    session.send(&Frame::greeting(&rogue.network, &[])).expect("a session begins so");
    assert!(matches!(session.receive(), Ok(Some(Frame::Greeting { .. }))), "a greeting is answered");
    for part in 0..30 {
        let changes: Vec<_> =
            (0..50).flat_map(|number| resource(rogue.network, &key, part * 50 + number, &body)).collect();
        session.send(&changes_frame(&changes)).expect("what cannot be checked yet is no fault");
        let answer = session.receive();
        assert!(matches!(answer, Ok(Some(Frame::Received))), "each frame is confirmed, and {part} got {answer:?}");
    }
    drop(session);
    let held = until("what waits is told", || {
        let held = alder.api().node()["held"].as_u64().expect("a number");
        hold(held > 0, || "nothing".to_owned()).map(|()| held)
    });
    assert!(held <= 1_000, "{held} changes wait, which is above the limit");

    // The same by gossip, and noise.
    for number in 0..2_000 {
        let changes = resource(rogue.network, &key, 10_000 + number, "by gossip");
        rogue.announce(Announcement::bytes(&SpaceId::Commons, &packed(&changes)));
        rogue.announce(number.to_be_bytes().to_vec());
    }
    birch.api().patch(&format!("/api/v1/resources/{id}"), &json!({ "summary": "Still here." })).expect(200);
    until("the others agree", || {
        let held = [alder, birch].map(|node| holdings(&node.api().node())["spaces"].clone());
        hold(held[0] == held[1], || format!("{held:#?}"))
    });
    assert_eq!(alder.api().resource(&id)["summary"], "Still here.");
    assert_eq!(alder.api().everything().len(), 1);
    let (memory_peak, _) = alder.memory();
    assert!(memory_peak < memory_before + MEMORY_MAX, "memory went from {memory_before} to {memory_peak}");
    // What was only held is gone with the process, and nothing of it was stored.
    network.nodes[0].kill();
    network.nodes[0].start();
    assert_eq!(network.agree().len(), 1);
}

/// How much a node may grow by what rogues do: the limits of what one peer may make it hold, and room for the
/// allocator.
const MEMORY_MAX: u64 = 64 * 1024 * 1024;
