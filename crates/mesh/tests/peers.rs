//! Peers that keep the rules: connecting, streams, restarts, ends.

use std::{collections::HashSet, time::Duration};

use knotwork_mesh::{Limits, Mesh, MeshConfig, MeshError, MeshEvent, OpenError, StreamError, limits};

use crate::network::{NETWORK, Node, config, eventually, key, pair, public, roster, socket};

const QUIC: &str = "/ip4/127.0.0.1/udp/0/quic-v1";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frames_of_every_size_arrive_over_tcp_and_over_quic() {
    let quic = |number| MeshConfig { listen: vec![QUIC.to_owned()], ..config(number) };
    for (first, second) in [(config(1), config(2)), (quic(1), quic(2))] {
        let (mut first, second) = pair(first, second).await;
        let mut near = second.mesh.open_stream(first.key).await.expect("a stream");
        let sizes = [0, 1, 3, 4, 5, 16 * 1024 - 5, 16 * 1024 - 4, 16 * 1024, 100_000, limits::FRAME_BYTES_MAX];
        let sending = async {
            for size in sizes {
                near.send(&content(size)).await.expect("sent");
            }
            assert_eq!(
                near.send(&content(limits::FRAME_BYTES_MAX + 1)).await,
                Err(StreamError::FrameTooLong { found: limits::FRAME_BYTES_MAX as u64 + 1 })
            );
            let answer = near.recv().await.expect("received");
            near.close().await.expect("closed");
            answer
        };
        let receiving = async {
            let mut far = first.stream().await;
            for size in sizes {
                assert!(far.recv().await.expect("received") == Some(content(size)), "{size} bytes differ");
            }
            far.send(b"all here").await.expect("sent");
            assert_eq!(far.recv().await, Ok(None));
        };
        let (answer, ()) = tokio::join!(sending, receiving);
        assert_eq!(answer.as_deref(), Some(&b"all here"[..]));
        let (sent, received) = (second.mesh.traffic(), first.mesh.traffic());
        assert_eq!(sent.stream_bytes_out, received.stream_bytes_in);
        assert!(sent.bytes_out > sent.stream_bytes_out && received.bytes_in > received.stream_bytes_in);
        assert_eq!((sent.peers, sent.connections), (1, 1));
    }
}

fn content(size: usize) -> Vec<u8> {
    (0..size).map(|at| (at * 31 % 251) as u8).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sender_waits_for_a_receiver_that_does_not_read() {
    let (mut first, second) = pair(config(1), config(2)).await;
    let (mut sender, _unused) = second.mesh.open_stream(first.key).await.expect("a stream").split();
    let frame = content(64 * 1024);
    let mut sent = 0;
    // It stops for good where the windows are full.
    while let Ok(result) = tokio::time::timeout(Duration::from_millis(500), sender.send(&frame)).await {
        result.expect("sent");
        sent += 1;
        assert!(sent < 64, "4 MiB were sent to a peer that reads nothing");
    }
    assert!(sent > 0);
    let mut far = first.stream().await;
    for _ in 0..sent {
        assert!(far.recv().await.expect("received").as_ref() == Some(&frame));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_that_dial_each_other_at_once_settle() {
    for _ in 0..5 {
        let (mut first, mut second) = (Node::start(config(1)).await, Node::start(config(2)).await);
        first.knows(&second);
        second.knows(&first);
        first.mesh.set_roster(roster([1, 2]));
        second.mesh.set_roster(roster([1, 2]));
        tokio::join!(first.connected(public(2)), second.connected(public(1)));
        // Long enough for a dial that was under way on either side to end as it will.
        for round in 0..50_u8 {
            let mut near = second.mesh.open_stream(first.key).await.expect("a stream");
            near.send(&[round]).await.expect("sent");
            assert_eq!(first.stream().await.recv().await, Ok(Some(vec![round])));
            let mut near = first.mesh.open_stream(second.key).await.expect("a stream");
            near.send(&[round]).await.expect("sent");
            assert_eq!(second.stream().await.recv().await, Ok(Some(vec![round])));
        }
        for node in [&mut first, &mut second] {
            node.mesh.announce(knotwork_identity::SpaceId::Commons, node.key.0.to_vec());
        }
        for node in [&mut first, &mut second] {
            node.until("an announcement", |event| {
                assert!(!matches!(event, MeshEvent::Disconnected { .. }));
                matches!(event, MeshEvent::Announced { .. }).then_some(())
            })
            .await;
            let told = node.told();
            assert!(!told.iter().any(|event| matches!(event, MeshEvent::Disconnected { .. })), "{told:?}");
            assert!(node.mesh.traffic().connections <= 2);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_restarts_is_found_again_by_the_one_that_stayed() {
    let mut fixed = config(1);
    let (mut first, mut second) = pair(fixed.clone(), config(2)).await;
    fixed.listen = vec![first.address()];
    first.mesh.shutdown().await;
    second.disconnected(public(1)).await;
    first = Node::start(fixed).await;
    first.mesh.set_roster(roster([1, 2]));
    second.connected(public(1)).await;
    first.connected(public(2)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_extra_address_is_dialled_whoever_is_there() {
    let (mut first, mut second) = (Node::start(config(1)).await, Node::start(config(2)).await);
    first.mesh.set_roster(roster([1, 2]));
    second.mesh.set_roster(roster([1, 2]));
    second.mesh.dial(&first.address()).expect("an address");
    // Its own address is dialled once and then forgotten.
    second.mesh.dial(&second.address()).expect("an address");
    second.connected(first.key).await;
    first.connected(second.key).await;
    assert!(matches!(second.mesh.dial("somewhere"), Err(MeshError::NotAnAddress(_))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_more_are_dialled_than_there_may_be() {
    let limits = Limits { connections_out: 2, ..Limits::default() };
    let node = Node::start(MeshConfig { limits, ..config(1) }).await;
    node.mesh.set_roster(roster(1..=6));
    let mut others = Vec::new();
    for number in 2..=6 {
        let other = Node::start(config(number)).await;
        other.mesh.set_roster(roster([1, number]));
        node.knows(&other);
        others.push(other);
    }
    eventually("two", || node.mesh.traffic().peers == 2).await;
    // One that goes makes room for another.
    let gone = others.iter().position(|other| other.mesh.traffic().peers == 1).expect("one of the two");
    others.swap_remove(gone).mesh.shutdown().await;
    eventually("another", || others.iter().filter(|other| other.mesh.traffic().peers == 1).count() == 2).await;
    assert!(node.mesh.traffic().connections <= 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn removal_closes_at_once_and_return_opens_again() {
    let (mut first, mut second) = pair(config(1), config(2)).await;
    let mut near = second.mesh.open_stream(first.key).await.expect("a stream");
    near.send(b"before").await.expect("sent");
    let mut far = first.stream().await;
    assert_eq!(far.recv().await, Ok(Some(b"before".to_vec())));
    first.mesh.set_roster(roster([1]));
    first.disconnected(second.key).await;
    second.disconnected(first.key).await;
    assert!(!matches!(far.recv().await, Ok(Some(_))));
    assert!(near.send(b"after").await.is_err() || !matches!(near.recv().await, Ok(Some(_))));
    // The second one still wants the first, comes back, and is a stranger.
    first
        .until("refused", |event| {
            assert!(!matches!(event, MeshEvent::Connected { .. }), "a removed peer is connected");
            matches!(event, MeshEvent::Refused { peer } if peer == public(2)).then_some(())
        })
        .await;
    // Not only when the stranger's time is over, which is five seconds.
    let start = std::time::Instant::now();
    first.mesh.set_roster(roster([1, 2]));
    first.connected(second.key).await;
    assert!(start.elapsed() < Duration::from_secs(3), "let in after {:?}", start.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_does_not_know_us_says_so_politely() {
    let (mut first, mut second) = (Node::start(config(1)).await, Node::start(config(2)).await);
    first.mesh.set_roster(roster([1]));
    second.mesh.set_roster(roster([1, 2]));
    second.knows(&first);
    second.connected(first.key).await;
    let mut stream = second.mesh.open_stream(first.key).await.expect("a stream");
    stream.send(b"hello").await.expect("handed over");
    assert_eq!(stream.recv().await, Err(StreamError::NotServed));
    // Neither direction may be used any more, and using it is an error like any other.
    assert!(stream.send(b"hello").await.is_err());
    assert!(stream.recv().await.is_err());
    let sentence = second.mesh.ask_why_not(first.key, &[]).await.expect("a sentence");
    assert!(sentence.contains("ask one of the network's organisations to invite you"), "{sentence}");
    first
        .until("refused", |event| matches!(event, MeshEvent::Refused { peer } if peer == public(2)).then_some(()))
        .await;
    assert_eq!(first.mesh.traffic().peers, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_hands_over_one_application_of_bounded_length() {
    for length in [limits::APPLICATION_BYTES_MAX, limits::APPLICATION_BYTES_MAX + 1] {
        let (mut first, mut second) = (Node::start(config(1)).await, Node::start(config(2)).await);
        first.mesh.set_roster(roster([1]));
        second.mesh.set_roster(roster([1, 2]));
        second.knows(&first);
        second.connected(first.key).await;
        let application = vec![7; length];
        let sentence = second.mesh.ask_why_not(first.key, &application).await.expect("a sentence");
        assert!(sentence.contains("invite you"), "{sentence}");
        // Once a connection.
        _ = second.mesh.ask_why_not(first.key, &[8; 8]).await;
        let came = |event: MeshEvent| match event {
            MeshEvent::Application { peer, bytes } => Some((peer, bytes)),
            _ => None,
        };
        if length == limits::APPLICATION_BYTES_MAX {
            assert_eq!(first.until("it has come", came).await, (second.key, application));
        } else {
            // The connection ends, the stranger comes back, and nothing has come of the long one.
            second.disconnected(first.key).await;
            second.connected(first.key).await;
            second.mesh.ask_why_not(first.key, &[9; 9]).await.expect("a sentence");
            assert_eq!(first.until("another has come", came).await, (second.key, vec![9; 9]));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_faulty_peer_is_sent_away_for_a_while() {
    let (mut first, mut second) = pair(config(1), config(2)).await;
    first.mesh.disconnect(second.key, Duration::from_millis(300));
    first.disconnected(second.key).await;
    let gone = std::time::Instant::now();
    second.disconnected(first.key).await;
    first.connected(second.key).await;
    assert!(gone.elapsed() >= Duration::from_millis(250), "back after {:?}", gone.elapsed());
    assert!(first.mesh.traffic().turned_away > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_listened_on_is_said_plainly() {
    let node =
        Node::start(MeshConfig { listen: vec![config(1).listen[0].clone(), QUIC.to_owned()], ..config(1) }).await;
    let taken = node.mesh.listen_addresses();
    assert_eq!(taken.len(), 2);
    for address in taken {
        let refused = Mesh::start(MeshConfig { listen: vec![address.clone()], ..config(2) }).await;
        assert!(matches!(refused, Err(MeshError::AddressInUse(text)) if text == address));
    }
    let start = async |address: &str| {
        Mesh::start(MeshConfig { listen: vec![address.to_owned()], ..config(2) })
            .await
            .map(|_| ())
            .expect_err("refused")
    };
    assert!(matches!(start("127.0.0.1:4001").await, MeshError::NotAnAddress(_)));
    assert!(matches!(start("/dns4/localhost/tcp/0").await, MeshError::NotAListenAddress(_)));
    assert!(matches!(start("/ip4/192.0.2.1/tcp/0").await, MeshError::NoSuchAddress(_)));
    // All interfaces are more than one address, or one where there is loopback alone; the port is the same.
    let everywhere = Node::start(MeshConfig { listen: vec!["/ip4/0.0.0.0/tcp/0".to_owned()], ..config(3) }).await;
    let ports: HashSet<_> = everywhere.mesh.listen_addresses().iter().map(|text| socket(text).port()).collect();
    assert_eq!(ports.len(), 1);
}

#[test]
fn the_end_leaves_no_task_behind() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let both =
            |number| MeshConfig { listen: vec![config(number).listen[0].clone(), QUIC.to_owned()], ..config(number) };
        let (mut first, second) = pair(both(1), both(2)).await;
        let mut near = second.mesh.open_stream(first.key).await.expect("a stream");
        near.send(b"still open").await.expect("sent");
        let far = first.stream().await;
        second.mesh.send_minutes(first.key, b"minutes".to_vec());
        let mut minutes = first.minutes().await;
        assert_eq!(minutes.recv().await, Ok(Some(b"minutes".to_vec())));
        let handle = first.mesh.clone();
        first.mesh.shutdown().await;
        // Neither another handle nor an open stream keeps anything running, and both say what is the matter.
        assert_eq!(handle.open_stream(second.key).await.map(|_| ()), Err(OpenError::ShutDown));
        assert_eq!(minutes.recv().await, Ok(None));
        // Frames that nobody takes any more are nobody's concern.
        handle.send_minutes(second.key, b"too late".to_vec());
        // The other one ends because nobody takes its events.
        drop(second.events);
        let alive = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
        eventually("the end of all tasks", || alive() == 0).await;
        drop(far);
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn networks_do_not_mix_even_with_the_same_peers() {
    let other = MeshConfig { network: knotwork_identity::NetworkId([8; 32]), ..MeshConfig::new(key(2), NETWORK) };
    let (mut first, second) = pair(config(1), MeshConfig { listen: config(2).listen, ..other }).await;
    for number in 0..20 {
        second.mesh.announce(knotwork_identity::SpaceId::Commons, vec![number]);
    }
    // The stream comes after whatever was announced before it, on the same connection.
    let mut near = second.mesh.open_stream(first.key).await.expect("a stream");
    near.send(b"after").await.expect("sent");
    first
        .until("the stream", |event| {
            assert!(!matches!(event, MeshEvent::Announced { .. }));
            matches!(event, MeshEvent::Stream { .. }).then_some(())
        })
        .await;
    assert_eq!(second.mesh.traffic().announcements_out, 0);
}
