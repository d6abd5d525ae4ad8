//! Whether this node may speak: a disk that may not be its latest forgets what it said, so the others are asked.

use std::collections::BTreeSet;

use knotwork_identity::PublicKey;

use crate::{
    Disk, Frame, Message, Minutes,
    planted::{self, Bug},
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

impl Minutes {
    /// Whether this node may speak at the height in progress. Asks, where it does not know.
    pub(super) fn may_speak(&mut self, now: u64) -> bool {
        if self.voice == Voice::Unasked {
            self.voice = Voice::Asking { answered: BTreeSet::new() };
            self.ask(now);
        }
        if let Voice::Asking { answered } = &self.voice {
            let signers = self.agreed.signers();
            let others = answered.iter().filter(|node| signers.has(node)).count();
            let needed = match self.disk {
                Disk::Same => signers.quorum() - 1,
                Disk::Copy => signers.len() - 1,
            };
            if others >= needed || planted::is(Bug::SpeaksAfterRestore) {
                self.voice = Voice::Free;
            }
        }
        self.voice == Voice::Free
    }

    /// Asks the signing nodes that have not answered.
    pub(super) fn ask(&mut self, now: u64) {
        let Voice::Asking { answered } = &self.voice else { return };
        let own = self.pen.public();
        let signers = self.agreed.signers().clone();
        let ask: Vec<PublicKey> = signers
            .iter()
            .map(|signer| signer.node)
            .filter(|node| *node != own && !answered.contains(node) && self.peers.contains_key(node))
            .collect();
        for peer in ask {
            self.tell(now, peer, true);
        }
    }

    /// What of a node's own messages we have.
    pub(super) fn answer(&mut self, peer: PublicKey) {
        let messages = self.pool.values().filter(|message| message.node() == peer).cloned().collect();
        self.work.sends.push((peer, Frame::Known { height: self.agreed.height(), messages }));
    }

    /// A node has answered.
    pub(super) fn answered(&mut self, peer: PublicKey, height: u64, messages: &[Message]) {
        let Voice::Asking { answered } = &mut self.voice else { return };
        // Whoever is ahead knows of heights that we have not come to; it is asked again there.
        if height > self.agreed.height() {
            return;
        }
        let own = self.pen.public();
        let forgotten = messages.iter().any(|message| {
            message.height() == self.agreed.height() + 1
                && message.node() == own
                && !self.pool.contains_key(&message.short())
                && message.verify(self.agreed.network(), self.agreed.signers()).is_ok()
        });
        if forgotten && !planted::is(Bug::SpeaksAfterRestore) {
            let until = self.agreed.height() + 1;
            let reason = "another node knows what this one said and has forgotten: its disk is not its latest";
            tracing::warn!(reason, until, "this node signs no minutes for now");
            self.voice = Voice::Mute { until, reason: reason.into() };
        } else {
            answered.insert(peer);
        }
    }

    /// A minute is final: whoever was mute for it speaks again, and answers about it are of no use any more.
    pub(super) fn turned(&mut self) {
        match &mut self.voice {
            Voice::Mute { until, .. } if *until <= self.agreed.height() => self.voice = Voice::Free,
            Voice::Asking { answered } => answered.clear(),
            _ => {}
        }
    }
}
