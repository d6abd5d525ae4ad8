//! The chunk of a change, decoded: our own reading of Automerge's change format, which accepts exactly the bytes that
//! Automerge itself would write, counts before it expands anything, and allows only what the gate allows.
//!
//! It knows one change and not what the change builds on.

use knotwork_identity::{ActorId, ChangeId, Timestamp, sha256};

use crate::{
    columns::{Counters, Flags, Gaps, Runs, count_values},
    leb128::Cursor,
    limits::{
        ADDITIONS_PER_BYTE_MAX, CHANGE_BYTES_MAX, CHANGE_PREDECESSORS_MAX, DEPENDENCIES_MAX, OPERATION_COUNTER_MAX,
    },
    operation::{Action, Key, Object, Operation, Record, Reference, Scalar, ValueKind, Verb},
    rejection::{ChunkError, Rejection},
};

/// A decoded chunk. It needs the bytes that it was decoded from to show keys and values.
#[derive(Debug, Clone)]
pub struct Chunk {
    start: u32,
    time: Timestamp,
    dependencies: Box<[ChangeId]>,
    other_actors: Box<[ActorId]>,
    records: Box<[Record]>,
    predecessors: Box<[Reference]>,
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

    /// How many operations there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there are none, as in a change that only merges.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// The counter of the last operation, or the one before [`Chunk::start`] where there are none.
    #[must_use]
    pub fn last(&self) -> u32 {
        // Decoding keeps the sum at most at the limit; there are at most 65,536 records.
        self.start + self.records.len() as u32 - 1
    }

    pub(crate) fn records(&self) -> &[Record] {
        &self.records
    }

    pub(crate) fn predecessors_of(&self, index: usize) -> &[Reference] {
        let start = if index == 0 { 0 } else { self.records[index - 1].predecessors_end as usize };
        &self.predecessors[start..self.records[index].predecessors_end as usize]
    }

    /// The operation at `index`, with `bytes` being those that the chunk was decoded from.
    pub(crate) fn operation<'a>(&'a self, index: usize, bytes: &'a [u8]) -> Operation<'a> {
        let record = &self.records[index];
        Operation {
            counter: self.start + index as u32,
            object: match record.object_counter {
                0 => Object::Root,
                counter => Object::Made(Reference { counter, actor: record.object_actor }),
            },
            key: match record.key_counter {
                _ if record.key_is_text => Key::Map(record.key_text(bytes)),
                0 => Key::Head,
                counter => Key::Element(Reference { counter, actor: record.key_actor }),
            },
            insert: record.insert,
            action: match record.verb {
                Verb::MakeMap => Action::MakeMap,
                Verb::MakeList => Action::MakeList,
                Verb::MakeText => Action::MakeText,
                Verb::Delete => Action::Delete,
                Verb::Set => Action::Set(record.scalar(bytes)),
            },
            predecessors: self.predecessors_of(index),
        }
    }

    /// How much memory this takes, in bytes.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        size_of::<Self>()
            + size_of_val(&*self.dependencies)
            + size_of_val(&*self.other_actors)
            + size_of_val(&*self.records)
            + size_of_val(&*self.predecessors)
    }
}

/// A chunk and what its bytes say about themselves, which only the envelope can judge.
pub(crate) struct Decoded {
    pub(crate) chunk: Chunk,
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
    let id = read_envelope(bytes, &mut cursor)?;
    let dependencies = read_dependencies(&mut cursor)?;
    let (actor, actor_start) = read_actor(&mut cursor)?;
    if cursor.unsigned()? != 1 {
        return Err(ChunkError::Sequence.into());
    }
    let start = cursor.unsigned()?;
    let time = u64::try_from(cursor.signed()?).ok().and_then(Timestamp::from_milliseconds).ok_or(ChunkError::Time)?;
    if cursor.unsigned()? != 0 {
        return Err(ChunkError::Message.into());
    }
    let other_actors = read_other_actors(&mut cursor, &actor, bytes.len())?;
    let columns = Columns::read(&mut cursor)?;
    if !cursor.is_at_end() {
        return Err(ChunkError::LeftOver.into());
    }
    let rows = columns.count(bytes.len())?;
    let start = check_counters(start, rows)?;
    if rows == 0 && dependencies.len() < 2 {
        return Err(Rejection::Empty);
    }
    let (records, predecessors) = columns.decode(rows, bytes, other_actors.len())?;
    let chunk = Chunk { start, time, dependencies, other_actors, records, predecessors };
    Ok(Decoded { chunk, actor, actor_start, id })
}

/// Reads magic bytes, checksum, type and length. The id is Automerge's own hash: everything but magic and checksum.
fn read_envelope(bytes: &[u8], cursor: &mut Cursor<'_>) -> Result<ChangeId, ChunkError> {
    if cursor.array()? != MAGIC {
        return Err(ChunkError::Magic);
    }
    let checksum: [u8; 4] = cursor.array()?;
    let [kind] = cursor.array()?;
    if kind != CHANGE_CHUNK {
        return Err(ChunkError::Type(kind));
    }
    let length = cursor.unsigned()?;
    if usize::try_from(length) != Ok(bytes.len() - cursor.position()) {
        return Err(ChunkError::Length);
    }
    let id = sha256(&[&bytes[HASHED_FROM..]]);
    if id[..4] != checksum { Err(ChunkError::Checksum) } else { Ok(ChangeId(id)) }
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

/// The bytes of each column, empty where it is left out.
#[derive(Default)]
struct Columns<'a> {
    object_actor: &'a [u8],
    object_counter: &'a [u8],
    key_actor: &'a [u8],
    key_counter: &'a [u8],
    key_text: &'a [u8],
    insert: &'a [u8],
    action: &'a [u8],
    value_kind: &'a [u8],
    value: &'a [u8],
    predecessor_count: &'a [u8],
    predecessor_actor: &'a [u8],
    predecessor_counter: &'a [u8],
}

impl<'a> Columns<'a> {
    /// Reads the list of columns and then their bytes. The known ones come in ascending order, none of them empty.
    fn read(cursor: &mut Cursor<'a>) -> Result<Self, ChunkError> {
        let count = cursor.unsigned()?;
        if count > COLUMNS_MAX as u64 {
            return Err(ChunkError::Columns);
        }
        let mut listed = [(0, 0); COLUMNS_MAX];
        let listed = &mut listed[..count as usize];
        let mut before = 0;
        for (specification, length) in listed.iter_mut() {
            *specification = cursor.unsigned()?;
            *length = usize::try_from(cursor.unsigned()?).map_err(|_| ChunkError::EndsEarly)?;
            if *specification <= before || *length == 0 {
                return Err(ChunkError::Columns);
            }
            before = *specification;
        }
        let mut columns = Self::default();
        for (specification, length) in listed {
            *columns.by_specification(*specification).ok_or(ChunkError::Columns)? = cursor.take(*length)?;
        }
        Ok(columns)
    }

    /// Automerge's column specification: the column's number times 16, and its type.
    fn by_specification(&mut self, specification: u64) -> Option<&mut &'a [u8]> {
        match specification {
            0x01 => Some(&mut self.object_actor),
            0x02 => Some(&mut self.object_counter),
            0x11 => Some(&mut self.key_actor),
            0x13 => Some(&mut self.key_counter),
            0x15 => Some(&mut self.key_text),
            0x34 => Some(&mut self.insert),
            0x42 => Some(&mut self.action),
            0x56 => Some(&mut self.value_kind),
            0x57 => Some(&mut self.value),
            0x70 => Some(&mut self.predecessor_count),
            0x71 => Some(&mut self.predecessor_actor),
            0x73 => Some(&mut self.predecessor_counter),
            _ => None,
        }
    }

    /// How many operations there are, by their runs' lengths alone: nothing has been expanded before this is known.
    fn count(&self, length: usize) -> Result<usize, ChunkError> {
        let rows = count_values(self.action)?.all;
        let counts = count_values(self.predecessor_count)?;
        if counts.all != rows {
            return Err(ChunkError::ColumnLengths);
        }
        // What replaces nothing adds something.
        if counts.zeros > ADDITIONS_PER_BYTE_MAX * length { Err(ChunkError::Additions) } else { Ok(rows) }
    }

    fn decode(
        &self,
        rows: usize,
        bytes: &[u8],
        other_actors: usize,
    ) -> Result<(Box<[Record]>, Box<[Reference]>), ChunkError> {
        let mut used = vec![false; 1 + other_actors];
        used[0] = true;
        let mut objects = Ids::new(self.object_actor, Numbers::Plain(Runs::new(self.object_counter, Gaps::Some)));
        let mut elements = Ids::new(self.key_actor, Numbers::Differences(Counters::new(self.key_counter, Gaps::Some)));
        let mut key_texts = Runs::<&str>::new(self.key_text, Gaps::Some);
        let mut inserts = Flags::new(self.insert);
        let mut actions = Runs::<u64>::new(self.action, Gaps::None);
        let mut values = Values::new(self.value_kind, self.value, bytes);
        let mut predecessors = Predecessors::new(self);
        let mut records = Vec::with_capacity(rows);
        for _ in 0..rows {
            let object = objects.next(&mut used)?;
            let element = elements.next(&mut used)?;
            let text = key_texts.next()?;
            let insert = inserts.next()?;
            let number = actions.next_value()?;
            let verb = Verb::from_number(number).ok_or(ChunkError::Action(number))?;
            let (value_kind, value_start, value_length) = values.next()?;
            predecessors.next(&mut used)?;
            let object = match object {
                None => Reference { counter: 0, actor: 0 },
                // Only the root has no counter, and it has no actor either.
                Some(Id { counter: 0, .. }) | Some(Id { actor: None, .. }) => return Err(ChunkError::Reference),
                Some(Id { counter, actor: Some(actor) }) => Reference { counter, actor },
            };
            let (key_counter, key_actor, key_is_text) = match (element, text) {
                (None, Some(text)) => (range_of(text.as_bytes(), bytes), 0, true),
                (Some(Id { counter: 0, actor: None }), None) => (0, 0, false),
                (Some(Id { counter: 1.., actor: Some(actor) }), None) => {
                    (element.map_or(0, |id| id.counter), actor, false)
                }
                _ => return Err(ChunkError::Reference),
            };
            records.push(Record {
                object_counter: object.counter,
                key_counter,
                predecessors_end: predecessors.all.len() as u32,
                object_actor: object.actor,
                key_actor,
                value_start,
                value_length,
                verb,
                value_kind,
                insert,
                key_is_text,
            });
        }
        objects.finish()?;
        elements.finish()?;
        key_texts.finish()?;
        inserts.finish()?;
        actions.finish()?;
        values.finish()?;
        let predecessors = predecessors.finish()?;
        if used.contains(&false) {
            return Err(ChunkError::OtherActors);
        }
        Ok((records.into(), predecessors.into()))
    }
}

/// A reference in two columns: an actor's index and a counter.
struct Ids<'a> {
    actors: Runs<'a, u64>,
    counters: Numbers<'a>,
}

#[derive(Clone, Copy)]
struct Id {
    counter: u32,
    actor: Option<u16>,
}

enum Numbers<'a> {
    Plain(Runs<'a, u64>),
    Differences(Counters<'a>),
}

impl<'a> Ids<'a> {
    fn new(actors: &'a [u8], counters: Numbers<'a>) -> Self {
        Self { actors: Runs::new(actors, Gaps::Some), counters }
    }

    #[inline]
    fn next(&mut self, used: &mut [bool]) -> Result<Option<Id>, ChunkError> {
        let actor = self.actors.next()?.map(|actor| listed(actor, used)).transpose()?;
        let counter = match &mut self.counters {
            Numbers::Differences(counters) => counters.next()?,
            Numbers::Plain(counters) => match counters.next()? {
                None => None,
                Some(counter) if counter <= u64::from(OPERATION_COUNTER_MAX) => Some(counter as u32),
                Some(_) => return Err(ChunkError::Counter),
            },
        };
        match (counter, actor) {
            (None, None) => Ok(None),
            (None, Some(_)) => Err(ChunkError::Reference),
            (Some(counter), actor) => Ok(Some(Id { counter, actor })),
        }
    }

    fn finish(self) -> Result<(), ChunkError> {
        self.actors.finish()?;
        match self.counters {
            Numbers::Plain(counters) => counters.finish(),
            Numbers::Differences(counters) => counters.finish(),
        }
    }
}

/// Checks that an actor's index is one, and notes that it is used.
#[inline]
fn listed(actor: u64, used: &mut [bool]) -> Result<u16, ChunkError> {
    let index = usize::try_from(actor).map_err(|_| ChunkError::Reference)?;
    *used.get_mut(index).ok_or(ChunkError::Reference)? = true;
    u16::try_from(index).map_err(|_| ChunkError::Reference)
}

/// The values: a column of types and lengths, and one of bytes.
struct Values<'a> {
    kinds: Runs<'a, u64>,
    raw: Cursor<'a>,
    raw_start: usize,
}

impl<'a> Values<'a> {
    fn new(kinds: &'a [u8], raw: &'a [u8], bytes: &[u8]) -> Self {
        let raw_start = if raw.is_empty() { 0 } else { offset_in(raw, bytes) };
        Self { kinds: Runs::new(kinds, Gaps::None), raw: Cursor::new(raw), raw_start }
    }

    /// The type, start and length of the next value.
    #[inline]
    fn next(&mut self) -> Result<(ValueKind, u16, u16), ChunkError> {
        let meta = self.kinds.next_value()?;
        let kind = ValueKind::from_number((meta & 0x0f) as u8).ok_or(ChunkError::Value)?;
        let length = u16::try_from(meta >> 4).map_err(|_| ChunkError::EndsEarly)?;
        let start = (self.raw_start + self.raw.position()) as u16;
        let raw = self.raw.take(usize::from(length))?;
        if is_canonical(kind, raw) { Ok((kind, start, length)) } else { Err(ChunkError::Value) }
    }

    fn finish(self) -> Result<(), ChunkError> {
        self.kinds.finish()?;
        if self.raw.is_at_end() { Ok(()) } else { Err(ChunkError::ColumnLengths) }
    }
}

/// Whether `raw` is the one form of a value of this type.
#[inline]
fn is_canonical(kind: ValueKind, raw: &[u8]) -> bool {
    match kind {
        ValueKind::Null | ValueKind::False | ValueKind::True => raw.is_empty(),
        ValueKind::F64 => raw.len() == 8,
        ValueKind::Str => std::str::from_utf8(raw).is_ok(),
        ValueKind::Bytes => true,
        ValueKind::Uint => {
            let mut cursor = Cursor::new(raw);
            cursor.unsigned().is_ok() && cursor.is_at_end()
        }
        ValueKind::Int | ValueKind::Timestamp => {
            let mut cursor = Cursor::new(raw);
            cursor.signed().is_ok() && cursor.is_at_end()
        }
    }
}

/// The predecessors of all operations: a column of counts, and two of references.
struct Predecessors<'a> {
    counts: Runs<'a, u64>,
    actors: Runs<'a, u64>,
    counters: Counters<'a>,
    all: Vec<Reference>,
}

impl<'a> Predecessors<'a> {
    fn new(columns: &Columns<'a>) -> Self {
        Self {
            counts: Runs::new(columns.predecessor_count, Gaps::None),
            actors: Runs::new(columns.predecessor_actor, Gaps::None),
            counters: Counters::new(columns.predecessor_counter, Gaps::None),
            all: Vec::new(),
        }
    }

    #[inline]
    fn next(&mut self, used: &mut [bool]) -> Result<(), ChunkError> {
        let count = self.counts.next_value()?;
        if count > (CHANGE_PREDECESSORS_MAX - self.all.len()) as u64 {
            return Err(ChunkError::Predecessors);
        }
        for _ in 0..count {
            let actor = listed(self.actors.next_value()?, used)?;
            match self.counters.next()? {
                Some(counter) if counter > 0 => self.all.push(Reference { counter, actor }),
                _ => return Err(ChunkError::Reference),
            }
        }
        Ok(())
    }

    fn finish(self) -> Result<Vec<Reference>, ChunkError> {
        self.counts.finish()?;
        self.actors.finish()?;
        self.counters.finish()?;
        Ok(self.all)
    }
}

impl Record {
    /// The map key, where [`Record::key_is_text`].
    pub(crate) fn key_text<'a>(&self, bytes: &'a [u8]) -> &'a str {
        let start = (self.key_counter & 0xffff) as usize;
        let length = (self.key_counter >> 16) as usize;
        // Decoding found UTF-8 there.
        std::str::from_utf8(&bytes[start..start + length]).unwrap_or_default()
    }

    /// The value of a [`Verb::Set`].
    pub(crate) fn scalar<'a>(&self, bytes: &'a [u8]) -> Scalar<'a> {
        let raw = &bytes[usize::from(self.value_start)..][..usize::from(self.value_length)];
        // Decoding found each value in its form, so that no default is ever taken.
        match self.value_kind {
            ValueKind::Null => Scalar::Null,
            ValueKind::False => Scalar::Boolean(false),
            ValueKind::True => Scalar::Boolean(true),
            ValueKind::Uint => Scalar::Uint(Cursor::new(raw).unsigned().unwrap_or_default()),
            ValueKind::Int => Scalar::Int(Cursor::new(raw).signed().unwrap_or_default()),
            ValueKind::Timestamp => Scalar::Timestamp(Cursor::new(raw).signed().unwrap_or_default()),
            ValueKind::F64 => Scalar::F64(f64::from_le_bytes(raw.try_into().unwrap_or_default())),
            ValueKind::Str => Scalar::Str(std::str::from_utf8(raw).unwrap_or_default()),
            ValueKind::Bytes => Scalar::Bytes(raw),
        }
    }
}

/// Where `part`, a slice of `whole`, begins in it.
fn offset_in(part: &[u8], whole: &[u8]) -> usize {
    part.as_ptr().addr() - whole.as_ptr().addr()
}

/// The start of `part` in `whole` and, above it, its length.
fn range_of(part: &[u8], whole: &[u8]) -> u32 {
    offset_in(part, whole) as u32 | (part.len() as u32) << 16
}

/// The first bytes of every chunk.
pub(crate) const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
/// The chunk's hash, and with it the change's id, is over the bytes from here on.
pub(crate) const HASHED_FROM: usize = 8;
/// The type of a plain change.
pub(crate) const CHANGE_CHUNK: u8 = 1;
const COLUMNS_MAX: usize = 12;
