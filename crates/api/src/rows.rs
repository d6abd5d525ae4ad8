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
    /// Text between a closing quotation mark and the next comma.
    #[error("text follows a closing quotation mark: within quotation marks, one is written twice")]
    TextAfterQuote,
    /// The file ends within quotation marks.
    #[error("a quotation mark is opened and never closed")]
    NeverClosed,
    /// The row is too long.
    #[error("the row is longer than {ROW_BYTES_MAX} bytes")]
    TooLong,
    /// The row has too many cells.
    #[error("the row has more than {ROW_CELLS_MAX} cells")]
    TooManyCells,
}

/// Reads rows.
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

    /// Says that the file has ended, and gives the last row, if it had no line end.
    pub(crate) fn finish(&mut self) -> Option<Row> {
        let mut rows = VecDeque::new();
        if let Some(seen @ 1..MARK_BYTES) = self.mark.take() {
            self.take(&MARK[..seen], &mut rows);
        }
        let untouched = self.place == Place::CellStart && self.cells.ends.is_empty() && self.fault.is_none();
        if untouched {
            return None;
        }
        if self.place == Place::Quoted {
            self.fault = Some(RowFault::NeverClosed);
        }
        self.end_row(&mut rows);
        rows.pop_front()
    }

    fn take(&mut self, part: &[u8], rows: &mut VecDeque<Row>) {
        let mut rest = part;
        while let [byte, after @ ..] = rest {
            let byte = *byte;
            match self.place {
                Place::CellStart if byte == b'"' => {
                    self.quoted = true;
                    self.place = Place::Quoted;
                    rest = after;
                }
                Place::CellStart | Place::Plain => {
                    self.place = Place::Plain;
                    rest = self.take_run(rest, |byte| matches!(byte, b',' | b'\n' | b'\r'));
                    let [end, after @ ..] = rest else { return };
                    rest = after;
                    match end {
                        b',' => self.end_cell(),
                        b'\n' => self.end_row(rows),
                        _ => self.place = Place::PlainReturn,
                    }
                }
                Place::PlainReturn => {
                    if byte == b'\n' {
                        rest = after;
                        self.end_row(rows);
                    } else {
                        self.push(b"\r");
                        self.place = Place::Plain;
                    }
                }
                Place::Quoted => {
                    rest = self.take_run(rest, |byte| byte == b'"');
                    let [_, after @ ..] = rest else { return };
                    rest = after;
                    self.place = Place::QuoteInQuoted;
                }
                Place::QuoteInQuoted => {
                    rest = after;
                    self.after_quote(byte, rows);
                }
                Place::ClosedReturn => {
                    if byte == b'\n' {
                        rest = after;
                        self.end_row(rows);
                    } else {
                        self.fault = self.fault.or(Some(RowFault::TextAfterQuote));
                        self.place = Place::Plain;
                    }
                }
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
        let fault = self.fault.take();
        let quoted = std::mem::take(&mut self.quoted);
        let line = self.row_line;
        self.line += 1;
        self.row_line = self.line;
        // An empty line is no row.
        let empty = fault.is_none() && !quoted && cells.len() == 1 && cells.bytes.is_empty();
        if !empty {
            rows.push_back(Row { line, cells: fault.map_or(Ok(cells), Err) });
        }
    }
}

/// The byte order mark in UTF-8, which some programs put first.
const MARK: &[u8; MARK_BYTES] = b"\xef\xbb\xbf";
const MARK_BYTES: usize = 3;

#[cfg(test)]
#[path = "rows/tests.rs"]
mod tests;
