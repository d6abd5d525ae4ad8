//! Whether this node may speak: a disk that may not be its latest forgets what it said, so the others are asked.

use std::collections::{BTreeMap, BTreeSet};

use knotwork_identity::{PublicKey, encode};

use super::Peer;
use crate::{
    Disk, Entry, Frame, Message, Minute, Minutes, Proof, Step, limits,
    planted::{self, Bug},
    signer::{Slot, Spoken},
};

/// Whether a node speaks in the minutes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Voice {
    /// It has not had to, since it was started.
    Unasked,
    /// It asks the others what they know of it, and has had these answers.
    Asking {
        /// The nodes that have answered.
        answered: BTreeSet<PublicKey>,
    },
    /// It speaks.
    Free,
    /// It says nothing until this minute is final.
    Mute {
        /// The height.
        until: u64,
        /// Why.
        reason: String,
    },
}

/// What is known of the question whether this node's disk is its latest.
#[derive(Debug, Default)]
pub(super) struct Doubt {
    /// When it began to ask.
    since: Option<u64>,
    /// After which minute each node has answered, as it said.
    answers: BTreeMap<PublicKey, u64>,
    /// Whether one of them knew of something that this node has forgotten.
    forgotten: bool,
}

impl Voice {
    /// Of a node that starts with this disk. With a copy it asks whoever connects, though nothing is in progress yet: the
    /// sooner it is mute, the sooner it speaks again.
    pub(super) fn at_start(disk: Disk) -> Self {
        match disk {
            Disk::Same => Self::Unasked,
            Disk::Copy => Self::Asking { answered: BTreeSet::new() },
        }
    }
}

impl Minutes {
    /// Whether this node may speak at the height in progress. Asks, where it does not know.
    pub(super) fn may_speak(&mut self, now: u64) -> bool {
        if self.voice == Voice::Unasked {
            self.voice = Voice::Asking { answered: BTreeSet::new() };
            self.doubt = Doubt::default();
            self.ask();
        }
        if matches!(self.voice, Voice::Asking { .. }) {
            self.judge(now);
        }
        self.voice == Voice::Free
    }

    /// Whether the answers are enough.
    fn judge(&mut self, now: u64) {
        let own = self.pen.public();
        let height = self.agreed.height();
        let signers = self.agreed.signers();
        let others: Vec<PublicKey> = signers.iter().map(|signer| signer.node).filter(|node| *node != own).collect();
        let answered = others.iter().filter(|node| self.doubt.answers.contains_key(*node)).count();
        let waits_until = *self.doubt.since.get_or_insert(now) + limits::ANSWERS_MILLISECONDS;
        let waited = now >= waits_until;
        if planted::is(Bug::SpeaksAfterRestore) {
            self.voice = Voice::Free;
        } else if self.disk == Disk::Same && !self.doubt.forgotten {
            // A node that is connected with fewer than q has to speak, too: the others hear it through those.
            let mut connected = others.iter().filter(|node| self.peers.contains_key(*node)).peekable();
            let all_connected =
                connected.peek().is_some() && connected.all(|node| self.doubt.answers.contains_key(node));
            if answered + 1 >= signers.quorum() || waited && all_connected {
                self.voice = Voice::Free;
            }
        } else {
            // Where one may lie, it may keep to itself what it was told, and the others cannot know of it.
            let none_lies = signers.liars_max() == 0;
            let all = others.iter().all(|node| self.doubt.answers.get(node) == Some(&height));
            // Who signed alone when the copy was made may have been joined by others, who find it in this time.
            let met = waited || !others.is_empty();
            if none_lies && met && all && !self.doubt.forgotten {
                self.disk = Disk::Same;
                self.voice = Voice::Free;
            } else if answered >= signers.quorum() && (waited || self.doubt.forgotten || !none_lies) {
                // Of q others, one that does not lie has signed the last minute that this node may have known before, so
                // that one is the next at most; and what it has forgotten is of the minute after that at most.
                let until = height + 2;
                let reason = "its disk is not its latest: what it said last may be missing";
                tracing::warn!(reason, until, "this node signs no minutes for now");
                self.disk = Disk::Same;
                self.doubt = Doubt::default();
                self.voice = Voice::Mute { until, reason: reason.into() };
            }
        }
        if matches!(self.voice, Voice::Asking { .. }) && !waited {
            self.wake_by(waits_until);
        }
    }

    /// Whether this node signs and no other does.
    pub(super) fn signs_alone(&self) -> bool {
        self.signs() && self.agreed.signers().len() == 1
    }

    /// Whether a connected node may know of further minutes. Who signs alone would go on from an old disk with nobody to stop
    /// it, so it waits until they have said how far they are, and until they have sent what it lacks.
    pub(super) fn hears_first(&mut self, now: u64) -> bool {
        let height = self.agreed.height();
        let silent = |peer: &Peer| !peer.told && now < peer.since + limits::ANSWERS_MILLISECONDS;
        let untold = self.peers.values().filter(|peer| silent(peer)).map(|peer| peer.since).min();
        if let Some(since) = untold {
            self.wake_by(since + limits::ANSWERS_MILLISECONDS);
        }
        untold.is_some() || self.peers.values().any(|peer| peer.height > height)
    }

    fn wake_by(&mut self, at: u64) {
        self.go_on_at = Some(self.go_on_at.map_or(at, |earlier| earlier.min(at)));
    }

    /// Asks the signing nodes that have not answered.
    pub(super) fn ask(&mut self) {
        let own = self.pen.public();
        let height = self.agreed.height();
        let fresh = |node: &PublicKey| match self.disk {
            Disk::Same => self.doubt.answers.contains_key(node),
            Disk::Copy => self.doubt.answers.get(node) == Some(&height),
        };
        let ask: Vec<PublicKey> = self
            .agreed
            .signers()
            .iter()
            .map(|signer| signer.node)
            .filter(|node| *node != own && self.peers.contains_key(node) && !fresh(node))
            .collect();
        for peer in ask {
            self.tell(peer, true);
        }
    }

    /// What of a node's own messages we have, as much as a frame takes.
    pub(super) fn answer(&mut self, peer: PublicKey) {
        let mut bytes = 64;
        let messages = self.pool.values().filter(|message| message.node() == peer).take_while(|message| {
            bytes += encode(*message).len();
            bytes <= limits::FRAME_BYTES_MAX
        });
        let messages = messages.cloned().collect();
        self.work.sends.push((peer, Frame::Known { height: self.agreed.height(), messages }));
    }

    /// A node has answered.
    pub(super) fn answered(&mut self, now: u64, peer: PublicKey, height: u64, messages: &[Message]) {
        let Voice::Asking { answered } = &mut self.voice else { return };
        // Whoever is ahead knows of heights that we have not come to; it is asked again there.
        if height > self.agreed.height() {
            return;
        }
        answered.insert(peer);
        self.doubt.answers.insert(peer, height);
        let own = self.pen.public();
        self.doubt.forgotten |= messages.iter().any(|message| {
            message.height() == self.agreed.height() + 1
                && message.node() == own
                && !self.pool.contains_key(&message.short())
                && message.verify(self.agreed.network(), self.agreed.signers()).is_ok()
        });
        if self.disk == Disk::Copy {
            self.judge(now);
        }
    }

    /// Whether a minute that others made final is signed by this node, which knows nothing of it: then its disk is not the
    /// one on which it signed, whatever the store can tell.
    pub(super) fn has_forgotten(&self, minute: &Minute, proof: &Proof) -> bool {
        let own = self.pen.public();
        let slot = Slot { round: proof.round, step: Some(Step::Precommit) };
        let spoken = Spoken { lock: None, minute: Some(minute.hash()) };
        let logged = self.log.contains(&Entry::signed(slot, spoken));
        proof.signatures.iter().any(|(node, _)| *node == own)
            && !logged
            && !self.pen.has_said(minute.height, slot, spoken)
    }

    /// Notes that what this node said last may be missing. Where it is mute for that already, it stays so as long as it was.
    pub(super) fn doubt_disk(&mut self) {
        let known = self.disk == Disk::Copy && matches!(self.voice, Voice::Asking { .. });
        if known || matches!(self.voice, Voice::Mute { .. }) {
            return;
        }
        tracing::warn!("others have something that this node signed and does not know: its disk is not its latest");
        self.disk = Disk::Copy;
        self.voice = Voice::at_start(Disk::Copy);
        self.doubt = Doubt::default();
        self.work.copied = true;
        self.ask();
    }

    /// A minute is final: whoever was mute for it speaks again.
    pub(super) fn turned(&mut self) {
        if matches!(&self.voice, Voice::Mute { until, .. } if *until <= self.agreed.height()) {
            self.voice = Voice::Free;
        } else if self.doubt.forgotten {
            // What was forgotten was of this minute. There may be more of it at the next, so everyone is asked again.
            self.doubt.forgotten = false;
            self.disk = Disk::Copy;
            self.work.copied = true;
        }
    }
}
