//! The store: tables over an engine. It keeps what it is given and decides nothing.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use knotwork_identity::{ChangeId, DocumentId, NetworkId, SpaceId, Timestamp};
use knotwork_ledger::Kind;
use knotwork_replica::{Batch, ListingKey, Storage, StorageError, StoredChange};

use crate::{
    engine::{Engine, Writes, invalid},
    folder::Folder,
    tables::{self, Meta},
};

/// Keeps the changes of one network in an engine: [`Storage`] for one writing thread and any number of readers.
#[derive(Debug)]
pub struct Store<E: Engine> {
    engine: E,
    network: NetworkId,
    incarnation: [u8; 16],
    /// Whether the engine knows that numbers are given out which a crash may take back. Taken away at a clean end.
    unclean: AtomicBool,
    /// Whether damage was met since the store was opened.
    damaged: AtomicBool,
    /// The sequence number that the next change gets: all below it are committed.
    next: AtomicU64,
    /// Held while a batch is built and committed: counts are read before they are written.
    writer: Mutex<()>,
    /// Locked until the engine is closed, which comes first.
    folder: Option<Folder>,
}

impl<E: Engine> Store<E> {
    /// The store in an engine. An empty engine is made a store of `network` with the given incarnation; one that is a
    /// store keeps its own, unless the store before it did not end cleanly: readers may have seen numbers of changes
    /// that were not synced, and those numbers are given out again.
    ///
    /// # Errors
    /// [`StorageError::Io`] of the kind `InvalidInput` when the engine holds another network's changes or was written by
    /// a newer version; otherwise as the engine's.
    pub fn with_engine(engine: E, network: NetworkId, incarnation: [u8; 16]) -> Result<Self, StorageError> {
        let unclean = engine.get(&Meta::Unclean.key())?.is_some();
        let incarnation = match engine.get(&Meta::Format.key())? {
            None => {
                check_empty(&engine)?;
                make(&engine, &network, &incarnation)?;
                incarnation
            }
            Some(format) => {
                check_format(&format)?;
                check_network(&engine, &network)?;
                let kept = engine
                    .get(&Meta::Incarnation.key())?
                    .and_then(|bytes| bytes.try_into().ok())
                    .ok_or_else(|| StorageError::Damaged("the store has no incarnation".into()))?;
                // Written at a clean end. Without one, the next opening takes another.
                if unclean { incarnation } else { kept }
            }
        };
        let next = match engine.last_key(tables::CHANGES)? {
            None => 1,
            Some(key) => tables::change_sequence(&key)?.saturating_add(1),
        };
        Ok(Self {
            engine,
            network,
            incarnation,
            unclean: AtomicBool::new(unclean),
            damaged: AtomicBool::new(false),
            next: AtomicU64::new(next),
            writer: Mutex::new(()),
            folder: None,
        })
    }

    /// The engine, to read from.
    #[must_use]
    pub fn engine(&self) -> &E {
        &self.engine
    }

    /// The network whose changes are kept.
    #[must_use]
    pub fn network(&self) -> NetworkId {
        self.network
    }

    /// Takes a new incarnation, so that no number given out before is taken for one given out from now on.
    ///
    /// # Errors
    /// When the engine does not take it.
    pub fn renew(&mut self, incarnation: [u8; 16]) -> Result<(), StorageError> {
        self.set_meta(Meta::Incarnation, incarnation.to_vec())?;
        self.incarnation = incarnation;
        Ok(())
    }

    /// Whether views and listings are missing: the store was made anew from its changes.
    ///
    /// # Errors
    /// When the engine cannot read.
    pub fn needs_deriving(&self) -> Result<bool, StorageError> {
        Ok(self.engine.get(&Meta::Underived.key())?.is_some())
    }

    /// To be told when views and listings have been derived from the changes again, all of them.
    ///
    /// # Errors
    /// When the engine does not take it.
    pub fn set_derived(&self) -> Result<(), StorageError> {
        let mut writes = Writes::default();
        writes.delete(Meta::Underived.key());
        self.engine.commit(writes)?;
        self.engine.sync()
    }

    pub(crate) fn set_underived(&self) -> Result<(), StorageError> {
        self.set_meta(Meta::Underived, Vec::new())
    }

    /// The file that the store was last opened on.
    pub(crate) fn origin(&self) -> Result<Option<Vec<u8>>, StorageError> {
        self.engine.get(&Meta::Origin.key())
    }

    pub(crate) fn set_origin(&self, origin: &[u8]) -> Result<(), StorageError> {
        self.set_meta(Meta::Origin, origin.to_vec())
    }

    /// Keeps the folder locked for as long as the store is open.
    pub(crate) fn in_folder(&mut self, folder: Folder) {
        self.folder = Some(folder);
    }

    /// Before the first number is given out: notes, on the disk, that the end of this store is still to come.
    fn begin(&self) -> Result<(), StorageError> {
        if !self.unclean.load(Ordering::Relaxed) {
            self.set_meta(Meta::Unclean, Vec::new())?;
            self.unclean.store(true, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Notes, after everything else, that no number was given out which is not on the disk.
    fn end(&self) -> Result<(), StorageError> {
        let mut writes = Writes::default();
        writes.put(Meta::Incarnation.key(), self.incarnation.to_vec());
        writes.delete(Meta::Unclean.key());
        self.engine.commit(writes)?;
        self.engine.sync()
    }

    /// Has the engine remember damage that was met.
    fn noted<T>(&self, result: Result<T, StorageError>) -> Result<T, StorageError> {
        if let Err(StorageError::Damaged(why)) = &result {
            tracing::error!(%why, "the store is damaged: start the node again, and it is repaired");
            self.damaged.store(true, Ordering::Relaxed);
            self.engine.distrust();
        }
        result
    }

    fn set_meta(&self, entry: Meta, value: Vec<u8>) -> Result<(), StorageError> {
        let mut writes = Writes::default();
        writes.put(entry.key(), value);
        self.engine.commit(writes)?;
        self.engine.sync()
    }
}

impl<E: Engine> Storage for Store<E> {
    fn commit(&self, batch: &Batch) -> Result<(), StorageError> {
        let _writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let writes = self.noted(self.writes_of(batch))?;
        if writes.is_empty() {
            return Ok(());
        }
        if !batch.changes.is_empty() {
            self.begin()?;
        }
        self.noted(self.engine.commit(writes))?;
        self.next.fetch_add(batch.changes.len() as u64, Ordering::Release);
        Ok(())
    }

    fn sync(&self) -> Result<(), StorageError> {
        self.engine.sync()
    }

    fn incarnation(&self) -> [u8; 16] {
        self.incarnation
    }

    fn next_sequence(&self) -> u64 {
        self.next.load(Ordering::Acquire)
    }

    fn each_id(&self, each: &mut dyn FnMut(SpaceId, Timestamp, ChangeId)) -> Result<(), StorageError> {
        self.noted(self.read_ids(each))
    }

    fn sequence_of(&self, id: &ChangeId) -> Result<Option<u64>, StorageError> {
        let entry = self.noted(self.id_entry(id))?;
        Ok(entry.map(|entry| entry.sequence))
    }

    fn change(&self, id: &ChangeId) -> Result<Option<StoredChange>, StorageError> {
        self.noted(self.read_change(id))
    }

    fn changes_from(&self, from: u64, limit: usize) -> Result<Vec<StoredChange>, StorageError> {
        self.noted(self.read_changes(from, limit))
    }

    fn changes_of(&self, document: &DocumentId) -> Result<Vec<StoredChange>, StorageError> {
        self.noted(self.read_changes_of(document))
    }

    fn count_of(&self, document: &DocumentId, limit: usize) -> Result<usize, StorageError> {
        let sequences = self.noted(self.sequences_of(document, limit))?;
        Ok(sequences.len())
    }

    fn view(&self, document: &DocumentId) -> Result<Option<Vec<u8>>, StorageError> {
        self.noted(self.engine.get(&tables::view_key(document)))
    }

    fn list(
        &self,
        kind: Kind,
        label: Option<&str>,
        after: Option<&ListingKey>,
        limit: usize,
    ) -> Result<Vec<ListingKey>, StorageError> {
        self.noted(self.read_listing(kind, label, after, limit))
    }

    fn list_len(&self, kind: Kind, label: Option<&str>) -> Result<u64, StorageError> {
        self.noted(self.read_count(kind, label))
    }

    fn local(&self, name: &str) -> Result<Option<Vec<u8>>, StorageError> {
        self.noted(self.engine.get(&tables::local_key(name)))
    }

    fn locals(&self, prefix: &str) -> Result<Vec<(String, Vec<u8>)>, StorageError> {
        self.noted(self.read_locals(prefix))
    }

    fn is_damaged(&self) -> bool {
        self.damaged.load(Ordering::Relaxed)
    }

    fn size_on_disk(&self) -> u64 {
        self.engine.size_on_disk()
    }
}

impl<E: Engine> Drop for Store<E> {
    fn drop(&mut self) {
        if self.unclean.load(Ordering::Relaxed)
            && let Err(error) = self.end()
        {
            tracing::warn!(%error, "the store does not end cleanly; readers of events begin anew");
        }
    }
}

/// Writes into an empty engine what a store has before it has any change.
fn make<E: Engine>(engine: &E, network: &NetworkId, incarnation: &[u8; 16]) -> Result<(), StorageError> {
    let mut writes = Writes::default();
    writes.put(Meta::Format.key(), vec![tables::FORMAT]);
    writes.put(Meta::Network.key(), network.0.to_vec());
    writes.put(Meta::Incarnation.key(), incarnation.to_vec());
    engine.commit(writes)?;
    engine.sync()
}

/// An engine without a format must have nothing else either: otherwise it has lost it.
fn check_empty<E: Engine>(engine: &E) -> Result<(), StorageError> {
    match engine.last_key(&[])? {
        None => Ok(()),
        Some(_) => Err(StorageError::Damaged("the store has entries and no format".into())),
    }
}

fn check_format(format: &[u8]) -> Result<(), StorageError> {
    match format {
        [tables::FORMAT] => Ok(()),
        [newer] if *newer > tables::FORMAT => {
            Err(invalid(format!("the store has format {newer}, which this version does not know: update the program")))
        }
        _ => Err(StorageError::Damaged("the store's format is not a number".into())),
    }
}

fn check_network<E: Engine>(engine: &E, network: &NetworkId) -> Result<(), StorageError> {
    let kept = engine.get(&Meta::Network.key())?.and_then(|bytes| bytes.try_into().ok()).map(NetworkId);
    match kept {
        Some(kept) if kept == *network => Ok(()),
        Some(kept) => Err(invalid(format!("the store belongs to the network {kept}, not to {network}"))),
        None => Err(StorageError::Damaged("the store does not name its network".into())),
    }
}
