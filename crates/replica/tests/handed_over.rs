//! What is handed over of a decision: who opened it, and what there is where some of it is missing.

use std::sync::Arc;

use knotwork_documents::{Certificate, CertificateEdit, Edit, Paper};
use knotwork_governance::{Consent, Position, Terms, Voter};
use knotwork_identity::{Nonce, SecretKey, Timestamp};
use knotwork_minutes::{Agreed, Matter, Outcome};
use knotwork_replica::{Basis, Event, Evidence, EvidenceError, Opener, Target, minute_in};

use crate::{
    asking::{change_of, document_of, founded, mandates, say, terms, vote},
    standing_in::Somebody,
    world::{World, key},
};

/// A decision that a member of the first organisation opened, and three answered.
struct Decided {
    world: World,
    ada: Somebody,
    /// Ada's second key, with which she opened it.
    key: SecretKey,
    asked: Terms,
    before: Arc<Agreed>,
    outcome: Outcome,
    changes: Vec<Vec<u8>>,
}

impl Decided {
    fn new() -> Self {
        let mut world = founded(3);
        let mandates = mandates(&mut world, 3);
        let ada = Somebody::certified(&mut world, 0, 31, false);
        let (opening, nonce) = (further_key(&mut world, &ada), Nonce([39; 16]));
        let asked = terms(&world, &[0, 1, 2], Vec::new(), &opening, nonce);
        say(&mut world, 0, Paper::Terms(Box::new(asked.clone())), &opening, nonce);
        world.pass(60_000);
        vote(&mut world, 0, &asked, mandates[0], Consent::Given);
        vote(&mut world, 1, &asked, mandates[1], Consent::WithConcern);
        let before = world.rosters[0].agreed();
        vote(&mut world, 2, &asked, mandates[2], Consent::Given);
        world.pass(60_000);
        let height = world.rosters[0].agreed().minute_of(&asked.decision).expect("it is final");
        let storage = world.nodes[1].storage.clone();
        let minute = minute_in(storage.as_ref(), height).expect("readable").expect("kept").0;
        let Matter::Outcome(outcome) = minute.matter else { panic!("not an outcome") };
        let authors = world.status(1).authors;
        let changes = Evidence::gather(storage.as_ref(), &asked, &outcome, &authors).expect("readable");
        Self { world, ada, key: opening, asked, before, outcome, changes }
    }

    fn read(&self, changes: &[Vec<u8>]) -> Result<Evidence, EvidenceError> {
        Evidence::read(self.world.network, changes.iter().map(Vec::as_slice))
    }
}

/// Certifies another key of theirs, in a further change of their certificate.
fn further_key(world: &mut World, somebody: &Somebody) -> SecretKey {
    let (organisation, further) = (key(0, "organisation"), SecretKey::from_seed(&[32; 32]));
    let header = Certificate::header(world.network, organisation.public(), &somebody.person);
    let proof = Certificate::proof(world.network, &organisation.public(), &somebody.person, &further);
    let edit = Edit::from(CertificateEdit { person: somebody.person, key: further.public(), proof });
    world.give(
        0,
        Event::Edit {
            token: 1,
            target: Target::Of(header),
            edit: Box::new(edit),
            key: Box::new(organisation),
            basis: Basis::Now,
            time: Timestamp::NONE,
        },
    );
    world.settle();
    world.nodes[0].reply.take().expect("answered").expect("written");
    further
}

#[test]
fn who_opened_it_is_shown_by_their_signature_and_their_certificate() {
    let decided = Decided::new();
    let Decided { ada, key, asked, before, outcome, changes, .. } = &decided;
    let evidence = decided.read(changes).expect("sound");
    assert_eq!(evidence.recount(before, asked, outcome), Ok(()));
    let (key, person) = (key.public(), Some((ada.organisation(), ada.person)));
    assert_eq!(evidence.opener(before, asked), Some(Opener { key, person }));
    let without = |gone: &dyn Fn(&[u8]) -> bool| {
        let left: Vec<Vec<u8>> = changes.iter().filter(|bytes| !gone(bytes)).cloned().collect();
        assert!(left.len() < changes.len());
        let evidence = decided.read(&left).expect("sound");
        assert_eq!(evidence.recount(before, asked, outcome), Ok(()), "none of it is counted from");
        evidence.opener(before, asked)
    };
    assert_eq!(without(&|bytes| document_of(bytes) == asked.decision), None);
    let is_certificate = |bytes: &[u8]| change_of(bytes).header().kind == knotwork_documents::kinds::CERTIFICATE;
    assert_eq!(without(&is_certificate), Some(Opener { key, person: None }));
    // Each part of the certificate is needed: a later change of it names the key, and no person.
    let certificates: Vec<&Vec<u8>> = changes.iter().filter(|bytes| is_certificate(bytes)).collect();
    assert_eq!(certificates.len(), 2);
    for part in certificates {
        assert_eq!(without(&|bytes| bytes == part), Some(Opener { key, person: None }));
    }
    // Other terms of the same decision are not those that were minuted.
    let other = Terms { version: 2, ..asked.clone() };
    assert_eq!(evidence.opener(before, &other), None);
}

#[test]
fn nothing_is_handed_over_twice() {
    let decided = Decided::new();
    for place in 0..decided.changes.len() {
        let twice = [&decided.changes[..], &decided.changes[place..=place]].concat();
        assert_eq!(decided.read(&twice).err(), Some(EvidenceError::Twice), "change {place} is there twice");
    }
}

#[test]
fn where_a_ballot_is_missing_the_others_are_told() {
    let decided = Decided::new();
    let Decided { asked, before, outcome, changes, .. } = &decided;
    let voter = |place| Voter::Organisation(key(place, "organisation").public());
    let all = decided.read(changes).expect("sound");
    let answers = all.answers(before, asked, outcome).expect("all is there");
    assert_eq!((answers.said.len(), answers.spoiled.len(), all.held(outcome)), (3, 0, 3));
    let is_of = |bytes: &[u8], place| match Paper::read(&change_of(bytes)) {
        Some(Paper::Ballot(ballot)) => ballot.voter == voter(place),
        _ => false,
    };
    let some: Vec<Vec<u8>> = changes.iter().filter(|bytes| !is_of(bytes, 0)).cloned().collect();
    let evidence = decided.read(&some).expect("sound");
    assert_eq!(evidence.recount(before, asked, outcome), Err(EvidenceError::Lacking));
    assert_eq!(evidence.held(outcome), 2);
    let told = evidence.answers_here(asked, outcome).expect("at hand");
    let of = |place| {
        let (_, sheet) = told.iter().find(|(one, _)| *one == voter(place))?;
        let Paper::Ballot(ballot) = &sheet.paper else { panic!("not a ballot") };
        Some(ballot.position.clone())
    };
    let expected = [None, Some(Consent::WithConcern), Some(Consent::Given)].map(|one| one.map(Position::Consent));
    assert_eq!([of(0), of(1), of(2)], expected);
    // What gives a voice is missing: nobody is told to have said what anybody may have written.
    let papers: Vec<Vec<u8>> =
        some.into_iter().filter(|bytes| !matches!(Paper::read(&change_of(bytes)), Some(Paper::Mandate(_)))).collect();
    let evidence = decided.read(&papers).expect("sound");
    assert_eq!((evidence.held(outcome), evidence.answers_here(asked, outcome).expect("at hand")), (2, Vec::new()));
}
