//! Replicas in memory, in one thread, in time that only the tests let pass.

mod comparing;
mod damage;
mod flow;
mod holding;
mod scripted;
mod spreading;
mod world;
