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
    journal::{Entry, FILES, Journal, OWNER_BYTES, PAYLOAD_BYTES_MAX, payload_bytes},
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
    sizes: Sizes,
}

/// How much goes where.
#[derive(Debug, Clone, Copy)]
struct Sizes {
    /// Bytes of a journal file.
    file: u64,
    /// Bytes of the longest record's payload.
    payload: usize,
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
        Self::open_with(engine, folder, owner, SIZES)
    }

    fn open_with(
        engine: E,
        folder: &Path,
        owner: [u8; OWNER_BYTES],
        sizes: Sizes,
    ) -> Result<(Self, Replay), StorageError> {
        let position = position_of(&engine, folder, owner)?;
        let (journal, entries) = Journal::open(folder, position.owner, sizes.file)?;
        let (overlay, position, replay) = replay(position, entries);
        let (sinking, thread) = Sinking::start(engine)?;
        if !overlay.is_empty() {
            // Both files may have some of it, and one of them is to be written over.
            *sinking.overlay_mut() = overlay;
            sinking.sink(position);
        }
        let writer = Mutex::new(Journalling { journal, position, records: Vec::new(), to_clear: replay.gap });
        let (failed, folder) = (OnceLock::new(), folder.to_owned());
        Ok((Self { sinking, thread: Some(thread), writer, failed, folder, sizes }, replay))
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
        if payload_bytes(&writes) > self.sizes.payload {
            // It could not be read back.
            return Err(invalid(format!("a commit of {} bytes is above the limit", payload_bytes(&writes))));
        }
        self.check_working()?;
        self.check_room(writes.bytes())?;
        let mut writer = self.writer();
        if writer.records.len() as u64 > self.sizes.file {
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

const SIZES: Sizes = Sizes { file: FILE_BYTES, payload: PAYLOAD_BYTES_MAX };

/// A scan takes so many keys from the layers at once.
const SAID_AT_ONCE: usize = 512;

#[cfg(test)]
mod tests;
