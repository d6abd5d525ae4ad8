//! The file by which verbs find the running daemon: there while it runs, removed when it stops.
//!
//! It may outlive a daemon that was killed. Whether a daemon runs is told by the folder's lock; this file only tells
//! where it answers.

use std::{fs, io, net::SocketAddr, path::Path};

use serde::{Deserialize, Serialize};

use crate::{failure::Failure, private_file};

/// What a running daemon says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DaemonFile {
    /// Its process id.
    pub(crate) pid: u32,
    /// Where its API answers.
    pub(crate) http: SocketAddr,
}

impl DaemonFile {
    /// Writes the file whole.
    pub(crate) fn write(&self, path: &Path) -> Result<(), Failure> {
        let text = serde_json::to_string(self)
            .map_err(|error| Failure::new(format!("cannot write {}: {error}", path.display())))?;
        private_file::replace(path, format!("{text}\n").as_bytes())
    }

    /// Whether the process that wrote this is the one that answers there.
    pub(crate) fn is_true(&self) -> bool {
        super::answering::listens(self.pid, self.http)
    }

    /// Removes the file, if it is there.
    pub(crate) fn remove(path: &Path) -> Result<(), Failure> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(Failure::io(&error, format_args!("cannot remove {}", path.display())))
            }
            _ => Ok(()),
        }
    }

    /// Reads the file; nothing if it is not there, or is no such file.
    pub(super) fn read(path: &Path) -> Result<Option<Self>, Failure> {
        match fs::read(path) {
            Ok(bytes) => Ok(serde_json::from_slice(&bytes).ok()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Failure::io(&error, format_args!("cannot read {}", path.display()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_there_while_the_daemon_runs() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("daemon.json");
        assert_eq!(DaemonFile::read(&path).expect("readable"), None);
        let file = DaemonFile { pid: 7, http: "127.0.0.1:7380".parse().expect("an address") };
        file.write(&path).expect("written");
        assert_eq!(DaemonFile::read(&path).expect("readable"), Some(file));
        fs::write(&path, "{").expect("written");
        assert_eq!(DaemonFile::read(&path).expect("readable"), None, "half a file names nobody");
        DaemonFile::remove(&path).expect("removed");
        DaemonFile::remove(&path).expect("gone already");
    }
}
