//! The chunk of a change, decoded: our own reading of Automerge's change format, which accepts exactly the bytes that
//! Automerge itself would write, counts before it expands anything, and allows only what the gate allows.
//!
//! It knows one change and not what the change builds on.

use knotwork_identity::{ActorId, ChangeId, Timestamp, sha256};

use crate::{
    leb128::Cursor,
    limits::{CHANGE_BYTES_MAX, DEPENDENCIES_MAX, OPERATION_COUNTER_MAX},
    operations::{Columns, Operations},
    rejection::{ChunkError, Rejection},
};

/// What a chunk says beside its operations.
#[derive(Debug, Clone)]
pub struct Chunk {
    start: u32,
    operations: u32,
    predecessors: u32,
    time: Timestamp,
    dependencies: Box<[ChangeId]>,
    other_actors: Box<[ActorId]>,
}

impl Chunk {
    /// The counter of the first operation; of a change without operations, the one that it would have.
    #[must_use]
    pub fn start(&self) -> u32 {
        self.start
    }

    /// The time that the author claims.
    #[must_use]
    pub fn time(&self) -> Timestamp {
        self.time
    }

    /// The changes that this one builds on directly, in ascending order.
    #[must_use]
    pub fn dependencies(&self) -> &[ChangeId] {
        &self.dependencies
    }

    /// The actors of the ancestors that the operations name, in ascending order.
    #[must_use]
    pub fn other_actors(&self) -> &[ActorId] {
        &self.other_actors
    }

    /// How many operations there are: none in a change that only merges.
    #[must_use]
    pub fn operation_count(&self) -> u32 {
        self.operations
    }

    /// How many predecessors the operations name together.
    #[must_use]
    pub fn predecessor_count(&self) -> u32 {
        self.predecessors
    }

    /// The counter of the last operation, or the one before [`Chunk::start`] where there are none.
    #[must_use]
    pub fn last(&self) -> u32 {
        self.start + self.operations - 1
    }

    /// How much memory this takes beside its own size, in bytes.
    pub(crate) fn heap_bytes(&self) -> usize {
        size_of_val(&*self.dependencies) + size_of_val(&*self.other_actors)
    }
}

/// A chunk and what its bytes say about themselves, which only the envelope can judge.
pub(crate) struct Decoded {
    pub(crate) chunk: Chunk,
    pub(crate) operations: Operations,
    pub(crate) actor: ActorId,
    /// Where the actor's 32 bytes begin.
    pub(crate) actor_start: usize,
    pub(crate) id: ChangeId,
}

/// Decodes a whole chunk, from its magic bytes on.
pub(crate) fn decode(bytes: &[u8]) -> Result<Decoded, Rejection> {
    if bytes.len() > CHANGE_BYTES_MAX {
        return Err(Rejection::TooLong(bytes.len()));
    }
    let mut cursor = Cursor::new(bytes);
    let checksum = read_envelope(&mut cursor, bytes.len())?;
    // Automerge's own hash: everything but magic bytes and checksum.
    let id = ChangeId(sha256(&[&bytes[HASHED_FROM..]]));
    if id.0[..4] != checksum {
        return Err(ChunkError::Checksum.into());
    }
    let body = read_body(&mut cursor, bytes.len())?;
    if body.rows == 0 && body.dependencies.len() < 2 {
        return Err(Rejection::Empty);
    }
    let operations = body.columns.decode(body.rows, bytes, body.other_actors.len())?;
    let chunk = Chunk {
        start: body.start,
        operations: body.rows as u32,
        predecessors: operations.predecessors().len() as u32,
        time: body.time,
        dependencies: body.dependencies,
        other_actors: body.other_actors,
    };
    Ok(Decoded { chunk, operations, actor: body.actor, actor_start: body.actor_start, id })
}

/// Decodes the operations of a chunk that [`decode`] has accepted before.
pub(crate) fn decode_operations(bytes: &[u8]) -> Result<Operations, ChunkError> {
    let mut cursor = Cursor::new(bytes);
    read_envelope(&mut cursor, bytes.len())?;
    let body = read_body(&mut cursor, bytes.len())?;
    body.columns.decode(body.rows, bytes, body.other_actors.len())
}

/// A chunk's body, with its operations counted and not yet expanded.
struct Body<'a> {
    dependencies: Box<[ChangeId]>,
    actor: ActorId,
    actor_start: usize,
    start: u32,
    time: Timestamp,
    other_actors: Box<[ActorId]>,
    columns: Columns<'a>,
    rows: usize,
}

fn read_body<'a>(cursor: &mut Cursor<'a>, length: usize) -> Result<Body<'a>, ChunkError> {
    let dependencies = read_dependencies(cursor)?;
    let (actor, actor_start) = read_actor(cursor)?;
    if cursor.unsigned()? != 1 {
        return Err(ChunkError::Sequence);
    }
    let start = cursor.unsigned()?;
    let time = u64::try_from(cursor.signed()?).ok().and_then(Timestamp::from_milliseconds).ok_or(ChunkError::Time)?;
    if cursor.unsigned()? != 0 {
        return Err(ChunkError::Message);
    }
    let other_actors = read_other_actors(cursor, &actor, length)?;
    let columns = Columns::read(cursor)?;
    if !cursor.is_at_end() {
        return Err(ChunkError::LeftOver);
    }
    let rows = columns.count(length)?;
    let start = check_counters(start, rows)?;
    Ok(Body { dependencies, actor, actor_start, start, time, other_actors, columns, rows })
}

/// Reads magic bytes, checksum, type and length, and returns the checksum.
fn read_envelope(cursor: &mut Cursor<'_>, length: usize) -> Result<[u8; 4], ChunkError> {
    if cursor.array()? != MAGIC {
        return Err(ChunkError::Magic);
    }
    let checksum = cursor.array()?;
    let [kind] = cursor.array()?;
    if kind != CHANGE_CHUNK {
        return Err(ChunkError::Type(kind));
    }
    let rest = cursor.unsigned()?;
    if usize::try_from(rest) != Ok(length - cursor.position()) { Err(ChunkError::Length) } else { Ok(checksum) }
}

fn read_dependencies(cursor: &mut Cursor<'_>) -> Result<Box<[ChangeId]>, ChunkError> {
    let count = cursor.unsigned()?;
    if count > DEPENDENCIES_MAX as u64 {
        return Err(ChunkError::Dependencies);
    }
    let ids = (0..count).map(|_| cursor.array().map(ChangeId)).collect::<Result<Box<[_]>, _>>()?;
    if ids.is_sorted_by(|a, b| a < b) { Ok(ids) } else { Err(ChunkError::Dependencies) }
}

fn read_actor(cursor: &mut Cursor<'_>) -> Result<(ActorId, usize), ChunkError> {
    if cursor.unsigned()? != size_of::<ActorId>() as u64 {
        return Err(ChunkError::ActorLength);
    }
    let start = cursor.position();
    Ok((ActorId(cursor.array()?), start))
}

fn read_other_actors(cursor: &mut Cursor<'_>, own: &ActorId, length: usize) -> Result<Box<[ActorId]>, ChunkError> {
    let count = usize::try_from(cursor.unsigned()?).map_err(|_| ChunkError::OtherActors)?;
    if count > length / size_of::<ActorId>() {
        return Err(ChunkError::EndsEarly);
    }
    let actors = (0..count).map(|_| read_actor(cursor).map(|(actor, _)| actor)).collect::<Result<Box<[_]>, _>>()?;
    let sorted = actors.is_sorted_by(|a, b| a < b);
    if sorted && !actors.contains(own) { Ok(actors) } else { Err(ChunkError::OtherActors) }
}

/// The first operation's counter is at least 1 and the last one's at most the limit.
fn check_counters(start: u64, rows: usize) -> Result<u32, ChunkError> {
    let limit = u64::from(OPERATION_COUNTER_MAX);
    // A change without operations stands where its first one would: it may be one beyond the last.
    if start == 0 || start > limit + 1 || start + rows as u64 > limit + 1 {
        return Err(ChunkError::Counter);
    }
    u32::try_from(start).map_err(|_| ChunkError::Counter)
}

/// The first bytes of every chunk.
pub(crate) const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
/// The chunk's hash, and with it the change's id, is over the bytes from here on.
pub(crate) const HASHED_FROM: usize = 8;
/// The type of a plain change.
pub(crate) const CHANGE_CHUNK: u8 = 1;
