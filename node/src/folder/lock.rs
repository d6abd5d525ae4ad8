//! One process at a time: a lock on a file in the data folder, which the system lifts when the process ends, however it
//! ends.

use std::{
    fs::{File, OpenOptions, TryLockError},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use crate::failure::Failure;

/// Held while a process uses a data folder.
#[derive(Debug)]
pub(crate) struct FolderLock {
    _file: File,
}

impl FolderLock {
    /// Takes the lock, or gives nothing if another process has it.
    pub(super) fn try_take(path: &Path) -> Result<Option<Self>, Failure> {
        let cannot = |error: &_| Failure::io(error, format_args!("cannot use {}", path.display()));
        let options = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path);
        let file = options.map_err(|error| cannot(&error))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(cannot(&error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holder_at_a_time() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("lock");
        let lock = FolderLock::try_take(&path).expect("usable").expect("free");
        assert!(FolderLock::try_take(&path).expect("usable").is_none());
        drop(lock);
        assert!(FolderLock::try_take(&path).expect("usable").is_some());
        assert!(FolderLock::try_take(&folder.path().join("none/lock")).is_err());
    }
}
