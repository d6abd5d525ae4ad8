//! How a change gets about where gossip brings nothing, and how many sessions that takes.

use knotwork_replica::limits;

use crate::world::World;

#[test]
fn one_change_reaches_thirty_nodes_within_seconds_and_without_everyone_asking_everyone() {
    let count = 30;
    let mut world = World::new(count);
    world.connect_all();
    world.pass(120_000);
    assert_eq!(world.count_like(0), count);
    let before = world.state(0);
    world.opened = 0;
    world.write_resources(0, 0, 1);
    assert_ne!(world.state(0), before);
    world.pass(8_000);
    assert_eq!(world.count_like(0), count);
    let idle = world.opened;
    assert!(world.opened <= count * (limits::KNOWN_ENOUGH + 2), "{idle} sessions for one change");
    assert!(world.opened < count * (count - 1) / 2, "{idle} sessions are those of every pair");
}

#[test]
fn a_change_gets_along_a_line_and_to_every_end_of_a_star() {
    let mut line = World::new(5);
    (0..4).for_each(|place| line.connect(place, place + 1));
    line.pass(60_000);
    line.write_resources(0, 0, 1);
    line.pass(12_000);
    assert_eq!(line.count_like(0), 5);

    let mut star = World::new(20);
    (1..20).for_each(|place| star.connect(0, place));
    star.pass(60_000);
    star.write_resources(7, 0, 1);
    star.pass(12_000);
    assert_eq!(star.count_like(7), 20);
}
