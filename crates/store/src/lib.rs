//! The store: admitted changes and what is derived from them, on disk.
//!
//! [`Store`] lays out tables over an [`Engine`], which keeps bytes: [`SledEngine`] on disk, [`MemoryEngine`] for tests
//! and the simulator. The store never decides: it knows no roles, no gate and no kinds, and takes what the replica has
//! admitted. Every key is described in `docs/storage.md`.

#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
mod engine;
mod memory_engine;
mod pieces;
mod record;
mod sled_engine;
mod store;
mod tables;

pub use engine::{Engine, KEY_BYTES_MAX, VALUE_BYTES_MAX, Visit, Writes};
pub use memory_engine::MemoryEngine;
pub use sled_engine::SledEngine;
pub use store::Store;
