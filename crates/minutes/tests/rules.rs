//! What may come next, and what a proof shows: every rule is met, and every way to break it.

#[allow(dead_code, reason = "each test binary uses a part")]
mod circle;

use circle::Circle;
use knotwork_governance::{Effect, Said, SignedNode, Stage, Stands, Word, acceptance_bytes};
use knotwork_identity::{ChangeId, CharterDigest, MinuteHash, NetworkId, PublicKey, SecretKey, Signature, Timestamp};
use knotwork_minutes::{Matter, Misfit, Outcome, ProofError, Unverified, limits};

const STANDS: Stands = Stands { count: 0, digest: [0; 32] };

fn misfit(circle: &Circle, matter: Matter) -> Misfit {
    circle.agreed.fits(&matter).expect_err("it does not fit")
}

fn of_outcome(circle: &Circle, effects: Vec<Effect>) -> Misfit {
    misfit(circle, Matter::Outcome(circle.outcome(1, effects)))
}

fn admit(circle: &Circle, organisation: &SecretKey, node: Option<&SecretKey>, host: Option<PublicKey>) -> Effect {
    let network = circle.agreed.network();
    admit_with(circle, organisation, node.map(|node| SignedNode::sign(network, organisation.public(), node)), host)
}

fn admit_with(circle: &Circle, organisation: &SecretKey, node: Option<SignedNode>, host: Option<PublicKey>) -> Effect {
    let agreed = &circle.agreed;
    let key = node.map(|node| node.key);
    let bytes = acceptance_bytes(agreed.network(), organisation.public(), key, host, agreed.charter().digest);
    Effect::Admit { organisation: organisation.public(), node, host, acceptance: organisation.sign(&bytes) }
}

#[test]
fn a_minute_has_its_place() {
    let circle = Circle::of(4);
    let good = circle.agreed.next(circle.word(1, 2, Said::Rest(Timestamp::MAX)));
    assert_eq!(circle.agreed.check(&good), Ok(()));
    let mut bad = good.clone();
    bad.network = NetworkId([0; 32]);
    assert_eq!(circle.agreed.check(&bad), Err(Misfit::Network));
    let place = Err(Misfit::Place { height: good.height, expected: good.height });
    let mut bad = good.clone();
    bad.previous = MinuteHash([0; 32]);
    assert_eq!(circle.agreed.check(&bad), place);
    let mut bad = good;
    bad.height += 1;
    assert!(matches!(circle.agreed.check(&bad), Err(Misfit::Place { .. })));
}

#[test]
fn words_bind_whom_they_may() {
    let mut circle = Circle::of(4);
    let organisation = circle.organisations[1].public();
    let network = circle.agreed.network();
    let mut forged = Word::say(network, &circle.organisations[1], 2, Said::Return);
    forged.number = 3;
    assert_eq!(misfit(&circle, Matter::Word(forged)), Misfit::Signature(organisation));
    let stranger = SecretKey::from_seed(&[250; 32]);
    let strange = Matter::Word(Word::say(network, &stranger, 1, Said::Return));
    assert_eq!(misfit(&circle, strange), Misfit::NotOnRoster(stranger.public()));
    let again = circle.word(1, 1, Said::Rest(Timestamp::MAX));
    assert_eq!(misfit(&circle, again), Misfit::SaidBefore(organisation));
    let accept = circle.word(1, 2, Said::Accept(circle.agreed.charter().digest));
    assert_eq!(misfit(&circle, accept), Misfit::NothingToAccept(organisation));
    assert_eq!(misfit(&circle, circle.word(1, 2, Said::Return)), Misfit::DoesNotRest(organisation));
    circle.minute(circle.word(1, 2, Said::Rest(Timestamp::MAX)));
    assert_eq!(circle.agreed.signers().len(), 3);
    let rest = circle.word(1, 3, Said::Rest(Timestamp::MAX));
    assert_eq!(misfit(&circle, rest), Misfit::RestsAlready(organisation));
    circle.minute(circle.word(1, 3, Said::Return));
    assert_eq!(circle.agreed.signers().len(), 4);
    // Whoever has been heard is over; whoever has gone is on no roster.
    assert!(circle.agreed.is_over(&circle.word(1, 3, Said::Return)));
    circle.minute(circle.word(1, 4, Said::Leave(STANDS)));
    assert_eq!(misfit(&circle, circle.word(1, 5, Said::Return)), Misfit::NotOnRoster(organisation));
    assert_eq!(circle.agreed.gone()[&organisation].word, 4);
}

#[test]
fn an_acceptance_is_of_the_charter_in_force_and_the_last_who_signs_stays() {
    let alone = Circle::of(1);
    assert_eq!(misfit(&alone, alone.word(0, 1, Said::Leave(STANDS))), Misfit::NobodySigns);
    assert_eq!(misfit(&alone, alone.word(0, 1, Said::Rest(Timestamp::MAX))), Misfit::NobodySigns);
    let mut circle = Circle::of(2);
    let charter = Effect::Charter {
        document: knotwork_identity::DocumentId([9; 32]),
        digest: CharterDigest([9; 32]),
        rules: knotwork_governance::BindingRules::FIRST,
    };
    circle.minute(Matter::Outcome(circle.outcome(1, vec![charter])));
    let newcomer = SecretKey::from_seed(&[251; 32]);
    let (network, organisation) = (circle.agreed.network(), newcomer.public());
    let node = SignedNode::sign(network, organisation, &SecretKey::from_seed(&[252; 32]));
    let old = acceptance_bytes(network, organisation, Some(node.key), None, CharterDigest(network.0));
    let node = Some(node);
    let stale = Effect::Admit { organisation, node, host: None, acceptance: newcomer.sign(&old) };
    let outcome = circle.outcome(2, vec![stale]);
    assert_eq!(misfit(&circle, Matter::Outcome(outcome)), Misfit::Signature(organisation));
}

#[test]
fn effects_fit_the_roster() {
    let mut circle = Circle::of(4);
    let (one, two) = (circle.organisations[1].clone(), circle.organisations[2].public());
    let stranger = SecretKey::from_seed(&[250; 32]);
    let strange = stranger.public();
    let fresh = SecretKey::from_seed(&[252; 32]);
    assert_eq!(of_outcome(&circle, vec![admit(&circle, &one, Some(&fresh), None)]), Misfit::OnRoster(one.public()));
    let remove = Effect::Remove { organisation: strange, stands: STANDS };
    assert_eq!(of_outcome(&circle, vec![remove]), Misfit::NotOnRoster(strange));
    let rest = Effect::Rest { organisation: two };
    assert_eq!(of_outcome(&circle, vec![rest.clone(), rest]), Misfit::RestsAlready(two));
    for node in [&circle.nodes[2], &circle.organisations[2], &stranger] {
        let bad = admit(&circle, &stranger, Some(node), None);
        assert_eq!(of_outcome(&circle, vec![bad]), Misfit::NodeKey(strange), "{node:?}");
    }
    for (node, host) in [(None, None), (Some(&fresh), Some(two)), (None, Some(strange))] {
        let bad = admit(&circle, &stranger, node, host);
        assert_eq!(of_outcome(&circle, vec![bad]), Misfit::Host(strange));
    }
    // Whoever is hosted does not keep the host, and is without until it names another.
    circle.minute(Matter::Outcome(circle.outcome(1, vec![admit(&circle, &stranger, None, Some(two))])));
    let mut without = Circle { agreed: circle.agreed.clone(), ..Circle::of(4) };
    without.minute(without.word(2, 2, Said::Leave(STANDS)));
    assert_eq!((without.agreed.parties()[&strange].node, without.agreed.parties()[&strange].host), (None, None));
    let own = circle.nodes[1].clone();
    assert_eq!(misfit(&circle, circle.node_word(1, 2, &own)), Misfit::NothingChanges(circle.organisations[1].public()));
    // A node that was taken back speaks for nobody any more.
    circle.minute(circle.node_word(1, 2, &fresh));
    assert_eq!(misfit(&circle, circle.node_word(3, 2, &own)), Misfit::NodeKey(circle.organisations[3].public()));
    let decided = circle.outcome(1, vec![Effect::Stage(Stage::Emerging)]);
    assert_eq!(
        misfit(&circle, Matter::Outcome(Outcome { statements: decided.statements.clone(), ..decided.clone() })),
        {
            // Its statements are by nodes of before: the node that changed signs no more.
            Misfit::Statement(circle.nodes[1].public())
        }
    );
}

#[test]
fn nobody_names_the_node_of_another() {
    let circle = Circle::of(4);
    let (stranger, node) = (SecretKey::from_seed(&[250; 32]), SecretKey::from_seed(&[252; 32]));
    let network = circle.agreed.network();
    let (cheat, friend) = (circle.organisations[1].public(), circle.organisations[2].public());
    // It has seen the card of whoever applies, and what its node signed, and says that the node is its own.
    let taken = SignedNode::sign(network, stranger.public(), &node);
    let forged = SignedNode { key: node.public(), ..SignedNode::sign(network, cheat, &circle.nodes[1]) };
    let elsewhere = SignedNode::sign(NetworkId([9; 32]), cheat, &node);
    // A point that is not on the curve is no key.
    let none = (0..=255).map(|byte| PublicKey([byte; 32])).find(|key| key.verifier().is_err()).expect("one of them");
    let none = SignedNode { key: none, ..taken };
    for named in [taken, forged, elsewhere, none] {
        let word = circle.word(1, 2, Said::Node { node: Some(named), host: None });
        assert_eq!(misfit(&circle, word), Misfit::NotItsNode(cheat));
        let by_others = Effect::Node { organisation: friend, node: named };
        assert_eq!(of_outcome(&circle, vec![by_others]), Misfit::NotItsNode(friend));
        let newcomer = SecretKey::from_seed(&[251; 32]);
        let admitted = admit_with(&circle, &newcomer, Some(named), None);
        assert_eq!(of_outcome(&circle, vec![admitted]), Misfit::NotItsNode(newcomer.public()));
    }
    let own = admit(&circle, &stranger, Some(&node), None);
    assert_eq!(circle.agreed.fits(&Matter::Outcome(circle.outcome(1, vec![own]))), Ok(()));
}

#[test]
fn a_node_that_was_given_up_comes_back_by_its_organisations_own_word_alone() {
    let mut circle = Circle::of(4);
    let network = circle.agreed.network();
    let (own, first) = (circle.organisations[1].public(), circle.nodes[1].clone());
    let second = SecretKey::from_seed(&[250; 32]);
    let named = |node: &SecretKey, organisation| SignedNode::sign(network, organisation, node);
    circle.minute(circle.node_word(1, 2, &second));
    circle.nodes[1] = second;
    // Others may have had it named another since the first was stolen: they do not bring it back, nor is it ever another's.
    let by_others = Effect::Node { organisation: own, node: named(&first, own) };
    assert_eq!(of_outcome(&circle, vec![by_others]), Misfit::NodeKey(own));
    let thief = circle.organisations[2].public();
    let word = circle.word(2, 2, Said::Node { node: Some(named(&first, thief)), host: None });
    assert_eq!(misfit(&circle, word), Misfit::NodeKey(thief));
    circle.minute(circle.node_word(1, 3, &first));
    assert_eq!(circle.agreed.parties()[&own].node, Some(first.public()));
}

#[test]
fn a_roster_takes_no_more_than_its_limit() {
    let mut circle = Circle::of(2);
    let host = Some(circle.organisations[0].public());
    let mut decision = 1;
    while circle.agreed.parties().len() < limits::PARTIES_MAX {
        let newcomer = SecretKey::from_seed(&knotwork_identity::sha256(&[&[decision]]));
        circle.minute(Matter::Outcome(circle.outcome(decision, vec![admit(&circle, &newcomer, None, host)])));
        decision += 1;
    }
    let newcomer = SecretKey::from_seed(&[250; 32]);
    let outcome = circle.outcome(decision, vec![admit(&circle, &newcomer, None, host)]);
    assert_eq!(misfit(&circle, Matter::Outcome(outcome)), Misfit::Full);
}

#[test]
fn an_outcome_carries_enough_statements_and_their_ballots_and_comes_once() {
    let mut circle = Circle::of(4);
    let good = circle.outcome(1, Vec::new());
    assert_eq!(circle.agreed.fits(&Matter::Outcome(good.clone())), Ok(()));
    let mut few = good.clone();
    few.statements.truncate(2);
    assert_eq!(misfit(&circle, Matter::Outcome(few)), Misfit::FewStatements { found: 2, needed: 3 });
    // Bits cannot be set from outside: a ballot that nobody names is put in by statements of fewer.
    let mut more = good.clone();
    more.ballots.push(ChangeId([9; 32]));
    assert_eq!(misfit(&circle, Matter::Outcome(more)), Misfit::NotTheUnion);
    let mut forged = good.clone();
    forged.statements[2].signature = Signature([3; 64]);
    let node = forged.statements[2].node;
    assert_eq!(misfit(&circle, Matter::Outcome(forged)), Misfit::Statement(node));
    let mut other = good.clone();
    other.ballots[0] = ChangeId([0; 32]);
    assert!(matches!(misfit(&circle, Matter::Outcome(other)), Misfit::Statement(_)));
    circle.minute(Matter::Outcome(good.clone()));
    assert_eq!(misfit(&circle, Matter::Outcome(good.clone())), Misfit::Decided(good.decision));
    assert!(circle.agreed.is_over(&Matter::Outcome(good)));
}

#[test]
fn of_two_statements_by_one_node_the_first_counts() {
    let circle = Circle::of(4);
    let mut statements = circle.statements(1, &[1, 2]);
    statements.extend(circle.statements(1, &[5, 6]));
    let (decision, terms) = (statements[0].decision, statements[0].terms);
    let outcome =
        Outcome::of(decision, terms, &statements, (vec![2, 0], knotwork_minutes::Verdict::NotAdopted, vec![]));
    assert_eq!(outcome.ballots, [ChangeId([1; 32]), ChangeId([2; 32])]);
    assert_eq!(circle.agreed.fits(&Matter::Outcome(outcome)), Ok(()));
}

#[test]
fn a_proof_is_of_more_than_two_thirds_who_sign() {
    let circle = Circle::of(4);
    let minute = circle.agreed.next(circle.word(1, 2, Said::Rest(Timestamp::MAX)));
    let good = circle.proof(&minute);
    let follow = |proof: &knotwork_minutes::Proof| circle.agreed.clone().follow(&minute, proof);
    assert_eq!(follow(&good), Ok(()));
    let mut three = good.clone();
    three.signatures.remove(1);
    assert_eq!(follow(&three), Ok(()), "three of four are enough");
    let mut two = three.clone();
    two.signatures.pop();
    assert_eq!(follow(&two), Err(Unverified::Proof(ProofError::TooFew { found: 2, needed: 3 })));
    let stranger = SecretKey::from_seed(&[250; 32]).public();
    let mut foreign = good.clone();
    foreign.signatures[0].0 = stranger;
    assert_eq!(follow(&foreign), Err(Unverified::Proof(ProofError::NotASigner(stranger))));
    for place in 0..4 {
        let mut flipped = good.clone();
        flipped.signatures[place].1.0[7] ^= 1;
        let node = flipped.signatures[place].0;
        assert_eq!(follow(&flipped), Err(Unverified::Proof(ProofError::Signature(node))));
    }
    let mut later = good.clone();
    later.round = 1;
    assert!(follow(&later).is_err(), "a signature is of one round");
    // One signature that stands there twice is not read.
    let mut twice = two;
    twice.signatures.push(twice.signatures[1]);
    let bytes = knotwork_identity::encode(&twice);
    assert!(knotwork_identity::decode_exact::<knotwork_minutes::Proof>(&bytes).is_err());
}

#[test]
fn a_newcomer_comes_to_the_same() {
    let circle = Circle::of(7);
    let mut newcomer = Circle::of(1);
    assert_ne!(newcomer.agreed.network(), circle.agreed.network());
    let (minute, proof) = &circle.minutes[0];
    assert_eq!(newcomer.agreed.follow(minute, proof), Err(Unverified::Misfit(Misfit::Network)));
    assert_eq!(circle.agreed.height(), 6);
    assert_eq!(circle.agreed.signers().quorum(), 5);
}
