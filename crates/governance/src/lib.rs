//! What it means to decide together: what a decision may bind, who said what by their own word, and how it is counted.
//!
//! Everything here is a value and a pure function of values. Nothing knows where decisions are kept, how they travel or
//! what the time is. Docs: `docs/protocol/minutes.md`.

mod binding_rules;
mod effect;
mod share;
mod statement;
mod word;

pub use binding_rules::BindingRules;
pub use effect::{Effect, Stage, Stands, acceptance_bytes};
pub use share::{Share, ShareError};
pub use statement::ClosingStatement;
pub use word::{Said, Word};
