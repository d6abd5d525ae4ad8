//! Documents at the edge of what the limits allow, made to be as costly as they can be.

use std::sync::Arc;

use knotwork_identity::{ChangeId, Signature};

use super::honest;
use crate::{
    Checked, CheckedChange, History, Rejection, SignedChange,
    draft::{Draft, DraftOperation},
    restore,
};

/// The names of the extremes, for [`extreme`].
pub const EXTREMES: &[&str] = &[
    "values side by side",
    "many replacements",
    "insertions at the head",
    "the same deletions",
    "changes at the same time",
    "a long chain",
    "objects in objects",
    "a braid",
    "a map of many keys",
];

/// The changes of one extreme document, `1 / share` of what the limits allow; each comes after its dependencies.
///
/// # Errors
/// When a change does not pass the first part of the gate, which is a fault of the extreme.
pub fn extreme(name: &str, share: usize) -> Result<Vec<Arc<CheckedChange>>, Rejection> {
    let mut forge = Forge { history: History::new(honest::header(2)), made: Vec::new() };
    let large = 65_000;
    let chunks = 32 / share;
    match name {
        "values side by side" => {
            for _ in 0..chunks {
                forge.on_heads(std::iter::repeat_n(set("x"), large))?;
            }
        }
        "many replacements" => {
            let first = forge.on_heads(std::iter::repeat_n(set("x"), 60_000))?;
            let named = || (1..=60_000).map(|counter| (1, counter)).collect::<Vec<_>>();
            for _ in 0..chunks {
                forge.on(&[first], [DraftOperation { predecessors: named(), ..set("x") }].into_iter(), 1)?;
            }
        }
        "insertions at the head" => {
            forge.on_heads([make("x", 2)].into_iter())?;
            for _ in 0..chunks {
                forge.on_heads(std::iter::repeat_n(insert(1, 1, None), large))?;
            }
        }
        "the same deletions" => {
            let list =
                [make("x", 2)].into_iter().chain((0..large as i64).map(|at| insert(0, 1, (at > 0).then_some(1 + at))));
            let first = forge.on_heads(list)?;
            let delete = |counter: i64| DraftOperation {
                element: (Some(1), Some(counter)),
                insert: false,
                action: 3,
                predecessors: vec![(1, counter)],
                ..insert(1, 1, None)
            };
            for _ in 0..chunks {
                forge.on(&[first], (2..large as i64 + 2).map(delete), 1)?;
            }
        }
        "changes at the same time" => return fan(9_999 / share),
        "a long chain" => return chain(9_999 / share, 200),
        "objects in objects" => {
            for _ in 0..chunks {
                let start = forge.next_start();
                forge.on_heads((0..15_000).map(|at| match at % 4 {
                    0 => make("x", 0),
                    _ => DraftOperation { object: (Some(0), Some(start + at - 1)), ..make("x", 0) },
                }))?;
            }
        }
        "a braid" => {
            let mut layer: Vec<ChangeId> = Vec::new();
            for _ in 0..3_968 / 64 / share {
                let next = (0..64).map(|_| forge.on(&layer, [set("x")].into_iter(), 0));
                layer = next.collect::<Result<Vec<_>, _>>()?;
            }
        }
        _ => {
            for place in 0..100 / share {
                let keys = (0..5_000).map(|key| format!("{key:x}{place:x}"));
                forge.on_heads(keys.map(|key| set(&key)))?;
            }
        }
    }
    Ok(forge.made)
}

/// Changes that were all made at the same time, each of one operation.
///
/// # Errors
/// As [`extreme`].
pub fn fan(changes: usize) -> Result<Vec<Arc<CheckedChange>>, Rejection> {
    let mut forge = Forge { history: History::new(honest::header(2)), made: Vec::new() };
    for _ in 0..changes {
        forge.on(&[], [set("x")].into_iter(), 0)?;
    }
    Ok(forge.made)
}

/// Changes of so many operations, each on the one before.
///
/// # Errors
/// As [`extreme`].
pub fn chain(changes: usize, operations: usize) -> Result<Vec<Arc<CheckedChange>>, Rejection> {
    let mut forge = Forge { history: History::new(honest::header(2)), made: Vec::new() };
    for _ in 0..changes {
        forge.on_heads(std::iter::repeat_n(set("x"), operations))?;
    }
    Ok(forge.made)
}

struct Forge {
    history: History,
    made: Vec<Arc<CheckedChange>>,
}

impl Forge {
    fn next_start(&self) -> u64 {
        self.made.iter().map(|change| u64::from(change.chunk().last()) + 1).max().unwrap_or(1)
    }

    fn on_heads(&mut self, operations: impl Iterator<Item = DraftOperation>) -> Result<ChangeId, Rejection> {
        let heads = self.history.heads();
        let names_first = usize::from(!heads.is_empty());
        self.on(&heads, operations, names_first)
    }

    /// Makes a change on `dependencies`. With `other_actors` 1 its operations may name the first change as actor 1.
    fn on(
        &mut self,
        dependencies: &[ChangeId],
        operations: impl Iterator<Item = DraftOperation>,
        other_actors: usize,
    ) -> Result<ChangeId, Rejection> {
        let mut dependencies = dependencies.to_vec();
        dependencies.sort_unstable();
        let lasts = dependencies.iter().filter_map(|id| Some(u64::from(self.history.get(id)?.chunk().last()) + 1));
        let mut draft = Draft {
            start: lasts.max().unwrap_or(1),
            dependencies,
            sequence: 1,
            // Makes each change another one.
            time: self.made.len() as i64,
            message: Vec::new(),
            other_actors: self.made.iter().take(other_actors).map(|change| change.actor()).collect(),
            operations: operations.collect(),
            extra: Vec::new(),
        };
        draft.tidy_actors();
        // A large value makes room for the many small ones.
        let additions = draft.operations.iter().filter(|row| row.predecessors.is_empty()).count();
        if additions > 2_000 {
            let pad = DraftOperation { value_kind: 7, value: vec![0; additions / 16 + 1], ..set("pad") };
            draft.operations.push(pad);
        }
        let header = self.history.header().clone();
        let author = honest::author(1).public();
        let chunk = restore(&header.id(), &author, &draft.to_stripped())?;
        let signed = SignedChange { header, author, chunk, signature: Signature([0; 64]) };
        let Checked::Change(change) = signed.check_trusted()? else { return Ok(ChangeId([0; 32])) };
        let id = change.id();
        let change = Arc::new(change);
        self.history.admit(Arc::clone(&change))?;
        self.made.push(change);
        Ok(id)
    }
}

fn set(key: &str) -> DraftOperation {
    DraftOperation {
        object: (None, None),
        element: (None, None),
        key: Some(key.as_bytes().to_vec()),
        insert: false,
        action: 1,
        value_kind: 0,
        value: Vec::new(),
        predecessors: Vec::new(),
    }
}

/// Makes a map (0), list (2) or text (4) at a key of the root.
fn make(key: &str, action: u64) -> DraftOperation {
    DraftOperation { action, ..set(key) }
}

/// Inserts nothing-as-a-value into the list that operation `counter` of `actor` made, after an element of the same.
fn insert(actor: u64, counter: u64, after: Option<i64>) -> DraftOperation {
    DraftOperation {
        object: (Some(actor), Some(counter)),
        element: (after.map(|_| actor), Some(after.unwrap_or(0))),
        key: None,
        insert: true,
        ..set("")
    }
}
