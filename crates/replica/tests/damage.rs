//! A store that is damaged in one place: everything else goes on.

use knotwork_identity::SpaceId;
use knotwork_ledger::Checked;
use knotwork_replica::{Event, Frame, Storage as _};
use knotwork_store::{Engine as _, Writes};

use crate::{
    scripted::{Scripted, begun},
    world::{World, key, resource},
};

/// Has the record of a change read as something else.
fn damage(world: &mut World, place: usize, sequence: u64) {
    let mut writes = Writes::default();
    writes.put([b"c", &sequence.to_be_bytes()[..]].concat(), vec![1; 200]);
    world.nodes[place].storage.store.engine().commit(writes).expect("memory takes it");
}

#[test]
fn one_damaged_record_does_not_keep_other_changes_out() {
    let mut world = World::with_strangers(1, 1);
    let service = key(0, "service");
    let mut document = resource(world.network, 1, &"words ".repeat(10_000), &service);
    let edit = document.pop().expect("it is long");
    world.write(0, document);
    for number in 0..15 {
        // What is cached of the document is pushed out, so that it has to be read again.
        world.write(0, resource(world.network, 100 + number, &"other ".repeat(10_000), &service));
    }
    let sequence = world.nodes[0].storage.sequence_of(&edit.dependencies()[0]).expect("readable").expect("there");
    damage(&mut world, 0, sequence);
    let new = resource(world.network, 2, "", &service).remove(0);
    let now = world.now();
    let session = begun(&mut world.nodes[0].replica, now, 1, 900);
    for change in [&edit, &new] {
        let frame =
            Frame::Changes { space: SpaceId::Commons, last: true, changes: vec![Checked::Change(change.clone())] };
        world.give(0, Event::Frame { session, frame });
    }
    world.settle();
    let replica = &world.nodes[0].replica;
    assert!(!replica.holds(&SpaceId::Commons, edit.time(), &edit.id()), "it cannot be judged");
    assert!(replica.holds(&SpaceId::Commons, new.time(), &new.id()), "it has nothing to do with the damage");
    assert!(world.status(0).damaged);
    assert!(world.faults.is_empty(), "{:?}", world.faults);
    // It is not asked for in every session either.
    let mut peer = Scripted::new(&world, 1);
    peer.offer(edit.id(), edit.time(), Checked::Change(edit));
    peer.meet(&mut world);
    assert!(peer.wanted.is_empty(), "{:?}", peer.wanted);
}

#[test]
fn one_damaged_record_does_not_keep_other_changes_from_peers() {
    let mut world = World::new(2);
    world.write_resources(0, 0, 60);
    let lost = resource(world.network, 30, "", &key(0, "service"))[0].id();
    let sequence = world.nodes[0].storage.sequence_of(&lost).expect("readable").expect("there");
    damage(&mut world, 0, sequence);
    world.connect(0, 1);
    world.pass(10_000);
    let held = |world: &mut World, place: usize| world.status(place).spaces[1].changes;
    assert_eq!((held(&mut world, 0), held(&mut world, 1)), (60, 59));
    assert!(world.status(0).damaged);
}
