//! The replica: meaning and protocol joined, event in, effects out.

mod roster;
mod storage;

pub use roster::{FoundingCircle, Roster};
pub use storage::{Batch, DocumentUpdate, Listing, ListingKey, Storage, StorageError, StoredChange};
