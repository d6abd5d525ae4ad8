//! Libraries to import: rows that try everything that a CSV file may hold.

use super::dice::Dice;

/// One row: title, summary, body, links, tags.
pub(crate) type Row = [String; 5];

/// The first line of a library.
pub(crate) const COLUMNS: [&str; 5] = ["title", "summary", "body", "links", "tags"];

/// A library as large and as odd as real ones: `short` rows, then `long` ones with texts of up to 40 kB.
pub(crate) fn rows(seed: u64, short: usize, long: usize) -> Vec<Row> {
    let mut dice = Dice::new(seed);
    let mut rows: Vec<Row> = Vec::with_capacity(short + long);
    for number in 0..short {
        // Now and then a row comes again, exactly.
        let again = !rows.is_empty() && dice.below(20) == 0;
        let row = if again { dice.pick(&rows).clone() } else { short_row(&mut dice, number) };
        rows.push(row);
    }
    for number in 0..long {
        let bytes = 2_000 + dice.below(38_000);
        let body = text(&mut dice, bytes);
        rows.push([format!("Long text {number}"), text(&mut dice, 300), body, String::new(), "long".into()]);
    }
    rows
}

/// The rows as a file.
pub(crate) fn to_csv(rows: &[Row]) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(COLUMNS).expect("memory can be written to");
    for row in rows {
        writer.write_record(row).expect("memory can be written to");
    }
    writer.into_inner().expect("memory can be written to")
}

/// The rows of a file with these columns, wherever they stand in it.
///
/// # Panics
/// When it is no such file.
pub(crate) fn from_csv(file: &[u8]) -> Vec<Row> {
    let mut reader = csv::Reader::from_reader(file);
    let headers = reader.headers().expect("there is a first line").clone();
    let place = |column| headers.iter().position(|header| header == column).expect("every column is there");
    let places = COLUMNS.map(place);
    let row = |record: csv::StringRecord| places.map(|place| record[place].to_owned());
    reader.records().map(|record| row(record.expect("a record"))).collect()
}

/// The rows in an order of their own, so that two libraries can be compared however they were ordered.
pub(crate) fn sorted(mut rows: Vec<Row>) -> Vec<Row> {
    rows.sort();
    rows
}

fn short_row(dice: &mut Dice, number: usize) -> Row {
    let title = format!("{} {number}", dice.pick(TITLES));
    let (summary_bytes, body_bytes) = (dice.below(200), dice.below(600));
    let summary = if dice.below(6) == 0 { String::new() } else { text(dice, summary_bytes) };
    let body = if dice.below(4) == 0 { String::new() } else { text(dice, body_bytes) };
    let links: Vec<&str> = (0..dice.below(4)).map(|_| *dice.pick(LINKS)).collect();
    let tags: Vec<&str> = (0..dice.below(5)).map(|_| *dice.pick(TAGS)).collect();
    [title, summary, body, links.join(";"), tags.join(";")]
}

/// A text of at least so many bytes, of pieces that are easily lost or changed on the way.
fn text(dice: &mut Dice, bytes: usize) -> String {
    let mut text = String::with_capacity(bytes + 200);
    while text.len() < bytes {
        let piece: &&str = dice.pick(PIECES);
        text.push_str(piece);
    }
    text
}

const TITLES: &[&str] = &[
    "Falls prevention at home",
    "Gwella gofal yn y gymuned",
    "Améliorer l’accès aux soins",
    "改善社区护理",
    "تحسين الرعاية",
    "सामुदायिक देखभाल",
    "\"Quoted\", with a comma",
    " leading and trailing ",
    "line\nbreak in a title",
    "🧶 knots 👩‍👩‍👧",
    "=1+1",
    "'; DROP TABLE --",
];

const PIECES: &[&str] = &[
    "Plain words in a row. ",
    "A comma, a semicolon; a colon: ",
    "\"quoted\" ",
    "\"\"",
    "\r\n",
    "\n",
    "\r",
    "\n\n",
    "\t",
    "\u{0}",
    "\u{feff}",
    "\u{200b}",
    "\u{202e}sdrawkcab\u{202c} ",
    "e\u{301}",
    "é",
    "ﬁ",
    "日本語の文章。",
    "Ελληνικά ",
    "русский ",
    "עברית ",
    "தமிழ் ",
    "👩🏽‍⚕️",
    "\u{10ffff}",
    "\\",
    "<script>alert(1)</script>",
    "  two spaces  ",
    "# heading\n",
    "- item\n",
];

const LINKS: &[&str] = &[
    "https://www.example.org/falls",
    "http://example.org/a?b=c&d=e#f",
    "mailto:someone@example.org",
    "javascript:alert(1)",
    "ftp://files.example.org/a,b",
    "www.example.org/without-a-scheme",
    "not a link at all",
    "",
    " ",
    "https://example.org/ünïcode",
];

const TAGS: &[&str] = &["falls", "Falls", "élan", "two words", "", " padded ", "#hash", "日本", "a\"b", "a,b", "x\ny"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_comes_back_from_its_file_and_is_odd_enough() {
        let rows = rows(1, 400, 5);
        assert_eq!(from_csv(&to_csv(&rows)), rows);
        let sorted = sorted(rows.clone());
        assert!(sorted.windows(2).any(|pair| pair[0] == pair[1]), "no two rows are equal");
        for odd in ["\u{0}", "\r\n", "\"\"", "\u{202e}"] {
            assert!(rows.iter().any(|row| row[2].contains(odd)), "{odd:?} is nowhere");
        }
        assert!(rows.iter().any(|row| row[3].contains(";;")), "no cell has an empty link in its middle");
        assert!(rows.iter().any(|row| row[2].len() > 20_000));
    }
}
