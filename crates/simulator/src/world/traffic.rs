//! What arrives at nodes, and how they part.

use std::sync::Arc;

use knotwork_replica::Event;

use super::World;
use crate::{
    breach::Breach,
    network::{ConnectionId, Message, Parcel, StreamId},
    node::Incoming,
};

impl World {
    pub(super) fn tell(&mut self, node: usize, peer: usize, connection: ConnectionId, up: bool) {
        if !self.nodes[node].is_running() || !self.network.knows(node, peer, connection) {
            return;
        }
        let key = self.nodes[peer].party().node.public();
        if up {
            self.give(node, Incoming::Event(Event::Connected { peer: key }));
            return;
        }
        let mut sessions = self.network.forget(&mut self.agenda, node, peer);
        // The streams of a connection that is gone may be heard of first, or not at all.
        if self.dice.chance(500) {
            sessions.clear();
        }
        for session in sessions {
            self.give(node, Incoming::Event(Event::Closed { session }));
        }
        self.give(node, Incoming::Event(Event::Disconnected { peer: key }));
    }

    pub(super) fn deliver(&mut self, stream: StreamId, end: usize, parcel: Parcel) {
        let Some((node, peer, session)) = self.network.arrive(stream, end, &parcel) else { return };
        if !self.nodes[node].is_running() {
            return;
        }
        let event = match (parcel, session) {
            (Parcel::Opened, _) => {
                let session = self.nodes[node].name_session();
                self.network.name(stream, session);
                Event::Opened { session, peer: self.nodes[peer].party().node.public() }
            }
            (Parcel::Established, Some(session)) => Event::Established { session },
            (Parcel::Refused, Some(session)) => Event::OpenFailed { session },
            (Parcel::Closed, Some(session)) => Event::Closed { session },
            (Parcel::Frame(bytes), Some(session)) => {
                if let Some(liar) = self.liar(node) {
                    liar.hear(&bytes);
                }
                self.give(node, Incoming::Frame { session, bytes });
                return;
            }
            (_, None) => return,
        };
        self.give(node, Incoming::Event(event));
    }

    pub(super) fn hear(
        &mut self,
        connection: ConnectionId,
        from: usize,
        to: usize,
        message: Arc<Message>,
        again: bool,
    ) {
        let state = &mut self.nodes[to];
        if !state.is_running() || !self.network.knows(to, from, connection) {
            return;
        }
        let shunned = state.invalid_from.get(&from).is_some_and(|count| *count >= INVALID_MAX);
        let new = state.seen.insert(message.id);
        if (new || again) && !shunned {
            if let Some(liar) = self.liar(to) {
                liar.hear(&message.bytes);
            }
            self.give(to, Incoming::Gossip { from, message });
        }
    }

    /// A node parts from a peer that it finds at fault.
    pub(super) fn part(&mut self, node: usize, peer: usize, reason: &str, back_off: u64) -> Result<(), Breach> {
        let honest = self.scenario.honest;
        if node < honest && peer < honest {
            return Err(Breach::new(format!("node {node} holds the honest node {peer} for faulty: {reason}")));
        }
        self.sightings.see_if(node < honest, "an honest node parts from a liar");
        self.network.refuse(node, peer, self.agenda.now() + back_off);
        self.network.disconnect(&mut self.agenda, node, peer, 5);
        Ok(())
    }
}

/// So many invalid messages, and a peer's gossip is not listened to any more.
const INVALID_MAX: u32 = 10;
