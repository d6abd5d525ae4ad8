//! Claimed times: a label that an author puts on a change, and nothing more.

use serde::{Deserialize, Serialize};

use crate::{Decode, DecodeError, Encode, Reader, Writer};

/// Milliseconds since 1970-01-01 UTC, below 2^48 (the year 10889). Zero means that no time was claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub struct Timestamp(u64);

impl Timestamp {
    /// No claim.
    pub const NONE: Self = Self(0);
    /// The last time that can be claimed.
    pub const MAX: Self = Self((1 << 48) - 1);

    /// A claim of `milliseconds`, or `None` from 2^48 on.
    #[must_use]
    pub const fn from_milliseconds(milliseconds: u64) -> Option<Self> {
        if milliseconds <= Self::MAX.0 { Some(Self(milliseconds)) } else { None }
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub const fn milliseconds(self) -> u64 {
        self.0
    }

    /// The claim, or `None` where none was made.
    #[must_use]
    pub const fn claimed(self) -> Option<Self> {
        if self.0 == 0 { None } else { Some(self) }
    }
}

impl TryFrom<u64> for Timestamp {
    type Error = DecodeError;

    fn try_from(milliseconds: u64) -> Result<Self, DecodeError> {
        Self::from_milliseconds(milliseconds).ok_or(DecodeError::NotCanonical("time"))
    }
}

impl From<Timestamp> for u64 {
    fn from(timestamp: Timestamp) -> Self {
        timestamp.0
    }
}

impl Encode for Timestamp {
    fn encode(&self, writer: &mut Writer) {
        writer.u64(self.0);
    }
}

impl Decode for Timestamp {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.u64()?.try_into()
    }
}
