//! A whole run: storm, healing, and rest.

use super::{scenario::Scenario, world::World};
use crate::{Breach, Outcome, Printing, Subject, outcome::catch};

/// Runs a seed.
#[must_use]
pub fn run(seed: u64, printing: Printing) -> Outcome {
    run_scenario(seed, Scenario::draw(seed), printing)
}

pub(crate) fn run_scenario(seed: u64, scenario: Scenario, printing: Printing) -> Outcome {
    let mut world = match World::new(seed, scenario, printing == Printing::Trace) {
        Ok(world) => world,
        Err(breach) => return Outcome::unbegun(Subject::Minutes, seed, breach),
    };
    let result = catch(|| play(&mut world));
    Outcome {
        subject: Subject::Minutes,
        seed,
        result,
        trace: world.trace.hash(),
        sightings: world.sightings.clone(),
        steps: world.steps,
        milliseconds: world.agenda.now(),
        made: world.watch.latest().height(),
        frames: world.frames,
        last_lines: world.trace.last(),
    }
}

fn play(world: &mut World) -> Result<(), Breach> {
    world.run_until(world.scenario.heals_at)?;
    world.heal()?;
    settle(world)?;
    world.check_contradictions()?;
    if world.lacks_voices() {
        // Minutes need somebody who lies: they may come, and nobody says when.
        return Ok(());
    }
    if world.scenario.reconvenes {
        go_on_without(world)?;
    }
    rest(world)
}

/// Too many are gone for good: nothing is final any more, and after a while the others reconvene.
fn go_on_without(world: &mut World) -> Result<(), Breach> {
    let Some(loss) = world.lose_too_many()? else { return Ok(()) };
    world.run_until(world.agenda.now() + STUCK_MILLISECONDS)?;
    world.reconvene(&loss)?;
    world.heal()?;
    settle(world)?;
    world.check_contradictions()
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
    let may_wait = world.lacks_voices();
    world.honest().all(|node| {
        node.agreed().is_some_and(|agreed| agreed.height() == height) && (may_wait || world.waits_at(node.place) == 0)
    })
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

/// How long after healing decisions still close and documents still come.
const NEWS_MILLISECONDS: u64 = 700_000;
/// How soon after that all of it is minuted. Up to a third of the chairs say nothing, and each costs one round: in the
/// round to which a long storm may have brought a height, that is some minutes.
const SETTLE_MILLISECONDS_MAX: u64 = 1_800_000;
/// How long it takes until the last answers are given.
const QUIET_MILLISECONDS: u64 = 60_000;
/// How long nothing can be final before somebody reconvenes.
const STUCK_MILLISECONDS: u64 = 1_200_000;
/// How long the rest is watched.
const REST_MILLISECONDS: u64 = 3_600_000;
/// How often it is looked whether all is done.
const LOOK_EVERY: u64 = 1_000;
