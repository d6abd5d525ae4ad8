//! A change as it is kept: without what can be derived, and checked against its id when it is read.

use knotwork_identity::{
    ChangeId, Decode as _, DecodeError, DocumentId, NetworkId, Nonce, PublicKey, Reader, Signature, Writer, sha256,
};
use knotwork_ledger::{CheckedChange, DocumentHeader, Kind, SignedChange, restore, strip};
use knotwork_replica::{StorageError, StoredChange};

use crate::tables::{read_space, write_space};

/// The record of a change: version (1), check (8), the header's format (1), space (1 or 33), kind (2), owner (1, or 33
/// if it is not the author), nonce (16), author (32), signature (64), and the stripped chunk. The network is the
/// store's, id and actor follow from the chunk. The check is the beginning of SHA-256(id ‖ signature): the id commits to
/// everything but the signature.
///
/// # Errors
/// [`StorageError::Io`] of the kind `InvalidInput` when the change is not one of this network's.
pub(crate) fn write(change: &CheckedChange, network: &NetworkId) -> Result<Vec<u8>, StorageError> {
    let header = change.header();
    if header.network != *network {
        return Err(crate::engine::invalid(format!("the change {} belongs to another network", change.id())));
    }
    let stripped = strip(&change.signed().chunk)
        .map_err(|error| crate::engine::invalid(format!("the change {} cannot be kept: {error}", change.id())))?;
    let mut writer = Writer::default();
    writer.u8(VERSION);
    writer.fixed(&check(&change.id(), &change.signed().signature));
    writer.u8(header.format);
    write_space(&mut writer, &header.space);
    writer.u16(header.kind.0);
    match header.owner {
        None => writer.u8(OWNER_NONE),
        Some(owner) if owner == change.author() => writer.u8(OWNER_IS_AUTHOR),
        Some(owner) => {
            writer.u8(OWNER_FOLLOWS);
            writer.fixed(&owner.0);
        }
    }
    writer.fixed(&header.nonce.0);
    writer.fixed(&change.author().0);
    writer.fixed(&change.signed().signature.0);
    writer.fixed(&stripped);
    Ok(writer.into_bytes())
}

/// A change read from its record.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    /// The document that the change belongs to.
    pub(crate) document: DocumentId,
    /// The change, with its id computed from its bytes.
    pub(crate) stored: StoredChange,
}

/// Reads a record, and checks its bytes against the hash that was kept with them.
///
/// # Errors
/// [`StorageError::Damaged`] when the bytes are not what was written.
pub(crate) fn read(sequence: u64, record: &[u8], network: &NetworkId) -> Result<Record, StorageError> {
    let damaged = |why: &str| StorageError::Damaged(format!("change number {sequence} {why}"));
    let (kept, header, author, signature, stripped) =
        take_apart(record, network).map_err(|error| damaged(&format!("is not a record: {error}")))?;
    let document = header.id();
    let chunk = restore(&document, &author, stripped).map_err(|error| damaged(&format!("is not a change: {error}")))?;
    let id = ChangeId(sha256(&[&chunk[HASHED_FROM..]]));
    if check(&id, &signature) != kept {
        return Err(damaged("is not what was written: its hash differs"));
    }
    let change = SignedChange { header, author, chunk, signature };
    Ok(Record { document, stored: StoredChange { sequence, id, change } })
}

fn check(id: &ChangeId, signature: &Signature) -> [u8; CHECK_BYTES] {
    let mut check = [0; CHECK_BYTES];
    check.copy_from_slice(&sha256(&[&id.0, &signature.0])[..CHECK_BYTES]);
    check
}

type Parts<'a> = ([u8; CHECK_BYTES], DocumentHeader, PublicKey, Signature, &'a [u8]);

fn take_apart<'a>(record: &'a [u8], network: &NetworkId) -> Result<Parts<'a>, DecodeError> {
    let mut reader = Reader::new(record);
    if reader.u8()? != VERSION {
        return Err(DecodeError::NotCanonical("version"));
    }
    let kept = reader.array()?;
    let format = reader.u8()?;
    let space = read_space(&mut reader).ok_or(DecodeError::NotCanonical("space"))?;
    let kind = Kind(reader.u16()?);
    let owner_form = reader.u8()?;
    let other_owner = match owner_form {
        OWNER_NONE | OWNER_IS_AUTHOR => None,
        OWNER_FOLLOWS => Some(PublicKey::decode(&mut reader)?),
        _ => return Err(DecodeError::NotCanonical("owner")),
    };
    let nonce = Nonce::decode(&mut reader)?;
    let author = PublicKey::decode(&mut reader)?;
    let signature = Signature::decode(&mut reader)?;
    let stripped = reader.fixed(reader.remaining())?;
    let owner = if owner_form == OWNER_IS_AUTHOR { Some(author) } else { other_owner };
    let header = DocumentHeader { format, network: *network, space, kind, owner, nonce };
    Ok((kept, header, author, signature, stripped))
}

/// The version of the record's form.
const VERSION: u8 = 1;
/// Enough that what damage leaves does not match by accident.
const CHECK_BYTES: usize = 8;
/// A chunk's id is the hash of its bytes from here on: the magic bytes and the checksum are not in it.
const HASHED_FROM: usize = 8;

const OWNER_NONE: u8 = 0;
const OWNER_IS_AUTHOR: u8 = 1;
const OWNER_FOLLOWS: u8 = 2;
