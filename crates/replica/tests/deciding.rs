//! Deciding together: founders come in by their word, decisions close by statements, and what is adopted is in force on
//! every node.

use std::collections::BTreeMap;

use knotwork_documents::{Certificate, Paper};
use knotwork_governance::{
    BindingRules, Charter, ClosingStatement, Consent, Effect as Binding, Said, SignedNode, Stands, Terms, Word,
    acceptance_bytes,
};
use knotwork_identity::{ChangeId, Nonce, PersonId, SecretKey, Timestamp};
use knotwork_ledger::Checked;
use knotwork_minutes::Verdict;
use knotwork_replica::{
    Announcement, Event, Evidence, EvidenceError, Roster as _, Storage as _, counting, mark_copied, minute_in,
};

use crate::{
    asking::{WEEK, change_of, document_of, founded, last, mandates, open, say, speaks, terms, vote},
    world::{World, key, resource},
};

#[test]
fn founders_come_in_one_by_one_and_whoever_is_away_blocks_nothing() {
    let world = founded(4);
    assert_eq!(world.rosters[3].organisations().len(), 4);
    let mut world = World::deciding(3);
    world.connect(0, 1);
    world.pass(60_000);
    assert_eq!(world.rosters[0].agreed().signers().len(), 2);
    assert_eq!(world.rosters[2].agreed().height(), 0);
    world.connect(1, 2);
    world.pass(120_000);
    assert_eq!(world.rosters[2].agreed().signers().len(), 3, "it caught up and came in through one of them");
}

#[test]
fn a_decision_is_final_on_every_node_when_everyone_has_answered() {
    let mut world = founded(3);
    let mandates = mandates(&mut world, 3);
    world.pass(60_000);
    let (owner, nonce) = (key(0, "service"), Nonce([7; 16]));
    let rules = BindingRules { review_months: 6, ..BindingRules::FIRST };
    let charter = Charter { rules, ..Charter::first("Fewer falls, and more walks".into()) };
    let document = say(&mut world, 0, Paper::Charter(Box::new(charter.clone())), &owner, nonce).document;
    let effect = Binding::Charter { document, digest: charter.digest(), rules };
    let terms = terms(&world, &[0, 1, 2], vec![effect], &owner, nonce);
    open(&mut world, 0, &terms, nonce);
    world.pass(60_000);
    let before = world.rosters[0].agreed().height();
    vote(&mut world, 0, &terms, mandates[0], Consent::Given);
    vote(&mut world, 1, &terms, mandates[1], Consent::WithConcern);
    world.pass(60_000);
    assert_eq!(world.rosters[0].agreed().height(), before, "one has not answered");
    vote(&mut world, 2, &terms, mandates[2], Consent::Given);
    world.pass(60_000);
    assert_eq!(last(&world, &[0, 1, 2]), (before + 1, Some(Verdict::Adopted)));
    for roster in &world.rosters {
        let agreed = roster.agreed();
        assert_eq!(agreed.charter().digest, charter.digest());
        assert_eq!(agreed.charter().rules.review_months, 6);
        assert_eq!(agreed.minute_of(&terms.decision), Some(before + 1));
    }
    let sent = world.minutes_sent;
    world.pass(3_600_000);
    assert_eq!(world.minutes_sent, sent, "nothing is sent while nothing waits");
}

#[test]
fn what_was_minuted_is_counted_again_from_what_is_handed_over() {
    let mut world = founded(3);
    let mandates = mandates(&mut world, 3);
    let (owner, nonce) = (key(0, "service"), Nonce([38; 16]));
    let charter = Charter::first("Fewer falls, and more walks".into());
    let document = say(&mut world, 0, Paper::Charter(Box::new(charter.clone())), &owner, nonce).document;
    let effect = Binding::Charter { document, digest: charter.digest(), rules: charter.rules };
    let asked = terms(&world, &[0, 1, 2], vec![effect], &owner, nonce);
    open(&mut world, 0, &asked, nonce);
    world.pass(60_000);
    let first = vote(&mut world, 0, &asked, mandates[0], Consent::WithConcern);
    let between = vote(&mut world, 0, &asked, mandates[0], Consent::Objection);
    let second = vote(&mut world, 0, &asked, mandates[0], Consent::Given);
    vote(&mut world, 1, &asked, mandates[1], Consent::Given);
    let before = world.rosters[0].agreed();
    vote(&mut world, 2, &asked, mandates[2], Consent::WithConcern);
    world.pass(60_000);
    let height = world.rosters[0].agreed().minute_of(&asked.decision).expect("it is final");
    assert_eq!(height, before.height() + 1);
    let minute = minute_in(world.nodes[1].storage.as_ref(), height).expect("readable").expect("kept").0;
    let knotwork_minutes::Matter::Outcome(outcome) = minute.matter else { panic!("not an outcome") };
    let changes =
        Evidence::gather(world.nodes[1].storage.as_ref(), &asked, &outcome, &BTreeMap::new()).expect("readable");
    let network = world.network;
    let recount = |changes: &[Vec<u8>], outcome: &knotwork_minutes::Outcome| {
        Evidence::read(network, changes.iter().map(Vec::as_slice))?.recount(&before, &asked, outcome)
    };
    assert_eq!(recount(&changes, &outcome), Ok(()));
    for place in 0..changes.len() {
        let mut fewer = changes.clone();
        fewer.remove(place);
        // The terms themselves come before the minutes, and once more as whoever opened the decision signed them.
        let is_terms = document_of(&changes[place]) == asked.decision;
        let lacking = if is_terms { Ok(()) } else { Err(EvidenceError::Lacking) };
        assert_eq!(recount(&fewer, &outcome), lacking, "without change {place}");
        let mut forged = changes.clone();
        *forged[place].last_mut().expect("it has bytes") ^= 1;
        assert_eq!(recount(&forged, &outcome), Err(EvidenceError::Damaged), "with change {place} forged");
    }
    for wrong in [
        knotwork_minutes::Outcome { counts: vec![3, 0, 0], ..outcome.clone() },
        knotwork_minutes::Outcome { verdict: Verdict::NotAdopted, ..outcome.clone() },
    ] {
        assert_eq!(recount(&changes, &wrong), Err(EvidenceError::Other));
    }
    // Where statements name a ballot and a later one of the same voter, what lies between them is handed over as well.
    let state =
        |place, ballots| ClosingStatement::make(network, &key(place, "node"), asked.decision, asked.hash(), ballots);
    let statements = [state(0, vec![first]), state(1, vec![second]), state(2, vec![second])];
    let storage = world.nodes[1].storage.as_ref();
    let outcome = counting::outcome(storage, &before, asked.decision, asked.hash(), &statements).expect("countable");
    assert_eq!(outcome.counts, [1, 0, 0], "the later one");
    let changes = Evidence::gather(storage, &asked, &outcome, &BTreeMap::new()).expect("readable");
    assert_eq!(recount(&changes, &outcome), Ok(()));
    let without: Vec<Vec<u8>> = changes.into_iter().filter(|bytes| change_of(bytes).id() != between).collect();
    assert_eq!(recount(&without, &outcome), Err(EvidenceError::Other), "two that nothing joins say several things");
}

#[test]
fn an_objection_keeps_it_open_until_the_end_and_new_terms_ask_anew() {
    let mut world = founded(3);
    let mandates = mandates(&mut world, 3);
    let (owner, nonce) = (key(0, "service"), Nonce([8; 16]));
    let first = terms(&world, &[0, 1, 2], Vec::new(), &owner, nonce);
    open(&mut world, 0, &first, nonce);
    world.pass(60_000);
    vote(&mut world, 0, &first, mandates[0], Consent::Given);
    let objection = vote(&mut world, 1, &first, mandates[1], Consent::Objection);
    vote(&mut world, 2, &first, mandates[2], Consent::Given);
    world.pass(60_000);
    let before = world.rosters[0].agreed().height();
    assert_eq!(world.rosters[0].agreed().minute_of(&first.decision), None, "an objection is there to be talked about");
    let second =
        Terms { version: 2, text: "We do it after Easter.".into(), integrates: vec![objection], ..first.clone() };
    open(&mut world, 0, &second, nonce);
    world.pass(60_000);
    for (place, mandate) in mandates.iter().enumerate() {
        vote(&mut world, place, &second, *mandate, Consent::Given);
    }
    world.pass(60_000);
    assert_eq!(last(&world, &[0, 1, 2]), (before + 1, Some(Verdict::Adopted)));
    let minute = minute_in(world.nodes[2].storage.as_ref(), before + 1).expect("readable").expect("kept").0;
    let knotwork_minutes::Matter::Outcome(outcome) = minute.matter else { panic!("not an outcome") };
    assert_eq!((outcome.terms, outcome.counts), (second.hash(), vec![3, 0, 0]));
    world.pass(2 * 3_600_000);
    assert_eq!(world.rosters[1].agreed().height(), before + 1, "no other terms of it are minuted");
}

#[test]
fn it_closes_by_the_clock_and_an_open_objection_stands_in_its_way() {
    let mut world = founded(3);
    let mandates = mandates(&mut world, 3);
    let (owner, nonce) = (key(0, "service"), Nonce([9; 16]));
    let asked = terms(&world, &[0, 1, 2], Vec::new(), &owner, nonce);
    open(&mut world, 0, &asked, nonce);
    world.pass(60_000);
    vote(&mut world, 0, &asked, mandates[0], Consent::Given);
    vote(&mut world, 1, &asked, mandates[1], Consent::Objection);
    let before = world.rosters[0].agreed().height();
    world.pass(2 * 3_600_000);
    assert_eq!(last(&world, &[0, 1, 2]), (before + 1, Some(Verdict::NotAdopted)));
    vote(&mut world, 2, &asked, mandates[2], Consent::Given);
    vote(&mut world, 1, &asked, mandates[1], Consent::Given);
    world.pass(2 * 3_600_000);
    assert_eq!(last(&world, &[0, 1, 2]).0, before + 1, "what comes late changes nothing");
}

#[test]
fn who_states_what_is_not_there_or_signs_wrongly_holds_nobody_up() {
    for signs_wrongly in [false, true] {
        let mut world = founded(4);
        let mandates = mandates(&mut world, 4);
        let (owner, nonce) = (key(0, "service"), Nonce([34; 16]));
        let asked = terms(&world, &[0, 1, 2, 3], Vec::new(), &owner, nonce);
        open(&mut world, 0, &asked, nonce);
        world.pass(60_000);
        let ballot = vote(&mut world, 0, &asked, mandates[0], Consent::Given);
        let liar = key(3, "node");
        let named = if signs_wrongly { ballot } else { ChangeId([9; 32]) };
        let mut statement = ClosingStatement::make(world.network, &liar, asked.decision, asked.hash(), vec![named]);
        if signs_wrongly {
            statement.signature = liar.sign(b"something else");
        }
        say(&mut world, 3, Paper::ClosingStatement(statement), &liar, Nonce([0; 16]));
        world.pass(2 * 3_600_000);
        assert!(world.rosters[0].agreed().minute_of(&asked.decision).is_some(), "signs wrongly: {signs_wrongly}");
        last(&world, &[0, 1, 2, 3]);
    }
}

#[test]
fn what_is_overtaken_is_final_and_changes_nothing() {
    let mut world = founded(4);
    let mandates = mandates(&mut world, 4);
    let owner = key(0, "service");
    let effect =
        Binding::Remove { organisation: key(3, "organisation").public(), stands: Stands { count: 0, digest: [0; 32] } };
    let asked: Vec<Terms> = (0..2)
        .map(|number| {
            let nonce = Nonce([number + 60; 16]);
            let asked = terms(&world, &[0, 1, 2], vec![effect.clone()], &owner, nonce);
            open(&mut world, 0, &asked, nonce);
            asked
        })
        .collect();
    world.pass(60_000);
    for asked in &asked {
        for (place, mandate) in mandates.iter().enumerate().take(3) {
            vote(&mut world, place, asked, *mandate, Consent::Given);
        }
    }
    world.pass(WEEK + 3_600_000);
    let agreed = world.rosters[0].agreed();
    let mut effects = Vec::new();
    for asked in &asked {
        let minute = agreed.minute_of(&asked.decision).expect("it is final");
        let minute = minute_in(world.nodes[1].storage.as_ref(), minute).expect("readable").expect("kept").0;
        let knotwork_minutes::Matter::Outcome(outcome) = minute.matter else { panic!("not an outcome") };
        assert_eq!(outcome.verdict, Verdict::Adopted);
        effects.push(outcome.effects.len());
    }
    effects.sort_unstable();
    assert_eq!(effects, [0, 1]);
    assert_eq!(agreed.parties().len(), 3);
}

#[test]
fn whoever_has_ever_so_much_to_say_keeps_nobody_waiting() {
    let mut world = founded(4);
    let mandates = mandates(&mut world, 4);
    // One rests and returns without end: hundreds of words, of which each fits once the one before is minuted.
    let talkative = key(3, "organisation");
    let number = world.rosters[0].agreed().parties()[&talkative.public()].word;
    for place in 1..=200_u64 {
        let said = if place % 2 == 1 { Said::Rest(Timestamp::MAX) } else { Said::Return };
        let word = Word::say(world.network, &talkative, number + place, said);
        say(&mut world, 3, Paper::Word(word), &talkative, Nonce([0; 16]));
    }
    let (owner, nonce) = (key(0, "service"), Nonce([39; 16]));
    let asked = terms(&world, &[0, 1, 2], Vec::new(), &owner, nonce);
    open(&mut world, 0, &asked, nonce);
    for (place, mandate) in mandates.iter().enumerate().take(3) {
        vote(&mut world, place, &asked, *mandate, Consent::Given);
    }
    let before = world.rosters[0].agreed().height();
    let mut waited = 0;
    while world.rosters[0].agreed().minute_of(&asked.decision).is_none() {
        world.pass(1_000);
        waited += 1;
        assert!(waited < 600, "it waits behind {} words", world.rosters[0].agreed().height() - before);
    }
    let minute = world.rosters[0].agreed().minute_of(&asked.decision).expect("it is final");
    assert!(minute <= before + 8, "{} minutes came before it", minute - before - 1);
}

#[test]
fn of_three_none_is_removed_against_its_will() {
    let mut world = founded(3);
    let mandates = mandates(&mut world, 3);
    let (owner, nonce) = (key(0, "service"), Nonce([35; 16]));
    let unwanted = key(2, "organisation").public();
    let node = SignedNode::sign(world.network, unwanted, &key(9, "node"));
    let stands = Stands { count: 0, digest: [0; 32] };
    let effects = [
        Binding::Remove { organisation: unwanted, stands },
        Binding::Rest { organisation: unwanted },
        Binding::Node { organisation: unwanted, node },
    ];
    let before = world.rosters[0].agreed().height();
    for (number, effect) in effects.into_iter().enumerate() {
        let nonce = Nonce([number as u8; 16]);
        let asked: &[usize] = if effect.against().is_some() { &[0, 1] } else { &[0, 1, 2] };
        let asked = terms(&world, asked, vec![effect], &owner, nonce);
        open(&mut world, 0, &asked, nonce);
        world.pass(60_000);
        for (place, mandate) in mandates.iter().enumerate().take(2) {
            vote(&mut world, place, &asked, *mandate, Consent::Given);
        }
    }
    world.pass(WEEK + 3_600_000);
    let agreed = world.rosters[0].agreed();
    assert_eq!(agreed.height(), before, "nothing of it is minuted");
    assert_eq!(agreed.parties().get(&unwanted).and_then(|party| party.node), Some(key(2, "node").public()));
    // What does not concern it is decided as ever.
    let other = terms(&world, &[0, 1, 2], Vec::new(), &owner, nonce);
    open(&mut world, 0, &other, nonce);
    world.pass(2 * 3_600_000);
    assert_eq!(last(&world, &[0, 1, 2]).0, before + 1);
}

#[test]
fn a_node_whose_disk_is_a_copy_waits_for_all_others_however_often_it_starts() {
    for copied in [false, true] {
        let mut world = founded(3);
        let (owner, nonce) = (key(0, "service"), Nonce([36; 16]));
        let asked = terms(&world, &[0, 1, 2], Vec::new(), &owner, nonce);
        open(&mut world, 0, &asked, nonce);
        world.pass(60_000);
        for place in [1, 2] {
            world.part(0, place);
        }
        if copied {
            mark_copied(world.nodes[0].storage.as_ref()).expect("written");
        }
        for _ in 0..2 {
            world.start_again(0);
        }
        world.connect(0, 1);
        world.pass(2 * 3_600_000);
        let is_final = |world: &World| world.rosters[0].agreed().minute_of(&asked.decision).is_some();
        assert_eq!(is_final(&world), !copied, "copied: {copied}");
        // Once all others have told it what it may have forgotten, it speaks as ever.
        world.connect(0, 2);
        world.pass(10 * 60_000);
        assert!(is_final(&world), "copied: {copied}");
    }
}

#[test]
fn a_founder_that_comes_after_a_change_of_charter_accepts_by_its_own_word() {
    let mut world = World::deciding(3);
    world.connect(0, 1);
    world.pass(60_000);
    let mandates = mandates(&mut world, 2);
    let (owner, nonce) = (key(0, "service"), Nonce([37; 16]));
    let charter = Charter::first("Fewer falls, and more walks".into());
    let document = say(&mut world, 0, Paper::Charter(Box::new(charter.clone())), &owner, nonce).document;
    let effect = Binding::Charter { document, digest: charter.digest(), rules: charter.rules };
    let asked = terms(&world, &[0, 1], vec![effect], &owner, nonce);
    open(&mut world, 0, &asked, nonce);
    world.pass(60_000);
    for (place, mandate) in mandates.iter().enumerate() {
        vote(&mut world, place, &asked, *mandate, Consent::Given);
    }
    world.pass(60_000);
    assert_eq!(world.rosters[0].agreed().charter().digest, charter.digest());
    world.connect(1, 2);
    world.pass(10 * 60_000);
    assert_eq!(world.rosters[2].agreed().signers().len(), 2, "what it has not read it does not accept by itself");
    world.give(2, speaks(2, Said::Accept(charter.digest())));
    world.settle();
    world.pass(60_000);
    assert_eq!(world.rosters[0].agreed().signers().len(), 3);
}

#[test]
fn a_newcomer_is_admitted_and_what_it_wrote_is_taken_in_then() {
    let mut world = World::deciding(4);
    // The fourth has keys and a node, and the other three do not know it yet: it stands for a network of three.
    let (owner, nonce) = (key(0, "service"), Nonce([5; 16]));
    world.connect(0, 1);
    world.connect(0, 2);
    world.connect(1, 2);
    world.pass(60_000);
    let leave = speaks(2, Said::Rest(Timestamp::MAX));
    world.give(2, leave);
    world.settle();
    world.pass(60_000);
    assert_eq!(world.rosters[0].agreed().signers().len(), 2, "who rests does not sign");
    let mandates = mandates(&mut world, 2);
    let newcomer = SecretKey::from_seed(&[77; 32]);
    let node = SignedNode::sign(world.network, newcomer.public(), &SecretKey::from_seed(&[78; 32]));
    // What it wrote comes before anybody has admitted it, and waits.
    let member = SecretKey::from_seed(&[79; 32]);
    let written = resource(world.network, 1, "", &member);
    let document = written[0].document();
    let certificate = Certificate::write(world.network, &newcomer, PersonId([9; 16]), &member, false, Timestamp::NONE)
        .expect("small");
    for changes in [certificate, written] {
        let space = changes[0].header().space;
        let changes = changes.into_iter().map(Checked::Change).collect();
        let (peer, announcement) = (key(1, "node").public(), Announcement { space, changes });
        world.give(0, Event::Announced { peer, token: 0, announcement });
        world.settle();
    }
    assert!(world.nodes[0].storage.changes_of(&document).expect("readable").is_empty(), "nobody has admitted it");
    let charter = world.rosters[0].agreed().charter().digest;
    let bytes = acceptance_bytes(world.network, newcomer.public(), Some(node.key), None, charter);
    let effect = Binding::Admit {
        organisation: newcomer.public(),
        node: Some(node),
        host: None,
        acceptance: newcomer.sign(&bytes),
    };
    let terms = terms(&world, &[0, 1], vec![effect], &owner, nonce);
    open(&mut world, 0, &terms, nonce);
    world.pass(60_000);
    for (place, mandate) in mandates.iter().enumerate() {
        vote(&mut world, place, &terms, *mandate, Consent::Given);
    }
    world.pass(60_000);
    for place in 0..3 {
        let roster = &world.rosters[place];
        assert!(roster.was_ever_on(&newcomer.public()) && roster.nodes().contains(&node.key), "node {place}");
    }
    world.pass(60_000);
    for place in 0..3 {
        assert!(!world.nodes[place].storage.changes_of(&document).expect("readable").is_empty(), "node {place}");
    }
}

#[test]
fn a_node_that_starts_again_goes_on_where_it_was() {
    let mut world = founded(3);
    let mandates = mandates(&mut world, 3);
    let (owner, nonce) = (key(0, "service"), Nonce([4; 16]));
    let asked = terms(&world, &[0, 1, 2], Vec::new(), &owner, nonce);
    open(&mut world, 0, &asked, nonce);
    world.pass(60_000);
    world.part(0, 2);
    world.part(1, 2);
    for (place, mandate) in mandates.iter().enumerate().take(2) {
        vote(&mut world, place, &asked, *mandate, Consent::Given);
    }
    world.pass(2 * 3_600_000);
    let before = world.rosters[0].agreed().height();
    assert_eq!(world.rosters[0].agreed().minute_of(&asked.decision), None, "of three all have to sign");
    world.part(0, 1);
    for place in 0..3 {
        world.start_again(place);
        assert_eq!(world.rosters[place].agreed().height(), before, "the minutes are kept");
    }
    world.connect_all();
    world.pass(10 * 60_000);
    assert_eq!(last(&world, &[0, 1, 2]), (before + 1, Some(Verdict::Adopted)));
}
