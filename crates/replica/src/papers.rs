//! Where papers are read from: a node's storage, or what somebody handed over.

use knotwork_identity::{ChangeId, DocumentId};

use crate::{Storage, StorageError, StoredChange};

/// Where the changes are that something is counted from.
pub trait Papers {
    /// A change, if it is there.
    ///
    /// # Errors
    /// When it cannot be read.
    fn change(&self, id: &ChangeId) -> Result<Option<StoredChange>, StorageError>;

    /// The changes of a document, as many as are there.
    ///
    /// # Errors
    /// When they cannot be read.
    fn changes_of(&self, document: &DocumentId) -> Result<Vec<StoredChange>, StorageError>;
}

impl<S: Storage + ?Sized> Papers for S {
    fn change(&self, id: &ChangeId) -> Result<Option<StoredChange>, StorageError> {
        Storage::change(self, id)
    }

    fn changes_of(&self, document: &DocumentId) -> Result<Vec<StoredChange>, StorageError> {
        Storage::changes_of(self, document)
    }
}
