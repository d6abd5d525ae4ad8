//! What stands at the root of a document, read the same way from a document of one change (without Automerge) and from
//! a merged one.

use std::collections::{BTreeMap, HashMap};

use automerge::{Automerge, ObjType, ROOT, ReadDoc as _, ScalarValueRef, ValueRef};
use knotwork_identity::{ActorId, PublicKey};
use knotwork_ledger::{CheckedChange, FirstView, History, Scalar, first_view};

/// The fields of a document, each with every value that stands, the winner first.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Content {
    fields: BTreeMap<String, Vec<Value>>,
}

/// A value of a field.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    /// Text that is replaced as a whole.
    Word(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// Yes or no.
    Flag(bool),
    /// A list of words.
    Words(Vec<String>),
    /// Text that is merged.
    Text(String),
    /// Something that no kind of this version has.
    Other,
}

impl Content {
    /// The fields of a document that has these changes, in the order in which they were admitted; or `None` where only
    /// Automerge can tell, and where several wrote: what two people add to a list is shown once, and that is its affair.
    #[must_use]
    pub(crate) fn of_changes<'a>(changes: impl Iterator<Item = &'a CheckedChange> + Clone) -> Option<Self> {
        let mut authors = changes.clone().map(CheckedChange::author);
        let first = authors.next()?;
        if authors.any(|author| author != first) {
            return None;
        }
        let FirstView { scalars, lists, texts, .. } = first_view(changes)?;
        let mut fields = BTreeMap::new();
        for (name, scalar) in scalars {
            fields.insert(name, vec![value_of(scalar)]);
        }
        for (name, entries) in lists {
            fields.insert(name, vec![Value::Words(entries.into_iter().map(word_of).collect())]);
        }
        for (name, text) in texts {
            fields.insert(name, vec![Value::Text(text)]);
        }
        Some(Self { fields })
    }

    /// The fields of a merged document, which `history` is the history of.
    #[must_use]
    pub(crate) fn of_document(document: &Automerge, history: &History) -> Self {
        let authors = history.changes().map(|change| (change.actor(), change.author())).collect();
        let fields = document
            .keys(ROOT)
            .map(|name| {
                let standing = document.get_all(ROOT, name.as_str()).unwrap_or_default();
                // Automerge names the winner last.
                let values =
                    standing.into_iter().rev().map(|(value, id)| read_value(document, &value, &id, &authors)).collect();
                (name, values)
            })
            .collect();
        Self { fields }
    }

    /// All values of a field, the winner first. A kind looks for those of the type that its field has: what is of another
    /// type hides nothing.
    #[must_use]
    pub(crate) fn values(&self, name: &str) -> &[Value] {
        self.fields.get(name).map_or(&[], Vec::as_slice)
    }

    /// The words and texts of a field, the winner first.
    pub(crate) fn texts(&self, name: &str) -> impl Iterator<Item = &str> {
        self.values(name).iter().filter_map(|value| match value {
            Value::Word(word) | Value::Text(word) => Some(word.as_str()),
            _ => None,
        })
    }

    /// The lists of a field, the winner first.
    pub(crate) fn lists(&self, name: &str) -> impl Iterator<Item = &[String]> {
        self.values(name).iter().filter_map(|value| match value {
            Value::Words(words) => Some(words.as_slice()),
            _ => None,
        })
    }

    /// The words of a field, which are replaced as a whole, the winner first.
    pub(crate) fn words(&self, name: &str) -> impl Iterator<Item = &str> {
        self.values(name).iter().filter_map(|value| match value {
            Value::Word(word) => Some(word.as_str()),
            _ => None,
        })
    }

    /// The winning word of a field.
    #[must_use]
    pub(crate) fn word(&self, name: &str) -> Option<&str> {
        self.words(name).next()
    }

    /// The bytes of a field of so many, the winner first.
    pub(crate) fn arrays<const N: usize>(&self, name: &str) -> impl Iterator<Item = [u8; N]> {
        self.values(name).iter().filter_map(|value| match value {
            Value::Bytes(bytes) => bytes.as_slice().try_into().ok(),
            _ => None,
        })
    }

    /// The winning yes or no of a field; no where there is none.
    #[must_use]
    pub(crate) fn flag(&self, name: &str) -> bool {
        let flags = self.values(name).iter().find_map(|value| match value {
            Value::Flag(flag) => Some(*flag),
            _ => None,
        });
        flags.unwrap_or(false)
    }

    /// The winning bytes of a field.
    #[must_use]
    pub(crate) fn bytes(&self, name: &str) -> Option<&[u8]> {
        self.values(name).iter().find_map(|value| match value {
            Value::Bytes(bytes) => Some(bytes.as_slice()),
            _ => None,
        })
    }

    /// The winning text of a field, merged or not.
    #[must_use]
    pub(crate) fn text(&self, name: &str) -> &str {
        self.texts(name).next().unwrap_or_default()
    }
}

fn value_of(scalar: Scalar) -> Value {
    match scalar {
        Scalar::Str(word) => Value::Word(word),
        Scalar::Bytes(bytes) => Value::Bytes(bytes),
        Scalar::Boolean(flag) => Value::Flag(flag),
        _ => Value::Other,
    }
}

fn word_of(scalar: Scalar) -> String {
    match scalar {
        Scalar::Str(word) => word,
        _ => String::new(),
    }
}

fn read_value(document: &Automerge, value: &automerge::Value<'_>, id: &automerge::ObjId, authors: &Authors) -> Value {
    match value {
        automerge::Value::Scalar(scalar) => match scalar.as_ref() {
            automerge::ScalarValue::Str(word) => Value::Word(word.to_string()),
            automerge::ScalarValue::Bytes(bytes) => Value::Bytes(bytes.clone()),
            automerge::ScalarValue::Boolean(flag) => Value::Flag(*flag),
            _ => Value::Other,
        },
        automerge::Value::Object(ObjType::Text) => Value::Text(document.text(id).unwrap_or_default()),
        automerge::Value::Object(ObjType::List) => Value::Words(read_words(document, id, authors)),
        automerge::Value::Object(_) => Value::Other,
    }
}

/// Whose each change is, by the actor that it is to Automerge.
type Authors = HashMap<ActorId, PublicKey>;

/// The entries of a list. A word that two people added at the same time stands once; one that a person wrote twice
/// stands twice, as its author wanted.
fn read_words(document: &Automerge, list: &automerge::ObjId, authors: &Authors) -> Vec<String> {
    let mut first_author: HashMap<String, Option<PublicKey>> = HashMap::new();
    let mut words = Vec::new();
    for entry in document.list_range(list, ..) {
        let word = match &entry.value {
            ValueRef::Scalar(ScalarValueRef::Str(word)) => word.clone().into_owned(),
            _ => String::new(),
        };
        let author = match entry.id() {
            automerge::ObjId::Id(_, actor, _) => {
                let actor = actor.to_bytes().try_into().ok().map(ActorId);
                actor.and_then(|actor| authors.get(&actor)).copied()
            }
            automerge::ObjId::Root => None,
        };
        match first_author.get(&word) {
            Some(first) if *first != author => {}
            Some(_) => words.push(word),
            None => {
                first_author.insert(word.clone(), author);
                words.push(word);
            }
        }
    }
    words
}
