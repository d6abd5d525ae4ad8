//! What goes wrong, and how nodes come back from it.

use super::{Happening, PlannedCrash, World};
use crate::{
    breach::Breach,
    scenario::{CrashPoint, Fault},
};

impl World {
    pub(super) fn fail(&mut self, fault: Fault) -> Result<(), Breach> {
        let now = self.agenda.now();
        self.trace.note(now, format_args!("{fault:?}"));
        match fault {
            Fault::Crash { node, surviving, down } => self.crash(node, surviving, down),
            Fault::CrashInTurn { node, point, surviving, down } => {
                self.crashes[node] = Some(PlannedCrash { point, surviving, down });
                Ok(())
            }
            Fault::BackUp { node } => {
                if self.nodes[node].is_running() {
                    self.nodes[node].sync()?;
                    self.backups[node] = Some(self.nodes[node].back_up()?);
                }
                Ok(())
            }
            Fault::Restore { node, down } => self.restore(node, down),
            Fault::Part { apart, lasts, notice } => {
                for link in self.network.links() {
                    if apart.contains(&link.0) != apart.contains(&link.1) {
                        self.network.cut(&mut self.agenda, link, notice);
                    }
                }
                self.agenda.after(lasts, Happening::Join { apart });
                Ok(())
            }
            Fault::Break { link } => {
                self.network.disconnect(&mut self.agenda, link.0, link.1, 50);
                Ok(())
            }
            Fault::Jump { node, to } => {
                self.nodes[node].wall_origin = to;
                Ok(())
            }
            Fault::Fill { node, lasts } => {
                if self.nodes[node].is_running() {
                    self.nodes[node].set_full(true);
                    let boot = self.nodes[node].boot;
                    self.agenda.after(lasts, Happening::Free { node, boot });
                }
                Ok(())
            }
        }
    }

    pub(super) fn crashes_now(
        &mut self,
        node: usize,
        crash: Option<PlannedCrash>,
        point: CrashPoint,
    ) -> Result<bool, Breach> {
        let Some(crash) = crash.filter(|crash| crash.point == point) else { return Ok(false) };
        self.sightings.see(match point {
            CrashPoint::AfterCommit => "a node crashes between a commit and its effects",
            CrashPoint::BeforeSync => "a node crashes between a commit and its sync",
            CrashPoint::BeforeReplies => "a node crashes between a sync and its replies",
        });
        self.crash(node, crash.surviving, crash.down)?;
        Ok(true)
    }

    fn crash(&mut self, node: usize, surviving: u64, down: u64) -> Result<(), Breach> {
        if !self.nodes[node].is_running() {
            return Ok(());
        }
        self.trace.note(self.agenda.now(), format_args!("node {node} crashes"));
        let unsynced = self.nodes[node].unsynced();
        let kept = (unsynced as u64 * surviving / 1_000) as usize;
        self.nodes[node].crash(kept);
        self.sightings.see_if(unsynced > kept, "a crash loses what was not synced");
        self.gone(node, down);
        Ok(())
    }

    fn restore(&mut self, node: usize, down: u64) -> Result<(), Breach> {
        let Some(backup) = self.backups[node].take() else { return Ok(()) };
        let incarnation = self.dice.bytes();
        let before = self.nodes[node].mirror.copy();
        self.nodes[node].restore(&backup, incarnation).map_err(|breach| breach.of_node(node))?;
        let others = self.nodes[..self.scenario.honest].iter().filter(|other| other.place != node);
        let others = others.map(|other| &other.mirror);
        let excused = self.book.restored(&before, &self.nodes[node].mirror, others);
        self.sightings.see("a node starts from an old copy");
        self.sightings.see_if(excused > 0, "an old copy loses what nobody else has");
        self.gone(node, down);
        Ok(())
    }

    /// A node does not run any more: its peers notice, and it starts again after a while.
    fn gone(&mut self, node: usize, down: u64) {
        self.leave(node);
        self.agenda.after(down, Happening::Start { node });
    }

    pub(super) fn leave(&mut self, node: usize) {
        for peer in self.network.peers_of(node) {
            let notice = *self.dice.pick(&[5, 5, 2_000]);
            self.network.disconnect(&mut self.agenda, node, peer, notice);
            self.network.forget(&mut self.agenda, node, peer);
        }
    }
}
