//! The liars among the nodes: when they speak, and what becomes of what they say.

use super::{Happening, World};
use crate::{
    breach::Breach,
    liar::{Liar, Lie},
    network::Message,
};

impl World {
    /// The liars are gone for good.
    pub(crate) fn end_liars(&mut self) {
        for node in self.scenario.honest..self.nodes.len() {
            self.trace.note(self.agenda.now(), format_args!("node {node} is gone"));
            self.nodes[node].end();
            self.leave(node);
        }
    }

    /// The liar at a place, if there is one.
    pub(super) fn liar(&mut self, node: usize) -> Option<&mut Liar> {
        self.liars.get_mut(node.checked_sub(self.scenario.honest)?)
    }

    pub(super) fn plan_lie(&mut self, node: usize) {
        let boot = self.nodes[node].boot;
        if let Some(pause) = self.liar(node).map(Liar::pause) {
            self.agenda.after(pause, Happening::Lie { node, boot });
        }
    }

    /// A liar says something to one of its peers, or to all.
    pub(super) fn lie(&mut self, node: usize) -> Result<(), Breach> {
        self.plan_lie(node);
        let peers = self.network.peers_of(node);
        if peers.is_empty() {
            return Ok(());
        }
        let (party, store) = (self.nodes[node].party(), self.nodes[node].store()?);
        let Some(liar) = self.liar(node) else { return Ok(()) };
        let lie = liar.lie(party, store.as_ref());
        let session = liar.name_session();
        let peer = *self.dice.pick(&peers);
        let now = self.agenda.now();
        match lie {
            Lie::Whisper(bytes) => {
                self.trace.note(now, format_args!("node {node}: whispers {} bytes", bytes.len()));
                self.sightings.see("a liar says something by gossip");
                let message = Message::new(bytes);
                for peer in if self.dice.chance(500) { peers } else { vec![peer] } {
                    self.network.gossip(&mut self.agenda, node, peer, &message);
                }
            }
            Lie::Speech(frames) => {
                self.trace.note(now, format_args!("node {node}: tells node {peer} {} frames", frames.len()));
                self.sightings.see("a liar opens a session of its own");
                self.network.open(&mut self.agenda, node, session, peer);
                for frame in frames {
                    self.network.send(&mut self.agenda, node, session, frame);
                }
            }
        }
        Ok(())
    }
}
