//! One organisation's node is away for long, and the others go on.

use super::{Happening, World};
use crate::Breach;

impl World {
    /// An organisation's node stops, and nobody there does anything until it is back.
    pub(crate) fn leave(&mut self, place: usize) -> Result<(), Breach> {
        self.away = Some(place);
        self.stop(place)
    }

    /// The node that was away starts again, with the disk that it had.
    pub(crate) fn come_back(&mut self) -> Result<(), Breach> {
        let Some(place) = self.away.take() else { return Ok(()) };
        for (paper, from) in std::mem::take(&mut self.missed) {
            let delay = self.dice.between(1_000, 60_000);
            self.agenda.after(delay, Happening::Paper { paper, from, to: place });
        }
        self.start(place)
    }

    /// Nodes stop until no more of those who sign are up than have to sign. This one stays.
    pub(crate) fn leave_only_those_needed(&mut self, stays: usize) -> Result<(), Breach> {
        let signers = self.watch.latest().signers();
        let spare = signers.len() - signers.quorum();
        let others = self.places_of_signers().into_iter().filter(|place| *place != stays);
        others.take(spare).try_for_each(|place| self.stop(place))
    }

    /// The nodes that sign, by their places.
    pub(crate) fn places_of_signers(&self) -> Vec<usize> {
        let signers = self.watch.latest().signers();
        self.nodes.iter().filter(|node| signers.has(&node.public())).map(|node| node.place).collect()
    }
}
