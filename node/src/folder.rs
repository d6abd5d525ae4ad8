//! The data folder of a node: what is in it, under which names, and who may use it at a time.

mod answering;
mod daemon_file;
mod lock;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use knotwork_governance::Application;
use knotwork_identity::{Card, Genesis, GenesisError, NetworkId, decode_exact, encode};

use crate::{config::Config, failure::Failure, keys::Keys, private_file};

pub(crate) use daemon_file::DaemonFile;
pub(crate) use lock::FolderLock;

/// The data folder of a node.
#[derive(Debug, Clone)]
pub(crate) struct DataFolder {
    root: PathBuf,
}

impl DataFolder {
    /// The folder at this place, whatever is there.
    pub(crate) fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The folder at this place, if a node was set up in it.
    pub(crate) fn open(root: impl Into<PathBuf>) -> Result<Self, Failure> {
        let folder = Self::at(root);
        match fs::metadata(folder.config_path()) {
            Ok(_) => Ok(folder),
            Err(error) if error.kind() == io::ErrorKind::NotFound && folder.keys_path().exists() => {
                let what = format!("{} holds keys, but no config.toml", folder.root.display());
                Err(Failure::new(what).next(folder.way_out_of_a_half()))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(Failure::new(format!("no node has been set up in {}", folder.root.display()))
                    .next("run `knotwork init --organisation NAME` first, or name another folder with --data"))
            }
            Err(error) => Err(Failure::io(&error, format_args!("cannot look into {}", folder.root.display()))),
        }
    }

    /// Sets up a node in the folder, which must not hold one.
    pub(crate) fn create(
        &self,
        config: &Config,
        keys: &Keys,
        api_token: &str,
        member: Option<&str>,
    ) -> Result<(), Failure> {
        private_file::create_folder(&self.root)?;
        for path in
            [self.config_path(), self.keys_path(), self.api_token_path(), self.genesis_path(), self.store_path()]
        {
            if path.symlink_metadata().is_ok() {
                let there = Failure::new(format!("{} exists already: nothing was changed", path.display()));
                return Err(there.next(if self.config_path().symlink_metadata().is_ok() {
                    "`knotwork status` tells of the node that is set up here; for another, name another folder with \
                     --data"
                        .to_owned()
                } else {
                    self.way_out_of_a_half()
                }));
            }
        }
        keys.create(&self.keys_path())?;
        private_file::create(&self.api_token_path(), format!("{api_token}\n").as_bytes())?;
        if let Some(name) = member {
            private_file::create(&self.member_name_path(), name.as_bytes())?;
        }
        // Last: a folder with settings is one in which a node was set up.
        private_file::create(&self.config_path(), config.to_text().as_bytes())
    }

    /// What to do where a folder holds a part of a node, which is no node.
    fn way_out_of_a_half(&self) -> String {
        format!(
            "an `init` was broken off here, or config.toml was lost. If others have this node's card, put config.toml \
             back from a copy; if nobody has it, move {} away and run `knotwork init` again",
            self.root.display()
        )
    }

    /// The settings.
    pub(crate) fn config(&self) -> Result<Config, Failure> {
        Config::read(&self.config_path())
    }

    /// The secret keys.
    pub(crate) fn keys(&self) -> Result<Keys, Failure> {
        Keys::read(&self.keys_path())
    }

    /// The token that opens the API.
    pub(crate) fn api_token(&self) -> Result<String, Failure> {
        let text = private_file::read_secret(&self.api_token_path())?;
        let token = text.trim();
        if token.is_empty() {
            return Err(Failure::new(format!("{} is empty", self.api_token_path().display()))
                .next("write a long random word into it, and start the node again"));
        }
        Ok(token.to_owned())
    }

    /// The network that the node is in, if it is in one.
    pub(crate) fn genesis(&self) -> Result<Option<Genesis>, Failure> {
        let path = self.genesis_path();
        match read_genesis(&path) {
            Ok(genesis) => Ok(Some(genesis)),
            Err(GenesisFile::Unreadable(error)) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.failure(&path)),
        }
    }

    /// The network that the node is in, or how to get into one.
    pub(crate) fn joined_genesis(&self) -> Result<Genesis, Failure> {
        self.genesis()?.ok_or_else(|| {
            Failure::new("this node is in no network yet").next(
                "begin one with `knotwork found`, or send your `knotwork card` to whoever begins it and then run \
                 `knotwork join FILE` with the file you get back",
            )
        })
    }

    /// Keeps the network that the node is in from now on.
    pub(crate) fn keep_genesis(&self, genesis: &Genesis) -> Result<(), Failure> {
        private_file::replace(&self.genesis_path(), &genesis.to_bytes())
    }

    /// The network that the node is in, where it was reconvened since it began.
    pub(crate) fn reconvened(&self) -> Result<Option<NetworkId>, Failure> {
        let path = self.reconvened_path();
        match fs::read_to_string(&path) {
            Ok(noted) => noted.trim().parse().map(Some).map_err(|error| {
                Failure::new(format!("{}: {error}", path.display()))
                    .next("give this node the minutes again, with `knotwork network reconvene FILE`")
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Failure::io(&error, format_args!("cannot read {}", path.display()))),
        }
    }

    /// Notes that the node is in a network that was reconvened. Without its minutes it would take itself to be in the one
    /// that this goes back to.
    pub(crate) fn keep_reconvened(&self, network: NetworkId) -> Result<(), Failure> {
        private_file::replace(&self.reconvened_path(), format!("{network}\n").as_bytes())
    }

    /// What this organisation signed when it applied to join, if it was not among the founders.
    pub(crate) fn application(&self) -> Result<Option<Application>, Failure> {
        let path = self.application_path();
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Failure::io(&error, format_args!("cannot read {}", path.display()))),
        };
        let application = Application::from_bytes(&bytes);
        application.map(Some).map_err(|error| Failure::new(format!("{}: {error}", path.display())))
    }

    /// Keeps what this organisation signed when it applied to join.
    pub(crate) fn keep_application(&self, application: &Application) -> Result<(), Failure> {
        private_file::replace(&self.application_path(), &application.to_bytes())
    }

    /// The sponsor's card, by which this node finds its way in.
    pub(crate) fn sponsor(&self) -> Result<Option<Card>, Failure> {
        let path = self.sponsor_path();
        match fs::read(&path) {
            Ok(bytes) => Ok(decode_exact(&bytes).ok()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Failure::io(&error, format_args!("cannot read {}", path.display()))),
        }
    }

    /// Keeps the sponsor's card.
    pub(crate) fn keep_sponsor(&self, sponsor: &Card) -> Result<(), Failure> {
        private_file::replace(&self.sponsor_path(), &encode(sponsor))
    }

    /// The first member's name, until it is in the store.
    pub(crate) fn member_name(&self) -> Result<Option<String>, Failure> {
        match fs::read_to_string(self.member_name_path()) {
            Ok(name) => Ok(Some(name)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Failure::io(&error, format_args!("cannot read {}", self.member_name_path().display()))),
        }
    }

    /// Forgets the first member's name here, as it is in the store.
    pub(crate) fn forget_member_name(&self) -> Result<(), Failure> {
        match fs::remove_file(self.member_name_path()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(Failure::io(&error, format_args!("cannot remove {}", self.member_name_path().display())))
            }
            _ => Ok(()),
        }
    }

    /// Takes the folder for this process, unless another has it.
    pub(crate) fn try_lock(&self) -> Result<Option<FolderLock>, Failure> {
        let lock = FolderLock::try_take(&self.root.join("lock"))?;
        if lock.is_some() {
            // Whoever wrote this was killed: nothing answers there, or something else does.
            DaemonFile::remove(&self.daemon_path())?;
        }
        Ok(lock)
    }

    /// What the running daemon wrote about itself, if it wrote anything.
    pub(crate) fn daemon(&self) -> Result<Option<DaemonFile>, Failure> {
        DaemonFile::read(&self.daemon_path())
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn config_path(&self) -> PathBuf {
        self.root.join("config.toml")
    }

    pub(crate) fn keys_path(&self) -> PathBuf {
        self.root.join("keys")
    }

    pub(crate) fn api_token_path(&self) -> PathBuf {
        self.root.join("api-token")
    }

    pub(crate) fn genesis_path(&self) -> PathBuf {
        self.root.join("network.genesis")
    }

    pub(crate) fn daemon_path(&self) -> PathBuf {
        self.root.join("daemon.json")
    }

    /// Beside the keys, so that it is put back with them.
    pub(crate) fn begun_path(&self) -> PathBuf {
        self.keys_path().join("begun")
    }

    /// Whether this node has had a store, as far as is known here.
    pub(crate) fn has_begun(&self) -> bool {
        self.begun_path().exists()
    }

    /// Notes that this node has a store.
    pub(crate) fn note_begun(&self) {
        if !self.has_begun()
            && let Err(error) = private_file::replace(&self.begun_path(), BEGUN.as_bytes())
        {
            tracing::warn!(%error, "that this node has a store is not noted: should it be lost, its own signatures tell");
        }
    }

    pub(crate) fn store_path(&self) -> PathBuf {
        self.root.join("store")
    }

    /// Where the code lies with which the first account is made.
    pub(crate) fn set_up_code_path(&self) -> PathBuf {
        self.root.join("set-up-code")
    }

    /// Keeps the code with which the first account is made.
    pub(crate) fn keep_set_up_code(&self, code: &str) -> Result<(), Failure> {
        private_file::replace(&self.set_up_code_path(), format!("{code}\n").as_bytes())
    }

    /// Takes that code away.
    pub(crate) fn forget_set_up_code(&self) -> Result<(), Failure> {
        let path = self.set_up_code_path();
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(Failure::io(&error, format_args!("cannot remove {}", path.display())))
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn application_path(&self) -> PathBuf {
        self.root.join("application")
    }

    pub(crate) fn sponsor_path(&self) -> PathBuf {
        self.root.join("sponsor")
    }

    fn reconvened_path(&self) -> PathBuf {
        self.root.join("network.reconvened")
    }

    fn member_name_path(&self) -> PathBuf {
        self.root.join("member-name")
    }
}

/// Reads a network file that somebody handed over.
pub(crate) fn read_network_file(path: &Path) -> Result<Genesis, Failure> {
    read_genesis(path).map_err(|error| error.failure(path))
}

/// Why a network file cannot be used.
enum GenesisFile {
    Unreadable(io::Error),
    TooLong(u64),
    Wrong(GenesisError),
}

impl GenesisFile {
    fn failure(&self, path: &Path) -> Failure {
        match self {
            Self::Unreadable(error) => Failure::io(error, format_args!("cannot read {}", path.display())),
            Self::TooLong(bytes) => {
                Failure::new(format!("{} is no network file: it has {bytes} bytes", path.display()))
            }
            Self::Wrong(error) => Failure::new(format!("{}: {error}", path.display()))
                .next("ask for the file again, and let it be sent unchanged (zipped, for example)"),
        }
    }
}

fn read_genesis(path: &Path) -> Result<Genesis, GenesisFile> {
    let length = fs::metadata(path).map_err(GenesisFile::Unreadable)?.len();
    if length > GENESIS_BYTES_MAX {
        return Err(GenesisFile::TooLong(length));
    }
    let bytes = fs::read(path).map_err(GenesisFile::Unreadable)?;
    Genesis::from_bytes(&bytes).map_err(GenesisFile::Wrong)
}

/// Above what a genesis at all its limits takes.
const GENESIS_BYTES_MAX: u64 = 1024 * 1024;
const BEGUN: &str = "\
This node has had a store. Should it be lost, the node will know from this file that there was one: it signs no minutes
until the others have told it what it may have signed. Keep it with the keys.
";

#[cfg(test)]
mod tests {
    use super::*;

    fn create(folder: &DataFolder) -> Result<(), Failure> {
        folder.create(&Config::new("A"), &Keys::random().expect("random"), "token", Some("Ann"))
    }

    #[test]
    fn a_node_is_set_up_once() {
        let temporary = tempfile::tempdir().expect("a temporary folder");
        let folder = DataFolder::at(temporary.path().join("node"));
        assert!(
            DataFolder::open(folder.root())
                .expect_err("not yet")
                .shown(false)
                .expect("shown")
                .contains("knotwork init")
        );
        create(&folder).expect("set up");
        let keys = fs::read(folder.keys_path().join("node.key")).expect("readable");
        assert!(create(&folder).is_err());
        assert_eq!(fs::read(folder.keys_path().join("node.key")).expect("readable"), keys, "nothing was changed");
        let folder = DataFolder::open(folder.root()).expect("set up");
        assert_eq!(folder.api_token().expect("readable"), "token");
        assert_eq!(folder.config().expect("readable").organisation.name, "A");
        assert!(folder.genesis().expect("readable").is_none());
        assert_eq!(folder.member_name().expect("readable").as_deref(), Some("Ann"));
        folder.forget_member_name().expect("removed");
        folder.forget_member_name().expect("gone already");
        assert_eq!(folder.member_name().expect("readable"), None);
    }

    #[test]
    fn half_a_node_is_named_with_a_way_out() {
        let temporary = tempfile::tempdir().expect("a temporary folder");
        let folder = DataFolder::at(temporary.path().join("node"));
        create(&folder).expect("set up");
        fs::remove_file(folder.config_path()).expect("removed");
        for failure in [DataFolder::open(folder.root()).map(drop), create(&folder)] {
            let shown = failure.expect_err("half a node").shown(false).expect("shown");
            assert!(shown.contains("broken off") && shown.contains("move") && !shown.contains("status"), "{shown}");
        }
    }

    #[test]
    fn a_file_that_is_no_network_is_named() {
        let temporary = tempfile::tempdir().expect("a temporary folder");
        let path = temporary.path().join("network.genesis");
        for contents in [Vec::new(), b"PK\x03\x04".to_vec(), vec![0; 2 * 1024 * 1024]] {
            fs::write(&path, contents).expect("written");
            assert!(read_network_file(&path).expect_err("not one").what().contains("network.genesis"));
        }
        assert!(read_network_file(temporary.path()).is_err());
    }
}
