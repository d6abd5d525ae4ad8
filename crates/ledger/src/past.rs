//! What a change builds on: the changes that it can be reached from by dependencies, and what they add up to. Changes
//! are known here by their place in the history, in which dependencies come first.

use std::collections::VecDeque;

use crate::{
    CheckedChange,
    history::Entry,
    limits::{DOCUMENT_BYTES_MAX, DOCUMENT_CHANGES_MAX, DOCUMENT_OPERATIONS_MAX, DOCUMENT_PREDECESSORS_MAX},
    rejection::Rejection,
};

/// What a set of changes adds up to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) changes: usize,
    pub(crate) bytes: u64,
    pub(crate) operations: u64,
    pub(crate) predecessors: u64,
}

impl Totals {
    /// These and one more change.
    pub(crate) fn with(self, change: &CheckedChange) -> Self {
        let chunk = change.chunk();
        Self {
            changes: self.changes + 1,
            bytes: self.bytes + change.byte_len() as u64,
            operations: self.operations + u64::from(chunk.operation_count()),
            predecessors: self.predecessors + u64::from(chunk.predecessor_count()),
        }
    }

    /// Checks the limits of a document.
    pub(crate) fn check(&self) -> Result<(), Rejection> {
        if self.changes > DOCUMENT_CHANGES_MAX {
            return Err(Rejection::DocumentChanges);
        }
        if self.bytes > DOCUMENT_BYTES_MAX {
            return Err(Rejection::DocumentBytes(self.bytes));
        }
        if self.operations > DOCUMENT_OPERATIONS_MAX {
            return Err(Rejection::DocumentOperations(self.operations));
        }
        if self.predecessors > DOCUMENT_PREDECESSORS_MAX {
            return Err(Rejection::DocumentPredecessors(self.predecessors));
        }
        Ok(())
    }
}

/// A set of changes that holds all their dependencies.
#[derive(Debug, Clone, Default)]
pub(crate) struct Past {
    words: Vec<u64>,
    pub(crate) totals: Totals,
}

impl Past {
    /// The changes at `heads` and everything that they build on, as long as it is at most `changes_max`.
    pub(crate) fn of(entries: &[Entry], heads: &[u32], changes_max: usize) -> Option<Self> {
        let mut past = Self::default();
        let mut waiting = heads.to_vec();
        while let Some(index) = waiting.pop() {
            if past.contains(index) {
                continue;
            }
            if past.totals.changes == changes_max {
                return None;
            }
            let entry = &entries[index as usize];
            past.add(index, entry);
            waiting.extend(entry.dependencies.iter().filter(|dependency| !past.contains(**dependency)));
        }
        Some(past)
    }

    #[inline]
    pub(crate) fn contains(&self, index: u32) -> bool {
        let word = self.words.get(index as usize / 64).copied().unwrap_or(0);
        word >> (index % 64) & 1 == 1
    }

    pub(crate) fn add(&mut self, index: u32, entry: &Entry) {
        let word = index as usize / 64;
        if word >= self.words.len() {
            self.words.resize(word + 1, 0);
        }
        self.words[word] |= 1 << (index % 64);
        self.totals = self.totals.with(&entry.change);
    }

    fn heap_bytes(&self) -> usize {
        self.words.capacity() * size_of::<u64>()
    }
}

/// The pasts that were asked for last: changes come in runs that build on the same ones, or on each other.
#[derive(Debug, Clone, Default)]
pub(crate) struct RecentPasts {
    recent: VecDeque<(Box<[u32]>, Past)>,
}

impl RecentPasts {
    /// What a change with these dependencies builds on.
    pub(crate) fn of(&mut self, entries: &[Entry], dependencies: &[u32]) -> Result<&Past, Rejection> {
        let same = self.recent.iter().position(|(of, _)| **of == *dependencies);
        let found = same.or_else(|| self.extend_to(entries, dependencies));
        let latest = match found.and_then(|position| self.recent.remove(position)) {
            Some(latest) => latest,
            None => {
                let past = Past::of(entries, dependencies, DOCUMENT_CHANGES_MAX).ok_or(Rejection::DocumentChanges)?;
                self.recent.truncate(RECENT_MAX - 1);
                (dependencies.into(), past)
            }
        };
        self.recent.push_front(latest);
        Ok(&self.recent[0].1)
    }

    /// Where the only dependency's own past is at hand, that and the dependency are the new one's past.
    fn extend_to(&mut self, entries: &[Entry], dependencies: &[u32]) -> Option<usize> {
        let [dependency] = dependencies else { return None };
        let entry = &entries[*dependency as usize];
        let position = self.recent.iter().position(|(of, _)| **of == *entry.dependencies)?;
        let (of, past) = &mut self.recent[position];
        past.add(*dependency, entry);
        *of = [*dependency].into();
        Some(position)
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        self.recent.iter().map(|(of, past)| size_of_val(&**of) + past.heap_bytes()).sum()
    }
}

const RECENT_MAX: usize = 4;
