//! A founding circle with real keys, and what tests need of it.

use knotwork_governance::{ClosingStatement, Said, SignedNode, Stands, Word};
use knotwork_identity::{Card, ChangeId, DocumentId, Encode as _, Genesis, PublicKey, SecretKey, TermsHash, Writer};
use knotwork_minutes::{Agreed, Matter, Minute, Outcome, Proof, Records, Verdict, Weighed};

/// Organisations, their nodes, and what they found.
#[derive(Clone)]
pub(crate) struct Circle {
    pub(crate) organisations: Vec<SecretKey>,
    pub(crate) nodes: Vec<SecretKey>,
    pub(crate) genesis: Genesis,
    pub(crate) agreed: Agreed,
    pub(crate) minutes: Vec<(Minute, Proof)>,
}

impl Circle {
    /// A circle of which all have accepted.
    pub(crate) fn of(count: u8) -> Self {
        let key = |kind: u8, place: u8| SecretKey::from_seed(&[kind * 100 + place; 32]);
        let organisations: Vec<SecretKey> = (0..count).map(|place| key(0, place)).collect();
        let nodes: Vec<SecretKey> = (0..count).map(|place| key(1, place)).collect();
        let founders = organisations.iter().zip(&nodes).map(|(organisation, node)| Card {
            name: "Alder".into(),
            organisation: organisation.public(),
            node: node.public(),
            addresses: Vec::new(),
        });
        let genesis =
            Genesis { nonce: [7; 32], name: "Circle".into(), purpose: "Trees".into(), founders: founders.collect() };
        let agreed = Agreed::founded(&genesis);
        let mut circle = Self { genesis, agreed, organisations, nodes, minutes: Vec::new() };
        for place in 1..usize::from(count) {
            let said = Said::Accept(circle.agreed.charter().digest);
            circle.minute(circle.word(place, 1, said));
        }
        circle
    }

    pub(crate) fn word(&self, place: usize, number: u64, said: Said) -> Matter {
        Matter::Word(Word::say(self.agreed.network(), &self.organisations[place], number, said))
    }

    /// That this node is its voice from now on.
    pub(crate) fn node_word(&self, place: usize, number: u64, node: &SecretKey) -> Matter {
        let signed = SignedNode::sign(self.agreed.network(), self.organisations[place].public(), node);
        self.word(place, number, Said::Node { node: Some(signed), host: None })
    }

    /// Everyone's statement of the same ballots.
    pub(crate) fn statements(&self, decision: u8, ballots: &[u8]) -> Vec<ClosingStatement> {
        self.statements_of(DocumentId([decision; 32]), TermsHash([decision; 32]), ballots)
    }

    /// Everyone's statement of the same ballots under these terms.
    pub(crate) fn statements_of(
        &self,
        decision: DocumentId,
        terms: TermsHash,
        ballots: &[u8],
    ) -> Vec<ClosingStatement> {
        let ballots: Vec<ChangeId> = ballots.iter().map(|ballot| ChangeId([*ballot; 32])).collect();
        let make = |node| ClosingStatement::make(self.agreed.network(), node, decision, terms, ballots.clone());
        self.nodes.iter().map(make).collect()
    }

    pub(crate) fn outcome(&self, decision: u8, effects: Vec<knotwork_governance::Effect>) -> Outcome {
        let (id, terms) = (DocumentId([decision; 32]), TermsHash([decision; 32]));
        Outcome::of(id, terms, &self.statements(decision, &[1, 2, 3]), (vec![2, 1], Verdict::Adopted, effects))
    }

    /// The proof that all nodes give.
    pub(crate) fn proof(&self, minute: &Minute) -> Proof {
        let mut writer = Writer::default();
        writer.fixed(b"knotwork/vote/1");
        self.agreed.network().encode(&mut writer);
        writer.u64(minute.height);
        writer.u32(0);
        writer.u8(2);
        writer.option(Some(&minute.hash()));
        let bytes = writer.into_bytes();
        let signing = self.nodes.iter().filter(|node| self.agreed.signers().has(&node.public()));
        let mut signatures: Vec<_> = signing.map(|node| (node.public(), node.sign(&bytes))).collect();
        signatures.sort_by_key(|(node, _)| *node);
        Proof { round: 0, signatures }
    }

    /// Makes the next minute final.
    pub(crate) fn minute(&mut self, matter: Matter) {
        let minute = self.agreed.next(matter);
        let proof = self.proof(&minute);
        self.follow(minute, proof);
    }

    /// Makes the next minute final without one of the nodes.
    pub(crate) fn minute_without(&mut self, place: usize, matter: Matter) {
        let minute = self.agreed.next(matter);
        let mut proof = self.proof(&minute);
        proof.signatures.retain(|(node, _)| *node != self.nodes[place].public());
        self.follow(minute, proof);
    }

    fn follow(&mut self, minute: Minute, proof: Proof) {
        self.agreed.follow(&minute, &proof).expect("it fits");
        self.minutes.push((minute, proof));
    }
}

/// Records that find everything right.
pub(crate) struct AllRight;

impl Records for AllRight {
    fn has_list(&self, _: &PublicKey, _: &Stands) -> bool {
        true
    }

    fn weigh(&self, _: &Agreed, _: &Outcome) -> Weighed {
        Weighed::Right
    }

    fn minute(&self, _: u64) -> Option<Vec<u8>> {
        None
    }
}
