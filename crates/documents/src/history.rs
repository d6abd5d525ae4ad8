//! The history of a document: who changed what, change by change.

use std::collections::{BTreeSet, HashMap};

use knotwork_identity::{ActorId, ChangeId, PublicKey, Timestamp};
use knotwork_ledger::{Action, CheckedChange, History, Key, Object, Reference};
use serde::{Deserialize, Serialize};

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

/// The changes of a document in the order of what builds on what.
#[must_use]
pub fn history_of(history: &History) -> Vec<ChangeView> {
    let mut made: HashMap<(ActorId, u32), String> = HashMap::new();
    history.changes().map(|change| describe(change, &mut made)).collect()
}

/// Describes one change, and remembers the root field of every object that it makes.
fn describe(change: &CheckedChange, made: &mut HashMap<(ActorId, u32), String>) -> ChangeView {
    let actor_of = |reference: Reference| match reference.actor {
        0 => Some(change.actor()),
        other => change.chunk().other_actors().get(usize::from(other) - 1).copied(),
    };
    let (mut fields, mut added, mut removed) = (BTreeSet::new(), 0, 0);
    for operation in change.operations().iter() {
        let field = match (operation.object, operation.key) {
            (Object::Root, Key::Map(name)) => Some(name.to_owned()),
            (Object::Made(object), _) => actor_of(object).and_then(|actor| made.get(&(actor, object.counter)).cloned()),
            _ => None,
        };
        match operation.action {
            Action::Delete => removed += 1,
            Action::Set(_) => added += 1,
            Action::MakeMap | Action::MakeList | Action::MakeText => {
                if let Some(field) = &field {
                    made.insert((change.actor(), operation.counter), field.clone());
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
        fields: fields.into_iter().collect(),
        added,
        removed,
    }
}
