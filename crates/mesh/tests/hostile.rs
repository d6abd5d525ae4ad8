//! Peers and strangers that do not keep the rules.

use std::{
    net::{Ipv4Addr, SocketAddr},
    pin::Pin,
    task::Poll,
    time::{Duration, Instant},
};

use futures::{AsyncReadExt as _, AsyncWrite as _, AsyncWriteExt as _};
use knotwork_mesh::{Limits, MeshConfig, MeshEvent, StreamError, Timing, limits};
use libp2p::{
    Multiaddr, Transport as _,
    core::{
        Endpoint,
        muxing::{StreamMuxerBox, StreamMuxerExt as _},
        transport::{DialOpts, PortUse},
        upgrade::Version,
    },
    noise,
    swarm::SwarmEvent,
    tcp, yamux,
};
use libp2p_stream::OpenStreamError;
use tokio::{
    io::AsyncReadExt as _,
    net::{TcpSocket, TcpStream},
};

use crate::network::{
    Node, PATIENCE, bare, beside, config, drive, eventually, foreign, foreign_at, keypair, open, pair, peer, public,
    roster, socket,
};

/// A node whose patience with strangers and handshakes is short.
fn curt(number: u8) -> MeshConfig {
    let config = config(number);
    let timing =
        Timing { stranger: Duration::from_millis(500), handshake: Duration::from_millis(800), ..config.timing };
    MeshConfig { timing, ..config }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_gets_one_sentence_and_the_door() {
    let mut node = Node::start(curt(1)).await;
    node.mesh.set_roster(roster([1]));
    let mut stranger = foreign_at(9, &node).await;
    let start = Instant::now();
    for protocol in
        ["/knotwork/reconcile/1", "/knotwork/minutes/1", "/knotwork/gossip/1", "/knotwork/alive/1", "/ipfs/id/1.0.0"]
    {
        let opened = open(&mut stranger, peer(1), protocol).await;
        assert!(matches!(opened, Err(OpenStreamError::UnsupportedProtocol(_))), "{protocol}: {opened:?}");
    }
    let mut stream = open(&mut stranger, peer(1), "/knotwork/join/1").await.expect("the join protocol");
    let mut said = Vec::new();
    beside(&mut stranger, stream.read_to_end(&mut said)).await.expect("read to the end");
    let (length, sentence) = said.split_first_chunk::<4>().expect("a frame");
    assert_eq!(u32::from_be_bytes(*length) as usize, sentence.len());
    assert!(std::str::from_utf8(sentence).expect("text").contains("a network that you are not in (yet)"));
    // Once is enough; and staying busy does not help.
    while let Ok(mut again) = open(&mut stranger, peer(1), "/knotwork/join/1").await {
        let mut said = Vec::new();
        _ = beside(&mut stranger, again.read_to_end(&mut said)).await;
        assert!(said.is_empty());
        assert!(start.elapsed() < Duration::from_secs(5), "still connected");
    }
    node.until("refused", |event| matches!(event, MeshEvent::Refused { peer } if peer == public(9)).then_some(()))
        .await;
    assert!(node.told().is_empty());
    let traffic = node.mesh.traffic();
    assert_eq!((traffic.peers, traffic.strangers), (0, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_that_keeps_beginning_streams_is_closed_all_the_same() {
    let node = Node::start(curt(1)).await;
    node.mesh.set_roster(roster([1]));
    let mut muxer = raw_connection(9, &node).await;
    let start = Instant::now();
    let mut begun = Vec::new();
    let mut pause = Box::pin(tokio::time::sleep(Duration::ZERO));
    // A new stream every tenth of a second, each with the beginning of a proposal and never more.
    let ended = std::future::poll_fn(|cx| {
        while pause.as_mut().poll(cx).is_ready() {
            match muxer.poll_outbound_unpin(cx) {
                Poll::Ready(Ok(mut stream)) => {
                    _ = Pin::new(&mut stream).poll_write(cx, b"\x13/multistream/1.0.0\n");
                    begun.push(stream);
                }
                Poll::Ready(Err(_)) => return Poll::Ready(()),
                Poll::Pending => {}
            }
            pause.as_mut().reset(tokio::time::Instant::now() + Duration::from_millis(100));
        }
        muxer.poll_unpin(cx).map(|_| ())
    });
    tokio::time::timeout(PATIENCE, ended).await.expect("the connection ends");
    assert!(begun.len() > 1 && start.elapsed() < Duration::from_secs(3), "after {:?}", start.elapsed());
}

/// A connection with nothing on it but what the test puts there.
async fn raw_connection(number: u8, node: &Node) -> StreamMuxerBox {
    let mut transport = tcp::tokio::Transport::default()
        .upgrade(Version::V1)
        .authenticate(noise::Config::new(&keypair(number)).expect("a key"))
        .multiplex(yamux::Config::default())
        .boxed();
    let address = node.address().parse().expect("an address");
    let options = DialOpts { role: Endpoint::Dialer, port_use: PortUse::New };
    let (_, muxer) = transport.dial(address, options).expect("a dial").await.expect("a connection");
    muxer
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_are_few_per_address_and_peers_still_come_in() {
    let mut node = Node::start(config(1)).await;
    node.mesh.set_roster(roster([1, 2]));
    let mut strangers = Vec::new();
    for number in 0..limits::CONNECTIONS_PER_ADDRESS_MAX as u8 {
        strangers.push(foreign_at(100 + number, &node).await);
    }
    // The next one is turned away before it can say who it is.
    let mut one_more = foreign(200, libp2p::gossipsub::MessageAuthenticity::Anonymous);
    one_more.dial(node.address().parse::<Multiaddr>().expect("an address")).expect("a dial");
    drive(&mut one_more, "a failure", |event| {
        matches!(event, SwarmEvent::OutgoingConnectionError { .. }).then_some(())
    })
    .await;
    eventually("the count", || node.mesh.traffic().turned_away == 1).await;
    // From the same address even a peer waits until there is room, which there is within seconds; it keeps trying.
    let mut other = Node::start(config(2)).await;
    other.mesh.set_roster(roster([1, 2]));
    other.knows(&node);
    drop(strangers);
    other.connected(public(1)).await;
    node.connected(public(2)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_of_strangers_leaves_room_for_peers() {
    let limits = Limits { connections_per_address: 100, connections_in: 5, strangers: 3, ..Limits::default() };
    let mut node = Node::start(MeshConfig { limits, ..config(1) }).await;
    node.mesh.set_roster(roster([1, 2, 3, 4]));
    let mut crowd = Vec::new();
    for number in 100..110 {
        let mut stranger = bare(number);
        stranger.dial(node.address().parse::<Multiaddr>().expect("an address")).expect("a dial");
        drive(&mut stranger, "an answer", |event| {
            matches!(event, SwarmEvent::ConnectionEstablished { .. } | SwarmEvent::OutgoingConnectionError { .. })
                .then_some(())
        })
        .await;
        crowd.push(stranger);
    }
    eventually("the surplus to be turned away", || node.mesh.traffic().turned_away == 7).await;
    let mut peers = Vec::new();
    for number in [2, 3] {
        let other = Node::start(config(number)).await;
        other.mesh.set_roster(roster([1, number]));
        other.knows(&node);
        node.connected(public(number)).await;
        peers.push(other);
    }
    // That was the last place.
    let mut other = Node::start(config(4)).await;
    other.mesh.set_roster(roster([1, 4]));
    other.knows(&node);
    eventually("one more to be turned away", || node.mesh.traffic().turned_away > 7).await;
    assert!(!node.told().iter().any(|event| matches!(event, MeshEvent::Connected { .. })));
    drop(crowd);
    other.connected(public(1)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silent_sockets_neither_fill_the_memory_nor_keep_peers_out() {
    let mut node = Node::start(curt(1)).await;
    node.mesh.set_roster(roster([1, 2]));
    let target = socket(&node.address());
    let mut silent = Vec::new();
    for host in 1..=10_u8 {
        for _ in 0..10 {
            silent.push(connect_from(Ipv4Addr::new(127, 0, 1, host), target).await);
        }
    }
    // Eight of each of ten addresses would be more than may be pending in all.
    let surplus = (silent.len() - limits::PENDING_MAX) as u64;
    eventually("the surplus to be turned away", || node.mesh.traffic().turned_away >= surplus).await;
    let mut other = Node::start(config(2)).await;
    other.mesh.set_roster(roster([1, 2]));
    other.knows(&node);
    other.connected(public(1)).await;
    node.connected(public(2)).await;
    // All of them end, without anything having been sent by them.
    for mut stream in silent {
        let mut rest = Vec::new();
        let ended = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut rest)).await;
        assert!(ended.is_ok(), "a silent socket is still open");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silent_sockets_that_come_back_do_not_keep_a_peer_out() {
    let mut node = Node::start(curt(1)).await;
    node.mesh.set_roster(roster([1, 2]));
    // Its card names where it is; nobody listens there, so that it has to come in.
    node.mesh.set_addresses(public(2), vec!["/ip4/127.0.0.1/tcp/1".to_owned()]);
    let target = socket(&node.address());
    let crowd: Vec<_> = (0..36_u8)
        .map(|number| {
            tokio::spawn(async move {
                loop {
                    let mut silent = connect_from(Ipv4Addr::new(127, 0, 0, 2 + number % 4), target).await;
                    _ = silent.read_to_end(&mut Vec::new()).await;
                }
            })
        })
        .collect();
    eventually("the crowd to be more than there is room for", || node.mesh.traffic().turned_away >= 100).await;
    let mut other = Node::start(config(2)).await;
    other.mesh.set_roster(roster([1, 2]));
    other.knows(&node);
    other.connected(public(1)).await;
    node.connected(public(2)).await;
    crowd.iter().for_each(tokio::task::JoinHandle::abort);
}

async fn connect_from(host: Ipv4Addr, target: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind(SocketAddr::from((host, 0))).expect("an address of loopback");
    socket.connect(target).await.expect("connected")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn noise_on_the_wire_is_nothing() {
    let (mut first, second) = pair(config(1), config(2)).await;
    let mut state = 1_u64;
    for length in [1, 7, 20, 100, 1000, 100_000] {
        let mut stream = TcpStream::connect(socket(&first.address())).await.expect("connected");
        let bytes: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 56) as u8
        })
        .take(length)
        .collect();
        _ = tokio::io::AsyncWriteExt::write_all(&mut stream, &bytes).await;
    }
    let mut near = second.mesh.open_stream(first.key).await.expect("a stream");
    near.send(b"still here").await.expect("sent");
    assert_eq!(first.stream().await.recv().await, Ok(Some(b"still here".to_vec())));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_peer_has_two_connections_at_most() {
    let mut node = Node::start(config(1)).await;
    node.mesh.set_roster(roster([1, 9]));
    let mut swarms = vec![foreign_at(9, &node).await, foreign_at(9, &node).await];
    node.connected(public(9)).await;
    eventually("both", || node.mesh.traffic().connections == 2).await;
    let mut third = foreign(9, libp2p::gossipsub::MessageAuthenticity::Anonymous);
    third.dial(node.address().parse::<Multiaddr>().expect("an address")).expect("a dial");
    // The handshake tells who it is, so it may look made for a moment.
    drive(&mut third, "the end", |event| {
        matches!(event, SwarmEvent::ConnectionClosed { .. } | SwarmEvent::OutgoingConnectionError { .. }).then_some(())
    })
    .await;
    eventually("the count", || node.mesh.traffic().turned_away == 1).await;
    assert!(node.told().is_empty());
    drop(swarms.pop());
    eventually("one less", || node.mesh.traffic().connections == 1).await;
    assert!(!node.told().iter().any(|event| matches!(event, MeshEvent::Disconnected { .. })));
    drop(swarms);
    node.disconnected(public(9)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frame_that_claims_too_much_ends_the_stream() {
    let mut node = Node::start(config(1)).await;
    node.mesh.set_roster(roster([1, 9]));
    let mut swarm = foreign_at(9, &node).await;
    for length in [limits::FRAME_BYTES_MAX as u32 + 1, u32::MAX] {
        let mut stream = open(&mut swarm, peer(1), "/knotwork/reconcile/1").await.expect("a stream");
        let work = async {
            stream.write_all(&length.to_be_bytes()).await.expect("written");
            stream.flush().await.expect("flushed");
            node.stream().await.recv().await
        };
        assert_eq!(beside(&mut swarm, work).await, Err(StreamError::FrameTooLong { found: length.into() }));
    }
    // One that claims much and ends is short, and one that falls silent is idle.
    let mut stream = open(&mut swarm, peer(1), "/knotwork/reconcile/1").await.expect("a stream");
    let work = async {
        stream.write_all(&1000_u32.to_be_bytes()).await.expect("written");
        stream.write_all(&[0; 999]).await.expect("written");
        stream.close().await.expect("closed");
        node.stream().await.recv().await
    };
    assert_eq!(beside(&mut swarm, work).await, Err(StreamError::CutShort));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_quic_strangers_and_long_frames_fare_no_better() {
    let listen = vec!["/ip4/127.0.0.1/udp/0/quic-v1".to_owned()];
    let mut node = Node::start(MeshConfig { listen, ..config(1) }).await;
    node.mesh.set_roster(roster([1, 9]));
    let mut stranger = foreign_at(8, &node).await;
    for protocol in ["/knotwork/reconcile/1", "/knotwork/minutes/1", "/knotwork/gossip/1", "/knotwork/alive/1"] {
        let opened = open(&mut stranger, peer(1), protocol).await;
        assert!(matches!(opened, Err(OpenStreamError::UnsupportedProtocol(_))), "{protocol}: {opened:?}");
    }
    let mut stream = open(&mut stranger, peer(1), "/knotwork/join/1").await.expect("the join protocol");
    let mut said = Vec::new();
    beside(&mut stranger, stream.read_to_end(&mut said)).await.expect("read to the end");
    assert!(String::from_utf8_lossy(&said).contains("a network that you are not in (yet)"));
    let refused = |event| matches!(event, MeshEvent::Refused { peer } if peer == public(8)).then_some(());
    node.until("refused", refused).await;

    let mut swarm = foreign_at(9, &node).await;
    let mut stream = open(&mut swarm, peer(1), "/knotwork/reconcile/1").await.expect("a stream");
    let length = limits::FRAME_BYTES_MAX as u32 + 1;
    let work = async {
        stream.write_all(&length.to_be_bytes()).await.expect("written");
        stream.flush().await.expect("flushed");
        node.stream().await.recv().await
    };
    assert_eq!(beside(&mut swarm, work).await, Err(StreamError::FrameTooLong { found: length.into() }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_on_which_nothing_comes_is_given_up() {
    let hasty = config(1);
    let timing = Timing { stream_idle: Duration::from_millis(200), ..hasty.timing };
    let (mut first, second) = pair(MeshConfig { timing, ..hasty }, config(2)).await;
    let mut near = second.mesh.open_stream(first.key).await.expect("a stream");
    near.send(b"and then").await.expect("sent");
    let mut far = first.stream().await;
    assert_eq!(far.recv().await, Ok(Some(b"and then".to_vec())));
    assert_eq!(far.recv().await, Err(StreamError::Idle(Duration::from_millis(200))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_peer_has_eight_streams_at_a_time_at_most() {
    let mut node = Node::start(config(1)).await;
    node.mesh.set_roster(roster([1, 9]));
    let mut swarm = foreign_at(9, &node).await;
    let mut held = Vec::new();
    let mut far = Vec::new();
    for _ in 0..limits::STREAMS_PER_PEER_MAX {
        far.push(open(&mut swarm, peer(1), "/knotwork/reconcile/1").await.expect("a stream"));
        held.push(beside(&mut swarm, node.stream()).await);
    }
    // More are reset, however many come.
    for _ in 0..3 {
        let mut surplus = open(&mut swarm, peer(1), "/knotwork/reconcile/1").await.expect("asked for");
        let mut byte = [0];
        let read = beside(&mut swarm, surplus.read(&mut byte)).await;
        assert!(!matches!(read, Ok(1..)), "{read:?}");
    }
    assert!(node.told().is_empty());
    // One that ends makes room for another.
    drop(held.pop());
    _ = open(&mut swarm, peer(1), "/knotwork/reconcile/1").await.expect("a stream");
    beside(&mut swarm, node.stream()).await;
    // The same bound holds for what this node opens.
    let (mut first, second) = pair(config(3), config(4)).await;
    let mut open = Vec::new();
    for number in 0..limits::STREAMS_PER_PEER_MAX {
        let mut near = second.mesh.open_stream(first.key).await.expect("a stream");
        near.send(&number.to_be_bytes()).await.expect("sent");
        open.push((near, first.stream().await));
    }
    let refused = second.mesh.open_stream(first.key).await.map(|_| ());
    assert_eq!(refused, Err(knotwork_mesh::OpenError::TooMany(limits::STREAMS_PER_PEER_MAX)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_reads_nothing_is_only_its_own_loss() {
    let mut node = Node::start(config(1)).await;
    node.mesh.set_roster(roster([1, 2, 9]));
    // Connected, and then never driven again: nothing is read, nothing answered.
    let stuck = foreign_at(9, &node).await;
    node.connected(public(9)).await;
    let mut other = Node::start(config(2)).await;
    other.mesh.set_roster(roster([1, 2]));
    other.knows(&node);
    other.connected(public(1)).await;
    node.connected(public(2)).await;
    for number in 0..200_u8 {
        node.mesh.announce(knotwork_identity::SpaceId::Commons, vec![number; 32 * 1024]);
    }
    let mut near = node.mesh.open_stream(other.key).await.expect("a stream");
    near.send(b"on time").await.expect("sent");
    assert_eq!(other.stream().await.recv().await, Ok(Some(b"on time".to_vec())));
    drop(stuck);
}
