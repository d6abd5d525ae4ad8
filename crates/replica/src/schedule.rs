//! When this node compares with whom: on connecting, soon after a change, and from time to time.

use std::collections::BTreeSet;

use knotwork_identity::PublicKey;
use knotwork_ledger::planted::{self, Bug};

use crate::{
    Now, Replica, SessionId, limits,
    peer::{Ending, Peer},
};

impl Replica {
    /// A peer of the roster is connected.
    pub(crate) fn connected(&mut self, now: Now, node: PublicKey) {
        if self.roster.organisation_of(&node).is_none() || node == self.config.node.public() {
            return;
        }
        let leads = self.leads(&node);
        let peer = self.peers.entry(node).or_insert_with(|| Peer::new(node));
        if peer.connected {
            return;
        }
        peer.connected();
        // One of the two begins at once; the other steps in where nothing came of that.
        peer.check_by(if leads { now.milliseconds } else { now.milliseconds + 2 * limits::SETTLE_MILLISECONDS });
        self.begin_due(now);
        self.minutes_event(now, knotwork_minutes::Event::Connected { peer: node });
    }

    /// A connection with a peer is gone.
    pub(crate) fn lost(&mut self, now: Now, node: PublicKey) {
        self.forget_farewell(&node);
        self.disconnected(now, node);
    }

    /// A peer does not serve this node.
    pub(crate) fn turned_away(&mut self, node: PublicKey) {
        if let Some(peer) = self.peers.get_mut(&node) {
            peer.declines = true;
        }
    }

    /// A peer is not connected any more, or not served.
    pub(crate) fn disconnected(&mut self, now: Now, node: PublicKey) {
        let sessions: Vec<SessionId> =
            self.sessions.iter().filter(|(_, open)| open.peer == node).map(|(session, _)| *session).collect();
        for session in sessions {
            self.end_session(now, session, Ending::Failed);
        }
        if let Some(peer) = self.peers.get_mut(&node) {
            peer.disconnected();
        }
        self.minutes_event(now, knotwork_minutes::Event::Disconnected { peer: node });
    }

    /// Something that was waited for is due.
    pub(crate) fn wake(&mut self, now: Now) {
        self.go_on(now);
        self.held.expire(now.milliseconds);
        self.passed_over.expire(now.milliseconds);
        let still: Vec<SessionId> = self
            .sessions
            .iter()
            .filter(|(_, session)| session.deadline() <= now.milliseconds)
            .map(|(session, _)| *session)
            .collect();
        for session in still {
            tracing::info!(?session, "a session stands still and is ended");
            self.end_session(now, session, Ending::Failed);
        }
        self.begin_due(now);
        self.wake_minutes(now);
    }

    /// After a commit: gossip is best effort, so peers are compared with soon, a few at a time in an order drawn by lot;
    /// sooner where changes came from one peer and others may lack them. Each that learns of it does the same, and when
    /// enough are found to know already, the rest is left to the comparisons that come anyway.
    pub(crate) fn plan_checks(&mut self, now: Now, brought: &[PublicKey]) {
        let own = self.config.node.public();
        if planted::is(Bug::GossipAlone) {
            return;
        }
        let mut peers: Vec<PublicKey> =
            self.peers.values().filter(|peer| peer.connected).map(|peer| peer.node).collect();
        let next = peers.iter().position(|peer| own < *peer).unwrap_or(0);
        let neighbour = peers.get(next).copied();
        self.rumour = Rumour { neighbour, ..Rumour::default() };
        for place in (1..peers.len()).rev() {
            peers.swap(place, (self.jitter() % (place as u64 + 1)) as usize);
        }
        // The next one in the order of keys comes first: where all are connected, that alone reaches everyone.
        peers.sort_by_key(|peer| Some(*peer) != neighbour);
        for (place, peer) in peers.iter().enumerate() {
            let Some(peer) = self.peers.get_mut(peer) else { continue };
            let pause = if brought.iter().any(|bringer| *bringer != peer.node) {
                limits::PASS_ON_MILLISECONDS
            } else {
                limits::SETTLE_MILLISECONDS
            };
            // The other side may plan the same: the one that leads comes first, and its session tells both.
            let turn = if own < peer.node { 0 } else { limits::SETTLE_MILLISECONDS };
            let round = (place / limits::CHECKS_AT_ONCE) as u64 * limits::ROUND_MILLISECONDS;
            peer.settle_by(now.milliseconds + pause + turn + round);
        }
    }

    /// A peer holds all that we hold.
    pub(crate) fn settled(&mut self, now: Now, peer: PublicKey, settled: Settled) {
        self.rumour.in_step.insert(peer);
        if settled == Settled::Knew {
            self.rumour.knew.insert(peer);
        }
        if !self.rumour.is_old() {
            return;
        }
        for node in self.peers.keys().copied().collect::<Vec<_>>() {
            let at = now.milliseconds + limits::IDLE_MILLISECONDS + self.jitter() % limits::IDLE_MILLISECONDS;
            if let Some(peer) = self.peers.get_mut(&node) {
                peer.need_not_settle(at);
            }
        }
    }

    /// Opens a session with every peer whose turn has come.
    fn begin_due(&mut self, now: Now) {
        let due: Vec<PublicKey> = self
            .peers
            .values()
            .filter(|peer| peer.connected && peer.session.is_none())
            .filter(|peer| peer.next_check.is_some_and(|at| at <= now.milliseconds))
            .map(|peer| peer.node)
            .collect();
        for peer in due {
            self.open_session(now, peer);
        }
    }

    /// Whether this node is the one of the two that begins.
    fn leads(&self, other: &PublicKey) -> bool {
        self.config.node.public() < *other
    }
}

/// How far what this node committed last has got about, as far as it knows.
#[derive(Debug, Default)]
pub(crate) struct Rumour {
    /// The connected peer that comes next in the order of keys.
    neighbour: Option<PublicKey>,
    in_step: BTreeSet<PublicKey>,
    /// Those of them that had it before we told them.
    knew: BTreeSet<PublicKey>,
}

impl Rumour {
    /// Whether everybody seems to know.
    fn is_old(&self) -> bool {
        self.knew.len() >= limits::KNOWN_ENOUGH && self.neighbour.is_none_or(|peer| self.in_step.contains(&peer))
    }
}

/// How a peer turned out to hold what we hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Settled {
    /// It did before we met.
    Knew,
    /// One of us told the other.
    Learnt,
}
