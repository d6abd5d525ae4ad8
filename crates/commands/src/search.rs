//! Searching: what a reader may look for in the library, and what whoever answers must offer.
//!
//! Knows nothing of how an index is kept. What is found are ids; the resources themselves are asked of the handle.

use knotwork_documents::ResourceKind;
use knotwork_identity::{DocumentId, Timestamp};
use thiserror::Error;
use tokio::sync::watch;

use crate::{Position, ResourceEntry};

/// What a reader looks for in the library. The default asks for everything and for no entry of it: set a `limit`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Query {
    /// Words that all have to stand in title, summary, tags or text, the last of them at least as the beginning of a
    /// word. Case and accents do not count, and nothing in it is syntax. Read up to
    /// [`Query::CHARACTERS_MAX`] and [`Query::WORDS_MAX`]. Something without a letter or digit finds nothing.
    pub words: String,
    /// Tags that it must all have, exactly so. Empty ones are passed over; read up to [`Query::TAGS_MAX`].
    pub tags: Vec<String>,
    /// The kinds of which it must be one; none for any.
    pub kinds: Vec<ResourceKind>,
    /// The language: `en` finds `en-GB` as well, and case does not count. Empty is as none.
    pub language: Option<String>,
    /// Somebody who wrote on it: one of [`Entry::contributors`]. Empty is as none.
    pub contributor: Option<String>,
    /// A day, as YYYY-MM-DD, before which its review has to be due. Empty is as none.
    pub review_due_before: Option<String>,
    /// What is to become of conflicts.
    pub conflicts: Conflicts,
    /// The order.
    pub sort: Sort,
    /// How many entries to pass over.
    pub from: usize,
    /// The most entries to answer with, up to [`Query::LIMIT_MAX`].
    pub limit: usize,
}

impl Query {
    /// How many characters of the words are read.
    pub const CHARACTERS_MAX: usize = 400;
    /// How many words are read.
    pub const WORDS_MAX: usize = 16;
    /// How many tags are read.
    pub const TAGS_MAX: usize = 16;
    /// The most entries in one answer.
    pub const LIMIT_MAX: usize = 1_000;
}

/// Which entries are found by whether they have a conflict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Conflicts {
    /// All.
    #[default]
    Any,
    /// Only those that have one.
    Only,
}

/// In which order entries are found. Each is the same on every page, so that none is passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    /// The best match first, with weight on the title; as [`Sort::Title`] where no words are given.
    #[default]
    Relevance,
    /// From A to Z, as listings are.
    Title,
    /// The latest claimed change first, and then as [`Sort::Title`].
    Newest,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Found {
    /// The entries asked for, in order.
    pub ids: Vec<DocumentId>,
    /// How many there are on all pages.
    pub total: usize,
    /// Whether more words or tags were given than are read: those beyond were not looked for.
    pub shortened: bool,
}

/// A tag and how many resources have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagCount {
    /// The tag.
    pub tag: String,
    /// How many resources have it.
    pub count: usize,
}

/// Finds resources. Answers come from an index that follows the library a moment behind; none of it waits for a writer,
/// and all of it takes processor time, some milliseconds at most.
pub trait Search: Send + Sync {
    /// The resources that match, and how many.
    ///
    /// # Errors
    /// When a date is none, or the index cannot be read. Words never are the reason.
    fn find(&self, query: &Query) -> Result<Found, SearchError>;

    /// The most used tags, at most `limit` of them, the most used first and then from A to Z.
    ///
    /// # Errors
    /// When the index cannot be read.
    fn tags(&self, limit: usize) -> Result<Vec<TagCount>, SearchError>;

    /// Up to which place in the node's order the index is kept; none while it is being made. A start goes on from here.
    fn position(&self) -> Option<Position>;

    /// The sequence number up to which a search finds everything, 0 while the index is being made; to wait for a
    /// write: `progress().wait_for(|reached| *reached >= sequence)`, with a limit on the time.
    fn progress(&self) -> watch::Receiver<u64>;

    /// As [`Search::progress`], now.
    fn caught_up_to(&self) -> u64 {
        *self.progress().borrow()
    }
}

/// A resource as it is put into an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The document.
    pub id: DocumentId,
    /// See [`knotwork_documents::ResourceView::title`].
    pub title: String,
    /// A few sentences.
    pub summary: String,
    /// The text itself.
    pub body: String,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// What it is.
    pub kind: ResourceKind,
    /// The language of its text.
    pub language: String,
    /// The persons who wrote it, as the text of their ids.
    pub contributors: Vec<String>,
    /// The day on which a review is due, as YYYY-MM-DD; anything else is as none.
    pub review_due: Option<String>,
    /// Whether a field was given different values at the same time.
    pub in_conflict: bool,
    /// The latest claimed change.
    pub changed: Option<Timestamp>,
}

impl From<ResourceEntry> for Entry {
    fn from(ResourceEntry { view, contributors }: ResourceEntry) -> Self {
        let persons = contributors.iter().filter_map(|contributor| contributor.person);
        Self {
            id: view.id,
            contributors: persons.map(|person| person.to_string()).collect(),
            review_due: None,
            in_conflict: !view.conflicts.is_empty(),
            changed: view.changed,
            title: view.title,
            summary: view.summary,
            body: view.body,
            tags: view.tags,
            kind: view.kind,
            language: view.language,
        }
    }
}

/// Why a search was not answered, or an index not kept.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SearchError {
    /// A text that is no date.
    #[error("{0:?} is not a date: write year, month and day, such as 2031-04-30")]
    NotADate(String),
    /// Something failed that the caller can do nothing about.
    #[error("the search index: {0}")]
    Failed(String),
}
