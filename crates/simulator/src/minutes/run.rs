//! A whole run: storm, healing, and rest.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::{scenario::Scenario, world::World};
use crate::{Breach, Printing, Sightings};

/// What came of a run.
#[derive(Debug)]
pub struct Outcome {
    /// The number that it was drawn from.
    pub seed: u64,
    /// What was broken, if anything.
    pub result: Result<(), Breach>,
    /// The last lines of the trace.
    pub last_lines: Vec<String>,
    /// One hash of everything that happened, in its order.
    pub trace: [u8; 32],
    /// Rare states.
    pub sightings: Sightings,
    /// How many things happened.
    pub steps: u64,
    /// How much virtual time passed, in milliseconds.
    pub milliseconds: u64,
    /// How many minutes there are in the end.
    pub minutes: u64,
    /// Frames that honest nodes sent.
    pub frames: u64,
}

impl Outcome {
    /// What is to be said of a failure: the last lines of its trace, what was broken, and how to play it again.
    #[must_use]
    pub fn report(&self) -> String {
        let Self { seed, result, last_lines, .. } = self;
        let breach = result.as_ref().err().map(ToString::to_string).unwrap_or_default();
        format!(
            "\n{}\nseed {seed} fails: {breach}\n\
             play it again: cargo run --release -p knotwork-simulator -- --minutes --seed {seed} --trace",
            last_lines.join("\n")
        )
    }
}

/// Runs a seed.
#[must_use]
pub fn run(seed: u64, printing: Printing) -> Outcome {
    run_scenario(seed, Scenario::draw(seed), printing)
}

pub(crate) fn run_scenario(seed: u64, scenario: Scenario, printing: Printing) -> Outcome {
    let mut world = match World::new(seed, scenario, printing == Printing::Trace) {
        Ok(world) => world,
        Err(breach) => return nothing(seed, breach),
    };
    let played = catch_unwind(AssertUnwindSafe(|| play(&mut world)));
    let played = played.unwrap_or_else(|panic| Err(Breach::new(format!("panic: {}", words_of(&panic)))));
    Outcome {
        seed,
        result: played,
        trace: world.trace.hash(),
        sightings: world.sightings.clone(),
        steps: world.steps,
        milliseconds: world.agenda.now(),
        minutes: world.watch.latest().height(),
        frames: world.frames,
        last_lines: world.trace.last(),
    }
}

fn nothing(seed: u64, breach: Breach) -> Outcome {
    Outcome {
        seed,
        result: Err(breach),
        last_lines: Vec::new(),
        trace: [0; 32],
        sightings: Sightings::default(),
        steps: 0,
        milliseconds: 0,
        minutes: 0,
        frames: 0,
    }
}

fn play(world: &mut World) -> Result<(), Breach> {
    world.run_until(world.scenario.heals_at)?;
    world.heal()?;
    settle(world)?;
    rest(world)
}

/// Lets time pass until everything that waits is minuted and everyone has all minutes.
pub(crate) fn settle(world: &mut World) -> Result<(), Breach> {
    let from = world.agenda.now();
    // Decisions are open for ten minutes at most, and documents take their time: nothing new comes after that.
    world.run_until(from + NEWS_MILLISECONDS)?;
    while world.agenda.now() < from + NEWS_MILLISECONDS + SETTLE_MILLISECONDS_MAX {
        world.connect_signers();
        if is_settled(world) {
            return Ok(());
        }
        world.run_until(world.agenda.now() + LOOK_EVERY)?;
    }
    let mut words = String::new();
    for node in world.honest() {
        let standing = world.standing(node.place);
        words.push_str(&format!("\n  node {}: {} wait, {standing:?}", node.place, world.waits_at(node.place)));
    }
    Err(Breach::new(format!("{SETTLE_MILLISECONDS_MAX} ms after everything has healed something waits:{words}")))
}

fn is_settled(world: &World) -> bool {
    let height = world.watch.latest().height();
    world
        .honest()
        .all(|node| node.agreed().is_some_and(|agreed| agreed.height() == height) && world.waits_at(node.place) == 0)
}

/// Where nothing waits, nothing is sent.
fn rest(world: &mut World) -> Result<(), Breach> {
    world.end_liars();
    world.run_until(world.agenda.now() + QUIET_MILLISECONDS)?;
    let before = world.frames;
    world.run_until(world.agenda.now() + REST_MILLISECONDS)?;
    if world.frames != before {
        return Err(Breach::new(format!(
            "in an hour in which nothing waits {} frames are sent",
            world.frames - before
        )));
    }
    Ok(())
}

fn words_of(panic: &Box<dyn std::any::Any + Send>) -> String {
    let words = panic.downcast_ref::<String>().cloned();
    words.or_else(|| panic.downcast_ref::<&str>().map(|words| (*words).to_owned())).unwrap_or_default()
}

/// How long after healing decisions still close and documents still come.
const NEWS_MILLISECONDS: u64 = 700_000;
/// How soon after that all of it is minuted. Up to a third of the chairs say nothing, and each costs one round: in the
/// round to which a long storm may have brought a height, that is some minutes.
const SETTLE_MILLISECONDS_MAX: u64 = 1_800_000;
/// How long it takes until the last answers are given.
const QUIET_MILLISECONDS: u64 = 60_000;
/// How long the rest is watched.
const REST_MILLISECONDS: u64 = 3_600_000;
/// How often it is looked whether all is done.
const LOOK_EVERY: u64 = 1_000;
