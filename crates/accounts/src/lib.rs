//! Accounts: who may sign in at this node, and how their keys are kept.
//!
//! Everything here is local to one node and never shared. A member's key lies sealed: under the passphrase, under each
//! session's token and under each personal token, so that the node can sign for a member only while the member, or a
//! program that the member has given a token, asks it to. Time and randomness come in as arguments, and what is kept goes
//! into a [`Cupboard`]. Names of people are not kept here: they live in profiles.

mod account;
mod accounts;
mod cupboard;
mod error;
mod former;
mod invitation;
pub mod limits;
mod note;
mod passphrase;
mod record;
mod reset;
mod seal;
mod session;
mod throttle;
mod token;

pub use account::{Account, State};
pub use accounts::{Accounts, NewMember, Settings};
pub use cupboard::{Cupboard, CupboardError, MemoryCupboard};
pub use error::AccountError;
pub use former::Former;
pub use invitation::Invitation;
pub use passphrase::check_passphrase;
pub use reset::{Reset, ResetLink};
pub use session::{Session, SessionInfo, SignedIn};
pub use token::{ApiToken, Bearer, Scope};

/// Fills a slice with random bytes.
pub type Random<'a> = &'a mut dyn FnMut(&mut [u8]);
