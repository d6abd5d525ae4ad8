//! What an organisation says for itself, and nobody has to agree to.

use knotwork_identity::{
    CharterDigest, Decode, DecodeError, Encode, NetworkId, Nonce, PublicKey, Reader, SecretKey, Signature,
    SignatureError, Timestamp, Writer,
};

use crate::{SignedNode, Stands, paper::nonce};

/// An organisation's own word, signed with its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// Whose.
    pub organisation: PublicKey,
    /// Above that of every word of this organisation that has been minuted, so that none is said twice.
    pub number: u64,
    /// What is said.
    pub said: Said,
    /// By the organisation's key.
    pub signature: Signature,
}

/// What an organisation may say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// A founder joins: it accepts this charter.
    Accept(CharterDigest),
    /// It goes, and this stands of what it wrote.
    Leave(Stands),
    /// It rests until about this time: it is asked and counted again when it says that it is back.
    Rest(Timestamp),
    /// It is back.
    Return,
    /// Another node is its voice; or it has none of its own, and its members use that of a host.
    Node {
        /// Its node from now on.
        node: Option<SignedNode>,
        /// Whose node its members use, where it has none.
        host: Option<PublicKey>,
    },
}

impl Word {
    /// Says something.
    #[must_use]
    pub fn say(network: NetworkId, key: &SecretKey, number: u64, said: Said) -> Self {
        let organisation = key.public();
        let signature = key.sign(&signed_bytes(network, organisation, number, &said));
        Self { organisation, number, said, signature }
    }

    /// The nonce of the document that holds the word with this number.
    #[must_use]
    pub fn nonce(number: u64) -> Nonce {
        nonce(&[b"knotwork/word/nonce/1", &number.to_be_bytes()])
    }

    /// Checks that the organisation said it.
    ///
    /// # Errors
    /// When it did not.
    pub fn verify(&self, network: NetworkId) -> Result<(), SignatureError> {
        let bytes = signed_bytes(network, self.organisation, self.number, &self.said);
        self.organisation.verify(&bytes, &self.signature)
    }
}

fn signed_bytes(network: NetworkId, organisation: PublicKey, number: u64, said: &Said) -> Vec<u8> {
    let mut writer = Writer::default();
    writer.fixed(b"knotwork/word/1");
    network.encode(&mut writer);
    organisation.encode(&mut writer);
    writer.u64(number);
    said.encode(&mut writer);
    writer.into_bytes()
}

impl Encode for Word {
    fn encode(&self, writer: &mut Writer) {
        self.organisation.encode(writer);
        writer.u64(self.number);
        self.said.encode(writer);
        self.signature.encode(writer);
    }
}

impl Decode for Word {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            organisation: PublicKey::decode(reader)?,
            number: reader.u64()?,
            said: Said::decode(reader)?,
            signature: Signature::decode(reader)?,
        })
    }
}

impl Encode for Said {
    fn encode(&self, writer: &mut Writer) {
        match self {
            Self::Accept(charter) => {
                writer.u8(0);
                charter.encode(writer);
            }
            Self::Leave(stands) => {
                writer.u8(1);
                stands.encode(writer);
            }
            Self::Rest(until) => {
                writer.u8(2);
                writer.u64(until.milliseconds());
            }
            Self::Return => writer.u8(3),
            Self::Node { node, host } => {
                writer.u8(4);
                writer.option(node.as_ref());
                writer.option(host.as_ref());
            }
        }
    }
}

impl Decode for Said {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(match reader.u8()? {
            0 => Self::Accept(CharterDigest::decode(reader)?),
            1 => Self::Leave(Stands::decode(reader)?),
            2 => Self::Rest(Timestamp::from_milliseconds(reader.u64()?).ok_or(DecodeError::NotCanonical("time"))?),
            3 => Self::Return,
            4 => Self::Node { node: reader.option()?, host: reader.option()? },
            _ => return Err(DecodeError::NotCanonical("word")),
        })
    }
}
