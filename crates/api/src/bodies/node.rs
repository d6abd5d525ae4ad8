//! The node and its peers as JSON.

use knotwork_commands::{NodeView, Outside, PeerView, SpaceView};
use knotwork_minutes::Parting;
use serde::Serialize;
use utoipa::ToSchema;

use crate::rfc3339::to_rfc3339;

/// The node itself.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Node)]
pub(crate) struct NodeBody {
    /// The version of the software.
    #[schema(example = "0.1.0")]
    version: String,
    /// The name of the organisation that runs it.
    organisation: String,
    /// The organisation's key.
    organisation_key: String,
    /// The node's key.
    node_key: String,
    /// The network's name.
    network: String,
    /// The network's id.
    network_id: String,
    /// What the network is for.
    purpose: String,
    /// Since when the organisation is not in the network any more; null while it is.
    #[schema(required = true)]
    outside: Option<OutsideBody>,
    /// Which other organisations do not serve this node, by name, where those are most of them: the organisation may have been
    /// removed, or left behind, while its node was away. Else empty.
    turned_away_by: Vec<String>,
    /// What the node holds, space by space.
    spaces: Vec<SpaceBody>,
    /// The other nodes of the network.
    peers: Vec<PeerBody>,
    /// How many changes wait for something that has not arrived.
    held: usize,
    /// How many changes have a format that this version does not know: with any, the node needs updating.
    unknown_formats: usize,
    /// Whether something read from the store was not what had been written: the node is to be started again, which repairs
    /// it.
    damaged: bool,
    /// Whether the organisation waits to be admitted: until it is in, nothing can be written.
    waits_to_be_admitted: bool,
    /// How many resources there are.
    resources: u64,
    /// Bytes that the store takes up on the disk.
    store_bytes: u64,
}

/// That the organisation is not in the network any more. What it has stays here; nothing that is written here reaches the
/// others.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Outside)]
pub(crate) struct OutsideBody {
    /// The minute with which it went.
    since: u64,
    /// How it went: `left`, `removed` or `left-behind`.
    how: &'static str,
}

/// A set of changes that is brought in step as one.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Space)]
pub(crate) struct SpaceBody {
    /// Its name.
    #[schema(example = "commons")]
    name: String,
    /// How many changes it holds.
    changes: usize,
    /// 64 hexadecimal digits, equal on nodes that hold the same.
    fingerprint: String,
}

/// Another node.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Peer)]
pub(crate) struct PeerBody {
    /// The name of the organisation that runs it.
    organisation: String,
    /// The organisation's key.
    organisation_key: String,
    /// The node's key.
    node_key: String,
    /// Whether there is a connection over which it serves this node.
    connected: bool,
    /// Whether it has said that it does not serve this node: it does not have it on its roster, any more or yet.
    declines: bool,
    /// Whether both held the same when they last compared, and nothing has changed here since.
    in_step: bool,
    /// How many changes it held more than this node when it last told, or, below zero, fewer; null where it has told
    /// nothing since this node started.
    #[schema(required = true)]
    changes_more: Option<i64>,
    /// When both last held the same, by this node's clock.
    #[schema(format = "date-time", required = true)]
    last_in_step_at: Option<String>,
    /// What it did wrong last.
    #[schema(required = true)]
    fault: Option<String>,
    /// Why it cannot be reached, and where it was tried, if it has been dialled for a while without success.
    #[schema(required = true)]
    unreached: Option<String>,
}

impl From<NodeView> for NodeBody {
    fn from(view: NodeView) -> Self {
        Self {
            version: view.version,
            organisation: view.organisation,
            organisation_key: view.organisation_key.to_string(),
            node_key: view.node_key.to_string(),
            network: view.network,
            network_id: view.network_id.to_string(),
            purpose: view.purpose,
            outside: view.outside.map(OutsideBody::from),
            turned_away_by: view.turned_away.map(|turned_away| turned_away.by).unwrap_or_default(),
            spaces: view.spaces.into_iter().map(SpaceBody::from).collect(),
            peers: view.peers.into_iter().map(PeerBody::from).collect(),
            held: view.held,
            unknown_formats: view.unknown_formats,
            damaged: view.damaged,
            waits_to_be_admitted: view.waits_to_be_admitted,
            resources: view.resources,
            store_bytes: view.store_bytes,
        }
    }
}

impl From<Outside> for OutsideBody {
    fn from(outside: Outside) -> Self {
        let how = match outside.how {
            Parting::Left => "left",
            Parting::Removed => "removed",
            Parting::LeftBehind => "left-behind",
        };
        Self { since: outside.since, how }
    }
}

impl From<SpaceView> for SpaceBody {
    fn from(view: SpaceView) -> Self {
        Self { name: view.space.to_string(), changes: view.changes, fingerprint: view.fingerprint }
    }
}

impl From<PeerView> for PeerBody {
    fn from(view: PeerView) -> Self {
        Self {
            organisation: view.organisation,
            organisation_key: view.organisation_key.to_string(),
            node_key: view.node_key.to_string(),
            connected: view.connected,
            declines: view.declines,
            in_step: view.in_step,
            changes_more: view.changes_more,
            last_in_step_at: view.last_in_step_at.and_then(to_rfc3339),
            fault: view.fault,
            unreached: view.unreached,
        }
    }
}
