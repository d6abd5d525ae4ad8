//! A whole run: chaos, healing, a calm in which gossip alone fails, and rest.

use crate::{Breach, Outcome, Subject, network::Weather, oracle, outcome::catch, scenario::Scenario, world::World};

/// Whether a run prints what happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Printing {
    /// Nothing is printed.
    #[default]
    Quiet,
    /// Every line of the trace.
    Trace,
}

/// Runs a seed.
#[must_use]
pub fn run(seed: u64, printing: Printing) -> Outcome {
    run_scenario(seed, Scenario::draw(seed), printing)
}

pub(crate) fn run_scenario(seed: u64, scenario: Scenario, printing: Printing) -> Outcome {
    let mut world = World::new(seed, scenario, printing == Printing::Trace);
    let result = catch(|| play(&mut world));
    Outcome {
        subject: Subject::Replicas,
        seed,
        result,
        trace: world.trace.hash(),
        sightings: world.sightings.clone(),
        steps: world.steps(),
        milliseconds: world.agenda.now(),
        made: world.nodes[0].mirror.len() as u64,
        frames: world.network.sent,
        last_lines: world.trace.last(),
    }
}

fn play(world: &mut World) -> Result<(), Breach> {
    world.run_until(world.scenario.heals_at)?;
    world.heal()?;
    let healed_within = come_in_step(world, HEAL_MILLISECONDS_MAX)?;
    world.sightings.see_if(healed_within > 10_000, "healing takes more than ten seconds");
    check_all(world)?;
    write_without_gossip(world)?;
    come_to_rest(world)?;
    check_all(world)
}

/// A few more wishes while no gossip gets through: comparing makes up for it, and soon.
fn write_without_gossip(world: &mut World) -> Result<(), Breach> {
    world.network.weather = Weather { gossip_lost: 1_000, ..Weather::FAIR };
    for place in 0..world.scenario.honest {
        world.wish(place)?;
        world.run_until(world.agenda.now() + LOOK_EVERY)?;
    }
    come_in_step(world, GOSSIP_LOST_MILLISECONDS_MAX)?;
    Ok(())
}

/// Where nobody wants anything, next to nothing is sent.
fn come_to_rest(world: &mut World) -> Result<(), Breach> {
    world.network.weather = Weather::FAIR;
    world.end_liars();
    world.run_until(world.agenda.now() + SETTLE_MILLISECONDS)?;
    let before = world.network.sent;
    world.run_until(world.agenda.now() + REST_MILLISECONDS)?;
    let sent = world.network.sent - before;
    let links = world.network.links().len() as u64;
    // A greeting each way for every comparison, and one side at least waits its time before the next.
    let most = links * 2 * (REST_MILLISECONDS / knotwork_replica::limits::IDLE_MILLISECONDS + 1);
    if sent > most {
        return Err(Breach::new(format!(
            "in {REST_MILLISECONDS} ms of rest {sent} frames are sent, not {most} at most"
        )));
    }
    Ok(())
}

/// Lets time pass until all honest nodes hold the same; gives how long it took.
fn come_in_step(world: &mut World, most: u64) -> Result<u64, Breach> {
    let from = world.agenda.now();
    while world.agenda.now() < from + most {
        world.run_until(world.agenda.now() + LOOK_EVERY)?;
        if world.is_in_step() {
            return Ok(world.agenda.now() - from);
        }
    }
    let counts: Vec<usize> = world.honest().map(|node| node.mirror.len()).collect();
    Err(Breach::new(format!("after {most} ms the nodes are not in step; they hold {counts:?} changes")))
}

/// Checks everything that each honest node holds, and that all show the same and have lost nothing.
fn check_all(world: &World) -> Result<(), Breach> {
    let mut first = None;
    for node in world.honest() {
        let views = oracle::check(node.store()?.as_ref()).map_err(|breach| breach.of_node(node.place))?;
        if let Some(lost) = world.missing_at(node) {
            return Err(Breach::new(format!("change {lost} was acknowledged and is lost")).of_node(node.place));
        }
        if first.get_or_insert_with(|| views.clone()) != &views {
            return Err(Breach::new("it holds the same as the first and shows something else").of_node(node.place));
        }
    }
    Ok(())
}

/// How soon after everything has healed all hold the same.
const HEAL_MILLISECONDS_MAX: u64 = 60_000;

/// How soon a change is everywhere while gossip fails and all else works: a comparison is due after a second, on the
/// side that does not lead after two, and there are up to four hops.
const GOSSIP_LOST_MILLISECONDS_MAX: u64 = 12_000;

/// How long it takes until nothing is left to do, and how long the rest is watched.
const SETTLE_MILLISECONDS: u64 = 5_000;
const REST_MILLISECONDS: u64 = 120_000;

/// How often it is looked whether all hold the same.
const LOOK_EVERY: u64 = 250;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_nodes_exchange_what_they_write() {
        let outcome = run_scenario(1, Scenario::calm(2), Printing::Quiet);
        assert_eq!(outcome.result, Ok(()), "{:#?}", outcome.last_lines);
        assert!(outcome.made > 10, "{} changes", outcome.made);
    }
}
