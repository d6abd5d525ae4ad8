//! Silence: whether certain keys have signed anything of late. It knows the store, and not whose the keys are.

use std::collections::BTreeSet;

use knotwork_identity::{PublicKey, Timestamp};

use crate::{Storage, StorageError};

/// Whether any of these keys signed a change that claims this time or a later one. Looks at the claimed times of all
/// changes, and reads those that are late enough until one is found.
///
/// # Errors
/// When the store cannot be read.
pub fn signed_since(storage: &dyn Storage, keys: &BTreeSet<PublicKey>, since: Timestamp) -> Result<bool, StorageError> {
    let mut late = Vec::new();
    storage.each_id(&mut |_, time, id| {
        if time >= since {
            late.push(id);
        }
    })?;
    for id in late {
        if storage.change(&id)?.is_some_and(|stored| keys.contains(&stored.change.author)) {
            return Ok(true);
        }
    }
    Ok(false)
}
