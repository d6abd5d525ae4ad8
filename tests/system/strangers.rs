//! Those who are not of the network: unknown keys, other networks' nodes, and noise. They get a polite no and nothing
//! else.

use std::{
    io::Write as _,
    net::{Ipv4Addr, TcpStream},
};

use knotwork_mesh::StreamError;
use serde_json::json;

use crate::harness::{
    daemon::Node,
    dice::Dice,
    network::{Network, holdings, peer},
    rogue::Rogue,
    wait::{hold, until},
};

#[test]
fn an_unknown_key_gets_one_sentence_and_nothing_else() {
    let mut network = Network::of(&["Alder"]);
    network.start();
    let alder = &network.nodes[0];
    alder.api().add(&json!({ "title": "Not for strangers" }));
    // What a node says of itself is a moment behind what it has written.
    let before = until("the node tells of what it holds", || {
        let node = alder.api().node();
        let is_there = node["spaces"]
            .as_array()
            .is_some_and(|spaces| spaces.iter().any(|space| space["name"] == "commons" && space["changes"] == 1));
        hold(is_there, || node.to_string()).map(|()| holdings(&node))
    });
    let mut rogue = Rogue::unknown(&network, alder);
    let no = rogue.why_not();
    assert!(no.contains("a network that you are not in"), "{no}");
    for word in ["Alder", "Living well", "Not for strangers"] {
        assert!(!no.contains(word), "it says too much: {no}");
    }
    // Its seconds may be over while it asks: then it is connected again, and asks again.
    until("it is not served", || {
        let mut session = rogue.try_open()?;
        let asked = session.send(&knotwork_replica::Frame::greeting(&session.network(), &[]));
        let answer = session.receive();
        assert!(!matches!(answer, Ok(Some(_))), "it is served: {answer:?}");
        let refused = matches!((&asked, &answer), (Err(StreamError::NotServed), _) | (_, Err(StreamError::NotServed)));
        hold(refused, || format!("{asked:?}, {answer:?}"))
    });
    rogue.announce(vec![1; 100]);
    rogue.cut_off();
    assert_eq!(holdings(&alder.api().node()), before);
    assert!(metric(alder, "knotwork_strangers_total") >= 1);
    assert_eq!(metric(alder, "knotwork_announcements_received_total"), 0);
}

#[test]
fn nodes_of_two_networks_that_dial_each_other_exchange_nothing() {
    let mut valley = Network::of(&["Alder", "Birch"]);
    let mut hills = Network::of(&["Oak", "Pine"]);
    let dial = |node: &Node| vec!["--peer".to_owned(), format!("/ip4/127.0.0.1/tcp/{}", node.port)];
    let (to_oak, to_alder) = (dial(&hills.nodes[0]), dial(&valley.nodes[0]));
    valley.nodes[0].arguments = to_oak;
    hills.nodes[0].arguments = to_alder;
    for network in [&mut valley, &mut hills] {
        network.start();
        network.nodes[0].api().add(&json!({ "title": "For our own" }));
    }
    let (valley_shown, hills_shown) = (valley.agree(), hills.agree());
    for node in [&valley.nodes[0], &hills.nodes[0]] {
        // Whoever dialled may hang up before the other side knows who it was.
        until("both have turned the other away", || {
            let strangers = metric(node, "knotwork_strangers_total");
            let hung_up = node.log().contains("the node at a dialled address is not on the roster");
            hold(strangers >= 1 || hung_up, || format!("{strangers} strangers at {}", node.name))
        });
        assert_eq!(node.api().node()["peers"].as_array().map(Vec::len), Some(1), "{}", node.name);
    }
    assert_eq!((valley.agree(), hills.agree()), (valley_shown, hills_shown));
}

#[test]
fn the_same_organisations_in_two_networks_do_not_mix_them() {
    // Both nodes stand on both rosters, each has joined one of the networks, and they know each other's addresses.
    let folder = tempfile::tempdir().expect("a temporary folder");
    let [mut alder, mut birch] = ["Alder", "Birch"].map(|name| Node::init(folder.path(), name));
    for (founder, other) in [(&alder, &birch), (&birch, &alder)] {
        let out = folder.path().join(format!("{}.genesis", founder.name));
        let found = founder.cli(["found", "--name", "Valley", "--purpose", "The same.", "--out"]).arg(out);
        found.arg("--with").arg(other.card()).done();
    }
    for node in [&mut alder, &mut birch] {
        node.start();
        node.api().add(&json!({ "title": format!("Of {}", node.name) }));
    }
    until("one of them finds out", || {
        let faults = [(&alder, "Birch"), (&birch, "Alder")].map(|(node, other)| peer(node, other)["fault"].clone());
        let told = |fault: &serde_json::Value| fault.as_str().is_some_and(|fault| fault.contains("another network"));
        hold(faults.iter().any(told), || format!("{faults:?}"))
    });
    for node in [&alder, &birch] {
        let titles: Vec<_> = node.api().everything().into_values().map(|entry| entry["title"].clone()).collect();
        assert_eq!(titles, [format!("Of {}", node.name)]);
    }
}

#[test]
fn noise_on_both_ports_leaves_the_node_serving() {
    const SEED: u64 = 3;
    eprintln!("seed {SEED}");
    let mut dice = Dice::new(SEED);
    let mut network = Network::of(&["Alder", "Birch", "Cedar"]);
    network.nodes[0].start();
    network.nodes[1].start();
    let alder = &network.nodes[0];
    let id = alder.api().add(&json!({ "title": "Before" }));
    network.agree();
    let (_, memory_before) = alder.memory();
    let openings: [&[u8]; 6] = [
        b"",
        b"\x13/multistream/1.0.0\n",
        b"\x13/multistream/1.0.0\n\x07/noise\n",
        b"\x13/multistream/1.0.0\n\x07/noise\n\xff\xff",
        b"GET / HTTP/1.1\r\n",
        b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
    ];
    let mut sockets = Vec::new();
    for round in 0..200 {
        let port = if round % 4 == 0 { alder.api().address.port() } else { alder.port };
        // A crowd may well be turned away; that is as good.
        let Ok(mut socket) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)) else { continue };
        let (opening, length) = (openings[dice.below(openings.len())], dice.below(5_000));
        _ = socket.write_all(opening).and_then(|()| socket.write_all(&dice.bytes(length)));
        if dice.below(2) == 0 {
            sockets.push(socket);
        }
    }
    // Those who were connected go on; and as soon as the noise is given up, others come in.
    let path = format!("/api/v1/resources/{id}");
    until("the API answers beside the noise", || {
        let edited = network.nodes[1].api().try_patch(&path, &json!({ "summary": "in the noise" }));
        edited.map(|answer| answer.expect(200)).map_err(|error| error.to_string())
    });
    until("the edit arrives beside the noise", || {
        let shown = alder.api().try_get(&path).map_err(|error| error.to_string())?.expect(200).json();
        hold(shown["summary"] == "in the noise", || shown.to_string())
    });
    network.nodes[2].start();
    network.agree();
    drop(sockets);
    let (memory_peak, _) = network.nodes[0].memory();
    assert!(memory_peak < memory_before + 64 * 1024 * 1024, "memory went from {memory_before} to {memory_peak}");
}

/// One of a node's own figures.
fn metric(node: &Node, name: &str) -> u64 {
    let text = String::from_utf8(node.api().get("/metrics").expect(200).body).expect("figures are text");
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    let line = line.unwrap_or_else(|| panic!("there is no {name} in {text}"));
    line.trim().parse().unwrap_or_else(|_| panic!("{name} is {line}"))
}
