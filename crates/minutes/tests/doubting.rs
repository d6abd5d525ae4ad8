//! A node whose disk may not be its latest: what it asks, when it is mute, and when it speaks.

#[allow(dead_code, reason = "each test binary uses a part")]
mod circle;

use circle::{AllRight, Circle};
use knotwork_governance::Said;
use knotwork_identity::{PublicKey, SecretKey, Timestamp};
use knotwork_minutes::{Agreed, Disk, Event, Frame, Kept, Matter, Minutes, Tally, Voice, Work};

/// A node of a circle, at a time.
struct Node {
    minutes: Minutes,
    now: u64,
}

impl Node {
    fn open(circle: &Circle, place: usize, agreed: Agreed, disk: Disk) -> Self {
        let kept = Kept { agreed, log: Vec::new(), disk };
        Self { minutes: Minutes::open(kept, circle.nodes[place].clone(), [1; 32]), now: 0 }
    }

    fn handle(&mut self, event: Event) -> Work {
        self.minutes.handle(self.now, event, &AllRight);
        self.minutes.take()
    }

    fn frame(&mut self, peer: PublicKey, frame: Frame) -> Work {
        self.handle(Event::Frame { peer, frame })
    }

    /// Connects these, each of which answers that it knows of nothing.
    fn hear_nothing_of(&mut self, peers: &[PublicKey]) {
        let height = self.minutes.agreed().height();
        for peer in peers {
            self.handle(Event::Connected { peer: *peer });
            self.frame(*peer, Frame::Known { height, messages: Vec::new() });
        }
    }

    /// Lets time pass, and wakes the node whenever it asked for it.
    fn wait(&mut self, milliseconds: u64) {
        let until = self.now + milliseconds;
        while let Some(at) = self.minutes.next_wake().filter(|at| *at <= until) {
            self.now = self.now.max(at);
            self.handle(Event::Wake);
        }
        self.now = until;
    }
}

fn others(circle: &Circle, place: usize) -> Vec<PublicKey> {
    let nodes = circle.nodes.iter().map(SecretKey::public);
    nodes.enumerate().filter(|(other, _)| *other != place).map(|(_, node)| node).collect()
}

/// Something that can be minuted next.
fn rest(circle: &Circle) -> Matter {
    let number = circle.agreed.parties()[&circle.organisations[1].public()].word + 1;
    circle.word(1, number, Said::Rest(Timestamp::MAX))
}

fn tally(circle: &Circle, agreed: &Agreed) -> Frame {
    let (network, height, hash) = (circle.agreed.network(), agreed.height(), agreed.hash());
    Frame::Tally(Tally { network, height, hash, has: Vec::new(), sees: vec![0], asks: false, answer: false })
}

#[test]
fn where_one_may_lie_a_copy_is_mute_though_nobody_knows_of_anything() {
    let mut circle = Circle::of(4);
    let height = circle.agreed.height();
    let mut node = Node::open(&circle, 0, circle.agreed.clone(), Disk::Copy);
    node.handle(Event::Waiting(vec![rest(&circle)]));
    let others = others(&circle, 0);
    node.hear_nothing_of(&others);
    node.wait(60_000);
    let Voice::Mute { until, .. } = node.minutes.voice() else { panic!("{:?}", node.minutes.voice()) };
    assert_eq!(*until, height + 2);
    for decision in [1, 2] {
        assert_ne!(*node.minutes.voice(), Voice::Free, "minute {} is not final yet", height + 2);
        circle.minute_without(0, Matter::Outcome(circle.outcome(decision, Vec::new())));
        let made = circle.minutes.last().cloned().into_iter().collect();
        node.frame(others[0], Frame::Minutes(made));
    }
    assert_eq!(node.minutes.agreed().hash(), circle.agreed.hash());
    assert_eq!(*node.minutes.voice(), Voice::Free);
}

#[test]
fn where_nobody_may_lie_a_copy_speaks_once_all_others_know_of_nothing() {
    let circle = Circle::of(3);
    let mut node = Node::open(&circle, 0, circle.agreed.clone(), Disk::Copy);
    node.handle(Event::Waiting(vec![rest(&circle)]));
    let others = others(&circle, 0);
    node.hear_nothing_of(&others[..1]);
    node.wait(60_000);
    assert!(matches!(node.minutes.voice(), Voice::Asking { .. }), "one has not answered: {:?}", node.minutes.voice());
    node.handle(Event::Connected { peer: others[1] });
    let behind = circle.agreed.height() - 1;
    node.frame(others[1], Frame::Known { height: behind, messages: Vec::new() });
    assert!(matches!(node.minutes.voice(), Voice::Asking { .. }), "who is behind cannot know of this height");
    node.hear_nothing_of(&others[1..]);
    assert_eq!(*node.minutes.voice(), Voice::Free);
}

#[test]
fn a_copy_that_was_behind_asks_again_once_it_has_caught_up() {
    let mut circle = Circle::of(4);
    let mut node = Node::open(&circle, 0, circle.agreed.clone(), Disk::Copy);
    // Without its own signature, which would have it ask for another reason; and nothing waits for a minute.
    circle.minute_without(0, Matter::Outcome(circle.outcome(1, Vec::new())));
    let height = circle.agreed.height();
    let others = others(&circle, 0);
    for peer in &others {
        node.handle(Event::Connected { peer: *peer });
        // Whoever is ahead tells of its own height, which is no answer yet.
        node.frame(*peer, Frame::Known { height, messages: Vec::new() });
    }
    let work = node.frame(others[0], Frame::Minutes(vec![circle.minutes.last().cloned().expect("it was made")]));
    assert!(matches!(node.minutes.voice(), Voice::Asking { .. }), "{:?}", node.minutes.voice());
    let asks = |frame: &Frame| matches!(frame, Frame::Tally(tally) if tally.asks && tally.height == height);
    for peer in &others {
        assert!(work.sends.iter().any(|(to, frame)| to == peer && asks(frame)), "{:?}", work.sends);
    }
    node.hear_nothing_of(&others);
    assert!(matches!(node.minutes.voice(), Voice::Mute { .. }), "{:?}", node.minutes.voice());
}

#[test]
fn a_node_whose_store_is_gone_learns_from_its_own_signatures_that_it_had_one() {
    let circle = Circle::of(4);
    // The first founder has signed every minute so far, the last none.
    for (place, signed) in [(0, true), (3, false)] {
        let mut node = Node::open(&circle, place, Agreed::founded(&circle.genesis), Disk::Same);
        let others = others(&circle, place);
        node.handle(Event::Connected { peer: others[0] });
        let work = node.frame(others[0], Frame::Minutes(circle.minutes.clone()));
        assert_eq!((work.copied, node.minutes.agreed().height()), (signed, circle.agreed.height()));
        node.handle(Event::Waiting(vec![rest(&circle)]));
        node.hear_nothing_of(&others);
        node.wait(60_000);
        assert_eq!(*node.minutes.voice() == Voice::Free, !signed, "{:?}", node.minutes.voice());
        assert_eq!(matches!(node.minutes.voice(), Voice::Mute { .. }), signed);
    }
}

#[test]
fn who_signs_alone_hears_those_first_who_are_connected() {
    let circle = Circle::of(2);
    let founded = Agreed::founded(&circle.genesis);
    let peer = circle.nodes[1].public();
    // Not what was minuted: alone and with an old disk it would make another first minute.
    let other = circle.word(1, 2, Said::Accept(founded.charter().digest));
    let begin = || {
        let mut node = Node::open(&circle, 0, founded.clone(), Disk::Same);
        node.handle(Event::Connected { peer });
        let work = node.handle(Event::Waiting(vec![other.clone()]));
        assert!(work.minuted.is_empty() && work.log.is_empty(), "the other has not said yet how far it is");
        node
    };
    let mut behind = begin();
    let work = behind.frame(peer, tally(&circle, &circle.agreed));
    assert!(work.minuted.is_empty(), "the other has a minute that this node has not");
    behind.frame(peer, Frame::Minutes(circle.minutes.clone()));
    assert_eq!(behind.minutes.agreed().hash(), circle.agreed.hash());

    let mut level = begin();
    assert_eq!(level.frame(peer, tally(&circle, &founded)).minuted.len(), 1, "the other is no further");

    let mut unheard = begin();
    unheard.wait(30_000);
    assert_eq!(unheard.minutes.agreed().height(), 1);

    // Who says that it is ahead and sends nothing keeps nobody waiting.
    let mut lied_to = begin();
    lied_to.frame(peer, tally(&circle, &circle.agreed));
    lied_to.wait(30_000);
    assert_eq!(lied_to.minutes.agreed().height(), 1);
}

#[test]
fn a_copy_of_who_signed_alone_gives_others_time_to_be_found() {
    let circle = Circle::of(2);
    let founded = Agreed::founded(&circle.genesis);
    let mut node = Node::open(&circle, 0, founded.clone(), Disk::Copy);
    let work = node.handle(Event::Waiting(vec![circle.word(1, 2, Said::Accept(founded.charter().digest))]));
    assert!(work.minuted.is_empty(), "nobody could be found yet");
    node.wait(30_000);
    assert_eq!(node.minutes.agreed().height(), 1, "nobody came");
}
