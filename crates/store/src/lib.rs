//! The store: admitted changes and what is derived from them, on disk.
//!
//! [`Store`] lays out tables over an [`Engine`], which keeps bytes: [`SledEngine`] on disk, [`MemoryEngine`] for tests
//! and the simulator. The store never decides: it knows no roles, no gate and no kinds, and takes what the replica has
//! admitted. Every key is described in `docs/storage.md`.

mod check;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
mod data_file;
mod engine;
mod folder;
mod journal;
mod journalled_engine;
mod memory_engine;
mod opening;
mod overlay;
mod pieces;
mod reading;
mod record;
mod salvage;
mod sinking;
mod sled_engine;
mod space;
mod store;
mod tables;
mod writing;

pub use check::CheckReport;
pub use engine::{Engine, KEY_BYTES_MAX, VALUE_BYTES_MAX, Visit, Writes};
pub use journalled_engine::{JournalledEngine, Replay};
pub use memory_engine::MemoryEngine;
pub use opening::{DiskEngine, OpenReport, Options, Repair};
pub use sled_engine::{SledEngine, SledOptions};
pub use space::{FreeBytes, free_bytes};
pub use store::Store;
