//! How long a minute takes while nothing goes wrong, in the time that a frame takes there and back.

use super::{run::settle, scenario::Scenario, world::World};
use crate::Breach;

/// From when everyone who signs has a matter until everyone has its minute, usually and at worst, in round trips.
///
/// # Errors
/// When a run that should be calm breaks something.
pub fn latency(founders: usize) -> Result<(f64, f64), Breach> {
    let mut trips = Vec::new();
    let mut world = World::new(founders as u64, Scenario::calm(founders, DELAY), false)?;
    world.run_until(60_000)?;
    for _ in 0..MINUTES {
        let height = world.watch.latest().height();
        let from = world.want_something()?;
        settle(&mut world)?;
        if world.watch.latest().height() != height + 1 {
            return Err(Breach::new("a calm network does not minute what waits"));
        }
        let nodes = world.nodes.len();
        let (_, last, count) = world.watch.finals[world.watch.finals.len() - 1];
        if count < nodes {
            return Err(Breach::new("not everyone has the minute"));
        }
        trips.push(last.saturating_sub(from) as f64 / (2.0 * DELAY as f64));
    }
    trips.sort_by(f64::total_cmp);
    Ok((trips[trips.len() / 2], trips[trips.len() - 1]))
}

/// How long a minute takes on average where many matters wait at once and frames take now shorter, now longer, so that some
/// nodes are at the next minute while others still hear of the last: in times that the slowest frame takes there and back.
///
/// # Errors
/// When a run that should be calm breaks something.
pub fn rush(seed: u64, founders: usize) -> Result<f64, Breach> {
    let scenario = Scenario { delay: (1, DELAY), ..Scenario::calm(founders, DELAY) };
    let mut world = World::new(seed, scenario, false)?;
    world.run_until(60_000)?;
    let before = world.watch.finals.len();
    let mut from = 0;
    for _ in 0..AT_ONCE {
        from = world.want_something()?;
    }
    settle(&mut world)?;
    let minutes = &world.watch.finals[before..];
    let last = minutes.iter().map(|(_, last, _)| *last).max().unwrap_or(from);
    if minutes.len() < AT_ONCE {
        return Err(Breach::new("a calm network does not minute what waits"));
    }
    Ok(last.saturating_sub(from) as f64 / (minutes.len() as f64 * 2.0 * DELAY as f64))
}

/// How long a frame is on its way, in milliseconds.
const DELAY: u64 = 100;
/// How many minutes are measured: each organisation is in the chair more than once.
const MINUTES: usize = 20;
/// How many matters wait at once.
const AT_ONCE: usize = 30;
