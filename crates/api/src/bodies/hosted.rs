//! Hosted organisations as JSON.

use knotwork_commands::{HostedEntry, HostedState};
use knotwork_identity::PublicKey;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The organisations whose keys this node keeps for them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HostedPage {
    /// From A to Z by name.
    pub(crate) items: Vec<HostedBody>,
}

/// An organisation whose key this node keeps for it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Hosted)]
pub(crate) struct HostedBody {
    /// Its key.
    organisation: String,
    /// Its name.
    #[schema(example = "Dogwood Trust")]
    name: String,
    /// `applies` (it is not in the network yet), `hosted`, `elsewhere` (it has a node of its own, or another host) or
    /// `gone` (it was in the network and is not any more).
    #[schema(example = "hosted")]
    state: &'static str,
    /// How many accounts its members have here.
    members: usize,
}

/// Which organisation to take in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewHosted {
    /// Its key, of which the secret half is in the node's data folder.
    #[schema(value_type = String)]
    pub(crate) organisation: PublicKey,
}

/// A link with which a member of a hosted organisation joins.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HostedLink {
    /// The page where the member joins, below the node's address. It works once, and is shown once.
    #[schema(example = "/join/bnxzpm5v2xjx7m4dlnmkrv3rxtpmcq")]
    pub(crate) path: String,
    /// When it ends; null for that of the first member, which works until it is used or another is made.
    #[schema(format = "date-time", required = true)]
    pub(crate) ends: Option<String>,
}

impl From<HostedEntry> for HostedBody {
    fn from(entry: HostedEntry) -> Self {
        let state = match entry.state {
            HostedState::Applies => "applies",
            HostedState::Hosted => "hosted",
            HostedState::Elsewhere => "elsewhere",
            HostedState::Gone => "gone",
        };
        Self { organisation: entry.organisation.to_string(), name: entry.name, state, members: entry.members }
    }
}
