//! What nodes tell each other: where they stand, what the others lack, and what is new.

use std::collections::BTreeSet;

use knotwork_identity::PublicKey;
use rand_core::Rng as _;

use crate::{
    Frame, Message, Minute, Minutes, Proof, Records, Step, Tally, Voice, limits,
    planted::{self, Bug},
    proof::read_minute,
};

use super::Peer;

impl Minutes {
    pub(super) fn connected(&mut self, now: u64, peer: PublicKey) {
        if peer == self.pen.public() {
            return;
        }
        self.peers.insert(peer, Peer { since: now, ..Peer::default() });
        let asks = matches!(self.voice, Voice::Asking { .. });
        self.tell(peer, asks);
    }

    /// A node is not connected any more.
    pub(super) fn parted(&mut self, peer: PublicKey) {
        self.peers.remove(&peer);
        if self.asked == Some(peer) {
            // Somebody else is asked at once.
            self.catch_up_at = self.catch_up_at.map(|_| 0);
        }
    }

    pub(super) fn frame(&mut self, now: u64, peer: PublicKey, frame: Frame, records: &dyn Records) {
        if !self.peers.contains_key(&peer) {
            return;
        }
        match frame {
            Frame::Tally(tally) => self.tally(now, peer, &tally, records),
            Frame::Minutes(minutes) => self.follow(now, peer, &minutes),
            Frame::Message(message) => self.message(now, peer, message, records),
            Frame::Known { height, messages } => self.answered(now, peer, height, &messages),
        }
    }

    /// Tells a node where we stand.
    pub(super) fn tell(&mut self, peer: PublicKey, asks: bool) {
        self.send_tally(peer, asks, true);
    }

    /// Tells every connected node where we stand.
    pub(super) fn tell_everyone(&mut self) {
        let peers: Vec<PublicKey> = self.peers.keys().copied().collect();
        for peer in peers {
            self.send_tally(peer, false, false);
        }
    }

    /// One node, drawn by lot, is told where we stand, so that what was lost on the way is found.
    pub(super) fn tally_round(&mut self) {
        if matches!(self.voice, Voice::Asking { .. }) {
            return self.ask();
        }
        let signers = self.agreed.signers();
        let others: Vec<PublicKey> = self.peers.keys().filter(|peer| signers.has(peer)).copied().collect();
        if !others.is_empty() {
            let place = self.random.next_u64() % others.len() as u64;
            self.tell(others[usize::try_from(place).unwrap_or(0)], false);
        }
    }

    /// Says something of our own.
    pub(super) fn say(&mut self, message: Message) {
        let short = message.short();
        self.pool.insert(short, message.clone());
        self.pass_on(short, &message, None);
    }

    fn send_tally(&mut self, peer: PublicKey, asks: bool, answer: bool) {
        let height = self.agreed.height();
        let mut sees = vec![0_u8; self.agreed.signers().len().div_ceil(8)];
        for (place, signer) in self.agreed.signers().iter().enumerate() {
            if self.peers.contains_key(&signer.node) {
                sees[place / 8] |= 0x80 >> (place % 8);
            }
        }
        let tally = Tally {
            network: self.agreed.network(),
            height,
            hash: self.agreed.hash(),
            has: self.pool.keys().copied().collect(),
            sees,
            asks,
            answer,
        };
        self.work.sends.push((peer, Frame::Tally(tally)));
    }

    fn tally(&mut self, now: u64, peer: PublicKey, tally: &Tally, records: &dyn Records) {
        if tally.network != self.agreed.network() && !planted::is(Bug::HearsStrangers) {
            self.parted(peer);
            self.work.elsewhere.push(peer);
            return;
        }
        let height = self.agreed.height();
        let signers = self.agreed.signers().clone();
        let Some(known) = self.peers.get_mut(&peer) else { return };
        known.told = true;
        known.height = tally.height;
        if tally.height == height {
            known.has.extend(tally.has.iter().copied());
            if known.has.len() > 2 * limits::MESSAGES_MAX {
                // More than there can be: what it has and we have not is of no interest.
                known.has.retain(|short| self.pool.contains_key(short));
            }
            let sees = signers
                .iter()
                .enumerate()
                .filter(|(place, _)| tally.sees.get(place / 8).is_some_and(|byte| byte & (0x80 >> (place % 8)) != 0));
            known.sees = sees.map(|(_, signer)| signer.node).collect();
        }
        match tally.height.cmp(&height) {
            std::cmp::Ordering::Less => self.send_minutes(now, peer, tally.height, records),
            std::cmp::Ordering::Greater => self.catch_up(now, peer),
            std::cmp::Ordering::Equal if tally.hash != self.agreed.hash() => {
                tracing::error!(?peer, height, "another node has another minute at this height");
                self.diverged.insert(peer);
            }
            std::cmp::Ordering::Equal => {
                let has: BTreeSet<[u8; 8]> = tally.has.iter().copied().collect();
                let lately = known.served.is_some_and(|at| now < at + limits::SERVE_MILLISECONDS);
                let mut lacks: Vec<&Message> =
                    self.pool.iter().filter(|(short, _)| !has.contains(*short)).map(|(_, m)| m).collect();
                if !lacks.is_empty() && !lately && !planted::is(Bug::SaidOnce) {
                    known.served = Some(now);
                    lacks.sort_by_key(|message| message.place());
                    self.work.sends.extend(lacks.into_iter().map(|message| (peer, Frame::Message(message.clone()))));
                }
                let lacking = has.iter().any(|short| !self.pool.contains_key(short));
                if lacking && tally.answer {
                    self.send_tally(peer, false, false);
                }
            }
        }
        if tally.asks {
            self.answer(peer);
        }
    }

    /// Asks a node that is ahead for what we lack, unless another has been asked a moment ago.
    fn catch_up(&mut self, now: u64, peer: PublicKey) {
        if self.catch_up_at.is_none() {
            self.asked = Some(peer);
            self.catch_up_at = Some(now + limits::CATCH_UP_MILLISECONDS);
            let asks = matches!(self.voice, Voice::Asking { .. });
            self.tell(peer, asks);
        }
    }

    /// Whoever was asked for minutes has not sent them: it is not believed any more, and another is asked.
    pub(super) fn catch_up_elsewhere(&mut self, now: u64) {
        self.catch_up_at = None;
        let height = self.agreed.height();
        if let Some(known) = self.asked.take().and_then(|asked| self.peers.get_mut(&asked)) {
            known.height = known.height.min(height);
        }
        let ahead: Vec<PublicKey> =
            self.peers.iter().filter(|(_, known)| known.height > height).map(|(peer, _)| *peer).collect();
        if !ahead.is_empty() {
            let place = self.random.next_u64() % ahead.len() as u64;
            self.catch_up(now, ahead[usize::try_from(place).unwrap_or(0)]);
        }
    }

    /// Sends the minutes after a height, as many as a frame takes.
    fn send_minutes(&mut self, now: u64, peer: PublicKey, after: u64, records: &dyn Records) {
        let Some(known) = self.peers.get_mut(&peer) else { return };
        // They are on their way: a stream loses nothing but at its end.
        if known.followed.is_some_and(|(sent, at)| after <= sent && now < at + limits::SERVE_MILLISECONDS) {
            return;
        }
        known.followed = Some((after, now));
        let mut minutes = Vec::new();
        let mut bytes = 0;
        for height in after + 1..=self.agreed.height() {
            let Some(kept) = records.minute(height) else { break };
            bytes += kept.len() + 8;
            if bytes > limits::FRAME_BYTES_MAX - 64 || minutes.len() == limits::MINUTES_MAX {
                break;
            }
            let Some(minute) = read_minute(&kept) else { break };
            minutes.push(minute);
        }
        if !minutes.is_empty() {
            self.work.sends.push((peer, Frame::Minutes(minutes)));
        }
    }

    /// Takes in final minutes.
    fn follow(&mut self, now: u64, peer: PublicKey, minutes: &[(Minute, Proof)]) {
        let before = self.agreed.height();
        for (minute, proof) in minutes {
            if minute.height <= self.agreed.height() {
                continue;
            }
            let forgotten = self.has_forgotten(minute, proof);
            match self.agreed.follow(minute, proof) {
                Ok(()) => {
                    self.minuted(minute, proof);
                    if forgotten {
                        self.doubt_disk();
                    }
                }
                Err(error) => return self.fault(peer, &format!("it sent a minute that does not hold: {error}")),
            }
        }
        let height = self.agreed.height();
        if height == before {
            return;
        }
        self.catch_up_at = None;
        if self.peers.get(&peer).is_some_and(|known| known.height > height) {
            self.catch_up(now, peer);
        } else {
            self.asked = None;
            self.catch_up_elsewhere(now);
            if matches!(self.voice, Voice::Asking { .. }) {
                // What was answered before came from nodes that were ahead.
                self.ask();
            }
        }
    }

    /// Takes in a proposal or a vote.
    fn message(&mut self, now: u64, peer: PublicKey, message: Message, records: &dyn Records) {
        let next = self.agreed.height() + 1;
        if message.height() > next {
            if let Some(known) = self.peers.get_mut(&peer) {
                known.height = known.height.max(message.height() - 1);
            }
            return self.catch_up(now, peer);
        }
        if message.height() < next {
            return;
        }
        let short = message.short();
        if self.pool.contains_key(&short) {
            if let Some(known) = self.peers.get_mut(&peer) {
                known.has.insert(short);
            }
            return;
        }
        let present = self.machine.as_ref().map_or(0, crate::machine::Machine::round);
        if message.node() == self.pen.public() || message.place().0 > present.saturating_add(limits::ROUNDS_AHEAD_MAX) {
            return;
        }
        if let Message::Proposal(proposal) = &message
            && self.agreed.signers().chair(proposal.height, proposal.round).node != proposal.node
        {
            return;
        }
        if message.verify(self.agreed.network(), self.agreed.signers()).is_err() {
            tracing::warn!(?peer, node = ?message.node(), "a message of the minutes is not signed by who it names");
            return;
        }
        if !self.make_room(&message) {
            return;
        }
        self.note_contradiction(&message);
        self.pool.insert(short, message.clone());
        if let Some(known) = self.peers.get_mut(&peer) {
            known.has.insert(short);
        }
        self.pass_on(short, &message, Some(peer));
        self.feed(now, message, records);
    }

    /// Notes who says one thing to some and another to others.
    fn note_contradiction(&mut self, message: &Message) {
        let contradicts = self.pool.values().any(|other| message.contradicts(other));
        if contradicts && self.contradicting.insert(message.node()) {
            let (node, height) = (message.node(), message.height());
            tracing::error!(?node, height, "a node has signed two different messages for one place in the minutes");
        }
    }

    /// Sends a message to the signing nodes that may not have it: all but those that its author is connected with.
    fn pass_on(&mut self, short: [u8; 8], message: &Message, from: Option<PublicKey>) {
        let author = message.node();
        let reached = match from {
            None => BTreeSet::new(),
            Some(_) => self.peers.get(&author).map(|known| known.sees.clone()).unwrap_or_default(),
        };
        let signers = self.agreed.signers();
        for (peer, known) in &mut self.peers {
            let sent = *peer == author || reached.contains(peer) || known.has.contains(&short);
            if !sent && signers.has(peer) {
                known.has.insert(short);
                self.work.sends.push((*peer, Frame::Message(message.clone())));
            }
        }
    }

    /// Each node may fill its part of the pool and no more. What is of the earliest round makes room for what is of a later
    /// one, so that a height that takes long does not come to a stand; a vote that a proposal names always finds room.
    fn make_room(&mut self, message: &Message) -> bool {
        let is_proposal = matches!(message, Message::Proposal(_));
        let most = match message {
            Message::Proposal(_) => limits::PROPOSALS_MAX,
            Message::Vote(_) => limits::VOTES_MAX / self.agreed.signers().len().max(1),
        };
        let node = message.node();
        let same =
            self.pool.iter().filter(|(_, m)| m.node() == node && matches!(m, Message::Proposal(_)) == is_proposal);
        let places: Vec<((u32, u8), [u8; 8])> = same.map(|(short, m)| (m.place(), *short)).collect();
        let Some((place, short)) = places.iter().min() else { return true };
        if places.len() < most {
            return true;
        }
        let named = match message {
            Message::Vote(vote) => {
                vote.step == Step::Prevote
                    && vote.minute.is_some_and(|minute| self.is_proposed_again(vote.round, minute))
                    && places.len() < most + limits::PROPOSALS_MAX
            }
            Message::Proposal(_) => false,
        };
        if !named && place.0 < message.place().0 {
            self.pool.remove(short);
            return true;
        }
        named
    }

    fn fault(&mut self, peer: PublicKey, reason: &str) {
        self.parted(peer);
        self.work.faults.push((peer, reason.to_owned()));
    }
}
