//! What a replica asks of the place where it keeps changes.
//!
//! The trait is synchronous and knows nothing of files: the `store` crate implements it over an engine, and the
//! simulator runs the same code over memory that forgets what was not synced. Reads may come from any number of threads;
//! commits of changes come from one, and those of local values alone from any.

use std::sync::Arc;

use knotwork_documents::Listing;
use knotwork_identity::{ChangeId, DocumentId, SpaceId, Timestamp};
use knotwork_ledger::{CheckedChange, Kind, SignedChange};
use thiserror::Error;

/// Keeps admitted changes and what is derived from them.
pub trait Storage: Send + Sync + 'static {
    /// Applies a batch: all of it or, after a crash, nothing. Readers see it when this returns; power loss may still
    /// undo it until [`Storage::sync`] has returned.
    ///
    /// # Errors
    /// [`StorageError::Full`] when the disk is full; then nothing of the batch was applied.
    fn commit(&self, batch: &Batch) -> Result<(), StorageError>;

    /// Puts everything committed so far on the disk, so that power loss cannot undo it.
    ///
    /// # Errors
    /// When the disk does not take it; then nothing may be acknowledged.
    fn sync(&self) -> Result<(), StorageError>;

    /// Drawn anew whenever the store is made or restored from a copy; with a sequence number it names a place in this
    /// node's own order of admission, and no other.
    fn incarnation(&self) -> [u8; 16];

    /// The sequence number that the next admitted change gets. The first is 1.
    fn next_sequence(&self) -> u64;

    /// Calls `each` for every admitted change, in no particular order.
    ///
    /// # Errors
    /// When the engine cannot read.
    fn each_id(&self, each: &mut dyn FnMut(SpaceId, Timestamp, ChangeId)) -> Result<(), StorageError>;

    /// The sequence number of an admitted change.
    ///
    /// # Errors
    /// When the engine cannot read.
    fn sequence_of(&self, id: &ChangeId) -> Result<Option<u64>, StorageError>;

    /// An admitted change, its bytes checked against its hash.
    ///
    /// # Errors
    /// [`StorageError::Damaged`] when what was read is not what was written.
    fn change(&self, id: &ChangeId) -> Result<Option<StoredChange>, StorageError>;

    /// At most `limit` changes with a sequence number of `from` or above, in that order, each checked as by
    /// [`Storage::change`].
    ///
    /// # Errors
    /// As [`Storage::change`].
    fn changes_from(&self, from: u64, limit: usize) -> Result<Vec<StoredChange>, StorageError>;

    /// The changes of a document in the order of admission, which is an order of dependency.
    ///
    /// # Errors
    /// As [`Storage::change`].
    fn changes_of(&self, document: &DocumentId) -> Result<Vec<StoredChange>, StorageError>;

    /// How many changes of a document are admitted, counted up to `limit`.
    ///
    /// # Errors
    /// When the engine cannot read.
    fn count_of(&self, document: &DocumentId, limit: usize) -> Result<usize, StorageError>;

    /// The kept view of a document, as bytes that only `documents` understands. Documents of one change keep none.
    ///
    /// # Errors
    /// When the engine cannot read.
    fn view(&self, document: &DocumentId) -> Result<Option<Vec<u8>>, StorageError>;

    /// A page of the listing of one kind: at most `limit` entries after the key `after`, in the order of their keys,
    /// only those labelled with `label` if one is given.
    ///
    /// # Errors
    /// When the engine cannot read.
    fn list(
        &self,
        kind: Kind,
        label: Option<&str>,
        after: Option<&ListingKey>,
        limit: usize,
    ) -> Result<Vec<ListingKey>, StorageError>;

    /// How many entries [`Storage::list`] has in all.
    ///
    /// # Errors
    /// When the engine cannot read.
    fn list_len(&self, kind: Kind, label: Option<&str>) -> Result<u64, StorageError>;

    /// A value that this node keeps for itself, such as a member's name.
    ///
    /// # Errors
    /// When the engine cannot read.
    fn local(&self, name: &str) -> Result<Option<Vec<u8>>, StorageError>;

    /// The local values whose names begin with `prefix`, in the order of their names.
    ///
    /// # Errors
    /// When the engine cannot read.
    fn locals(&self, prefix: &str) -> Result<Vec<(String, Vec<u8>)>, StorageError>;

    /// Whether something was read, since the store was opened, that was not what had been written.
    fn is_damaged(&self) -> bool;

    /// Bytes that the store takes up on disk, for status; 0 where that means nothing.
    fn size_on_disk(&self) -> u64;
}

/// An admitted change as it was kept.
#[derive(Debug, Clone)]
pub struct StoredChange {
    /// Its place in this node's order of admission.
    pub sequence: u64,
    /// Its id, which its bytes were checked against.
    pub id: ChangeId,
    /// The change.
    pub change: SignedChange,
}

/// What one commit writes.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// Newly admitted changes with their sequence numbers, ascending and without gaps.
    pub changes: Vec<(u64, Arc<CheckedChange>)>,
    /// What became of documents.
    pub documents: Vec<DocumentUpdate>,
    /// Local values to set, and those to take away.
    pub local: Vec<(String, Option<Vec<u8>>)>,
}

impl Batch {
    /// Whether there is nothing to commit.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.documents.is_empty() && self.local.is_empty()
    }
}

/// The derived state of one document after a commit.
#[derive(Debug, Clone)]
pub struct DocumentUpdate {
    /// Which document.
    pub document: DocumentId,
    /// Its kind.
    pub kind: Kind,
    /// The view to keep, or `None` to keep none (a document of one change takes its view from that change).
    pub view: Option<Vec<u8>>,
    /// How it was listed before, which this update takes away.
    pub listed_before: Option<Listing>,
    /// How it is listed from now on.
    pub listed: Option<Listing>,
}

/// The key of an entry in a listing; entries are in the order of their keys.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ListingKey {
    /// See [`Listing::order`].
    pub order: Vec<u8>,
    /// The document.
    pub document: DocumentId,
}

/// Why storage could not do what it was asked.
#[derive(Debug, Error)]
pub enum StorageError {
    /// The disk is full. Reading goes on.
    #[error("the disk is full: free some space, and writing goes on by itself")]
    Full,
    /// Something read is not what was written.
    #[error("the store is damaged: {0}")]
    Damaged(String),
    /// Another process has the store open.
    #[error("the store is in use by another process: {0}")]
    InUse(String),
    /// Reading or writing failed.
    #[error("the store cannot be read or written: {0}")]
    Io(#[from] std::io::Error),
}
