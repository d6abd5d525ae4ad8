//! CSV, row by row (RFC 4180), as it arrives: from any number of parts, in memory that does not grow with the file.
//!
//! Strict where a lenient reader would change what it reads: text after a closing quotation mark, or a quotation mark
//! that is never closed, makes a fault of that row. Only a line feed, alone or after a carriage return, ends a row; a
//! carriage return that stands alone belongs to its cell. It knows nothing of what the columns mean.

use std::collections::VecDeque;

use thiserror::Error;

use crate::limits::{ROW_BYTES_MAX, ROW_CELLS_MAX};

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    /// The line on which it begins, counted from 1.
    pub(crate) line: u64,
    /// Its cells, or why it cannot be read.
    pub(crate) cells: Result<Cells, RowFault>,
}

/// The cells of a row, as bytes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Cells {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

/// Why a row cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum RowFault {
    /// Text between a closing quotation mark and the next comma, on one line.
    #[error("text follows a closing quotation mark: within quotation marks, one is written twice")]
    TextAfterQuote,
    /// The same, where the quotation mark was opened on an earlier line: it was not meant to be closed there.
    #[error(
        "a quotation mark is opened and not closed before line {on_line}, where text follows one: close it, and write \
         those within quotation marks twice; the lines after this one are read as rows of their own"
    )]
    TextAfterLaterQuote {
        /// Where the text is.
        on_line: u64,
    },
    /// The file ends within quotation marks.
    #[error("a quotation mark is opened and never closed; the lines after this one are read as rows of their own")]
    NeverClosed,
    /// The row is too long.
    #[error("the row is longer than {ROW_BYTES_MAX} bytes")]
    TooLong,
    /// The row is too long, and goes over several lines, which are lost with it.
    #[error(
        "a quotation mark is opened, and the row goes on to line {last_line} and is longer than {ROW_BYTES_MAX} bytes: \
         nothing up to that line was read; if the quotation mark was to be closed before, close it"
    )]
    TooLongOverLines {
        /// Where the row ends.
        last_line: u64,
    },
    /// The row has too many cells.
    #[error("the row has more than {ROW_CELLS_MAX} cells")]
    TooManyCells,
}

/// Reads rows.
///
/// A quotation mark that nobody closes would swallow all rows up to the next one. So what was read of a row after its
/// first line is kept, and where the row turns out to be faulty, its first line alone is: reading goes on with the second.
#[derive(Debug)]
pub(crate) struct RowReader {
    place: Place,
    cells: Cells,
    fault: Option<RowFault>,
    /// Whether a cell of this row was quoted; a line of nothing else is no row.
    quoted: bool,
    line: u64,
    row_line: u64,
    /// How much of a byte order mark was seen at the beginning of the file; none once that is behind.
    mark: Option<usize>,
    /// Of what was read, the part that may have to be read again, and what is still to be read.
    input: Vec<u8>,
    later_lines: LaterLines,
}

/// The lines of this row after its first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LaterLines {
    /// There are none yet.
    None,
    /// They begin at this place in the input.
    From(usize),
    /// There are too many to be read again.
    Lost,
}

/// Where the reader stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Before the first byte of a cell.
    CellStart,
    /// In a cell without quotation marks.
    Plain,
    /// There, after a carriage return.
    PlainReturn,
    /// Within quotation marks.
    Quoted,
    /// There, after a quotation mark: the closing one, or the first of two.
    QuoteInQuoted,
    /// After the closing quotation mark and a carriage return.
    ClosedReturn,
}

impl Cells {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The cell at `place`, counted from 0.
    pub(crate) fn get(&self, place: usize) -> Option<&[u8]> {
        let end = *self.ends.get(place)?;
        let start = place.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.bytes.get(start..end)
    }
}

impl Default for RowReader {
    fn default() -> Self {
        Self {
            place: Place::CellStart,
            cells: Cells::default(),
            fault: None,
            quoted: false,
            line: 1,
            row_line: 1,
            mark: Some(0),
            input: Vec::new(),
            later_lines: LaterLines::None,
        }
    }
}

impl RowReader {
    /// Takes the next part of the file, and adds the rows that end in it to `rows`.
    pub(crate) fn read(&mut self, part: &[u8], rows: &mut VecDeque<Row>) {
        let mut rest = part;
        while let (Some(seen), [byte, after @ ..]) = (self.mark, rest) {
            if seen < MARK.len() && *byte == MARK[seen] {
                self.mark = Some(seen + 1);
                rest = after;
            } else {
                self.mark = None;
                // Only a whole mark is one.
                if seen < MARK.len() {
                    self.take(&MARK[..seen], rows);
                }
            }
        }
        self.take(rest, rows);
    }

    /// Says that the file has ended, and adds the last row, if it had no line end.
    pub(crate) fn finish(&mut self, rows: &mut VecDeque<Row>) {
        if let Some(seen @ 1..MARK_BYTES) = self.mark.take() {
            self.take(&MARK[..seen], rows);
        }
        while self.place == Place::Quoted {
            let LaterLines::From(second_line) = self.later_lines else {
                // Of one line, or with lines that are lost: then how long it is says more.
                self.fault =
                    self.fault.filter(|_| self.later_lines == LaterLines::Lost).or(Some(RowFault::NeverClosed));
                break;
            };
            self.end_with_first_line(RowFault::NeverClosed, rows);
            self.run(second_line, rows);
        }
        let untouched = self.place == Place::CellStart && self.cells.ends.is_empty() && self.fault.is_none();
        if !untouched {
            self.end_row(rows);
        }
    }

    fn take(&mut self, part: &[u8], rows: &mut VecDeque<Row>) {
        let read = self.input.len();
        self.input.extend_from_slice(part);
        self.run(read, rows);
    }

    /// Reads the input from `at` on, and forgets what will not be read again.
    fn run(&mut self, mut at: usize, rows: &mut VecDeque<Row>) {
        let mut input = std::mem::take(&mut self.input);
        while at < input.len() {
            let (row_line, was_faulty, within_quotes) =
                (self.row_line, self.fault.is_some(), self.place == Place::Quoted);
            let next = input.len() - self.step(&input[at..], rows).len();
            if self.row_line == row_line {
                match self.later_lines {
                    LaterLines::None if within_quotes => {
                        let end = input[at..next].iter().position(|byte| *byte == b'\n');
                        self.later_lines = end.map_or(LaterLines::None, |end| LaterLines::From(at + end + 1));
                    }
                    LaterLines::From(second_line) if !was_faulty => {
                        if let Some(fault) = self.fault.and_then(|fault| fault.on_later_line(self.line)) {
                            self.end_with_first_line(fault, rows);
                            at = second_line;
                            continue;
                        }
                    }
                    _ => {}
                }
            }
            at = next;
        }
        match self.later_lines {
            LaterLines::From(second_line) if at - second_line <= ROW_BYTES_MAX => {
                input.drain(..second_line);
                self.later_lines = LaterLines::From(0);
            }
            later_lines => {
                input.clear();
                if later_lines != LaterLines::None {
                    self.later_lines = LaterLines::Lost;
                }
            }
        }
        self.input = input;
    }

    /// Takes the next few bytes, at least one unless the place alone changes, and gives the rest.
    fn step<'a>(&mut self, rest: &'a [u8], rows: &mut VecDeque<Row>) -> &'a [u8] {
        let [byte, after @ ..] = rest else { return rest };
        let byte = *byte;
        match self.place {
            Place::CellStart if byte == b'"' => {
                self.quoted = true;
                self.place = Place::Quoted;
                after
            }
            Place::CellStart | Place::Plain => {
                self.place = Place::Plain;
                let rest = self.take_run(rest, |byte| matches!(byte, b',' | b'\n' | b'\r'));
                let [end, after @ ..] = rest else { return rest };
                match end {
                    b',' => self.end_cell(),
                    b'\n' => self.end_row(rows),
                    _ => self.place = Place::PlainReturn,
                }
                after
            }
            Place::PlainReturn if byte == b'\n' => {
                self.end_row(rows);
                after
            }
            Place::PlainReturn => {
                self.push(b"\r");
                self.place = Place::Plain;
                rest
            }
            Place::Quoted => {
                let rest = self.take_run(rest, |byte| byte == b'"');
                let [_, after @ ..] = rest else { return rest };
                self.place = Place::QuoteInQuoted;
                after
            }
            Place::QuoteInQuoted => {
                self.after_quote(byte, rows);
                after
            }
            Place::ClosedReturn if byte == b'\n' => {
                self.end_row(rows);
                after
            }
            Place::ClosedReturn => {
                self.fault = self.fault.or(Some(RowFault::TextAfterQuote));
                self.place = Place::Plain;
                rest
            }
        }
    }

    fn after_quote(&mut self, byte: u8, rows: &mut VecDeque<Row>) {
        match byte {
            b'"' => {
                self.push(b"\"");
                self.place = Place::Quoted;
            }
            b',' => self.end_cell(),
            b'\n' => self.end_row(rows),
            b'\r' => self.place = Place::ClosedReturn,
            _ => {
                self.fault = self.fault.or(Some(RowFault::TextAfterQuote));
                self.place = Place::Plain;
            }
        }
    }

    /// Takes everything before the first byte that ends the run, and gives the rest.
    fn take_run<'a>(&mut self, part: &'a [u8], ends: impl Fn(u8) -> bool) -> &'a [u8] {
        let length = part.iter().position(|byte| ends(*byte)).unwrap_or(part.len());
        let (run, rest) = part.split_at(length);
        self.line += run.iter().filter(|byte| **byte == b'\n').count() as u64;
        self.push(run);
        rest
    }

    fn push(&mut self, run: &[u8]) {
        if self.fault.is_some() {
            return;
        }
        if self.cells.bytes.len() + run.len() > ROW_BYTES_MAX {
            self.fault = Some(RowFault::TooLong);
        } else {
            self.cells.bytes.extend_from_slice(run);
        }
    }

    fn end_cell(&mut self) {
        self.place = Place::CellStart;
        if self.cells.ends.len() == ROW_CELLS_MAX {
            self.fault = self.fault.or(Some(RowFault::TooManyCells));
        } else {
            self.cells.ends.push(self.cells.bytes.len());
        }
    }

    fn end_row(&mut self, rows: &mut VecDeque<Row>) {
        self.end_cell();
        let cells = std::mem::take(&mut self.cells);
        let fault = self.fault.take().map(|fault| match fault {
            RowFault::TooLong if self.line > self.row_line => RowFault::TooLongOverLines { last_line: self.line },
            fault => fault,
        });
        let quoted = std::mem::take(&mut self.quoted);
        // An empty line is no row.
        let empty = fault.is_none() && !quoted && cells.len() == 1 && cells.bytes.is_empty();
        if !empty {
            rows.push_back(Row { line: self.row_line, cells: fault.map_or(Ok(cells), Err) });
        }
        self.begin_row(self.line + 1);
    }

    /// Ends a faulty row after its first line: what was read of its other lines is to be read again.
    fn end_with_first_line(&mut self, fault: RowFault, rows: &mut VecDeque<Row>) {
        rows.push_back(Row { line: self.row_line, cells: Err(fault) });
        self.begin_row(self.row_line + 1);
    }

    fn begin_row(&mut self, line: u64) {
        self.place = Place::CellStart;
        self.cells = Cells::default();
        self.fault = None;
        self.quoted = false;
        (self.line, self.row_line) = (line, line);
        self.later_lines = LaterLines::None;
    }
}

impl RowFault {
    /// The fault as it is told where it shows after the first line of a row, if it means that the row was to end before.
    fn on_later_line(self, line: u64) -> Option<Self> {
        match self {
            Self::TextAfterQuote => Some(Self::TextAfterLaterQuote { on_line: line }),
            Self::TooManyCells => Some(self),
            // A text may be long and have many lines.
            _ => None,
        }
    }
}

/// The byte order mark in UTF-8, which some programs put first.
const MARK: &[u8; MARK_BYTES] = b"\xef\xbb\xbf";
const MARK_BYTES: usize = 3;

#[cfg(test)]
#[path = "rows/tests.rs"]
mod tests;
