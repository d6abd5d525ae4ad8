//! A resource as a reader sees it.

use std::collections::BTreeMap;

use knotwork_identity::{ChangeId, DocumentId, PublicKey, Timestamp};
use serde::{Deserialize, Serialize};

use super::{ResourceKind, fields};
use crate::content::{Content, Value};

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
    /// The earliest time that a change claims; none where no change claims one.
    pub created: Option<Timestamp>,
    /// The latest time that a change claims.
    pub changed: Option<Timestamp>,
    /// The keys that signed its changes, in the order in which they first did.
    pub contributors: Vec<PublicKey>,
    /// What the next change builds on, sorted.
    pub heads: Vec<ChangeId>,
    /// Fields to which different values were given at the same time, with all of them, the shown one first.
    pub conflicts: BTreeMap<String, Vec<String>>,
    /// How many changes do not fit within the limits of a document and are left out of this view.
    pub left_out: usize,
}

impl ResourceView {
    pub(crate) fn new(id: DocumentId, content: &Content, signed: Signed, left_out: usize) -> Self {
        let word = |name| content.text(name).to_owned();
        let conflicts = content.conflicts();
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
            created: signed.first,
            changed: signed.last,
            contributors: signed.authors,
            heads: signed.heads,
            conflicts,
            left_out,
        }
    }
}

/// The entries of a list; where two lists were made at the same time, those of both.
fn words(content: &Content, name: &str) -> Vec<String> {
    let mut entries = content.words(name);
    let others = content.fields().filter(|(field, _)| *field == name).flat_map(|(_, values)| values.iter().skip(1));
    for value in others {
        if let Value::Words(more) = value {
            for word in more {
                if !entries.contains(word) {
                    entries.push(word.clone());
                }
            }
        }
    }
    entries
}

/// What the signatures and claimed times of a document's changes say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Signed {
    pub(crate) first: Option<Timestamp>,
    pub(crate) last: Option<Timestamp>,
    pub(crate) authors: Vec<PublicKey>,
    pub(crate) heads: Vec<ChangeId>,
}
