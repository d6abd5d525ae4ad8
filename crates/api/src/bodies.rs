//! The JSON that goes in and out, apart from the types of the node, so that both can change by themselves.
//!
//! Names are in snake case; times are RFC 3339 in UTC; ids are base32 with the prefix `b`.

mod list;
mod node;
mod resource;

pub(crate) use node::NodeBody;
pub(crate) use resource::{ContributorBody, HistoryBody, NewResource, ResourceBody, ResourcePage, ResourcePatch};
