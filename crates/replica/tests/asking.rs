//! What is asked and answered in a network in memory: founding it, voices, terms and ballots.

use knotwork_documents::Paper;
use knotwork_governance::{
    BallotPaper, Consent, Effect as Binding, Electorate, Mandate, Method, Position, ReasonRule, Rules, Said, Shown,
    Terms, Voter,
};
use knotwork_identity::{ChangeId, DocumentId, Nonce, PersonId, PublicKey, SecretKey, Timestamp, decode_exact};
use knotwork_ledger::{CheckedChange, SignedChange};
use knotwork_minutes::Verdict;
use knotwork_replica::{Event, Receipt, minute_in};

use crate::world::{World, key};

/// A network of so many in which every founder has come in.
pub(crate) fn founded(count: usize) -> World {
    let mut world = World::deciding(count);
    world.connect_all();
    world.pass(60_000);
    for place in 0..count {
        let agreed = world.rosters[place].agreed();
        assert_eq!(agreed.signers().len(), count, "node {place} is at minute {}", agreed.height());
        assert_eq!(agreed.height(), count as u64 - 1);
    }
    world
}

pub(crate) fn say(world: &mut World, place: usize, paper: Paper, key: &SecretKey, nonce: Nonce) -> Receipt {
    world.begin_saying(place, paper, key, nonce);
    world.settle();
    world.nodes[place].reply.take().expect("answered").expect("written")
}

/// An organisation says something for itself.
pub(crate) fn speaks(place: usize, said: Said) -> Event {
    Event::Say { token: 9, said, key: Box::new(key(place, "organisation")) }
}

/// Each organisation gives its voice to its own service's key, for want of members here.
pub(crate) fn mandates(world: &mut World, count: usize) -> Vec<ChangeId> {
    let give = |place| {
        let holder = key(place, "service");
        let mandate = Mandate {
            number: 1,
            person: Some(PersonId([1; 16])),
            keys: vec![holder.public()],
            from: Timestamp::NONE,
            until: Timestamp::MAX,
        };
        say(world, place, Paper::Mandate(mandate), &key(place, "organisation"), Nonce([0; 16])).changes[0]
    };
    (0..count).map(give).collect()
}

/// How long a decision to part with an organisation is open, in milliseconds.
pub(crate) const WEEK: u64 = Terms::REMOVAL_OPEN_MILLISECONDS_MIN;

/// The terms of a decision by consent, open for an hour, or for a week where it parts with an organisation.
pub(crate) fn terms(world: &World, asked: &[usize], effects: Vec<Binding>, owner: &SecretKey, nonce: Nonce) -> Terms {
    let now = world.now().wall.milliseconds();
    let time = |after| Timestamp::from_milliseconds(now + after).expect("small");
    let mut organisations: Vec<PublicKey> = asked.iter().map(|place| key(*place, "organisation").public()).collect();
    organisations.sort_unstable();
    let mut terms = Terms {
        decision: DocumentId([0; 32]),
        version: 1,
        title: "A decision".into(),
        text: "We do it.".into(),
        summary: String::new(),
        left_out: String::new(),
        rules: Rules::usual(Method::Consent, 0, asked.len() as u32),
        options: Vec::new(),
        electorate: Electorate::Organisations(organisations),
        as_of: world.rosters[0].agreed().height(),
        opens: time(0),
        closes: time(if effects.iter().any(|effect| effect.removes().is_some()) { WEEK } else { 3_600_000 }),
        reasons: ReasonRule::Against,
        shown: Shown::Always,
        effects,
        review: Some(time(2 * WEEK)),
        follows: None,
        integrates: Vec::new(),
    };
    terms.decision = Paper::Terms(Box::new(terms.clone())).header(world.network, owner.public(), nonce).id();
    terms
}

pub(crate) fn vote(world: &mut World, place: usize, terms: &Terms, mandate: ChangeId, consent: Consent) -> ChangeId {
    say(world, place, ballot(place, terms, mandate, consent), &key(place, "service"), Nonce([0; 16])).changes[0]
}

pub(crate) fn ballot(place: usize, terms: &Terms, mandate: ChangeId, consent: Consent) -> Paper {
    Paper::Ballot(Box::new(BallotPaper {
        decision: terms.decision,
        terms: terms.hash(),
        voter: Voter::Organisation(key(place, "organisation").public()),
        standing: mandate,
        position: Position::Consent(consent),
        not_qualified: [].into(),
        salt: [place as u8; 16],
    }))
}

pub(crate) fn open(world: &mut World, place: usize, terms: &Terms, nonce: Nonce) {
    say(world, place, Paper::Terms(Box::new(terms.clone())), &key(place, "service"), nonce);
}

/// A change that was handed over.
pub(crate) fn change_of(bytes: &[u8]) -> CheckedChange {
    let change: SignedChange = decode_exact(bytes).expect("a change");
    change.check_trusted().expect("valid").change().expect("known")
}

pub(crate) fn document_of(bytes: &[u8]) -> DocumentId {
    change_of(bytes).document()
}

/// The verdict of the last minute, which is the same on these nodes.
pub(crate) fn last(world: &World, places: &[usize]) -> (u64, Option<Verdict>) {
    let heights: Vec<(u64, _)> = places
        .iter()
        .map(|place| {
            let agreed = world.rosters[*place].agreed();
            (agreed.height(), agreed.hash())
        })
        .collect();
    assert!(heights.iter().all(|height| *height == heights[0]), "{heights:?}");
    let minute = minute_in(world.nodes[places[0]].storage.as_ref(), heights[0].0).expect("readable").expect("kept").0;
    let verdict = match minute.matter {
        knotwork_minutes::Matter::Outcome(outcome) => Some(outcome.verdict),
        knotwork_minutes::Matter::Word(_) | knotwork_minutes::Matter::Reconvened(_) => None,
    };
    (heights[0].0, verdict)
}

/// The outcome of a decision that is final on a node.
pub(crate) fn outcome_of(world: &World, place: usize, asked: &Terms) -> knotwork_minutes::Outcome {
    let minute = world.rosters[place].agreed().minute_of(&asked.decision).expect("it is final");
    let minute = minute_in(world.nodes[place].storage.as_ref(), minute).expect("readable").expect("kept").0;
    let knotwork_minutes::Matter::Outcome(outcome) = minute.matter else { panic!("not an outcome") };
    outcome
}
