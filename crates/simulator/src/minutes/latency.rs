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

/// How long a frame is on its way, in milliseconds.
const DELAY: u64 = 100;
/// How many minutes are measured: each organisation is in the chair more than once.
const MINUTES: usize = 20;
