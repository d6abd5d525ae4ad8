//! The place where accounts are kept.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use thiserror::Error;

/// Keeps named values on this node.
pub trait Cupboard: Send + Sync + 'static {
    /// A value.
    ///
    /// # Errors
    /// When it cannot be read.
    fn get(&self, name: &str) -> Result<Option<Vec<u8>>, CupboardError>;

    /// Sets values, and takes away those that are `None`: all or nothing, and on the disk when it returns.
    ///
    /// # Errors
    /// When they cannot be written; then none is.
    fn put(&self, entries: &[(String, Option<Vec<u8>>)]) -> Result<(), CupboardError>;

    /// All values whose names begin with `prefix`, sorted by name.
    ///
    /// # Errors
    /// When they cannot be read.
    fn list(&self, prefix: &str) -> Result<Vec<(String, Vec<u8>)>, CupboardError>;
}

/// Why the cupboard could not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CupboardError {
    /// The disk is full.
    #[error("the disk is full: free some space, and writing goes on by itself")]
    Full,
    /// Reading or writing failed.
    #[error("{0}")]
    Failed(String),
}

/// A cupboard in memory, for tests.
#[derive(Debug, Default)]
pub struct MemoryCupboard {
    entries: Mutex<BTreeMap<String, Vec<u8>>>,
}

impl Cupboard for MemoryCupboard {
    fn get(&self, name: &str) -> Result<Option<Vec<u8>>, CupboardError> {
        Ok(self.entries.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned())
    }

    fn put(&self, entries: &[(String, Option<Vec<u8>>)]) -> Result<(), CupboardError> {
        let mut kept = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        for (name, value) in entries {
            match value {
                Some(value) => kept.insert(name.clone(), value.clone()),
                None => kept.remove(name),
            };
        }
        Ok(())
    }

    fn list(&self, prefix: &str) -> Result<Vec<(String, Vec<u8>)>, CupboardError> {
        let kept = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.range(prefix.to_owned()..).take_while(|(name, _)| name.starts_with(prefix));
        Ok(found.map(|(name, value)| (name.clone(), value.clone())).collect())
    }
}
