//! The reader of rows against its rules, against broken files, and against another implementation.

use proptest::prelude::*;

use super::*;

/// A row's line, and its cells or what is wrong with them.
type Numbered = (u64, Result<Vec<Vec<u8>>, RowFault>);

/// Lines and cells of a file that comes in parts of `size` bytes.
fn rows(file: &[u8], size: usize) -> Vec<Numbered> {
    let mut reader = RowReader::default();
    let mut rows = VecDeque::new();
    for part in file.chunks(size) {
        reader.read(part, &mut rows);
    }
    reader.finish(&mut rows);
    let cells = |cells: Cells| (0..cells.len()).map(|place| cells.get(place).expect("counted").to_vec()).collect();
    rows.into_iter().map(|row| (row.line, row.cells.map(cells))).collect()
}

/// Reads a file whole and in small parts, which must not make a difference.
fn read(file: &[u8]) -> Vec<Numbered> {
    let whole = rows(file, file.len().max(1));
    for size in [1, 2, 3, 7] {
        assert_eq!(rows(file, size), whole, "in parts of {size}");
    }
    whole
}

fn good(line: u64, cells: &[&str]) -> Numbered {
    (line, Ok(cells.iter().map(|cell| cell.as_bytes().to_vec()).collect()))
}

#[test]
fn plain_and_quoted_cells_are_read() {
    assert_eq!(read(b"a,b\n1,2\n"), [good(1, &["a", "b"]), good(2, &["1", "2"])]);
    assert_eq!(read(b"a,b\r\n\"1\",\"2\"\r\n"), [good(1, &["a", "b"]), good(2, &["1", "2"])]);
    assert_eq!(
        read(b"\"a\"\"b\",\"c,d\",\"e\nf\"\nx,,\n"),
        [good(1, &["a\"b", "c,d", "e\nf"]), good(3, &["x", "", ""])]
    );
    assert_eq!(read(b"\"\r\",\"a\r\nb\",\"\"\"\"\n"), [good(1, &["\r", "a\r\nb", "\""])]);
    assert_eq!(read(b"\"\",\n"), [good(1, &["", ""])]);
    assert_eq!(read("é\u{301},\u{0},🪢;;\n".as_bytes()), [good(1, &["é\u{301}", "\u{0}", "🪢;;"])]);
    // Spaces belong to their cell, and so does a quotation mark that does not begin it.
    assert_eq!(read(b" a , \"b\"\n5\" disk,\"c\"\n"), [good(1, &[" a ", " \"b\""]), good(2, &["5\" disk", "c"])]);
}

#[test]
fn the_last_line_end_may_be_missing() {
    assert_eq!(read(b"a,b"), [good(1, &["a", "b"])]);
    assert_eq!(read(b"a,\"b\""), [good(1, &["a", "b"])]);
    assert_eq!(read(b"a,"), [good(1, &["a", ""])]);
    assert_eq!(read(b"a,b\r"), [good(1, &["a", "b"])]);
    assert_eq!(read(b"a,\"b\"\r"), [good(1, &["a", "b"])]);
    assert_eq!(read(b""), []);
    assert_eq!(read(b"\n\r\n\n"), []);
}

#[test]
fn empty_lines_are_passed_over_and_counted() {
    assert_eq!(read(b"\na\n\r\n\nb\n\"\"\n"), [good(2, &["a"]), good(5, &["b"]), good(6, &[""])]);
}

#[test]
fn a_carriage_return_alone_belongs_to_its_cell() {
    assert_eq!(
        read(b"a\rb,\rc,\r\n\r\r\nd\r\r\n"),
        [good(1, &["a\rb", "\rc", ""]), good(2, &["\r"]), good(3, &["d\r"])]
    );
}

#[test]
fn a_byte_order_mark_is_passed_over_once_and_only_at_the_beginning() {
    assert_eq!(read(b"\xef\xbb\xbfa,b\n"), [good(1, &["a", "b"])]);
    assert_eq!(read(b"\xef\xbb\xbf\"a\"\n"), [good(1, &["a"])]);
    assert_eq!(read(b"\xef\xbb\xbf\xef\xbb\xbfa\n"), [good(1, &["\u{feff}a"])]);
    assert_eq!(read(b"a\n\xef\xbb\xbfb\n"), [good(1, &["a"]), good(2, &["\u{feff}b"])]);
    assert_eq!(read(b"\xef\xbb\xbf"), []);
    for (cut, line) in [(&b"\xef"[..], 1), (b"\xef\xbb", 1), (b"\xef\xbba", 1)] {
        assert_eq!(read(cut), [(line, Ok(vec![cut.to_vec()]))]);
    }
}

#[test]
fn a_faulty_row_is_named_and_the_next_is_read() {
    let fault = RowFault::TextAfterQuote;
    assert_eq!(read(b"a,b\n\"x\"y,\"z\nw\"\nc,d\n"), [good(1, &["a", "b"]), (2, Err(fault)), good(4, &["c", "d"])]);
    assert_eq!(read(b"\"x\" ,y\nc,d\n"), [(1, Err(fault)), good(2, &["c", "d"])]);
    assert_eq!(read(b"\"x\"\ry\nc,d\n"), [(1, Err(fault)), good(2, &["c", "d"])]);
    assert_eq!(read(b"\""), [(1, Err(RowFault::NeverClosed))]);
    assert_eq!(read(b"\"\"\""), [(1, Err(RowFault::NeverClosed))]);
}

#[test]
fn rows_beyond_the_limits_are_named_and_take_no_room() {
    let longest = "x".repeat(ROW_BYTES_MAX);
    assert_eq!(rows(format!("{longest}\na\n").as_bytes(), 65_536), [good(1, &[&longest]), good(2, &["a"])]);
    assert_eq!(rows(format!("{longest}x\na\n").as_bytes(), 65_536), [(1, Err(RowFault::TooLong)), good(2, &["a"])]);
    let quoted = format!("\"{longest}\n\",{longest}\na\n");
    let lost = RowFault::TooLongOverLines { last_line: 2 };
    assert_eq!(rows(quoted.as_bytes(), 65_536), [(1, Err(lost)), good(3, &["a"])]);
    let wide = ",".repeat(ROW_CELLS_MAX);
    assert_eq!(read(format!("{wide}\na\n").as_bytes()), [(1, Err(RowFault::TooManyCells)), good(2, &["a"])]);

    let mut reader = RowReader::default();
    let mut rows = VecDeque::new();
    reader.read(b"\"", &mut rows);
    for _ in 0..1_000 {
        reader.read(&[b'x'; 65_536], &mut rows);
        assert!(reader.cells.bytes.capacity() <= 2 * ROW_BYTES_MAX, "an open quotation mark fills the memory");
        assert!(reader.input.capacity() <= 2 * ROW_BYTES_MAX, "an open quotation mark fills the memory");
    }
    reader.finish(&mut rows);
    assert_eq!(rows.pop_front().map(|row| row.cells), Some(Err(RowFault::NeverClosed)));
}

#[test]
fn a_quotation_mark_that_is_never_closed_swallows_no_other_row() {
    let never = Err(RowFault::NeverClosed);
    assert_eq!(
        read(b"A1,ok\nA2,\"never closed\nA3,x\r\nA4,\"y\nz\"\nA5,"),
        // The mark of A4 closes that of A2, and text follows it.
        [
            good(1, &["A1", "ok"]),
            (2, Err(RowFault::TextAfterLaterQuote { on_line: 4 })),
            good(3, &["A3", "x"]),
            good(4, &["A4", "y\nz"]),
            good(6, &["A5", ""])
        ]
    );
    assert_eq!(read(b"a\nb,\"c\nd\ne"), [good(1, &["a"]), (2, never.clone()), good(3, &["d"]), good(4, &["e"])]);
    assert_eq!(
        read(b"\"a\n\"b\nc\n"),
        [(1, Err(RowFault::TextAfterLaterQuote { on_line: 2 })), (2, never.clone()), good(3, &["c"])]
    );
    // Closed after a line end and a carriage return, with text behind.
    assert_eq!(
        read(b"\"a\nb\"\rc\nd\n"),
        [(1, Err(RowFault::TextAfterLaterQuote { on_line: 2 })), good(2, &["b\"\rc"]), good(3, &["d"])]
    );
    // Each line opens what the next one closes, until there are too many cells.
    let chain = "5\",\"x\n".repeat(3 * ROW_CELLS_MAX);
    let faults: Vec<_> = read(chain.as_bytes()).into_iter().map(|(line, cells)| (line, cells.is_err())).collect();
    assert_eq!(faults, (1..=3 * ROW_CELLS_MAX as u64).map(|line| (line, true)).collect::<Vec<_>>());
}

#[test]
fn lines_that_are_lost_behind_an_open_quotation_mark_are_named() {
    let line = format!("{}\n", "x".repeat(1_023));
    let lines = ROW_BYTES_MAX / line.len();
    // Up to the limit they are read again, and beyond it they are named.
    let file = format!("a\n\"b\n{}", line.repeat(lines));
    let found = rows(file.as_bytes(), 65_536);
    assert_eq!((found.len(), &found[1].1), (2 + lines, &Err(RowFault::NeverClosed)));
    let file = format!("a\n\"b\n{}", line.repeat(lines + 65));
    let last_line = 3 + lines as u64 + 65;
    let lost = RowFault::TooLongOverLines { last_line };
    assert_eq!(rows(file.as_bytes(), 65_536), [good(1, &["a"]), (2, Err(lost))]);
    assert!(lost.to_string().contains(&format!("line {last_line}")));
}

/// Cells of everything that is hard about CSV.
fn cell() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("\"".to_owned()),
        Just(",".to_owned()),
        Just("\n".to_owned()),
        Just("\r".to_owned()),
        Just("\r\n".to_owned()),
        Just(";".to_owned()),
        Just("\u{0}".to_owned()),
        Just("e\u{301}".to_owned()),
        Just("\u{feff}".to_owned()),
        Just(" ".to_owned()),
        "[a-z]{0,5}",
        any::<char>().prop_map(String::from),
    ];
    proptest::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn what_another_implementation_wrote_is_read_as_it_was_meant(
        table in proptest::collection::vec(proptest::collection::vec(cell(), 3), 1..8),
        windows in any::<bool>(),
        size in 1_usize..40,
    ) {
        let end = if windows { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') };
        let mut writer = csv::WriterBuilder::new().terminator(end).from_writer(Vec::new());
        for row in &table {
            writer.write_record(row).expect("memory takes it");
        }
        let mut file = writer.into_inner().expect("memory takes it");
        // A file that begins with a byte order mark loses it, so what is data must not stand there.
        file.splice(0..0, b"\xef\xbb\xbf".iter().copied());
        let found: Vec<Vec<String>> = rows(&file, size)
            .into_iter()
            .map(|(_, cells)| cells.expect("a good row").into_iter().map(|cell| String::from_utf8(cell).expect("as written")).collect())
            .collect();
        prop_assert_eq!(found, table);
    }

    #[test]
    fn any_bytes_are_read_in_the_same_way_whatever_their_parts(file in proptest::collection::vec(
        prop_oneof![Just(b'"'), Just(b','), Just(b'\n'), Just(b'\r'), Just(b'a'), any::<u8>()], 0..60), size in 1_usize..9) {
        prop_assert_eq!(rows(&file, size), rows(&file, 1_000));
    }
}
