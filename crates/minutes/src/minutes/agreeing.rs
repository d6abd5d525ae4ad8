//! Agreeing on the next minute: what goes into the machine, and what comes out of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    panic::{AssertUnwindSafe, catch_unwind},
};

use knotwork_governance::{Effect, Said, Word};
use knotwork_identity::{MinuteHash, PublicKey, Signature};

use crate::{
    Frame, Matter, Message, Minute, Minutes, Proof, Proposal, Records, Step, Voice, Weighed, limits,
    machine::{Doing, Machine, Stopped},
    proof::write_minute,
    signer::Pen,
};

impl Minutes {
    /// Starts the next height if something waits for it, and proposes if it is our turn.
    pub(super) fn go_on(&mut self, now: u64, records: &dyn Records) {
        // Each turn makes a minute final; the caller gets to write a few before the next.
        for _ in 0..limits::MINUTES_AT_ONCE_MAX {
            let height = self.agreed.height();
            if self.sifted != height {
                self.sift(records);
            }
            self.start(now, records);
            self.offer(now);
            if self.agreed.height() == height {
                return;
            }
        }
        self.go_on_at = Some(now);
    }

    /// Finds out which of the matters that wait could be minuted next.
    pub(super) fn sift(&mut self, records: &dyn Records) {
        let agreed = &self.agreed;
        self.waiting.retain(|matter| !agreed.is_over(matter));
        let minutes: Vec<Minute> = self.waiting.iter().map(|matter| agreed.next(matter.clone())).collect();
        self.sifted = self.agreed.height();
        self.fitting = minutes
            .into_iter()
            .filter(|minute| {
                // What others could not read is not proposed either.
                let bytes = minute.to_bytes();
                bytes.len() <= limits::MINUTE_BYTES_MAX
                    && Minute::from_bytes(&bytes).is_ok()
                    && self.weigh(minute, minute.hash(), records) == Weighed::Right
            })
            .collect();
    }

    /// Notes whether the next height has been begun by somebody who does not lie: by a proposal that could be minuted, or
    /// by more nodes than may lie. One liar could otherwise keep everyone busy with nothing.
    fn hear(&mut self, records: &dyn Records) {
        if self.called {
            return;
        }
        let nodes: std::collections::BTreeSet<_> = self.pool.values().map(Message::node).collect();
        let proposals: Vec<Proposal> = self
            .pool
            .values()
            .filter_map(|message| match message {
                Message::Proposal(proposal) => Some(proposal.clone()),
                Message::Vote(_) => None,
            })
            .collect();
        self.called = nodes.len() > self.agreed.signers().liars_max()
            || proposals.iter().any(|proposal| self.weigh(&proposal.minute, proposal.hash, records) == Weighed::Right);
    }

    fn start(&mut self, now: u64, records: &dyn Records) {
        if self.machine.is_some() || !self.signs() || !self.is_in_progress() || !self.may_speak(now) {
            return;
        }
        if self.signs_alone() && self.hears_first(now) {
            return;
        }
        let log = std::mem::take(&mut self.log);
        let mut known: std::collections::BTreeSet<[u8; 8]> = std::collections::BTreeSet::new();
        for entry in &log {
            if let crate::Entry::Took(message) = entry {
                known.insert(message.short());
            }
        }
        let agreed = &self.agreed;
        let pen = &mut self.pen;
        let started = contained(|| Machine::start(agreed, pen, log));
        match started {
            Err(stopped) => self.stop(&stopped),
            Ok((machine, doings)) => {
                tracing::debug!(height = machine.height(), "a height begins");
                self.machine = Some(machine);
                self.act(now, doings);
                self.tell_everyone();
                let height = self.agreed.height() + 1;
                let mut early: Vec<Message> =
                    self.pool.iter().filter(|(short, _)| !known.contains(*short)).map(|(_, m)| m.clone()).collect();
                early.sort_by_key(Message::place);
                for message in early {
                    if self.agreed.height() + 1 == height {
                        self.feed(now, message, records);
                    }
                }
            }
        }
    }

    /// Proposes what waits, if it is our turn.
    fn offer(&mut self, now: u64) {
        if self.machine.as_ref().is_some_and(Machine::wants_minute)
            && let Some(minute) = self.fitting.first().cloned()
        {
            self.drive(now, |machine, pen| machine.propose(pen, minute));
        }
    }

    /// Hands a good message of the height in progress to the machine; a proposal once it was found valid.
    pub(super) fn feed(&mut self, now: u64, message: Message, records: &dyn Records) {
        if self.machine.is_none() {
            return self.hear(records);
        }
        if let Message::Proposal(proposal) = &message {
            match self.weigh(&proposal.minute, proposal.hash, records) {
                Weighed::Right => {}
                Weighed::Wrong(reason) => {
                    tracing::warn!(node = ?proposal.node, %reason, "a proposal is not valid");
                    return;
                }
                Weighed::Lacking => {
                    self.parked.push(proposal.clone());
                    return;
                }
            }
        }
        self.drive(now, |machine, pen| machine.take(pen, &message));
        self.support(now, &message);
    }

    /// A minute that is proposed again needs the prevotes of the earlier round that it names. The engine counts the first
    /// vote of each node alone, so whoever votes twice could hide them: they are handed in once more, as one.
    fn support(&mut self, now: u64, message: &Message) {
        let named: Vec<(u32, MinuteHash)> = match message {
            Message::Proposal(proposal) => proposal.lock.map(|lock| (lock, proposal.hash)).into_iter().collect(),
            Message::Vote(vote) => {
                vote.minute.filter(|_| vote.step == Step::Prevote).map(|hash| (vote.round, hash)).into_iter().collect()
            }
        };
        for (round, hash) in named {
            if !self.is_proposed_again(round, hash) {
                continue;
            }
            let votes: BTreeMap<PublicKey, Signature> = self
                .pool
                .values()
                .filter_map(|message| match message {
                    Message::Vote(vote) if vote.is_prevote_for(round, hash) => Some((vote.node, vote.signature)),
                    _ => None,
                })
                .collect();
            if votes.len() >= self.agreed.signers().quorum() {
                let votes = votes.into_iter().collect();
                self.drive(now, |machine, pen| machine.support(pen, round, hash, votes));
            }
        }
    }

    /// Whether a proposal names these prevotes.
    pub(super) fn is_proposed_again(&self, round: u32, hash: MinuteHash) -> bool {
        self.pool.values().any(|message| match message {
            Message::Proposal(proposal) => proposal.lock == Some(round) && proposal.hash == hash,
            Message::Vote(_) => false,
        })
    }

    /// Whether a minute may come next. What was found once holds for the height.
    fn weigh(&mut self, minute: &Minute, hash: MinuteHash, records: &dyn Records) -> Weighed {
        if self.weighed.len() >= limits::WEIGHED_MAX {
            self.weighed.clear();
        }
        let agreed = &self.agreed;
        let weighed = self.weighed.entry(hash).or_insert_with(|| match agreed.check(minute) {
            Err(misfit) => Weighed::Wrong(misfit.to_string()),
            // Signatures are not checked again when documents have come.
            Ok(()) => Weighed::Lacking,
        });
        if *weighed == Weighed::Lacking {
            *weighed = match &minute.matter {
                Matter::Word(Word { organisation, said: Said::Leave(stands), .. }) => {
                    if records.has_list(organisation, stands) { Weighed::Right } else { Weighed::Lacking }
                }
                Matter::Word(Word { said: Said::Accept(_), .. }) => {
                    // Whoever goes along knows what stands of those who do not.
                    let mut left = agreed.left_behind();
                    let listed = left.all(|(organisation, stands)| records.has_list(organisation, stands));
                    if listed { Weighed::Right } else { Weighed::Lacking }
                }
                Matter::Word(_) | Matter::Reconvened(_) => Weighed::Right,
                Matter::Outcome(outcome) => match records.weigh(agreed, outcome) {
                    Weighed::Right if !outcome.effects.iter().all(|effect| is_listed(effect, records)) => {
                        Weighed::Lacking
                    }
                    weighed => weighed,
                },
            };
        }
        weighed.clone()
    }

    /// Documents have come: proposals that could not be weighed may be now.
    pub(super) fn weigh_again(&mut self, now: u64, records: &dyn Records) {
        self.hear(records);
        for proposal in std::mem::take(&mut self.parked) {
            self.feed(now, Message::Proposal(proposal), records);
        }
    }

    /// Has the machine do something. A fault in it ends this height for this node and nothing else.
    pub(super) fn drive(&mut self, now: u64, turn: impl FnOnce(&mut Machine, &mut Pen) -> Result<Vec<Doing>, Stopped>) {
        let Some(machine) = &mut self.machine else { return };
        let pen = &mut self.pen;
        match contained(|| turn(machine, pen)) {
            Ok(doings) => self.act(now, doings),
            Err(stopped) => self.stop(&stopped),
        }
    }

    fn act(&mut self, now: u64, doings: Vec<Doing>) {
        let mut doings = doings.into_iter();
        while let Some(doing) = doings.next() {
            match doing {
                Doing::Write(entry) => self.work.log.push(entry),
                Doing::Say(message) => self.say(message),
                Doing::Wait { round, step, milliseconds } => {
                    self.waits.insert((round, step), now + milliseconds);
                }
                Doing::StopWaiting(None) => self.waits.clear(),
                Doing::StopWaiting(Some(wait)) => {
                    self.waits.remove(&wait);
                }
                Doing::Final(minute, proof) => {
                    // Of what comes after it in this height, only our own words matter: somebody may lack just them.
                    for doing in doings {
                        if let Doing::Say(message) = doing {
                            self.say(message);
                        }
                    }
                    return self.conclude(&minute, &proof);
                }
            }
        }
    }

    /// A minute is final by the votes that came in.
    fn conclude(&mut self, minute: &Minute, proof: &Proof) {
        match self.agreed.follow(minute, proof) {
            Ok(()) => self.minuted(minute, proof),
            Err(error) => self.stop(&Stopped(format!("the engine's own minute does not hold: {error}"))),
        }
    }

    /// Notes a minute that what is agreed has taken in.
    pub(super) fn minuted(&mut self, minute: &Minute, proof: &Proof) {
        tracing::info!(height = minute.height, hash = ?self.agreed.hash(), "a minute is final");
        self.work.minuted.push((minute.height, write_minute(minute, proof)));
        // The log was of this height, also as far as it is not written yet.
        self.work.forget = true;
        self.work.log.clear();
        self.log.clear();
        self.machine = None;
        self.pool.clear();
        self.parked.clear();
        self.weighed.clear();
        self.waits.clear();
        for peer in self.peers.values_mut() {
            peer.has.clear();
            // What it lacks of the next height it may not have been able to take when it was sent.
            peer.served = None;
        }
        self.called = false;
        // They are looked through again before the next height begins.
        self.fitting.clear();
        self.turned();
        if self.peers.values().all(|peer| peer.height <= minute.height) {
            self.catch_up_at = None;
        }
        self.tell_everyone();
        self.take_leave(minute, proof);
    }

    /// Hands the minute to those whom it leaves without a place on the roster: nobody speaks with them any more after it.
    fn take_leave(&mut self, minute: &Minute, proof: &Proof) {
        let nodes: BTreeSet<PublicKey> = self.agreed.parties().values().filter_map(|party| party.node).collect();
        // To whoever is further behind it would not follow.
        let was_level = |height: u64| height.checked_add(1) == Some(minute.height);
        // A further node of an organisation has no such place, and hears of the minute as everyone does.
        let was_named = |node: &PublicKey| self.agreed.node_was_ever_on(node) && !nodes.contains(node);
        let gone = self.peers.iter().filter(|(node, peer)| was_named(node) && was_level(peer.height));
        let farewell = Frame::Minutes(vec![(minute.clone(), proof.clone())]);
        self.work.sends.extend(gone.map(|(node, _)| (*node, farewell.clone())));
    }

    /// The machine cannot go on. The node says nothing more at this height, and follows what the others agree on.
    fn stop(&mut self, stopped: &Stopped) {
        tracing::error!(reason = stopped.0, "the engine of the minutes has stopped at this height");
        self.machine = None;
        self.waits.clear();
        self.voice = Voice::Mute { until: self.agreed.height() + 1, reason: stopped.0.clone() };
    }
}

/// Whether what stands is listed here of whom an effect removes.
fn is_listed(effect: &Effect, records: &dyn Records) -> bool {
    match effect {
        Effect::Remove { organisation, stands } => records.has_list(organisation, stands),
        _ => true,
    }
}

/// Runs the engine so that a panic in it stays in it.
fn contained<T>(turn: impl FnOnce() -> Result<T, Stopped>) -> Result<T, Stopped> {
    catch_unwind(AssertUnwindSafe(turn)).unwrap_or_else(|_| Err(Stopped("the engine has failed".into())))
}

#[cfg(test)]
mod tests {
    use knotwork_governance::Said;
    use knotwork_identity::Timestamp;

    use super::*;
    use crate::{
        Disk, Event, Kept,
        circle::{AllRight, Circle},
    };

    #[test]
    fn a_panic_in_the_engine_ends_its_height_and_nothing_else() {
        let mut circle = Circle::of(4);
        let kept = Kept { agreed: circle.agreed.clone(), log: Vec::new(), disk: Disk::Same };
        let mut minutes = Minutes::open(kept, circle.nodes[0].clone(), [1; 32]);
        let rests = |circle: &Circle, place| circle.word(place, 2, Said::Rest(Timestamp::MAX));
        minutes.handle(0, Event::Waiting(vec![rests(&circle, 1)]), &AllRight);
        let height = circle.agreed.height();
        for peer in [circle.nodes[1].public(), circle.nodes[2].public()] {
            minutes.handle(0, Event::Connected { peer }, &AllRight);
            let frame = Frame::Known { height, messages: Vec::new() };
            minutes.handle(0, Event::Frame { peer, frame }, &AllRight);
        }
        assert!(minutes.machine.is_some(), "a height is in progress");
        minutes.drive(0, |_, _| panic!("on purpose"));
        assert!(minutes.machine.is_none());
        assert!(matches!(&minutes.voice, Voice::Mute { until, .. } if *until == height + 1));
        // It says no more at this height, follows the others, and speaks again.
        let _ = minutes.take();
        minutes.handle(1, Event::Wake, &AllRight);
        assert!(minutes.take().log.is_empty());
        circle.minute_without(0, rests(&circle, 1));
        let frame = Frame::Minutes(circle.minutes.last().cloned().into_iter().collect());
        minutes.handle(2, Event::Frame { peer: circle.nodes[1].public(), frame }, &AllRight);
        assert_eq!(minutes.agreed.hash(), circle.agreed.hash());
        minutes.handle(3, Event::Waiting(vec![rests(&circle, 2)]), &AllRight);
        assert!(minutes.machine.is_some(), "{:?}", minutes.voice);
    }
}
