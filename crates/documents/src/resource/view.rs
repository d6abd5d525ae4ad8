//! A resource as a reader sees it.

use std::collections::{BTreeMap, HashSet};

use knotwork_identity::{ChangeId, DocumentId, PublicKey, Timestamp};
use serde::{Deserialize, Serialize};

use super::{ResourceKind, fields};
use crate::{
    Date,
    claimed::is_ahead,
    content::Content,
    field::{distinct, parsed},
};

/// A resource, read only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceView {
    /// The document.
    pub id: DocumentId,
    /// One line that names it.
    pub title: String,
    /// A few sentences.
    pub summary: String,
    /// The text itself.
    pub body: String,
    /// What it is.
    pub kind: ResourceKind,
    /// Addresses of any scheme.
    pub links: Vec<String>,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// Under what terms it may be used.
    pub licence: String,
    /// The language of its text.
    pub language: String,
    /// When somebody last saw that it still holds.
    #[serde(default)]
    pub reviewed: Option<Date>,
    /// When that is due again.
    #[serde(default)]
    pub review_due: Option<Date>,
    /// The resource that it was made from.
    #[serde(default)]
    pub adapted_from: Option<DocumentId>,
    /// The earliest time that a change in this view claims; none where none claims one.
    pub created: Option<Timestamp>,
    /// The latest time that a change in this view claims.
    pub changed: Option<Timestamp>,
    /// The keys that signed the changes in this view, in the order in which they first did.
    pub contributors: Vec<PublicKey>,
    /// What tells this version from others: the changes on which none builds yet, sorted, those left out among them.
    pub heads: Vec<ChangeId>,
    /// Fields to which different values were given at the same time, with all of them, the shown one first.
    pub conflicts: BTreeMap<String, Vec<String>>,
    /// How many changes do not fit within the limits of a document and are left out of this view.
    pub left_out: usize,
}

impl ResourceView {
    pub(crate) fn new(id: DocumentId, content: &Content, signed: Signed, left_out: usize) -> Self {
        let word = |name| content.text(name).to_owned();
        let conflicts = conflicts(content);
        Self {
            id,
            title: word(fields::TITLE),
            summary: word(fields::SUMMARY),
            body: word(fields::BODY),
            kind: content.word(fields::KIND).and_then(ResourceKind::from_word).unwrap_or_default(),
            links: words(content, fields::LINKS),
            tags: words(content, fields::TAGS),
            licence: word(fields::LICENCE),
            language: word(fields::LANGUAGE),
            reviewed: parsed(content, fields::REVIEWED),
            review_due: parsed(content, fields::REVIEW_DUE),
            adapted_from: parsed(content, fields::ADAPTED_FROM),
            created: signed.first,
            changed: signed.last,
            contributors: signed.authors,
            heads: signed.heads,
            conflicts,
            left_out,
        }
    }

    /// Whether it should have been looked at again before `today`.
    #[must_use]
    pub fn is_review_overdue(&self, today: Date) -> bool {
        self.review_due.is_some_and(|due| due < today)
    }

    /// Whether a time in it is claimed so far ahead of `now` that a reader is to be told so.
    #[must_use]
    pub fn is_ahead(&self, now: Timestamp) -> bool {
        is_ahead(self.created, now) || is_ahead(self.changed, now)
    }
}

/// The entries of a list; where two lists were made at the same time, those of both.
fn words(content: &Content, name: &str) -> Vec<String> {
    let mut lists = content.lists(name);
    let mut entries = lists.next().unwrap_or_default().to_vec();
    let mut seen: HashSet<String> = entries.iter().cloned().collect();
    for word in lists.flatten() {
        if seen.insert(word.clone()) {
            entries.push(word.clone());
        }
    }
    entries
}

/// The fields that were given different values at the same time, with these, the shown one first.
fn conflicts(content: &Content) -> BTreeMap<String, Vec<String>> {
    let texts = TEXTS.iter().map(|name| (*name, distinct(content.texts(name).map(str::to_owned))));
    let lists = LISTS.iter().map(|name| (*name, distinct(content.lists(name).map(|words| words.join("; ")))));
    let several = texts.chain(lists).filter(|(_, values)| values.len() > 1);
    several.map(|(name, values)| (name.to_owned(), values)).collect()
}

const TEXTS: [&str; 9] = [
    fields::TITLE,
    fields::SUMMARY,
    fields::BODY,
    fields::KIND,
    fields::LICENCE,
    fields::LANGUAGE,
    fields::REVIEWED,
    fields::REVIEW_DUE,
    fields::ADAPTED_FROM,
];
const LISTS: [&str; 2] = [fields::LINKS, fields::TAGS];

/// What the signatures and claimed times of a document's changes say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Signed {
    pub(crate) first: Option<Timestamp>,
    pub(crate) last: Option<Timestamp>,
    pub(crate) authors: Vec<PublicKey>,
    pub(crate) heads: Vec<ChangeId>,
}
