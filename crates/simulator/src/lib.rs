//! Networks of real replicas in one thread, drawn from a seed: virtual time, a network that loses and reorders, crashes,
//! full disks, restored copies, clocks that jump, and peers that lie. What is promised is checked on the way; a failure
//! is played again by its seed.
//!
//! For development alone: nothing that ships depends on it.

mod agenda;
mod book;
mod breach;
mod campaign;
mod cast;
mod dice;
mod liar;
pub mod minutes;
mod mirror;
mod network;
mod node;
mod oracle;
mod outcome;
mod run;
mod scenario;
mod sightings;
mod subject;
mod trace;
mod work;
mod world;

pub use breach::Breach;
pub use campaign::Campaign;
pub use outcome::Outcome;
pub use run::{Printing, run};
pub use sightings::Sightings;
pub use subject::Subject;
