//! Changes put together operation by operation, with everything that is derived right, whether they make sense or not.

use std::sync::Arc;

use knotwork_identity::{ChangeId, Signature};

use super::honest;
use crate::{
    Checked, CheckedChange, History, Rejection, SignedChange, Verdict,
    draft::{Draft, DraftOperation},
    restore,
};

/// A document, and the changes that were made of it so far.
pub(crate) struct Forge {
    pub(crate) history: History,
    pub(crate) made: Vec<Arc<CheckedChange>>,
}

impl Default for Forge {
    fn default() -> Self {
        Self { history: History::new(honest::header(2)), made: Vec::new() }
    }
}

impl Forge {
    /// The counter of the first operation of a change on everything.
    pub(crate) fn next_start(&self) -> u64 {
        self.made.iter().map(|change| u64::from(change.chunk().last()) + 1).max().unwrap_or(1)
    }

    /// Adds a change on the heads, with padding. Its operations may name the first change as actor 1.
    pub(crate) fn on_heads(&mut self, operations: impl Iterator<Item = DraftOperation>) -> Result<ChangeId, Rejection> {
        let heads = self.history.heads();
        let names_first = usize::from(!heads.is_empty());
        self.on(&heads, operations, names_first)
    }

    /// Adds a change on `dependencies`, with padding. Its operations may name the first `others` changes as actors from
    /// 1 on.
    pub(crate) fn on(
        &mut self,
        dependencies: &[ChangeId],
        operations: impl Iterator<Item = DraftOperation>,
        others: usize,
    ) -> Result<ChangeId, Rejection> {
        let mut operations: Vec<_> = operations.collect();
        // A large value makes room for the many small ones.
        let additions = operations.iter().filter(|row| row.predecessors.is_empty()).count();
        if additions > 2_000 {
            operations.push(pad(additions / 16 + 1));
        }
        let change = self.change(dependencies, operations, others)?;
        self.admit(change)
    }

    /// Makes a change on `dependencies` as the first part of the gate takes it, without adding it.
    pub(crate) fn change(
        &self,
        dependencies: &[ChangeId],
        operations: Vec<DraftOperation>,
        others: usize,
    ) -> Result<CheckedChange, Rejection> {
        let chunk = self.chunk(dependencies, operations, others)?;
        let header = self.history.header().clone();
        let signed = SignedChange { header, author: honest::author(1).public(), chunk, signature: Signature([0; 64]) };
        match signed.check_trusted()? {
            Checked::Change(change) => Ok(change),
            Checked::UnknownFormat(_) => unreachable!("the header has the known format"),
        }
    }

    /// The chunk of a change that nobody has checked.
    pub(crate) fn chunk(
        &self,
        dependencies: &[ChangeId],
        operations: Vec<DraftOperation>,
        others: usize,
    ) -> Result<Vec<u8>, Rejection> {
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
            other_actors: self.made.iter().take(others).map(|change| change.actor()).collect(),
            operations,
            extra: Vec::new(),
        };
        draft.tidy_actors();
        restore(&self.history.document(), &honest::author(1).public(), &draft.to_stripped())
    }

    /// Takes a change through the second part of the gate.
    pub(crate) fn admit(&mut self, change: CheckedChange) -> Result<ChangeId, Rejection> {
        let change = Arc::new(change);
        let verdict = self.history.admit(Arc::clone(&change))?;
        assert_eq!(verdict, Verdict::Admitted, "a forged change is new, and builds on what is there");
        self.made.push(Arc::clone(&change));
        Ok(change.id())
    }
}

/// Sets a key of the root to nothing-as-a-value.
pub(crate) fn set(key: &str) -> DraftOperation {
    DraftOperation {
        object: (None, None),
        element: (None, None),
        key: Some(key.as_bytes().to_vec()),
        insert: false,
        action: SET,
        value_kind: 0,
        value: Vec::new(),
        predecessors: Vec::new(),
    }
}

/// Sets a key of the root to so many bytes.
pub(crate) fn pad(bytes: usize) -> DraftOperation {
    DraftOperation { value_kind: 7, value: vec![0; bytes], ..set("pad") }
}

/// Makes an object at a key of the root.
pub(crate) fn make(key: &str, action: u64) -> DraftOperation {
    DraftOperation { action, ..set(key) }
}

/// Inserts nothing-as-a-value into the list that operation `counter` of `actor` made, after an element of the same.
pub(crate) fn insert(actor: u64, counter: u64, after: Option<i64>) -> DraftOperation {
    DraftOperation {
        object: (Some(actor), Some(counter)),
        element: (after.map(|_| actor), Some(after.unwrap_or(0))),
        key: None,
        insert: true,
        ..set("")
    }
}

pub(crate) const MAKE_MAP: u64 = 0;
pub(crate) const SET: u64 = 1;
pub(crate) const MAKE_LIST: u64 = 2;
pub(crate) const DELETE: u64 = 3;
