//! One organisation's clock is wrong by years.

use knotwork_governance::Consent;
use knotwork_identity::Nonce;
use knotwork_minutes::Matter;
use knotwork_replica::minute_in;

use crate::{
    asking::{founded, mandates, open, terms, vote},
    world::key,
};

/// Of so many organisations, with the last one's clock wrong by so much, all but one answer. Gives what is counted when the
/// decision has closed.
fn counted(count: usize, wrong_by: i64) -> Vec<u64> {
    let mut world = founded(count);
    let mandates = mandates(&mut world, count);
    world.wrong_by[count - 1] = wrong_by;
    let all: Vec<usize> = (0..count).collect();
    let (owner, nonce) = (key(0, "service"), Nonce([80; 16]));
    let asked = terms(&world, &all, Vec::new(), &owner, nonce);
    open(&mut world, 0, &asked, nonce);
    world.pass(30 * 60_000);
    (1..count).for_each(|place| _ = vote(&mut world, place, &asked, mandates[place], Consent::Given));
    world.pass(20 * 60_000);
    let minute_of = |place: usize| world.rosters[place].agreed().minute_of(&asked.decision);
    assert_eq!(minute_of(0), None, "it is open for an hour, and somebody has not answered");
    world.pass(20 * 60_000);
    let minute_of = |place: usize| world.rosters[place].agreed().minute_of(&asked.decision);
    let height = minute_of(0).expect("it is over");
    all.iter().for_each(|place| assert_eq!(minute_of(*place), Some(height), "node {place}"));
    let minute = minute_in(world.nodes[0].storage.as_ref(), height).expect("readable").expect("kept").0;
    let Matter::Outcome(outcome) = minute.matter else { panic!("not an outcome") };
    outcome.counts
}

#[test]
fn a_clock_that_is_wrong_by_years_changes_no_result() {
    for count in [3, 4, 5] {
        let right = counted(count, 0);
        assert_eq!(right, [count as u64 - 1, 0, 0]);
        for years in [-10, 10] {
            assert_eq!(counted(count, years * 365 * 86_400_000), right, "{count} organisations, {years} years");
        }
    }
}
