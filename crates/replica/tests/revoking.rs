//! Revocations: what stands is shown and built on, the same at every node; what is admitted and exchanged stays as it is.

use std::collections::BTreeSet;

use knotwork_documents::{ResourceEdit, Revocation, View, kinds};
use knotwork_identity::{ChangeId, DocumentId, Nonce, PublicKey, SecretKey, Timestamp, sha256};
use knotwork_ledger::{Checked, CheckedChange};
use knotwork_replica::{
    Announcement, Basis, Event, Judgement, Receipt, Refusal, Standing, Storage as _, Target, limits, view_in,
    view_of_stored,
};

use crate::world::{World, certificate, key, resource};

fn member() -> SecretKey {
    SecretKey::from_seed(&[77; 32])
}

/// A revocation of the member's key by the organisation at a place, in as many documents as it takes.
fn revocation(
    world: &World,
    place: usize,
    stands: &[ChangeId],
    replaces: Option<DocumentId>,
    nonce: u8,
) -> Vec<Vec<CheckedChange>> {
    let (stands, revoked): (BTreeSet<ChangeId>, PublicKey) = (stands.iter().copied().collect(), member().public());
    let (organisation, nonce) = (key(place, "organisation"), Nonce([nonce; 16]));
    Revocation::write(world.network, &organisation, &revoked, &stands, replaces, nonce, Timestamp::NONE)
        .expect("it is within the limits")
}

fn revoke(world: &mut World, stands: &[ChangeId], replaces: Option<DocumentId>, nonce: u8) -> DocumentId {
    let documents = revocation(world, 0, stands, replaces, nonce);
    let document = documents.last().expect("it has one")[0].document();
    for changes in documents {
        world.write(0, changes);
    }
    document
}

fn edit(
    world: &mut World,
    document: DocumentId,
    title: &str,
    by: &SecretKey,
    basis: Basis,
) -> Result<Receipt, Refusal> {
    let edit = ResourceEdit { title: Some(title.into()), ..ResourceEdit::default() };
    let time = Timestamp::from_milliseconds(5_000).expect("small");
    let (target, edit) = (Target::Existing(document), Box::new(edit.into()));
    world.give(0, Event::Edit { token: 0, target, edit, key: Box::new(by.clone()), basis, time });
    world.settle();
    world.nodes[0].reply.take().expect("it was answered")
}

/// The title that a reader of a node's store is shown. What is kept, what the changes say and what is listed agree.
fn title(world: &mut World, place: usize, document: DocumentId) -> Option<String> {
    let standing = world.status(place).standing;
    let storage = &world.nodes[place].storage;
    let shown = view_in(storage.as_ref(), &document, &standing).expect("readable");
    let stored = storage.changes_of(&document).expect("readable");
    assert_eq!(view_of_stored(stored, &standing).expect("it can be shown"), shown);
    let listed = storage.list(kinds::RESOURCE, None, None, 10_000).expect("readable");
    let listed: Vec<_> = listed.into_iter().filter(|entry| entry.document == document).collect();
    assert_eq!(listed.len(), usize::from(shown.is_some()));
    let Some(View::Resource(view)) = shown else { return None };
    assert_eq!(listed[0].order, view.title.to_lowercase().into_bytes());
    Some(view.title)
}

/// The first node gets the member's certificate.
fn certify(world: &mut World) -> SecretKey {
    let changes = certificate(world.network, 0, 7, &member());
    world.write(0, changes);
    member()
}

/// Hands the second node changes that gossip brought.
fn give(world: &mut World, changes: Vec<CheckedChange>) {
    let space = changes[0].header().space;
    let changes = changes.into_iter().map(Checked::Change).collect();
    let peer = key(0, "node").public();
    world.give(1, Event::Announced { peer, token: 0, announcement: Announcement { space, changes } });
    world.settle();
}

#[test]
fn what_a_revoked_key_wrote_is_not_shown_and_what_is_listed_stands() {
    let mut world = World::new(1);
    let (member, service) = (certify(&mut world), key(0, "service"));
    let kept = world.write(0, resource(world.network, 1, "", &member));
    let fallen = world.write(0, resource(world.network, 2, "", &member));
    let other = world.write(0, resource(world.network, 3, "", &service));
    edit(&mut world, other.document, "Defaced", &member, Basis::Now).expect("it is written");
    edit(&mut world, kept.document, "Better", &service, Basis::Now).expect("it is written");
    revoke(&mut world, &kept.changes, None, 1);
    assert_eq!(title(&mut world, 0, kept.document).as_deref(), Some("Better"));
    assert_eq!(title(&mut world, 0, fallen.document), None);
    assert_eq!(title(&mut world, 0, other.document).as_deref(), Some("Entry 3"));
    let status = world.status(0);
    assert!(status.authors[&member.public()].revoked && !status.authors[&service.public()].revoked);
    // The first is shown as before.
    assert_eq!(status.remade, 2);
}

#[test]
fn writers_build_on_what_stands_and_the_revoked_key_writes_no_more() {
    let mut world = World::new(1);
    let (member, service) = (certify(&mut world), key(0, "service"));
    let written = world.write(0, resource(world.network, 1, "", &service));
    let defaced = edit(&mut world, written.document, "Defaced", &member, Basis::Now).expect("it is written");
    let on_it = edit(&mut world, written.document, "On it", &service, Basis::Now).expect("it is written");
    let alone = world.write(0, resource(world.network, 2, "", &member));
    revoke(&mut world, &[], None, 1);
    // What was built on the fallen fell with it.
    assert_eq!(title(&mut world, 0, written.document).as_deref(), Some("Entry 1"));
    // Who saw what fell is told so; who saw what stands is not.
    for basis in [Basis::If(on_it.changes.clone()), Basis::Seen(defaced.changes.clone())] {
        let refused = edit(&mut world, written.document, "Mended", &service, basis);
        assert_eq!(refused, Err(Refusal::Stale { heads: written.changes.clone() }));
    }
    let basis = Basis::If(written.changes.clone());
    let mended = edit(&mut world, written.document, "Mended", &service, basis).expect("it is written");
    let mended = world.nodes[0].storage.change(&mended.changes[0]).expect("readable").expect("stored");
    let mended = mended.change.check_trusted().expect("valid").change().expect("known");
    assert_eq!(mended.dependencies(), written.changes);
    assert_eq!(title(&mut world, 0, written.document).as_deref(), Some("Mended"));
    assert!(edit(&mut world, written.document, "Again", &service, Basis::Seen(written.changes.clone())).is_ok());
    let refused = edit(&mut world, written.document, "Back", &member, Basis::Now);
    assert!(matches!(refused, Err(Refusal::KeyEnded(_))));
    let refused = edit(&mut world, alone.document, "Back", &service, Basis::Now);
    assert_eq!(refused, Err(Refusal::NotFound(alone.document)));
}

/// A revocation in three parts, the certificate, and two entries, of which the first is listed.
fn story(world: &World) -> (Vec<Vec<CheckedChange>>, [DocumentId; 2]) {
    let first = resource(world.network, 1, "", &member());
    let second = resource(world.network, 2, "", &member());
    let documents = [first[0].document(), second[0].document()];
    let mut listed: Vec<ChangeId> = first.iter().map(CheckedChange::id).collect();
    // Ids that nobody has make it long.
    listed.extend((0..3_200_u32).map(|number| ChangeId(sha256(&[&number.to_be_bytes()]))));
    let mut story = revocation(world, 0, &listed, None, 1);
    assert_eq!(story.len(), 4);
    story.extend([certificate(world.network, 0, 7, &member()), first, second]);
    (story, documents)
}

#[test]
fn in_whatever_order_it_comes_the_same_is_shown() {
    let mut expected = None;
    for turn in 0..28_usize {
        let mut world = World::new(2);
        let (mut story, [kept, fallen]) = story(&world);
        let length = story.len();
        story.rotate_left(turn % length);
        match turn / length {
            1 => story.reverse(),
            2 => story.swap(0, 3),
            3 => story[2..].reverse(),
            _ => {}
        }
        story.into_iter().for_each(|changes| give(&mut world, changes));
        assert_eq!(title(&mut world, 1, kept).as_deref(), Some("Entry 1"), "turn {turn}");
        assert_eq!(title(&mut world, 1, fallen), None, "turn {turn}");
        let state = world.state(1);
        assert_eq!(*expected.get_or_insert_with(|| state.clone()), state);
        assert!(world.faults.is_empty());
        let read = Standing::read(world.nodes[1].storage.as_ref(), world.rosters[1].as_ref()).expect("readable");
        assert_eq!(read, world.status(1).standing);
    }
}

#[test]
fn a_revocation_counts_when_its_list_is_complete_and_its_owner_certified_the_key() {
    let mut world = World::new(2);
    let (story, [_, fallen]) = story(&world);
    let [part, second, third, said, rest @ ..] = &story[..] else { panic!("it has parts") };
    rest.iter().chain([part, third, said]).for_each(|changes| give(&mut world, changes.clone()));
    assert_eq!(title(&mut world, 1, fallen).as_deref(), Some("Entry 2"));
    // That of another organisation counts for nothing.
    let others = revocation(&world, 1, &[], None, 2);
    others.into_iter().for_each(|changes| give(&mut world, changes));
    assert_eq!(title(&mut world, 1, fallen).as_deref(), Some("Entry 2"));
    give(&mut world, second.clone());
    assert_eq!(title(&mut world, 1, fallen), None);
}

#[test]
fn of_two_revocations_what_both_list_stands_unless_one_replaces_the_other() {
    let mut world = World::new(1);
    let member = certify(&mut world);
    let entries: Vec<Receipt> =
        (0..3).map(|number| world.write(0, resource(world.network, number, "", &member))).collect();
    let [one, two, three] = [0, 1, 2].map(|place: usize| entries[place].changes[0]);
    let shown = |world: &mut World| [0, 1, 2].map(|place: usize| title(world, 0, entries[place].document).is_some());
    let first = revoke(&mut world, &[one, two], None, 1);
    assert_eq!(shown(&mut world), [true, true, false]);
    let second = revoke(&mut world, &[two, three], None, 2);
    assert_eq!(shown(&mut world), [false, true, false]);
    let third = revoke(&mut world, &[two, three], Some(first), 3);
    assert_eq!(shown(&mut world), [false, true, true]);
    revoke(&mut world, &[one, two, three], Some(second), 5);
    assert_eq!(shown(&mut world), [false, true, true]);
    revoke(&mut world, &[one, two, three], Some(third), 6);
    assert_eq!(shown(&mut world), [true, true, true]);
    assert!(world.status(0).authors[&member.public()].revoked);
}

#[test]
fn a_walk_through_more_than_is_looked_at_at_once_comes_to_its_end_also_after_a_start() {
    let mut world = World::new(1);
    let member = certify(&mut world);
    let first = world.write(0, resource(world.network, 0, "", &member));
    world.write_resources(0, 1, limits::REMADE_AT_ONCE as u64);
    let last = world.write(0, resource(world.network, 1 << 40, "", &member));
    let name = format!("standing/shown/{}", member.public());
    revoke(&mut world, &[], None, 1);
    world.pass(1);
    assert_eq!([first.document, last.document].map(|document| title(&mut world, 0, document)), [None, None]);
    assert!(world.nodes[0].storage.local(&name).expect("readable").is_some());
    world.start_again(0);
    assert_ne!(world.nodes[0].replica.next_wake(), Some(0));
}

#[test]
fn revocations_change_nothing_of_what_is_admitted_reconciled_and_announced() {
    let mut world = World::new(2);
    let member = certify(&mut world);
    revoke(&mut world, &[], None, 1);
    world.connect_all();
    assert_eq!(world.count_like(0), 2);
    // The revoked key goes on writing elsewhere: its changes are taken like all others, from gossip and by comparing.
    let gossiped = resource(world.network, 5, "", &member);
    let (space, time, id) = (gossiped[0].header().space, gossiped[0].time(), gossiped[0].id());
    give(&mut world, gossiped.clone());
    world.pass(60_000);
    for place in [0, 1] {
        assert!(world.nodes[place].replica.holds(&space, time, &id));
        assert_eq!(title(&mut world, place, gossiped[0].document()), None);
        assert_eq!(world.status(place).held, 0);
    }
    assert_eq!(world.count_like(0), 2);
    assert!(world.faults.is_empty() && world.judgements.contains(&Judgement::Accept));
}
