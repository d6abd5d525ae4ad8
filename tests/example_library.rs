//! The example library that `knotwork demo` loads: what a newcomer sees first.

use std::collections::BTreeSet;

use crate::architecture::repository;

const COLUMNS: [&str; 5] = ["title", "summary", "body", "links", "tags"];

#[test]
fn every_entry_is_whole_and_of_use() {
    let file = repository().join("node/demo/library.csv");
    let mut library = csv::Reader::from_path(&file).expect("the example library is there");
    assert_eq!(library.headers().expect("there is a first line"), &COLUMNS[..]);
    let mut titles = BTreeSet::new();
    for record in library.records() {
        // A record with a column too few or too many is an error here.
        let record = record.expect("the example library is valid CSV");
        let [title, summary, body, links, tags] = [0, 1, 2, 3, 4].map(|column| &record[column]);
        assert!(titles.insert(title.to_owned()), "`{title}` stands there twice");
        assert!(!title.is_empty() && title == title.trim(), "{title:?}");
        assert!((20..=200).contains(&summary.chars().count()) && summary.ends_with(['.', '?']), "{title}: {summary}");
        assert!((2..=8).contains(&body.split("\n\n").count()), "{title}: the body has too few or too many paragraphs");
        assert!(links.split(';').all(|link| link.starts_with("https://")), "{title}: {links}");
        assert!(tags.split(';').all(|tag| !tag.is_empty() && tag == tag.to_lowercase()), "{title}: {tags}");
    }
    assert!(titles.len() >= 40, "{} entries are too few to show anything", titles.len());
}
