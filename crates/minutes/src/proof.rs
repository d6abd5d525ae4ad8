//! What shows that a minute is final: the precommits of more than two thirds.

use knotwork_identity::{Decode, DecodeError, Encode, MinuteHash, NetworkId, PublicKey, Reader, Signature, Writer};
use thiserror::Error;

use crate::{Minute, Signers, Step, limits, message::vote_bytes};

/// The precommits for one minute, of one round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The round in which they were given.
    pub round: u32,
    /// Who gave them, by node key, ascending.
    pub signatures: Vec<(PublicKey, Signature)>,
}

impl Proof {
    /// Of a minute that nobody has agreed to: a reconvening.
    pub const NONE: Self = Self { round: 0, signatures: Vec::new() };

    /// Checks every signature.
    ///
    /// # Errors
    /// When one is wrong, is by somebody who does not sign, or there are too few.
    pub fn verify(
        &self,
        network: NetworkId,
        height: u64,
        minute: MinuteHash,
        signers: &Signers,
    ) -> Result<(), ProofError> {
        if self.signatures.len() < signers.quorum() {
            return Err(ProofError::TooFew { found: self.signatures.len(), needed: signers.quorum() });
        }
        let bytes = vote_bytes(network, height, self.round, Step::Precommit, Some(minute));
        for (node, signature) in &self.signatures {
            let verifier = signers.verifier(node).ok_or(ProofError::NotASigner(*node))?;
            verifier.verify(&bytes, signature).map_err(|_| ProofError::Signature(*node))?;
        }
        Ok(())
    }
}

/// A minute with its proof as one string of bytes, to be kept or handed on.
#[must_use]
pub fn write_minute(minute: &Minute, proof: &Proof) -> Vec<u8> {
    let mut writer = Writer::default();
    writer.bytes(&minute.to_bytes());
    proof.encode(&mut writer);
    writer.into_bytes()
}

/// Reads what [`write_minute`] gave; `None` where the bytes are something else.
#[must_use]
pub fn read_minute(bytes: &[u8]) -> Option<(Minute, Proof)> {
    let mut reader = Reader::new(bytes);
    let minute = Minute::from_bytes(reader.bytes("minute", limits::MINUTE_BYTES_MAX).ok()?).ok()?;
    let proof = Proof::decode(&mut reader).ok()?;
    reader.finish().ok()?;
    Some((minute, proof))
}

/// Why a proof shows nothing.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ProofError {
    /// Too few have signed.
    #[error("{found} organisations have signed it, and it takes {needed}")]
    TooFew {
        /// How many have.
        found: usize,
        /// How many have to.
        needed: usize,
    },
    /// A signature is by somebody who does not sign minutes.
    #[error("{0} has signed it and signs no minutes here")]
    NotASigner(PublicKey),
    /// A signature is not one.
    #[error("the signature of {0} is not one")]
    Signature(PublicKey),
}

impl Encode for Proof {
    fn encode(&self, writer: &mut Writer) {
        writer.u32(self.round);
        writer.length(self.signatures.len());
        for (node, signature) in &self.signatures {
            node.encode(writer);
            signature.encode(writer);
        }
    }
}

impl Decode for Proof {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let round = reader.u32()?;
        let signatures = (0..reader.length("signatures", limits::PARTIES_MAX)?)
            .map(|_| Ok((PublicKey::decode(reader)?, Signature::decode(reader)?)))
            .collect::<Result<Vec<_>, DecodeError>>()?;
        // Each once: otherwise one signature could be counted as many.
        if !signatures.is_sorted_by(|(a, _), (b, _)| a < b) {
            return Err(DecodeError::NotCanonical("signatures"));
        }
        Ok(Self { round, signatures })
    }
}
