//! The frames of a session, and announcements. Every byte of them is a peer's.

use knotwork_identity::{ChangeId, Decode as _, DecodeError, Encode as _, Lineage, NetworkId, Reader, SpaceId, Writer};
use knotwork_ledger::{Checked, Verifiers};
use thiserror::Error;

use crate::{
    limits,
    pack::{PackError, unpack},
};

/// What one node says to another in a session.
#[derive(Debug)]
pub enum Frame {
    /// What the sender holds. Both begin and end with it.
    Greeting {
        /// The sender's spaces, in their order.
        spaces: Vec<Summary>,
    },
    /// A message of a comparison.
    Compare {
        /// The space compared.
        space: SpaceId,
        /// Under which salt, if under one.
        salt: Option<[u8; 16]>,
        /// The comparison's own bytes.
        body: Vec<u8>,
    },
    /// Asks for changes by their ids.
    Want {
        /// The space that they are in.
        space: SpaceId,
        /// Whether the ids are salted.
        salt: Option<[u8; 16]>,
        /// The ids.
        ids: Vec<ChangeId>,
    },
    /// Asks for everything in a space.
    WantAll {
        /// The space.
        space: SpaceId,
    },
    /// Changes, checked on their own.
    Changes {
        /// The space that they are in.
        space: SpaceId,
        /// Whether this is the last of them.
        last: bool,
        /// The changes, in an order of dependency.
        changes: Vec<Checked>,
    },
    /// Confirms that one frame of changes was dealt with.
    Received,
}

/// What a node holds of one space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The space.
    pub space: SpaceId,
    /// How many changes.
    pub count: u64,
    /// SHA-256 over their ids.
    pub digest: [u8; 32],
}

impl Frame {
    /// Reads a frame and checks every change in it, signatures included. Takes a tenth of a millisecond for two or
    /// three changes, and needs nothing of the replica: it runs on any thread.
    ///
    /// # Errors
    /// When the bytes are no frame of this network, or a change in it is rejected.
    pub fn parse(bytes: &[u8], lineage: &Lineage, verifiers: &mut Verifiers) -> Result<Self, FrameError> {
        let mut reader = Reader::new(bytes);
        let tag = reader.u8()?;
        if tag != CHANGES && bytes.len() > limits::REQUEST_BYTES_MAX {
            return Err(FrameError::TooLong(bytes.len()));
        }
        let frame = match tag {
            GREETING => read_greeting(&mut reader, &lineage.present)?,
            COMPARE => Self::Compare {
                space: SpaceId::decode(&mut reader)?,
                salt: read_salt(&mut reader)?,
                body: reader.bytes("comparison", knotwork_reconcile::FRAME_BYTES_MAX)?.to_vec(),
            },
            WANT => Self::Want {
                space: SpaceId::decode(&mut reader)?,
                salt: read_salt(&mut reader)?,
                ids: (0..reader.length("ids", limits::WANTED_MAX)?)
                    .map(|_| ChangeId::decode(&mut reader))
                    .collect::<Result<_, _>>()?,
            },
            WANT_ALL => Self::WantAll { space: SpaceId::decode(&mut reader)? },
            CHANGES => {
                let space = SpaceId::decode(&mut reader)?;
                let last = read_flag(&mut reader)?;
                let packed = reader.bytes("changes", limits::FRAME_BYTES_MAX)?;
                Self::Changes { space, last, changes: unpack(packed, lineage.origin, space, verifiers)? }
            }
            RECEIVED => Self::Received,
            _ => return Err(DecodeError::NotCanonical("frame").into()),
        };
        reader.finish()?;
        Ok(frame)
    }

    /// About how much memory the frame takes, in bytes.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        match self {
            Self::Greeting { spaces } => spaces.len() * size_of::<Summary>(),
            Self::Compare { body, .. } => body.len(),
            Self::Want { ids, .. } => ids.len() * size_of::<ChangeId>(),
            Self::Changes { changes, .. } => memory_bytes(changes),
            Self::WantAll { .. } | Self::Received => 0,
        }
    }

    /// The bytes of a greeting.
    #[must_use]
    pub fn greeting(network: &NetworkId, spaces: &[Summary]) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.u8(GREETING);
        network.encode(&mut writer);
        writer.length(spaces.len());
        for summary in spaces {
            summary.space.encode(&mut writer);
            writer.u64(summary.count);
            writer.fixed(&summary.digest);
        }
        writer.into_bytes()
    }

    /// The bytes of a message of a comparison.
    #[must_use]
    pub fn compare(space: &SpaceId, salt: Option<[u8; 16]>, body: &[u8]) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.u8(COMPARE);
        space.encode(&mut writer);
        write_salt(&mut writer, salt);
        writer.bytes(body);
        writer.into_bytes()
    }

    /// The bytes of a request for changes.
    #[must_use]
    pub fn want(space: &SpaceId, salt: Option<[u8; 16]>, ids: &[ChangeId]) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.u8(WANT);
        space.encode(&mut writer);
        write_salt(&mut writer, salt);
        writer.length(ids.len());
        for id in ids {
            id.encode(&mut writer);
        }
        writer.into_bytes()
    }

    /// The bytes of a request for everything.
    #[must_use]
    pub fn want_all(space: &SpaceId) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.u8(WANT_ALL);
        space.encode(&mut writer);
        writer.into_bytes()
    }

    /// The bytes of packed changes.
    #[must_use]
    pub fn changes(space: &SpaceId, last: bool, packed: &[u8]) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.u8(CHANGES);
        space.encode(&mut writer);
        writer.u8(u8::from(last));
        writer.bytes(packed);
        writer.into_bytes()
    }

    /// The bytes of a confirmation.
    #[must_use]
    pub fn received() -> Vec<u8> {
        vec![RECEIVED]
    }
}

/// Changes that gossip brought, checked on their own.
#[derive(Debug)]
pub struct Announcement {
    /// The space that they are in.
    pub space: SpaceId,
    /// The changes, in an order of dependency.
    pub changes: Vec<Checked>,
}

impl Announcement {
    /// Reads an announcement and checks every change in it, signatures included. The network is the one that documents name.
    ///
    /// # Errors
    /// When the bytes are no announcement, or a change in it is rejected.
    pub fn parse(bytes: &[u8], origin: &NetworkId, verifiers: &mut Verifiers) -> Result<Self, FrameError> {
        if bytes.len() > limits::ANNOUNCEMENT_BYTES_MAX {
            return Err(FrameError::TooLong(bytes.len()));
        }
        let mut reader = Reader::new(bytes);
        let space = SpaceId::decode(&mut reader)?;
        let changes = unpack(reader.fixed(reader.remaining())?, *origin, space, verifiers)?;
        Ok(Self { space, changes })
    }

    /// About how much memory the announcement takes, in bytes.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        memory_bytes(&self.changes)
    }

    /// The bytes of an announcement of packed changes.
    #[must_use]
    pub fn bytes(space: &SpaceId, packed: &[u8]) -> Vec<u8> {
        let mut writer = Writer::default();
        space.encode(&mut writer);
        writer.fixed(packed);
        writer.into_bytes()
    }
}

/// Why bytes are not a frame or announcement that an honest peer sends.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FrameError {
    /// They are malformed.
    #[error("a frame is malformed: {0}")]
    Malformed(#[from] DecodeError),
    /// They are too many.
    #[error("a frame has {0} bytes, which is above its limit")]
    TooLong(usize),
    /// They are of another network.
    #[error("the peer speaks for another network, {0}")]
    OtherNetwork(NetworkId),
    /// The changes in it are not valid.
    #[error(transparent)]
    Pack(#[from] PackError),
}

fn memory_bytes(changes: &[Checked]) -> usize {
    let bytes = |checked: &Checked| match checked {
        Checked::Change(change) => change.memory_bytes(),
        Checked::UnknownFormat(change) => size_of_val(checked) + change.chunk.len(),
    };
    changes.iter().map(bytes).sum()
}

fn read_greeting(reader: &mut Reader<'_>, network: &NetworkId) -> Result<Frame, FrameError> {
    let theirs = NetworkId::decode(reader)?;
    if theirs != *network {
        return Err(FrameError::OtherNetwork(theirs));
    }
    let spaces = (0..reader.length("spaces", limits::SPACES_MAX)?)
        .map(|_| Ok(Summary { space: SpaceId::decode(reader)?, count: reader.u64()?, digest: reader.array()? }))
        .collect::<Result<Vec<_>, DecodeError>>()?;
    if !spaces.windows(2).all(|pair| pair[0].space < pair[1].space) {
        return Err(DecodeError::NotCanonical("order of spaces").into());
    }
    Ok(Frame::Greeting { spaces })
}

fn read_flag(reader: &mut Reader<'_>) -> Result<bool, DecodeError> {
    match reader.u8()? {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(DecodeError::NotCanonical("flag")),
    }
}

fn read_salt(reader: &mut Reader<'_>) -> Result<Option<[u8; 16]>, DecodeError> {
    if read_flag(reader)? { reader.array().map(Some) } else { Ok(None) }
}

fn write_salt(writer: &mut Writer, salt: Option<[u8; 16]>) {
    match salt {
        None => writer.u8(0),
        Some(salt) => {
            writer.u8(1);
            writer.fixed(&salt);
        }
    }
}

const GREETING: u8 = 1;
const COMPARE: u8 = 2;
const WANT: u8 = 3;
const WANT_ALL: u8 = 4;
const CHANGES: u8 = 5;
const RECEIVED: u8 = 6;
