//! What the house promises about itself, checked against what is there: the floors, what the lower floors may not
//! touch, where each heavy library lives, and how files are named.
//!
//! Every check returns its findings as text, one for each offending place, so that a failure says where to go. Each
//! check is also fed a bad sample, for a check that cannot fail proves nothing.

mod floors;
mod names;
mod powerless;
mod purity;
pub(crate) mod source;
mod workspace;

pub(crate) use workspace::repository;
