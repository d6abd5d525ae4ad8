//! What a connection costs: bytes and time.

use std::time::Instant;

use knotwork_mesh::Traffic;

use crate::network::{Node, Wire, config, eventually, public, roster};

/// The bound on a whole connection with one short exchange on it, both ways together, all headers of the carriers above
/// TCP included.
const CONNECTION_BYTES_MAX: u64 = 3_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_with_nothing_to_say_costs_little() {
    let mut first = Node::start(config(1)).await;
    first.mesh.set_roster(roster([1, 2]));
    let wire = Wire::to(&first.address()).await;

    let start = Instant::now();
    let mut second = Node::start(config(2)).await;
    let listening = start.elapsed();
    second.mesh.set_roster(roster([1, 2]));
    second.mesh.set_addresses(first.key, vec![wire.multiaddress()]);
    second.connected(public(1)).await;
    let connected = start.elapsed();
    let mut near = second.mesh.open_stream(first.key).await.expect("a stream");
    near.send(&[0; 64]).await.expect("sent");
    let mut far = first.stream().await;
    far.recv().await.expect("received");
    far.send(&[0; 64]).await.expect("sent");
    near.recv().await.expect("received");
    let answered = start.elapsed();
    near.close().await.expect("closed");
    far.close().await.expect("closed");

    // Gossip is in place when an announcement arrives.
    while second.mesh.traffic().announcements_out == 0 {
        second.mesh.announce(knotwork_identity::SpaceId::Commons, vec![1; 16]);
        tokio::task::yield_now().await;
    }
    first
        .until("an announcement", |event| matches!(event, knotwork_mesh::MeshEvent::Announced { .. }).then_some(()))
        .await;
    // What a peer counts is what the wire carried.
    eventually("the same counts", || {
        let Traffic { bytes_in, bytes_out, .. } = second.mesh.traffic();
        (bytes_out, bytes_in) == wire.bytes()
    })
    .await;
    let (forth, back) = wire.bytes();
    println!(
        "listening {listening:?}, connected {connected:?}, first answer {answered:?}; \
         {forth} bytes forth, {back} back with 64 bytes each way and one announcement"
    );
    assert!(forth + back < CONNECTION_BYTES_MAX, "{forth} + {back} bytes");

    second.mesh.shutdown().await;
    first.disconnected(public(2)).await;
    let (forth, back) = wire.bytes();
    println!("{forth} bytes forth, {back} back with the goodbye");
    assert!(forth + back < CONNECTION_BYTES_MAX, "{forth} + {back} bytes");
}
