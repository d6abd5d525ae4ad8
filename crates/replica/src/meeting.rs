//! With whom there are connections: who is served, as minutes and certificates say, and who has just gone.

use knotwork_documents::{NodeAddressView, View};
use knotwork_identity::PublicKey;

use crate::{Effect, Now, Replica, Roster, StorageError, limits};

impl Replica {
    /// A minute is final: the roster is what it says from now on.
    pub(crate) fn take_up_roster(&mut self, now: Now) {
        let Some(minuting) = &mut self.minuting else { return };
        let agreed = minuting.minutes.agreed().clone();
        minuting.deciding.settle(&agreed);
        // Who signs, and how many have to, may be others now.
        minuting.deciding.touch_all();
        let before = Served::of(self.roster.as_ref());
        minuting.roster.turn(agreed);
        self.revocations.note_departures(self.roster.departures());
        self.heed_revocations();
        self.meet(now, &before);
    }

    /// Before a commit: which nodes are to be served, by the certificates that have changed.
    pub(crate) fn heed_node_certificates(&mut self) {
        for document in &self.pending.node_certificates {
            match self.desk.find(document, self.storage.as_ref()) {
                Ok(Some(certificate)) => self.authors.learn_served(certificate),
                Ok(None) => {}
                Err(error) => {
                    tracing::error!(%error, "the certificate of a node cannot be read");
                    self.damaged |= matches!(error, StorageError::Damaged(_));
                }
            }
        }
    }

    /// After a commit: organisations may have certified other nodes.
    pub(crate) fn take_up_nodes(&mut self, now: Now) {
        let before = Served::of(self.roster.as_ref());
        if self.roster.serve_also(self.authors.served_nodes()) {
            self.meet(now, &before);
        }
    }

    /// Takes up the nodes that are served now and were not before, and parts with those that were.
    fn meet(&mut self, now: Now, before: &Served) {
        let served = Served::of(self.roster.as_ref());
        if served != *before {
            let own = self.config.node.public();
            let left: Vec<PublicKey> = self.peers.keys().filter(|peer| !served.nodes.contains(peer)).copied().collect();
            left.into_iter().for_each(|peer| self.part_with(now, peer));
            let new: Vec<PublicKey> =
                served.nodes.into_iter().filter(|node| *node != own && !self.peers.contains_key(node)).collect();
            new.iter().for_each(|node| _ = self.peers.insert(*node, crate::peer::Peer::new(*node)));
            self.tell_roster();
            new.into_iter().for_each(|node| self.welcome(now, node));
        }
        // What waited for somebody to be known may be looked at now.
        let mut released = Vec::new();
        for key in self.held.awaited_authors() {
            if self.authors.knows(&key, self.roster.as_ref()) {
                released.extend(self.held.release(crate::held::Awaited::Author(key)));
            }
        }
        self.let_go(now, released);
        self.publish_what_waited(now);
    }

    /// A node is served no more. It stays connected for a moment, to hear of that and for nothing else.
    fn part_with(&mut self, now: Now, peer: PublicKey) {
        let was_connected = self.peers.get(&peer).is_some_and(|peer| peer.connected);
        self.disconnected(now, peer);
        self.peers.remove(&peer);
        if let (true, Some(minuting)) = (was_connected, &mut self.minuting) {
            minuting.farewells.insert(peer, now.milliseconds + limits::FAREWELL_MILLISECONDS);
        }
        if !self.roster.node_was_ever_on(&peer) {
            // There may be ever new ones of these, and nobody looks for them again.
            self.pending.effects.push(Effect::Addresses { peer, addresses: Vec::new() });
        }
    }

    /// A node is served from now on.
    fn welcome(&mut self, now: Now, node: PublicKey) {
        let document = NodeAddressView::header(self.config.network, node).id();
        if let Ok(Some(View::NodeAddress(view))) =
            crate::view_in(self.storage.as_ref(), &document, self.revocations.standing())
        {
            self.point_to(view);
        }
        // It may have left a moment ago: then its connection is there still.
        if self.minuting.as_mut().is_some_and(|minuting| minuting.farewells.remove(&node).is_some()) {
            self.connected(now, node);
        }
    }

    /// A connection has ended with whom nothing was exchanged any more.
    pub(crate) fn forget_farewell(&mut self, node: &PublicKey) {
        if self.minuting.as_mut().is_some_and(|minuting| minuting.farewells.remove(node).is_some()) {
            self.tell_roster();
        }
    }

    /// Says with whom there are to be connections.
    pub(crate) fn tell_roster(&mut self) {
        let Some(minuting) = &self.minuting else { return };
        let own = self.config.node.public();
        let Served { nodes, further } = Served::of(self.roster.as_ref());
        let nodes = nodes.into_iter().filter(|node| *node != own).chain(minuting.farewells.keys().copied()).collect();
        self.pending.effects.push(Effect::Roster { nodes, further });
    }
}

/// Who is served.
#[derive(PartialEq, Eq)]
struct Served {
    /// All of them.
    nodes: Vec<PublicKey>,
    /// Those among them that no minute names now.
    further: Vec<PublicKey>,
}

impl Served {
    fn of(roster: &dyn Roster) -> Self {
        let nodes = roster.nodes();
        let further = nodes.iter().filter(|node| !roster.is_named(node)).copied().collect();
        Self { nodes, further }
    }
}
