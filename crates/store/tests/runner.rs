//! The store as others use it, on disk and in memory: what is kept, what a crash leaves, what damage does.

mod damage;
mod garbage;
mod model;
mod opening;
mod samples;
mod space;
