//! What reaches the replica's thread from the tasks around it.

use knotwork_identity::PublicKey;
use knotwork_mesh::{MeshStream, MessageToken, MinutesReceiver};
use knotwork_replica::{Announcement, Event, FrameError, SessionId};

use super::room::Room;

/// What reaches the replica's thread beside commands.
#[derive(Debug)]
pub(crate) enum Input {
    /// Something that the replica understands as it is.
    Event(Event),
    /// A frame came along a stream, of a session or of minutes.
    Frame {
        /// What it is to the replica.
        event: Event,
        /// What it takes of the room for what waits.
        room: Room,
    },
    /// A peer opened a stream.
    Stream {
        /// The peer.
        peer: PublicKey,
        /// The stream.
        stream: MeshStream,
    },
    /// A peer sends frames of minutes.
    Minutes {
        /// The peer.
        peer: PublicKey,
        /// The frames.
        frames: MinutesReceiver,
    },
    /// A stream that the replica asked for is open.
    Established {
        /// The session that it is for.
        session: SessionId,
        /// The stream.
        stream: MeshStream,
    },
    /// Gossip brought something, which has been read.
    Announced {
        /// The peer that passed it on.
        peer: PublicKey,
        /// What the mesh wants back with the judgement.
        message: MessageToken,
        /// What it says, or why it says nothing.
        announcement: Result<Announcement, FrameError>,
        /// What it takes of the room for what waits.
        room: Room,
    },
    /// Write what there is, and end.
    Stop,
}
