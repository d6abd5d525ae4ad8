//! Ending a key: what it wrote by then stands, at every node and in whatever order it comes; nothing later does.

use std::collections::BTreeSet;

use knotwork_documents::{ResourceEdit, View};
use knotwork_identity::{ChangeId, DocumentId, Nonce, SecretKey, SpaceId, Timestamp};
use knotwork_replica::{Basis, Event, KeyEnding, Receipt, Refusal, Storage as _, Target, view_in};

use crate::world::{World, certificate, key, resource};

fn member() -> SecretKey {
    SecretKey::from_seed(&[77; 32])
}

/// A world in which the first organisation has certified the member.
fn world(count: usize) -> World {
    let mut world = World::new(count);
    let changes = certificate(world.network, 0, 7, &member());
    world.write(0, changes);
    world
}

fn ending(nonce: u8) -> KeyEnding {
    KeyEnding {
        key: member().public(),
        written: BTreeSet::new(),
        from: 1,
        without: BTreeSet::new(),
        nonce: Nonce([nonce; 16]),
        time: Timestamp::NONE,
    }
}

fn end(world: &mut World, place: usize, ending: KeyEnding) -> Result<Receipt, Refusal> {
    world.give(
        place,
        Event::Revoke { token: 0, ending: Box::new(ending), organisation: Box::new(key(place, "organisation")) },
    );
    world.settle();
    world.nodes[place].reply.take().expect("it was answered")
}

fn edit(world: &mut World, place: usize, document: DocumentId, title: &str) -> Result<Receipt, Refusal> {
    let edit = ResourceEdit { title: Some(title.into()), ..ResourceEdit::default() };
    let time = Timestamp::from_milliseconds(5_000).expect("small");
    let (target, edit) = (Target::Existing(document), Box::new(edit.into()));
    world.give(place, Event::Edit { token: 0, target, edit, key: Box::new(member()), basis: Basis::Now, time });
    world.settle();
    world.nodes[place].reply.take().expect("it was answered")
}

fn title(world: &mut World, place: usize, document: DocumentId) -> Option<String> {
    let standing = world.status(place).standing;
    let shown = view_in(world.nodes[place].storage.as_ref(), &document, &standing).expect("readable");
    shown.and_then(|view| if let View::Resource(view) = view { Some(view.title) } else { None })
}

#[test]
fn what_a_key_wrote_by_then_stands_and_it_writes_no_more() {
    let mut world = world(1);
    let first = world.write(0, resource(world.network, 1, "", &member()));
    edit(&mut world, 0, first.document, "Better").expect("it is written");
    let done = end(&mut world, 0, ending(1)).expect("it is written");
    assert!(done.new && !done.changes.is_empty());
    let status = world.status(0);
    assert!(status.authors[&member().public()].revoked);
    assert_eq!(title(&mut world, 0, first.document).as_deref(), Some("Better"));
    assert_eq!(status.remade, 0, "all is shown as before");
    let refused = edit(&mut world, 0, first.document, "Worse");
    assert_eq!(refused, Err(Refusal::KeyEnded(member().public())));
    // Once more changes nothing.
    let again = end(&mut world, 0, ending(2)).expect("it is there");
    assert_eq!((again.document, again.new, again.changes.len()), (done.document, false, 0));
}

#[test]
fn what_comes_in_the_same_batch_is_told_apart_by_its_order() {
    let mut world = world(1);
    let [before, after] = [1, 2].map(|number| resource(world.network, number, "", &member()));
    let documents = [before[0].document(), after[0].document()];
    let now = world.now();
    let replica = &mut world.nodes[0].replica;
    replica.handle(now, Event::Admit { token: 1, changes: before });
    replica.handle(
        now,
        Event::Revoke { token: 2, ending: Box::new(ending(1)), organisation: Box::new(key(0, "organisation")) },
    );
    replica.handle(now, Event::Admit { token: 3, changes: after });
    let results: Vec<bool> = replica.commit(now).replies.into_iter().map(|reply| reply.result.is_ok()).collect();
    assert_eq!(results, [true, true, false]);
    assert_eq!(documents.map(|document| title(&mut world, 0, document).is_some()), [true, false]);
}

#[test]
fn every_node_shows_the_same_whenever_the_ending_and_what_it_lists_arrive() {
    let mut world = world(3);
    let written: Vec<DocumentId> =
        (0..5).map(|number| world.write(0, resource(world.network, number, "", &member())).document).collect();
    world.connect(0, 1);
    world.pass(60_000);
    // The third hears of all at once, the second of the ending after what it lists; a copy of the key goes on there.
    world.part(0, 1);
    end(&mut world, 0, ending(1)).expect("it is written");
    let later = edit(&mut world, 1, written[0], "By a thief").expect("nothing of the ending is known there yet");
    assert_eq!(title(&mut world, 1, written[0]).as_deref(), Some("By a thief"));
    world.connect_all();
    world.pass(120_000);
    assert_eq!(world.count_like(0), 3);
    let held =
        |world: &World, place: usize, id: &ChangeId| world.nodes[place].storage.change(id).expect("readable").is_some();
    for place in 0..3 {
        assert!(held(&world, place, &later.changes[0]), "it is admitted like any other");
        for (number, document) in written.iter().enumerate() {
            assert_eq!(title(&mut world, place, *document), Some(format!("Entry {number}")), "node {place}");
        }
    }
    assert!(world.faults.is_empty());
}

#[test]
fn documents_that_are_not_to_stand_fall_also_later_and_what_fell_does_not_come_back() {
    let mut world = world(1);
    let documents: Vec<DocumentId> =
        (0..3).map(|number| world.write(0, resource(world.network, number, "", &member())).document).collect();
    let shown = |world: &mut World| {
        let shown: Vec<bool> = documents.iter().map(|document| title(world, 0, *document).is_some()).collect();
        shown
    };
    let without = |nonce, places: &[usize]| KeyEnding {
        without: places.iter().map(|place| documents[*place]).collect(),
        ..ending(nonce)
    };
    end(&mut world, 0, without(1, &[0])).expect("it is written");
    assert_eq!(shown(&mut world), [false, true, true]);
    let second = end(&mut world, 0, without(2, &[2])).expect("it is written");
    assert!(second.new);
    assert_eq!(shown(&mut world), [false, true, false]);
    assert!(!end(&mut world, 0, ending(3)).expect("nothing is to be done").new);
    world.start_again(0);
    assert_eq!(shown(&mut world), [false, true, false]);
}

#[test]
fn what_was_looked_through_before_is_not_read_again_and_counts() {
    let mut world = world(1);
    let written = world.write(0, resource(world.network, 1, "", &member()));
    let from = world.nodes[0].storage.next_sequence();
    // A list that leaves out what was there before: so it falls.
    end(&mut world, 0, KeyEnding { from, ..ending(1) }).expect("it is written");
    assert_eq!(title(&mut world, 0, written.document), None);
    let mut world = self::world(1);
    let written = world.write(0, resource(world.network, 1, "", &member()));
    let listed = written.changes.iter().copied().collect();
    let from = world.nodes[0].storage.next_sequence();
    let later = world.write(0, resource(world.network, 2, "", &member()));
    end(&mut world, 0, KeyEnding { from, written: listed, ..ending(1) }).expect("it is written");
    assert!([written.document, later.document].iter().all(|document| title(&mut world, 0, *document).is_some()));
}

#[test]
fn a_key_that_another_certified_is_not_ended_here() {
    let mut world = world(2);
    world.connect_all();
    world.pass(60_000);
    let roster = |world: &mut World| {
        let status = world.status(1);
        status.spaces.iter().find(|space| space.space == SpaceId::Roster).map(|space| space.changes)
    };
    let before = roster(&mut world);
    assert!(matches!(end(&mut world, 1, ending(1)), Err(Refusal::Failed(_))));
    assert_eq!(roster(&mut world), before);
}

#[test]
fn who_is_not_certified_yet_is_told_so_and_writes_once_they_are() {
    let mut world = World::new(1);
    let changes = || resource(world.network, 1, "", &member());
    let (first, again) = (changes(), changes());
    world.give(0, Event::Admit { token: 0, changes: first });
    world.settle();
    let refused = world.nodes[0].reply.take().expect("it was answered");
    assert_eq!(refused, Err(Refusal::Uncertified(member().public())));
    let certified = certificate(world.network, 0, 7, &member());
    world.write(0, certified);
    assert!(world.write(0, again).new);
}
