//! What the index finds is what a plain reading of all entries finds, in the same order.

use knotwork_commands::{Conflicts, Entry, Query, Search as _, Sort};
use knotwork_documents::{Listing, ResourceKind};
use knotwork_identity::{DocumentId, Timestamp};
use proptest::{
    collection::vec,
    option,
    prelude::*,
    sample::{select, subsequence},
    test_runner::{Config, TestRunner},
};

use super::{entry, index_of};

const WORDS: [&str; 16] = [
    "care",
    "Caring",
    "CARÉ",
    "case",
    "study",
    "ärzte",
    "arzte",
    "a",
    "東京",
    "東京都",
    "京都",
    "naïve",
    "x2",
    "Straße",
    "strass",
    "improvement",
];
const TAGS: [&str; 4] = ["care", "Care", " care ", "two words"];
const LANGUAGES: [&str; 5] = ["en", "en-GB", "EN_gb", "de", ""];
const DAYS: [&str; 4] = ["2030-01-31", "2030-02-01", "2031-01-01", "never"];

fn text() -> impl Strategy<Value = String> {
    vec(select(&WORDS[..]), 0..5).prop_map(|words| words.join(" "))
}

fn some_entry() -> impl Strategy<Value = Entry> {
    let words = (text(), text(), text(), subsequence(&TAGS[..], 0..=3));
    let marks = (0..3_usize, select(&LANGUAGES[..]), subsequence(vec!["p", "q"], 0..=2), any::<bool>());
    (words, marks, option::of(select(&DAYS[..])), 0..3_u64).prop_map(|(words, marks, review_due, changed)| Entry {
        summary: words.1,
        body: words.2,
        tags: words.3.into_iter().map(str::to_owned).collect(),
        kind: ResourceKind::ALL[marks.0],
        language: marks.1.into(),
        contributors: marks.2.into_iter().map(str::to_owned).collect(),
        in_conflict: marks.3,
        review_due: review_due.map(str::to_owned),
        changed: Timestamp::from_milliseconds(changed),
        ..entry(0, &words.0)
    })
}

fn some_query() -> impl Strategy<Value = Query> {
    let words = prop_oneof![
        vec(select(&WORDS[..]), 0..3).prop_map(|words| words.join(" ")),
        select(&["c", "ca", "京", "st", "a b", "!", "impr", "care c"][..]).prop_map(str::to_owned),
    ];
    let marks = (
        subsequence(&TAGS[..], 0..=1),
        subsequence(&ResourceKind::ALL[..3], 0..=2),
        option::of(select(&LANGUAGES[..])),
        option::of(select(vec!["p", "q", ""])),
    );
    let others =
        (option::of(select(&DAYS[..3])), any::<bool>(), select(vec![Sort::Title, Sort::Newest, Sort::Relevance]));
    (words, marks, others).prop_map(|(words, marks, others)| Query {
        words,
        tags: marks.0.into_iter().map(str::to_owned).collect(),
        kinds: marks.1,
        language: marks.2.map(str::to_owned),
        contributor: marks.3.map(str::to_owned),
        review_due_before: others.0.map(str::to_owned),
        conflicts: if others.1 { Conflicts::Only } else { Conflicts::Any },
        sort: others.2,
        from: 0,
        limit: Query::LIMIT_MAX,
    })
}

/// The words of these tests, without accents. Written anew, so that the index is not checked by itself.
fn plain(text: &str) -> String {
    text.to_lowercase().replace(['é', 'è'], "e").replace('ä', "a").replace('ï', "i").replace('ß', "ss")
}

fn matches(entry: &Entry, query: &Query) -> bool {
    let all = plain(&format!("{} {} {} {}", entry.title, entry.summary, entry.tags.join(" "), entry.body));
    let words: Vec<&str> = all.split_whitespace().collect();
    let asked = plain(&query.words);
    let asked: Vec<&str> = asked.split_whitespace().collect();
    let has = |at: usize, asked: &str| {
        if !asked.is_ascii() {
            // Letters without spaces: anywhere within, each pair of neighbours.
            let letters: Vec<char> = asked.chars().collect();
            let parts: Vec<String> = letters.windows(2.min(letters.len())).map(|pair| pair.iter().collect()).collect();
            return parts.iter().all(|part| words.iter().any(|word| word.contains(part.as_str())));
        }
        words
            .iter()
            .any(|word| *word == asked || (at + 1 == query.words.split_whitespace().count() && word.starts_with(asked)))
    };
    let language = |text: &str| text.to_lowercase().replace('_', "-");
    let speaks = |asked: &str| {
        let (own, asked) = (language(&entry.language), language(asked));
        asked.is_empty() || own == asked || own.starts_with(&format!("{asked}-"))
    };
    let due = |before: &str| entry.review_due.as_deref().is_some_and(|due| due != "never" && due < before);
    asked != ["!"]
        && asked.iter().enumerate().all(|(at, word)| has(at, word))
        && query.tags.iter().all(|tag| entry.tags.iter().any(|own| own.trim() == tag.trim()))
        && (query.kinds.is_empty() || query.kinds.contains(&entry.kind))
        && query.language.as_deref().is_none_or(speaks)
        && query.contributor.as_ref().is_none_or(|asked| asked.is_empty() || entry.contributors.contains(asked))
        && query.review_due_before.as_deref().is_none_or(due)
        && (query.conflicts == Conflicts::Any || entry.in_conflict)
}

fn expected(entries: &[Entry], query: &Query) -> Vec<DocumentId> {
    let mut found: Vec<&Entry> = entries.iter().filter(|entry| matches(entry, query)).collect();
    found.sort_by_key(|entry| (Listing::order(&entry.title), entry.id));
    if query.sort == Sort::Newest {
        found.sort_by_key(|entry| std::cmp::Reverse(entry.changed.map_or(0, |time| time.milliseconds())));
    }
    found.into_iter().map(|entry| entry.id).collect()
}

#[test]
fn the_index_finds_what_a_plain_reading_finds() {
    let strategy = (vec(some_entry(), 0..12), vec(any::<prop::sample::Index>(), 0..4), vec(some_query(), 12));
    let config = Config { cases: 48, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new(config);
    let result = runner.run(&strategy, |(mut entries, gone, queries)| {
        for (number, entry) in entries.iter_mut().enumerate() {
            // Not in the order in which they are put in.
            entry.id = DocumentId([(number as u8).wrapping_mul(37); 32]);
        }
        let index = index_of(&entries);
        if !entries.is_empty() {
            for (round, at) in gone.iter().enumerate() {
                let at = at.index(entries.len());
                if round % 2 == 0 {
                    entries[at].title = format!("naïve {}", entries[at].title);
                    index.put(&entries[at..=at]).expect("it is written");
                } else {
                    let removed = entries.remove(at);
                    index.remove(&[removed.id]).expect("it is written");
                }
                if entries.is_empty() {
                    break;
                }
            }
            index.commit(None).expect("it is written");
        }
        for query in queries {
            let (found, expected) = (index.find(&query).expect("it answers"), expected(&entries, &query));
            prop_assert_eq!(found.total, expected.len(), "{:?}", &query);
            let mut ids = found.ids.clone();
            if query.sort == Sort::Relevance && !query.words.is_empty() {
                let mut expected = expected.clone();
                ids.sort_unstable();
                expected.sort_unstable();
                prop_assert_eq!(ids, expected, "{:?}", &query);
            } else {
                prop_assert_eq!(ids, expected, "{:?}", &query);
            }
            let mut paged = Vec::new();
            while paged.len() < found.total {
                let page = index.find(&Query { from: paged.len(), limit: 2, ..query.clone() }).expect("it answers");
                prop_assert!(!page.ids.is_empty());
                prop_assert_eq!(page.total, found.total);
                paged.extend(page.ids);
            }
            prop_assert_eq!(paged, found.ids, "{:?}", &query);
        }
        Ok(())
    });
    result.unwrap_or_else(|failure| panic!("{failure}"));
}
