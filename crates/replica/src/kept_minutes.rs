//! The minutes that a storage keeps, each with its proof, and the log of the height in progress.

use knotwork_identity::Genesis;
use knotwork_minutes::{Agreed, Minute, Proof, read_minute};
use thiserror::Error;

use crate::{Batch, Storage, StorageError};

/// What the kept minutes make of a network. Each is verified.
pub(crate) fn agreed_in(genesis: &Genesis, storage: &dyn Storage) -> Result<Agreed, StorageError> {
    let mut agreed = Agreed::founded(genesis);
    while let Some((minute, proof)) = minute_in(storage, agreed.height() + 1)? {
        let height = minute.height;
        agreed
            .retrace(&minute, &proof)
            .map_err(|error| StorageError::Damaged(format!("minute {height} does not hold: {error}")))?;
    }
    Ok(agreed)
}

/// A kept minute with its proof.
///
/// # Errors
/// When the storage cannot be read, or holds something else there.
pub fn minute_in(storage: &dyn Storage, height: u64) -> Result<Option<(Minute, Proof)>, StorageError> {
    let Some(kept) = storage.local(&minute_name(height))? else { return Ok(None) };
    let read = read_minute(&kept);
    read.map(Some).ok_or_else(|| StorageError::Damaged(format!("what is kept as minute {height} is none")))
}

/// Takes up minutes that somebody handed over, from the first on, where a storage holds none or some of them: those that came
/// with an invitation, or those with which the network was reconvened and what came after. Each is verified first, and nothing
/// is kept where one does not hold. What was being agreed on until then is let go.
///
/// # Errors
/// When one does not hold, they do not go on from what the storage holds, or it cannot take them.
pub fn take_up_minutes(genesis: &Genesis, storage: &dyn Storage, minutes: &[Vec<u8>]) -> Result<Agreed, TakeUpError> {
    let own = agreed_in(genesis, storage)?;
    let mut agreed = Agreed::founded(genesis);
    let mut local = Vec::new();
    for kept in minutes {
        let height = agreed.height() + 1;
        let wrong = |why: String| TakeUpError::DoesNotHold { height, why };
        let (minute, proof) = read_minute(kept).ok_or_else(|| wrong("its bytes are none".into()))?;
        agreed.retrace(&minute, &proof).map_err(|error| wrong(error.to_string()))?;
        if height == own.height() && agreed.hash() != own.hash() {
            return Err(TakeUpError::Other { height });
        }
        if height > own.height() {
            local.push((minute_name(height), Some(kept.clone())));
        }
    }
    if agreed.height() < own.height() {
        return Err(TakeUpError::Short { own: own.height(), found: agreed.height() });
    }
    local.extend(storage.locals(LOG)?.into_iter().map(|(name, _)| (name, None)));
    storage.commit(&Batch { local, ..Batch::default() })?;
    storage.sync()?;
    Ok(agreed)
}

/// Why minutes from a file are not taken up.
#[derive(Debug, Error)]
pub enum TakeUpError {
    /// One does not hold.
    #[error("minute {height} does not hold: {why}")]
    DoesNotHold {
        /// Which.
        height: u64,
        /// Why.
        why: String,
    },
    /// This node has another minute there.
    #[error("this node has another minute {height} than the file, so the file goes on from other minutes")]
    Other {
        /// Which.
        height: u64,
    },
    /// This node has more.
    #[error("this node has {own} minutes, and the file ends with minute {found}")]
    Short {
        /// How many the node has.
        own: u64,
        /// How many the file has.
        found: u64,
    },
    /// The storage cannot be read or written.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Where an entry of the log is kept.
pub(crate) fn log_name(number: u64) -> String {
    format!("{LOG}{number:010}")
}

/// Where a minute is kept.
pub(crate) fn minute_name(height: u64) -> String {
    format!("minutes/kept/{height:016}")
}

/// What the names of all entries of the log begin with.
pub(crate) const LOG: &str = "minutes/log/";
