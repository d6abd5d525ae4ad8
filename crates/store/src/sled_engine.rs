//! The engine on disk: sled, with what has to be done around it to rely on it.
//!
//! - sled calls what is written with `sync_file_range` durable, which power loss can undo: [`Engine::sync`] syncs the
//!   file itself afterwards.
//! - sled frees memory in small steps, fewer than a large batch leaves to be freed: after each commit it is asked to go
//!   on until it has caught up. Without that, memory grows with what is written.
//! - sled puts pages above an eighth of a megabyte into files of their own and never syncs them. Long values are kept in
//!   pieces, so that no page grows so large.
//! - sled panics on some damage. A panic ends the call with [`StorageError::Damaged`] and nothing else.

use std::{
    any::Any,
    collections::BTreeMap,
    fs::File,
    ops::ControlFlow,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{
        OnceLock, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use knotwork_replica::StorageError;

use crate::{
    data_file::DataFile,
    engine::{Engine, Visit, Writes, after_prefix, invalid},
    folder,
    pieces::{self, Head},
    space::{self, FreeBytes, Space},
};

/// How sled is to be opened.
#[derive(Clone)]
pub struct SledOptions {
    /// Bounds what sled keeps of its pages in memory, by the bytes that they have on disk.
    pub cache_bytes: u64,
    /// Room on the disk that is kept back while there is enough, to be given up when it is needed.
    pub reserve_bytes: u64,
    /// When less than this would be left on the disk, commits are refused.
    pub floor_bytes: u64,
    /// Tells how much is left.
    pub free_bytes: FreeBytes,
}

impl Default for SledOptions {
    fn default() -> Self {
        Self { cache_bytes: 8 << 20, reserve_bytes: 64 << 20, floor_bytes: 32 << 20, free_bytes: space::free_bytes() }
    }
}

/// sled in a folder of its own.
#[derive(Debug)]
pub struct SledEngine {
    folder: PathBuf,
    space: Space,
    /// Taken out only when the engine is dropped.
    db: Option<sled::Db>,
    /// sled's one file of data, with the bytes that sled was given since it was last synced.
    file: DataFile,
    /// Why no more commits are taken, once one has failed half way.
    failed: OnceLock<String>,
    /// Held for writing while a commit is applied, and for reading while a value is put together from its pieces.
    applying: RwLock<()>,
    /// By their first byte: the keys among which a long value may be.
    long: Box<[AtomicBool; 256]>,
}

impl SledEngine {
    /// Opens sled in the folder `sled` of `folder`, or makes it there.
    ///
    /// # Errors
    /// [`StorageError::InUse`] when another process has it open, [`StorageError::Full`] when there is no room to open
    /// it, [`StorageError::Damaged`] when sled cannot make sense of its files.
    pub fn open(folder: &Path, options: &SledOptions) -> Result<Self, StorageError> {
        let space = Space::new(folder, options.reserve_bytes, options.floor_bytes, options.free_bytes.clone());
        space.make_room();
        let folder = folder.join(FOLDER);
        let config = sled::Config::new()
            .path(&folder)
            .cache_capacity(options.cache_bytes)
            .mode(sled::Mode::LowSpace)
            // Nothing is written behind our back: every sync is asked for.
            .flush_every_ms(None);
        let db = open_unlocked(&config).map_err(|error| match error {
            StorageError::Io(error) if is_locked(&error) => StorageError::InUse(folder.display().to_string()),
            StorageError::Io(error) if is_full(&error) => StorageError::Full,
            error => error,
        })?;
        let file = File::options().read(true).write(true).open(folder.join(DATA_FILE))?;
        let engine = Self {
            folder,
            space,
            db: Some(db),
            file: DataFile::new(file),
            failed: OnceLock::new(),
            applying: RwLock::new(()),
            long: Box::new([const { AtomicBool::new(false) }; 256]),
        };
        engine.find_long()?;
        engine.sync_files()?;
        Ok(engine)
    }

    fn db(&self) -> &sled::Db {
        self.db.as_ref().expect("it is taken out only when the engine is dropped")
    }

    /// Learns among which keys there are long values.
    fn find_long(&self) -> Result<(), StorageError> {
        let mut first = 0;
        loop {
            let from = [PIECES, &[first]].concat();
            let Some(entry) = contain(|| self.db().range(from..).next().transpose())? else { return Ok(()) };
            let Some(found) = entry.0.get(1) else { return Ok(()) };
            self.long[usize::from(*found)].store(true, Ordering::Relaxed);
            match found.checked_add(1) {
                Some(next) => first = next,
                None => return Ok(()),
            }
        }
    }

    fn may_be_long(&self, key: &[u8]) -> bool {
        key.first().is_some_and(|first| self.long[usize::from(*first)].load(Ordering::Relaxed))
    }

    fn lookup(&self, key: &[u8]) -> Result<Option<sled::IVec>, StorageError> {
        contain(|| self.db().get(key))
    }

    /// The value whose head was found under `key`. The head may be out of date by now, and is then read again.
    fn whole(&self, key: &[u8], stored: &[u8]) -> Result<Option<Vec<u8>>, StorageError> {
        if let Head::Whole(value) = pieces::head(stored)? {
            return Ok(Some(value.to_vec()));
        }
        let _reading = self.applying.read().unwrap_or_else(PoisonError::into_inner);
        let Some(stored) = self.lookup(&entry_key(key))? else { return Ok(None) };
        match pieces::head(&stored)? {
            Head::Whole(value) => Ok(Some(value.to_vec())),
            Head::Long(length) => {
                let mut value = Vec::with_capacity(length);
                for piece in 0..pieces::count(length) {
                    let stored = self.lookup(&piece_key(key, piece))?;
                    value.extend_from_slice(&stored.ok_or_else(|| pieces::damaged("a piece is missing"))?);
                }
                if value.len() == length { Ok(Some(value)) } else { Err(pieces::damaged("its pieces do not add up")) }
            }
        }
    }

    /// Notes among which keys there will be long values.
    fn mark_long(&self, writes: &Writes) {
        for (key, value) in writes.iter() {
            if let (Some(first), Some(value)) = (key.first(), value)
                && pieces::count_of(value) > 0
            {
                self.long[usize::from(*first)].store(true, Ordering::Relaxed);
            }
        }
    }

    /// Turns writes into sled's: long values cut to pieces, and the pieces of those that they replace taken away.
    fn batch(&self, writes: &Writes) -> Result<sled::Batch, StorageError> {
        let mut added: BTreeMap<&[u8], usize> = BTreeMap::new();
        for (key, value) in writes.iter() {
            let count = value.map_or(0, pieces::count_of);
            if count > 0 {
                let most = added.entry(key).or_default();
                *most = count.max(*most);
            }
        }
        let mut batch = sled::Batch::default();
        for (key, value) in writes.iter() {
            let entry = entry_key(key);
            if self.may_be_long(key) {
                let old = match self.lookup(&entry)? {
                    None => 0,
                    Some(stored) => pieces::head(&stored)?.count(),
                };
                // An earlier write of this batch to the same key may have added more.
                for number in 0..old.max(added.get(key).copied().unwrap_or(0)) {
                    batch.remove(piece_key(key, number));
                }
            }
            let Some(value) = value else {
                batch.remove(entry);
                continue;
            };
            for (number, piece) in pieces::cut(value).enumerate() {
                batch.insert(piece_key(key, number), piece);
            }
            batch.insert(entry, pieces::stored(value));
        }
        Ok(batch)
    }

    /// Writes one value without a batch, which would have readers wait. The head of a long value comes last, so that one
    /// that is cut short by a crash can be written again.
    fn write(&self, key: &[u8], value: Option<&[u8]>) -> Result<(), StorageError> {
        let entry = entry_key(key);
        let db = self.db();
        let _applying;
        if self.may_be_long(key) {
            let old = match self.lookup(&entry)? {
                None => 0,
                Some(stored) => pieces::head(&stored)?.count(),
            };
            let new = value.map_or(0, pieces::count_of);
            if old + new > 0 {
                _applying = self.applying.write().unwrap_or_else(PoisonError::into_inner);
            }
            for number in new..old {
                let piece = piece_key(key, number);
                contain(|| db.remove(&piece))?;
                self.given(1, piece.len())?;
            }
        }
        let Some(value) = value else {
            contain(|| db.remove(&entry))?;
            return self.given(1, entry.len());
        };
        for (number, piece) in pieces::cut(value).enumerate() {
            contain(|| db.insert(piece_key(key, number), piece))?;
            self.given(1, piece.len())?;
        }
        let stored = pieces::stored(value);
        let bytes = entry.len() + stored.len();
        contain(|| db.insert(&entry, stored))?;
        self.given(1, bytes)
    }

    /// What follows so many writes to sled, of so many bytes.
    ///
    /// sled writes over a part of its file some time after it has written the replacement elsewhere. The replacement must
    /// be on the disk by then, or power loss would take both.
    fn given(&self, writes: usize, bytes: usize) -> Result<(), StorageError> {
        self.file.written(bytes);
        if writes > 1 || self.file.unsynced() > UNSYNCED_BYTES_MAX {
            free_memory(writes.max(UNSYNCED_BYTES_MAX / pieces::PIECE_BYTES));
        }
        if self.file.unsynced() > UNSYNCED_BYTES_MAX {
            self.file.sync_data()?;
        }
        Ok(())
    }

    fn check_working(&self) -> Result<(), StorageError> {
        match self.failed.get() {
            None => Ok(()),
            Some(why) => Err(StorageError::Io(std::io::Error::other(format!(
                "an earlier write failed ({why}); start the node again"
            )))),
        }
    }

    fn fail<T>(&self, error: StorageError) -> Result<T, StorageError> {
        let _ = self.failed.set(error.to_string());
        Err(match error {
            // Part of the batch may have been applied: this is not the refusal that the caller may go on after.
            StorageError::Full => StorageError::Io(std::io::ErrorKind::StorageFull.into()),
            error => error,
        })
    }

    /// Syncs what sled leaves unsynced when it is opened: its settings, its file, and their names.
    fn sync_files(&self) -> Result<(), StorageError> {
        File::open(self.folder.join("conf"))?.sync_all()?;
        self.file.file().sync_all()?;
        File::open(&self.folder)?.sync_all()?;
        Ok(())
    }
}

impl Engine for SledEngine {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StorageError> {
        match self.lookup(&entry_key(key))? {
            None => Ok(None),
            Some(stored) => self.whole(key, &stored),
        }
    }

    fn scan(&self, prefix: &[u8], from: &[u8], each: &mut Visit<'_>) -> Result<(), StorageError> {
        let start = entry_key(from.max(prefix));
        let end = after_prefix(&entry_key(prefix)).unwrap_or_else(|| PIECES.to_vec());
        if start >= end {
            return Ok(());
        }
        let mut entries = contain(|| Ok(self.db().range(start..end)))?;
        while let Some((key, stored)) = contain(|| entries.next().transpose())? {
            let key = &key[ENTRIES.len()..];
            let shown = match pieces::head(&stored)? {
                Head::Whole(value) => each(key, value),
                Head::Long(_) => match self.whole(key, &stored)? {
                    Some(value) => each(key, &value),
                    None => ControlFlow::Continue(()),
                },
            };
            if let ControlFlow::Break(()) = shown {
                break;
            }
        }
        Ok(())
    }

    fn last_key(&self, prefix: &[u8]) -> Result<Option<Vec<u8>>, StorageError> {
        let start = entry_key(prefix);
        let end = after_prefix(&start).unwrap_or_else(|| PIECES.to_vec());
        let last = contain(|| self.db().range(start..end).next_back().transpose())?;
        Ok(last.map(|(key, _)| key[ENTRIES.len()..].to_vec()))
    }

    fn commit(&self, writes: Writes) -> Result<(), StorageError> {
        writes.check()?;
        self.check_working()?;
        self.mark_long(&writes);
        let batch = self.batch(&writes)?;
        {
            let _applying = self.applying.write().unwrap_or_else(PoisonError::into_inner);
            if let Err(error) = contain(|| self.db().apply_batch(batch)) {
                return self.fail(error);
            }
        }
        self.given(writes.len(), writes.bytes()).or_else(|error| self.fail(error))
    }

    fn prepare(&self, bytes: usize) -> Result<(), StorageError> {
        self.space.extend(self.file.file(), bytes)
    }

    fn absorb(&self, writes: Writes) -> Result<(), StorageError> {
        writes.check()?;
        self.check_working()?;
        self.mark_long(&writes);
        for (key, value) in writes.iter() {
            if let Err(error) = self.write(key, value) {
                return self.fail(error);
            }
        }
        free_memory(writes.len());
        Ok(())
    }

    fn sync(&self) -> Result<(), StorageError> {
        self.check_working()?;
        let synced = contain(|| self.db().flush()).and_then(|_| self.file.sync_data().map_err(StorageError::from));
        synced.or_else(|error| self.fail(error))
    }

    fn size_on_disk(&self) -> u64 {
        let files = std::fs::read_dir(&self.folder).into_iter().flatten().flatten();
        files.filter_map(|file| file.metadata().ok()).map(|file| file.len()).sum()
    }

    fn check_room(&self, bytes: usize) -> Result<(), StorageError> {
        self.space.check(bytes)
    }

    fn distrust(&self) {
        folder::distrust(self.space.folder());
    }
}

impl Drop for SledEngine {
    fn drop(&mut self) {
        // sled flushes when it is dropped, and panics when that fails.
        let db = self.db.take();
        let _ = catch_unwind(AssertUnwindSafe(|| drop(db)));
        free_memory(0);
    }
}

/// Opens sled, and waits a little where it is locked: threads of its own hold the lock for a moment longer than the
/// engine before.
fn open_unlocked(config: &sled::Config) -> Result<sled::Db, StorageError> {
    for _ in 0..LOCKED_TRIES {
        match contain(|| config.open()) {
            Err(StorageError::Io(error)) if is_locked(&error) => std::thread::sleep(LOCKED_WAIT),
            result => return result,
        }
    }
    contain(|| config.open())
}

/// Runs a call to sled so that neither its errors nor its panics get out as they are.
fn contain<T>(call: impl FnOnce() -> sled::Result<T>) -> Result<T, StorageError> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(result) => result.map_err(translate),
        Err(panic) => Err(StorageError::Damaged(format!("sled stopped: {}", message(panic.as_ref())))),
    }
}

fn translate(error: sled::Error) -> StorageError {
    match error {
        sled::Error::Io(error) => StorageError::Io(error),
        sled::Error::Unsupported(why) => invalid(why),
        sled::Error::Corruption { at, .. } => StorageError::Damaged(match at {
            Some(at) => format!("what sled reads at {at} is not what it wrote"),
            None => "sled's files do not fit together".into(),
        }),
        error @ (sled::Error::CollectionNotFound(_) | sled::Error::ReportableBug(_)) => {
            StorageError::Damaged(error.to_string())
        }
    }
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without saying why")
}

fn is_locked(error: &std::io::Error) -> bool {
    error.to_string().contains("could not acquire lock")
}

fn is_full(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded)
}

/// Lets sled free what the last commit replaced. Each step frees up to eight bags of 64 objects, and a write leaves two
/// or three of them; two steps more bring the epoch forward.
fn free_memory(writes: usize) {
    for _ in 0..writes / 64 + 2 {
        sled::pin().flush();
    }
}

fn entry_key(key: &[u8]) -> Vec<u8> {
    [ENTRIES, key].concat()
}

fn piece_key(key: &[u8], number: usize) -> Vec<u8> {
    [PIECES, key, &(number as u32).to_be_bytes()].concat()
}

/// sled's keys: the caller's entries under a zero, the pieces of long values under a one.
const ENTRIES: &[u8] = &[0];
const PIECES: &[u8] = &[1];

/// sled's folder.
pub(crate) const FOLDER: &str = "sled";

/// sled's file of data in its folder.
pub(crate) const DATA_FILE: &str = "db";

/// So often, and so long each time, sled's lock is waited for: two seconds in all.
const LOCKED_TRIES: u32 = 400;
const LOCKED_WAIT: Duration = Duration::from_millis(5);

/// After so many bytes of commits sled's file is synced, even if nobody asks: sled writes two to four times as much, and
/// fills about one of its segments of 512 KiB, and it is three segments at least until it writes over one.
const UNSYNCED_BYTES_MAX: usize = 128 << 10;

#[cfg(test)]
mod tests;
