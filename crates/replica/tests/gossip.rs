//! Announcements: what is passed on, what is not, and what is held against whoever sent it.

use knotwork_identity::SpaceId;
use knotwork_ledger::{Checked, CheckedChange};
use knotwork_replica::{Announcement, Effect, Event, Judgement};

use crate::world::{World, key, resource};

/// The word of the first node on an announcement of these changes.
fn judgement(world: &mut World, space: SpaceId, changes: &[CheckedChange]) -> Judgement {
    let now = world.now();
    let replica = &mut world.nodes[0].replica;
    let changes = changes.iter().cloned().map(Checked::Change).collect();
    let announcement = Announcement { space, changes };
    replica.handle(now, Event::Announced { peer: key(1, "node").public(), token: 7, announcement });
    let effects = replica.commit(now).effects;
    let judged = effects.into_iter().find_map(|effect| match effect {
        Effect::Judge { token: 7, judgement } => Some(judgement),
        _ => None,
    });
    judged.expect("every announcement is judged")
}

#[test]
fn what_brings_something_new_is_passed_on_once() {
    let mut world = World::with_strangers(1, 1);
    let service = key(0, "service");
    let [one, two] = [1, 2].map(|number| resource(world.network, number, "", &service).remove(0));
    assert_eq!(judgement(&mut world, SpaceId::Commons, std::slice::from_ref(&one)), Judgement::Accept);
    assert_eq!(judgement(&mut world, SpaceId::Commons, std::slice::from_ref(&one)), Judgement::Ignore);
    // One new change among known ones is worth the rest.
    assert_eq!(judgement(&mut world, SpaceId::Commons, &[one.clone(), two.clone()]), Judgement::Accept);
    assert_eq!(judgement(&mut world, SpaceId::Commons, &[one, two]), Judgement::Ignore);
}

#[test]
fn what_must_wait_is_nobodys_fault_and_goes_no_further() {
    let mut world = World::with_strangers(1, 1);
    let nobody = resource(world.network, 1, "", &key(0, "somebody that no certificate names"));
    assert_eq!(judgement(&mut world, SpaceId::Commons, &nobody), Judgement::Ignore);
    let mut long = resource(world.network, 2, &"words ".repeat(20_000), &key(0, "service"));
    let orphan = long.pop().expect("it is long");
    assert!(!long.is_empty(), "it fits into one change, and nothing is missing");
    assert_eq!(judgement(&mut world, SpaceId::Commons, &[orphan]), Judgement::Ignore);
    assert_eq!(world.status(0).held, 2);
}

#[test]
fn what_gossip_may_not_carry_is_held_against_its_sender() {
    let mut world = World::with_strangers(1, 1);
    let own = SpaceId::Organisation(key(0, "organisation").public());
    let change = resource(world.network, 1, "", &key(0, "service"));
    assert_eq!(judgement(&mut world, own, &change), Judgement::Reject);
}
