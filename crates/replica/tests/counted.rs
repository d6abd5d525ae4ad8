//! What counts in a decision, and what does not: voices, who is asked, findings, and what a charter does not say.

use knotwork_documents::Paper;
use knotwork_governance::{
    BallotPaper, BindingRules, Charter, Consent, Effect as Binding, Mandate, Position, Ratio, Said, Stage, Terms, Voter,
};
use knotwork_identity::{ChangeId, Nonce, PersonId, Timestamp};
use knotwork_minutes::Verdict;
use knotwork_replica::minute_in;

use crate::{
    asking::{founded, last, mandates, open, outcome_of, say, speaks, terms, vote},
    world::{World, key},
};

#[test]
fn whoever_leaves_somebody_out_binds_nobody() {
    let mut world = founded(3);
    let mandates = mandates(&mut world, 3);
    let (owner, nonce) = (key(0, "service"), Nonce([31; 16]));
    let asked = terms(&world, &[0, 1], vec![Binding::Stage(Stage::Established)], &owner, nonce);
    open(&mut world, 0, &asked, nonce);
    world.pass(60_000);
    vote(&mut world, 0, &asked, mandates[0], Consent::Given);
    vote(&mut world, 1, &asked, mandates[1], Consent::Given);
    world.pass(2 * 3_600_000);
    let agreed = world.rosters[2].agreed();
    assert_eq!((agreed.minute_of(&asked.decision), agreed.stage()), (None, Stage::PreEmergent));
}

#[test]
fn who_was_alone_long_ago_decides_nothing_for_those_who_came_since() {
    let mut world = founded(3);
    let mandates = mandates(&mut world, 3);
    // Whoever wrote the genesis was asked alone before the others came in.
    let first = (0..3).find(|place| {
        let organisation = key(*place, "organisation").public();
        world.rosters[0].agreed().asked_at(0).contains(&organisation)
    });
    let first = first.expect("somebody began");
    let (owner, nonce) = (key(first, "service"), Nonce([32; 16]));
    let of_old = terms(&world, &[first], vec![Binding::Stage(Stage::Established)], &owner, nonce);
    let of_old = Terms { as_of: 0, ..of_old };
    open(&mut world, first, &of_old, nonce);
    world.pass(60_000);
    vote(&mut world, first, &of_old, mandates[first], Consent::Given);
    world.pass(2 * 3_600_000);
    assert_eq!(last(&world, &[0, 1, 2]).1, Some(Verdict::NotAdopted));
    assert_eq!(world.rosters[1].agreed().stage(), Stage::PreEmergent);
}

/// What comes of a decision that binds everyone, asked of four of whom one rests before it closes.
pub(crate) fn asked_before_somebody_rests() -> Option<Verdict> {
    let mut world = founded(4);
    let mandates = mandates(&mut world, 4);
    let (owner, nonce) = (key(0, "service"), Nonce([37; 16]));
    let asked = terms(&world, &[0, 1, 2, 3], vec![Binding::Stage(Stage::Emerging)], &owner, nonce);
    open(&mut world, 0, &asked, nonce);
    world.give(3, speaks(3, Said::Rest(Timestamp::MAX)));
    world.pass(60_000);
    assert_eq!(world.rosters[0].agreed().signers().len(), 3, "it rests");
    for (place, mandate) in mandates.iter().enumerate() {
        vote(&mut world, place, &asked, *mandate, Consent::Given);
    }
    world.pass(2 * 3_600_000);
    let agreed = world.rosters[1].agreed();
    let minute = minute_in(world.nodes[1].storage.as_ref(), agreed.minute_of(&asked.decision)?).expect("readable");
    match minute.expect("kept").0.matter {
        knotwork_minutes::Matter::Outcome(outcome) => {
            assert_eq!(outcome.ballots.len(), 4, "whoever was asked is counted");
            Some(outcome.verdict)
        }
        _ => None,
    }
}

#[test]
fn who_is_asked_is_fixed_when_a_decision_is_opened() {
    assert_eq!(asked_before_somebody_rests(), Some(Verdict::Adopted));
}

#[test]
fn a_ballot_without_the_voice_is_not_counted() {
    let mut world = founded(3);
    let mandates = mandates(&mut world, 3);
    let (owner, nonce) = (key(0, "service"), Nonce([33; 16]));
    let asked = terms(&world, &[0, 1, 2], Vec::new(), &owner, nonce);
    open(&mut world, 0, &asked, nonce);
    world.pass(60_000);
    vote(&mut world, 1, &asked, mandates[1], Consent::Given);
    // One says that it speaks for another, by its own mandate and by the other's.
    for (mandate, salt) in [(mandates[0], 40), (mandates[1], 41)] {
        let ballot = BallotPaper {
            decision: asked.decision,
            terms: asked.hash(),
            voter: Voter::Organisation(key(1, "organisation").public()),
            standing: mandate,
            position: Position::Consent(Consent::Objection),
            not_qualified: [].into(),
            salt: [salt; 16],
        };
        say(&mut world, 0, Paper::Ballot(Box::new(ballot)), &key(0, "service"), Nonce([0; 16]));
    }
    world.pass(2 * 3_600_000);
    let outcome = outcome_of(&world, 2, &asked);
    assert_eq!(outcome.counts, vec![1, 0, 0], "the consent of the second, and nothing in its name");
    assert_eq!(outcome.ballots.len(), 1, "what cannot count is not named either");
}

#[test]
fn rules_that_the_charter_does_not_say_bind_nobody() {
    let mut world = founded(2);
    let mandates = mandates(&mut world, 2);
    let (owner, nonce) = (key(0, "service"), Nonce([3; 16]));
    let charter = Charter::first("Fewer falls".into());
    let document = say(&mut world, 0, Paper::Charter(Box::new(charter.clone())), &owner, nonce).document;
    let rules = BindingRules { amend: Ratio::new(1, 2), ..BindingRules::FIRST };
    let effect = Binding::Charter { document, digest: charter.digest(), rules };
    let asked = terms(&world, &[0, 1], vec![effect], &owner, nonce);
    open(&mut world, 0, &asked, nonce);
    world.pass(60_000);
    for (place, mandate) in mandates.iter().enumerate() {
        vote(&mut world, place, &asked, *mandate, Consent::Given);
    }
    world.pass(2 * 3_600_000);
    let agreed = world.rosters[0].agreed();
    assert_eq!((agreed.minute_of(&asked.decision), agreed.charter().rules), (None, BindingRules::FIRST));
}

#[test]
fn of_two_charters_that_are_agreed_at_once_the_second_undoes_nothing() {
    let mut world = founded(2);
    let mandates = mandates(&mut world, 2);
    let owner = key(0, "service");
    let mut asked = Vec::new();
    for (number, purpose) in [(1, "Fewer falls"), (2, "More walks")] {
        let nonce = Nonce([80 + number; 16]);
        let charter = Charter::first(purpose.into());
        let document = say(&mut world, 0, Paper::Charter(Box::new(charter.clone())), &owner, nonce).document;
        let effect = Binding::Charter { document, digest: charter.digest(), rules: charter.rules };
        let terms = terms(&world, &[0, 1], vec![effect], &owner, nonce);
        open(&mut world, 0, &terms, nonce);
        asked.push((terms, charter.digest()));
    }
    world.pass(60_000);
    for ((terms, _), place) in asked.iter().flat_map(|asked| [(asked, 0), (asked, 1)]) {
        vote(&mut world, place, terms, mandates[place], Consent::Given);
    }
    world.pass(2 * 3_600_000);
    let outcomes: Vec<_> = asked.iter().map(|(terms, _)| outcome_of(&world, 1, terms)).collect();
    assert!(outcomes.iter().all(|outcome| outcome.verdict == Verdict::Adopted), "both are final");
    let in_force: Vec<_> = asked
        .iter()
        .zip(&outcomes)
        .filter(|(_, outcome)| outcome.effects.len() == 1)
        .map(|((_, digest), _)| *digest)
        .collect();
    assert_eq!(in_force.len(), 1, "whoever agreed to the second compared it with the one before");
    for roster in &world.rosters {
        assert_eq!((roster.agreed().charter().digest, roster.agreed().charters().len()), (in_force[0], 2));
    }
}

#[test]
fn a_finding_is_about_the_objection_that_was_read() {
    let mut world = founded(4);
    let mandates = mandates(&mut world, 4);
    let (owner, nonce) = (key(0, "service"), Nonce([38; 16]));
    let cast = |world: &mut World, asked: &Terms, place: usize, consent, not_qualified: &[ChangeId]| {
        let ballot = BallotPaper {
            decision: asked.decision,
            terms: asked.hash(),
            voter: Voter::Organisation(key(place, "organisation").public()),
            standing: mandates[place],
            position: Position::Consent(consent),
            not_qualified: not_qualified.iter().copied().collect(),
            salt: [50; 16],
        };
        say(world, place, Paper::Ballot(Box::new(ballot)), &key(place, "service"), Nonce([0; 16])).changes[0]
    };
    for (number, objects_anew) in [(0, false), (1, true)] {
        let nonce = Nonce([nonce.0[0] + number; 16]);
        let asked = terms(&world, &[0, 1, 2, 3], Vec::new(), &owner, nonce);
        open(&mut world, 0, &asked, nonce);
        world.pass(60_000);
        let objection = cast(&mut world, &asked, 3, Consent::Objection, &[]);
        for place in 0..3 {
            cast(&mut world, &asked, place, Consent::Given, &[objection]);
        }
        if objects_anew {
            // The same words or others: nobody has looked at this one.
            vote(&mut world, 3, &asked, mandates[3], Consent::Objection);
        }
        world.pass(2 * 3_600_000);
        let expected = if objects_anew { Verdict::NotAdopted } else { Verdict::Adopted };
        assert_eq!(outcome_of(&world, 2, &asked).verdict, expected);
    }
}

#[test]
fn a_mandate_that_is_over_gives_no_voice() {
    let mut world = founded(3);
    let now = world.now().wall.milliseconds();
    let holder = key(1, "service");
    let mut standing = Vec::new();
    for (number, until) in [(1, now + 1_000), (2, now + 100_000_000)] {
        let time = |at| Timestamp::from_milliseconds(at).expect("small");
        let mandate = Mandate {
            number,
            person: Some(PersonId([1; 16])),
            keys: vec![holder.public()],
            from: Timestamp::NONE,
            until: time(until),
        };
        let paper = Paper::Mandate(mandate);
        standing.push(say(&mut world, 1, paper, &key(1, "organisation"), Nonce([0; 16])).changes[0]);
    }
    world.pass(60_000);
    let owner = key(0, "service");
    for (place, counts) in [(0, 0), (1, 1)] {
        let nonce = Nonce([90 + place as u8; 16]);
        let asked = terms(&world, &[0, 1, 2], Vec::new(), &owner, nonce);
        open(&mut world, 0, &asked, nonce);
        world.pass(60_000);
        vote(&mut world, 1, &asked, standing[place], Consent::Given);
        world.pass(2 * 3_600_000);
        assert_eq!(outcome_of(&world, 2, &asked).counts[0], counts, "mandate {}", place + 1);
    }
}
