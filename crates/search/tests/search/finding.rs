//! Words, marks, order, and what hostile readers send.

use knotwork_commands::{Conflicts, Entry, Query, Search as _, SearchError, Sort, TagCount};
use knotwork_documents::ResourceKind;

use super::{entry, everything, found, index_of, numbers};

#[test]
fn all_words_count_wherever_they_stand_and_the_last_one_as_a_beginning() {
    let one =
        Entry { summary: "Falls".into(), tags: vec!["Stürze".into()], body: "wards".into(), ..entry(1, "Café") };
    let index = index_of(&[one, entry(2, "Cafeteria falls")]);
    assert_eq!(found(&index, "cafe"), [1, 2], "the whole word is the better match");
    assert_eq!(found(&index, "CAFÉ wards"), [1]);
    assert_eq!(found(&index, "sturze ward"), [1]);
    assert_eq!(found(&index, "falls caf"), [2, 1], "both words in the title are the better match");
    assert_eq!(found(&index, "caf falls"), [0_u8; 0], "only the last word may be a beginning");
    assert_eq!(found(&index, "falls cafe falls"), [1]);
}

#[test]
fn the_title_weighs_most() {
    let body = Entry { body: "hands washing".into(), ..entry(1, "a") };
    let summary = Entry { summary: "hands washing".into(), ..entry(2, "b") };
    let index = index_of(&[body, summary, entry(3, "hands washing")]);
    assert_eq!(found(&index, "hands washing"), [3, 2, 1]);
}

#[test]
fn languages_without_spaces_are_searched() {
    let index = index_of(&[entry(1, "東京都の病院"), entry(2, "京都"), entry(3, "การดูแลผู้ป่วย"), entry(4, "병원에서")]);
    assert_eq!(found(&index, "東京"), [1]);
    assert_eq!(found(&index, "病院"), [1]);
    assert_eq!(found(&index, "京").len(), 2);
    assert_eq!(found(&index, "ผู้ป่วย"), [3]);
    assert_eq!(found(&index, "병원"), [4]);
}

#[test]
fn nothing_in_words_is_syntax_and_nothing_is_an_error() {
    let index = index_of(&[entry(1, "title and or not case"), entry(2, "other")]);
    for words in [
        "title:case",
        "\"title case\"",
        "(title",
        "title AND case",
        "+title -case",
        "title*",
        "/title/",
        "{a TO z} title~2",
    ] {
        index.find(&Query { words: words.into(), ..everything() }).expect("it answers");
    }
    assert_eq!(found(&index, "\"case\" (title"), [1]);
    assert_eq!(found(&index, "title NOT case"), [1], "not is a word");
    assert_eq!(found(&index, "*").len() + found(&index, "\"\"").len() + found(&index, "\0").len(), 0);
    assert_eq!(found(&index, " \t\n").len(), 2);
    for hostile in [
        "a ".repeat(10_000),
        "x".repeat(1024 * 1024),
        "\"(".repeat(500_000),
        "ﷺ".repeat(300_000),
        "\u{301}".repeat(500_000),
    ] {
        let found = index.find(&Query { words: hostile, ..everything() }).expect("it answers");
        assert!(found.shortened);
    }
}

#[test]
fn what_is_beyond_the_limits_is_left_out_and_said_so() {
    let words: Vec<String> = (0..Query::WORDS_MAX).map(|number| format!("w{number}")).collect();
    let most = words.join(" ");
    let index = index_of(&[Entry { tags: words.clone(), ..entry(1, &most) }]);
    let ask = |words: &str, tags: &[String]| {
        let query = Query { words: words.into(), tags: tags.to_vec(), ..everything() };
        let found = index.find(&query).expect("it answers");
        (found.total, found.shortened)
    };
    assert_eq!(ask(&most, &[]), (1, false));
    assert_eq!(ask(&format!("{most} beyond"), &[]), (1, true));
    assert_eq!(ask(&format!("beyond {most}"), &[]), (0, true));
    let characters = format!("w0{}", " ".repeat(Query::CHARACTERS_MAX - 4));
    assert_eq!(ask(&format!("{characters}w1"), &[]), (1, false));
    assert_eq!(ask(&format!("{characters}w1x"), &[]), (1, true));
    assert_eq!(ask("", &words), (1, false));
    let mut beyond = words.clone();
    beyond.push("beyond".into());
    assert_eq!(ask("", &beyond), (1, true));
    let everything = Query { from: usize::MAX, limit: usize::MAX, ..everything() };
    assert_eq!(index.find(&everything).expect("it answers").total, 1);
    assert_eq!(index.find(&Query { from: 0, ..everything }).expect("it answers").ids.len(), 1);
    assert_eq!(index.find(&Query::default()).expect("it answers").total, 1);
}

#[test]
fn no_more_than_the_limit_is_answered_with() {
    let entries: Vec<Entry> = (0..=Query::LIMIT_MAX)
        .map(|number| {
            let mut entry = entry(0, "same");
            entry.id.0[..8].copy_from_slice(&(number as u64).to_be_bytes());
            entry
        })
        .collect();
    let index = index_of(&entries);
    let found = index.find(&Query { limit: usize::MAX, ..everything() }).expect("it answers");
    assert_eq!((found.ids.len(), found.total), (Query::LIMIT_MAX, Query::LIMIT_MAX + 1));
    let last = index.find(&Query { from: Query::LIMIT_MAX, ..everything() }).expect("it answers");
    assert_eq!(last.ids, [entries[Query::LIMIT_MAX].id]);
}

#[test]
fn marks_narrow_what_is_found() {
    let entries = [
        Entry { kind: ResourceKind::Data, language: "en-GB".into(), contributors: vec!["p".into()], ..entry(1, "a") },
        Entry { review_due: Some("2030-01-31".into()), in_conflict: true, language: "EN".into(), ..entry(2, "b") },
        Entry { review_due: Some("soon".into()), language: "eng".into(), ..entry(3, "c") },
    ];
    let index = index_of(&entries);
    assert_eq!(numbers(&index, &Query { kinds: vec![ResourceKind::Data], ..everything() }), [1]);
    assert_eq!(numbers(&index, &Query { kinds: ResourceKind::ALL.to_vec(), ..everything() }), [1, 2, 3]);
    assert_eq!(numbers(&index, &Query { language: Some("en".into()), ..everything() }), [1, 2]);
    assert_eq!(numbers(&index, &Query { language: Some("en_gb".into()), ..everything() }), [1]);
    assert_eq!(numbers(&index, &Query { contributor: Some("p".into()), ..everything() }), [1]);
    assert_eq!(numbers(&index, &Query { conflicts: Conflicts::Only, ..everything() }), [2]);
    let due = |day: &str| Query { review_due_before: Some(day.into()), ..everything() };
    assert_eq!(numbers(&index, &due("2030-01-31")), [0_u8; 0]);
    assert_eq!(numbers(&index, &due("2030-02-01")), [2]);
    assert_eq!(index.find(&due("2030-02-30")), Err(SearchError::NotADate("2030-02-30".into())));
    assert_eq!(numbers(&index, &Query { sort: Sort::Newest, ..everything() }), [3, 2, 1]);
}

#[test]
fn tags_are_counted_as_they_are_now() {
    let tagged =
        |number, tags: &[&str]| Entry { tags: tags.iter().map(|tag| (*tag).into()).collect(), ..entry(number, "t") };
    let index =
        index_of(&[tagged(1, &["falls", "hand care", "falls "]), tagged(2, &["falls", ""]), tagged(3, &["beds"])]);
    let count = |tag: &str, count| TagCount { tag: tag.into(), count };
    assert_eq!(index.tags(9).expect("it answers"), [count("falls", 2), count("beds", 1), count("hand care", 1)]);
    assert_eq!(index.tags(2).expect("it answers"), [count("falls", 2), count("beds", 1)]);
    assert!(index.tags(0).expect("it answers").is_empty());
    index.put(&[tagged(2, &["beds"])]).expect("it is written");
    index.remove(&[tagged(1, &[]).id]).expect("it is written");
    index.commit(None).expect("it is written");
    assert_eq!(index.tags(9).expect("it answers"), [count("beds", 2)]);
}

#[test]
fn hostile_entries_are_taken_in_whole() {
    let long = format!("{} needle", "word ".repeat(200_000));
    let dashes = "a-".repeat(500_000);
    let entries = [
        Entry { body: long, ..entry(1, "long") },
        Entry {
            language: dashes.clone(),
            tags: vec![dashes.clone(); 300],
            body: "x".repeat(1024 * 1024),
            ..entry(2, "")
        },
        Entry { body: "東".repeat(340_000), contributors: vec![dashes], ..entry(3, "\0\0") },
    ];
    let index = index_of(&entries);
    assert_eq!(found(&index, "needle"), [1]);
    assert_eq!(found(&index, "東東東東"), [3]);
    assert_eq!(found(&index, "").len(), 3);
}
