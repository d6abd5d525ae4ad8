//! The nodes of this organisation as JSON.

use knotwork_commands::{NodeEntry, NodeState};
use knotwork_identity::PublicKey;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::given::{given, word};

/// The nodes of this organisation.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OwnNodePage {
    /// The one that signs minutes first.
    pub(crate) items: Vec<OwnNodeBody>,
}

/// A node of this organisation.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OwnNode)]
pub(crate) struct OwnNodeBody {
    /// Its key.
    pub(crate) node: String,
    /// `signs` (it signs minutes for the organisation), `served` (it keeps in step and signs none), `asks` (it has applied
    /// to be added) or `ended` (it was served once).
    #[schema(example = "served")]
    state: &'static str,
    /// Whether it is the one that was asked.
    this: bool,
    /// Whether it is connected with the one that was asked.
    connected: bool,
}

/// Which node to add.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewOwnNode {
    /// The application that the node wrote when it joined, in Base64; left out where it has handed it over by itself.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    pub(crate) application: Option<String>,
    /// The key of a node that asks to be added, where several do, or of one that was ended and is to be served again.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = String, required = false)]
    pub(crate) node: Option<PublicKey>,
}

/// What is to become of a node.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OwnNodeChange {
    /// `signs` or `ended`.
    #[serde(deserialize_with = "state")]
    #[schema(value_type = String, example = "signs")]
    pub(crate) state: OwnNodeState,
}

/// What a node of this organisation is told to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OwnNodeState {
    /// The one that signs minutes.
    Signs,
    /// Served no more.
    Ended,
}

impl From<NodeEntry> for OwnNodeBody {
    fn from(entry: NodeEntry) -> Self {
        let state = match entry.state {
            NodeState::Signs => "signs",
            NodeState::Served => "served",
            NodeState::Asks => "asks",
            NodeState::Ended => "ended",
        };
        Self { node: entry.node.to_string(), state, this: entry.is_this, connected: entry.connected }
    }
}

fn state<'de, D: Deserializer<'de>>(reader: D) -> Result<OwnNodeState, D::Error> {
    let from_word = |text: &str| match text {
        "signs" => Some(OwnNodeState::Signs),
        "ended" => Some(OwnNodeState::Ended),
        _ => None,
    };
    word(reader, from_word, &["signs", "ended"])
}
