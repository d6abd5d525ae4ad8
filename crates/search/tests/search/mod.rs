//! The index beside a plain reading of all entries, its folder, its limits, and a node that it follows.

mod agreement;
mod finding;
mod folder;
mod following;
mod node_in_memory;

use knotwork_commands::{Entry, Query, Search as _};
use knotwork_documents::ResourceKind;
use knotwork_identity::{DocumentId, Timestamp};
use knotwork_search::Index;

/// An entry of this number and title.
pub(crate) fn entry(number: u8, title: &str) -> Entry {
    Entry {
        id: DocumentId([number; 32]),
        title: title.into(),
        summary: String::new(),
        body: String::new(),
        tags: Vec::new(),
        kind: ResourceKind::Other,
        language: String::new(),
        contributors: Vec::new(),
        review_due: None,
        in_conflict: false,
        changed: Timestamp::from_milliseconds(u64::from(number)),
    }
}

/// An index in memory with these entries.
pub(crate) fn index_of(entries: &[Entry]) -> Index {
    let index = Index::open(None).expect("memory is there");
    index.put(entries).expect("it is written");
    index.commit(None).expect("it is written");
    index
}

/// A question for everything, with room for all answers.
pub(crate) fn everything() -> Query {
    Query { limit: Query::LIMIT_MAX, ..Query::default() }
}

/// The numbers of what these words find.
pub(crate) fn found(index: &Index, words: &str) -> Vec<u8> {
    numbers(index, &Query { words: words.into(), ..everything() })
}

/// The numbers of what is found.
pub(crate) fn numbers(index: &Index, query: &Query) -> Vec<u8> {
    let found = index.find(query).expect("it answers");
    assert!(found.ids.len() <= found.total);
    found.ids.iter().map(|id| id.as_bytes()[0]).collect()
}
