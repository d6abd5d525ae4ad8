//! What the mesh tells the node.

use knotwork_identity::{PublicKey, SpaceId};
use libp2p::{PeerId, gossipsub::MessageId};

use crate::{MeshStream, MinutesReceiver, unjudged::Waiting};

/// What the mesh tells the node. Peers are named by their node keys.
#[derive(Debug)]
pub enum MeshEvent {
    /// A peer on the roster is connected; told once, however many connections there are with it.
    Connected {
        /// The peer.
        peer: PublicKey,
        /// Whether this node dialled.
        outbound: bool,
    },
    /// The last connection with a peer on the roster has ended, or it left the roster.
    Disconnected {
        /// The peer.
        peer: PublicKey,
    },
    /// A peer passed on an announcement. It waits for a judgement, and goes no further without one.
    Announced {
        /// The peer that passed it on, which need not be its author.
        peer: PublicKey,
        /// The space in whose topic it came.
        space: SpaceId,
        /// What [`crate::Mesh::judge`] wants back.
        token: MessageToken,
        /// What was announced.
        bytes: Vec<u8>,
    },
    /// A peer opened a reconcile stream.
    Stream {
        /// The peer.
        peer: PublicKey,
        /// The stream.
        stream: MeshStream,
    },
    /// A peer sends frames of minutes. Told again only after a disconnection, or once the receiver was dropped.
    Minutes {
        /// The peer.
        peer: PublicKey,
        /// The frames.
        frames: MinutesReceiver,
    },
    /// Somebody who is not on the roster handed over what may be an application to join; once a connection.
    Application {
        /// Who it was.
        peer: PublicKey,
        /// What was handed over, of at most 16 KiB, and not looked at.
        bytes: Vec<u8>,
    },
    /// Somebody who is not on the roster connected, and was told so. Told at most once a minute for each; best effort.
    Refused {
        /// Who it was.
        peer: PublicKey,
    },
}

/// An announcement that waits for its judgement. Dropping it is to ignore the announcement.
#[derive(Debug)]
pub struct MessageToken {
    pub(crate) id: MessageId,
    pub(crate) from: PeerId,
    pub(crate) _waiting: Waiting,
}

/// What becomes of an announcement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    /// Good: pass it on.
    Accept,
    /// Neither good nor bad, such as what was known already or cannot be checked yet: do not pass it on.
    Ignore,
    /// Bad, such as a wrong signature: do not pass it on, and hold it against those that sent it.
    Reject,
}
