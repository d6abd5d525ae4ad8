//! An engine whose commits outlast power loss by a journal, and reach the engine's own files later, in bulk.
//!
//! A commit goes into memory, a sync into the [journal](crate::journal): one write to a file that does not grow, and one
//! sync of its data. When a journal file is full, the commits in it are given to the engine below by a thread of its
//! own, in the order of their keys and synced at the end, while the other file takes in what comes. So a commit never
//! waits for the engine's pages, a key that is written often reaches them once, and what the engine calls durable need
//! not be trusted: until it has synced, everything is in the journal.
//!
//! With what it is given the engine gets the number of the last commit, under the empty key. That is how opening knows
//! which of the journal's commits it has; the others are taken into memory again.

use std::{
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    thread::JoinHandle,
};

use knotwork_replica::StorageError;

use crate::{
    engine::{Engine, Visit, Writes, invalid},
    journal::{Entry, FILES, Journal, OWNER_BYTES},
    overlay::{Overlay, Said},
    sinking::{POSITION, Position, Sinking},
};

/// An engine with a journal before it.
#[derive(Debug)]
pub struct JournalledEngine<E: Engine> {
    sinking: Arc<Sinking<E>>,
    thread: Option<JoinHandle<()>>,
    writer: Mutex<Journalling>,
    failed: OnceLock<String>,
    folder: PathBuf,
    file_bytes: u64,
}

/// What opening found in the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Replay {
    /// Commits that the engine had not, and that are there by the journal.
    pub replayed: u64,
    /// Whether commits are missing that lie between what the engine has and what the journal has: both were damaged, or
    /// one of them was put back from a copy.
    pub gap: bool,
}

impl<E: Engine> JournalledEngine<E> {
    /// Puts a journal in `folder` before `engine`, and takes in what the journal has and the engine has not. A new
    /// journal gets the `owner`, by which its commits are told from those of other engines; it should be random.
    ///
    /// # Errors
    /// [`StorageError::Damaged`] when there is a journal that does not belong to the engine. Otherwise when the journal
    /// cannot be made or read, or as the engine's.
    pub fn open(engine: E, folder: &Path, owner: [u8; OWNER_BYTES]) -> Result<(Self, Replay), StorageError> {
        Self::open_with(engine, folder, owner, FILE_BYTES)
    }

    fn open_with(
        engine: E,
        folder: &Path,
        owner: [u8; OWNER_BYTES],
        file_bytes: u64,
    ) -> Result<(Self, Replay), StorageError> {
        let position = position_of(&engine, folder, owner)?;
        let (journal, entries) = Journal::open(folder, position.owner, file_bytes)?;
        let (overlay, position, replay) = replay(position, entries);
        let (sinking, thread) = Sinking::start(engine)?;
        if !overlay.is_empty() {
            // Both files may have some of it, and one of them is to be written over.
            *sinking.overlay_mut() = overlay;
            sinking.sink(position);
        }
        let writer = Mutex::new(Journalling { journal, position, records: Vec::new(), to_clear: replay.gap });
        let (failed, folder) = (OnceLock::new(), folder.to_owned());
        Ok((Self { sinking, thread: Some(thread), writer, failed, folder, file_bytes }, replay))
    }

    fn engine(&self) -> &E {
        self.sinking.engine()
    }

    fn writer(&self) -> MutexGuard<'_, Journalling> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn check_working(&self) -> Result<(), StorageError> {
        match self.failed.get() {
            None => Ok(()),
            Some(why) => Err(StorageError::Io(std::io::Error::other(format!(
                "an earlier write failed ({why}); start the node again"
            )))),
        }
    }

    /// Puts what was committed since the last time into the journal.
    fn put(&self, writer: &mut Journalling) -> Result<(), StorageError> {
        self.put_records(writer).inspect_err(|error| {
            // What waits for room goes on when there is some.
            if !matches!(error, StorageError::Full) {
                let _ = self.failed.set(error.to_string());
            }
        })
    }

    fn put_records(&self, writer: &mut Journalling) -> Result<(), StorageError> {
        if writer.records.is_empty() {
            return Ok(());
        }
        let turn = !writer.journal.has_room(writer.records.len());
        if turn {
            // The engine must have all that is in the other file.
            self.sinking.wait()?;
            writer.journal.turn()?;
        }
        writer.journal.append(&writer.records)?;
        writer.records.clear();
        if turn {
            self.sinking.sink(writer.position);
        }
        Ok(())
    }

    /// Gives the engine everything, so that the next opening finds nothing in the journal that it needs.
    fn settle(&self) -> Result<(), StorageError> {
        let mut writer = self.writer();
        self.put(&mut writer)?;
        self.sinking.wait()?;
        if !self.sinking.overlay().is_empty() {
            self.sinking.sink(writer.position);
            self.sinking.wait()?;
        }
        Ok(())
    }
}

impl<E: Engine> Engine for JournalledEngine<E> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StorageError> {
        if key == POSITION {
            return Ok(None);
        }
        let said = self.sinking.overlay().get(key);
        said.map_or_else(|| self.engine().get(key), Ok)
    }

    fn scan(&self, prefix: &[u8], from: &[u8], each: &mut Visit<'_>) -> Result<(), StorageError> {
        let mut from = from.max(prefix).to_vec();
        loop {
            // The layers first: what leaves them meanwhile is found in the engine.
            let said = self.sinking.overlay().entries(prefix, &from, SAID_AT_ONCE);
            let last = if said.len() < SAID_AT_ONCE { None } else { said.last().map(|(key, _)| key.clone()) };
            if let ControlFlow::Break(()) = self.scan_under(prefix, &from, said, last.as_deref(), each)? {
                return Ok(());
            }
            let Some(last) = last else { return Ok(()) };
            from = [&last[..], &[0]].concat();
        }
    }

    fn last_key(&self, prefix: &[u8]) -> Result<Option<Vec<u8>>, StorageError> {
        let said = self.sinking.overlay().entries(prefix, prefix, usize::MAX);
        if said.iter().any(|(_, value)| value.is_none()) {
            // What the engine has last may have been taken away.
            let mut last = None;
            self.scan(prefix, prefix, &mut |key, _| {
                last = Some(key.to_vec());
                ControlFlow::Continue(())
            })?;
            return Ok(last);
        }
        let below = self.engine().last_key(prefix)?.filter(|key| key != POSITION);
        Ok(said.into_iter().next_back().map(|(key, _)| key).max(below))
    }

    fn commit(&self, writes: Writes) -> Result<(), StorageError> {
        writes.check()?;
        if writes.iter().any(|(key, _)| key == POSITION) {
            return Err(invalid("the empty key is the journal's".into()));
        }
        self.check_working()?;
        self.check_room(writes.bytes())?;
        let mut writer = self.writer();
        if writer.records.len() as u64 > self.file_bytes {
            // A caller that never syncs must not fill memory.
            self.put(&mut writer)?;
        }
        if writer.to_clear {
            // What is left there must never be taken for what comes next.
            self.sinking.wait()?;
            writer.journal.clear()?;
            writer.to_clear = false;
        }
        writer.position.number += 1;
        let Journalling { journal, position, records, .. } = &mut *writer;
        journal.record(position.number, &writes, records);
        self.sinking.overlay_mut().apply(writes);
        Ok(())
    }

    fn sync(&self) -> Result<(), StorageError> {
        self.check_working()?;
        self.put(&mut self.writer())
    }

    fn size_on_disk(&self) -> u64 {
        let files = FILES.iter().filter_map(|name| std::fs::metadata(self.folder.join(name)).ok());
        self.engine().size_on_disk() + files.map(|file| file.len()).sum::<u64>()
    }

    fn check_room(&self, bytes: usize) -> Result<(), StorageError> {
        self.engine().check_room(bytes)
    }

    fn distrust(&self) {
        self.engine().distrust();
    }
}

impl<E: Engine> JournalledEngine<E> {
    /// Scans the engine from `from` up to `last`, if there is one, with what the layers say of the keys between.
    fn scan_under(
        &self,
        prefix: &[u8],
        from: &[u8],
        said: Vec<Said>,
        last: Option<&[u8]>,
        each: &mut Visit<'_>,
    ) -> Result<ControlFlow<()>, StorageError> {
        let mut said = said.into_iter().peekable();
        let mut stopped = ControlFlow::Continue(());
        self.engine().scan(prefix, from, &mut |key, value| {
            if key == POSITION {
                return ControlFlow::Continue(());
            }
            if last.is_some_and(|last| key > last) {
                return ControlFlow::Break(());
            }
            let mut hidden = false;
            while let Some((above, new)) = said.next_if(|(above, _)| above.as_slice() <= key) {
                hidden = above == key;
                stopped = show(&above, new.as_deref(), each);
                stopped?;
            }
            if !hidden {
                stopped = each(key, value);
            }
            stopped
        })?;
        for (above, new) in said {
            if stopped.is_break() {
                break;
            }
            stopped = show(&above, new.as_deref(), each);
        }
        Ok(stopped)
    }
}

impl<E: Engine> Drop for JournalledEngine<E> {
    fn drop(&mut self) {
        if self.failed.get().is_none()
            && let Err(error) = self.settle()
        {
            tracing::warn!(%error, "the store was not closed properly; what it acknowledged is in its journal");
        }
        self.sinking.close();
        if let Some(thread) = self.thread.take() {
            // It contains its own panics.
            let _ = thread.join();
        }
    }
}

fn show(key: &[u8], value: Option<&[u8]>, each: &mut Visit<'_>) -> ControlFlow<()> {
    value.map_or(ControlFlow::Continue(()), |value| each(key, value))
}

#[derive(Debug)]
struct Journalling {
    journal: Journal,
    /// The last commit.
    position: Position,
    /// The records of the commits since the last sync.
    records: Vec<u8>,
    /// Whether the journal has commits that are not to be kept.
    to_clear: bool,
}

/// How far an engine is. An empty one is made to know its journal before anything is in that.
fn position_of<E: Engine>(engine: &E, folder: &Path, owner: [u8; OWNER_BYTES]) -> Result<Position, StorageError> {
    if let Some(bytes) = engine.get(POSITION)? {
        return Position::read(&bytes);
    }
    if Journal::is_used(folder)? {
        return Err(StorageError::Damaged("there is a journal, and nothing that it belongs to".into()));
    }
    let position = Position { owner, number: 0 };
    let mut writes = Writes::default();
    writes.put(POSITION.to_vec(), position.value());
    engine.commit(writes)?;
    engine.sync()?;
    Ok(position)
}

/// Takes in those of the journal's commits that the engine has not, as far as they follow without a gap.
fn replay(mut position: Position, entries: Vec<Entry>) -> (Overlay, Position, Replay) {
    let mut overlay = Overlay::default();
    let mut replay = Replay::default();
    for Entry { number, writes } in entries {
        if number <= position.number {
            continue;
        }
        if number != position.number + 1 {
            replay.gap = true;
            break;
        }
        position.number = number;
        replay.replayed += 1;
        overlay.apply(writes);
    }
    (overlay, position, replay)
}

/// The size of a journal file: some 2,500 changes with what is derived from them. As much is in memory, or twice that
/// while it is given to the engine.
const FILE_BYTES: u64 = 2 << 20;

/// A scan takes so many keys from the layers at once.
const SAID_AT_ONCE: usize = 512;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        conformance::{conformance, reopening},
        memory_engine::MemoryEngine,
    };

    fn open(disk: &MemoryEngine, folder: &Path) -> (JournalledEngine<MemoryEngine>, Replay) {
        JournalledEngine::open_with(disk.clone(), folder, [7; 16], 4096).expect("it opens")
    }

    fn commit(engine: &JournalledEngine<MemoryEngine>, number: u64) {
        let mut writes = Writes::default();
        writes.put(number.to_be_bytes().to_vec(), vec![1; 100]);
        engine.commit(writes).expect("there is room");
    }

    /// The keys that are there, which must be the first ones.
    fn count(engine: &JournalledEngine<MemoryEngine>) -> u64 {
        let mut count = 0;
        engine
            .scan(b"", b"", &mut |key, _| {
                count += 1;
                assert_eq!(key, u64::to_be_bytes(count), "what is there is a run from the first commit on");
                ControlFlow::Continue(())
            })
            .expect("readable");
        count
    }

    #[test]
    fn it_conforms() {
        let folders = std::cell::RefCell::new(Vec::new());
        let make = || {
            let folder = tempfile::tempdir().expect("a folder can be made");
            let (engine, _) = open(&MemoryEngine::new(), folder.path());
            folders.borrow_mut().push(folder);
            engine
        };
        conformance(make);
        reopening(make, |engine| {
            let (disk, folder) = (engine.engine().clone(), engine.folder.clone());
            drop(engine);
            open(&disk, &folder).0
        });
    }

    /// Stops without giving the engine or the journal anything more.
    fn kill(engine: JournalledEngine<MemoryEngine>) {
        let _ = engine.failed.set("killed".into());
    }

    #[test]
    fn what_was_synced_outlasts_a_crash_and_what_was_not_is_a_run_of_it() {
        // Commits of 140 bytes in files of 4096: the files are turned many times over.
        let folder = tempfile::tempdir().expect("a folder can be made");
        let mut disk = MemoryEngine::new();
        let (mut committed, mut random) = (0, 0x5eed_u64);
        let mut replayed = 0;
        for _ in 0..200 {
            let (engine, _) = open(&disk, folder.path());
            let mut synced = count(&engine);
            for _ in 0..1 + random % 60 {
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                committed += 1;
                commit(&engine, committed);
                if (random >> 33) % 3 == 0 {
                    engine.sync().expect("there is room");
                    synced = committed;
                }
            }
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            // The thread may be in the middle of giving the engine a layer.
            let unsynced = disk.unsynced() as u64 + 1;
            disk = disk.crash(((random >> 33) % unsynced) as usize);
            kill(engine);
            let (engine, replay) = open(&disk, folder.path());
            assert!(!replay.gap);
            replayed += replay.replayed;
            let after = count(&engine);
            assert!((synced..=committed).contains(&after), "{after} of {committed}, and {synced} were synced");
            committed = after;
            if random.is_multiple_of(2) {
                kill(engine);
            }
        }
        assert!(replayed > 100, "the journal was needed: {replayed}");
    }

    #[test]
    fn what_is_not_synced_does_not_fill_memory() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let disk = MemoryEngine::new();
        let (engine, _) = open(&disk, folder.path());
        for number in 1..=1000 {
            commit(&engine, number);
            assert!(engine.writer().records.len() <= 4096 + 200);
        }
        let disk = disk.crash(0);
        kill(engine);
        assert!(count(&open(&disk, folder.path()).0) > 900);
    }

    #[test]
    fn a_commit_larger_than_a_file_is_put_there_all_the_same() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let mut disk = MemoryEngine::new();
        for round in 0..5_u8 {
            let (engine, _) = open(&disk, folder.path());
            let mut writes = Writes::default();
            writes.put(vec![round], vec![round; 100_000]);
            engine.commit(writes).expect("there is room");
            engine.sync().expect("there is room");
            disk = disk.crash(0);
            kill(engine);
        }
        let (engine, _) = open(&disk, folder.path());
        for round in 0..5_u8 {
            assert_eq!(engine.get(&[round]).expect("readable"), Some(vec![round; 100_000]));
        }
    }

    #[test]
    fn a_clean_end_leaves_nothing_to_replay() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let disk = MemoryEngine::new();
        for round in 0..5 {
            let (engine, replay) = open(&disk, folder.path());
            assert_eq!(replay, Replay::default());
            for number in round * 40..round * 40 + 40 {
                commit(&engine, number + 1);
            }
        }
        assert_eq!(disk.unsynced(), 0);
        assert_eq!(count(&open(&disk, folder.path()).0), 200);
    }

    #[test]
    fn an_engine_that_fails_stops_commits_and_loses_nothing() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let disk = MemoryEngine::new();
        let (engine, _) = open(&disk, folder.path());
        commit(&engine, 1);
        engine.sync().expect("there is room");
        // From now on the engine below refuses; the journal does not need it until a file is full.
        let left = disk.crash(usize::MAX);
        let mut synced = 1;
        let stopped = (2..1000).any(|number| {
            let mut writes = Writes::default();
            writes.put(u64::to_be_bytes(number).to_vec(), vec![1; 100]);
            let done = engine.commit(writes).and_then(|()| engine.sync());
            synced = if done.is_ok() { number } else { synced };
            done.is_err()
        });
        assert!(stopped && synced > 20, "{synced} were taken");
        drop(engine);
        assert_eq!(count(&open(&left, folder.path()).0), synced);
    }

    #[test]
    fn what_waits_for_room_goes_on_when_there_is_some() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let disk = MemoryEngine::new();
        let (engine, _) = open(&disk, folder.path());
        disk.set_full(true);
        let mut committed = 0;
        let refused = loop {
            commit(&engine, committed + 1);
            committed += 1;
            if let Err(error) = engine.sync() {
                break error;
            }
        };
        assert!(matches!(refused, StorageError::Full), "{refused}");
        assert!(matches!(engine.sync(), Err(StorageError::Full)), "it is still full");
        assert_eq!(count(&engine), committed, "reading goes on");
        disk.set_full(false);
        engine.sync().expect("there is room again");
        commit(&engine, committed + 1);
        engine.sync().expect("there is room");
        kill(engine);
        assert_eq!(count(&open(&disk.crash(0), folder.path()).0), committed + 1);
    }

    #[test]
    fn commits_that_are_missing_in_between_are_told() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let disk = MemoryEngine::new();
        let (engine, _) = open(&disk, folder.path());
        (1..=3).for_each(|number| commit(&engine, number));
        drop(engine);
        let old = MemoryEngine::new();
        disk.scan(b"", b"", &mut |key, value| {
            let mut writes = Writes::default();
            writes.put(key.to_vec(), value.to_vec());
            old.commit(writes).expect("there is room");
            ControlFlow::Continue(())
        })
        .expect("readable");
        // What the old copy has is followed by more than the journal holds.
        let (engine, _) = open(&disk, folder.path());
        (4..=200).for_each(|number| commit(&engine, number));
        drop(engine);
        let (engine, replay) = open(&old, folder.path());
        assert!(replay.gap);
        assert_eq!(count(&engine), 3);
        // What the journal had is gone for good: it must not be taken for what comes next.
        commit(&engine, 4);
        engine.sync().expect("there is room");
        kill(engine);
        let (engine, replay) = open(&old, folder.path());
        assert_eq!((count(&engine), replay), (4, Replay { replayed: 1, gap: false }));
    }
}
