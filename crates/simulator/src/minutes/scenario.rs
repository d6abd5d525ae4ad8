//! What kind of run a seed is: how many found the network, who lies, and how bad the weather is.

use crate::dice::Dice;

/// A drawn run.
#[derive(Debug, Clone)]
pub(crate) struct Scenario {
    /// How many organisations found the network.
    pub(crate) founders: usize,
    /// How many of them have accepted when the run begins.
    pub(crate) accepted: usize,
    /// How many of the founders lie: the last ones.
    pub(crate) liars: usize,
    /// Organisations that are admitted later.
    pub(crate) newcomers: usize,
    /// Nodes that take another's place later.
    pub(crate) spares: usize,
    /// Who is connected with whom.
    pub(crate) mesh: Mesh,
    /// When faults end, in milliseconds.
    pub(crate) heals_at: u64,
    /// How long a frame is on its way, in milliseconds.
    pub(crate) delay: (u64, u64),
    /// How often a step that keeps something ends in a crash, in a thousand.
    pub(crate) crash_permille: u64,
    /// How often something happens to the network, in milliseconds.
    pub(crate) fault_every: u64,
    /// How often somebody wants something, in milliseconds.
    pub(crate) wish_every: u64,
    /// The most that people want in all.
    pub(crate) wishes_max: u64,
    /// How long documents take, in milliseconds.
    pub(crate) paper_delay: (u64, u64),
    /// How often a clock is wrong, in a thousand.
    pub(crate) wrong_clock_permille: u64,
    /// Whether nodes are restored from copies.
    pub(crate) restores: bool,
    /// Whether some of those lose their store instead, and begin with an empty one that does not know it.
    pub(crate) loses: bool,
    /// Whether as many are restored as may lie although liars are there already.
    pub(crate) restores_beside_liars: bool,
    /// Whether too many are gone in the end, and the others reconvene.
    pub(crate) reconvenes: bool,
}

/// Who is connected with whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mesh {
    /// Everyone with everyone.
    Full,
    /// Everyone with the first.
    Star,
    /// Each with the next.
    Line,
    /// Each with the next, and the last with the first.
    Ring,
}

impl Mesh {
    /// Whether two places are connected, of this many.
    pub(crate) fn connects(self, one: usize, other: usize, count: usize) -> bool {
        let (low, high) = (one.min(other), one.max(other));
        match self {
            Self::Full => true,
            Self::Star => low == 0,
            Self::Line => high == low + 1,
            Self::Ring => high == low + 1 || low == 0 && high == count - 1,
        }
    }
}

impl Scenario {
    /// Draws one.
    pub(crate) fn draw(seed: u64) -> Self {
        let mut dice = Dice::new(seed, "minutes scenario");
        let founders = *dice.pick(&[1, 2, 2, 3, 3, 4, 4, 4, 4, 4, 7, 7, 7, 10]);
        let liars_max = (founders - 1) / 3;
        let liars = if dice.chance(600) { dice.between(0, liars_max as u64) as usize } else { 0 };
        let missing = if dice.chance(400) { dice.below(founders as u64) as usize } else { 0 };
        // Liars sign from the beginning, or come when there are enough others.
        let mesh = match dice.below(10) {
            0 if liars == 0 => Mesh::Star,
            1 if liars == 0 => Mesh::Line,
            2 if liars == 0 => Mesh::Ring,
            _ => Mesh::Full,
        };
        let delay = *dice.pick(&[(5, 50), (20, 300), (20, 300), (50, 2_000), (500, 20_000)]);
        let minutes = if dice.chance(100) { dice.between(60, 180) } else { dice.between(8, 30) };
        Self {
            founders,
            accepted: founders - missing,
            liars,
            newcomers: dice.below(3) as usize,
            spares: dice.below(2) as usize,
            mesh,
            heals_at: minutes * 60_000,
            delay,
            crash_permille: *dice.pick(&[0, 0, 2, 10, 40]),
            fault_every: *dice.pick(&[20_000, 60_000, 200_000]),
            wish_every: dice.between(20_000, 120_000),
            wishes_max: 25,
            paper_delay: *dice.pick(&[(10, 500), (100, 10_000), (100, 10_000), (1_000, 200_000)]),
            wrong_clock_permille: *dice.pick(&[0, 200]),
            restores: dice.chance(300),
            loses: dice.chance(500),
            restores_beside_liars: dice.chance(400),
            reconvenes: dice.chance(200),
        }
    }

    /// A run of more than a day in ordinary weather, in which everybody is honest and has the right time, and
    /// organisations decide, come and go.
    pub(crate) fn with_a_day_away(seed: u64) -> Self {
        let mut dice = Dice::new(seed, "a day away");
        let founders = *dice.pick(&[4, 4, 5, 7]);
        Self {
            newcomers: 3,
            spares: 1,
            heals_at: 25 * 3_600_000,
            delay: (5, 300),
            fault_every: 1_200_000,
            wish_every: dice.between(900_000, 1_800_000),
            wishes_max: 80,
            paper_delay: (100, 10_000),
            ..Self::calm(founders, 0)
        }
    }

    /// A run in which nothing goes wrong, for measuring.
    pub(crate) fn calm(founders: usize, delay: u64) -> Self {
        Self {
            founders,
            accepted: founders,
            liars: 0,
            newcomers: 0,
            spares: 0,
            mesh: Mesh::Full,
            heals_at: 0,
            delay: (delay, delay),
            crash_permille: 0,
            fault_every: 60_000,
            wish_every: 60_000,
            wishes_max: 25,
            paper_delay: (1, 1),
            wrong_clock_permille: 0,
            restores: false,
            loses: false,
            restores_beside_liars: false,
            reconvenes: false,
        }
    }
}
