//! A ballot paper: a voter's position as it is signed and kept.

use std::collections::BTreeSet;

use knotwork_identity::{
    ChangeId, Decode, DecodeError, DocumentId, Encode, Nonce, Reader, TermsHash, Writer, encode, sha256,
};

use crate::{Position, Voter};

/// What one change of a ballot says. It says all of it, so that the change alone is the ballot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BallotPaper {
    /// In which decision.
    pub decision: DocumentId,
    /// Under which terms.
    pub terms: TermsHash,
    /// Who votes.
    pub voter: Voter,
    /// What gives whoever signs the voter's voice: the change that gave the mandate, certified the key, or has a colleague
    /// stand in.
    pub standing: ChangeId,
    /// The position.
    pub position: Position,
    /// Under consent, which objections are no argument against the proposal, as this voter finds: the ballots that they are. What
    /// the same voter says instead later has to be found wanting anew.
    pub not_qualified: BTreeSet<ChangeId>,
    /// Random, so that the ballot's id tells nothing once it is erased.
    pub salt: [u8; 16],
}

impl BallotPaper {
    /// The most objections of which one ballot says that they are no argument.
    pub const NOT_QUALIFIED_MAX: usize = 1_024;

    /// The nonce of the ballot document of a voter in a decision. A generation counts up when a ballot was erased.
    #[must_use]
    pub fn nonce(decision: DocumentId, voter: &Voter, generation: u32) -> Nonce {
        nonce(&[b"knotwork/ballot/nonce/1", &decision.0, &encode(voter), &generation.to_be_bytes()])
    }
}

/// A nonce that follows from these parts: the first 16 bytes of their SHA-256.
pub(crate) fn nonce(parts: &[&[u8]]) -> Nonce {
    let hash = sha256(parts);
    let mut nonce = [0; 16];
    nonce.copy_from_slice(&hash[..16]);
    Nonce(nonce)
}

impl Encode for BallotPaper {
    fn encode(&self, writer: &mut Writer) {
        self.decision.encode(writer);
        self.terms.encode(writer);
        self.voter.encode(writer);
        self.standing.encode(writer);
        self.position.encode(writer);
        writer.length(self.not_qualified.len());
        self.not_qualified.iter().for_each(|objection| objection.encode(writer));
        writer.fixed(&self.salt);
    }
}

impl Decode for BallotPaper {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let decision = DocumentId::decode(reader)?;
        let terms = TermsHash::decode(reader)?;
        let voter = Voter::decode(reader)?;
        let standing = ChangeId::decode(reader)?;
        let position = Position::decode(reader)?;
        let objections = (0..reader.length("not qualified", Self::NOT_QUALIFIED_MAX)?)
            .map(|_| ChangeId::decode(reader))
            .collect::<Result<Vec<_>, _>>()?;
        if !objections.is_sorted_by(|a, b| a < b) {
            return Err(DecodeError::NotCanonical("not qualified"));
        }
        Ok(Self {
            decision,
            terms,
            voter,
            standing,
            position,
            not_qualified: objections.into_iter().collect(),
            salt: reader.array()?,
        })
    }
}
