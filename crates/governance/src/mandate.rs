//! Mandates: an organisation's leave for a member to speak for it in decisions.

use knotwork_identity::{
    Decode, DecodeError, DocumentId, Encode, Nonce, PersonId, PublicKey, Reader, Timestamp, Writer,
};

use crate::paper::nonce;

/// What an organisation gave a member: its voice, for a time. Numbers count up, and the ballot under the highest counts, so
/// that an organisation can always give its voice to somebody else, or to nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mandate {
    /// Above that of every mandate that the organisation gave before.
    pub number: u64,
    /// To whom; nobody, where the organisation takes its voice back.
    pub person: Option<PersonId>,
    /// The keys with which they may speak, ascending.
    pub keys: Vec<PublicKey>,
    /// From when.
    pub from: Timestamp,
    /// Until when.
    pub until: Timestamp,
}

impl Mandate {
    /// The most keys.
    pub const KEYS_MAX: usize = 16;

    /// The nonce of the document of the mandate with this number.
    #[must_use]
    pub fn nonce(number: u64) -> Nonce {
        nonce(&[b"knotwork/mandate/nonce/1", &number.to_be_bytes()])
    }
}

/// A member's answer to a mandate: theirs to accept, and theirs to lay down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MandateAnswer {
    /// The mandate's document.
    pub mandate: DocumentId,
    /// Whether it is accepted; if not, it is declined or laid down.
    pub accepted: bool,
}

impl MandateAnswer {
    /// The nonce of the document of a key's answer to a mandate.
    #[must_use]
    pub fn nonce(mandate: DocumentId) -> Nonce {
        nonce(&[b"knotwork/mandate/answer/1", &mandate.0])
    }
}

impl Encode for MandateAnswer {
    fn encode(&self, writer: &mut Writer) {
        self.mandate.encode(writer);
        writer.u8(u8::from(self.accepted));
    }
}

impl Decode for MandateAnswer {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let mandate = DocumentId::decode(reader)?;
        let accepted = match reader.u8()? {
            0 => false,
            1 => true,
            _ => return Err(DecodeError::NotCanonical("answer")),
        };
        Ok(Self { mandate, accepted })
    }
}

impl Encode for Mandate {
    fn encode(&self, writer: &mut Writer) {
        writer.u64(self.number);
        writer.option(self.person.as_ref());
        writer.length(self.keys.len());
        self.keys.iter().for_each(|key| key.encode(writer));
        writer.u64(self.from.milliseconds());
        writer.u64(self.until.milliseconds());
    }
}

impl Decode for Mandate {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let number = reader.u64()?;
        let person = reader.option()?;
        let keys = (0..reader.length("keys", Self::KEYS_MAX)?)
            .map(|_| PublicKey::decode(reader))
            .collect::<Result<Vec<_>, _>>()?;
        let time = |reader: &mut Reader<'_>| {
            Timestamp::from_milliseconds(reader.u64()?).ok_or(DecodeError::NotCanonical("time"))
        };
        let (from, until) = (time(reader)?, time(reader)?);
        if !keys.is_sorted_by(|a, b| a < b) || person.is_none() != keys.is_empty() || until < from {
            return Err(DecodeError::NotCanonical("mandate"));
        }
        Ok(Self { number, person, keys, from, until })
    }
}
