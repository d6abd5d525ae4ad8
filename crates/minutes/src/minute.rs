//! A minute: one agreed entry of the sequence.

use knotwork_identity::{
    Decode, DecodeError, Encode, MinuteHash, NetworkId, Reader, Writer, decode_exact, encode, sha256,
};

use crate::{Matter, limits};

/// One agreed entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Minute {
    /// The network.
    pub network: NetworkId,
    /// Its number. The first is 1.
    pub height: u64,
    /// The hash of the minute before; for the first, the network's id.
    pub previous: MinuteHash,
    /// What is minuted.
    pub matter: Matter,
}

impl Minute {
    /// Its hash: SHA-256("knotwork/minute/1" ‖ the canonical bytes).
    #[must_use]
    pub fn hash(&self) -> MinuteHash {
        MinuteHash(sha256(&[b"knotwork/minute/1", &self.to_bytes()]))
    }

    /// Its canonical bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        encode(self)
    }

    /// Reads a minute.
    ///
    /// # Errors
    /// When the bytes are not a canonical minute, or too many.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        if bytes.len() > limits::MINUTE_BYTES_MAX {
            let limit = limits::MINUTE_BYTES_MAX;
            return Err(DecodeError::TooLong { field: "minute", found: bytes.len(), limit });
        }
        decode_exact(bytes)
    }
}

impl Encode for Minute {
    fn encode(&self, writer: &mut Writer) {
        self.network.encode(writer);
        writer.u64(self.height);
        self.previous.encode(writer);
        self.matter.encode(writer);
    }
}

impl Decode for Minute {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            network: NetworkId::decode(reader)?,
            height: reader.u64()?,
            previous: MinuteHash::decode(reader)?,
            matter: Matter::decode(reader)?,
        })
    }
}
