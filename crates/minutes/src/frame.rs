//! What nodes send each other about minutes.

use knotwork_identity::{Decode, DecodeError, Encode, MinuteHash, NetworkId, Reader, Writer, decode_exact, encode};
use thiserror::Error;

use crate::{Message, Minute, Proof, limits};

/// One frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// Where the sender stands.
    Tally(Tally),
    /// Final minutes, one after the other.
    Minutes(Vec<(Minute, Proof)>),
    /// A proposal or a vote of the height in progress.
    Message(Message),
    /// What the sender knows of the receiver's own messages at a height.
    Known {
        /// The last final minute of the sender.
        height: u64,
        /// The messages.
        messages: Vec<Message>,
    },
}

/// Where a node stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// The network.
    pub network: NetworkId,
    /// The last final minute.
    pub height: u64,
    /// Its hash.
    pub hash: MinuteHash,
    /// What the sender has of the height after that: the first bytes of each message's hash, ascending.
    pub has: Vec<[u8; 8]>,
    /// Which signing organisations' nodes the sender is connected with: a bit each, in the order of organisation keys, the
    /// first in the most significant bit of the first byte.
    pub sees: Vec<u8>,
    /// Whether the sender wants to know what of its own the receiver has.
    pub asks: bool,
    /// Whether the sender would like an answer in any case.
    pub answer: bool,
}

impl Frame {
    /// Its bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        encode(self)
    }

    /// Reads a frame.
    ///
    /// # Errors
    /// When the bytes are none.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, FrameError> {
        if bytes.len() > limits::FRAME_BYTES_MAX {
            return Err(FrameError::TooLong(bytes.len()));
        }
        Ok(decode_exact(bytes)?)
    }
}

/// Not a frame.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FrameError {
    /// The bytes say something else.
    #[error("these bytes are no frame of minutes ({0})")]
    Bytes(#[from] DecodeError),
    /// There are too many.
    #[error("a frame of {0} bytes is longer than any of minutes")]
    TooLong(usize),
}

impl Encode for Frame {
    fn encode(&self, writer: &mut Writer) {
        match self {
            Self::Tally(tally) => {
                writer.u8(1);
                tally.network.encode(writer);
                writer.u64(tally.height);
                tally.hash.encode(writer);
                writer.length(tally.has.len());
                for short in &tally.has {
                    writer.fixed(short);
                }
                writer.bytes(&tally.sees);
                writer.u8(u8::from(tally.asks) | u8::from(tally.answer) << 1);
            }
            Self::Minutes(minutes) => {
                writer.u8(2);
                writer.length(minutes.len());
                for (minute, proof) in minutes {
                    writer.bytes(&minute.to_bytes());
                    proof.encode(writer);
                }
            }
            Self::Message(message) => {
                writer.u8(3);
                message.encode(writer);
            }
            Self::Known { height, messages } => {
                writer.u8(4);
                writer.u64(*height);
                writer.length(messages.len());
                for message in messages {
                    message.encode(writer);
                }
            }
        }
    }
}

impl Decode for Frame {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(match reader.u8()? {
            1 => {
                let network = NetworkId::decode(reader)?;
                let height = reader.u64()?;
                let hash = MinuteHash::decode(reader)?;
                let has = (0..reader.length("messages", limits::MESSAGES_MAX)?)
                    .map(|_| reader.array())
                    .collect::<Result<Vec<[u8; 8]>, _>>()?;
                let sees = reader.bytes("sees", limits::PARTIES_MAX.div_ceil(8))?.to_vec();
                let flags = reader.u8()?;
                if flags > 3 || !has.is_sorted_by(|a, b| a < b) {
                    return Err(DecodeError::NotCanonical("tally"));
                }
                Self::Tally(Tally { network, height, hash, has, sees, asks: flags & 1 != 0, answer: flags & 2 != 0 })
            }
            2 => {
                let minutes = (0..reader.length("minutes", limits::MINUTES_MAX)?).map(|_| {
                    let minute = Minute::from_bytes(reader.bytes("minute", limits::MINUTE_BYTES_MAX)?)?;
                    Ok((minute, Proof::decode(reader)?))
                });
                Self::Minutes(minutes.collect::<Result<_, DecodeError>>()?)
            }
            3 => Self::Message(Message::decode(reader)?),
            4 => {
                let height = reader.u64()?;
                let messages = (0..reader.length("messages", limits::MESSAGES_MAX)?).map(|_| Message::decode(reader));
                Self::Known { height, messages: messages.collect::<Result<_, _>>()? }
            }
            _ => return Err(DecodeError::NotCanonical("frame")),
        })
    }
}
