//! Opening a store on disk: what is found there is brought forward, told from a copy, and repaired where it is damaged.

use std::path::{Path, PathBuf};

use knotwork_identity::NetworkId;
use knotwork_replica::{Storage as _, StorageError};

use crate::{
    check::CheckReport,
    folder::Folder,
    journal::Journal,
    journalled_engine::{JournalledEngine, Replay},
    salvage::{Leftovers, Saved, salvage},
    sled_engine::{SledEngine, SledOptions},
    store::Store,
};

/// The engine of a store on disk.
pub type DiskEngine = JournalledEngine<SledEngine>;

/// How a store on disk is to be opened.
#[derive(Clone)]
pub struct Options {
    /// 16 random bytes: the incarnation of a new store, or of one that turns out to be a copy or to have lost changes.
    pub fresh_incarnation: [u8; 16],
    /// How sled is to be opened.
    pub sled: SledOptions,
}

/// What opening a store came upon.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OpenReport {
    /// There was no store, and now there is an empty one.
    pub created: bool,
    /// The store is a copy, or was put back from one. It has a new incarnation.
    pub restored: bool,
    /// Commits that were acknowledged and had not reached sled's file when the process ended: the journal had them.
    pub replayed: u64,
    /// What was damaged and is repaired. The store has a new incarnation if anything was lost.
    pub repair: Option<Repair>,
    /// Views and listings are missing and have to be derived from the changes again; see [`Store::set_derived`].
    pub derive: bool,
}

/// What a repair did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repair {
    /// What was wrong.
    pub why: String,
    /// Changes that are there, each of them checked.
    pub kept: u64,
    /// Changes that are known to have been there and are not any more. Peers that have them will send them.
    pub lost: u64,
    /// Where the damaged files are. Nobody needs them, unless to look for what was lost.
    pub set_aside: PathBuf,
}

impl Store<DiskEngine> {
    /// Opens the store in `path`, or makes one there for `network`. Damage is repaired: what is sound is kept, the
    /// damaged files are set aside, and the report says so.
    ///
    /// # Errors
    /// [`StorageError::InUse`] when another process has it open, [`StorageError::Full`] when there is no room to open or
    /// to repair it, [`StorageError::Io`] of the kind `InvalidInput` when it belongs to another network or was written
    /// by a newer version.
    pub fn open(path: &Path, network: NetworkId, options: &Options) -> Result<(Self, OpenReport), StorageError> {
        let folder = Folder::lock(path)?;
        folder.finish_exchange()?;
        match open_sound(&folder, network, options) {
            Ok(opened) => attach(folder, opened, options),
            Err(Unsound::Damaged(why)) => {
                tracing::error!(%why, "the store is damaged and is being repaired");
                let repair = tidily(&folder, || repair(&folder, network, options, why))?;
                reopen(folder, network, options, repair)
            }
            Err(Unsound::Failed(error)) => Err(error),
        }
    }

    /// Opens the store in `path` and makes it anew from the changes in it, whether it seems damaged or not. Views and
    /// listings have to be derived again.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn rebuild(path: &Path, network: NetworkId, options: &Options) -> Result<(Self, OpenReport), StorageError> {
        let folder = Folder::lock(path)?;
        folder.finish_exchange()?;
        let repair = tidily(&folder, || rebuild(&folder, network, options, "it was asked for".into()))?;
        reopen(folder, network, options, repair)
    }
}

/// A store that opens, and what there is to say about it.
struct Opened {
    store: Store<DiskEngine>,
    created: bool,
    replay: Replay,
}

enum Unsound {
    /// It has to be repaired.
    Damaged(String),
    /// It cannot be opened, and repairing would not help.
    Failed(StorageError),
}

impl From<StorageError> for Unsound {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::Damaged(why) => Self::Damaged(why),
            // What sled says when its files are shorter than they should be.
            StorageError::Io(error)
                if matches!(error.kind(), std::io::ErrorKind::UnexpectedEof | std::io::ErrorKind::InvalidData) =>
            {
                Self::Damaged(error.to_string())
            }
            error => Self::Failed(error),
        }
    }
}

/// Opens what lies in the folder, if it is sound.
fn open_sound(folder: &Folder, network: NetworkId, options: &Options) -> Result<Opened, Unsound> {
    let created = folder.is_empty();
    let engine = SledEngine::open(folder.path(), &options.sled)?;
    let (engine, replay) = JournalledEngine::open(engine, folder.path(), options.fresh_incarnation)?;
    if replay.gap {
        return Err(Unsound::Damaged("acknowledged commits are missing from sled's file".into()));
    }
    let store = Store::with_engine(engine, network, options.fresh_incarnation)?;
    if folder.is_distrusted() {
        check(&store)?;
        folder.trust()?;
    }
    Ok(Opened { store, created, replay })
}

fn check(store: &Store<DiskEngine>) -> Result<(), Unsound> {
    let CheckReport { named, .. } = store.check()?;
    named.into_iter().next().map_or(Ok(()), |fault| Err(Unsound::Damaged(fault)))
}

/// Ties the store to its folder, and notices a copy.
fn attach(folder: Folder, opened: Opened, options: &Options) -> Result<(Store<DiskEngine>, OpenReport), StorageError> {
    let Opened { mut store, created, replay } = opened;
    let origin = folder.origin()?;
    let known = store.origin()?;
    let restored = known.as_ref().is_some_and(|known| *known != origin);
    if restored {
        store.renew(options.fresh_incarnation)?;
    }
    if known.as_ref() != Some(&origin) {
        store.set_origin(&origin)?;
    }
    let report =
        OpenReport { created, restored, replayed: replay.replayed, repair: None, derive: store.needs_deriving()? };
    store.in_folder(folder);
    Ok((store, report))
}

/// Opens what a repair has put into the folder.
fn reopen(
    folder: Folder,
    network: NetworkId,
    options: &Options,
    repair: Repair,
) -> Result<(Store<DiskEngine>, OpenReport), StorageError> {
    let opened = open_sound(&folder, network, options).map_err(|unsound| match unsound {
        Unsound::Damaged(why) => StorageError::Damaged(format!("what was repaired is damaged again: {why}")),
        Unsound::Failed(error) => error,
    })?;
    // The repair made the file: it is no copy.
    opened.store.set_origin(&folder.origin()?)?;
    folder.trust()?;
    let (store, report) = attach(folder, opened, options)?;
    tracing::warn!(kept = repair.kept, lost = repair.lost, set_aside = %repair.set_aside.display(), "the store is repaired");
    Ok((store, OpenReport { repair: Some(repair), ..report }))
}

/// Gives a repair the room that was kept back, and clears away what one leaves behind that fails.
fn tidily(folder: &Folder, repair: impl FnOnce() -> Result<Repair, StorageError>) -> Result<Repair, StorageError> {
    folder.give_up_reserve();
    repair().map_err(|error| {
        if let Err(error) = folder.finish_exchange() {
            tracing::warn!(%error, "what a repair left behind could not be cleared away");
        }
        match error {
            StorageError::Io(error) if error.kind() == std::io::ErrorKind::StorageFull => StorageError::Full,
            error => error,
        }
    })
}

/// Repairs what lies in the folder: as it is where sled only has to make its snapshot again, and from its changes
/// otherwise.
fn repair(folder: &Folder, network: NetworkId, options: &Options, why: String) -> Result<Repair, StorageError> {
    let copy = folder.copy()?;
    let sound = open_copy(&copy, options).and_then(|(engine, replay)| {
        if replay.gap {
            return Err(Unsound::Damaged("commits are missing".into()));
        }
        let store = Store::with_engine(engine, network, options.fresh_incarnation)?;
        check(&store)?;
        Ok(store.next_sequence() - 1)
    });
    match sound {
        // A store without a change may be one whose file was emptied: a journal would tell, and the next way looks at it.
        Ok(kept) if kept > 0 => {
            let set_aside = folder.exchange(&copy)?;
            Ok(Repair { why, kept, lost: 0, set_aside })
        }
        Ok(_) | Err(Unsound::Damaged(_)) => rebuild(folder, network, options, why),
        Err(Unsound::Failed(error)) => Err(error),
    }
}

/// Makes the store anew from the changes that are sound.
fn rebuild(folder: &Folder, network: NetworkId, options: &Options, why: String) -> Result<Repair, StorageError> {
    let leftovers = Leftovers::of_journal(&Journal::read(folder.path())?);
    let copy = folder.copy()?;
    let damaged = match open_copy(&copy, options) {
        Ok((engine, replay)) => Some((engine, replay)),
        Err(Unsound::Damaged(why)) => {
            tracing::warn!(%why, "sled cannot open its file even without its snapshot");
            None
        }
        Err(Unsound::Failed(error)) => return Err(error),
    };
    let workshop = folder.workshop()?;
    let engine = SledEngine::open(&workshop, &without_reserve(options))?;
    let (engine, _) = JournalledEngine::open(engine, &workshop, options.fresh_incarnation)?;
    let target = Store::with_engine(engine, network, options.fresh_incarnation)?;
    // Without a gap the engine has everything that the journal has, and later values as well.
    let newer = damaged.as_ref().is_none_or(|(_, replay)| replay.gap);
    let engine = damaged.as_ref().map(|(engine, _)| engine);
    let Saved { kept, lost } = salvage(engine, &leftovers.newer_than_engine(newer), &target)?;
    target.set_underived()?;
    // Closed before its folder is renamed.
    drop(target);
    drop(damaged);
    let set_aside = folder.exchange(&workshop)?;
    Ok(Repair { why, kept, lost, set_aside })
}

fn open_copy(copy: &Path, options: &Options) -> Result<(DiskEngine, Replay), Unsound> {
    let engine = SledEngine::open(copy, &without_reserve(options))?;
    // The journal of the copy is a copy too.
    Ok(JournalledEngine::open(engine, copy, options.fresh_incarnation)?)
}

/// A repair builds in a folder inside the store's, whose reserve is enough.
fn without_reserve(options: &Options) -> SledOptions {
    SledOptions { reserve_bytes: 0, ..options.sled.clone() }
}
