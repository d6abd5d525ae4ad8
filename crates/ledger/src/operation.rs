//! One operation of a change, as the gate decodes it. It knows its own change alone: what an operation of another
//! change stands for is found by the history.

use std::fmt;

use crate::leb128::Cursor;

/// The name of an operation, as one change writes it: an index into the change's actors (0 is its own, the others
/// follow in their order) and the operation's counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    /// The operation's counter, from 1 on.
    pub counter: u32,
    /// Whose: 0 for the change's own, else 1 + the place among its other actors.
    pub actor: u16,
}

/// The object that an operation works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Object {
    /// The document's root, which is a map.
    Root,
    /// What the named operation made.
    Made(Reference),
}

/// The place in an object that an operation works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Key<'a> {
    /// A key of a map.
    Map(&'a str),
    /// The place before the first element of a list or text.
    Head,
    /// The element that the named operation inserted; an insertion goes after it.
    Element(Reference),
}

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Action<'a> {
    /// Makes a map.
    MakeMap,
    /// Makes a list.
    MakeList,
    /// Makes a text.
    MakeText,
    /// Puts a value.
    Set(ScalarRef<'a>),
    /// Takes away what its predecessors put.
    Delete,
}

/// A value that is not an object.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ScalarRef<'a> {
    /// Nothing, as a value.
    Null,
    /// True or false.
    Boolean(bool),
    /// An integer without sign.
    Uint(u64),
    /// An integer with a sign.
    Int(i64),
    /// A floating-point number, bit for bit.
    F64(f64),
    /// A string that is replaced as a whole.
    Str(&'a str),
    /// Bytes.
    Bytes(&'a [u8]),
    /// Milliseconds since 1970, by convention.
    Timestamp(i64),
}

impl<'a> ScalarRef<'a> {
    /// The string, if it is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&'a str> {
        if let Self::Str(value) = *self { Some(value) } else { None }
    }

    /// The value on its own, without the change that holds it.
    #[must_use]
    pub fn to_owned(&self) -> Scalar {
        match *self {
            Self::Null => Scalar::Null,
            Self::Boolean(value) => Scalar::Boolean(value),
            Self::Uint(value) => Scalar::Uint(value),
            Self::Int(value) => Scalar::Int(value),
            Self::F64(value) => Scalar::F64(value),
            Self::Str(value) => Scalar::Str(value.to_owned()),
            Self::Bytes(value) => Scalar::Bytes(value.to_owned()),
            Self::Timestamp(value) => Scalar::Timestamp(value),
        }
    }
}

/// A [`ScalarRef`] on its own.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar {
    /// Nothing, as a value.
    Null,
    /// True or false.
    Boolean(bool),
    /// An integer without sign.
    Uint(u64),
    /// An integer with a sign.
    Int(i64),
    /// A floating-point number, bit for bit.
    F64(f64),
    /// A string that is replaced as a whole.
    Str(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// Milliseconds since 1970, by convention.
    Timestamp(i64),
}

impl Scalar {
    /// The same as Automerge has it.
    #[must_use]
    pub fn to_automerge(&self) -> automerge::ScalarValue {
        match self {
            Self::Null => automerge::ScalarValue::Null,
            Self::Boolean(value) => automerge::ScalarValue::Boolean(*value),
            Self::Uint(value) => automerge::ScalarValue::Uint(*value),
            Self::Int(value) => automerge::ScalarValue::Int(*value),
            Self::F64(value) => automerge::ScalarValue::F64(*value),
            Self::Str(value) => automerge::ScalarValue::Str(value.as_str().into()),
            Self::Bytes(value) => automerge::ScalarValue::Bytes(value.clone()),
            Self::Timestamp(value) => automerge::ScalarValue::Timestamp(*value),
        }
    }

    /// The string, if it is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        if let Self::Str(value) = self { Some(value) } else { None }
    }

    /// The bytes, if it is bytes.
    #[must_use]
    pub fn as_bytes(&self) -> Option<&[u8]> {
        if let Self::Bytes(value) = self { Some(value) } else { None }
    }
}

/// One operation of a change.
#[derive(Clone, Copy, PartialEq)]
pub struct Operation<'a> {
    /// Its counter: the change's first counter and the operation's place added up.
    pub counter: u32,
    /// The object that it works on.
    pub object: Object,
    /// The place in that object.
    pub key: Key<'a>,
    /// Whether it makes a new element after `key`, rather than working on the element there.
    pub insert: bool,
    /// What it does there.
    pub action: Action<'a>,
    /// The operations that it replaces, in ascending order.
    pub predecessors: &'a [Reference],
}

impl fmt::Debug for Operation<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = if self.insert { "insert" } else { "at" };
        write!(formatter, "{}: {:?} {verb} {:?} in {:?}", self.counter, self.action, self.key, self.object)?;
        if self.predecessors.is_empty() { Ok(()) } else { write!(formatter, " for {:?}", self.predecessors) }
    }
}

/// An operation in the memory of a [`crate::Chunk`]: small, because a text has one for each of its characters. Strings
/// and values are ranges of the chunk's bytes, which [`crate::limits::CHANGE_BYTES_MAX`] keeps below 2^16.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Record {
    /// 0 for the root.
    pub(crate) object_counter: u32,
    /// The element's counter, or 0 for the head. For a map key its range: the start and, above it, the length.
    pub(crate) key_counter: u32,
    /// Where the predecessors end in the chunk's list; they begin where the operation before ends.
    pub(crate) predecessors_end: u32,
    pub(crate) object_actor: u16,
    pub(crate) key_actor: u16,
    pub(crate) value_start: u16,
    pub(crate) value_length: u16,
    pub(crate) verb: Verb,
    pub(crate) value_kind: ValueKind,
    pub(crate) insert: bool,
    pub(crate) key_is_text: bool,
}

impl Record {
    /// The object, with counter 0 for the root.
    #[inline]
    pub(crate) fn object(&self) -> Reference {
        Reference { counter: self.object_counter, actor: self.object_actor }
    }

    /// The element, unless it is the head or a map key that is named.
    #[inline]
    pub(crate) fn element(&self) -> Option<Reference> {
        if self.key_is_text || self.key_counter == 0 {
            return None;
        }
        Some(Reference { counter: self.key_counter, actor: self.key_actor })
    }

    /// The map key, where [`Record::key_is_text`].
    pub(crate) fn key_text<'a>(&self, bytes: &'a [u8]) -> &'a str {
        let start = (self.key_counter & 0xffff) as usize;
        let length = (self.key_counter >> 16) as usize;
        // Decoding found UTF-8 there.
        std::str::from_utf8(&bytes[start..start + length]).unwrap_or_default()
    }

    /// The value of a [`Verb::Set`].
    pub(crate) fn scalar<'a>(&self, bytes: &'a [u8]) -> ScalarRef<'a> {
        let raw = &bytes[usize::from(self.value_start)..][..usize::from(self.value_length)];
        // Decoding found each value in its form, so that no default is ever taken.
        match self.value_kind {
            ValueKind::Null => ScalarRef::Null,
            ValueKind::False => ScalarRef::Boolean(false),
            ValueKind::True => ScalarRef::Boolean(true),
            ValueKind::Uint => ScalarRef::Uint(Cursor::new(raw).unsigned().unwrap_or_default()),
            ValueKind::Int => ScalarRef::Int(Cursor::new(raw).signed().unwrap_or_default()),
            ValueKind::Timestamp => ScalarRef::Timestamp(Cursor::new(raw).signed().unwrap_or_default()),
            ValueKind::F64 => ScalarRef::F64(f64::from_le_bytes(raw.try_into().unwrap_or_default())),
            ValueKind::Str => ScalarRef::Str(std::str::from_utf8(raw).unwrap_or_default()),
            ValueKind::Bytes => ScalarRef::Bytes(raw),
        }
    }
}

/// What an operation does, without the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Verb {
    MakeMap = 0,
    Set = 1,
    MakeList = 2,
    Delete = 3,
    MakeText = 4,
}

impl Verb {
    /// The verb with this number in a chunk, if it is allowed.
    pub(crate) const fn from_number(number: u64) -> Option<Self> {
        match number {
            0 => Some(Self::MakeMap),
            1 => Some(Self::Set),
            2 => Some(Self::MakeList),
            3 => Some(Self::Delete),
            4 => Some(Self::MakeText),
            _ => None,
        }
    }

    pub(crate) const fn is_make(self) -> bool {
        matches!(self, Self::MakeMap | Self::MakeList | Self::MakeText)
    }
}

/// The type of a scalar, by its number in a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum ValueKind {
    Null = 0,
    False = 1,
    True = 2,
    Uint = 3,
    Int = 4,
    F64 = 5,
    Str = 6,
    Bytes = 7,
    Timestamp = 9,
}

impl ValueKind {
    /// The type with this number in a chunk, if it is allowed.
    pub(crate) const fn from_number(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::Null),
            1 => Some(Self::False),
            2 => Some(Self::True),
            3 => Some(Self::Uint),
            4 => Some(Self::Int),
            5 => Some(Self::F64),
            6 => Some(Self::Str),
            7 => Some(Self::Bytes),
            9 => Some(Self::Timestamp),
            _ => None,
        }
    }
}

const _: () = assert!(size_of::<Record>() == 24, "a text has one record for each of its characters");
const _: () = assert!(crate::limits::CHANGE_BYTES_MAX <= u16::MAX as usize, "records hold ranges of 16 bits");
