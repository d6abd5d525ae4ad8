//! Signed changes and the gate: what a change is, which changes are admitted, and the documents they add up to.
//!
//! A [`SignedChange`] is checked on its own ([`SignedChange::check`]) and then against its ancestors
//! ([`History::admit`]); both parts together are the gate. What the gate has admitted can be given to Automerge
//! ([`materialise`]), and nothing else ever is. A [`Pen`] writes new changes that pass it.
//!
//! This crate knows no roles, no kinds and no members: whether an author may write at all is decided elsewhere. It has
//! no clock, no randomness and no storage.

mod change;
mod chunk;
mod columns;
mod crowded;
mod decodings;
mod draft;
mod first_change;
mod first_view;
mod gate;
mod header;
mod history;
mod leb128;
pub mod limits;
mod materialise;
#[cfg(feature = "mutants")]
pub mod mutants;
mod operation;
mod operations;
mod order;
mod past;
mod pen;
pub mod planted;
mod rejection;
mod shape;
mod splice;
mod stripped;
mod texts;
mod write_columns;

pub use change::{Checked, CheckedChange, SignedChange, Verifiers, signed_message};
pub use chunk::Chunk;
pub use first_change::first_change;
pub use first_view::{FirstView, first_view};
pub use header::{DocumentHeader, FORMAT, Kind};
pub use history::{History, Verdict};
pub use materialise::{MaterialiseError, Materialised, materialise, materialise_at};
pub use operation::{Action, Key, Object, Operation, Reference, Scalar, ScalarRef};
pub use operations::OperationList;
pub use pen::{Pen, PenError};
pub use rejection::{ChunkError, OperationFault, Rejection};
pub use splice::Splice;
pub use stripped::{restore, strip};
