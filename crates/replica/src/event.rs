//! What happens to a replica, and what it wants done: one enum in, one out.

use std::collections::BTreeSet;

use knotwork_documents::{Edit, FieldError};
use knotwork_identity::{ChangeId, DocumentId, Nonce, PublicKey, SecretKey, SpaceId, Timestamp};
use knotwork_ledger::{CheckedChange, DocumentHeader};
use thiserror::Error;

use crate::{Announcement, Frame, FrameError};

/// The time, as the caller read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// Milliseconds on a clock that never goes back; its start means nothing.
    pub milliseconds: u64,
    /// The time of day, for labels alone.
    pub wall: Timestamp,
}

/// Names a session on this node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(u64);

impl SessionId {
    /// A session that a peer opened; the caller numbers these.
    #[must_use]
    pub const fn inbound(number: u64) -> Self {
        Self(number << 1)
    }

    /// A session that the replica opened.
    #[must_use]
    pub(crate) const fn outbound(number: u64) -> Self {
        Self(number << 1 | 1)
    }

    /// Whether the replica opened it.
    #[must_use]
    pub const fn is_outbound(self) -> bool {
        self.0 & 1 == 1
    }
}

/// What happens to a replica.
#[derive(Debug)]
pub enum Event {
    /// A peer of the roster is connected.
    Connected {
        /// Its node key.
        peer: PublicKey,
    },
    /// It is not any more.
    Disconnected {
        /// Its node key.
        peer: PublicKey,
    },
    /// A peer has said that it does not serve this node.
    TurnedAway {
        /// Its node key.
        peer: PublicKey,
    },
    /// A peer opened a session.
    Opened {
        /// The session, as the caller named it.
        session: SessionId,
        /// The peer's node key.
        peer: PublicKey,
    },
    /// A session that the replica asked for is open.
    Established {
        /// The session.
        session: SessionId,
    },
    /// A session that the replica asked for cannot be opened.
    OpenFailed {
        /// The session.
        session: SessionId,
    },
    /// A frame came, and was parsed.
    Frame {
        /// The session.
        session: SessionId,
        /// The frame.
        frame: Frame,
    },
    /// A frame came that is none.
    Malformed {
        /// The session.
        session: SessionId,
        /// Why.
        error: FrameError,
    },
    /// A session ended, on either side.
    Closed {
        /// The session.
        session: SessionId,
    },
    /// Gossip brought changes.
    Announced {
        /// The peer that passed them on.
        peer: PublicKey,
        /// Names the message in the judgement.
        token: u64,
        /// The changes.
        announcement: Announcement,
    },
    /// Gossip brought something else.
    MalformedAnnouncement {
        /// The peer that passed it on.
        peer: PublicKey,
        /// Names the message in the judgement.
        token: u64,
        /// Why.
        error: FrameError,
    },
    /// A frame about minutes came, and was parsed.
    Minutes {
        /// The peer's node key.
        peer: PublicKey,
        /// The frame.
        frame: Box<knotwork_minutes::Frame>,
    },
    /// A frame about minutes came that is none.
    MalformedMinutes {
        /// The peer's node key.
        peer: PublicKey,
        /// Why.
        error: knotwork_minutes::FrameError,
    },
    /// An organisation says something for itself, to be minuted.
    Say {
        /// Names the request in the reply.
        token: u64,
        /// What.
        said: knotwork_governance::Said,
        /// The organisation's key: this one's, or that of one which it hosts.
        key: Box<SecretKey>,
    },
    /// Admit changes of this node's own making.
    Admit {
        /// Names the request in the reply.
        token: u64,
        /// The changes, in an order of dependency, of one document.
        changes: Vec<CheckedChange>,
    },
    /// Edit a document.
    Edit {
        /// Names the request in the reply.
        token: u64,
        /// Which document.
        target: Target,
        /// The new values.
        edit: Box<Edit>,
        /// Signs the edit.
        key: Box<SecretKey>,
        /// What the edit is made on.
        basis: Basis,
        /// The time to claim.
        time: Timestamp,
    },
    /// List what stands of an organisation that goes.
    ListStanding {
        /// Names the request in the reply.
        token: u64,
        /// Whose changes, and which of them.
        list: Box<StandingList>,
    },
    /// End a key that an organisation certified.
    Revoke {
        /// Names the request in the reply.
        token: u64,
        /// Which key, and what stands.
        ending: Box<KeyEnding>,
        /// The organisation's key: this one's, or that of one which it hosts.
        organisation: Box<SecretKey>,
    },
    /// Publish where this node can be reached, if that differs from what is published.
    PublishAddresses {
        /// Multiaddresses.
        addresses: Vec<String>,
        /// The time to claim.
        time: Timestamp,
    },
    /// The time that [`crate::Replica::next_wake`] named has come.
    Wake,
}

/// The end of a key, with which all stands that it wrote so far and that stood before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyEnding {
    /// The key.
    pub key: PublicKey,
    /// Changes by the key among those that were looked through before. More than its own do no harm.
    pub written: BTreeSet<ChangeId>,
    /// The sequence number from which on changes have still to be looked through.
    pub from: u64,
    /// Documents whose changes by the key are not to stand, such as a profile that is to be shown no more.
    pub without: BTreeSet<DocumentId>,
    /// The nonce of the revocation.
    pub nonce: Nonce,
    /// The time to claim.
    pub time: Timestamp,
}

/// What stands of an organisation that goes: the minute that it goes with names it by its number and hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandingList {
    /// The organisation.
    pub organisation: PublicKey,
    /// Changes by it, by keys that it certified, and by its nodes.
    pub stands: BTreeSet<ChangeId>,
    /// The nonce of the list.
    pub nonce: Nonce,
    /// The time to claim.
    pub time: Timestamp,
}

/// What an edit is made on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Basis {
    /// The document as it is when the edit is written.
    #[default]
    Now,
    /// The document as it is, and only if these are still its heads.
    If(Vec<ChangeId>),
    /// The document as it was when these were its heads. What others have written since stays beside the edit, and the two
    /// meet as what is written at the same time does.
    Seen(Vec<ChangeId>),
}

impl From<Option<Vec<ChangeId>>> for Basis {
    fn from(heads: Option<Vec<ChangeId>>) -> Self {
        heads.map_or(Self::Now, Self::If)
    }
}

/// Which document an edit is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// One that exists.
    Existing(DocumentId),
    /// The one with this header, which is made if it does not exist.
    Of(DocumentHeader),
}

impl Target {
    /// The document.
    #[must_use]
    pub fn document(&self) -> DocumentId {
        match self {
            Self::Existing(document) => *document,
            Self::Of(header) => header.id(),
        }
    }
}

/// What a replica wants done at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Open a session.
    Open {
        /// Its name from now on.
        session: SessionId,
        /// With whom.
        peer: PublicKey,
    },
    /// Send a frame.
    Send {
        /// In which session.
        session: SessionId,
        /// Its bytes.
        frame: Vec<u8>,
    },
    /// End a session.
    Close {
        /// Which.
        session: SessionId,
    },
    /// Publish by gossip.
    Announce {
        /// In which space's topic.
        space: SpaceId,
        /// The message.
        message: Vec<u8>,
    },
    /// Say whether a gossiped message is to be passed on.
    Judge {
        /// Which.
        token: u64,
        /// The word on it.
        judgement: Judgement,
    },
    /// Send a frame about minutes. While the peer is connected, frames arrive whole and in order; else they are lost.
    Minutes {
        /// To which peer.
        peer: PublicKey,
        /// The frame's bytes.
        frame: Vec<u8>,
    },
    /// From now on these nodes are on the roster; all others are served no more.
    Roster {
        /// Their node keys, this node's own not among them.
        nodes: Vec<PublicKey>,
        /// Those among them that organisations certify beside the one that the minutes name.
        further: Vec<PublicKey>,
    },
    /// Part from a faulty peer.
    Disconnect {
        /// Which.
        peer: PublicKey,
        /// Why, for the operator.
        reason: String,
        /// For how long, in milliseconds.
        back_off_milliseconds: u64,
    },
    /// A peer can be reached here.
    Addresses {
        /// Its node key.
        peer: PublicKey,
        /// Multiaddresses, unchecked.
        addresses: Vec<String>,
    },
}

/// The word on a gossiped message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    /// Pass it on.
    Accept,
    /// Do not, and hold it against nobody.
    Ignore,
    /// Do not, and hold it against its sender.
    Reject,
}

/// The answer to a request. It may be given once what was committed with it is synced to disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Names the request.
    pub token: u64,
    /// What came of it.
    pub result: Result<Receipt, Refusal>,
}

/// What a request wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The document.
    pub document: DocumentId,
    /// Whether it is new.
    pub new: bool,
    /// The ids of the changes written.
    pub changes: Vec<ChangeId>,
}

/// Why a request was not carried out. Nothing of it was written.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    /// There is no such document.
    #[error("there is no document {0} of this kind")]
    NotFound(DocumentId),
    /// The document has changed.
    #[error("the document has changed")]
    Stale {
        /// The heads now.
        heads: Vec<ChangeId>,
    },
    /// A field breaks a rule.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// The document can take no more.
    #[error("{0}")]
    DocumentFull(String),
    /// Nobody has certified the key yet: its certificate may be on its way.
    #[error("the key {0} has no certificate yet")]
    Uncertified(PublicKey),
    /// The key was taken back.
    #[error("the key {0} has been revoked")]
    KeyEnded(PublicKey),
    /// The disk is full.
    #[error("the disk is full")]
    DiskFull,
    /// The gate, or the store, said no.
    #[error("{0}")]
    Failed(String),
}
