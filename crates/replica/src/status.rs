//! What a replica tells of itself: how much it holds, and how far its peers are in step.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use knotwork_identity::{DocumentId, PersonId, PublicKey, SpaceId, Timestamp};

use crate::Standing;

/// A snapshot for readers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Status {
    /// The spaces that this node keeps, in the order in which they are brought in step.
    pub spaces: Vec<SpaceStatus>,
    /// Every other node on the roster.
    pub peers: Vec<PeerStatus>,
    /// How many changes wait for what they build on, or for their author's certificate.
    pub held: usize,
    /// How many of them wait for their author's certificate.
    pub held_for_author: usize,
    /// How many changes have a format that this version does not know: the node needs updating.
    pub unknown_formats: usize,
    /// How many changes came while as much as may wait for one peer was waiting. They are asked for again.
    pub no_room: usize,
    /// Whether the store is damaged, as far as was met since the node started: starting it again repairs it.
    pub damaged: bool,
    /// Whose each certified key is.
    pub authors: Arc<BTreeMap<PublicKey, Author>>,
    /// Every key with every organisation that certified it.
    pub certifiers: Arc<BTreeSet<(PublicKey, PublicKey)>>,
    /// Which changes stand.
    pub standing: Standing,
    /// Where the minutes stand; none where the node takes no part in them.
    pub minutes: Option<knotwork_minutes::Standing>,
    /// Until when open decisions can be answered whatever their terms say, as everyone was asked anew.
    pub open_until: BTreeMap<DocumentId, Timestamp>,
    /// How often documents have been shown anew since the node started without a new change in them: what is derived from
    /// views is to be derived again when it has grown.
    pub remade: u64,
}

/// One space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpaceStatus {
    /// Which.
    pub space: SpaceId,
    /// How many changes are admitted.
    pub changes: usize,
    /// SHA-256 over their ids: equal on two nodes that hold the same.
    pub digest: [u8; 32],
}

/// One peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerStatus {
    /// Its node key.
    pub node: PublicKey,
    /// The organisation that it belongs to.
    pub organisation: PublicKey,
    /// Whether there is a connection over which it serves this node.
    pub connected: bool,
    /// Whether it has said that it does not serve this node, and has not done so since.
    pub declines: bool,
    /// Whether both held the same when they last compared, and nothing has changed here since.
    pub in_step: bool,
    /// How many changes it held more than this node when it last told, or, below zero, fewer; `None` where it has told
    /// nothing since this node started.
    pub changes_more: Option<i64>,
    /// When they last held the same, by this node's clock.
    pub last_in_step: Option<Timestamp>,
    /// What the peer did wrong last, until both hold the same again.
    pub fault: Option<String>,
}

/// Whose a key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Author {
    /// The organisation that certified it.
    pub organisation: PublicKey,
    /// The person or service; an organisation's or node's own key has none.
    pub person: Option<PersonId>,
    /// Whether it signs what comes in by a machine's token.
    pub automatic: bool,
    /// When the key was certified, as the organisation claims.
    pub since: Timestamp,
    /// Whether the key has been revoked.
    pub revoked: bool,
}
