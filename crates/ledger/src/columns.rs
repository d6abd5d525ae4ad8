//! The columns of a chunk, read value by value. Each reader takes the one canonical form and refuses every other, so
//! that decoding and encoding again always gives the same bytes. This knows nothing of operations.

use crate::{
    leb128::Cursor,
    limits::{CHANGE_OPERATIONS_MAX, OPERATION_COUNTER_MAX},
    rejection::ChunkError,
};

/// A value that a run-length column can hold.
pub(crate) trait Cell<'a>: Copy + PartialEq {
    fn read(cursor: &mut Cursor<'a>) -> Result<Self, ChunkError>;
}

impl Cell<'_> for u64 {
    #[inline]
    fn read(cursor: &mut Cursor<'_>) -> Result<Self, ChunkError> {
        cursor.unsigned()
    }
}

impl Cell<'_> for i64 {
    #[inline]
    fn read(cursor: &mut Cursor<'_>) -> Result<Self, ChunkError> {
        cursor.signed()
    }
}

impl<'a> Cell<'a> for &'a str {
    fn read(cursor: &mut Cursor<'a>) -> Result<Self, ChunkError> {
        let length = usize::try_from(cursor.unsigned()?).map_err(|_| ChunkError::EndsEarly)?;
        std::str::from_utf8(cursor.take(length)?).map_err(|_| ChunkError::Utf8)
    }
}

/// A run-length column. Equal neighbours stand in one run, different ones in one literal, absent ones in one gap.
#[derive(Debug)]
pub(crate) struct Runs<'a, T> {
    cursor: Cursor<'a>,
    segment: Segment,
    /// How many values of the segment are to come.
    left: u64,
    /// The value of each in a run, none in a gap.
    value: Option<T>,
    /// The value before the next one, unless a gap lies between them.
    last: Option<T>,
    gaps: Gaps,
}

/// Whether a column may lack values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gaps {
    /// Every operation has a value.
    None,
    /// Operations may lack one, but then the column has one at least; it is left out otherwise.
    Some,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Segment {
    Start,
    Run,
    Literal,
    Gap,
    /// The column is left out: it has no values, however many are asked for.
    Absent,
}

impl<'a, T: Cell<'a>> Runs<'a, T> {
    /// Reads `bytes`; no bytes stand for a column that is left out.
    pub(crate) fn new(bytes: &'a [u8], gaps: Gaps) -> Self {
        let (segment, left) = match (bytes, gaps) {
            ([], Gaps::Some) => (Segment::Absent, u64::MAX),
            _ => (Segment::Start, 0),
        };
        Self { cursor: Cursor::new(bytes), segment, left, value: None, last: None, gaps }
    }

    /// The next operation's value.
    #[inline]
    pub(crate) fn next(&mut self) -> Result<Option<T>, ChunkError> {
        if self.left == 0 {
            self.begin_segment()?;
        }
        self.left -= 1;
        if self.segment == Segment::Literal { self.read_literal().map(Some) } else { Ok(self.value) }
    }

    /// As [`Runs::next`], for a column without gaps.
    #[inline]
    pub(crate) fn next_value(&mut self) -> Result<T, ChunkError> {
        self.next()?.ok_or(ChunkError::Runs)
    }

    /// Checks that every value was read.
    pub(crate) fn finish(self) -> Result<(), ChunkError> {
        let complete = self.segment == Segment::Absent || (self.left == 0 && self.cursor.is_at_end());
        if complete { Ok(()) } else { Err(ChunkError::ColumnLengths) }
    }

    #[inline]
    fn read_literal(&mut self) -> Result<T, ChunkError> {
        let value = T::read(&mut self.cursor)?;
        // Two equal neighbours would be a run.
        if self.last.replace(value) == Some(value) { Err(ChunkError::Runs) } else { Ok(value) }
    }

    /// Reads the head of a segment that has one value at least.
    fn begin_segment(&mut self) -> Result<(), ChunkError> {
        if self.cursor.is_at_end() {
            return Err(ChunkError::ColumnLengths);
        }
        let before = self.segment;
        let head = self.cursor.signed()?;
        self.left = head.unsigned_abs();
        self.segment = match head {
            // A single value is a literal.
            1 => return Err(ChunkError::Runs),
            2.. => {
                self.value = Some(self.read_literal()?);
                Segment::Run
            }
            ..0 if before == Segment::Literal => return Err(ChunkError::Runs),
            ..0 => Segment::Literal,
            0 => {
                self.left = self.cursor.unsigned()?;
                // Two gaps would be one, and a column that is all gap is left out.
                let all = before == Segment::Start && self.cursor.is_at_end();
                if self.left == 0 || self.gaps == Gaps::None || all || before == Segment::Gap {
                    return Err(ChunkError::Runs);
                }
                (self.value, self.last) = (None, None);
                Segment::Gap
            }
        };
        Ok(())
    }
}

/// A column of operation counters, written as differences.
#[derive(Debug)]
pub(crate) struct Counters<'a> {
    differences: Runs<'a, i64>,
    last: i64,
}

impl<'a> Counters<'a> {
    pub(crate) fn new(bytes: &'a [u8], gaps: Gaps) -> Self {
        Self { differences: Runs::new(bytes, gaps), last: 0 }
    }

    /// The next counter: at most [`OPERATION_COUNTER_MAX`].
    #[inline]
    pub(crate) fn next(&mut self) -> Result<Option<u32>, ChunkError> {
        let Some(difference) = self.differences.next()? else { return Ok(None) };
        self.last = self.last.checked_add(difference).ok_or(ChunkError::Counter)?;
        match u32::try_from(self.last) {
            Ok(counter) if counter <= OPERATION_COUNTER_MAX => Ok(Some(counter)),
            _ => Err(ChunkError::Counter),
        }
    }

    pub(crate) fn finish(self) -> Result<(), ChunkError> {
        self.differences.finish()
    }
}

/// A column of flags: the lengths of alternating runs, beginning with a run of `false` that may be empty.
#[derive(Debug)]
pub(crate) struct Flags<'a> {
    cursor: Cursor<'a>,
    left: u64,
    value: bool,
}

impl<'a> Flags<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        // The run before the first is one of `true`, and over.
        Self { cursor: Cursor::new(bytes), left: 0, value: true }
    }

    #[inline]
    pub(crate) fn next(&mut self) -> Result<bool, ChunkError> {
        while self.left == 0 {
            if self.cursor.is_at_end() {
                return Err(ChunkError::ColumnLengths);
            }
            let first = self.cursor.position() == 0;
            self.left = self.cursor.unsigned()?;
            self.value = !self.value;
            if self.left == 0 && (!first || self.cursor.is_at_end()) {
                return Err(ChunkError::Runs);
            }
        }
        self.left -= 1;
        Ok(self.value)
    }

    pub(crate) fn finish(self) -> Result<(), ChunkError> {
        if self.left > 0 || !self.cursor.is_at_end() { Err(ChunkError::ColumnLengths) } else { Ok(()) }
    }
}

/// Adds up the lengths of a number column's runs without expanding them: all values, and those that are zero.
///
/// # Errors
/// When there are more than [`CHANGE_OPERATIONS_MAX`] values, or the column ends early.
pub(crate) fn count_values(bytes: &[u8]) -> Result<ValueCount, ChunkError> {
    let mut cursor = Cursor::new(bytes);
    let mut count = ValueCount { all: 0, zeros: 0 };
    while !cursor.is_at_end() {
        let header = cursor.signed()?;
        let length = usize::try_from(header.unsigned_abs()).map_err(|_| ChunkError::Operations)?;
        if length > CHANGE_OPERATIONS_MAX - count.all {
            return Err(ChunkError::Operations);
        }
        count.all += length;
        if header > 0 {
            count.zeros += if cursor.unsigned()? == 0 { length } else { 0 };
        } else {
            // A literal has a byte at least for each value. A gap is refused when the column is read.
            for _ in 0..length {
                count.zeros += usize::from(cursor.unsigned()? == 0);
            }
        }
    }
    Ok(count)
}

/// Adds up the bytes of a column of texts without expanding its runs: each text as often as it stands in the column.
///
/// # Errors
/// When the column ends early, or a number is not in its shortest form.
pub(crate) fn count_text_bytes(bytes: &[u8]) -> Result<u64, ChunkError> {
    let mut cursor = Cursor::new(bytes);
    let mut count = 0_u64;
    while !cursor.is_at_end() {
        let head = cursor.signed()?;
        match head {
            0 => drop(cursor.unsigned()?),
            1.. => count = count.saturating_add(head.unsigned_abs().saturating_mul(skip_text(&mut cursor)?)),
            // A literal has a byte at least for each value, so that this ends with the column.
            ..0 => {
                for _ in 0..head.unsigned_abs() {
                    count = count.saturating_add(skip_text(&mut cursor)?);
                }
            }
        }
    }
    Ok(count)
}

/// Skips one text, and says how long it is.
fn skip_text(cursor: &mut Cursor<'_>) -> Result<u64, ChunkError> {
    let length = cursor.unsigned()?;
    cursor.take(usize::try_from(length).map_err(|_| ChunkError::EndsEarly)?)?;
    Ok(length)
}

/// How many values a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ValueCount {
    pub(crate) all: usize,
    pub(crate) zeros: usize,
}
