//! When this node compares with whom: on connecting, soon after a change, and from time to time.

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
    }

    /// A peer is not connected any more.
    pub(crate) fn disconnected(&mut self, now: Now, node: PublicKey) {
        let sessions: Vec<SessionId> =
            self.sessions.iter().filter(|(_, open)| open.peer == node).map(|(session, _)| *session).collect();
        for session in sessions {
            self.end_session(now, session, Ending::Failed);
        }
        if let Some(peer) = self.peers.get_mut(&node) {
            peer.disconnected();
        }
    }

    /// Something that was waited for is due.
    pub(crate) fn wake(&mut self, now: Now) {
        self.held.expire(now.milliseconds);
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
    }

    /// After a commit: gossip is best effort, so every peer is compared with soon; sooner where changes came from one
    /// peer and others may lack them.
    pub(crate) fn plan_checks(&mut self, now: Now, brought: &[PublicKey]) {
        let own = self.config.node.public();
        if planted::is(Bug::GossipAlone) {
            return;
        }
        for peer in self.peers.values_mut() {
            let pause = if brought.iter().any(|bringer| *bringer != peer.node) {
                limits::PASS_ON_MILLISECONDS
            } else {
                limits::SETTLE_MILLISECONDS
            };
            // The other side plans the same: the one that leads comes first, and its session tells both.
            let turn = if own < peer.node { 0 } else { limits::SETTLE_MILLISECONDS };
            peer.check_by(now.milliseconds + pause + turn);
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
