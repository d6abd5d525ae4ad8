//! Frames of minutes, with peers that keep the rules and with others.

use std::time::Duration;

use futures::{AsyncReadExt as _, AsyncWriteExt as _, StreamExt as _};
use knotwork_mesh::{MeshConfig, MeshEvent, MinutesReceiver, StreamError, Timing, limits};
use libp2p::{StreamProtocol, Swarm};

use crate::network::{
    Foreign, Node, PATIENCE, Streams as _, beside, config, eventually, foreign_at, open, pair, peer, public, roster,
};

const MINUTES: &str = "/knotwork/minutes/1";

/// A frame that says which it is.
fn frame(number: u32, size: usize) -> Vec<u8> {
    let mut frame = number.to_be_bytes().to_vec();
    frame.resize(size.max(4), number as u8);
    frame
}

fn number(frame: &[u8]) -> u32 {
    u32::from_be_bytes(*frame.first_chunk().expect("a number"))
}

async fn next(frames: &mut MinutesReceiver) -> Vec<u8> {
    let received = tokio::time::timeout(PATIENCE, frames.recv()).await.expect("never came: a frame");
    received.expect("received").expect("the peer is connected")
}

/// Waits until it is told that the peer is not connected any more.
async fn over(frames: &mut MinutesReceiver) {
    assert_eq!(tokio::time::timeout(PATIENCE, frames.recv()).await, Ok(Ok(None)));
}

/// A node, and a swarm made by hand that is its peer.
async fn with_foreign() -> (Node, Swarm<Foreign>) {
    let mut node = Node::start(config(1)).await;
    node.mesh.set_roster(roster([1, 9]));
    let swarm = foreign_at(9, &node).await;
    node.connected(public(9)).await;
    (node, swarm)
}

async fn write(stream: &mut libp2p::Stream, bytes: &[u8]) {
    stream.write_all(bytes).await.expect("written");
    stream.flush().await.expect("flushed");
}

/// A frame as it goes over the wire.
fn framed(bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u32).to_be_bytes(), bytes].concat()
}

/// Waits until the other side has ended a stream.
async fn ended(stream: &mut libp2p::Stream) {
    assert!(!matches!(stream.read(&mut [0]).await, Ok(1..)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frames_arrive_in_order_both_ways_over_tcp_and_over_quic() {
    let quic = |number| MeshConfig { listen: vec!["/ip4/127.0.0.1/udp/0/quic-v1".to_owned()], ..config(number) };
    for (first, second) in [(config(1), config(2)), (quic(1), quic(2))] {
        let (mut first, mut second) = pair(first, second).await;
        let sizes = [4, 5, 100, 16 * 1024 - 4, 16 * 1024, 100_000, limits::FRAME_BYTES_MAX, 4, 4, 1000];
        for (number, size) in (0..).zip(sizes) {
            first.mesh.send_minutes(second.key, frame(number, size));
            second.mesh.send_minutes(first.key, frame(number + 100, size));
        }
        let (mut at_first, mut at_second) = tokio::join!(first.minutes(), second.minutes());
        let reading = async |frames: &mut MinutesReceiver, begin: u32| {
            for (number, size) in (begin..).zip(sizes) {
                assert!(next(frames).await == frame(number, size), "frame {number} differs");
            }
        };
        tokio::join!(reading(&mut at_first, 100), reading(&mut at_second, 0));
        let (here, there) = (first.mesh.traffic(), second.mesh.traffic());
        assert_eq!(here.minutes_bytes_in, sizes.iter().map(|size| 4 + *size as u64).sum());
        assert_eq!(here.minutes_bytes_in, there.minutes_bytes_in);
        eventually("the counts of what was sent", || {
            first.mesh.traffic().minutes_bytes_out == here.minutes_bytes_in
                && second.mesh.traffic().minutes_bytes_out == here.minutes_bytes_in
        })
        .await;
        assert_eq!((here.stream_bytes_in, here.stream_bytes_out), (0, 0));
        // All of it came on one stream.
        assert!(!first.told().iter().any(|event| matches!(event, MeshEvent::Minutes { .. })));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_stream_is_opened_while_there_is_nothing_to_send() {
    let (node, mut swarm) = with_foreign().await;
    let mut minutes = swarm.behaviour().control().accept(StreamProtocol::new(MINUTES)).expect("not accepted yet");
    let mut others =
        swarm.behaviour().control().accept(StreamProtocol::new("/knotwork/reconcile/1")).expect("not accepted yet");
    let work = async {
        // Whatever was opened before this is there before it.
        let mut near = node.mesh.open_stream(public(9)).await.expect("a stream");
        near.send(b"something else").await.expect("sent");
        others.next().await.expect("a stream");
        assert!(futures::FutureExt::now_or_never(minutes.next()).is_none());
        node.mesh.send_minutes(public(9), b"now".to_vec());
        let (_, mut stream) = minutes.next().await.expect("a stream");
        let mut bytes = [0; 7];
        stream.read_exact(&mut bytes).await.expect("read");
        assert_eq!(bytes.to_vec(), framed(b"now"));
        // The same stream for all frames.
        node.mesh.send_minutes(public(9), b"too".to_vec());
        stream.read_exact(&mut bytes).await.expect("read");
        assert_eq!(bytes.to_vec(), framed(b"too"));
        assert!(futures::FutureExt::now_or_never(minutes.next()).is_none());
    };
    beside(&mut swarm, work).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_stream_takes_the_place_of_the_first() {
    let (mut node, mut swarm) = with_foreign().await;
    let mut first = open(&mut swarm, peer(1), MINUTES).await.expect("a stream");
    beside(&mut swarm, write(&mut first, &framed(b"one"))).await;
    let mut frames = beside(&mut swarm, node.minutes()).await;
    assert_eq!(beside(&mut swarm, next(&mut frames)).await, b"one");
    // It is cut off within a frame.
    beside(&mut swarm, write(&mut first, &framed(b"never whole")[..8])).await;
    let mut second = open(&mut swarm, peer(1), MINUTES).await.expect("a stream");
    let work = async {
        write(&mut second, &framed(b"two")).await;
        assert_eq!(next(&mut frames).await, b"two");
        ended(&mut first).await;
        write(&mut second, &framed(b"three")).await;
        assert_eq!(next(&mut frames).await, b"three");
    };
    beside(&mut swarm, work).await;
    // However many come while nobody reads, the last one counts, and those before it are ended.
    let mut streams = Vec::new();
    for _ in 0..3 * limits::MINUTES_STREAMS_PER_PEER_MAX {
        let mut stream = open(&mut swarm, peer(1), MINUTES).await.expect("a stream");
        beside(&mut swarm, write(&mut stream, &framed(b"four"))).await;
        streams.push(stream);
        if let Some(before) = streams.len().checked_sub(2) {
            beside(&mut swarm, ended(&mut streams[before])).await;
        }
    }
    assert_eq!(beside(&mut swarm, next(&mut frames)).await, b"four");
    beside(&mut swarm, ended(&mut second)).await;
    assert!(!node.told().iter().any(|event| matches!(event, MeshEvent::Minutes { .. })));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_oversized_frame_ends_the_stream_and_the_next_one_is_read() {
    let (mut node, mut swarm) = with_foreign().await;
    let mut stream = open(&mut swarm, peer(1), MINUTES).await.expect("a stream");
    let length = limits::FRAME_BYTES_MAX as u32 + 1;
    beside(&mut swarm, write(&mut stream, &length.to_be_bytes())).await;
    let mut frames = beside(&mut swarm, node.minutes()).await;
    assert_eq!(
        beside(&mut swarm, frames.recv()).await,
        Err(StreamError::FrameTooLong { found: u64::from(length) }),
        "before any of it has come"
    );
    beside(&mut swarm, ended(&mut stream)).await;
    let mut stream = open(&mut swarm, peer(1), MINUTES).await.expect("a stream");
    beside(&mut swarm, write(&mut stream, &framed(b"short"))).await;
    assert_eq!(beside(&mut swarm, next(&mut frames)).await, b"short");
    // A receiver that is dropped ends its stream, and the next stream has a new one.
    drop(frames);
    beside(&mut swarm, ended(&mut stream)).await;
    let mut stream = open(&mut swarm, peer(1), MINUTES).await.expect("a stream");
    beside(&mut swarm, write(&mut stream, &framed(b"again"))).await;
    let mut frames = beside(&mut swarm, node.minutes()).await;
    assert_eq!(beside(&mut swarm, next(&mut frames)).await, b"again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_that_the_peer_ends_or_writes_on_is_not_used_again() {
    let (node, mut swarm) = with_foreign().await;
    let mut minutes = swarm.behaviour().control().accept(StreamProtocol::new(MINUTES)).expect("not accepted yet");
    let work = async {
        node.mesh.send_minutes(public(9), b"one".to_vec());
        let (_, mut stream) = minutes.next().await.expect("a stream");
        let mut bytes = [0; 7];
        stream.read_exact(&mut bytes).await.expect("read");
        drop(stream);
        let mut stream = sent_until_opened(&node, &mut minutes).await;
        write(&mut stream, b"this is not the place").await;
        sent_until_opened(&node, &mut minutes).await;
    };
    beside(&mut swarm, work).await;
}

/// Sends until there is a new stream: what goes onto the old one before its end is noticed is lost.
async fn sent_until_opened(node: &Node, streams: &mut libp2p_stream::IncomingStreams) -> libp2p::Stream {
    loop {
        node.mesh.send_minutes(public(9), b"more".to_vec());
        let opened = tokio::time::timeout(Duration::from_millis(10), streams.next()).await;
        if let Ok(opened) = opened {
            return opened.expect("a stream").1;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_does_not_read_is_given_up_and_gets_whole_frames_again_later() {
    let (first, mut second) = pair(config(1), config(2)).await;
    let size = 1024 * 1024;
    first.mesh.send_minutes(second.key, frame(0, size));
    let mut frames = second.minutes().await;
    // More than may wait, by far.
    let many = 4 * (limits::MINUTES_WAITING_BYTES_MAX / size) as u32;
    for number in 1..many {
        first.mesh.send_minutes(second.key, frame(number, size));
    }
    let sent = first.mesh.traffic().minutes_bytes_out;
    assert!(sent < 4 * size as u64, "{sent} bytes were sent to a peer that reads nothing");
    // What comes is whole and in order, and after what was lost the latest comes.
    let mut last = None;
    let mut received = 0;
    while last != Some(many) {
        first.mesh.send_minutes(second.key, frame(many, 4));
        let frame = next(&mut frames).await;
        let number = number(&frame);
        assert!(last <= Some(number), "{number} after {last:?}");
        assert!(frame[4..].iter().all(|byte| *byte == number as u8) && (frame.len() == size || number == many));
        (last, received) = (Some(number), received + 1);
    }
    assert!(received < many, "nothing was given up");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_takes_nothing_for_the_idle_time_is_given_up_with_what_waits() {
    let hasty = config(1);
    let timing = Timing { stream_idle: Duration::from_millis(200), ..hasty.timing };
    let (first, mut second) = pair(MeshConfig { timing, ..hasty }, config(2)).await;
    // Less than may wait, and none of them fits into the window.
    for number in 0..3 {
        first.mesh.send_minutes(second.key, frame(number, limits::FRAME_BYTES_MAX));
    }
    let mut frames = second.minutes().await;
    // Nothing is read, so that a frame that is sent after all is sent on a new stream.
    eventually("a new stream", || {
        first.mesh.send_minutes(second.key, frame(9, 4));
        first.mesh.traffic().minutes_bytes_out > 0
    })
    .await;
    assert!(first.mesh.traffic().minutes_bytes_out < 1024 * 1024);
    assert_eq!(next(&mut frames).await, frame(9, 4));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silence_between_frames_is_no_fault_and_within_one_it_is_the_end() {
    let mut hasty = config(1);
    hasty.timing.stream_idle = Duration::from_millis(100);
    let mut node = Node::start(hasty).await;
    node.mesh.set_roster(roster([1, 9]));
    let mut swarm = foreign_at(9, &node).await;
    let mut stream = open(&mut swarm, peer(1), MINUTES).await.expect("a stream");
    beside(&mut swarm, write(&mut stream, &framed(b"one"))).await;
    let mut frames = beside(&mut swarm, node.minutes()).await;
    assert_eq!(beside(&mut swarm, next(&mut frames)).await, b"one");
    let silence = tokio::time::timeout(Duration::from_millis(300), frames.recv());
    assert!(beside(&mut swarm, silence).await.is_err(), "silence is nothing that is told");
    beside(&mut swarm, write(&mut stream, &framed(b"two"))).await;
    assert_eq!(beside(&mut swarm, next(&mut frames)).await, b"two");
    beside(&mut swarm, write(&mut stream, &framed(b"three")[..6])).await;
    let work = async {
        tokio::select! {
            received = frames.recv() => panic!("{received:?}"),
            () = ended(&mut stream) => {}
        }
    };
    beside(&mut swarm, work).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frames_come_again_after_a_reconnection_and_those_between_are_lost() {
    let (mut first, mut second) = pair(config(1), config(2)).await;
    first.mesh.send_minutes(second.key, b"before".to_vec());
    second.mesh.send_minutes(first.key, b"before".to_vec());
    let (mut at_first, mut at_second) = tokio::join!(first.minutes(), second.minutes());
    assert_eq!(next(&mut at_first).await, b"before");
    assert_eq!(next(&mut at_second).await, b"before");
    first.mesh.disconnect(second.key, Duration::from_millis(300));
    tokio::join!(first.disconnected(public(2)), second.disconnected(public(1)));
    over(&mut at_first).await;
    over(&mut at_second).await;
    // And it stays so.
    over(&mut at_second).await;
    first.mesh.send_minutes(second.key, b"between".to_vec());
    second.mesh.send_minutes(first.key, b"between".to_vec());
    tokio::join!(first.connected(public(2)), second.connected(public(1)));
    first.mesh.send_minutes(second.key, b"after".to_vec());
    second.mesh.send_minutes(first.key, b"after".to_vec());
    let (mut at_first, mut at_second) = tokio::join!(first.minutes(), second.minutes());
    assert_eq!(next(&mut at_first).await, b"after");
    assert_eq!(next(&mut at_second).await, b"after");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_leaves_the_roster_is_not_heard_any_more_and_whoever_comes_is() {
    let (mut first, mut second) = pair(config(1), config(2)).await;
    second.mesh.send_minutes(first.key, b"before".to_vec());
    let mut frames = first.minutes().await;
    assert_eq!(next(&mut frames).await, b"before");
    // A node's own key on its roster is nothing to it.
    first.mesh.set_roster(roster([1]));
    over(&mut frames).await;
    second.disconnected(public(1)).await;
    // The second one still wants the first, and is a stranger there: what it sends is lost, without harm.
    second.connected(public(1)).await;
    first
        .until("refused", |event| matches!(event, MeshEvent::Refused { peer } if peer == public(2)).then_some(()))
        .await;
    second.mesh.send_minutes(first.key, b"unheard".to_vec());
    first.mesh.set_roster(roster([1, 2]));
    first.connected(public(2)).await;
    // Its connection as a stranger ends before there is one as a peer.
    second.disconnected(public(1)).await;
    second.connected(public(1)).await;
    second.mesh.send_minutes(first.key, b"after".to_vec());
    let mut frames = first.minutes().await;
    assert_eq!(next(&mut frames).await, b"after");
}
