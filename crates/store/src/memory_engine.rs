//! An engine in memory, for tests and the simulator. It can crash, and then forgets what it was not told to sync.

use std::{
    collections::BTreeMap,
    ops::{Bound, ControlFlow},
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use knotwork_replica::StorageError;

use crate::engine::{Engine, Visit, Writes, after_prefix};

/// A map in memory. Clones share it, so that a test can keep a handle on the disk of a store that it gave away.
#[derive(Debug, Clone, Default)]
pub struct MemoryEngine {
    disk: Arc<RwLock<Disk>>,
}

impl MemoryEngine {
    /// An empty engine.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many commits would be lost if none of the unsynced ones survived a crash.
    #[must_use]
    pub fn unsynced(&self) -> usize {
        self.read().undo.len()
    }

    /// Crashes: the engine that finds on the disk everything that was synced and the first `surviving` of the commits
    /// that were not. This engine and its clones answer nothing from then on.
    #[must_use]
    pub fn crash(&self, surviving: usize) -> Self {
        let mut disk = self.write();
        let mut left = std::mem::take(&mut *disk);
        disk.fault = Some(Fault::Crashed);
        drop(disk);
        while left.undo.len() > surviving {
            left.undo_last();
        }
        left.undo.clear();
        left.fault = None;
        Self { disk: Arc::new(RwLock::new(left)) }
    }

    /// Makes the disk full, or frees it again: commits are refused while it is full.
    pub fn set_full(&self, full: bool) {
        let mut disk = self.write();
        if disk.fault != Some(Fault::Crashed) {
            disk.fault = full.then_some(Fault::Full);
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, Disk> {
        self.disk.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Disk> {
        self.disk.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The entries with `prefix` at or after `from`, as many as a scan takes at once.
    fn next_entries(&self, prefix: &[u8], from: Bound<&[u8]>) -> Result<Vec<Entry>, StorageError> {
        let disk = self.read();
        disk.check_running()?;
        Ok(disk
            .entries
            .range::<[u8], _>((from, Bound::Unbounded))
            .take_while(|(key, _)| key.starts_with(prefix))
            .take(SCANNED_AT_ONCE)
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect())
    }
}

impl Engine for MemoryEngine {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StorageError> {
        let disk = self.read();
        disk.check_running()?;
        Ok(disk.entries.get(key).cloned())
    }

    fn scan(&self, prefix: &[u8], from: &[u8], each: &mut Visit<'_>) -> Result<(), StorageError> {
        let mut entries = self.next_entries(prefix, Bound::Included(from.max(prefix)))?;
        while let Some((last, _)) = entries.last().cloned() {
            for (key, value) in &entries {
                if let ControlFlow::Break(()) = each(key, value) {
                    return Ok(());
                }
            }
            entries = self.next_entries(prefix, Bound::Excluded(&last))?;
        }
        Ok(())
    }

    fn last_key(&self, prefix: &[u8]) -> Result<Option<Vec<u8>>, StorageError> {
        let disk = self.read();
        disk.check_running()?;
        let end = after_prefix(prefix);
        let end = end.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        let last = disk.entries.range::<[u8], _>((Bound::Included(prefix), end)).next_back();
        Ok(last.map(|(key, _)| key.clone()))
    }

    fn commit(&self, writes: Writes) -> Result<(), StorageError> {
        writes.check()?;
        let mut disk = self.write();
        disk.check_running()?;
        if disk.fault == Some(Fault::Full) {
            return Err(StorageError::Full);
        }
        let mut before = Vec::with_capacity(writes.len());
        for (key, value) in writes.iter() {
            let old = match value {
                Some(value) => disk.entries.insert(key.to_vec(), value.to_vec()),
                None => disk.entries.remove(key),
            };
            before.push((key.to_vec(), old));
        }
        disk.undo.push(before);
        Ok(())
    }

    fn sync(&self) -> Result<(), StorageError> {
        let mut disk = self.write();
        disk.check_running()?;
        disk.undo.clear();
        Ok(())
    }

    fn size_on_disk(&self) -> u64 {
        0
    }
}

/// A key and its value.
type Entry = (Vec<u8>, Vec<u8>);

/// A key and what it held before a commit.
type Before = (Vec<u8>, Option<Vec<u8>>);

#[derive(Debug, Default)]
struct Disk {
    entries: BTreeMap<Vec<u8>, Vec<u8>>,
    /// For each commit since the last sync, what its keys held before.
    undo: Vec<Vec<Before>>,
    fault: Option<Fault>,
}

impl Disk {
    fn check_running(&self) -> Result<(), StorageError> {
        if self.fault == Some(Fault::Crashed) {
            return Err(StorageError::Io(std::io::Error::other("the engine has crashed")));
        }
        Ok(())
    }

    fn undo_last(&mut self) {
        for (key, old) in self.undo.pop().into_iter().flatten().rev() {
            match old {
                Some(old) => self.entries.insert(key, old),
                None => self.entries.remove(&key),
            };
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    Full,
    Crashed,
}

/// So many entries are copied out before a scan lets go of the lock to show them.
const SCANNED_AT_ONCE: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::conformance;

    #[test]
    fn it_conforms() {
        conformance(MemoryEngine::new);
    }

    fn put(engine: &MemoryEngine, key: u8, value: u8) {
        let mut writes = Writes::default();
        writes.put(vec![key], vec![value]);
        engine.commit(writes).expect("there is room");
    }

    #[test]
    fn a_crash_leaves_what_was_synced_and_a_run_of_the_rest() {
        for surviving in 0..=4 {
            let engine = MemoryEngine::new();
            put(&engine, 1, 1);
            engine.sync().expect("memory takes it");
            put(&engine, 1, 2);
            put(&engine, 2, 3);
            let mut writes = Writes::default();
            writes.delete(vec![1]);
            writes.put(vec![2], vec![4]);
            engine.commit(writes).expect("there is room");
            assert_eq!(engine.unsynced(), 3);
            let after = engine.crash(surviving);
            let found = (after.get(&[1]).expect("readable"), after.get(&[2]).expect("readable"));
            let expected = match surviving {
                0 => (Some(vec![1]), None),
                1 => (Some(vec![2]), None),
                2 => (Some(vec![2]), Some(vec![3])),
                _ => (None, Some(vec![4])),
            };
            assert_eq!(found, expected);
            assert_eq!(after.unsynced(), 0);
            assert!(engine.get(&[1]).is_err(), "the crashed engine answers nothing");
            assert!(engine.commit(Writes::default()).is_err());
        }
    }

    #[test]
    fn a_full_disk_takes_nothing_and_still_reads() {
        let engine = MemoryEngine::new();
        put(&engine, 1, 1);
        engine.set_full(true);
        let mut writes = Writes::default();
        writes.put(vec![1], vec![2]);
        assert!(matches!(engine.commit(writes.clone()), Err(StorageError::Full)));
        assert_eq!(engine.get(&[1]).expect("readable"), Some(vec![1]));
        engine.set_full(false);
        engine.commit(writes).expect("there is room again");
        assert_eq!(engine.get(&[1]).expect("readable"), Some(vec![2]));
    }
}
