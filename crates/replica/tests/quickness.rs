//! How soon a decision is final, counted in ways that something goes from one node to another: what time that takes is a
//! matter of the wire.

use knotwork_governance::Consent;
use knotwork_identity::Nonce;

use crate::{
    asking::{ballot, founded, mandates, open, terms, vote},
    world::key,
};

#[test]
fn a_decision_is_final_within_five_round_trips_of_the_last_answer() {
    for count in [2, 4, 10] {
        let mut world = founded(count);
        let mandates = mandates(&mut world, count);
        world.pass(60_000);
        world.gossips = true;
        let all: Vec<usize> = (0..count).collect();
        let owner = key(0, "service");
        for number in 0..3 {
            let nonce = Nonce([70 + number; 16]);
            let asked = terms(&world, &all, Vec::new(), &owner, nonce);
            open(&mut world, 0, &asked, nonce);
            (0..count - 1).for_each(|place| _ = vote(&mut world, place, &asked, mandates[place], Consent::Given));
            let height = world.rosters[0].agreed().height();
            let (last, nonce) = (count - 1, Nonce([0; 16]));
            world.begin_saying(
                last,
                ballot(last, &asked, mandates[last], Consent::Given),
                &key(last, "service"),
                nonce,
            );
            let ways = world.ways_until_minute(height + 1);
            assert!(world.rosters.iter().all(|roster| roster.agreed().minute_of(&asked.decision).is_some()));
            // The answer, the statements, a proposal and two votes are five ways. Of two, one may have heard the other already,
            // or have to ask it first.
            assert!((4..=6).contains(&ways), "{count} organisations, decision {number}: {ways} ways");
        }
    }
}
