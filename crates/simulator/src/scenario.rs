//! What a seed stands for: how many nodes, how they are connected, how bad the network is, what goes wrong when.

use std::collections::BTreeSet;

use crate::{cast::PARTIES, dice::Dice, network::Weather};

/// A run, before it begins. Drawn from the seed alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scenario {
    /// Honest nodes; they come first.
    pub(crate) honest: usize,
    /// Nodes that lie.
    pub(crate) liars: usize,
    /// Who ever speaks with whom.
    pub(crate) links: BTreeSet<(usize, usize)>,
    /// How bad the network is until it heals.
    pub(crate) weather: Weather,
    /// When everything heals, in milliseconds.
    pub(crate) heals_at: u64,
    /// When somebody wants something.
    pub(crate) work_at: Vec<u64>,
    /// What goes wrong.
    pub(crate) faults: Vec<(u64, Fault)>,
    /// Whether the liars go on after everything else has healed.
    pub(crate) liars_stay: bool,
}

/// Something that goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A node crashes and starts again after a while. Of its unsynced commits, `surviving` in a thousand are left.
    Crash { node: usize, surviving: u64, down: u64 },
    /// As a crash, the next time that the node has written something.
    CrashInTurn { node: usize, point: CrashPoint, surviving: u64, down: u64 },
    /// What is on the disk is copied.
    BackUp { node: usize },
    /// The node is lost, and starts from the copy.
    Restore { node: usize, down: u64 },
    /// Some nodes do not reach the others for a while; connections are noticed to be dead within `notice`.
    Part { apart: Vec<usize>, lasts: u64, notice: u64 },
    /// One connection breaks.
    Break { link: (usize, usize) },
    /// The clock of the day is set.
    Jump { node: usize, to: u64 },
    /// The disk is full for a while.
    Fill { node: usize, lasts: u64 },
}

/// Where in a turn a crash happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CrashPoint {
    /// After the commit, before anything of it was told to anyone.
    AfterCommit,
    /// After the effects, before the sync.
    BeforeSync,
    /// After the sync, before the replies.
    BeforeReplies,
}

impl Scenario {
    /// The scenario of a seed.
    pub(crate) fn draw(seed: u64) -> Self {
        let mut dice = Dice::new(seed, "scenario");
        let honest = 2 + dice.index(4);
        let liars = if dice.chance(450) { 1 + dice.index(2) } else { 0 }.min(PARTIES - honest);
        let heals_at = dice.between(15_000, 45_000);
        let mut scenario = Self {
            honest,
            liars,
            links: draw_links(&mut dice, honest, liars),
            weather: draw_weather(&mut dice),
            heals_at,
            work_at: Vec::new(),
            faults: Vec::new(),
            liars_stay: dice.chance(500),
        };
        let works = dice.between(15, 60);
        scenario.work_at = (0..works).map(|_| dice.between(500, heals_at)).collect();
        if !dice.chance(100) {
            scenario.draw_faults(&mut dice);
        }
        scenario
    }

    /// A network without faults and liars, for tests.
    #[cfg(test)]
    pub(crate) fn calm(honest: usize) -> Self {
        Self {
            honest,
            liars: 0,
            links: (0..honest).flat_map(|low| (low + 1..honest).map(move |high| (low, high))).collect(),
            weather: Weather::FAIR,
            heals_at: 10_000,
            work_at: (0..20).map(|at| 1_000 + at * 300).collect(),
            faults: Vec::new(),
            liars_stay: false,
        }
    }

    fn draw_faults(&mut self, dice: &mut Dice) {
        let latest = self.heals_at;
        for _ in 0..dice.between(0, 8) {
            let at = dice.between(500, latest);
            let node = dice.index(self.honest);
            let down = dice.between(10, 8_000);
            // Everything, nothing, or something between.
            let surviving = *dice.pick(&[0, 0, 500, 1_000]);
            let fault = match dice.below(100) {
                0..15 => Fault::Crash { node, surviving, down },
                15..40 => {
                    let points = [CrashPoint::AfterCommit, CrashPoint::BeforeSync, CrashPoint::BeforeReplies];
                    Fault::CrashInTurn { node, point: *dice.pick(&points), surviving, down }
                }
                40..50 => {
                    let copied = dice.between(500, at);
                    self.faults.push((copied, Fault::BackUp { node }));
                    Fault::Restore { node, down }
                }
                50..68 => {
                    let apart = (0..self.honest).filter(|_| dice.chance(400)).collect();
                    Fault::Part { apart, lasts: dice.between(100, 15_000), notice: *dice.pick(&[0, 500, 20_000]) }
                }
                68..78 => {
                    let links: Vec<_> = self.links.iter().copied().collect();
                    Fault::Break { link: *dice.pick(&links) }
                }
                78..86 => Fault::Jump { node, to: dice.below(1 << 47) },
                _ => Fault::Fill { node, lasts: dice.between(100, 10_000) },
            };
            self.faults.push((at, fault));
        }
    }
}

/// The honest ones are connected, directly or through each other; a liar speaks with everyone.
fn draw_links(dice: &mut Dice, honest: usize, liars: usize) -> BTreeSet<(usize, usize)> {
    let mut links = BTreeSet::new();
    let shape = dice.below(100);
    for low in 0..honest {
        for high in low + 1..honest {
            let linked = match shape {
                0..55 => true,
                55..70 => high == low + 1,
                70..80 => low == 0,
                _ => high == low + 1 || (low == 0 && high == honest - 1),
            };
            if linked {
                links.insert((low, high));
            }
        }
    }
    for liar in honest..honest + liars {
        links.extend((0..liar).map(|other| (other, liar)));
    }
    links
}

fn draw_weather(dice: &mut Dice) -> Weather {
    let slowest = *dice.pick(&[5, 50, 300, 2_000]);
    Weather {
        delay: (1, slowest),
        gossip_lost: *dice.pick(&[0, 50, 300, 700, 1_000]),
        gossip_twice: *dice.pick(&[0, 100, 500]),
        streams_broken: *dice.pick(&[0, 5, 30, 150]),
        streams_refused: *dice.pick(&[0, 20, 200]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn honest_nodes_are_always_connected_with_each_other() {
        for seed in 0..500 {
            let scenario = Scenario::draw(seed);
            assert_eq!(scenario, Scenario::draw(seed));
            let mut reached = BTreeSet::from([0]);
            for _ in 0..scenario.honest {
                for (low, high) in scenario.links.iter().filter(|link| link.1 < scenario.honest) {
                    if reached.contains(low) || reached.contains(high) {
                        reached.extend([*low, *high]);
                    }
                }
            }
            assert_eq!(reached.len(), scenario.honest, "seed {seed}");
        }
    }
}
