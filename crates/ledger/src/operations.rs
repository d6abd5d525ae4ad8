//! The operations of a chunk, decoded from its columns.

use crate::{
    chunk,
    columns::{Counters, Flags, Gaps, Runs, count_text_bytes, count_values},
    leb128::Cursor,
    limits::{ADDITIONS_PER_BYTE_MAX, CHANGE_PREDECESSORS_MAX, KEY_BYTES_PER_BYTE_MAX, OPERATION_COUNTER_MAX},
    operation::{Action, Key, Object, Operation, Record, Reference, ValueKind, Verb},
    rejection::ChunkError,
};

/// The decoded operations of one chunk. They need the chunk's bytes to show keys and values.
#[derive(Debug, Clone, Default)]
pub(crate) struct Operations {
    records: Box<[Record]>,
    predecessors: Box<[Reference]>,
}

impl Operations {
    pub(crate) fn records(&self) -> &[Record] {
        &self.records
    }

    pub(crate) fn predecessors(&self) -> &[Reference] {
        &self.predecessors
    }

    pub(crate) fn predecessors_of(&self, index: usize) -> &[Reference] {
        let start = if index == 0 { 0 } else { self.records[index - 1].predecessors_end as usize };
        &self.predecessors[start..self.records[index].predecessors_end as usize]
    }

    /// How much memory this takes beside its own size, in bytes.
    pub(crate) fn heap_bytes(&self) -> usize {
        size_of_val(&*self.records) + size_of_val(&*self.predecessors)
    }
}

/// The operations of a change, in their order.
#[derive(Debug, Clone)]
pub struct OperationList<'a> {
    start: u32,
    bytes: &'a [u8],
    operations: Decoding<'a>,
}

/// Operations that the change keeps decoded, or that were decoded for the occasion.
#[derive(Debug, Clone)]
enum Decoding<'a> {
    Kept(&'a Operations),
    Fresh(Operations),
}

impl<'a> OperationList<'a> {
    pub(crate) fn kept(start: u32, bytes: &'a [u8], operations: &'a Operations) -> Self {
        Self { start, bytes, operations: Decoding::Kept(operations) }
    }

    pub(crate) fn fresh(start: u32, bytes: &'a [u8]) -> Self {
        // The chunk was decoded once before it was let go, so that there is no second outcome.
        let operations = chunk::decode_operations(bytes).unwrap_or_default();
        Self { start, bytes, operations: Decoding::Fresh(operations) }
    }

    pub(crate) fn decoded(&self) -> &Operations {
        match &self.operations {
            Decoding::Kept(operations) => operations,
            Decoding::Fresh(operations) => operations,
        }
    }

    pub(crate) fn into_decoded(self) -> Operations {
        match self.operations {
            Decoding::Kept(operations) => operations.clone(),
            Decoding::Fresh(operations) => operations,
        }
    }

    /// How many operations there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.decoded().records.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The operation at `index`, if there are more than that.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<Operation<'_>> {
        let record = self.decoded().records.get(index)?;
        Some(Operation {
            counter: self.start + index as u32,
            object: match record.object_counter {
                0 => Object::Root,
                counter => Object::Made(Reference { counter, actor: record.object_actor }),
            },
            key: match record.key_counter {
                _ if record.key_is_text => Key::Map(record.key_text(self.bytes)),
                0 => Key::Head,
                counter => Key::Element(Reference { counter, actor: record.key_actor }),
            },
            insert: record.insert,
            action: match record.verb {
                Verb::MakeMap => Action::MakeMap,
                Verb::MakeList => Action::MakeList,
                Verb::MakeText => Action::MakeText,
                Verb::Delete => Action::Delete,
                Verb::Set => Action::Set(record.scalar(self.bytes)),
            },
            predecessors: self.decoded().predecessors_of(index),
        })
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = Operation<'_>> {
        (0..self.len()).map_while(|index| self.get(index))
    }
}

/// The bytes of each column, empty where it is left out.
#[derive(Default)]
pub(crate) struct Columns<'a> {
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
    pub(crate) fn read(cursor: &mut Cursor<'a>) -> Result<Self, ChunkError> {
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

    /// How many operations there are, by their runs' lengths alone: nothing has been expanded before this is known, nor
    /// before it is known how many bytes of keys there will be. `length` is the whole chunk's.
    pub(crate) fn count(&self, length: usize) -> Result<usize, ChunkError> {
        let rows = count_values(self.action)?.all;
        let counts = count_values(self.predecessor_count)?;
        if counts.all != rows {
            return Err(ChunkError::ColumnLengths);
        }
        // What replaces nothing adds something.
        if counts.zeros > ADDITIONS_PER_BYTE_MAX * length {
            return Err(ChunkError::Additions);
        }
        if count_text_bytes(self.key_text)? > (KEY_BYTES_PER_BYTE_MAX * length) as u64 {
            return Err(ChunkError::KeyBytes);
        }
        Ok(rows)
    }

    /// Decodes `rows` operations; `bytes` is the whole chunk.
    pub(crate) fn decode(&self, rows: usize, bytes: &[u8], other_actors: usize) -> Result<Operations, ChunkError> {
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
        Ok(Operations { records: records.into(), predecessors: predecessors.into() })
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

/// Where `part`, a slice of `whole`, begins in it.
fn offset_in(part: &[u8], whole: &[u8]) -> usize {
    part.as_ptr().addr() - whole.as_ptr().addr()
}

/// The start of `part` in `whole` and, above it, its length.
fn range_of(part: &[u8], whole: &[u8]) -> u32 {
    offset_in(part, whole) as u32 | (part.len() as u32) << 16
}

const COLUMNS_MAX: usize = 12;
