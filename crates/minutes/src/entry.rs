//! The log of the height in progress: everything that the engine took in, in order.

use knotwork_identity::{Decode, DecodeError, Encode, MinuteHash, PublicKey, Reader, Signature, Writer};

use crate::{
    Message, Minute, Step, limits,
    signer::{Slot, Spoken},
};

/// One entry of the log. The caller keeps the bytes and gives them back in order; see [`crate::Work`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A message was taken in: another's or the node's own.
    Took(Message),
    /// The node, being in the chair, put together this minute for this round.
    Composed {
        /// The round.
        round: u32,
        /// The minute.
        minute: Box<Minute>,
    },
    /// Prevotes of an earlier round that a proposal named were taken in as one.
    Supported {
        /// The round.
        round: u32,
        /// The minute that they are for.
        minute: MinuteHash,
        /// Whose, by node key.
        votes: Vec<(PublicKey, Signature)>,
    },
    /// A wait was over.
    Waited {
        /// Of which round.
        round: u32,
        /// For votes of which step, or for the proposal.
        step: Option<Step>,
    },
    /// The node signed something.
    Signed {
        /// In which round.
        round: u32,
        /// A vote of which step, or the proposal.
        step: Option<Step>,
        /// The earlier round that a proposal names.
        lock: Option<u32>,
        /// For which minute, or none.
        minute: Option<MinuteHash>,
    },
}

impl Entry {
    pub(crate) fn signed(slot: Slot, spoken: Spoken) -> Self {
        Self::Signed { round: slot.round, step: slot.step, lock: spoken.lock, minute: spoken.minute }
    }
}

fn encode_step(step: Option<Step>, writer: &mut Writer) {
    writer.u8(step.map_or(0, |step| step as u8));
}

fn decode_step(reader: &mut Reader<'_>) -> Result<Option<Step>, DecodeError> {
    match reader.u8()? {
        0 => Ok(None),
        1 => Ok(Some(Step::Prevote)),
        2 => Ok(Some(Step::Precommit)),
        _ => Err(DecodeError::NotCanonical("step")),
    }
}

impl Encode for Entry {
    fn encode(&self, writer: &mut Writer) {
        match self {
            Self::Took(message) => {
                writer.u8(0);
                message.encode(writer);
            }
            Self::Composed { round, minute } => {
                writer.u8(1);
                writer.u32(*round);
                writer.bytes(&minute.to_bytes());
            }
            Self::Supported { round, minute, votes } => {
                writer.u8(4);
                writer.u32(*round);
                minute.encode(writer);
                writer.length(votes.len());
                for (node, signature) in votes {
                    node.encode(writer);
                    signature.encode(writer);
                }
            }
            Self::Waited { round, step } => {
                writer.u8(2);
                writer.u32(*round);
                encode_step(*step, writer);
            }
            Self::Signed { round, step, lock, minute } => {
                writer.u8(3);
                writer.u32(*round);
                encode_step(*step, writer);
                writer.u32(lock.map_or(0, |lock| lock + 1));
                writer.option(minute.as_ref());
            }
        }
    }
}

impl Decode for Entry {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(match reader.u8()? {
            0 => Self::Took(Message::decode(reader)?),
            1 => Self::Composed {
                round: reader.u32()?,
                minute: Box::new(Minute::from_bytes(reader.bytes("minute", limits::MINUTE_BYTES_MAX)?)?),
            },
            2 => Self::Waited { round: reader.u32()?, step: decode_step(reader)? },
            3 => Self::Signed {
                round: reader.u32()?,
                step: decode_step(reader)?,
                lock: reader.u32()?.checked_sub(1),
                minute: reader.option()?,
            },
            4 => Self::Supported {
                round: reader.u32()?,
                minute: MinuteHash::decode(reader)?,
                votes: (0..reader.length("votes", limits::PARTIES_MAX)?)
                    .map(|_| Ok((PublicKey::decode(reader)?, Signature::decode(reader)?)))
                    .collect::<Result<_, DecodeError>>()?,
            },
            _ => return Err(DecodeError::NotCanonical("entry")),
        })
    }
}
