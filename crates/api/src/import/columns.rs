//! What the columns of an imported file mean.

use knotwork_documents::ResourceDraft;
use thiserror::Error;

use crate::{problem::Problem, rows::Cells};

/// Where each column stands in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Columns {
    /// For each of [`COLUMNS`], its place, if the file has it.
    places: [Option<usize>; COLUMNS.len()],
    /// How many columns the file has.
    count: usize,
}

/// The cells of a row in the order of [`COLUMNS`]; empty where the file has no such column.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Entry {
    cells: [String; COLUMNS.len()],
}

/// Why a row cannot be imported.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum EntryFault {
    #[error("the row has {found} cells, and the first line has {expected}")]
    OtherCount { found: usize, expected: usize },
    #[error("{0} is not UTF-8")]
    NotUtf8(&'static str),
}

impl Columns {
    /// Reads the first row of a file.
    ///
    /// # Errors
    /// Names the column that is unknown, there twice or missing.
    pub(super) fn read(header: &Cells) -> Result<Self, Problem> {
        if let Some(other) = other_form(header.get(0).unwrap_or_default()) {
            return Err(Problem::malformed(other));
        }
        let mut places = [None; COLUMNS.len()];
        for place in 0..header.len() {
            let name = String::from_utf8_lossy(header.get(place).unwrap_or_default()).into_owned();
            let Some(column) = COLUMNS.iter().position(|column| name.trim().eq_ignore_ascii_case(column)) else {
                let detail = format!("there is no column {name:?}: the columns are {}", COLUMNS.join(", "));
                return Err(Problem::malformed(detail).field(name));
            };
            if places[column].replace(place).is_some() {
                let name = COLUMNS[column];
                return Err(Problem::malformed(format!("the column {name} is there twice")).field(name));
            }
        }
        if places[TITLE].is_none() {
            let detail = "the column title is missing: the first line names the columns, and title must be one of them";
            return Err(Problem::malformed(detail).field("title"));
        }
        Ok(Self { places, count: header.len() })
    }

    /// Takes a row apart.
    ///
    /// # Errors
    /// When it has another number of cells, or one that is not UTF-8.
    pub(super) fn entry(&self, row: &Cells) -> Result<Entry, EntryFault> {
        if row.len() != self.count {
            return Err(EntryFault::OtherCount { found: row.len(), expected: self.count });
        }
        let mut entry = Entry::default();
        for ((cell, name), place) in entry.cells.iter_mut().zip(COLUMNS).zip(self.places) {
            let bytes = place.and_then(|place| row.get(place)).unwrap_or_default();
            *cell = std::str::from_utf8(bytes).map_err(|_| EntryFault::NotUtf8(name))?.to_owned();
        }
        Ok(entry)
    }
}

impl Entry {
    /// The cells as bytes, always in the same order, whatever the file's.
    pub(super) fn cells(&self) -> [&[u8]; COLUMNS.len()] {
        self.cells.each_ref().map(String::as_bytes)
    }

    /// Bytes of all cells.
    pub(super) fn bytes(&self) -> usize {
        self.cells.iter().map(String::len).sum()
    }

    /// The resource that the row describes.
    pub(super) fn into_draft(self) -> ResourceDraft {
        let [title, summary, body, links, tags] = self.cells;
        ResourceDraft { title, summary, body, links: split(&links), tags: split(&tags), ..ResourceDraft::default() }
    }
}

/// What a file is in place of UTF-8 with commas, by the first cell of its first line, and what to do with it.
fn other_form(cell: &[u8]) -> Option<String> {
    if cell.starts_with(b"\xff\xfe") || cell.starts_with(b"\xfe\xff") || cell.contains(&0) {
        return Some("the file is in UTF-16, and must be in UTF-8: save it as \"CSV UTF-8\"".to_owned());
    }
    let text = std::str::from_utf8(cell).ok()?;
    let is_column = |name: &str| {
        let name = name.trim().trim_matches('"');
        COLUMNS.iter().any(|column| name.eq_ignore_ascii_case(column))
    };
    let (separator, named) =
        [(';', "semicolons"), ('\t', "tabs")].into_iter().find(|(separator, _)| text.contains(*separator))?;
    let detail =
        format!("the columns of the file are separated by {named}, and must be by commas: save it with commas");
    text.split(separator).any(is_column).then_some(detail)
}

/// The entries of a cell, kept so that joining them gives the very cell.
fn split(cell: &str) -> Vec<String> {
    if cell.is_empty() { Vec::new() } else { cell.split(SEPARATOR).map(str::to_owned).collect() }
}

/// The columns, in the order in which exports write them.
pub(crate) const COLUMNS: [&str; 5] = ["title", "summary", "body", "links", "tags"];
/// Stands between the entries of a cell.
pub(crate) const SEPARATOR: &str = ";";
const TITLE: usize = 0;

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;
    use crate::rows::RowReader;

    fn cells(line: &[u8]) -> Cells {
        let mut rows = VecDeque::new();
        let mut reader = RowReader::default();
        reader.read(line, &mut rows);
        reader.finish(&mut rows);
        rows.pop_front().expect("one row").cells.expect("a good row")
    }

    fn columns(line: &str) -> Result<Columns, Problem> {
        Columns::read(&cells(line.as_bytes()))
    }

    #[test]
    fn columns_may_come_in_any_order_and_all_but_the_title_may_be_missing() {
        let five = columns("tags,title,body,links,summary").expect("all are known");
        let entry = five.entry(&cells(b"a;b,T,B,,S")).expect("five cells");
        assert_eq!(entry.cells(), ["T", "S", "B", "", "a;b"].map(str::as_bytes));
        let one = columns(" Title ").expect("the title is enough");
        assert_eq!(one.entry(&cells(b"T")).expect("one cell").cells(), ["T", "", "", "", ""].map(str::as_bytes));
    }

    #[test]
    fn bad_headers_and_rows_are_refused() {
        for bad in ["summary", "title,colour", "title,title", "title,", "title;summary", "\"title\"\"\""] {
            assert!(columns(bad).is_err(), "{bad}");
        }
        let two = columns("title,body").expect("both are known");
        assert_eq!(two.entry(&cells(b"a")), Err(EntryFault::OtherCount { found: 1, expected: 2 }));
        assert_eq!(two.entry(&cells(b"a,b,c")), Err(EntryFault::OtherCount { found: 3, expected: 2 }));
        assert_eq!(two.entry(&cells(b"a,\xff")), Err(EntryFault::NotUtf8("body")));
        assert_eq!(two.entry(&cells(b"a,\xc3")), Err(EntryFault::NotUtf8("body")));
    }

    #[test]
    fn files_of_another_form_are_told_apart() {
        let refused = |line: &[u8]| format!("{:?}", Columns::read(&cells(line)).expect_err("another form"));
        for line in ["title;summary;body", "Title ;\"body\"", "tags;colour"] {
            assert!(refused(line.as_bytes()).contains("separated by semicolons"), "{line}");
        }
        assert!(refused(b"title\tbody").contains("separated by tabs"));
        let utf_16 = |end: fn(u16) -> [u8; 2], mark: bool| -> Vec<u8> {
            let text = if mark { "\u{feff}title,body" } else { "title,body" };
            text.encode_utf16().flat_map(end).collect()
        };
        for (end, mark) in
            [(u16::to_le_bytes as fn(u16) -> [u8; 2], true), (u16::to_be_bytes, true), (u16::to_le_bytes, false)]
        {
            assert!(refused(&utf_16(end, mark)).contains("UTF-16"));
        }
        assert!(refused(b"colour;size").contains("there is no column"));
    }

    #[test]
    fn splitting_loses_nothing() {
        for cell in ["", "a", "a;b", ";", ";;", "a;;b;", "; a ;"] {
            assert_eq!(split(cell).join(SEPARATOR), cell);
        }
        assert_eq!(split(""), Vec::<String>::new());
        assert_eq!(split("a;;b;"), ["a", "", "b", ""]);
    }
}
