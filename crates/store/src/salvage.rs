//! Getting out of a damaged store what is still sound, into a new one.
//!
//! Changes keep their order and are numbered anew. One whose dependencies are lost is lost with them: its ancestors must
//! be admitted before it. Peers refill what is missing. Views, listings and counts are not taken over, as they may tell
//! of what is lost: they are derived again.

use std::{
    collections::{BTreeMap, HashSet},
    ops::ControlFlow,
    sync::Arc,
};

use knotwork_ledger::CheckedChange;
use knotwork_replica::{Batch, Storage as _, StorageError};

use crate::{engine::Engine, journal::Entry, record, store::Store, tables};

/// What could be read of a damaged store beside its engine: records by their sequence number, and local values.
#[derive(Debug, Default)]
pub(crate) struct Leftovers {
    records: BTreeMap<u64, Vec<u8>>,
    /// Those that were taken away are `None`.
    local: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    /// Whether a local value here is to be preferred to the engine's.
    newer: bool,
}

impl Leftovers {
    /// What a journal still has.
    pub(crate) fn of_journal(entries: &[Entry]) -> Self {
        let mut leftovers = Self::default();
        for (key, value) in entries.iter().flat_map(|entry| entry.writes.iter()) {
            if key.starts_with(tables::LOCAL) {
                leftovers.local.insert(key.to_vec(), value.as_ref().map(|value| value.to_vec()));
            } else if let (Ok(sequence), Some(value)) = (tables::change_sequence(key), value) {
                leftovers.records.insert(sequence, value.to_vec());
            }
        }
        leftovers
    }

    /// Says whether these are newer than what the engine has.
    pub(crate) fn newer_than_engine(self, newer: bool) -> Self {
        Self { newer, ..self }
    }
}

/// What was saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Saved {
    /// Changes that are in the new store.
    pub(crate) kept: u64,
    /// Changes that are known to have been there and are not any more.
    pub(crate) lost: u64,
}

/// Copies what is sound from a damaged engine, if it can be opened at all, and from what is left beside it.
///
/// # Errors
/// When the new store does not take it.
pub(crate) fn salvage<From: Engine, To: Engine>(
    damaged: Option<&From>,
    leftovers: &Leftovers,
    target: &Store<To>,
) -> Result<Saved, StorageError> {
    let mut kept = HashSet::new();
    let mut batch = Batch::default();
    let mut seen = leftovers.records.keys().next_back().copied().unwrap_or(0);
    let mut sequence = 0;
    while sequence < seen.saturating_add(MISSING_MAX) {
        sequence += 1;
        let found = damaged.and_then(|engine| engine.get(&tables::change_key(sequence)).ok().flatten());
        if found.is_some() {
            seen = seen.max(sequence);
        }
        let records = found.iter().chain(leftovers.records.get(&sequence));
        let Some(change) = records.into_iter().find_map(|bytes| sound_change(sequence, bytes, target)) else {
            continue;
        };
        // A change that is there twice can only be damage.
        if change.dependencies().iter().all(|id| kept.contains(id)) && kept.insert(change.id()) {
            batch.changes.push((target.next_sequence() + batch.changes.len() as u64, Arc::new(change)));
        }
        if batch.changes.len() == BATCH {
            target.commit(&std::mem::take(&mut batch))?;
        }
    }
    batch.local = local_values(damaged, leftovers);
    target.commit(&batch)?;
    target.sync()?;
    let kept = kept.len() as u64;
    Ok(Saved { kept, lost: seen.saturating_sub(kept) })
}

/// The change in a record, if it is what was written and passes what can be asked of it alone.
fn sound_change<E: Engine>(sequence: u64, bytes: &[u8], target: &Store<E>) -> Option<CheckedChange> {
    let record = record::read(sequence, bytes, &target.network()).ok()?;
    record.stored.change.check_trusted().ok()?.change()
}

/// The local values that can be read.
fn local_values<E: Engine>(damaged: Option<&E>, leftovers: &Leftovers) -> Vec<(String, Option<Vec<u8>>)> {
    let mut values = BTreeMap::new();
    if let Some(engine) = damaged {
        // Where reading breaks off, the rest is lost.
        let _ = engine.scan(tables::LOCAL, tables::LOCAL, &mut |key, value| {
            values.insert(key.to_vec(), Some(value.to_vec()));
            ControlFlow::Continue(())
        });
    }
    for (key, value) in &leftovers.local {
        if leftovers.newer || !values.contains_key(key) {
            values.insert(key.clone(), value.clone());
        }
    }
    let named = values.into_iter().filter_map(|(key, value)| {
        let name = String::from_utf8(key.strip_prefix(tables::LOCAL)?.to_vec()).ok()?;
        Some((name, value))
    });
    named.collect()
}

/// So many numbers in a row without a change are the end: more than two pages of sled's index hold.
const MISSING_MAX: u64 = 10_000;

/// So many changes are committed at once.
const BATCH: usize = 200;
