//! A file of data that counts what power loss could still take from it.

use std::{
    fs::File,
    io,
    os::unix::fs::FileExt as _,
    sync::atomic::{AtomicU64, AtomicUsize, Ordering},
};

/// A file, and how much was written to it since it was last synced.
#[derive(Debug)]
pub(crate) struct DataFile {
    file: File,
    unsynced: AtomicUsize,
    syncs: AtomicU64,
}

impl DataFile {
    /// A file of which everything is on the disk.
    pub(crate) fn new(file: File) -> Self {
        Self { file, unsynced: AtomicUsize::new(0), syncs: AtomicU64::new(0) }
    }

    /// The file itself; what is written to it directly is not counted.
    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    /// Writes bytes at a place.
    ///
    /// # Errors
    /// When the disk does not take them.
    pub(crate) fn write_all_at(&self, bytes: &[u8], place: u64) -> io::Result<()> {
        self.written(bytes.len());
        self.file.write_all_at(bytes, place)
    }

    /// Notes that somebody else has written so many bytes.
    pub(crate) fn written(&self, bytes: usize) {
        self.unsynced.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Bytes written since the last sync.
    pub(crate) fn unsynced(&self) -> usize {
        self.unsynced.load(Ordering::Relaxed)
    }

    /// Makes everything that was written outlast power loss.
    ///
    /// # Errors
    /// When the disk does not take it; then nothing written since the last time may be relied on.
    pub(crate) fn sync_data(&self) -> io::Result<()> {
        self.file.sync_data()?;
        self.unsynced.store(0, Ordering::Relaxed);
        self.syncs.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// How often it was synced.
    #[cfg(test)]
    pub(crate) fn syncs(&self) -> u64 {
        self.syncs.load(Ordering::Relaxed)
    }
}
