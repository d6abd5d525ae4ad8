//! Views: what callers get to see, with names in place of keys where names are known.

use knotwork_documents::{ChangeView, ResourceView};
use knotwork_identity::{ChangeId, DocumentId, NetworkId, PersonId, PublicKey, SpaceId, Timestamp};
use knotwork_replica::ListingKey;
use thiserror::Error;

use crate::{Outside, TurnedAway};

/// The node itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeView {
    /// The version of the software.
    pub version: String,
    /// The organisation's name.
    pub organisation: String,
    /// The organisation's key.
    pub organisation_key: PublicKey,
    /// The node's key.
    pub node_key: PublicKey,
    /// The network's name.
    pub network: String,
    /// The network's id.
    pub network_id: NetworkId,
    /// What the network is for.
    pub purpose: String,
    /// Since when the organisation is not in the network any more; none while it is.
    pub outside: Option<Outside>,
    /// Which other organisations do not serve this node, where those are most of them.
    pub turned_away: Option<TurnedAway>,
    /// What the node holds, space by space.
    pub spaces: Vec<SpaceView>,
    /// The other nodes.
    pub peers: Vec<PeerView>,
    /// How many changes wait for something.
    pub held: usize,
    /// How many changes this version does not know how to read: above none, the node needs updating.
    pub unknown_formats: usize,
    /// Whether damage was met in the store: starting the node again repairs it.
    pub damaged: bool,
    /// Whether the organisation has applied to join and is not in yet.
    pub waits_to_be_admitted: bool,
    /// How many resources there are.
    pub resources: u64,
    /// Bytes that the store takes up.
    pub store_bytes: u64,
}

/// One space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpaceView {
    /// Which.
    pub space: SpaceId,
    /// How many changes.
    pub changes: usize,
    /// Equal on nodes that hold the same: SHA-256 as 64 hexadecimal digits.
    pub fingerprint: String,
}

/// One other node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerView {
    /// The name of its organisation.
    pub organisation: String,
    /// The key of its organisation.
    pub organisation_key: PublicKey,
    /// The key of the node.
    pub node_key: PublicKey,
    /// Whether there is a connection over which it serves this node.
    pub connected: bool,
    /// Whether it has said that it does not serve this node.
    pub declines: bool,
    /// Whether both held the same when they last compared, and nothing has changed here since.
    pub in_step: bool,
    /// How many changes it held more than this node when it last told, or, below zero, fewer.
    pub changes_more: Option<i64>,
    /// When they last held the same, by this node's clock.
    pub last_in_step_at: Option<Timestamp>,
    /// What it did wrong last.
    pub fault: Option<String>,
    /// Why it cannot be reached, and where it was tried, if it has been dialled for a while without success.
    pub unreached: Option<String>,
}

/// A resource with its contributors named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceEntry {
    /// The resource.
    pub view: ResourceView,
    /// Who wrote it, in the order in which they first did, each once.
    pub contributors: Vec<ContributorView>,
}

/// Somebody who wrote something.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ContributorView {
    /// The organisation's name, where its certificate has arrived.
    pub organisation: Option<String>,
    /// The person or service.
    pub person: Option<PersonId>,
    /// What the person is called, where their profile says it here.
    pub name: Option<String>,
    /// Whether the organisation's node wrote it for a machine's token.
    pub automatic: bool,
    /// Whether the person is no longer at the organisation.
    pub left: bool,
}

/// One change of a document's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryEntry {
    /// The change.
    pub change: ChangeView,
    /// Who made it.
    pub by: ContributorView,
    /// Whether it stands, with all that it builds on: what does not is shown nowhere but in the history.
    pub stands: bool,
}

/// A resource as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastResource {
    /// What it said.
    pub entry: ResourceEntry,
    /// Whether all that it came from stands.
    pub stands: bool,
}

/// A page of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The entries.
    pub items: Vec<T>,
    /// Where the next page begins; none on the last.
    pub next: Option<ListingKey>,
    /// How many entries there are on all pages.
    pub total: u64,
}

/// One admitted change, for those who follow along.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeNotice {
    /// Its place in this node's own order; a reader who names it misses nothing after it.
    pub position: Position,
    /// The document that it changed.
    pub document: DocumentId,
    /// The change.
    pub change: ChangeId,
    /// The number of the document's kind.
    pub kind: u16,
    /// The document's space.
    pub space: SpaceId,
    /// Who made it.
    pub by: ContributorView,
}

/// A place in a node's own order of admission: the store's incarnation and a sequence number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Drawn anew when the store is made or restored.
    pub incarnation: [u8; 16],
    /// The sequence number, from 1 on; 0 is before the first.
    pub sequence: u64,
}

impl std::fmt::Display for Position {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}-{}", knotwork_identity::to_text(&self.incarnation), self.sequence)
    }
}

impl std::str::FromStr for Position {
    type Err = PositionError;

    fn from_str(text: &str) -> Result<Self, PositionError> {
        let (incarnation, sequence) = text.split_once('-').ok_or(PositionError)?;
        // One form for each number.
        if sequence.is_empty()
            || (sequence.len() > 1 && sequence.starts_with('0'))
            || !sequence.bytes().all(|digit| digit.is_ascii_digit())
        {
            return Err(PositionError);
        }
        Ok(Self {
            incarnation: knotwork_identity::from_text(incarnation).map_err(|_| PositionError)?,
            sequence: sequence.parse().map_err(|_| PositionError)?,
        })
    }
}

/// A text that is no position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("this is not the id of an event of any node")]
pub struct PositionError;
