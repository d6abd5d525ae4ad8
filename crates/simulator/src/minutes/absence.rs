//! A day's absence: one organisation's node is down for a day of virtual time while the others go on deciding, and comes
//! back.

use super::{disk::read_minute, run::settle, scenario::Scenario, world::World};
use crate::Breach;

/// What a day's absence came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Absence {
    /// How many minutes became final meanwhile.
    pub missed: u64,
    /// Whether others sign than before.
    pub signers_changed: bool,
    /// Whether another charter is in force.
    pub charter_changed: bool,
    /// Whether it signs again; it does not where its organisation was let rest, or parted with, or has another node by then.
    pub signs: bool,
    /// How long it took after its start until it had them all, in milliseconds.
    pub caught_up_after: u64,
}

/// Runs a seed: everybody comes, one is away for a day, and then there is a minute that cannot come without it.
///
/// # Errors
/// When something that is promised breaks, when it does not catch up, or when it does not sign again.
pub fn absence(seed: u64) -> Result<Absence, Breach> {
    let scenario = Scenario::with_a_day_away(seed);
    let mut world = World::new(seed, scenario, false)?;
    world.run_until(ALL_THERE)?;
    let before = world.watch.latest().clone();
    let place = world.places_of_signers()[before.signers().len() / 2];
    world.leave(place)?;
    world.run_until(ALL_THERE + DAY)?;
    let after = world.watch.latest().clone();
    world.come_back()?;
    let caught_up_after = until_it_has(&mut world, place, after.height(), CATCH_UP_MAX)?;
    world.heal()?;
    settle(&mut world)?;
    world.check_contradictions()?;
    let signs = world.places_of_signers().contains(&place);
    if signs {
        sign_again(&mut world, place)?;
    }
    Ok(Absence {
        missed: after.height() - before.height(),
        signers_changed: before.signers().iter().ne(after.signers().iter()),
        charter_changed: before.charter() != after.charter(),
        signs,
        caught_up_after,
    })
}

/// Lets time pass until a node has so many minutes; gives how long it took, in milliseconds.
fn until_it_has(world: &mut World, place: usize, height: u64, most: u64) -> Result<u64, Breach> {
    let from = world.agenda.now();
    while world.nodes[place].agreed().is_none_or(|agreed| agreed.height() < height) {
        if world.agenda.now() > from + most {
            return Err(Breach::new(format!("it has no minute {height} after {most} ms")).of_node(place));
        }
        world.run_until(world.agenda.now() + 100)?;
    }
    Ok(world.agenda.now() - from)
}

/// A minute becomes final for which every node that is still up is needed, and it is among those who signed it.
fn sign_again(world: &mut World, place: usize) -> Result<(), Breach> {
    let height = world.watch.latest().height() + 1;
    world.leave_only_those_needed(place)?;
    world.want(place)?;
    until_it_has(world, place, height, SIGN_MAX)?;
    let node = world.nodes[place].public();
    let kept = world.nodes[place].disk.minute(height).ok_or_else(|| Breach::new("a minute is not kept"))?;
    let (_, proof) = read_minute(&kept)?;
    if proof.signatures.iter().any(|(signer, _)| *signer == node) {
        Ok(())
    } else {
        Err(Breach::new("it does not sign any more").of_node(place))
    }
}

/// When all nodes have started and are connected, and nobody has wanted anything.
const ALL_THERE: u64 = 4_500;
const DAY: u64 = 24 * 3_600_000;
/// How long catching up may take: connections may break meanwhile.
const CATCH_UP_MAX: u64 = 600_000;
/// How long that last minute may take: some chairs are empty, and each costs one round.
const SIGN_MAX: u64 = 600_000;
