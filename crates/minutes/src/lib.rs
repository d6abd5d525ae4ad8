//! The minutes: the sequence of what binds everyone, on which the signing organisations agree one by one.
//!
//! [`Agreed`] is what the minutes make of a network: its roster, its charter, what was decided. It is derived from the
//! genesis and the minutes alone, and every node that has the same minutes derives the same. [`Minutes`] is the state
//! machine that brings new ones about: events come in with the time, and what is to be written, sent and done goes out as
//! values. It knows no socket, file or clock, and neither documents nor how ballots are counted: [`Records`] answers for
//! those. Protocol: `docs/protocol/minutes.md`.
//!
//! The engine of agreement stands behind `machine.rs` and `context.rs`, and its types are seen nowhere else: signed
//! bytes, frames and logs are our own, so that it can be replaced.

// What the tests outside and those within have in common names this crate as it is named outside.
#[cfg(test)]
extern crate self as knotwork_minutes;
#[cfg(test)]
#[allow(dead_code, reason = "each test binary uses a part")]
#[path = "../tests/circle/mod.rs"]
mod circle;

mod agreed;
mod bundle;
mod context;
mod entry;
mod frame;
pub mod limits;
mod machine;
mod matter;
mod message;
mod minute;
mod minutes;
mod misfit;
pub mod planted;
mod proof;
mod reconvening;
mod records;
mod signer;
mod signers;

pub use agreed::{Agreed, CharterInForce, Gone, Parting, Party};
pub use bundle::{Bundle, BundleError, BundleReader, DecidedTerms};
pub use entry::Entry;
pub use frame::{Frame, FrameError, Tally};
pub use matter::{Held, Matter, Outcome, Verdict};
pub use message::{Message, Proposal, Step, Vote};
pub use minute::Minute;
pub use minutes::{Disk, Event, Kept, Minutes, Progress, Standing, Voice, Work};
pub use misfit::{Misfit, Unverified};
pub use proof::{Proof, ProofError, read_minute, write_minute};
pub use reconvening::Reconvening;
pub use records::{Records, Weighed};
pub use signers::{Signer as SigningOrganisation, Signers};
