//! Parting with an organisation: what it wrote until then stands on every node, and what it writes later on none, whoever
//! hands it on.

use std::collections::BTreeSet;

use knotwork_documents::{CommentEdit, CommentKind};
use knotwork_governance::{Consent, Effect as Binding, Said, Stands, Terms};
use knotwork_identity::{ChangeId, DocumentId, Nonce, SecretKey, Timestamp, sha256};
use knotwork_ledger::{Checked, CheckedChange};
use knotwork_replica::{Announcement, Basis, Event, StandingList, Storage as _, Target, view_in};

use crate::{
    asking::{WEEK, founded, mandates, open, speaks, terms, vote},
    world::{World, certificate, key, resource},
};

/// Who is to go, and who stays.
const GOES: usize = 3;
const STAY: [usize; 3] = [0, 1, 2];

#[test]
fn what_an_organisation_writes_after_it_was_removed_is_shown_on_no_node() {
    for listed_first in [true, false] {
        let mut world = founded(4);
        let mandates = mandates(&mut world, 4);
        let service = key(GOES, "service");
        let before = world.write(GOES, resource(world.network, 1, "", &service));
        world.pass(60_000);
        let stands: BTreeSet<ChangeId> = before.changes.iter().copied().collect();
        if listed_first {
            list(&mut world, &stands);
        }
        // What comes between the list and the minute does not stand, but for what it has to say about it.
        let between = world.write(GOES, resource(world.network, 2, "", &service));
        let asked = ask_to_remove(&mut world, &stands);
        let hearing = hear(&mut world, asked.decision);
        world.pass(60_000);
        for (place, mandate) in mandates.iter().enumerate().filter(|(place, _)| STAY.contains(place)) {
            vote(&mut world, place, &asked, *mandate, Consent::Given);
        }
        world.pass(2 * 60_000);
        if !listed_first {
            let goes = key(GOES, "organisation").public();
            assert!(world.rosters[0].agreed().parties().contains_key(&goes), "without the list it is not final");
            assert!(STAY.iter().all(|place| is_shown(&mut world, *place, between.document)));
            list(&mut world, &stands);
            world.pass(60_000);
        }
        // A friend hands on what it writes now, also by a key that it certifies now.
        let late = resource(world.network, 3, "", &service);
        let newcomer = SecretKey::from_seed(&[99; 32]);
        let by_newcomer = resource(world.network, 4, "", &newcomer);
        let documents = [between.document, late[0].document(), by_newcomer[0].document()];
        let certificate = certificate(world.network, GOES, 9, &newcomer);
        for changes in [late, certificate, by_newcomer] {
            hand_on(&mut world, changes);
        }
        world.pass(60_000);
        for round in 0..2 {
            for place in STAY {
                let case = format!("listed first: {listed_first}, node {place}, round {round}");
                assert!(is_shown(&mut world, place, before.document), "{case}");
                assert!(is_shown(&mut world, place, hearing), "{case}");
                for document in documents {
                    let kept = world.nodes[place].storage.changes_of(&document).expect("readable");
                    assert!(!kept.is_empty(), "it is exchanged like everything: {case}");
                    assert!(!is_shown(&mut world, place, document), "{case}");
                }
            }
            STAY.iter().for_each(|place| world.start_again(*place));
        }
        // For whom somebody else vouches as well, they vouch for what they write.
        let vouching = crate::world::certificate(world.network, 0, 8, &newcomer);
        hand_on(&mut world, vouching);
        world.connect_all();
        world.pass(60_000);
        for round in 0..2 {
            for place in STAY {
                assert!(is_shown(&mut world, place, documents[2]), "node {place}, round {round}");
                assert!(!is_shown(&mut world, place, documents[1]), "node {place}, round {round}");
            }
            STAY.iter().for_each(|place| world.start_again(*place));
        }
    }
}

#[test]
fn nobody_is_parted_with_unheard_before_the_decision_was_to_close() {
    for heard in [None, Some(GOES), Some(1)] {
        let mut world = founded(4);
        let mandates = mandates(&mut world, 4);
        let asked = ask_to_remove(&mut world, &BTreeSet::new());
        list(&mut world, &BTreeSet::new());
        for (place, mandate) in mandates.iter().enumerate().filter(|(place, _)| STAY.contains(place)) {
            vote(&mut world, place, &asked, *mandate, Consent::Given);
        }
        world.pass(60_000);
        let minute = |world: &World| world.rosters[0].agreed().minute_of(&asked.decision);
        assert_eq!(minute(&world), None, "all have answered, and it has not said anything");
        if let Some(place) = heard {
            hear_from(&mut world, place, asked.decision);
            world.pass(60_000);
        }
        // What another says in its place is no hearing.
        let said_by_itself = heard == Some(GOES);
        assert_eq!(minute(&world).is_some(), said_by_itself, "heard: {heard:?}");
        world.pass(WEEK);
        assert!(minute(&world).is_some(), "nobody puts it off by silence: {heard:?}");
    }
}

#[test]
fn there_is_a_week_to_be_heard_whatever_the_clock_of_whoever_asks_says() {
    let mut world = founded(4);
    let mandates = mandates(&mut world, 4);
    let (owner, nonce) = (key(0, "service"), Nonce([53; 16]));
    list(&mut world, &BTreeSet::new());
    let effect = Binding::Remove { organisation: key(GOES, "organisation").public(), stands: of(&BTreeSet::new()) };
    let of_now = terms(&world, &STAY, vec![effect], &owner, nonce);
    // They say that they were opened six days and more ago.
    let earlier =
        |time: Timestamp| Timestamp::from_milliseconds(time.milliseconds() + 3_600_000 - WEEK).expect("a time");
    let asked = Terms { opens: earlier(of_now.opens), closes: earlier(of_now.closes), ..of_now };
    assert_eq!(asked.check(), Ok(()));
    open(&mut world, 0, &asked, nonce);
    world.pass(60_000);
    for place in STAY {
        vote(&mut world, place, &asked, mandates[place], Consent::Given);
    }
    world.pass(WEEK - 3_600_000);
    assert_eq!(world.rosters[0].agreed().minute_of(&asked.decision), None, "they have not been here for a week");
    world.pass(2 * 3_600_000);
    assert!(world.rosters[0].agreed().minute_of(&asked.decision).is_some());
}

#[test]
fn what_was_said_to_earlier_terms_leaves_time_to_speak_to_others() {
    let mut world = founded(4);
    let mandates = mandates(&mut world, 4);
    list(&mut world, &BTreeSet::new());
    let asked = ask_to_remove(&mut world, &BTreeSet::new());
    hear(&mut world, asked.decision);
    let anew = Terms { version: 2, text: "For another reason.".into(), ..asked };
    open(&mut world, 0, &anew, Nonce([50; 16]));
    world.pass(60_000);
    for place in STAY {
        vote(&mut world, place, &anew, mandates[place], Consent::Given);
    }
    world.pass(3_600_000);
    assert_eq!(world.rosters[0].agreed().minute_of(&anew.decision), None, "it was heard on something else");
    world.pass(WEEK);
    assert!(world.rosters[0].agreed().minute_of(&anew.decision).is_some());
}

#[test]
fn nobody_waits_for_the_answer_of_an_organisation_that_has_gone() {
    for leaves_first in [true, false] {
        let mut world = founded(4);
        let mandates = mandates(&mut world, 4);
        let (owner, nonce) = (key(0, "service"), Nonce([52; 16]));
        let asked = terms(&world, &[0, 1, 2, GOES], Vec::new(), &owner, nonce);
        open(&mut world, 0, &asked, nonce);
        world.pass(60_000);
        let leave = |world: &mut World| {
            list_at(world, GOES, GOES, &BTreeSet::new());
            world.give(GOES, speaks(GOES, Said::Leave(of(&BTreeSet::new()))));
            world.settle();
            world.pass(60_000);
        };
        if leaves_first {
            leave(&mut world);
        }
        for place in STAY {
            vote(&mut world, place, &asked, mandates[place], Consent::Given);
        }
        world.pass(60_000);
        if !leaves_first {
            assert_eq!(world.rosters[0].agreed().minute_of(&asked.decision), None, "one has not answered");
            leave(&mut world);
        }
        assert!(world.now().wall < asked.closes, "it has not come to its end");
        assert!(world.rosters[0].agreed().minute_of(&asked.decision).is_some(), "leaves first: {leaves_first}");
    }
}

#[test]
fn whoever_leaves_does_it_with_all_that_it_wrote() {
    let mut world = founded(3);
    let service = key(2, "service");
    let before = world.write(2, resource(world.network, 1, "", &service));
    let stands: BTreeSet<ChangeId> = before.changes.iter().copied().collect();
    list_at(&mut world, 2, 2, &stands);
    world.give(2, speaks(2, Said::Leave(of(&stands))));
    world.settle();
    world.pass(60_000);
    assert_eq!(world.rosters[0].agreed().signers().len(), 2);
    let late = resource(world.network, 2, "", &service);
    let document = late[0].document();
    hand_on(&mut world, late);
    world.pass(60_000);
    for place in 0..2 {
        assert!(is_shown(&mut world, place, before.document));
        assert!(!is_shown(&mut world, place, document));
    }
}

pub(crate) fn of(stands: &BTreeSet<ChangeId>) -> Stands {
    let ids: Vec<&[u8]> = stands.iter().map(|id| &id.0[..]).collect();
    Stands { count: stands.len() as u64, digest: sha256(&ids) }
}

/// The first organisation lists what stands of the one that goes.
fn list(world: &mut World, stands: &BTreeSet<ChangeId>) {
    list_at(world, 0, GOES, stands);
}

pub(crate) fn list_at(world: &mut World, place: usize, of: usize, stands: &BTreeSet<ChangeId>) {
    let organisation = key(of, "organisation").public();
    let nonce = Nonce([of as u8; 16]);
    // Asked for twice, it is written once.
    let written = [true, false].map(|new| {
        let list = StandingList { organisation, stands: stands.clone(), nonce, time: world.now().wall };
        world.give(place, Event::ListStanding { token: 0, list: Box::new(list) });
        world.settle();
        let receipt = world.nodes[place].reply.take().expect("answered").expect("listed");
        assert_eq!(receipt.new, new);
        receipt.document
    });
    assert_eq!(written[0], written[1]);
}

/// Opens a decision to remove the last organisation.
fn ask_to_remove(world: &mut World, stands: &BTreeSet<ChangeId>) -> Terms {
    let (owner, nonce) = (key(0, "service"), Nonce([50; 16]));
    let effect = Binding::Remove { organisation: key(GOES, "organisation").public(), stands: of(stands) };
    let asked = terms(world, &STAY, vec![effect], &owner, nonce);
    open(world, 0, &asked, nonce);
    world.pass(60_000);
    asked
}

/// The one that is to go says what it has to say.
fn hear(world: &mut World, decision: DocumentId) -> DocumentId {
    hear_from(world, GOES, decision)
}

fn hear_from(world: &mut World, place: usize, decision: DocumentId) -> DocumentId {
    let service = key(place, "service");
    let kind = CommentKind::Hearing;
    let header = CommentEdit::header(world.network, service.public(), kind, Nonce([51; 16]));
    let edit =
        CommentEdit { on: Some(decision), kind: Some(kind), text: Some("We object.".into()), ..CommentEdit::default() };
    let document = header.id();
    let (target, edit, key) = (Target::Of(header), Box::new(edit.into()), Box::new(service));
    world.give(place, Event::Edit { token: 0, target, edit, key, basis: Basis::Now, time: world.now().wall });
    world.settle();
    world.nodes[place].reply.take().expect("answered").expect("written");
    document
}

/// Hands the second node changes that gossip brought.
pub(crate) fn hand_on(world: &mut World, changes: Vec<CheckedChange>) {
    let space = changes[0].header().space;
    let changes = changes.into_iter().map(Checked::Change).collect();
    let peer = key(0, "node").public();
    world.give(1, Event::Announced { peer, token: 0, announcement: Announcement { space, changes } });
    world.settle();
}

pub(crate) fn is_shown(world: &mut World, place: usize, document: DocumentId) -> bool {
    let standing = world.status(place).standing;
    view_in(world.nodes[place].storage.as_ref(), &document, &standing).expect("readable").is_some()
}
