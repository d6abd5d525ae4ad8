//! The history of a document: who changed what, change by change.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use knotwork_identity::{ActorId, ChangeId, PublicKey, Timestamp};
use knotwork_ledger::{Action, CheckedChange, History, Key, Object, Reference};
use serde::{Deserialize, Serialize};

use crate::claimed::is_ahead;

/// One change, as a reader of the history sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeView {
    /// The change.
    pub id: ChangeId,
    /// The key that signed it.
    pub author: PublicKey,
    /// When, as the author claims.
    pub time: Option<Timestamp>,
    /// The changes that it builds on.
    pub dependencies: Vec<ChangeId>,
    /// The fields that it touches, sorted; none where it only brings together what was there.
    pub fields: Vec<String>,
    /// How many values, entries and characters it puts.
    pub added: usize,
    /// How many it takes away.
    pub removed: usize,
}

impl ChangeView {
    /// Whether its time is claimed so far ahead of `now` that a reader is to be told so.
    #[must_use]
    pub fn is_ahead(&self, now: Timestamp) -> bool {
        is_ahead(self.time, now)
    }
}

/// The changes of a document in the order of what builds on what, which is the same on every node.
#[must_use]
pub fn history_of(history: &History) -> Vec<ChangeView> {
    let mut made = Made::default();
    history.in_order().map(|change| describe(change, &mut made)).collect()
}

/// The root field of every object.
#[derive(Default)]
struct Made {
    fields: HashMap<(ActorId, u32), Arc<str>>,
    /// Each name once: it can be long, and thousands of objects can be in one field.
    names: HashSet<Arc<str>>,
}

impl Made {
    fn name(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.names.get(name) {
            return Arc::clone(known);
        }
        let new: Arc<str> = name.into();
        self.names.insert(Arc::clone(&new));
        new
    }
}

/// Describes one change, and remembers the root field of every object that it makes.
fn describe(change: &CheckedChange, made: &mut Made) -> ChangeView {
    let actor_of = |reference: Reference| match reference.actor {
        0 => Some(change.actor()),
        other => change.chunk().other_actors().get(usize::from(other) - 1).copied(),
    };
    let (mut fields, mut added, mut removed) = (BTreeSet::<Arc<str>>::new(), 0, 0);
    for operation in change.operations().iter() {
        let field = match (operation.object, operation.key) {
            (Object::Root, Key::Map(name)) => Some(made.name(name)),
            (Object::Made(object), _) => {
                actor_of(object).and_then(|actor| made.fields.get(&(actor, object.counter)).cloned())
            }
            _ => None,
        };
        match operation.action {
            Action::Delete => removed += 1,
            Action::Set(_) => added += 1,
            Action::MakeMap | Action::MakeList | Action::MakeText => {
                if let Some(field) = &field {
                    made.fields.insert((change.actor(), operation.counter), field.clone());
                }
                // A new document's empty lists are no news to its readers.
                continue;
            }
        }
        fields.extend(field);
    }
    ChangeView {
        id: change.id(),
        author: change.author(),
        time: change.time().claimed(),
        dependencies: change.dependencies().to_vec(),
        fields: fields.iter().map(|field| field.to_string()).collect(),
        added,
        removed,
    }
}
