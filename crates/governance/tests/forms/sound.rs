//! One sound sample of each form that comes from outside, and what must hold of any bytes as one of them. The tests draw
//! changes to the samples at random, and the fuzzer looks for them.

use knotwork_governance::{
    Application, BallotPaper, Charter, ClosingStatement, Consent, Delegation, DelegationAnswer, Effect, Electorate,
    Feelings, Mandate, MandateAnswer, Method, NetworkInvitation, NodeCertificate, Position, ReasonRule, Rules, Said,
    Shown, SignedNode, Stage, Stands, TemperatureCheck, TemperatureCounts, Terms, Voter, Word,
};
use knotwork_identity::{
    Card, ChangeId, Decode, DocumentId, Encode, Genesis, NetworkId, PersonId, SecretKey, TermsHash, Timestamp,
    decode_exact, encode,
};

/// Reads bytes as a form: whether they are one.
pub(crate) type Form = fn(&[u8]) -> bool;

/// Each form with a sample.
pub(crate) fn forms() -> Vec<(Form, Vec<u8>)> {
    let (network, key, node) = (NetworkId([1; 32]), SecretKey::from_seed(&[2; 32]), SecretKey::from_seed(&[3; 32]));
    let (decision, change, person) = (DocumentId([4; 32]), ChangeId([5; 32]), PersonId([6; 16]));
    let signed = SignedNode::sign(network, key.public(), &node);
    let card = Card { name: "Alder".into(), organisation: key.public(), node: node.public(), addresses: Vec::new() };
    let invitation = NetworkInvitation {
        genesis: Genesis {
            nonce: [7; 32],
            name: "Trees".into(),
            purpose: "To grow".into(),
            founders: vec![card.clone()],
        },
        sponsor: card,
        charter: Some(Charter::first("To grow".into())),
        minutes: vec![vec![8; 30]],
        secret: [9; 32],
    };
    let application = Application::sign(&invitation, network, ("Birch".into(), Vec::new()), (&key, &node));
    let hosted = Application::hosted(network, "Cedar".into(), key.public(), invitation.charter_digest(), &node);
    let node_of = Effect::Node { organisation: key.public(), node: signed };
    let terms = terms(decision, Method::Consent, vec![Effect::Stage(Stage::Emerging), node_of]);
    let scored = Terms {
        options: vec!["Monday".into(), "Friday".into()],
        rules: Rules::usual(Method::Score { highest: 5 }, 2, ASKED),
        ..self::terms(decision, Method::Advice, Vec::new())
    };
    let ballot = BallotPaper {
        decision,
        terms: terms.hash(),
        voter: Voter::Person(key.public(), person),
        standing: change,
        position: Position::Consent(Consent::Objection),
        not_qualified: [change].into(),
        salt: [1; 16],
    };
    let delegation = Delegation {
        organisation: key.public(),
        person,
        stand_in: PersonId([7; 16]),
        certified: change,
        voices: vec![change],
        from: Timestamp::MAX,
        until: Timestamp::MAX,
    };
    let mandate = Mandate {
        number: 1,
        person: Some(person),
        keys: vec![key.public()],
        from: Timestamp::MAX,
        until: Timestamp::MAX,
    };
    let check = TemperatureCheck {
        question: "Warm?".into(),
        text: "Enough.".into(),
        about: Some(decision),
        opens: Timestamp::NONE,
        closes: Timestamp::from_milliseconds(7 * 24 * 3_600_000).expect("in range"),
    };
    let counts = TemperatureCounts { check: decision, asked: change, feelings: Feelings([1, 2, 3, 4, 5]) };
    let left = Said::Leave(Stands { count: 3, digest: [1; 32] });
    vec![
        (is::<Terms>, encode(&terms)),
        (is::<Terms>, encode(&scored)),
        (is::<BallotPaper>, encode(&ballot)),
        (is::<Charter>, encode(&Charter::first("To grow".into()))),
        (is::<Word>, encode(&Word::say(network, &key, 1, left))),
        (is::<Word>, encode(&Word::say(network, &key, 2, Said::Node { node: Some(signed), host: None }))),
        (
            is::<ClosingStatement>,
            encode(&ClosingStatement::make(network, &node, decision, TermsHash([1; 32]), vec![change])),
        ),
        (is::<Mandate>, encode(&mandate)),
        (is::<MandateAnswer>, encode(&MandateAnswer { mandate: decision, accepted: true })),
        (is::<NodeCertificate>, encode(&NodeCertificate { node: signed, served: true })),
        (is::<Delegation>, encode(&delegation)),
        (is::<DelegationAnswer>, encode(&DelegationAnswer { delegation: decision, accepted: false })),
        (is::<TemperatureCheck>, encode(&check)),
        (is::<TemperatureCounts>, encode(&counts)),
        (is_application, application.to_bytes()),
        (is_application, hosted.to_bytes()),
        (is_invitation, invitation.to_bytes()),
    ]
}

/// A sample with changes as the choices say: four bytes each, for the place, for what is done there, and with what.
pub(crate) fn spliced(sample: &[u8], choices: &[u8]) -> Vec<u8> {
    let mut bytes = sample.to_vec();
    for choice in choices.chunks_exact(4).take(CHANGES_MAX) {
        let place = usize::from(u16::from_be_bytes([choice[0], choice[1]])) % (bytes.len() + 1);
        let end = bytes.len().min(place + usize::from(choice[3]) + 1);
        match choice[2] % 4 {
            0 => bytes.iter_mut().skip(place).take(1).for_each(|byte| *byte ^= choice[3]),
            1 => bytes.insert(place, choice[3]),
            2 => drop(bytes.drain(place..end)),
            _ => {
                let again = bytes[place..end].to_vec();
                bytes.splice(end..end, again);
            }
        }
    }
    bytes
}

/// What is read is written as the same bytes.
fn is<T: Decode + Encode + Judged>(bytes: &[u8]) -> bool {
    let read = decode_exact::<T>(bytes);
    if let Ok(form) = &read {
        assert_eq!(encode(form), bytes);
        form.judge();
    }
    read.is_ok()
}

fn is_application(bytes: &[u8]) -> bool {
    is::<Application>(bytes);
    Application::from_bytes(bytes).is_ok_and(|application| application.to_bytes() == bytes)
}

fn is_invitation(bytes: &[u8]) -> bool {
    is::<NetworkInvitation>(bytes);
    NetworkInvitation::from_bytes(bytes).is_ok_and(|invitation| invitation.to_bytes() == bytes)
}

/// What is asked of a form after it was read.
trait Judged {
    fn judge(&self) {}
}

impl Judged for Terms {
    fn judge(&self) {
        // Whoever is asked says nothing: that comes to something.
        let rules = Charter::first("To grow".into()).rules;
        self.count(&[], &[], &rules).expect("sound terms are counted");
    }
}

impl Judged for TemperatureCounts {
    fn judge(&self) {
        let twice = self.feelings.and(&self.feelings);
        assert!(twice.total() >= self.feelings.total());
    }
}

impl Judged for BallotPaper {}
impl Judged for Charter {}
impl Judged for TemperatureCheck {}
impl Judged for Word {}
impl Judged for ClosingStatement {}
impl Judged for Mandate {}
impl Judged for MandateAnswer {}
impl Judged for NodeCertificate {}
impl Judged for Delegation {}
impl Judged for DelegationAnswer {}
impl Judged for Application {}
impl Judged for NetworkInvitation {}

fn terms(decision: DocumentId, method: Method, effects: Vec<Effect>) -> Terms {
    let mut asked: Vec<_> = (0..ASKED).map(|seed| SecretKey::from_seed(&[seed as u8; 32]).public()).collect();
    asked.sort_unstable();
    let terms = Terms {
        decision,
        version: 2,
        title: "Meet".into(),
        text: "Every month.".into(),
        summary: "We meet.".into(),
        left_out: "Nobody.".into(),
        rules: Rules::usual(method, 0, ASKED),
        options: Vec::new(),
        electorate: Electorate::Organisations(asked),
        as_of: 3,
        opens: Timestamp::NONE,
        closes: Timestamp::from_milliseconds(7 * 24 * 3_600_000).expect("in range"),
        reasons: ReasonRule::Against,
        shown: Shown::AfterOwn,
        effects,
        review: Some(Timestamp::MAX),
        follows: Some(decision),
        integrates: vec![ChangeId([1; 32])],
    };
    assert_eq!(terms.check(), Ok(()));
    terms
}

/// How many are asked in the terms.
const ASKED: u32 = 3;
/// The most changes that are made to one sample.
const CHANGES_MAX: usize = 8;
