//! What signing organisations say to each other while they agree on a minute: proposals and votes.

use std::sync::Arc;

use knotwork_identity::{
    Decode, DecodeError, Encode, MinuteHash, NetworkId, PublicKey, Reader, Signature, SignatureError, Writer, encode,
    sha256,
};

use crate::{Minute, Signers, limits};

/// A signed message of one height.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// The chair's.
    Proposal(Proposal),
    /// Anybody's.
    Vote(Vote),
}

/// The chair of a round proposes a minute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The height.
    pub height: u64,
    /// The round.
    pub round: u32,
    /// An earlier round in which more than two thirds wanted this minute, if the chair knows of one.
    pub lock: Option<u32>,
    /// The minute.
    pub minute: Arc<Minute>,
    /// Its hash.
    pub hash: MinuteHash,
    /// Who proposes.
    pub node: PublicKey,
    /// By the node's key.
    pub signature: Signature,
}

/// Which of the two votes of a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// What the node found good.
    Prevote = 1,
    /// What it saw more than two thirds find good.
    Precommit = 2,
}

/// A vote for a minute, or for none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vote {
    /// The height.
    pub height: u64,
    /// The round.
    pub round: u32,
    /// Which of the two.
    pub step: Step,
    /// For what.
    pub minute: Option<MinuteHash>,
    /// Whose.
    pub node: PublicKey,
    /// By the node's key.
    pub signature: Signature,
}

impl Message {
    /// The height it is about.
    #[must_use]
    pub fn height(&self) -> u64 {
        match self {
            Self::Proposal(proposal) => proposal.height,
            Self::Vote(vote) => vote.height,
        }
    }

    /// Where in its height it belongs: by round, and in a round proposals before votes.
    #[must_use]
    pub(crate) fn place(&self) -> (u32, u8) {
        match self {
            Self::Proposal(proposal) => (proposal.round, 0),
            Self::Vote(vote) => (vote.round, vote.step as u8),
        }
    }

    /// Whose it is.
    #[must_use]
    pub fn node(&self) -> PublicKey {
        match self {
            Self::Proposal(proposal) => proposal.node,
            Self::Vote(vote) => vote.node,
        }
    }

    /// Whether its author has said something else here than in another message: nobody honest does.
    #[must_use]
    pub(crate) fn contradicts(&self, other: &Self) -> bool {
        let same_place =
            self.node() == other.node() && self.height() == other.height() && self.place() == other.place();
        let says_the_same = match (self, other) {
            (Self::Proposal(one), Self::Proposal(two)) => one.hash == two.hash && one.lock == two.lock,
            (Self::Vote(one), Self::Vote(two)) => one.minute == two.minute,
            _ => false,
        };
        same_place && !says_the_same
    }

    /// Eight bytes that tell it apart from every other; the signature is in them.
    #[must_use]
    pub(crate) fn short(&self) -> [u8; 8] {
        let hash = sha256(&[b"knotwork/message/1", &encode(self)]);
        let mut short = [0; 8];
        short.copy_from_slice(&hash[..8]);
        short
    }

    /// Checks that a signing organisation said it.
    pub(crate) fn verify(&self, network: NetworkId, signers: &Signers) -> Result<(), SignatureError> {
        let verifier = signers.verifier(&self.node()).ok_or(SignatureError)?;
        match self {
            Self::Proposal(proposal) => {
                let bytes = proposal_bytes(network, proposal.height, proposal.round, proposal.lock, proposal.hash);
                verifier.verify(&bytes, &proposal.signature)
            }
            Self::Vote(vote) => {
                let bytes = vote_bytes(network, vote.height, vote.round, vote.step, vote.minute);
                verifier.verify(&bytes, &vote.signature)
            }
        }
    }
}

impl Vote {
    /// Whether it finds this minute good in this round.
    pub(crate) fn is_prevote_for(&self, round: u32, minute: MinuteHash) -> bool {
        self.round == round && self.step == Step::Prevote && self.minute == Some(minute)
    }
}

/// What a vote's signature is over.
pub(crate) fn vote_bytes(
    network: NetworkId,
    height: u64,
    round: u32,
    step: Step,
    minute: Option<MinuteHash>,
) -> Vec<u8> {
    let mut writer = Writer::default();
    writer.fixed(b"knotwork/vote/1");
    network.encode(&mut writer);
    writer.u64(height);
    writer.u32(round);
    writer.u8(step as u8);
    writer.option(minute.as_ref());
    writer.into_bytes()
}

/// What a proposal's signature is over.
pub(crate) fn proposal_bytes(
    network: NetworkId,
    height: u64,
    round: u32,
    lock: Option<u32>,
    minute: MinuteHash,
) -> Vec<u8> {
    let mut writer = Writer::default();
    writer.fixed(b"knotwork/proposal/1");
    network.encode(&mut writer);
    writer.u64(height);
    writer.u32(round);
    encode_round(lock, &mut writer);
    minute.encode(&mut writer);
    writer.into_bytes()
}

fn encode_round(round: Option<u32>, writer: &mut Writer) {
    match round {
        None => writer.u8(0),
        Some(round) => {
            writer.u8(1);
            writer.u32(round);
        }
    }
}

impl Encode for Message {
    fn encode(&self, writer: &mut Writer) {
        match self {
            Self::Proposal(proposal) => {
                writer.u8(0);
                writer.u64(proposal.height);
                writer.u32(proposal.round);
                encode_round(proposal.lock, writer);
                writer.bytes(&proposal.minute.to_bytes());
                proposal.node.encode(writer);
                proposal.signature.encode(writer);
            }
            Self::Vote(vote) => {
                writer.u8(1);
                writer.u64(vote.height);
                writer.u32(vote.round);
                writer.u8(vote.step as u8);
                writer.option(vote.minute.as_ref());
                vote.node.encode(writer);
                vote.signature.encode(writer);
            }
        }
    }
}

impl Decode for Message {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let tag = reader.u8()?;
        let height = reader.u64()?;
        let round = reader.u32()?;
        // The engine counts rounds with a sign.
        if round > i32::MAX as u32 {
            return Err(DecodeError::NotCanonical("round"));
        }
        match tag {
            0 => {
                let lock = match reader.u8()? {
                    0 => None,
                    1 => match reader.u32()? {
                        lock if lock < round => Some(lock),
                        _ => return Err(DecodeError::NotCanonical("lock")),
                    },
                    _ => return Err(DecodeError::NotCanonical("lock")),
                };
                let minute = Minute::from_bytes(reader.bytes("minute", limits::MINUTE_BYTES_MAX)?)?;
                let hash = minute.hash();
                let node = PublicKey::decode(reader)?;
                let signature = Signature::decode(reader)?;
                Ok(Self::Proposal(Proposal { height, round, lock, minute: Arc::new(minute), hash, node, signature }))
            }
            1 => {
                let step = match reader.u8()? {
                    1 => Step::Prevote,
                    2 => Step::Precommit,
                    _ => return Err(DecodeError::NotCanonical("step")),
                };
                let minute = reader.option()?;
                let node = PublicKey::decode(reader)?;
                let signature = Signature::decode(reader)?;
                Ok(Self::Vote(Vote { height, round, step, minute, node, signature }))
            }
            _ => Err(DecodeError::NotCanonical("message")),
        }
    }
}
