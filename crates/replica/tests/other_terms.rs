//! Whoever opened a decision writes other terms.

use knotwork_governance::{Consent, Electorate, Terms};
use knotwork_identity::{Nonce, Timestamp};

use crate::{
    asking::{founded, mandates, open, terms, vote},
    world::key,
};

#[test]
fn other_terms_close_no_earlier_and_ask_no_fewer() {
    let mut world = founded(4);
    let mandates = mandates(&mut world, 4);
    let (owner, nonce) = (key(0, "service"), Nonce([50; 16]));
    let first = terms(&world, &[0, 1, 2, 3], Vec::new(), &owner, nonce);
    open(&mut world, 0, &first, nonce);
    world.pass(60_000);
    vote(&mut world, 3, &first, mandates[3], Consent::Objection);
    world.pass(60_000);

    // The first three agree with each other, and one of them would rather not wait for the fourth, or not ask it.
    let soon = Timestamp::from_milliseconds(world.now().wall.milliseconds() + 120_000).expect("a time");
    let soon = Terms { version: 2, closes: soon, ..first.clone() };
    let Electorate::Organisations(all) = &first.electorate else { panic!("not organisations") };
    let fourth = key(3, "organisation").public();
    let three = Electorate::Organisations(all.iter().filter(|one| **one != fourth).copied().collect());
    let mut fewer = Terms { version: 3, electorate: three, ..first.clone() };
    fewer.rules.electorate = 3;
    for other in [&soon, &fewer] {
        assert_eq!(other.check(), Ok(()));
        open(&mut world, 0, other, nonce);
        world.pass(60_000);
        (0..3).for_each(|place| _ = vote(&mut world, place, other, mandates[place], Consent::Given));
        world.pass(10 * 60_000);
        assert_eq!(world.rosters[3].agreed().minute_of(&first.decision), None, "nobody states anything on them");
    }

    // The end may be put off, and everyone is asked anew.
    let later = first.closes.milliseconds() + 3_600_000;
    let later = Terms { version: 4, closes: Timestamp::from_milliseconds(later).expect("a time"), ..first.clone() };
    open(&mut world, 0, &later, nonce);
    world.pass(60_000);
    (0..4).for_each(|place| _ = vote(&mut world, place, &later, mandates[place], Consent::Given));
    world.pass(60_000);
    let height = world.rosters[3].agreed().minute_of(&first.decision).expect("final");
    let minute =
        knotwork_replica::minute_in(world.nodes[3].storage.as_ref(), height).expect("readable").expect("kept").0;
    let knotwork_minutes::Matter::Outcome(outcome) = minute.matter else { panic!("not an outcome") };
    assert_eq!((outcome.terms, outcome.counts), (later.hash(), vec![4, 0, 0]));
}

#[test]
fn whoever_is_asked_anew_has_time_whatever_the_terms_say() {
    let mut world = founded(4);
    let mandates = mandates(&mut world, 4);
    let (owner, nonce) = (key(0, "service"), Nonce([51; 16]));
    let first = terms(&world, &[0, 1, 2, 3], Vec::new(), &owner, nonce);
    open(&mut world, 0, &first, nonce);
    world.pass(60_000);
    vote(&mut world, 3, &first, mandates[3], Consent::Objection);

    // Ten seconds before the end the first three change it and agree, and the fourth has not looked yet.
    let left = first.closes.milliseconds() - world.now().wall.milliseconds();
    world.pass(left - 10_000);
    let other = Terms { version: 2, text: "We do the opposite.".into(), ..first.clone() };
    open(&mut world, 0, &other, nonce);
    (0..3).for_each(|place| _ = vote(&mut world, place, &other, mandates[place], Consent::Given));
    world.pass(50 * 60_000);
    assert_eq!(world.rosters[1].agreed().minute_of(&first.decision), None, "it was to be open for an hour");
    let until = world.status(3).open_until[&first.decision];
    assert!(world.now().wall < until, "and so the fourth is told that it can answer");
    vote(&mut world, 3, &other, mandates[3], Consent::Objection);
    world.pass(20 * 60_000);
    let height = world.rosters[1].agreed().minute_of(&first.decision).expect("final");
    let minute =
        knotwork_replica::minute_in(world.nodes[1].storage.as_ref(), height).expect("readable").expect("kept").0;
    let knotwork_minutes::Matter::Outcome(outcome) = minute.matter else { panic!("not an outcome") };
    assert_eq!((outcome.terms, outcome.verdict), (other.hash(), knotwork_minutes::Verdict::NotAdopted));
}
