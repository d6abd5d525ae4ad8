//! An organisation that lies: it runs the real minutes, and what leaves it is bent. It has its real key and no other.

use std::collections::BTreeSet;

use knotwork_identity::{MinuteHash, PublicKey, SecretKey, Signature};
use knotwork_minutes::{Agreed, Frame, Matter, Message, Minute, Step};

use super::forged;
use crate::dice::Dice;

/// A liar.
#[derive(Debug, Clone)]
pub(crate) struct Liar {
    dice: Dice,
    habits: Habits,
    /// Minutes that it has heard of at its height.
    heard: (u64, BTreeSet<MinuteHash>),
    /// Whether it has stopped.
    pub(crate) rests: bool,
}

/// What it does, each so many times in a thousand.
#[derive(Debug, Clone, Default)]
struct Habits {
    equivocates: u64,
    withholds: u64,
    proposes_badly: u64,
    lies_about_itself: u64,
    babbles: u64,
    floods: u64,
}

/// What a liar knows when it speaks.
pub(crate) struct Ground<'a> {
    pub(crate) agreed: &'a Agreed,
    pub(crate) key: &'a SecretKey,
    pub(crate) matters: &'a [Matter],
}

impl Liar {
    pub(crate) fn draw(mut dice: Dice) -> Self {
        let mut habit = |often: &[u64]| if dice.chance(500) { *dice.pick(often) } else { 0 };
        let habits = Habits {
            equivocates: habit(&[200, 500, 1_000]),
            withholds: habit(&[100, 500, 1_000]),
            proposes_badly: habit(&[300, 1_000]),
            lies_about_itself: habit(&[100, 500]),
            babbles: habit(&[20, 100]),
            floods: habit(&[100, 300]),
        };
        Self { dice, habits, heard: (0, BTreeSet::new()), rests: false }
    }

    /// Hears what others say.
    pub(crate) fn hear(&mut self, frame: &Frame) {
        let Frame::Message(message) = frame else { return };
        if message.height() > self.heard.0 {
            self.heard = (message.height(), BTreeSet::new());
        }
        if let (Message::Proposal(proposal), true) = (message, message.height() == self.heard.0) {
            self.heard.1.insert(proposal.hash);
        }
    }

    /// Whether it keeps a statement or a ballot to itself.
    pub(crate) fn withholds(&mut self) -> bool {
        self.dice.chance(self.habits.withholds / 2)
    }

    /// Bends what would be sent.
    pub(crate) fn bend(&mut self, sends: Vec<(PublicKey, Frame)>, ground: &Ground<'_>) -> Vec<(PublicKey, Vec<u8>)> {
        if self.rests {
            return sends.into_iter().map(|(peer, frame)| (peer, frame.to_bytes())).collect();
        }
        let own = ground.key.public();
        let mut bent = Vec::new();
        for (peer, frame) in sends {
            if self.dice.chance(self.habits.babbles) {
                bent.push((peer, self.babble()));
            }
            let frame = match frame {
                Frame::Message(_) | Frame::Known { .. } if self.dice.chance(self.habits.withholds) => continue,
                Frame::Message(Message::Vote(vote))
                    if vote.node == own && self.dice.chance(self.habits.equivocates) =>
                {
                    let value = self.another(vote.minute);
                    Frame::Message(sign_vote(ground, vote.height, vote.round, vote.step, value))
                }
                Frame::Message(Message::Proposal(proposal))
                    if proposal.node == own
                        && self.dice.chance(self.habits.proposes_badly.max(self.habits.equivocates)) =>
                {
                    let minute = self.bad_minute(ground, &proposal.minute);
                    Frame::Message(sign_proposal(ground, proposal.round, proposal.lock, minute))
                }
                Frame::Tally(mut tally) if self.dice.chance(self.habits.lies_about_itself) => {
                    match self.dice.below(3) {
                        0 => tally.height = tally.height.saturating_add(1 << self.dice.below(60)),
                        1 => tally.has = Vec::new(),
                        _ => {
                            let has: BTreeSet<[u8; 8]> = (0..self.dice.below(500)).map(|_| self.dice.bytes()).collect();
                            tally.has = has.into_iter().collect();
                        }
                    }
                    Frame::Tally(tally)
                }
                frame => frame,
            };
            bent.push((peer, frame.to_bytes()));
        }
        bent
    }

    /// What it says unasked.
    pub(crate) fn speak(&mut self, ground: &Ground<'_>, peers: &[PublicKey]) -> Vec<(PublicKey, Vec<u8>)> {
        if self.rests || peers.is_empty() || !self.dice.chance(self.habits.floods) {
            return Vec::new();
        }
        let height = ground.agreed.height() + 1;
        let mut frames = Vec::new();
        for _ in 0..self.dice.between(1, 40) {
            let peer = *self.dice.pick(peers);
            let magnitude = self.dice.below(31);
            let round = self.dice.below(1 << magnitude) as u32;
            let height = if self.dice.chance(100) { height + self.dice.below(1_000) } else { height };
            let value = if self.dice.chance(500) { None } else { Some(MinuteHash(self.dice.bytes())) };
            let step = if self.dice.chance(500) { Step::Prevote } else { Step::Precommit };
            let mut message = sign_vote(ground, height, round, step, value);
            if self.dice.chance(200)
                && let Message::Vote(vote) = &mut message
            {
                vote.signature = Signature(self.dice.bytes());
            }
            frames.push((peer, Frame::Message(message).to_bytes()));
        }
        if let Some(matter) = ground.matters.first() {
            let minute = self.bad_minute(ground, &ground.agreed.next(matter.clone()));
            let round = self.dice.below(8) as u32;
            let peer = *self.dice.pick(peers);
            frames.push((peer, Frame::Message(sign_proposal(ground, round, None, minute)).to_bytes()));
        }
        frames
    }

    /// Another value than this: none, or a minute that was proposed.
    fn another(&mut self, value: Option<MinuteHash>) -> Option<MinuteHash> {
        let mut values: Vec<Option<MinuteHash>> = self.heard.1.iter().map(|hash| Some(*hash)).collect();
        values.push(None);
        values.retain(|other| *other != value);
        if values.is_empty() { Some(MinuteHash(self.dice.bytes())) } else { *self.dice.pick(&values) }
    }

    /// A minute that is not the one that should be proposed: another good one, or a wrong one.
    fn bad_minute(&mut self, ground: &Ground<'_>, minute: &Minute) -> Minute {
        let mut bad = minute.clone();
        if !ground.matters.is_empty() && self.dice.chance(500) {
            return ground.agreed.next(self.dice.pick(ground.matters).clone());
        }
        match (&mut bad.matter, self.dice.below(5)) {
            (Matter::Outcome(outcome), 0) => outcome.counts[0] += 1,
            (Matter::Outcome(outcome), 1) => {
                outcome.statements.pop();
            }
            (Matter::Outcome(outcome), 2) => {
                outcome.ballots.pop();
                outcome.statements.truncate(0);
            }
            (Matter::Word(word), 0..3) => word.number += 1,
            (_, 3) => bad.previous = MinuteHash(self.dice.bytes()),
            _ => bad.height += 1,
        }
        bad
    }

    fn babble(&mut self) -> Vec<u8> {
        let mut bytes = vec![self.dice.below(6) as u8];
        bytes.extend((0..self.dice.below(300)).map(|_| self.dice.below(256) as u8));
        bytes
    }
}

fn sign_vote(ground: &Ground<'_>, height: u64, round: u32, step: Step, minute: Option<MinuteHash>) -> Message {
    forged::vote(ground.agreed.network(), ground.key, height, round, step, minute)
}

fn sign_proposal(ground: &Ground<'_>, round: u32, lock: Option<u32>, minute: Minute) -> Message {
    forged::proposal(ground.agreed.network(), ground.key, ground.agreed.height() + 1, round, lock, minute)
}
