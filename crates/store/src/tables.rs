//! The tables: what every key and value means. `docs/storage.md` says the same in prose.
//!
//! The first byte of a key names its table. Integers are big-endian, so that keys are in the order of their numbers.
//! [`FORMAT`] is the version of all of this together; a value whose own form may change begins with a version byte.
//!
//! Keys of the hot tables are short for a reason: sled copies a page for every write to it, and copies keys and values
//! of up to 22 bytes in place, without counting references.

use knotwork_identity::{ChangeId, Decode as _, DocumentId, Reader, SpaceId, Timestamp, Writer, encode};
use knotwork_ledger::Kind;
use knotwork_replica::{ListingKey, StorageError};

/// The version of the tables: kept under [`Meta::Format`].
pub(crate) const FORMAT: u8 = 1;

/// Table `c`, changes. Key: sequence number (8). Value: a [record](crate::record), which has a version byte.
pub(crate) const CHANGES: &[u8] = b"c";

/// Table `i`, ids. Key: the first 22 bytes of a change's id. Value: the other 10, the claimed time (6), the space (1 or
/// 33), the sequence number without leading zero bytes. See [`IdEntry`].
pub(crate) const IDS: &[u8] = b"i";

/// Table `d`, the changes of each document. Key: the first 16 bytes of the document's id, sequence number (5). Value:
/// the other 16 bytes of the id.
pub(crate) const DOCUMENTS: &[u8] = b"d";

/// Table `v`, views. Key: document (32). Value: bytes that only `documents` understands.
pub(crate) const VIEWS: &[u8] = b"v";

/// Table `k`, documents by kind. Key: kind (2), order, zero, document (32). Value: empty.
pub(crate) const BY_KIND: &[u8] = b"k";

/// Table `t`, documents by label. Key: kind (2), label, zero, order, zero, document (32). Value: empty.
pub(crate) const BY_LABEL: &[u8] = b"t";

/// Table `n`, how many entries a listing has. Key: kind (2), then nothing for all of the kind, or one and the label.
/// Value: count (8). An entry that would count nothing is not there.
pub(crate) const COUNTS: &[u8] = b"n";

/// Table `l`, local values. Key: name. Value: the caller's.
pub(crate) const LOCAL: &[u8] = b"l";

/// Table `m`, about the store itself. Key: the byte of a [`Meta`].
pub(crate) const META: &[u8] = b"m";

/// An entry of table `m`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meta {
    /// `f`: [`FORMAT`] (1).
    Format,
    /// `w`: the id of the network whose changes are kept (32).
    Network,
    /// `i`: the incarnation (16).
    Incarnation,
    /// `o`: what the file that the store was last opened on is known by (20; see `Folder::origin`).
    Origin,
    /// `u`: there, and empty, while views and listings are still to be derived from the changes.
    Underived,
    /// `e`: there, and empty, from the first change of a store on until it ends cleanly. The incarnation is void then.
    Unclean,
}

impl Meta {
    pub(crate) fn key(self) -> Vec<u8> {
        let byte = match self {
            Self::Format => b'f',
            Self::Network => b'w',
            Self::Incarnation => b'i',
            Self::Origin => b'o',
            Self::Underived => b'u',
            Self::Unclean => b'e',
        };
        [META, &[byte]].concat()
    }
}

/// The highest sequence number: what fits into the key of table `d`.
pub(crate) const SEQUENCE_MAX: u64 = (1 << 40) - 1;

pub(crate) fn change_key(sequence: u64) -> Vec<u8> {
    [CHANGES, &sequence.to_be_bytes()].concat()
}

/// The sequence number in a key of table `c`.
pub(crate) fn change_sequence(key: &[u8]) -> Result<u64, StorageError> {
    key.strip_prefix(CHANGES)
        .and_then(|rest| rest.try_into().ok())
        .map(u64::from_be_bytes)
        .filter(|sequence| (1..=SEQUENCE_MAX).contains(sequence))
        .ok_or_else(|| StorageError::Damaged("a key of the table of changes is not a number".into()))
}

pub(crate) fn id_key(id: &ChangeId) -> Vec<u8> {
    [IDS, &id.0[..ID_IN_KEY]].concat()
}

/// What table `i` says of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct IdEntry {
    pub(crate) id: ChangeId,
    pub(crate) time: Timestamp,
    pub(crate) space: SpaceId,
    pub(crate) sequence: u64,
}

impl IdEntry {
    pub(crate) fn value(&self) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.fixed(&self.id.0[ID_IN_KEY..]);
        writer.fixed(&self.time.milliseconds().to_be_bytes()[2..]);
        write_space(&mut writer, &self.space);
        let sequence = self.sequence.to_be_bytes();
        writer.fixed(&sequence[(self.sequence.leading_zeros() / 8) as usize..]);
        writer.into_bytes()
    }

    pub(crate) fn read(key: &[u8], value: &[u8]) -> Result<Self, StorageError> {
        Self::parse(key, value).ok_or_else(|| StorageError::Damaged("an entry of the table of ids is not one".into()))
    }

    fn parse(key: &[u8], value: &[u8]) -> Option<Self> {
        let first: [u8; ID_IN_KEY] = key.strip_prefix(IDS)?.try_into().ok()?;
        let mut reader = Reader::new(value);
        let mut id = [0; 32];
        id[..ID_IN_KEY].copy_from_slice(&first);
        id[ID_IN_KEY..].copy_from_slice(reader.fixed(32 - ID_IN_KEY).ok()?);
        let time = Timestamp::from_milliseconds(number(reader.fixed(6).ok()?)?)?;
        let space = read_space(&mut reader)?;
        let sequence = number(reader.fixed(reader.remaining()).ok()?)?;
        Some(Self { id: ChangeId(id), time, space, sequence })
    }
}

pub(crate) fn document_prefix(document: &DocumentId) -> Vec<u8> {
    [DOCUMENTS, &document.0[..DOCUMENT_IN_KEY]].concat()
}

pub(crate) fn document_key(document: &DocumentId, sequence: u64) -> Vec<u8> {
    [DOCUMENTS, &document.0[..DOCUMENT_IN_KEY], &sequence.to_be_bytes()[3..]].concat()
}

pub(crate) fn document_value(document: &DocumentId) -> Vec<u8> {
    document.0[DOCUMENT_IN_KEY..].to_vec()
}

/// The document and the sequence number of an entry of table `d`.
pub(crate) fn document_entry(key: &[u8], value: &[u8]) -> Result<(DocumentId, u64), StorageError> {
    let parse = || {
        let (first, sequence) = key.strip_prefix(DOCUMENTS)?.split_first_chunk::<DOCUMENT_IN_KEY>()?;
        let mut document = [0; 32];
        document[..DOCUMENT_IN_KEY].copy_from_slice(first);
        document[DOCUMENT_IN_KEY..].copy_from_slice(<&[u8; 32 - DOCUMENT_IN_KEY]>::try_from(value).ok()?);
        Some((DocumentId(document), (sequence.len() == 5).then(|| number(sequence))??))
    };
    parse().ok_or_else(|| StorageError::Damaged("an entry of the table of documents is not one".into()))
}

pub(crate) fn view_key(document: &DocumentId) -> Vec<u8> {
    [VIEWS, &document.0].concat()
}

/// What the keys of one listing begin with: all documents of a kind, or those with a label.
pub(crate) fn listing_prefix(kind: Kind, label: Option<&str>) -> Vec<u8> {
    match label {
        None => [BY_KIND, &kind.0.to_be_bytes()].concat(),
        Some(label) => [BY_LABEL, &kind.0.to_be_bytes(), label.as_bytes(), &[0]].concat(),
    }
}

pub(crate) fn listing_key(kind: Kind, label: Option<&str>, order: &[u8], document: &DocumentId) -> Vec<u8> {
    [listing_prefix(kind, label).as_slice(), order, &[0], &document.0].concat()
}

/// The order and the document in a key whose listing begins with `prefix`.
pub(crate) fn listing_entry(prefix: &[u8], key: &[u8]) -> Result<ListingKey, StorageError> {
    let parse = || {
        let (order, document) = key.strip_prefix(prefix)?.split_last_chunk::<32>()?;
        let (zero, order) = order.split_last()?;
        (*zero == 0).then(|| ListingKey { order: order.to_vec(), document: DocumentId(*document) })
    };
    parse().ok_or_else(|| StorageError::Damaged("an entry of a listing is not one".into()))
}

pub(crate) fn count_key(kind: Kind, label: Option<&str>) -> Vec<u8> {
    match label {
        None => [COUNTS, &kind.0.to_be_bytes()].concat(),
        Some(label) => [COUNTS, &kind.0.to_be_bytes(), &[1], label.as_bytes()].concat(),
    }
}

pub(crate) fn read_count(value: &[u8]) -> Result<u64, StorageError> {
    value
        .try_into()
        .map(u64::from_be_bytes)
        .map_err(|_| StorageError::Damaged("the count of a listing has the wrong length".into()))
}

pub(crate) fn local_key(name: &str) -> Vec<u8> {
    [LOCAL, name.as_bytes()].concat()
}

/// The name of an entry of table of local values.
pub(crate) fn local_name(key: &[u8]) -> Option<String> {
    String::from_utf8(key.strip_prefix(LOCAL)?.to_vec()).ok()
}

/// A space in one byte where one byte is enough.
pub(crate) fn write_space(writer: &mut Writer, space: &SpaceId) {
    match space {
        SpaceId::Roster | SpaceId::Commons => writer.u8(space.tag()),
        SpaceId::Circle(_) | SpaceId::Organisation(_) => writer.fixed(&encode(space)),
    }
}

pub(crate) fn read_space(reader: &mut Reader<'_>) -> Option<SpaceId> {
    match reader.clone().array::<1>().ok()? {
        [0] => reader.u8().ok().map(|_| SpaceId::Roster),
        [1] => reader.u8().ok().map(|_| SpaceId::Commons),
        _ => SpaceId::decode(reader).ok(),
    }
}

/// The number in at most eight bytes.
fn number(bytes: &[u8]) -> Option<u64> {
    let mut whole = [0; 8];
    let start = whole.len().checked_sub(bytes.len())?;
    whole[start..].copy_from_slice(bytes);
    Some(u64::from_be_bytes(whole))
}

/// How much of a change's id is in the key of table `i`: enough that nobody finds two that share it, which would take
/// 2^88 tries.
const ID_IN_KEY: usize = 22;

/// How much of a document's id is in the key of table `d`. Two documents that share it are told apart by the value.
const DOCUMENT_IN_KEY: usize = 16;
