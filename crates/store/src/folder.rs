//! The store's folder: who has it open, what lies in it, and which file the store was last opened on.

use std::{
    fs::{DirBuilder, File, OpenOptions},
    io,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use knotwork_replica::StorageError;
use rustix::fs::{AtFlags, CWD, FlockOperation, StatxFlags};

use crate::{journal, sled_engine::FOLDER, space};

/// The folder, locked for as long as this lives.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    _lock: File,
}

impl Folder {
    /// Locks the folder, which is made if need be.
    ///
    /// # Errors
    /// [`StorageError::InUse`] when another process has it.
    pub(crate) fn lock(path: &Path) -> Result<Self, StorageError> {
        make(path)?;
        let lock = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path.join("lock"))?;
        match rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(rustix::io::Errno::WOULDBLOCK) => Err(StorageError::InUse(path.display().to_string())),
            Err(error) => Err(StorageError::Io(error.into())),
        }
    }

    /// Its path.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether there is anything of a store here.
    pub(crate) fn is_empty(&self) -> bool {
        !parts().any(|part| self.path.join(part).exists())
    }

    /// An empty folder like this one, in which a repair builds what is to take the place of what lies here.
    pub(crate) fn workshop(&self) -> Result<PathBuf, StorageError> {
        let path = self.path.join(WORKSHOP);
        remove(&path)?;
        DirBuilder::new().mode(0o700).create(&path)?;
        Ok(path)
    }

    /// A copy of what lies here, to be looked into: opening it would change it. sled's snapshot and settings are left
    /// out; it makes them again.
    pub(crate) fn copy(&self) -> Result<PathBuf, StorageError> {
        let copy = self.path.join(COPY);
        remove(&copy)?;
        let target = copy.join(FOLDER);
        DirBuilder::new().recursive(true).mode(0o700).create(&target)?;
        for name in journal::FILES {
            match std::fs::copy(self.path.join(name), copy.join(name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
        }
        let source = self.path.join(FOLDER);
        if !source.exists() {
            return Ok(copy);
        }
        for entry in std::fs::read_dir(&source)? {
            let entry = entry?;
            let name = entry.file_name();
            let made_again = name == "conf" || name.to_string_lossy().starts_with("snap.");
            if entry.file_type()?.is_file() && !made_again {
                std::fs::copy(entry.path(), target.join(name))?;
            }
        }
        Ok(copy)
    }

    /// Puts what was built in the folder `built` in the place of what lies here, which is set aside and not deleted.
    ///
    /// Power may fail at any step; [`Folder::finish_exchange`] does the rest.
    pub(crate) fn exchange(&self, built: &Path) -> Result<PathBuf, StorageError> {
        let aside = self.free_name();
        DirBuilder::new().mode(0o700).create(&aside)?;
        sync_folder(&built.join(FOLDER))?;
        sync_folder(built)?;
        std::fs::rename(built, self.path.join(FINISHED))?;
        sync_folder(&self.path)?;
        self.move_parts(&self.path, &aside)?;
        sync_folder(&aside)?;
        self.finish_exchange()?;
        Ok(aside)
    }

    /// Brings an exchange to its end that was broken off after the new parts were complete.
    pub(crate) fn finish_exchange(&self) -> Result<(), StorageError> {
        let finished = self.path.join(FINISHED);
        if finished.exists() {
            // Where an old part is still in the way it has not been set aside yet.
            if finished.join(FOLDER).exists() && self.path.join(FOLDER).exists() {
                let aside = self.free_name();
                DirBuilder::new().mode(0o700).create(&aside)?;
                self.move_parts(&self.path, &aside)?;
            }
            self.move_parts(&finished, &self.path)?;
            sync_folder(&self.path)?;
            remove(&finished)?;
        }
        remove(&self.path.join(WORKSHOP))?;
        remove(&self.path.join(COPY))
    }

    fn move_parts(&self, from: &Path, to: &Path) -> Result<(), StorageError> {
        for part in parts() {
            match std::fs::rename(from.join(part), to.join(part)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
        }
        Ok(())
    }

    /// A name with a number that nothing has yet.
    fn free_name(&self) -> PathBuf {
        let names = (1_u32..).map(|number| self.path.join(format!("damaged-{number}")));
        names.into_iter().find(|name| !name.exists()).unwrap_or_else(|| self.path.join("damaged"))
    }

    /// Deletes the reserve, which is made again when there is room.
    pub(crate) fn give_up_reserve(&self) {
        // It may not be there, and if it cannot be deleted there is only less room.
        let _ = std::fs::remove_file(self.path.join(space::RESERVE_FILE));
    }

    /// Whether something was read, since the folder was last checked, that was not what had been written.
    pub(crate) fn is_distrusted(&self) -> bool {
        self.path.join(DISTRUST_FILE).exists()
    }

    /// The folder has been checked.
    pub(crate) fn trust(&self) -> Result<(), StorageError> {
        match std::fs::remove_file(self.path.join(DISTRUST_FILE)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// What tells sled's file from a copy of it: its inode and when it was made, where the file system knows. A folder
    /// that is moved within its file system keeps them; one that is restored from a copy does not.
    pub(crate) fn origin(&self) -> Result<Vec<u8>, StorageError> {
        let file = self.path.join(FOLDER).join(crate::sled_engine::DATA_FILE);
        let wanted = StatxFlags::INO | StatxFlags::BTIME;
        let found = rustix::fs::statx(CWD, &file, AtFlags::empty(), wanted).map_err(io::Error::from)?;
        let made = if found.stx_mask & StatxFlags::BTIME.bits() == 0 {
            (0, 0)
        } else {
            (found.stx_btime.tv_sec, found.stx_btime.tv_nsec)
        };
        Ok([&found.stx_ino.to_be_bytes()[..], &made.0.to_be_bytes(), &made.1.to_be_bytes()].concat())
    }
}

/// Makes a folder, and those above it that are missing, so that power loss does not take their names.
fn make(path: &Path) -> Result<(), StorageError> {
    let missing = path.ancestors().take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists()).count();
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    for parent in path.ancestors().skip(1).take(missing) {
        sync_folder(if parent.as_os_str().is_empty() { Path::new(".") } else { parent })?;
    }
    Ok(())
}

/// Has the folder at `path` checked when it is next opened.
pub(crate) fn distrust(path: &Path) {
    // What failed is reported anyway; this only makes the next opening thorough.
    let _ = File::create(path.join(DISTRUST_FILE));
}

/// What is set aside when it is damaged, and put in its place when it is repaired.
fn parts() -> impl Iterator<Item = &'static str> {
    journal::FILES.into_iter().chain([FOLDER])
}

fn remove(folder: &Path) -> Result<(), StorageError> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

fn sync_folder(folder: &Path) -> Result<(), StorageError> {
    File::open(folder)?.sync_all()?;
    Ok(())
}

/// Where a repair looks and builds, and the name that what it built has once it is complete.
const COPY: &str = "examined";
const WORKSHOP: &str = "rebuilding";
const FINISHED: &str = "rebuilt";

/// Is there when something read was not what had been written.
const DISTRUST_FILE: &str = "distrust";
