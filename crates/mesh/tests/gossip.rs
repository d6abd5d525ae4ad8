//! Announcements: heard by all, passed on when judged good, bounded when not judged.

use std::collections::HashSet;

use knotwork_identity::{PublicKey, SpaceId};
use knotwork_mesh::{Judgement, MeshEvent, MessageToken, limits};
use libp2p::gossipsub::{IdentTopic, MessageAuthenticity};

use crate::network::{Foreign, Node, beside, config, drive, eventually, foreign, pair, peer, public, roster};

/// An announcement as it came.
struct Heard {
    peer: PublicKey,
    space: SpaceId,
    token: MessageToken,
    bytes: Vec<u8>,
}

impl Node {
    async fn hears(&mut self) -> Heard {
        self.until("an announcement", |event| match event {
            MeshEvent::Announced { peer, space, token, bytes } => Some(Heard { peer, space, token, bytes }),
            _ => None,
        })
        .await
    }

    /// Announces as soon as somebody follows the space.
    async fn announces(&self, space: SpaceId, bytes: &[u8]) {
        let before = self.mesh.traffic().announcements_out;
        eventually("somebody to announce to", || {
            if self.mesh.traffic().announcements_out == before {
                self.mesh.announce(space, bytes.to_vec());
            }
            self.mesh.traffic().announcements_out > before
        })
        .await;
    }
}

/// Three in a row: the first and the last are not connected.
async fn row() -> (Node, Node, Node) {
    let (first, middle) = pair(config(1), config(2)).await;
    let mut last = Node::start(config(3)).await;
    for node in [&first, &middle, &last] {
        node.mesh.set_roster(roster([1, 2, 3]));
    }
    last.knows(&middle);
    last.connected(public(2)).await;
    (first, middle, last)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_judged_good_goes_on_and_nothing_else_does() {
    let (first, mut middle, mut last) = row().await;
    // The last one is heard by the middle, so the middle is in its gossip.
    last.announces(SpaceId::Roster, b"here").await;
    let heard = middle.hears().await;
    assert_eq!((heard.peer, heard.space, heard.bytes), (public(3), SpaceId::Roster, b"here".to_vec()));
    middle.mesh.judge(heard.token, Judgement::Ignore);

    for (bytes, judgement) in [
        (b"bad", Some(Judgement::Reject)),
        (b"new", Some(Judgement::Ignore)),
        (b"odd", None),
        (b"ok!", Some(Judgement::Accept)),
    ] {
        first.announces(SpaceId::Commons, bytes).await;
        let heard = middle.hears().await;
        assert_eq!((heard.peer, heard.space, &heard.bytes[..]), (public(1), SpaceId::Commons, &bytes[..]));
        if let Some(judgement) = judgement {
            middle.mesh.judge(heard.token, judgement);
        }
    }
    let heard = last.hears().await;
    assert_eq!((heard.peer, heard.space, &heard.bytes[..]), (public(2), SpaceId::Commons, &b"ok!"[..]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_largest_announcement_arrives_and_a_larger_one_is_not_made() {
    let (mut first, second) = pair(config(1), config(2)).await;
    let largest = vec![7; limits::GOSSIP_BYTES_MAX];
    second.announces(SpaceId::Commons, &largest).await;
    assert!(first.hears().await.bytes == largest);
    second.mesh.announce(SpaceId::Commons, vec![8; limits::GOSSIP_BYTES_MAX + 1]);
    eventually("the refusal", || second.mesh.traffic().announcements_dropped == 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn circles_are_not_announced() {
    let (mut first, second) = pair(config(1), config(2)).await;
    second.mesh.announce(SpaceId::Circle([1; 32]), b"secret".to_vec());
    second.mesh.announce(SpaceId::Organisation(public(2)), b"secret".to_vec());
    second.announces(SpaceId::Commons, b"public").await;
    assert_eq!(first.hears().await.bytes, b"public");
    assert_eq!(second.mesh.traffic().announcements_out, 1);
}

/// A gossiping swarm of a peer on the roster, that knows the names of the topics because it hears them.
async fn gossiping(node: &mut Node, authenticity: MessageAuthenticity) -> (libp2p::Swarm<Foreign>, Vec<String>) {
    let mut swarm = foreign(9, authenticity);
    let address: libp2p::Multiaddr = node.address().parse().expect("an address");
    swarm.dial(address).expect("a dial");
    let mut topics = HashSet::new();
    drive(&mut swarm, "both topics", |event| {
        if let libp2p::swarm::SwarmEvent::Behaviour(crate::network::ForeignEvent::Gossip(
            libp2p::gossipsub::Event::Subscribed { topic, .. },
        )) = event
        {
            topics.insert(topic.into_string());
        }
        (topics.len() == 2).then_some(())
    })
    .await;
    (swarm, topics.into_iter().collect())
}

fn say(swarm: &mut libp2p::Swarm<Foreign>, topic: &str, bytes: Vec<u8>) {
    swarm.behaviour_mut().gossip.publish(IdentTopic::new(topic), bytes).expect("published");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_that_nobody_judges_is_bounded() {
    let mut node = Node::start(config(1)).await;
    node.mesh.set_roster(roster([1, 9]));
    let (mut swarm, topics) = gossiping(&mut node, MessageAuthenticity::Anonymous).await;
    let room = limits::UNJUDGED_BYTES_PER_PEER_MAX / (60 * 1024);
    for number in 0..2 * room {
        let mut bytes = vec![0; 60 * 1024];
        bytes[..8].copy_from_slice(&number.to_be_bytes());
        say(&mut swarm, &topics[0], bytes);
    }
    let flooded = eventually("the flood", || {
        let traffic = node.mesh.traffic();
        (traffic.announcements_in + traffic.announcements_dropped) as usize == 2 * room
    });
    beside(&mut swarm, flooded).await;
    assert_eq!(node.mesh.traffic().announcements_in as usize, room);
    // Judging makes room again.
    for _ in 0..room {
        let heard = node.hears().await;
        node.mesh.judge(heard.token, Judgement::Ignore);
    }
    say(&mut swarm, &topics[0], vec![1]);
    let after = beside(&mut swarm, node.hears()).await;
    assert_eq!(after.bytes, [1]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_sends_bad_announcements_is_not_heard_any_more() {
    let mut node = Node::start(config(1)).await;
    node.mesh.set_roster(roster([1, 9]));
    let (mut swarm, topics) = gossiping(&mut node, MessageAuthenticity::Anonymous).await;
    let mut heard = 0;
    for number in 0..10 {
        say(&mut swarm, &topics[0], vec![number]);
        if let Some(token) = heard_before_stream(&mut swarm, &mut node).await {
            node.mesh.judge(token, Judgement::Reject);
            heard += 1;
        }
    }
    // One is too few to tell a mistake from malice. A judgement may take effect after the message that follows.
    assert!((2..=5).contains(&heard), "{heard} of ten were heard");
}

/// Whether an announcement comes before a stream that is opened after it.
async fn heard_before_stream(swarm: &mut libp2p::Swarm<Foreign>, node: &mut Node) -> Option<MessageToken> {
    use futures::AsyncWriteExt as _;
    let mut stream = crate::network::open(swarm, peer(1), "/knotwork/reconcile/1").await.expect("a stream");
    let mut heard = None;
    let told = async {
        stream.write_all(&[0; 4]).await.expect("written");
        stream.flush().await.expect("flushed");
        node.until("the stream", |event| match event {
            MeshEvent::Announced { token, .. } => {
                heard = Some(token);
                None
            }
            MeshEvent::Stream { .. } => Some(()),
            _ => None,
        })
        .await;
    };
    beside(swarm, told).await;
    heard
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signed_announcements_are_turned_away() {
    let mut node = Node::start(config(1)).await;
    node.mesh.set_roster(roster([1, 9]));
    let (mut swarm, topics) = gossiping(&mut node, MessageAuthenticity::Signed(crate::network::keypair(9))).await;
    say(&mut swarm, &topics[0], b"signed".to_vec());
    assert!(heard_before_stream(&mut swarm, &mut node).await.is_none());
    assert_eq!(node.mesh.traffic().announcements_in, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gossip_made_by_hand_is_heard_only_if_it_keeps_the_rules() {
    let mut node = Node::start(config(1)).await;
    node.mesh.set_roster(roster([1, 9]));
    let (_, topics) = gossiping(&mut node, MessageAuthenticity::Anonymous).await;
    node.connected(public(9)).await;
    let bad = [
        message("another topic", b"unheard"),
        message(&topics[0], &vec![0; limits::GOSSIP_BYTES_MAX + 1]),
        vec![0xff; 16],
        vec![0x12, 0xff, 0xff, 0x7f],
        vec![0xff, 0xff, 0xff, 0xff, 0x0f, 0x12],
    ];
    for bytes in bad {
        let mut swarm = alone(&node).await;
        let mut stream = crate::network::open(&mut swarm, peer(1), "/knotwork/gossip/1").await.expect("a stream");
        let sent = async {
            use futures::{AsyncReadExt as _, AsyncWriteExt as _};
            // The node may end the stream before it has read all; when it has, it ends its side.
            _ = stream.write_all(&bytes).await;
            _ = stream.close().await;
            _ = stream.read_to_end(&mut Vec::new()).await;
        };
        beside(&mut swarm, sent).await;
    }
    let mut swarm = alone(&node).await;
    let mut stream = crate::network::open(&mut swarm, peer(1), "/knotwork/gossip/1").await.expect("a stream");
    let heard = async {
        use futures::AsyncWriteExt as _;
        stream.write_all(&message(&topics[0], b"heard")).await.expect("written");
        stream.flush().await.expect("flushed");
        node.hears().await
    };
    assert_eq!(beside(&mut swarm, heard).await.bytes, b"heard");
}

/// The hostile peer's only connection: the one before it has ended.
async fn alone(node: &Node) -> libp2p::Swarm<libp2p_stream::Behaviour> {
    eventually("the end of the connection before", || node.mesh.traffic().connections == 0).await;
    let mut swarm = crate::network::bare(9);
    crate::network::dials(&mut swarm, node).await;
    swarm
}

/// A message as it stands on a gossip stream: a length, and in field 2 the data (field 2) and the topic (field 4).
fn message(topic: &str, data: &[u8]) -> Vec<u8> {
    let message = [field(2, data), field(4, topic.as_bytes())].concat();
    let rpc = field(2, &message);
    [varint(rpc.len()), rpc].concat()
}

fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    [vec![number << 3 | 2], varint(bytes.len()), bytes.to_vec()].concat()
}

fn varint(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}
