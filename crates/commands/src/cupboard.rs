//! The cupboard of accounts: local values of the store.

use std::sync::Arc;

use knotwork_accounts::{Cupboard, CupboardError};
use knotwork_replica::{Batch, Storage, StorageError};

/// Keeps what accounts need among a store's local values.
pub(crate) struct LocalValues(pub(crate) Arc<dyn Storage>);

impl Cupboard for LocalValues {
    fn get(&self, name: &str) -> Result<Option<Vec<u8>>, CupboardError> {
        self.0.local(name).map_err(failed)
    }

    fn put(&self, entries: &[(String, Option<Vec<u8>>)]) -> Result<(), CupboardError> {
        if entries.is_empty() {
            return Ok(());
        }
        let batch = Batch { local: entries.to_vec(), ..Batch::default() };
        self.0.commit(&batch).and_then(|()| self.0.sync()).map_err(failed)
    }

    fn list(&self, prefix: &str) -> Result<Vec<(String, Vec<u8>)>, CupboardError> {
        self.0.locals(prefix).map_err(failed)
    }
}

fn failed(error: StorageError) -> CupboardError {
    match error {
        StorageError::Full => CupboardError::Full,
        error => CupboardError::Failed(error.to_string()),
    }
}
