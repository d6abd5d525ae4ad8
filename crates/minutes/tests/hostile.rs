//! What others send: every form is read back as it was, nothing else is read, and nothing makes a node panic or grow.

#[allow(dead_code, reason = "each test binary uses a part")]
mod circle;

use std::sync::Arc;

use circle::{AllRight, Circle};
use knotwork_governance::{Effect, Said, Stage};
use knotwork_identity::{MinuteHash, PublicKey, SecretKey, Signature, Timestamp};
use knotwork_minutes::{
    Disk, Entry, Event, Frame, Kept, Matter, Message, Minute, Minutes, Proposal, Step, Tally, Voice, Vote,
};
use proptest::prelude::*;

fn vote(key: &SecretKey, height: u64, round: u32, minute: Option<MinuteHash>) -> Message {
    let signature = Signature([5; 64]);
    Message::Vote(Vote { height, round, step: Step::Prevote, minute, node: key.public(), signature })
}

/// One of each frame.
fn frames(circle: &Circle) -> Vec<Frame> {
    let minute = circle.agreed.next(Matter::Outcome(circle.outcome(1, vec![Effect::Stage(Stage::Emerging)])));
    let proposal = Proposal {
        height: minute.height,
        round: 3,
        lock: Some(1),
        hash: minute.hash(),
        minute: Arc::new(minute.clone()),
        node: circle.nodes[0].public(),
        signature: Signature([4; 64]),
    };
    let tally = Tally {
        network: circle.agreed.network(),
        height: 3,
        hash: MinuteHash([1; 32]),
        has: vec![[1; 8], [2; 8]],
        sees: vec![0b1010_0000],
        asks: true,
        answer: false,
    };
    vec![
        Frame::Tally(tally),
        Frame::Minutes(circle.minutes.clone()),
        Frame::Message(Message::Proposal(proposal)),
        Frame::Message(vote(&circle.nodes[0], 1, 0, Some(minute.hash()))),
        Frame::Message(vote(&circle.nodes[0], 1, 0, None)),
        Frame::Known { height: 2, messages: vec![vote(&circle.nodes[1], 3, 0, None)] },
    ]
}

#[test]
fn a_frame_is_read_whole_or_not_at_all() {
    for frame in frames(&Circle::of(4)) {
        let bytes = frame.to_bytes();
        assert_eq!(Frame::from_bytes(&bytes).as_ref(), Ok(&frame));
        for cut in 0..bytes.len() {
            assert!(Frame::from_bytes(&bytes[..cut]).is_err(), "cut at {cut} of {frame:?}");
        }
        let longer = [bytes.as_slice(), &[0]].concat();
        assert!(Frame::from_bytes(&longer).is_err());
    }
}

#[test]
fn a_minute_is_read_whole_or_not_at_all() {
    let circle = Circle::of(4);
    let word = circle.agreed.next(circle.word(1, 2, Said::Rest(Timestamp::MAX)));
    let outcome = circle.agreed.next(Matter::Outcome(circle.outcome(1, vec![Effect::Stage(Stage::Dormant)])));
    for minute in [word, outcome] {
        let bytes = minute.to_bytes();
        assert_eq!(Minute::from_bytes(&bytes).as_ref(), Ok(&minute));
        for cut in 0..bytes.len() {
            assert!(Minute::from_bytes(&bytes[..cut]).is_err());
        }
        assert!(Minute::from_bytes(&[bytes.as_slice(), &[0]].concat()).is_err());
        // What is read from other bytes is written as those: there is one form of each.
        for place in 0..bytes.len() {
            let mut other = bytes.clone();
            other[place] ^= 0x41;
            if let Ok(read) = Minute::from_bytes(&other) {
                assert_eq!(read.to_bytes(), other);
            }
        }
    }
}

#[test]
fn what_has_two_forms_is_refused() {
    let circle = Circle::of(4);
    let Frame::Tally(tally) = frames(&circle)[0].clone() else { unreachable!("the first is a tally") };
    let refused = |tally: Tally| Frame::from_bytes(&Frame::Tally(tally).to_bytes()).is_err();
    assert!(refused(Tally { has: vec![[2; 8], [1; 8]], ..tally.clone() }), "out of order");
    assert!(refused(Tally { has: vec![[1; 8], [1; 8]], ..tally.clone() }), "twice");
    let mut flags = Frame::Tally(tally).to_bytes();
    *flags.last_mut().expect("flags") = 4;
    assert!(Frame::from_bytes(&flags).is_err(), "a flag that there is not");
    let outcome = circle.outcome(1, Vec::new());
    let mut turned = outcome.clone();
    turned.statements.reverse();
    let mut ballots = outcome.clone();
    ballots.ballots.reverse();
    let mut undecided = circle.outcome(1, vec![Effect::Stage(Stage::Dormant)]);
    undecided.verdict = knotwork_minutes::Verdict::NotDecided;
    for bad in [turned, ballots, undecided] {
        assert!(Minute::from_bytes(&circle.agreed.next(Matter::Outcome(bad)).to_bytes()).is_err());
    }
    for (round, lock) in [(0, Some(0)), (1, Some(1)), (u32::MAX, None)] {
        let Frame::Message(Message::Proposal(mut proposal)) = frames(&circle)[2].clone() else {
            unreachable!("the third is a proposal")
        };
        (proposal.round, proposal.lock) = (round, lock);
        assert!(Frame::from_bytes(&Frame::Message(Message::Proposal(proposal)).to_bytes()).is_err());
    }
}

#[test]
fn a_log_is_read_as_it_was_written() {
    let circle = Circle::of(4);
    let minute = circle.agreed.next(circle.word(1, 2, Said::Rest(Timestamp::MAX)));
    let entries = [
        Entry::Took(vote(&circle.nodes[0], 4, 1, None)),
        Entry::Composed { round: 2, minute: Box::new(minute.clone()) },
        Entry::Waited { round: 1, step: None },
        Entry::Waited { round: 1, step: Some(Step::Precommit) },
        Entry::Signed { round: 1, step: None, lock: Some(0), minute: Some(minute.hash()) },
        Entry::Supported {
            round: 1,
            minute: minute.hash(),
            votes: vec![(circle.nodes[0].public(), Signature([1; 64]))],
        },
    ];
    for entry in entries {
        let bytes = knotwork_identity::encode(&entry);
        assert_eq!(knotwork_identity::decode_exact::<Entry>(&bytes).as_ref(), Ok(&entry));
        for cut in 0..bytes.len() {
            assert!(knotwork_identity::decode_exact::<Entry>(&bytes[..cut]).is_err());
        }
    }
}

fn open(circle: &Circle, place: usize) -> Minutes {
    let kept = Kept { agreed: circle.agreed.clone(), log: Vec::new(), disk: Disk::Same };
    Minutes::open(kept, circle.nodes[place].clone(), [1; 32])
}

#[test]
fn whoever_is_alone_minutes_at_once_and_sends_nothing() {
    let circle = Circle::of(1);
    let mut minutes = open(&circle, 0);
    let matters = (1..=100).map(|decision| Matter::Outcome(circle.outcome(decision, Vec::new()))).collect();
    minutes.handle(0, Event::Waiting(matters), &AllRight);
    let mut made = 0;
    for _ in 0..3 {
        let work = minutes.take();
        assert!(work.sends.is_empty() && work.faults.is_empty());
        made += work.minuted.len();
        if let Some(at) = minutes.next_wake() {
            minutes.handle(at, Event::Wake, &AllRight);
        }
    }
    assert_eq!((made, minutes.agreed().height()), (100, 100));
    assert_eq!((minutes.next_wake(), minutes.standing().progress), (None, None));
    assert_eq!(minutes.standing().voice, Voice::Free);
}

#[test]
fn one_liar_begins_no_height_and_fills_no_memory() {
    let circle = Circle::of(4);
    let mut minutes = open(&circle, 0);
    let peer = circle.nodes[3].public();
    minutes.handle(0, Event::Connected { peer }, &AllRight);
    let _ = minutes.take();
    for count in 0..10_000_u32 {
        let mut has: Vec<[u8; 8]> =
            (0..50_u32).map(|place| (u64::from(count) << 32 | u64::from(place)).to_be_bytes()).collect();
        has.sort_unstable();
        let (network, hash) = (circle.agreed.network(), circle.agreed.hash());
        let height = circle.agreed.height();
        let tally = Tally { network, height, hash, has, sees: vec![0xFF], asks: false, answer: false };
        minutes.handle(u64::from(count), Event::Frame { peer, frame: Frame::Tally(tally) }, &AllRight);
        let forged = Frame::Message(vote(&circle.nodes[3], height + 1, count, None));
        minutes.handle(u64::from(count), Event::Frame { peer, frame: forged }, &AllRight);
        let work = minutes.take();
        assert!(work.log.is_empty() && work.sends.is_empty(), "{:?}", work.sends);
    }
    // Now it signs what it says: any number of votes, each for another minute.
    let held = |minutes: &mut Minutes, now: u64, peer: PublicKey| {
        minutes.handle(now, Event::Connected { peer }, &AllRight);
        let told = minutes.take().sends.into_iter().find_map(|(to, frame)| match frame {
            Frame::Tally(tally) if to == peer => Some(tally.has.len()),
            _ => None,
        });
        told.expect("whoever connects is told")
    };
    assert_eq!(held(&mut minutes, 10_000, circle.nodes[1].public()), 0, "what nobody signed is not kept");
    for count in 0..5_000_u32 {
        let mut hash = [0; 32];
        hash[..4].copy_from_slice(&count.to_be_bytes());
        let vote = signed_vote(&circle, 3, circle.agreed.height() + 1, count % 10, Some(MinuteHash(hash)));
        minutes.handle(10_000, Event::Frame { peer, frame: Frame::Message(vote) }, &AllRight);
        let _ = minutes.take();
    }
    assert_eq!(held(&mut minutes, 20_000, circle.nodes[2].public()), 4_096 / 4, "its part, and no more");
    assert_eq!(minutes.standing().progress, None);
    assert_eq!(minutes.next_wake(), None);
}

/// A vote with its signature, made by what the protocol's page says alone.
fn signed_vote(circle: &Circle, place: usize, height: u64, round: u32, minute: Option<MinuteHash>) -> Message {
    let key = &circle.nodes[place];
    let mut bytes = b"knotwork/vote/1".to_vec();
    bytes.extend(circle.agreed.network().0);
    bytes.extend(height.to_be_bytes());
    bytes.extend(round.to_be_bytes());
    bytes.push(1);
    match minute {
        None => bytes.push(0),
        Some(hash) => bytes.extend([&[1], hash.0.as_slice()].concat()),
    }
    let Message::Vote(vote) = vote(key, height, round, minute) else { unreachable!("it is a vote") };
    Message::Vote(Vote { signature: key.sign(&bytes), ..vote })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600), tag in 0..6_u8) {
        let _ = Minute::from_bytes(&bytes);
        let _ = Frame::from_bytes(&bytes);
        let _ = knotwork_identity::decode_exact::<Entry>(&bytes);
        let tagged = [&[tag], bytes.as_slice()].concat();
        if let Ok(frame) = Frame::from_bytes(&tagged) {
            prop_assert_eq!(frame.to_bytes(), tagged);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn frames_in_any_order_never_panic(order in proptest::collection::vec((0..6_usize, 0..4_usize, any::<u16>()), 0..60)) {
        let circle = Circle::of(4);
        let frames = frames(&circle);
        let mut minutes = open(&circle, 0);
        let peers: Vec<PublicKey> = circle.nodes.iter().map(SecretKey::public).collect();
        minutes.handle(0, Event::Waiting(vec![circle.word(1, 2, Said::Rest(Timestamp::MAX))]), &AllRight);
        let mut now = 0;
        for (frame, from, later) in order {
            now += u64::from(later);
            minutes.handle(now, Event::Connected { peer: peers[from] }, &AllRight);
            minutes.handle(now, Event::Frame { peer: peers[from], frame: frames[frame].clone() }, &AllRight);
            if minutes.next_wake().is_some_and(|at| at <= now) {
                minutes.handle(now, Event::Wake, &AllRight);
            }
        }
        prop_assert_eq!(minutes.agreed().height(), 3);
    }
}
