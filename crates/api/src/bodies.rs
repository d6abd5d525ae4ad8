//! The JSON that goes in and out, apart from the types of the node, so that both can change by themselves.
//!
//! Names are in snake case; times are RFC 3339 in UTC; ids are base32 with the prefix `b`.

mod given;
mod list;
mod node;
mod organisation;
mod resource;
mod role;

pub(crate) use given::{given, word};
pub(crate) use node::NodeBody;
pub(crate) use organisation::{OrganisationBody, OrganisationPage, OrganisationPatch};
pub(crate) use resource::{ContributorBody, HistoryBody, NewResource, ResourceBody, ResourcePage, ResourcePatch};
pub(crate) use role::{
    NewRole, NewRoleRequest, ROLE_WORDS, Role, RoleBody, RolePage, RolePatch, RoleRequestBody, RoleRequestLists,
    RoleRequestPatch,
};
