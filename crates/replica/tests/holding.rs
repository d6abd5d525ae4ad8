//! What waits: for a certificate, for what it builds on, for a newer version; and how much of it, and how long.

use knotwork_documents::ResourceEdit;
use knotwork_identity::{SecretKey, SpaceId};
use knotwork_ledger::{Checked, CheckedChange};
use knotwork_replica::{Basis, Event, Frame, Target, limits};

use crate::{
    scripted::{Scripted, begun},
    world::{World, certificate, key, resource},
};

/// Somebody who may write once a certificate says so.
fn newcomer() -> SecretKey {
    SecretKey::from_seed(&[77; 32])
}

fn offered(changes: &[CheckedChange]) -> Vec<Checked> {
    changes.iter().cloned().map(Checked::Change).collect()
}

#[test]
fn a_change_waits_for_the_certificate_of_its_author() {
    let mut world = World::with_strangers(2, 1);
    world.connect(0, 1);
    let changes = resource(world.network, 1, "", &newcomer());
    let now = world.now();
    let session = begun(&mut world.nodes[0].replica, now, 2, 900);
    let frame = Frame::Changes { space: SpaceId::Commons, last: true, changes: offered(&changes) };
    world.give(0, Event::Frame { session, frame });
    world.settle();
    assert_eq!((world.status(0).held, world.status(0).held_for_author), (1, 1));
    // The certificate comes from another node.
    let named = certificate(world.network, 1, 5, &newcomer());
    world.write(1, named);
    world.pass(5_000);
    assert_eq!(world.status(0).held, 0);
    let (time, id) = (changes[0].time(), changes[0].id());
    assert!((0..2).all(|place| world.nodes[place].replica.holds(&SpaceId::Commons, time, &id)));
}

#[test]
fn what_waits_is_not_asked_for_again_and_ends_the_session() {
    let mut world = World::with_strangers(1, 1);
    world.write_resources(0, 0, 3);
    let mut peer = Scripted::new(&world, 1);
    for number in 0..5 {
        let change = resource(world.network, 100 + number, "", &newcomer()).remove(0);
        peer.offer(change.id(), change.time(), Checked::Change(change));
    }
    peer.meet(&mut world);
    assert_eq!((peer.wanted.len(), peer.wanted[0].len(), world.status(0).held), (1, 5, 5));
    assert_eq!(world.nodes[0].replica.sessions_with(&key(1, "node").public()), 0);
    for _ in 0..3 {
        peer.meet(&mut world);
    }
    assert_eq!(peer.wanted.len(), 1, "it is in step, and five wait");
    assert!(world.faults.is_empty(), "{:?}", world.faults);
}

#[test]
fn an_unknown_format_is_passed_over_and_does_not_stand_in_the_way() {
    let mut world = World::with_strangers(1, 1);
    world.write_resources(0, 0, 3);
    let mut peer = Scripted::new(&world, 1);
    for number in 0..5 {
        let change = resource(world.network, 100 + number, "", &key(0, "service")).remove(0);
        let mut signed = change.signed().clone();
        signed.header.format = 9;
        peer.offer(change.id(), change.time(), Checked::UnknownFormat(signed));
    }
    for _ in 0..3 {
        peer.meet(&mut world);
    }
    assert_eq!(peer.wanted.len(), 1, "each is asked for once");
    let status = world.status(0);
    assert_eq!((status.unknown_formats, status.held), (5, 0), "the node needs updating");
    // What it can take comes through.
    let change = resource(world.network, 200, "", &key(0, "service")).remove(0);
    peer.offer(change.id(), change.time(), Checked::Change(change.clone()));
    peer.meet(&mut world);
    assert_eq!(peer.wanted.last(), Some(&vec![change.id()]));
    assert!(world.nodes[0].replica.holds(&SpaceId::Commons, change.time(), &change.id()));
    // A day later they are asked for once more.
    world.pass(limits::HELD_MILLISECONDS_MAX + 1);
    world.give(0, Event::Wake);
    world.settle();
    assert_eq!(world.status(0).unknown_formats, 0);
    peer.meet(&mut world);
    assert_eq!(peer.wanted.last().map(Vec::len), Some(5));
}

#[test]
fn one_peer_has_so_many_changes_waiting_and_no_more() {
    let mut world = World::with_strangers(1, 1);
    world.write_resources(0, 0, 1);
    let mut peer = Scripted::new(&world, 1);
    let most = limits::HELD_CHANGES_MAX;
    for number in 0..most as u64 + 5 {
        let change = resource(world.network, 100 + number, "", &newcomer()).remove(0);
        peer.offer(change.id(), change.time(), Checked::Change(change));
    }
    for _ in 0..3 {
        peer.meet(&mut world);
    }
    let status = world.status(0);
    assert_eq!((status.held, status.no_room), (most, 5));
    assert_eq!(peer.wanted.len(), 1, "what there is no room for is not asked for while there is none");
    let named = certificate(world.network, 0, 5, &newcomer());
    world.write(0, named);
    let status = world.status(0);
    assert_eq!((status.held, status.no_room), (0, 0));
    peer.meet(&mut world);
    assert_eq!(peer.wanted.last().map(Vec::len), Some(5));
    assert_eq!(world.status(0).spaces[1].changes, most + 6);
}

#[test]
fn one_peer_has_so_many_bytes_waiting_and_no_more() {
    let mut world = World::with_strangers(1, 1);
    let body = "x".repeat(29_000);
    let mut peer = Scripted::new(&world, 1);
    let mut bytes = 0;
    for change in (0..300).flat_map(|number| resource(world.network, number, &body, &newcomer())) {
        bytes += change.byte_len();
        peer.offer(change.id(), change.time(), Checked::Change(change));
    }
    assert!(bytes > limits::HELD_BYTES_MAX, "{bytes} bytes try nothing");
    peer.meet(&mut world);
    let (changes, bytes) = world.nodes[0].replica.held_of(&key(1, "node").public());
    assert!(changes < limits::HELD_CHANGES_MAX && bytes <= limits::HELD_BYTES_MAX, "{changes} changes, {bytes} bytes");
    assert!(bytes > limits::HELD_BYTES_MAX - 60 * 1024, "{bytes} bytes");
    assert!(world.status(0).no_room > 0);
}

#[test]
fn what_has_waited_for_a_day_is_let_go() {
    let mut world = World::with_strangers(1, 1);
    world.write_resources(0, 0, 1);
    let mut peer = Scripted::new(&world, 1);
    let change = resource(world.network, 100, "", &newcomer()).remove(0);
    peer.offer(change.id(), change.time(), Checked::Change(change));
    peer.meet(&mut world);
    // Held since at most two seconds ago.
    world.pass(limits::HELD_MILLISECONDS_MAX - 2_000);
    world.give(0, Event::Wake);
    world.settle();
    assert_eq!(world.status(0).held, 1);
    world.pass(2_001);
    world.give(0, Event::Wake);
    world.settle();
    assert_eq!(world.status(0).held, 0);
}

#[test]
fn what_can_only_wait_does_not_open_its_document() {
    let mut world = World::with_strangers(1, 1);
    world.write_resources(0, 0, 1);
    // Edits of a document whose beginning this node does not have.
    let service = key(0, "service");
    let first = resource(world.network, 7, &"long ".repeat(20_000), &service);
    assert!(first.len() > 1);
    let before = world.nodes[0].storage.looked_up.load(std::sync::atomic::Ordering::Relaxed);
    let now = world.now();
    let session = begun(&mut world.nodes[0].replica, now, 1, 900);
    let frame = Frame::Changes { space: SpaceId::Commons, last: true, changes: offered(&first[1..]) };
    world.give(0, Event::Frame { session, frame });
    world.settle();
    assert_eq!(world.status(0).held, first.len() - 1);
    let looked_up = world.nodes[0].storage.looked_up.load(std::sync::atomic::Ordering::Relaxed) - before;
    assert!(looked_up >= first.len() - 1, "they were told by their ids: {looked_up}");
    let frame = Frame::Changes { space: SpaceId::Commons, last: true, changes: offered(&first[..1]) };
    world.give(0, Event::Frame { session, frame });
    world.settle();
    assert_eq!((world.status(0).held, world.status(0).spaces[1].changes), (0, first.len() + 1));
}

#[test]
fn an_edit_is_written_whole_and_reaches_the_others() {
    let mut world = World::new(2);
    world.connect(0, 1);
    world.write_resources(0, 0, 1);
    let document = resource(world.network, 0, "", &key(0, "service"))[0].document();
    let edit = ResourceEdit { body: Some("Long text. ".repeat(20_000)), ..ResourceEdit::default() };
    let time = knotwork_identity::Timestamp::from_milliseconds(9_000).expect("small");
    world.give(
        0,
        Event::Edit {
            token: 999,
            target: Target::Existing(document),
            edit: Box::new(edit.into()),
            key: Box::new(key(0, "service")),
            basis: Basis::Now,
            time,
        },
    );
    world.settle();
    let receipt = world.nodes[0].reply.take().expect("answered").expect("written");
    assert!(receipt.changes.len() > 1 && !receipt.new);
    world.pass(5_000);
    assert_eq!(world.count_like(0), 2);
    let stored = world.nodes[1].storage.store.check().expect("readable");
    assert!(stored.is_sound(), "{stored:?}");
}
