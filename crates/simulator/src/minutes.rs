//! Networks of real minutes in one thread, drawn from a seed: founders that come and go, documents that spread late,
//! connections that break, crashes, restored copies, wrong clocks and liars who hold real keys. What is promised is checked
//! after every step; a failure is played again by its seed.

mod absence;
mod cast;
mod disk;
pub mod forged;
mod latency;
mod liar;
mod links;
mod node;
mod papers;
mod run;
mod scenario;
mod watch;
mod world;

pub use absence::{Absence, absence};
pub use latency::{latency, rush};
pub use run::run;
