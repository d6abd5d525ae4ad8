//! Agreeing on the next minute: what goes into the machine, and what comes out of it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::{
    Matter, Message, Minute, Minutes, Proof, Proposal, Records, Voice, Weighed, limits,
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
            self.start(now, records);
            self.offer(now, records);
            if self.agreed.height() == height {
                return;
            }
        }
    }

    fn start(&mut self, now: u64, records: &dyn Records) {
        if self.machine.is_some() || !self.signs() || !self.is_in_progress() || !self.may_speak(now) {
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
                self.tell_everyone(now);
                let height = self.agreed.height() + 1;
                let early: Vec<Message> =
                    self.pool.iter().filter(|(short, _)| !known.contains(*short)).map(|(_, m)| m.clone()).collect();
                for message in early {
                    if message.height() == height && self.machine.is_some() {
                        self.feed(now, message, records);
                    }
                }
            }
        }
    }

    /// Proposes what waits, if it is our turn.
    fn offer(&mut self, now: u64, records: &dyn Records) {
        if !self.machine.as_ref().is_some_and(Machine::wants_minute) {
            return;
        }
        let fit = self.waiting.iter().find(|matter| {
            self.agreed.fits(matter).is_ok()
                && match matter {
                    Matter::Word(_) => true,
                    Matter::Outcome(outcome) => records.weigh(&self.agreed, outcome) == Weighed::Right,
                }
        });
        let Some(matter) = fit else { return };
        let minute = self.agreed.next(matter.clone());
        if minute.to_bytes().len() <= limits::MINUTE_BYTES_MAX {
            self.drive(now, |machine, pen| machine.propose(pen, minute));
        }
    }

    /// Hands a good message of the height in progress to the machine; a proposal once it was found valid.
    pub(super) fn feed(&mut self, now: u64, message: Message, records: &dyn Records) {
        if self.machine.is_none() {
            return;
        }
        if let Message::Proposal(proposal) = &message {
            match self.weigh(proposal, records) {
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
    }

    /// Whether a proposed minute is valid. What was found once holds for the height.
    fn weigh(&mut self, proposal: &Proposal, records: &dyn Records) -> Weighed {
        if let Some(weighed) = self.weighed.get(&proposal.hash) {
            return weighed.clone();
        }
        let weighed = match self.agreed.check(&proposal.minute) {
            Err(misfit) => Weighed::Wrong(misfit.to_string()),
            Ok(()) => match &proposal.minute.matter {
                Matter::Word(_) => Weighed::Right,
                Matter::Outcome(outcome) => records.weigh(&self.agreed, outcome),
            },
        };
        if weighed != Weighed::Lacking {
            self.weighed.insert(proposal.hash, weighed.clone());
        }
        weighed
    }

    /// Documents have come: proposals that could not be weighed may be now.
    pub(super) fn weigh_again(&mut self, now: u64, records: &dyn Records) {
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
        for doing in doings {
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
                    // Nothing that comes after it in this height matters any more.
                    return self.conclude(now, &minute, &proof);
                }
            }
        }
    }

    /// A minute is final by the votes that came in.
    fn conclude(&mut self, now: u64, minute: &Minute, proof: &Proof) {
        match self.agreed.follow(minute, proof) {
            Ok(()) => self.minuted(now, minute, proof),
            Err(error) => self.stop(&Stopped(format!("the engine's own minute does not hold: {error}"))),
        }
    }

    /// Notes a minute that what is agreed has taken in.
    pub(super) fn minuted(&mut self, now: u64, minute: &Minute, proof: &Proof) {
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
        }
        self.turned();
        let agreed = &self.agreed;
        self.waiting.retain(|matter| agreed.fits(matter).is_ok());
        self.tell_everyone(now);
    }

    /// The machine cannot go on. The node says nothing more at this height, and follows what the others agree on.
    fn stop(&mut self, stopped: &Stopped) {
        tracing::error!(reason = stopped.0, "the engine of the minutes has stopped at this height");
        self.machine = None;
        self.waits.clear();
        self.voice = Voice::Mute { until: self.agreed.height() + 1, reason: stopped.0.clone() };
    }
}

/// Runs the engine so that a panic in it stays in it.
fn contained<T>(turn: impl FnOnce() -> Result<T, Stopped>) -> Result<T, Stopped> {
    catch_unwind(AssertUnwindSafe(turn)).unwrap_or_else(|_| Err(Stopped("the engine has failed".into())))
}
