//! Two of four are gone for good. The other two go on from the last minute, with all that was written until then.

use std::collections::{BTreeMap, BTreeSet};

use knotwork_governance::Consent;
use knotwork_identity::{ChangeId, Nonce, SecretKey};
use knotwork_minutes::{Minute, Proof, write_minute};
use knotwork_replica::{Storage as _, TakeUpError, minute_in, take_up_minutes};

use crate::{
    asking::{founded, mandates, open, terms, vote},
    further_nodes::certify,
    parting::{hand_on, is_shown, list_at, of},
    world::{World, key, resource},
};

const STAY: [usize; 2] = [0, 1];
const GONE: [usize; 2] = [2, 3];

#[test]
fn those_who_are_left_go_on_and_what_the_others_write_later_is_shown_nowhere() {
    let mut world = founded(4);
    let mandates = mandates(&mut world, 4);
    let before =
        GONE.map(|place| world.write(place, resource(world.network, place as u64, "", &key(place, "service"))));
    world.pass(60_000);
    let owner = key(0, "service");
    let settled = terms(&world, &[0, 1, 2, 3], Vec::new(), &owner, Nonce([40; 16]));
    open(&mut world, 0, &settled, Nonce([40; 16]));
    world.pass(60_000);
    (0..4).for_each(|place| _ = vote(&mut world, place, &settled, mandates[place], Consent::Given));
    world.pass(60_000);
    let minuted = world.rosters[0].agreed().minute_of(&settled.decision);
    assert!(minuted.is_some());

    for gone in GONE {
        STAY.iter().for_each(|place| world.part(*place, gone));
    }
    let waiting = terms(&world, &[0, 1, 2, 3], Vec::new(), &owner, Nonce([41; 16]));
    open(&mut world, 0, &waiting, Nonce([41; 16]));
    world.pass(60_000);
    STAY.iter().for_each(|place| _ = vote(&mut world, *place, &waiting, mandates[*place], Consent::Given));
    world.pass(2 * 3_600_000);
    let stood = world.rosters[0].agreed();
    assert_eq!(stood.minute_of(&waiting.decision), None, "two of four do not make it final");

    let minute = reconvene(&mut world, &before.each_ref().map(|receipt| receipt.changes.clone()));
    assert_eq!(world.rosters[0].agreed().network(), stood.network(), "nothing has changed yet");
    go_along(&mut world, 0, &minute);
    // While Birch has not come, the first is alone, and what Birch writes is still there when it comes.
    world.pass(60_000);
    assert_eq!(world.rosters[0].agreed().signers().len(), 1);
    let meanwhile = world.write(1, resource(world.network, 50, "", &key(1, "service")));
    go_along(&mut world, 1, &minute);
    world.connect(0, 1);
    world.pass(60_000);
    for place in STAY {
        let agreed = world.rosters[place].agreed();
        assert_eq!((agreed.signers().len(), agreed.began()), (2, minute.height), "node {place}");
        assert_eq!(agreed.minute_of(&settled.decision), minuted);
        assert!(is_shown(&mut world, place, meanwhile.document));
        before.iter().for_each(|receipt| assert!(is_shown(&mut world, place, receipt.document)));
    }

    // What was open comes to nothing, however many say now that it has closed; what is asked anew is settled.
    world.pass(3_600_000);
    assert_eq!(world.rosters[0].agreed().minute_of(&waiting.decision), None);
    let anew = terms(&world, &STAY, Vec::new(), &owner, Nonce([42; 16]));
    open(&mut world, 0, &anew, Nonce([42; 16]));
    world.pass(60_000);
    STAY.iter().for_each(|place| _ = vote(&mut world, *place, &anew, mandates[*place], Consent::Given));
    world.pass(60_000);
    let [one, other] = STAY.map(|place| world.rosters[place].agreed());
    assert!(one.minute_of(&anew.decision).is_some());
    assert_eq!((one.height(), one.hash()), (other.height(), other.hash()));

    // One that was left behind writes on, and somebody brings it.
    let late = resource(world.network, 60, "", &key(2, "service"));
    let document = late[0].document();
    hand_on(&mut world, late);
    world.pass(60_000);
    for round in 0..2 {
        for place in STAY {
            assert!(!world.nodes[place].storage.changes_of(&document).expect("readable").is_empty());
            assert!(!is_shown(&mut world, place, document), "node {place}, round {round}");
        }
        STAY.iter().for_each(|place| world.start_again(*place));
        world.connect(0, 1);
    }
    // And with one that has not gone along nothing is exchanged.
    world.connect(0, 3);
    world.pass(60_000);
    assert!(world.nodes[3].storage.changes_of(&meanwhile.document).expect("readable").is_empty());
}

#[test]
fn a_further_node_is_served_for_whichever_of_the_networks_it_was_certified() {
    let mut world = founded(4);
    let [mut first, mut second] = [77, 78].map(|seed| SecretKey::from_seed(&[seed; 32]));
    if second.public() < first.public() {
        std::mem::swap(&mut first, &mut second);
    }
    let [before, after] = [&first, &second];
    certify(&mut world, before, true);
    world.pass(60_000);
    for gone in GONE {
        STAY.iter().for_each(|place| world.part(*place, gone));
    }
    let minute = reconvene(&mut world, &[Vec::new(), Vec::new()]);
    STAY.iter().for_each(|place| go_along(&mut world, *place, &minute));
    world.connect(0, 1);
    world.pass(60_000);
    for place in STAY {
        assert_eq!(world.told[place].1, [before.public()], "node {place}");
    }
    // One that comes now signs for the network that there is now.
    certify(&mut world, after, true);
    world.pass(60_000);
    for place in STAY {
        assert_eq!(world.told[place].1, [before.public(), after.public()], "node {place}");
    }
    // Either is ended as before.
    certify(&mut world, before, false);
    world.pass(60_000);
    for place in STAY {
        assert_eq!(world.told[place].1, [after.public()], "node {place}");
    }
}

#[test]
fn a_file_is_taken_up_where_it_goes_on_from_what_is_there() {
    let mut world = founded(4);
    mandates(&mut world, 4);
    for gone in GONE {
        STAY.iter().for_each(|place| world.part(*place, gone));
    }
    let minute = reconvene(&mut world, &[Vec::new(), Vec::new()]);
    let file = file(&world, &minute);
    let take_up = |world: &World, place: usize, minutes: &[Vec<u8>]| {
        take_up_minutes(&world.genesis, world.nodes[place].storage.as_ref(), minutes)
    };
    let short = take_up(&world, 1, &file[..2]);
    assert!(matches!(short, Err(TakeUpError::Short { own: 3, found: 2 })), "{short:?}");
    let mut damaged = file.clone();
    damaged[1][40] ^= 1;
    let wrong = take_up(&world, 1, &damaged);
    assert!(matches!(wrong, Err(TakeUpError::DoesNotHold { height: 2, .. })), "{wrong:?}");
    go_along(&mut world, 0, &minute);
    go_along(&mut world, 1, &minute);
    // Taken up again, it changes nothing; one that reconvenes differently is another.
    assert_eq!(take_up(&world, 1, &file).expect("taken up").network(), world.rosters[1].agreed().network());
    let left = BTreeMap::from([(key(1, "organisation").public(), of(&BTreeSet::new()))]);
    let before = world.rosters[3].agreed();
    let differently = before.reconvene(&key(0, "organisation"), left).expect("it fits");
    let mut other = file.clone();
    other[3] = write_minute(&differently, &Proof::NONE);
    let other = take_up(&world, 1, &other);
    assert!(matches!(other, Err(TakeUpError::Other { height: 4 })), "{other:?}");
}

/// The first of those who stay reconvenes; this stands of those who are gone.
fn reconvene(world: &mut World, stands: &[Vec<ChangeId>; 2]) -> Minute {
    let mut left = BTreeMap::new();
    for (gone, stands) in GONE.into_iter().zip(stands) {
        let stands: BTreeSet<ChangeId> = stands.iter().copied().collect();
        list_at(world, 0, gone, &stands);
        left.insert(key(gone, "organisation").public(), of(&stands));
    }
    world.rosters[0].agreed().reconvene(&key(0, "organisation"), left).expect("it fits")
}

/// All minutes of the first node, and this one.
fn file(world: &World, minute: &Minute) -> Vec<Vec<u8>> {
    let storage = world.nodes[0].storage.as_ref();
    let kept = (1..minute.height).map(|height| minute_in(storage, height).expect("readable").expect("kept"));
    kept.chain([(minute.clone(), Proof::NONE)]).map(|(minute, proof)| write_minute(&minute, &proof)).collect()
}

/// A node stops, takes the file up, and starts again.
fn go_along(world: &mut World, place: usize, minute: &Minute) {
    (0..4).filter(|other| *other != place).for_each(|other| world.part(place, other));
    let file = file(world, minute);
    take_up_minutes(&world.genesis, world.nodes[place].storage.as_ref(), &file).expect("it goes on from there");
    world.start_again(place);
    world.pass(1_000);
}
