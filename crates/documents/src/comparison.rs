//! What differs between two versions of a resource, for people to read.
//!
//! Texts are compared line by line and, where lines differ, word by word. What would be a rattle of single words is shown
//! as one passage that went and one that came.

mod text;

pub use text::{Line, Piece, compare_texts};

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::{Date, ResourceView, resource::fields};

/// What differs between two versions, field by field, in the order in which a page shows the fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comparison {
    /// All fields, those that are the same among them.
    pub fields: Vec<FieldComparison>,
}

impl Comparison {
    /// Whether both versions say the same.
    #[must_use]
    pub fn is_same(&self) -> bool {
        self.changed().next().is_none()
    }

    /// The fields that differ.
    pub fn changed(&self) -> impl Iterator<Item = &FieldComparison> {
        self.fields.iter().filter(|field| field.difference != Difference::Same)
    }
}

/// What differs in one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldComparison {
    /// The field, as the document names it.
    pub field: String,
    /// What differs.
    pub difference: Difference,
}

/// How two values of a field differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Difference {
    /// Not at all.
    Same,
    /// One word, date or id stands in the place of another; empty where there is none.
    Word {
        /// What it said.
        before: String,
        /// What it says.
        after: String,
    },
    /// A text differs in these lines.
    Text(Vec<Line>),
    /// A list differs. Where nothing was added or removed, only the order does.
    List {
        /// The entries that are new, in their order.
        added: Vec<String>,
        /// The entries that are gone, in their order.
        removed: Vec<String>,
    },
}

/// Compares two versions of a resource.
#[must_use]
pub fn compare(before: &ResourceView, after: &ResourceView) -> Comparison {
    let text = |before: &str, after: &str| match before == after {
        true => Difference::Same,
        false => Difference::Text(compare_texts(before, after)),
    };
    let date = |date: Option<Date>| date.map(|date| date.to_string()).unwrap_or_default();
    let id = |view: &ResourceView| view.adapted_from.map(|id| id.to_string()).unwrap_or_default();
    let fields = [
        (fields::TITLE, text(&before.title, &after.title)),
        (fields::SUMMARY, text(&before.summary, &after.summary)),
        (fields::BODY, text(&before.body, &after.body)),
        (fields::KIND, word(before.kind.word(), after.kind.word())),
        (fields::LINKS, list(&before.links, &after.links)),
        (fields::TAGS, list(&before.tags, &after.tags)),
        (fields::LICENCE, word(&before.licence, &after.licence)),
        (fields::LANGUAGE, word(&before.language, &after.language)),
        (fields::REVIEWED, word(&date(before.reviewed), &date(after.reviewed))),
        (fields::REVIEW_DUE, word(&date(before.review_due), &date(after.review_due))),
        (fields::ADAPTED_FROM, word(&id(before), &id(after))),
    ];
    let fields = fields.into_iter().map(|(field, difference)| FieldComparison { field: field.to_owned(), difference });
    Comparison { fields: fields.collect() }
}

fn word(before: &str, after: &str) -> Difference {
    if before == after {
        return Difference::Same;
    }
    Difference::Word { before: before.to_owned(), after: after.to_owned() }
}

fn list(before: &[String], after: &[String]) -> Difference {
    if before == after {
        return Difference::Same;
    }
    Difference::List { added: without(after, before), removed: without(before, after) }
}

/// The entries that `others` have not, or have fewer times.
fn without(entries: &[String], others: &[String]) -> Vec<String> {
    let mut left: HashMap<&str, usize> = HashMap::new();
    for other in others {
        *left.entry(other).or_default() += 1;
    }
    let is_new = |entry: &&String| match left.get_mut(entry.as_str()) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => true,
    };
    entries.iter().filter(is_new).cloned().collect()
}
