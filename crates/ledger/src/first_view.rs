//! A document that was written and not edited since, read straight from the operations of its changes, without Automerge.
//! It agrees with what Automerge shows, or says that it cannot tell.

use std::collections::BTreeMap;

use crate::{
    CheckedChange,
    operation::{Action, Key, Object, Operation, Scalar},
};

/// What stands at the root of a document that was written once, in one change or several.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FirstView {
    /// Keys with a value.
    pub scalars: BTreeMap<String, Scalar>,
    /// Keys with a list of values.
    pub lists: BTreeMap<String, Vec<Scalar>>,
    /// Keys with a text.
    pub texts: BTreeMap<String, String>,
    /// Keys with a map of values.
    pub maps: BTreeMap<String, BTreeMap<String, Scalar>>,
}

/// The document that `changes` make, which the gate has admitted and of which each builds on the one before alone; or
/// `None` where they do not, replace or delete something, nest deeper than one object in the root, or put elements
/// otherwise than one after the other.
///
/// Nothing in it happens at the same time as anything else, so that a counter names one operation, whatever its actor.
#[must_use]
pub fn first_view<'a>(changes: impl IntoIterator<Item = &'a CheckedChange>) -> Option<FirstView> {
    let mut objects: Vec<Made> = Vec::new();
    let mut scalars = BTreeMap::new();
    let mut current = 0;
    let mut before = None;
    for change in changes {
        if !change.dependencies().iter().eq(&before) {
            return None;
        }
        before = Some(change.id());
        for operation in change.operations().iter() {
            if !operation.predecessors.is_empty() {
                return None;
            }
            let Object::Made(object) = operation.object else {
                put_at_root(&operation, &mut scalars, &mut objects)?;
                continue;
            };
            // Mostly the object is the same as before; the objects stand in the order of their counters.
            if objects.get(current).is_none_or(|made| made.counter != object.counter) {
                current = objects.binary_search_by_key(&object.counter, |made| made.counter).ok()?;
            }
            objects[current].put(&operation)?;
        }
    }
    let mut view = FirstView { scalars, ..FirstView::default() };
    for Made { key, contents, .. } in objects {
        let replaced = match contents {
            Contents::Map(values) => view.maps.insert(key, values).is_some(),
            Contents::List { values, .. } => view.lists.insert(key, values).is_some(),
            Contents::Text { text, .. } => view.texts.insert(key, text).is_some(),
        };
        // Two values stand side by side, and which is shown is Automerge's choice.
        if replaced {
            return None;
        }
    }
    let keys = view.scalars.keys().chain(view.lists.keys()).chain(view.texts.keys()).chain(view.maps.keys());
    let mut keys: Vec<_> = keys.collect();
    keys.sort_unstable();
    if keys.windows(2).any(|pair| pair[0] == pair[1]) { None } else { Some(view) }
}

/// An object at a key of the root.
struct Made {
    counter: u32,
    key: String,
    contents: Contents,
}

/// What is in it so far. Elements are named by the counter of their insertion; `last` is 0 for none.
enum Contents {
    Map(BTreeMap<String, Scalar>),
    List { values: Vec<Scalar>, last: u32 },
    Text { text: String, last: u32 },
}

fn put_at_root(
    operation: &Operation<'_>,
    scalars: &mut BTreeMap<String, Scalar>,
    objects: &mut Vec<Made>,
) -> Option<()> {
    let Key::Map(key) = operation.key else { return None };
    let contents = match operation.action {
        Action::Set(value) => {
            return if scalars.insert(key.to_owned(), value.to_owned()).is_some() { None } else { Some(()) };
        }
        Action::MakeMap => Contents::Map(BTreeMap::new()),
        Action::MakeList => Contents::List { values: Vec::new(), last: 0 },
        Action::MakeText => Contents::Text { text: String::new(), last: 0 },
        Action::Delete => return None,
    };
    objects.push(Made { counter: operation.counter, key: key.to_owned(), contents });
    Some(())
}

impl Made {
    fn put(&mut self, operation: &Operation<'_>) -> Option<()> {
        let Action::Set(value) = operation.action else { return None };
        match (&mut self.contents, operation.key) {
            (Contents::Map(values), Key::Map(key)) => match values.insert(key.to_owned(), value.to_owned()) {
                Some(_) => None,
                None => Some(()),
            },
            (Contents::List { values, last }, key) if follows(key, *last) => {
                values.push(value.to_owned());
                *last = operation.counter;
                Some(())
            }
            (Contents::Text { text, last }, key) if follows(key, *last) => {
                text.push_str(value.as_str()?);
                *last = operation.counter;
                Some(())
            }
            _ => None,
        }
    }
}

/// Whether an element goes after the last one. What does not insert names an element and has predecessors, so that it
/// does not come here.
fn follows(key: Key<'_>, last: u32) -> bool {
    match key {
        Key::Head => last == 0,
        Key::Element(element) => element.counter == last,
        Key::Map(_) => false,
    }
}
