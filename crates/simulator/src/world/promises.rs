//! What is promised of every step of a run.

use knotwork_identity::ChangeId;
use knotwork_replica::limits;

use super::World;
use crate::{breach::Breach, cast::Cast, mirror::Mirror, node::Node};

impl World {
    /// What was acknowledged and is missing at a node.
    pub(crate) fn missing_at(&self, node: &Node) -> Option<ChangeId> {
        self.book.owed().find(|id| !node.mirror.has(id)).copied()
    }

    /// No peer takes more of a node's memory and sessions than it is given.
    pub(super) fn check_bounds(&mut self, node: usize) -> Result<(), Breach> {
        for peer in (0..self.nodes.len()).filter(|peer| *peer != node) {
            let key = self.nodes[peer].party().node.public();
            let ((changes, bytes), sessions) = self.nodes[node].share_of(&key);
            if changes > limits::HELD_CHANGES_MAX || bytes > limits::HELD_BYTES_MAX {
                let breach = Breach::new(format!("it holds {changes} changes and {bytes} bytes for node {peer}"));
                return Err(breach.of_node(node));
            }
            // One of its own beside those of the peer.
            if sessions > limits::SESSIONS_PER_PEER_MAX + 1 {
                return Err(Breach::new(format!("it has {sessions} sessions with node {peer}")).of_node(node));
            }
            self.sightings.see_if(changes == limits::HELD_CHANGES_MAX, "a peer's share of what is held is full");
            self.sightings.see_if(sessions == limits::SESSIONS_PER_PEER_MAX + 1, "a peer has all its sessions open");
        }
        Ok(())
    }

    /// A node does not claim to be in step with a peer that never held what it holds.
    pub(super) fn check_claims(&mut self, node: usize) -> Result<(), Breach> {
        if node >= self.scenario.honest {
            return Ok(());
        }
        let status = self.nodes[node].status()?;
        let state = Mirror::state_of(&status);
        for peer in status.peers.iter().filter(|peer| peer.in_step) {
            let Some(other) = Cast::get().place_of(&peer.node).filter(|other| *other < self.scenario.honest) else {
                continue;
            };
            if !self.nodes[other].mirror.was_in(&state) {
                let claim = format!("it claims to be in step with node {other}, which never held the same");
                return Err(Breach::new(claim).of_node(node));
            }
            self.sightings.see("two nodes know that they are in step");
        }
        Ok(())
    }
}
