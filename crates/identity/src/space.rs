//! Spaces: the sets of changes that are brought in step as one.

use std::fmt;

use crate::{Decode, DecodeError, Encode, PublicKey, Reader, Writer, to_text};

/// A set of changes that is reconciled as one. The order is the order in which spaces are brought in step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SpaceId {
    /// Certificates, addresses, organisation profiles: what is needed to understand the rest.
    Roster,
    /// What the whole network shares.
    Commons,
    /// A private working group, named by its id.
    Circle([u8; 32]),
    /// What an organisation keeps on its own nodes.
    Organisation(PublicKey),
}

impl SpaceId {
    /// The tag before the 32 bytes.
    #[must_use]
    pub const fn tag(&self) -> u8 {
        match self {
            Self::Roster => 0,
            Self::Commons => 1,
            Self::Circle(_) => 2,
            Self::Organisation(_) => 3,
        }
    }

    /// The 32 bytes after the tag: zeros for the two spaces of which there is one.
    #[must_use]
    pub const fn bytes(&self) -> [u8; 32] {
        match self {
            Self::Roster | Self::Commons => [0; 32],
            Self::Circle(id) => *id,
            Self::Organisation(key) => key.0,
        }
    }
}

impl Encode for SpaceId {
    fn encode(&self, writer: &mut Writer) {
        writer.u8(self.tag());
        writer.fixed(&self.bytes());
    }
}

impl Decode for SpaceId {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let tag = reader.u8()?;
        let bytes = reader.array()?;
        match tag {
            0 if bytes == [0; 32] => Ok(Self::Roster),
            1 if bytes == [0; 32] => Ok(Self::Commons),
            2 => Ok(Self::Circle(bytes)),
            3 => Ok(Self::Organisation(PublicKey(bytes))),
            _ => Err(DecodeError::NotCanonical("space")),
        }
    }
}

impl fmt::Display for SpaceId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Roster => formatter.write_str("roster"),
            Self::Commons => formatter.write_str("commons"),
            Self::Circle(id) => write!(formatter, "circle {}", to_text(id)),
            Self::Organisation(key) => write!(formatter, "organisation {key}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{decode_exact, encode};

    #[test]
    fn every_space_round_trips_and_nothing_else_is_one() {
        let spaces =
            [SpaceId::Roster, SpaceId::Commons, SpaceId::Circle([9; 32]), SpaceId::Organisation(PublicKey([8; 32]))];
        for space in spaces {
            assert_eq!(decode_exact::<SpaceId>(&encode(&space)), Ok(space));
        }
        let mut second_commons = encode(&SpaceId::Commons);
        second_commons[5] = 1;
        assert!(decode_exact::<SpaceId>(&second_commons).is_err());
        assert!(decode_exact::<SpaceId>(&[4; 33]).is_err());
    }
}
