//! Room on the disk: how much is left, and a file that keeps some of it back.
//!
//! A full disk must refuse writes and go on being read. So no commit begins with little room left, and a reserve that is
//! allocated for good is given up when what was already taken in needs the room.

use std::{
    fmt,
    fs::{File, OpenOptions},
    io,
    os::unix::fs::{FileExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use knotwork_replica::StorageError;
use rustix::fs::FallocateFlags;

/// Tells how many bytes are free for this process on the disk that holds a path.
pub type FreeBytes = Arc<dyn Fn(&Path) -> io::Result<u64> + Send + Sync>;

/// What the system says is free.
#[must_use]
pub fn free_bytes() -> FreeBytes {
    Arc::new(|path| {
        let disk = rustix::fs::statvfs(path)?;
        Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
    })
}

/// Watches over the room that is left for one folder.
pub(crate) struct Space {
    folder: PathBuf,
    reserve_bytes: u64,
    floor_bytes: u64,
    free: FreeBytes,
    reserved: AtomicBool,
}

impl Space {
    /// Looks after `folder`: keeps `reserve_bytes` back while there is room for them, and lets nothing be written when
    /// less than `floor_bytes` would be left.
    pub(crate) fn new(folder: &Path, reserve_bytes: u64, floor_bytes: u64, free: FreeBytes) -> Self {
        let space =
            Self { folder: folder.to_owned(), reserve_bytes, floor_bytes, free, reserved: AtomicBool::new(false) };
        let length = std::fs::metadata(space.path()).map_or(0, |file| file.len());
        space.reserved.store(length > 0 && length >= reserve_bytes, Ordering::Relaxed);
        space
    }

    /// The folder that is looked after.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Checks that `bytes` can be written.
    ///
    /// # Errors
    /// [`StorageError::Full`] when too little would be left.
    pub(crate) fn check(&self, bytes: usize) -> Result<(), StorageError> {
        let free = (self.free)(&self.folder)?;
        // What is written is written again when pages are put together.
        let needed = self.floor_bytes.saturating_add((bytes as u64).saturating_mul(WRITTEN_FOR_EACH_BYTE));
        if free < needed {
            return Err(StorageError::Full);
        }
        if !self.reserved.load(Ordering::Relaxed) && free >= needed.saturating_add(self.reserve_bytes) {
            self.reserve();
        }
        Ok(())
    }

    /// Gives the reserve up if there is too little room for opening what is there.
    pub(crate) fn make_room(&self) {
        if (self.free)(&self.folder).is_ok_and(|free| free < self.floor_bytes / 2) {
            self.give_up_reserve();
        }
    }

    /// Allocates room after the end of a file for what committing `bytes` writes there. The file keeps its length.
    ///
    /// # Errors
    /// [`StorageError::Full`] when there is none, even without the reserve.
    pub(crate) fn extend(&self, file: &File, bytes: usize) -> Result<(), StorageError> {
        let needed = (bytes as u64).saturating_mul(WRITTEN_FOR_EACH_BYTE) + SLACK;
        for _ in 0..2 {
            match rustix::fs::fallocate(file, FallocateFlags::KEEP_SIZE, file.metadata()?.len(), needed) {
                Ok(()) | Err(rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::NOSYS) => return Ok(()),
                Err(rustix::io::Errno::NOSPC | rustix::io::Errno::DQUOT) => self.give_up_reserve(),
                Err(error) => return Err(StorageError::Io(error.into())),
            }
        }
        Err(StorageError::Full)
    }

    fn give_up_reserve(&self) {
        if std::fs::remove_file(self.path()).is_ok() {
            self.reserved.store(false, Ordering::Relaxed);
            tracing::warn!("the disk is almost full: the store has given up the room that it kept back");
        }
    }

    fn reserve(&self) {
        if self.reserve_bytes == 0 {
            return;
        }
        let path = self.path();
        let reserved = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .and_then(|file| allocate(&file, self.reserve_bytes));
        match reserved {
            Ok(()) => self.reserved.store(true, Ordering::Relaxed),
            Err(error) => {
                // Without the reserve everything works, only a full disk is harder to come back from.
                tracing::debug!(%error, "the store cannot keep room back");
                let _ = std::fs::remove_file(&path);
            }
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.join(RESERVE_FILE)
    }
}

impl fmt::Debug for Space {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Space").field("folder", &self.folder).field("reserved", &self.reserved).finish()
    }
}

/// Makes a file `bytes` long with all of it allocated, also where the file system cannot do that by itself.
pub(crate) fn allocate(file: &File, bytes: u64) -> io::Result<()> {
    match rustix::fs::fallocate(file, FallocateFlags::empty(), 0, bytes) {
        Ok(()) => Ok(()),
        Err(rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::NOSYS) => {
            let mut end = file.metadata()?.len();
            while end < bytes {
                let count = (bytes - end).min(ZEROS.len() as u64);
                file.write_all_at(&ZEROS[..count as usize], end)?;
                end += count;
            }
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}

/// So many bytes are written, at most, for each byte that is committed.
const WRITTEN_FOR_EACH_BYTE: u64 = 4;

/// What sled needs beside: a few of its segments that are not full.
const SLACK: u64 = 4 << 20;

const ZEROS: &[u8] = &[0; 64 << 10];

/// The file that keeps room back.
pub(crate) const RESERVE_FILE: &str = "reserve";
