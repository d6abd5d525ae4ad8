//! Flow: how much may be on its way, be asked for, and be done at once.

use knotwork_identity::{ChangeId, SpaceId, sha256};
use knotwork_ledger::Checked;
use knotwork_replica::{Effect, Event, Frame, limits};

use crate::{
    scripted::{Scripted, begun, faults},
    world::{World, key, resource},
};

fn ids(count: usize) -> Vec<ChangeId> {
    (0..count).map(|number| ChangeId(sha256(&[&number.to_be_bytes()]))).collect()
}

#[test]
fn so_many_packs_may_be_unconfirmed_and_no_more() {
    let mut world = World::with_strangers(1, 1);
    let now = world.now();
    let pack = |number: u64| {
        let change = resource(world.network, number, "", &key(0, "service")).remove(0);
        Frame::Changes { space: SpaceId::Commons, last: true, changes: vec![Checked::Change(change)] }
    };
    let packs: Vec<Frame> = (0..2 * limits::PACKS_IN_FLIGHT_MAX as u64 + 1).map(pack).collect();
    let replica = &mut world.nodes[0].replica;
    let session = begun(replica, now, 1, 900);
    for (number, frame) in packs.into_iter().enumerate() {
        let last = number == 2 * limits::PACKS_IN_FLIGHT_MAX;
        replica.handle(now, Event::Frame { session, frame });
        if number + 1 == limits::PACKS_IN_FLIGHT_MAX {
            let effects = replica.commit(now).effects;
            let confirmed = effects.iter().filter(|effect| is_received(effect)).count();
            assert_eq!((confirmed, faults(&effects).len()), (limits::PACKS_IN_FLIGHT_MAX, 0));
        } else if last {
            let reasons = faults(&replica.commit(now).effects);
            assert_eq!(reasons, ["it sends more than may be on its way unconfirmed"]);
        }
    }
}

fn is_received(effect: &Effect) -> bool {
    matches!(effect, Effect::Send { frame, .. } if *frame == Frame::received())
}

#[test]
fn a_long_list_of_ids_is_looked_up_a_few_at_a_time_and_served_in_order() {
    let mut world = World::with_strangers(1, 1);
    world.write_resources(0, 0, 50);
    let now = world.now();
    let session = begun(&mut world.nodes[0].replica, now, 1, 900);
    let mut wanted = ids(limits::WANTED_MAX - 50);
    wanted.extend((0..50).map(|number| resource(world.network, number, "", &key(0, "service"))[0].id()));
    world.nodes[0].looked_up_at_once = 0;
    world.give(0, Event::Frame { session, frame: Frame::Want { space: SpaceId::Commons, salt: None, ids: wanted } });
    world.settle();
    assert_eq!(world.nodes[0].looked_up_at_once, limits::RESOLVED_AT_ONCE);
    let served = world.other.iter().filter(|effect| matches!(effect, Effect::Send { frame, .. } if frame[0] == 5));
    assert_eq!(served.count(), 1);
}

#[test]
fn a_small_space_among_much_else_is_looked_up_a_few_at_a_time_too() {
    let mut world = World::with_strangers(1, 1);
    world.write_resources(0, 0, 30);
    let now = world.now();
    let session = begun(&mut world.nodes[0].replica, now, 1, 900);
    world.give(0, Event::Frame { session, frame: Frame::WantAll { space: SpaceId::Roster } });
    world.settle();
    assert!(world.nodes[0].looked_up_at_once <= limits::RESOLVED_AT_ONCE);
    assert!(world.other.iter().any(|effect| matches!(effect, Effect::Send { frame, .. } if frame[0] == 5)));
}

#[test]
fn an_answer_that_claims_to_have_nothing_does_not_stop_the_asker() {
    let mut world = World::with_strangers(1, 1);
    let count = limits::RESOLVED_AT_ONCE as u64 + 200;
    world.write_resources(0, 0, count);
    let mut peer = Scripted::new(&world, 1);
    peer.digest = Some([9; 32]);
    peer.set.insert(knotwork_identity::Timestamp::NONE, &ChangeId([3; 32]));
    // Five bytes: version, no upper bound, a list of no ids.
    peer.answer = Some(vec![0x61, 0, 0, 2, 0]);
    world.nodes[0].looked_up_at_once = 0;
    peer.meet(&mut world);
    assert_eq!(world.nodes[0].looked_up_at_once, limits::RESOLVED_AT_ONCE);
    assert!(peer.received > 0, "it gets everything, in time");
}

#[test]
fn a_session_asks_so_often_and_no_more() {
    let mut world = World::with_strangers(1, 1);
    world.write_resources(0, 0, 3);
    let now = world.now();
    let replica = &mut world.nodes[0].replica;
    let session = begun(replica, now, 1, 900);
    let want = || Frame::Want { space: SpaceId::Commons, salt: None, ids: Vec::new() };
    for _ in 0..limits::WANTS_MAX {
        replica.handle(now, Event::Frame { session, frame: want() });
        replica.handle(now, Event::Frame { session, frame: Frame::Received });
    }
    assert_eq!(faults(&replica.commit(now).effects), [""; 0]);
    replica.handle(now, Event::Frame { session, frame: want() });
    assert_eq!(faults(&replica.commit(now).effects), ["it asks without end"]);
}

#[test]
fn so_many_answers_wait_and_no_more() {
    let mut world = World::with_strangers(1, 1);
    let now = world.now();
    let replica = &mut world.nodes[0].replica;
    let session = begun(replica, now, 1, 900);
    // Four are on their way, and as many as may wait do.
    let most = limits::PACKS_IN_FLIGHT_MAX + limits::OUTGOING_MAX;
    let want = || Frame::Want { space: SpaceId::Commons, salt: None, ids: Vec::new() };
    for _ in 0..most {
        replica.handle(now, Event::Frame { session, frame: want() });
    }
    assert_eq!(faults(&replica.commit(now).effects), [""; 0]);
    replica.handle(now, Event::Frame { session, frame: want() });
    assert_eq!(faults(&replica.commit(now).effects), ["it asks for more than it takes"]);
}

#[test]
fn a_batch_ends_when_its_documents_are_large() {
    let mut world = World::with_strangers(1, 1);
    let service = key(0, "service");
    let body = "many words, ".repeat(5_000);
    let count = 70;
    let documents: Vec<_> = (0..count).map(|number| resource(world.network, number, &body, &service)).collect();
    let (mut last, mut rest) = (Vec::new(), 0);
    for mut document in documents {
        last.push(Checked::Change(document.pop().expect("it is long")));
        rest += document.len();
        world.write(0, document);
    }
    let now = world.now();
    let replica = &mut world.nodes[0].replica;
    let session = begun(replica, now, 1, 900);
    let _ = replica.commit(now);
    // One frame of small changes, each of a large document.
    replica.handle(
        now,
        Event::Frame { session, frame: Frame::Changes { space: SpaceId::Commons, last: true, changes: last } },
    );
    assert!(replica.is_full());
    let mut batches = 0;
    let mut confirmed = 0;
    while confirmed == 0 {
        let commit = replica.commit(now);
        assert!(commit.wrote && !replica.is_full());
        batches += 1;
        confirmed = commit.effects.iter().filter(|effect| is_received(effect)).count();
        if confirmed == 0 {
            assert_eq!(replica.next_wake(), Some(0), "there is more to do at once");
            replica.handle(now, Event::Wake);
        }
    }
    assert!(batches > 1, "all of it went into one batch");
    let changes = replica.status().spaces.iter().map(|space| space.changes).max();
    assert_eq!(changes, Some(rest + count as usize));
}
