//! Closing statements: which ballots a signing organisation held when a decision closed.

use knotwork_identity::{
    ChangeId, Decode, DecodeError, DocumentId, Encode, NetworkId, Nonce, PublicKey, Reader, SecretKey, Signature,
    SignatureError, TermsHash, Verifier, Writer, sha256,
};

use crate::paper::nonce;

/// One signing organisation's word on which ballots it held when, by its own clock, a decision closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosingStatement {
    /// The decision.
    pub decision: DocumentId,
    /// Which of its terms.
    pub terms: TermsHash,
    /// The node that speaks for the organisation.
    pub node: PublicKey,
    /// The heads of the ballots, ascending, each once.
    pub ballots: Vec<ChangeId>,
    /// By the node's key.
    pub signature: Signature,
}

impl ClosingStatement {
    /// The most ballots: one each of the largest electorate that terms can name, and what fits a change.
    pub const BALLOTS_MAX: usize = 1_800;

    /// Makes a statement. The ballots are put in order.
    #[must_use]
    pub fn make(
        network: NetworkId,
        node: &SecretKey,
        decision: DocumentId,
        terms: TermsHash,
        mut ballots: Vec<ChangeId>,
    ) -> Self {
        ballots.sort_unstable();
        ballots.dedup();
        let signature = node.sign(&signed_bytes(network, decision, terms, node.public(), &ballots));
        Self { decision, terms, node: node.public(), ballots, signature }
    }

    /// The nonce of the document of a node's statement on these terms.
    #[must_use]
    pub fn nonce(decision: DocumentId, terms: TermsHash) -> Nonce {
        nonce(&[b"knotwork/statement/nonce/1", &decision.0, &terms.0])
    }

    /// Checks that the node made it.
    ///
    /// # Errors
    /// When it did not.
    pub fn verify(&self, network: NetworkId) -> Result<(), SignatureError> {
        let verifier = self.node.verifier()?;
        self.verify_with(&verifier, network)
    }

    /// Checks that the node made it, with the node's key as it is kept for many checks.
    ///
    /// # Errors
    /// When it did not.
    pub fn verify_with(&self, verifier: &Verifier, network: NetworkId) -> Result<(), SignatureError> {
        let bytes = signed_bytes(network, self.decision, self.terms, self.node, &self.ballots);
        verifier.verify(&bytes, &self.signature)
    }
}

fn signed_bytes(
    network: NetworkId,
    decision: DocumentId,
    terms: TermsHash,
    node: PublicKey,
    ballots: &[ChangeId],
) -> Vec<u8> {
    let ids: Vec<&[u8]> = ballots.iter().map(|ballot| &ballot.0[..]).collect();
    let mut writer = Writer::default();
    writer.fixed(b"knotwork/statement/1");
    network.encode(&mut writer);
    decision.encode(&mut writer);
    terms.encode(&mut writer);
    node.encode(&mut writer);
    writer.fixed(&sha256(&ids));
    writer.into_bytes()
}

impl Encode for ClosingStatement {
    fn encode(&self, writer: &mut Writer) {
        self.decision.encode(writer);
        self.terms.encode(writer);
        self.node.encode(writer);
        writer.length(self.ballots.len());
        for ballot in &self.ballots {
            ballot.encode(writer);
        }
        self.signature.encode(writer);
    }
}

impl Decode for ClosingStatement {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let decision = DocumentId::decode(reader)?;
        let terms = TermsHash::decode(reader)?;
        let node = PublicKey::decode(reader)?;
        let ballots = (0..reader.length("ballots", Self::BALLOTS_MAX)?)
            .map(|_| ChangeId::decode(reader))
            .collect::<Result<Vec<_>, _>>()?;
        if !ballots.is_sorted_by(|a, b| a < b) {
            return Err(DecodeError::NotCanonical("ballots"));
        }
        Ok(Self { decision, terms, node, ballots, signature: Signature::decode(reader)? })
    }
}
