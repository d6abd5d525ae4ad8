//! Range-based set reconciliation: what two nodes must send each other so that both hold the union of their sets.
//!
//! This crate knows ids and claimed times, and nothing of what they stand for. It keeps the ordered set of one space
//! ([`ChangeSet`]) and answers the messages of the negentropy protocol over it. Who talks to whom, and what travels
//! afterwards, is decided by the replica.

mod compare;
mod salted;
mod set;

pub use compare::{Difference, FRAME_BYTES_MAX, Ranges, ReconcileError, answer, begin, proceed};
pub use salted::SaltedSet;
pub use set::ChangeSet;
