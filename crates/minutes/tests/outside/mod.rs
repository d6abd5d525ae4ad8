//! What must hold of any bytes that come to the minutes from outside, and sound samples that are changed on purpose. The
//! tests draw changes at random, and the fuzzer looks for them.

use std::{iter, sync::Arc};

use knotwork_governance::{Effect, Electorate, Method, ReasonRule, Rules, Said, Shown, Stage, Terms};
use knotwork_identity::{DocumentId, MinuteHash, Signature, Timestamp, decode_exact, encode};
use knotwork_minutes::{
    Bundle, BundleReader, Entry, Frame, Matter, Message, Outcome, Proposal, Step, Tally, Verdict, Vote, write_minute,
};

use super::circle::Circle;

/// What is read as a frame is written as the same bytes. Whether it was read.
pub(crate) fn is_frame(bytes: &[u8]) -> bool {
    let read = Frame::from_bytes(bytes);
    if let Ok(frame) = &read {
        assert_eq!(frame.to_bytes(), bytes);
    }
    read.is_ok()
}

/// What is read as an entry of the log is written as the same bytes. Whether it was read.
pub(crate) fn is_entry(bytes: &[u8]) -> bool {
    let read = decode_exact::<Entry>(bytes);
    if let Ok(entry) = &read {
        assert_eq!(encode(entry), bytes);
    }
    read.is_ok()
}

/// A file shows the same in whatever pieces it comes, and is written again as it was read. Whether it showed anything.
pub(crate) fn is_file(bytes: &[u8], piece: usize) -> bool {
    let read = |piece: usize| {
        let mut reader = BundleReader::keeping();
        bytes.chunks(piece).try_for_each(|piece| reader.take(piece)).and_then(|()| reader.finish())
    };
    let (whole, pieces) = (read(bytes.len().max(1)), read(piece.max(1)));
    assert_eq!(whole.as_ref().err(), pieces.as_ref().err());
    let (Ok(whole), Ok(pieces)) = (whole, pieces) else { return false };
    assert_eq!((written(&whole), written(&pieces)), (bytes.to_vec(), bytes.to_vec()));
    true
}

/// The file again from what it showed.
fn written(bundle: &Bundle) -> Vec<u8> {
    let about = bundle.decision.as_ref().map(|decided| Bundle::about(&decided.terms.decision, &decided.terms));
    let minutes = bundle.minutes.iter().map(|minute| Bundle::part(minute));
    let changes = bundle.decision.as_ref().map(|decided| Bundle::changes(&decided.changes));
    let beginning = Bundle::beginning(&bundle.genesis, bundle.agreed.height());
    about.into_iter().chain([beginning]).chain(minutes).chain(changes).flatten().collect()
}

/// A sample with changes as the choices say: four bytes each, for the place, for what is done there, and with what.
pub(crate) fn spliced(sample: &[u8], choices: &[u8]) -> Vec<u8> {
    let mut bytes = sample.to_vec();
    for choice in choices.chunks_exact(4).take(CHANGES_MAX) {
        let place = usize::from(u16::from_be_bytes([choice[0], choice[1]])) % (bytes.len() + 1);
        let (what, value) = (choice[2], choice[3]);
        match what % 4 {
            0 => bytes.iter_mut().skip(place).take(1).for_each(|byte| *byte ^= value),
            1 => bytes.insert(place, value),
            2 => drop(bytes.drain(place..bytes.len().min(place + usize::from(value) + 1))),
            _ => {
                let end = bytes.len().min(place + usize::from(value) + 1);
                let again = bytes[place..end].to_vec();
                bytes.splice(end..end, again);
            }
        }
    }
    bytes
}

/// One frame of each kind.
pub(crate) fn frames(circle: &Circle) -> Vec<Vec<u8>> {
    let minute = circle.agreed.next(Matter::Outcome(circle.outcome(1, vec![Effect::Stage(Stage::Emerging)])));
    let node = circle.nodes[0].public();
    let proposal = Proposal {
        height: minute.height,
        round: 3,
        lock: Some(1),
        hash: minute.hash(),
        minute: Arc::new(minute.clone()),
        node,
        signature: Signature([4; 64]),
    };
    let vote = vote(circle);
    let tally = Tally {
        network: circle.agreed.network(),
        height: 3,
        hash: MinuteHash([1; 32]),
        has: vec![[1; 8], [2; 8]],
        sees: vec![0b1010_0000],
        asks: true,
        answer: false,
    };
    let frames = [
        Frame::Tally(tally),
        Frame::Minutes(circle.minutes.clone()),
        Frame::Message(Message::Proposal(proposal)),
        Frame::Message(vote.clone()),
        Frame::Known { height: 2, messages: vec![vote] },
    ];
    frames.iter().map(Frame::to_bytes).collect()
}

/// One entry of each kind.
pub(crate) fn entries(circle: &Circle) -> Vec<Vec<u8>> {
    let minute = circle.agreed.next(circle.word(1, 2, Said::Rest(Timestamp::MAX)));
    let votes = vec![(circle.nodes[0].public(), Signature([1; 64]))];
    let entries = [
        Entry::Took(vote(circle)),
        Entry::Supported { round: 1, minute: minute.hash(), votes },
        Entry::Waited { round: 1, step: Some(Step::Precommit) },
        Entry::Signed { round: 1, step: None, lock: Some(0), minute: Some(minute.hash()) },
        Entry::Composed { round: 2, minute: Box::new(minute) },
    ];
    entries.iter().map(encode).collect()
}

/// A bundle, and a paper of a decision.
pub(crate) fn files(circle: &Circle) -> Vec<Vec<u8>> {
    let terms = terms(circle);
    let mut decided = circle.clone();
    let statements = circle.statements_of(terms.decision, terms.hash(), &[1, 2]);
    let came_to = (vec![2, 1], Verdict::Adopted, Vec::new());
    decided.minute(Matter::Outcome(Outcome::of(terms.decision, terms.hash(), &statements, came_to)));
    let changes = Bundle::changes(&[vec![1; 40], Vec::new()]);
    let paper = Bundle::about(&terms.decision, &terms).into_iter().chain(bundle(&decided)).chain(changes);
    vec![bundle(circle), paper.collect()]
}

fn bundle(circle: &Circle) -> Vec<u8> {
    let minutes = circle.minutes.iter().map(|(minute, proof)| Bundle::part(&write_minute(minute, proof)));
    iter::once(Bundle::beginning(&circle.genesis, circle.agreed.height())).chain(minutes).flatten().collect()
}

fn vote(circle: &Circle) -> Message {
    let (minute, node) = (Some(MinuteHash([6; 32])), circle.nodes[0].public());
    Message::Vote(Vote { height: 1, round: 2, step: Step::Prevote, minute, node, signature: Signature([5; 64]) })
}

fn terms(circle: &Circle) -> Terms {
    Terms {
        decision: DocumentId([1; 32]),
        version: 1,
        title: "Meet".into(),
        text: "Every month.".into(),
        summary: String::new(),
        left_out: String::new(),
        rules: Rules::usual(Method::Consent, 0, u32::try_from(circle.organisations.len()).expect("few")),
        options: Vec::new(),
        electorate: Electorate::Organisations(circle.agreed.parties().keys().copied().collect()),
        as_of: circle.agreed.height(),
        opens: Timestamp::NONE,
        closes: Timestamp::from_milliseconds(7 * 24 * 3_600_000).expect("in range"),
        reasons: ReasonRule::Against,
        shown: Shown::Always,
        effects: Vec::new(),
        review: Some(Timestamp::MAX),
        follows: None,
        integrates: Vec::new(),
    }
}

/// The most changes that are made to one sample.
const CHANGES_MAX: usize = 8;
