//! A disk that refuses while something is decided: nothing leaves the node that it could not keep, it goes on once there is
//! room again, and it signs nothing twice.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::Ordering,
};

use knotwork_documents::Paper;
use knotwork_governance::{Consent, Terms};
use knotwork_identity::{ChangeId, Nonce, decode_exact};
use knotwork_ledger::{Checked, CheckedChange, Verifiers};
use knotwork_minutes::{Entry, Frame as MinutesFrame, Message};
use knotwork_replica::{Announcement, Effect, Frame, Storage as _, minute_in};

use crate::{
    asking::{founded, mandates, open, terms, vote},
    world::{World, key},
};

/// A network of three, who all have to sign, in which the last answer to a decision is still to come: the second's.
struct Almost {
    world: World,
    asked: Terms,
    mandates: Vec<ChangeId>,
    height: u64,
}

impl Almost {
    fn new() -> Self {
        let mut world = founded(3);
        let mandates = mandates(&mut world, 3);
        let (owner, nonce) = (key(0, "service"), Nonce([4; 16]));
        let asked = terms(&world, &[0, 1, 2], Vec::new(), &owner, nonce);
        open(&mut world, 0, &asked, nonce);
        world.pass(MINUTE);
        for place in [0, 2] {
            vote(&mut world, place, &asked, mandates[place], Consent::Given);
        }
        world.pass(MINUTE);
        let height = world.rosters[0].agreed().height();
        world.overheard = Some(0);
        Self { world, asked, mandates, height }
    }

    /// The last answer comes: the decision closes, is stated, and minuted as far as the first node's disk takes it.
    fn close(&mut self) {
        vote(&mut self.world, 1, &self.asked, self.mandates[1], Consent::Given);
        self.world.pass(MINUTE);
    }

    fn is_minuted(&self, place: usize) -> bool {
        self.world.rosters[place].agreed().minute_of(&self.asked.decision).is_some()
    }

    /// The first node's disk takes things again, and it goes on, or starts again before that, over what it has for good.
    fn goes_on(&mut self, starts_again: bool) {
        let storage = self.world.nodes[0].storage.clone();
        storage.room.store(usize::MAX, Ordering::Relaxed);
        storage.syncs_fail.store(false, Ordering::Relaxed);
        if starts_again {
            self.world.part(0, 1);
            self.world.part(0, 2);
            self.world.lose_power(0);
            self.world.connect(0, 1);
            self.world.connect(0, 2);
        }
        self.world.pass(10 * MINUTE);
        for place in 0..3 {
            assert!(
                self.is_minuted(place),
                "node {place} is at minute {}",
                self.world.rosters[place].agreed().height()
            );
            assert_eq!(self.world.rosters[place].agreed().height(), self.height + 1);
        }
        self.signed_nothing_twice();
    }

    /// Everything that the first node said about minutes, in order.
    fn said(&self) -> impl Iterator<Item = MinutesFrame> {
        self.world.noted.iter().filter_map(|effect| match effect {
            Effect::Minutes { frame, .. } => Some(MinutesFrame::from_bytes(frame).expect("it is valid")),
            _ => None,
        })
    }

    /// The votes and proposals of its own that the first node has let go.
    fn own_messages(&self) -> impl Iterator<Item = Message> {
        let own = key(0, "node").public();
        self.said().filter_map(move |frame| match frame {
            MinutesFrame::Message(message) if message.node() == own => Some(message),
            _ => None,
        })
    }

    /// Whether the first node has announced what it states on the decision.
    fn has_announced_its_statement(&self) -> bool {
        let own = key(0, "node").public();
        let announced = self.changes_in(|effect| matches!(effect, Effect::Announce { .. }));
        announced.iter().any(|change| change.author() == own)
    }

    /// The changes that have left the first node, by gossip or in a session.
    fn changes(&self) -> Vec<CheckedChange> {
        self.changes_in(|_| true)
    }

    fn changes_in(&self, which: impl Fn(&Effect) -> bool) -> Vec<CheckedChange> {
        let (network, lineage) = (self.world.network, self.world.nodes[0].replica.lineage());
        let mut verifiers = Verifiers::new(64);
        let changes_in = |effect: &Effect| match effect {
            Effect::Announce { message, .. } => {
                Announcement::parse(message, &network, &mut verifiers).expect("it is valid").changes
            }
            Effect::Send { frame, .. } => match Frame::parse(frame, &lineage, &mut verifiers) {
                Ok(Frame::Changes { changes, .. }) => changes,
                _ => Vec::new(),
            },
            _ => Vec::new(),
        };
        self.world
            .noted
            .iter()
            .filter(|effect| which(effect))
            .flat_map(changes_in)
            .filter_map(Checked::change)
            .collect()
    }

    /// What has left the first node while its disk took nothing any more, all of which it must have kept before.
    fn let_go_only_what_is_kept(&self, full: usize) {
        let storage = &self.world.nodes[0].storage;
        let log = storage.locals("minutes/log/").expect("readable").into_iter();
        let log: Vec<Entry> = log.map(|(_, entry)| decode_exact(&entry).expect("it is an entry")).collect();
        for message in self.own_messages().filter(|message| message.height() > self.kept_height()) {
            assert!(log.contains(&Entry::Took(message.clone())), "full after {full}: it said {message:?} unkept");
        }
        for frame in self.said() {
            let minute = match &frame {
                MinutesFrame::Tally(tally) => tally.height,
                MinutesFrame::Minutes(minutes) => minutes.last().map_or(0, |(minute, _)| minute.height),
                MinutesFrame::Message(_) | MinutesFrame::Known { .. } => 0,
            };
            assert!(minute <= self.kept_height(), "full after {full}: it spoke of minute {minute} unkept");
        }
        for change in self.changes() {
            let kept = storage.sequence_of(&change.id()).expect("readable");
            assert!(kept.is_some(), "full after {full}: it handed on a change unkept");
        }
    }

    fn kept_height(&self) -> u64 {
        let storage = self.world.nodes[0].storage.as_ref();
        let is_kept = |height: &u64| minute_in(storage, *height).expect("readable").is_some();
        (1..).take_while(is_kept).last().unwrap_or_default()
    }

    fn signed_nothing_twice(&self) {
        let mut slots = BTreeMap::new();
        for message in self.own_messages() {
            let (slot, says) = match &message {
                Message::Proposal(proposal) => ((proposal.height, proposal.round, 0), Some(proposal.hash)),
                Message::Vote(vote) => ((vote.height, vote.round, vote.step as u8), vote.minute),
            };
            let before = slots.insert(slot, says);
            assert!(before.is_none_or(|before| before == says), "it said two things at {slot:?}");
        }
        let statements = self.changes().into_iter().filter_map(|change| {
            matches!(Paper::read(&change), Some(Paper::ClosingStatement(_))).then(|| (change.author(), change.id()))
        });
        let own: BTreeSet<_> = statements.filter(|(author, _)| *author == key(0, "node").public()).collect();
        assert!(own.len() <= 1, "it stated {} things on one decision", own.len());
    }
}

#[test]
fn what_a_full_disk_does_not_keep_is_not_said_and_nothing_is_signed_twice() {
    for starts_again in [false, true] {
        let mut refused_at = 0;
        for room in 0.. {
            let mut almost = Almost::new();
            almost.world.nodes[0].storage.room.store(room, Ordering::Relaxed);
            almost.close();
            if almost.world.nodes[0].storage.room.load(Ordering::Relaxed) > 0 {
                assert!(almost.is_minuted(0), "there was room for all of it");
                assert!(almost.has_announced_its_statement());
                break;
            }
            refused_at += 1;
            almost.let_go_only_what_is_kept(room);
            almost.goes_on(starts_again);
        }
        assert!(refused_at > 5, "{refused_at} places are not all that is kept of a decision");
    }
}

#[test]
fn nobody_votes_on_a_disk_that_puts_nothing_away_for_good() {
    for starts_again in [false, true] {
        let mut almost = Almost::new();
        almost.world.nodes[0].storage.syncs_fail.store(true, Ordering::Relaxed);
        almost.close();
        assert_eq!(almost.own_messages().count(), 0);
        assert!(!almost.has_announced_its_statement());
        assert!((0..3).all(|place| !almost.is_minuted(place)), "of three all have to sign");
        almost.goes_on(starts_again);
        assert!(almost.own_messages().count() > 0);
    }
}

const MINUTE: u64 = 60_000;
