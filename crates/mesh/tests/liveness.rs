//! Peers that fall silent, and wires that are cut without a word.

use std::time::{Duration, Instant};

use knotwork_mesh::{MeshConfig, MeshEvent, Timing};

use crate::network::{Node, Wire, config, public, roster};

/// A node that notices silence soon.
fn wakeful(number: u8) -> MeshConfig {
    let config = config(number);
    let timing = Timing {
        alive_interval: Duration::from_millis(100),
        alive_silence: Duration::from_millis(400),
        handshake: Duration::from_millis(500),
        ..config.timing
    };
    MeshConfig { timing, ..config }
}

async fn over_a_wire() -> (Node, Node, Wire) {
    let (mut first, mut second) = (Node::start(wakeful(1)).await, Node::start(wakeful(2)).await);
    first.mesh.set_roster(roster([1, 2]));
    second.mesh.set_roster(roster([1, 2]));
    let wire = Wire::to(&first.address()).await;
    second.mesh.set_addresses(first.key, vec![wire.multiaddress()]);
    first.connected(public(2)).await;
    second.connected(public(1)).await;
    (first, second, wire)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silence_is_noticed_on_both_sides_and_the_peer_found_again() {
    let (mut first, mut second, wire) = over_a_wire().await;
    wire.cut(true);
    let start = Instant::now();
    first.disconnected(public(2)).await;
    second.disconnected(public(1)).await;
    assert!(start.elapsed() < Duration::from_secs(5), "noticed after {:?}", start.elapsed());
    wire.cut(false);
    let start = Instant::now();
    second.connected(public(1)).await;
    first.connected(public(2)).await;
    assert!(start.elapsed() < Duration::from_secs(5), "back after {:?}", start.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sender_that_is_stuck_does_not_hide_the_silence() {
    let (mut first, mut second, wire) = over_a_wire().await;
    let (mut sender, _unused) = second.mesh.open_stream(first.key).await.expect("a stream").split();
    wire.cut(true);
    let sending = async { while sender.send(&[0; 1024 * 1024]).await.is_ok() {} };
    let ((), ()) = tokio::join!(sending, second.disconnected(public(1)));
    first.disconnected(public(2)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_connection_stays_open() {
    let (mut first, mut second, wire) = over_a_wire().await;
    let (before, _) = wire.bytes();
    // Several times the longest silence, told by the signs of life themselves.
    crate::network::eventually("twenty signs of life", || wire.bytes().0 > before + 20 * 31).await;
    for node in [&mut first, &mut second] {
        let told = node.told();
        assert!(!told.iter().any(|event| matches!(event, MeshEvent::Disconnected { .. })), "{told:?}");
    }
    assert_eq!(wire.connections.load(std::sync::atomic::Ordering::SeqCst), 1);
}
