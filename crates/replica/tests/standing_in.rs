//! Standing in: a colleague's ballot counts for whoever is away, alike on every node, and for nobody else.

use std::collections::BTreeMap;

use knotwork_documents::{Certificate, Paper};
use knotwork_governance::{BallotPaper, Consent, Delegation, Electorate, Mandate, Position, Rules, Terms, Voter};
use knotwork_identity::{ChangeId, Nonce, PersonId, PublicKey, SecretKey, Timestamp};
use knotwork_replica::{Event, Evidence, EvidenceError, counting, minute_in};

use crate::{
    asking::{document_of, founded, open, say, terms},
    world::{World, key},
};

/// A member of an organisation, with the change that certified their key.
pub(crate) struct Somebody {
    place: usize,
    pub(crate) person: PersonId,
    key: SecretKey,
    certified: ChangeId,
}

impl Somebody {
    pub(crate) fn certified(world: &mut World, place: usize, number: u8, is_service: bool) -> Self {
        let (person, key) = (PersonId([number; 16]), SecretKey::from_seed(&[number; 32]));
        let organisation = crate::world::key(place, "organisation");
        let changes =
            Certificate::write(world.network, &organisation, person, &key, is_service, Timestamp::NONE).expect("small");
        let certified = changes[0].id();
        world.give(place, Event::Admit { token: 1, changes });
        world.settle();
        world.nodes[place].reply.take().expect("answered").expect("written");
        world.pass(60_000);
        Self { place, person, key, certified }
    }

    pub(crate) fn organisation(&self) -> PublicKey {
        key(self.place, "organisation").public()
    }

    fn voter(&self) -> Voter {
        Voter::Person(self.organisation(), self.person)
    }

    /// What they ask of somebody else, for the time of these terms.
    fn asks(&self, other: &Self, voices: &[ChangeId], terms: &Terms) -> Delegation {
        let mut voices = voices.to_vec();
        voices.sort_unstable();
        Delegation {
            organisation: self.organisation(),
            person: self.person,
            stand_in: other.person,
            certified: other.certified,
            voices,
            from: terms.opens,
            until: terms.closes,
        }
    }

    fn delegates(&self, world: &mut World, delegation: Delegation, nonce: u8) -> ChangeId {
        let paper = Paper::Delegation(Box::new(delegation));
        say(world, self.place, paper, &self.key, Nonce([nonce; 16])).changes[0]
    }

    fn casts(&self, world: &mut World, terms: &Terms, voter: Voter, standing: ChangeId, consent: Consent) -> ChangeId {
        let ballot = BallotPaper {
            decision: terms.decision,
            terms: terms.hash(),
            voter,
            standing,
            position: Position::Consent(consent),
            not_qualified: [].into(),
            salt: [3; 16],
        };
        say(world, self.place, Paper::Ballot(Box::new(ballot)), &self.key, Nonce([0; 16])).changes[0]
    }
}

/// The terms of a decision in which these persons are asked.
fn asked_of(world: &World, persons: &[&Somebody], nonce: Nonce) -> Terms {
    let owner = key(0, "service");
    let mut asked: Vec<_> = persons.iter().map(|one| (one.organisation(), one.person)).collect();
    asked.sort_unstable();
    let mut terms = terms(world, &[0], Vec::new(), &owner, nonce);
    terms.rules = Rules::usual(terms.rules.method, 0, u32::try_from(asked.len()).expect("few"));
    terms.electorate = Electorate::Persons(asked);
    terms
}

/// Who is counted with which ballot, which is the same on all nodes.
fn counted(world: &World, terms: &Terms, ballots: &[ChangeId], voter: &Voter) -> Option<ChangeId> {
    let mut found = Vec::new();
    for (place, node) in world.nodes.iter().enumerate() {
        let agreed = world.rosters[place].agreed();
        let counted = counting::count(node.storage.as_ref(), &agreed, terms.decision, terms.hash(), ballots);
        found.push(counted.expect("countable").voters.get(voter).copied());
    }
    assert!(found.iter().all(|one| *one == found[0]), "{found:?}");
    found[0]
}

#[test]
fn a_colleague_stands_in_until_whoever_was_away_answers_themself() {
    let mut world = founded(2);
    let ada = Somebody::certified(&mut world, 0, 21, false);
    let bea = Somebody::certified(&mut world, 0, 22, false);
    let nonce = Nonce([61; 16]);
    let asked = asked_of(&world, &[&ada, &bea], nonce);
    open(&mut world, 0, &asked, nonce);
    let delegation = ada.asks(&bea, &[ada.certified], &asked);
    let standing = ada.delegates(&mut world, delegation, 1);
    let stood_in = bea.casts(&mut world, &asked, ada.voter(), standing, Consent::WithConcern);
    world.pass(30_000);
    assert_eq!(counted(&world, &asked, &[stood_in], &ada.voter()), Some(stood_in));
    let own = ada.casts(&mut world, &asked, ada.voter(), ada.certified, Consent::Given);
    world.pass(30_000);
    for ballots in [[stood_in, own], [own, stood_in]] {
        assert_eq!(counted(&world, &asked, &ballots, &ada.voter()), Some(own), "whoever is back goes first");
    }
}

#[test]
fn what_a_stand_in_cast_is_minuted_and_counted_again_from_what_is_handed_over() {
    let mut world = founded(2);
    let ada = Somebody::certified(&mut world, 0, 21, false);
    let bea = Somebody::certified(&mut world, 0, 22, false);
    let nonce = Nonce([62; 16]);
    let asked = asked_of(&world, &[&ada, &bea], nonce);
    open(&mut world, 0, &asked, nonce);
    let delegation = ada.asks(&bea, &[ada.certified], &asked);
    let standing = ada.delegates(&mut world, delegation, 1);
    bea.casts(&mut world, &asked, ada.voter(), standing, Consent::Given);
    let before = world.rosters[0].agreed();
    bea.casts(&mut world, &asked, bea.voter(), bea.certified, Consent::WithConcern);
    world.pass(60_000);
    let height = world.rosters[1].agreed().minute_of(&asked.decision).expect("it is final on the other node too");
    let minute = minute_in(world.nodes[1].storage.as_ref(), height).expect("readable").expect("kept").0;
    let knotwork_minutes::Matter::Outcome(outcome) = minute.matter else { panic!("not an outcome") };
    assert_eq!(outcome.counts, [1, 1, 0]);
    let changes =
        Evidence::gather(world.nodes[1].storage.as_ref(), &asked, &outcome, &BTreeMap::new()).expect("readable");
    let network = world.network;
    let recount = |changes: &[Vec<u8>]| {
        Evidence::read(network, changes.iter().map(Vec::as_slice))?.recount(&before, &asked, &outcome)
    };
    assert_eq!(recount(&changes), Ok(()));
    for place in (0..changes.len()).filter(|place| document_of(&changes[*place]) != asked.decision) {
        let mut fewer = changes.clone();
        fewer.remove(place);
        assert_eq!(recount(&fewer), Err(EvidenceError::Lacking), "without change {place}");
    }
}

#[test]
fn nobody_stands_in_who_was_not_asked_by_whoever_has_the_voice() {
    let mut world = founded(2);
    let ada = Somebody::certified(&mut world, 0, 21, false);
    let bea = Somebody::certified(&mut world, 0, 22, false);
    let cal = Somebody::certified(&mut world, 0, 23, false);
    let machine = Somebody::certified(&mut world, 0, 24, true);
    let dot = Somebody::certified(&mut world, 1, 25, false);
    let nonce = Nonce([63; 16]);
    let asked = asked_of(&world, &[&ada, &bea], nonce);
    open(&mut world, 0, &asked, nonce);
    let fine = ada.asks(&bea, &[ada.certified], &asked);
    let standing = ada.delegates(&mut world, fine.clone(), 1);
    // One step: what Ada passed on to Bea is not Bea's to pass on.
    let chained = Delegation { voices: vec![standing], ..ada.asks(&cal, &[standing], &asked) };
    let chained = bea.delegates(&mut world, Delegation { person: ada.person, ..chained }, 2);
    // Nobody passes on what is somebody else's.
    let taken = cal.delegates(&mut world, ada.asks(&bea, &[ada.certified], &asked), 3);
    let to_machine = ada.delegates(&mut world, ada.asks(&machine, &[ada.certified], &asked), 4);
    let elsewhere = ada.delegates(&mut world, ada.asks(&dot, &[ada.certified], &asked), 5);
    let over = Delegation { from: Timestamp::NONE, until: Timestamp::NONE, ..fine };
    let over = ada.delegates(&mut world, over, 6);
    let wrong = [
        (&cal, ada.voter(), chained, "a chain"),
        (&bea, ada.voter(), taken, "somebody else's voice"),
        (&machine, ada.voter(), to_machine, "a machine"),
        (&dot, ada.voter(), elsewhere, "another organisation's"),
        (&bea, ada.voter(), over, "a time that was over"),
        (&cal, ada.voter(), standing, "not asked"),
        (&bea, bea.voter(), standing, "another voter"),
    ];
    for (who, voter, standing, why) in wrong {
        let ballot = who.casts(&mut world, &asked, voter, standing, Consent::Given);
        world.pass(30_000);
        assert_eq!(counted(&world, &asked, &[ballot], &voter), None, "{why}");
    }
    let right = bea.casts(&mut world, &asked, ada.voter(), standing, Consent::Given);
    world.pass(30_000);
    assert_eq!(counted(&world, &asked, &[right], &ada.voter()), Some(right));
}

#[test]
fn who_stands_in_for_a_speaker_speaks_under_that_mandate_and_no_later_one() {
    let mut world = founded(2);
    let ada = Somebody::certified(&mut world, 0, 21, false);
    let bea = Somebody::certified(&mut world, 0, 22, false);
    let cal = Somebody::certified(&mut world, 0, 23, false);
    let nonce = Nonce([64; 16]);
    let asked = terms(&world, &[0, 1], Vec::new(), &key(0, "service"), nonce);
    open(&mut world, 0, &asked, nonce);
    let gives = |world: &mut World, number, to: &Somebody| {
        let keys = vec![to.key.public()];
        let (from, until) = (Timestamp::NONE, Timestamp::MAX);
        let mandate = Mandate { number, person: Some(to.person), keys, from, until };
        say(world, 0, Paper::Mandate(mandate), &key(0, "organisation"), Nonce([0; 16])).changes[0]
    };
    let first = gives(&mut world, 1, &ada);
    let delegation = ada.asks(&bea, &[first, ada.certified], &asked);
    let standing = ada.delegates(&mut world, delegation, 1);
    let voter = Voter::Organisation(ada.organisation());
    let stood_in = bea.casts(&mut world, &asked, voter, standing, Consent::WithConcern);
    world.pass(30_000);
    assert_eq!(counted(&world, &asked, &[stood_in], &voter), Some(stood_in));
    let own = ada.casts(&mut world, &asked, voter, first, Consent::Given);
    world.pass(30_000);
    assert_eq!(counted(&world, &asked, &[stood_in, own], &voter), Some(own), "whoever is back goes first");
    let second = gives(&mut world, 2, &cal);
    let later = cal.casts(&mut world, &asked, voter, second, Consent::Objection);
    world.pass(30_000);
    assert_eq!(counted(&world, &asked, &[stood_in, own, later], &voter), Some(later), "under the later mandate");
}
