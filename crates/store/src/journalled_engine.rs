//! An engine whose commits outlast power loss by a journal of their own, and not by its files.
//!
//! A sync writes the commits since the last one to the [journal](crate::journal): one write to a file that does not grow,
//! and one sync of its data. The engine below is synced when a journal file is full. After a crash it may have lost what
//! it took in since; the journal brings that back.
//!
//! With each commit the engine below is given the commit's number, under the empty key, so that it is known which of the
//! journal's commits it has.

use std::{
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
};

use knotwork_replica::StorageError;

use crate::{
    engine::{Engine, Visit, Writes, invalid},
    journal::{Entry, FILES, Journal, OWNER_BYTES},
};

/// An engine with a journal before it.
#[derive(Debug)]
pub struct JournalledEngine<E> {
    engine: E,
    writer: Mutex<Journalling>,
    failed: OnceLock<String>,
    folder: PathBuf,
}

/// What opening found in the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Replay {
    /// Commits that the engine had lost, and has again.
    pub replayed: u64,
    /// Whether commits are missing that lie between what the engine has and what the journal has: both were damaged, or
    /// one of them was put back from a copy.
    pub gap: bool,
}

impl<E: Engine> JournalledEngine<E> {
    /// Puts a journal in `folder` before `engine`, and brings the engine forward to what the journal has. A new journal
    /// gets the `owner`, by which its commits are told from those of other engines; it should be random.
    ///
    /// # Errors
    /// When the journal cannot be made or read, or as the engine's.
    pub fn open(engine: E, folder: &Path, owner: [u8; OWNER_BYTES]) -> Result<(Self, Replay), StorageError> {
        Self::open_with(engine, folder, owner, FILE_BYTES)
    }

    pub(crate) fn open_with(
        engine: E,
        folder: &Path,
        owner: [u8; OWNER_BYTES],
        file_bytes: u64,
    ) -> Result<(Self, Replay), StorageError> {
        let position = match engine.get(POSITION)? {
            Some(bytes) => Position::read(&bytes)?,
            None if Journal::is_used(folder, file_bytes)? => {
                return Err(StorageError::Damaged("there is a journal, and nothing that it belongs to".into()));
            }
            None => {
                // Before anything is in the journal it must be known whose it is.
                let position = Position { owner, number: 0 };
                let mut writes = Writes::default();
                writes.put(POSITION.to_vec(), position.value());
                engine.commit(writes)?;
                engine.sync()?;
                position
            }
        };
        let (journal, entries) = Journal::open(folder, position.owner, file_bytes)?;
        let (position, replay) = replay(&engine, position, entries)?;
        let journalling = Journalling { journal, position, records: Vec::new(), complete: true, to_clear: replay.gap };
        let writer = Mutex::new(journalling);
        Ok((Self { engine, writer, failed: OnceLock::new(), folder: folder.to_owned() }, replay))
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

    /// Syncs the engine, after which nothing in the journal is needed any more.
    fn turn(&self, writer: &mut Journalling) -> Result<(), StorageError> {
        self.engine.sync()?;
        writer.journal.turn();
        // The engine has these now. They are written all the same, so that the journal goes back some way without a
        // gap, should the engine's file be damaged.
        if writer.complete && writer.journal.has_room(writer.records.len()) {
            writer.journal.append(&writer.records)?;
        }
        Ok(())
    }
}

impl<E: Engine> Engine for JournalledEngine<E> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StorageError> {
        if key == POSITION { Ok(None) } else { self.engine.get(key) }
    }

    fn scan(&self, prefix: &[u8], from: &[u8], each: &mut Visit<'_>) -> Result<(), StorageError> {
        self.engine.scan(prefix, from, &mut |key, value| {
            if key == POSITION { ControlFlow::Continue(()) } else { each(key, value) }
        })
    }

    fn last_key(&self, prefix: &[u8]) -> Result<Option<Vec<u8>>, StorageError> {
        Ok(self.engine.last_key(prefix)?.filter(|key| key != POSITION))
    }

    fn commit(&self, mut writes: Writes) -> Result<(), StorageError> {
        writes.check()?;
        if writes.iter().any(|(key, _)| key == POSITION) {
            return Err(invalid("the empty key is the journal's".into()));
        }
        self.check_working()?;
        let mut writer = self.writer();
        if writer.to_clear {
            // What is left there must never be taken for what comes next.
            writer.journal.clear()?;
            writer.to_clear = false;
        }
        let position = Position { number: writer.position.number + 1, ..writer.position };
        let Journalling { journal, records, complete, .. } = &mut *writer;
        let before = records.len();
        if *complete {
            journal.record(position.number, &writes, records);
            if records.len() > PENDING_BYTES_MAX {
                // More than a journal file should take: the next sync is the engine's.
                *complete = false;
                *records = Vec::new();
            }
        }
        writes.put(POSITION.to_vec(), position.value());
        if let Err(error) = self.engine.commit(writes) {
            records.truncate(before);
            return Err(error);
        }
        writer.position = position;
        Ok(())
    }

    fn sync(&self) -> Result<(), StorageError> {
        self.check_working()?;
        let mut writer = self.writer();
        let Journalling { journal, records, complete, .. } = &mut *writer;
        let synced = if *complete && records.is_empty() {
            Ok(())
        } else if *complete && journal.has_room(records.len()) {
            journal.append(records).map_err(StorageError::from)
        } else {
            self.turn(&mut writer)
        };
        if let Err(error) = synced {
            let _ = self.failed.set(error.to_string());
            return Err(error);
        }
        writer.records.clear();
        writer.complete = true;
        Ok(())
    }

    fn size_on_disk(&self) -> u64 {
        let files = FILES.iter().filter_map(|name| std::fs::metadata(self.folder.join(name)).ok());
        self.engine.size_on_disk() + files.map(|file| file.len()).sum::<u64>()
    }

    fn distrust(&self) {
        self.engine.distrust();
    }
}

#[derive(Debug)]
struct Journalling {
    journal: Journal,
    /// The last commit.
    position: Position,
    /// The records of the commits since the last sync.
    records: Vec<u8>,
    /// Whether `records` has all of them.
    complete: bool,
    /// Whether the journal has commits that are not to be kept.
    to_clear: bool,
}

/// What stands under the empty key: whose journal it is (16) and the number of the last commit (8).
#[derive(Debug, Clone, Copy)]
struct Position {
    owner: [u8; OWNER_BYTES],
    number: u64,
}

impl Position {
    fn value(self) -> Vec<u8> {
        [&self.owner[..], &self.number.to_be_bytes()].concat()
    }

    fn read(value: &[u8]) -> Result<Self, StorageError> {
        let parse = || {
            let (owner, number) = value.split_first_chunk()?;
            Some(Self { owner: *owner, number: u64::from_be_bytes(number.try_into().ok()?) })
        };
        parse().ok_or_else(|| StorageError::Damaged("the position in the journal is not one".into()))
    }
}

/// Gives the engine those of the journal's commits that it has not, as far as they follow without a gap.
fn replay<E: Engine>(
    engine: &E,
    mut position: Position,
    entries: Vec<Entry>,
) -> Result<(Position, Replay), StorageError> {
    let mut replay = Replay::default();
    for Entry { number, mut writes } in entries {
        if number <= position.number {
            continue;
        }
        if number != position.number + 1 {
            replay.gap = true;
            break;
        }
        position.number = number;
        writes.put(POSITION.to_vec(), position.value());
        engine.commit(writes)?;
        replay.replayed += 1;
    }
    if replay.replayed > 0 {
        engine.sync()?;
    }
    Ok((position, replay))
}

/// Where the engine keeps how far it is.
const POSITION: &[u8] = b"";

/// The size of a journal file: some 5,000 changes with what is derived from them.
pub(crate) const FILE_BYTES: u64 = 4 << 20;

/// So many bytes of records may wait for a sync before the engine has to be synced instead.
const PENDING_BYTES_MAX: usize = 2 << 20;

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
        reopening(make, |engine| open(&engine.engine, &engine.folder).0);
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
            let unsynced = disk.unsynced() as u64 + 1;
            disk = disk.crash(((random >> 33) % unsynced) as usize);
            let (engine, replay) = open(&disk, folder.path());
            assert!(!replay.gap);
            replayed += replay.replayed;
            let after = count(&engine);
            assert!((synced..=committed).contains(&after), "{after} of {committed}, and {synced} were synced");
            committed = after;
        }
        assert!(replayed > 100, "the journal was needed: {replayed}");
    }

    #[test]
    fn more_than_a_file_takes_is_synced_below() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let disk = MemoryEngine::new();
        let (engine, _) = open(&disk, folder.path());
        for number in 1..=100 {
            commit(&engine, number);
        }
        engine.sync().expect("there is room");
        assert_eq!(disk.unsynced(), 0);
        commit(&engine, 101);
        engine.sync().expect("there is room");
        assert_eq!(count(&open(&disk.crash(0), folder.path()).0), 101);
    }

    #[test]
    fn commits_that_are_missing_in_between_are_told() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let disk = MemoryEngine::new();
        for number in 1..=3 {
            commit(&open(&disk, folder.path()).0, number);
        }
        let old = disk.crash(usize::MAX);
        // What the old copy has is followed by more than the journal holds.
        let newer = MemoryEngine::new();
        old.scan(b"", b"", &mut |key, value| {
            let mut writes = Writes::default();
            writes.put(key.to_vec(), value.to_vec());
            newer.commit(writes).expect("there is room");
            ControlFlow::Continue(())
        })
        .expect("readable");
        let (engine, _) = open(&newer, folder.path());
        for number in 4..=200 {
            commit(&engine, number);
            engine.sync().expect("there is room");
        }
        let (engine, replay) = open(&old, folder.path());
        assert!(replay.gap);
        assert_eq!(count(&engine), 3);
        // What the journal had is gone for good: it must not be taken for what comes next.
        commit(&engine, 4);
        engine.sync().expect("there is room");
        let (engine, replay) = open(&old, folder.path());
        assert_eq!((count(&engine), replay.gap), (4, false));
    }
}
