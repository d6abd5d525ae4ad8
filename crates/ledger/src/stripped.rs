//! The chunk as it travels and is stored: without what its receiver can derive.

use knotwork_identity::{ActorId, DocumentId, PublicKey};

use crate::{
    change::seal,
    chunk::{CHANGE_CHUNK, HASHED_FROM, MAGIC},
    leb128::{Cursor, write_unsigned},
    limits::{CHANGE_BYTES_MAX, DEPENDENCIES_MAX},
    rejection::{ChunkError, Rejection},
};

/// Leaves out the magic bytes, checksum, type and length, and the actor with its length: about 45 bytes of every change.
///
/// # Errors
/// When `chunk` does not begin as a chunk. The rest is not looked at.
pub fn strip(chunk: &[u8]) -> Result<Vec<u8>, Rejection> {
    let mut cursor = Cursor::new(chunk);
    if cursor.array()? != MAGIC {
        return Err(ChunkError::Magic.into());
    }
    let _checksum: [u8; 4] = cursor.array()?;
    let [kind] = cursor.array()?;
    if kind != CHANGE_CHUNK {
        return Err(ChunkError::Type(kind).into());
    }
    if usize::try_from(cursor.unsigned()?) != Ok(chunk.len() - cursor.position()) {
        return Err(ChunkError::Length.into());
    }
    let body = &chunk[cursor.position()..];
    let dependencies = dependencies_length(body)?;
    let mut cursor = Cursor::new(&body[dependencies..]);
    if cursor.unsigned()? != size_of::<ActorId>() as u64 {
        return Err(ChunkError::ActorLength.into());
    }
    cursor.take(size_of::<ActorId>())?;
    let mut stripped = Vec::with_capacity(body.len() - ACTOR_FIELD);
    stripped.extend_from_slice(&body[..dependencies]);
    stripped.extend_from_slice(&body[dependencies + cursor.position()..]);
    Ok(stripped)
}

/// Puts back what [`strip`] left out, deriving the actor and the checksum from the rest.
///
/// # Errors
/// When the chunk would be too long, or the bytes do not begin with dependencies. The rest is left to the gate.
pub fn restore(document: &DocumentId, author: &PublicKey, stripped: &[u8]) -> Result<Vec<u8>, Rejection> {
    let body_length = stripped.len().saturating_add(ACTOR_FIELD);
    if body_length > CHANGE_BYTES_MAX {
        return Err(Rejection::TooLong(body_length));
    }
    let dependencies = dependencies_length(stripped)?;
    let mut chunk = Vec::with_capacity(body_length + ENVELOPE_MAX);
    chunk.extend_from_slice(&MAGIC);
    chunk.extend_from_slice(&[0; HASHED_FROM - MAGIC.len()]);
    chunk.push(CHANGE_CHUNK);
    write_unsigned(&mut chunk, body_length as u64);
    chunk.extend_from_slice(&stripped[..dependencies]);
    chunk.push(size_of::<ActorId>() as u8);
    let actor_start = chunk.len();
    chunk.extend_from_slice(&[0; size_of::<ActorId>()]);
    chunk.extend_from_slice(&stripped[dependencies..]);
    if chunk.len() > CHANGE_BYTES_MAX {
        return Err(Rejection::TooLong(chunk.len()));
    }
    seal(author, document, &mut chunk, actor_start);
    Ok(chunk)
}

/// How many bytes the dependencies and their count take up at the beginning of a chunk's body.
fn dependencies_length(body: &[u8]) -> Result<usize, ChunkError> {
    let mut cursor = Cursor::new(body);
    let count = cursor.unsigned()?;
    if count > DEPENDENCIES_MAX as u64 {
        return Err(ChunkError::Dependencies);
    }
    cursor.take(count as usize * 32)?;
    Ok(cursor.position())
}

/// An actor's length and its bytes.
const ACTOR_FIELD: usize = 1 + size_of::<ActorId>();
/// Magic bytes, checksum, type, and the longest length that a chunk's body can have.
const ENVELOPE_MAX: usize = HASHED_FROM + 1 + 3;
