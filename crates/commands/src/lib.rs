//! What may be asked of a node, and the handle to ask it.
//!
//! Questions are answered from the store at once and never wait for a writer. Commands go to the one thread that owns
//! the replica, and are answered when what they wrote is on the disk. Nothing here knows HTTP, pages or the wire.

mod command;
mod handle;
mod listener;
mod search;
mod view;

pub use command::{Command, CommandError, PreparedResource, Signer, Written};
pub use handle::{NodeHandle, NodeParts};
pub use listener::Listener;
pub use search::{Conflicts, Entry, Found, Query, Search, SearchError, Sort, TagCount};
pub use view::{
    ChangeNotice, ContributorView, HistoryEntry, NodeView, Page, PeerView, Position, PositionError, ResourceEntry,
    SpaceView,
};
