//! Local values: what this node keeps for itself alone, and among it the cupboard of accounts.

use std::sync::Arc;

use knotwork_accounts::{Cupboard, CupboardError};
use knotwork_replica::{Batch, Storage, StorageError};

use crate::{CommandError, NodeHandle, handle::storage_error};

/// Keeps what the accounts of one organisation need among a store's local values.
pub(crate) struct LocalValues {
    storage: Arc<dyn Storage>,
    /// Stands before every name: nothing for the node's own organisation.
    prefix: String,
}

impl LocalValues {
    /// The shelf of this name; the node's own organisation has the one without.
    pub(crate) fn new(storage: Arc<dyn Storage>, prefix: String) -> Self {
        Self { storage, prefix }
    }

    fn named(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }
}

impl Cupboard for LocalValues {
    fn get(&self, name: &str) -> Result<Option<Vec<u8>>, CupboardError> {
        self.storage.local(&self.named(name)).map_err(failed)
    }

    fn put(&self, entries: &[(String, Option<Vec<u8>>)]) -> Result<(), CupboardError> {
        if entries.is_empty() {
            return Ok(());
        }
        let local = entries.iter().map(|(name, value)| (self.named(name), value.clone())).collect();
        let batch = Batch { local, ..Batch::default() };
        self.storage.commit(&batch).and_then(|()| self.storage.sync()).map_err(failed)
    }

    fn list(&self, prefix: &str) -> Result<Vec<(String, Vec<u8>)>, CupboardError> {
        let entries = self.storage.locals(&self.named(prefix)).map_err(failed)?;
        // Whoever asks knows nothing of shelves.
        Ok(entries.into_iter().map(|(name, value)| (name[self.prefix.len()..].to_owned(), value)).collect())
    }
}

impl NodeHandle {
    /// Sets values of the node's own, and takes away those that are `None`. They are on the disk when it returns.
    pub(crate) fn keep_local(&self, local: Vec<(String, Option<Vec<u8>>)>) -> Result<(), CommandError> {
        let batch = Batch { local, ..Batch::default() };
        self.storage().commit(&batch).and_then(|()| self.storage().sync()).map_err(storage_error)
    }
}

fn failed(error: StorageError) -> CupboardError {
    match error {
        StorageError::Full => CupboardError::Full,
        error => CupboardError::Failed(error.to_string()),
    }
}
