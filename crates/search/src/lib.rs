//! The search index: finds resources by words, tags and other marks.
//!
//! Everything here is derived: the folder can be deleted at any time, and [`follow`] makes it again from what the handle
//! answers. Nothing here knows the store, pages or the wire.

mod date;
mod entry;
mod finding;
mod folder;
mod following;
mod index;
mod words;

pub use following::follow;
pub use index::Index;
