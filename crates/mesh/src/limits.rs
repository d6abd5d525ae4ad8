//! Every bound of the mesh, named, and the settings that a deployment may change.

use std::time::Duration;

/// The longest application that somebody who is not on the roster may hand over, in bytes.
pub const APPLICATION_BYTES_MAX: usize = 16 * 1024;

/// How many connections there may be at once. The defaults are the constants below.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Established connections that others opened.
    pub connections_in: usize,
    /// Established connections that this node opened.
    pub connections_out: usize,
    /// Established connections that further nodes of organisations opened, one each, beside those.
    pub connections_further: usize,
    /// Established connections with one peer, both ways together.
    pub connections_per_peer: usize,
    /// Connections from one IP address (for IPv6 one /64) of those that are not, or not yet known to be, on the roster.
    pub connections_per_address: usize,
    /// Established connections of those that are not on the roster.
    pub strangers: usize,
    /// Connections whose handshake is not over: those in, of each carrier, and those out. Of those in, half the places
    /// are kept for where peers on the roster are known to be.
    pub pending: usize,
    /// Reconcile streams with one peer at a time, each way.
    pub streams_per_peer: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_in: CONNECTIONS_IN_MAX,
            connections_out: CONNECTIONS_OUT_MAX,
            connections_further: CONNECTIONS_FURTHER_MAX,
            connections_per_peer: CONNECTIONS_PER_PEER_MAX,
            connections_per_address: CONNECTIONS_PER_ADDRESS_MAX,
            strangers: STRANGERS_MAX,
            pending: PENDING_MAX,
            streams_per_peer: STREAMS_PER_PEER_MAX,
        }
    }
}

/// How long the mesh waits for what. The defaults are the constants below; tests shorten them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// From the first byte of a connection to the end of its handshake.
    pub handshake: Duration,
    /// From the wish for a stream to the stream.
    pub open_stream: Duration,
    /// How long a stream may stand still, while this node waits to read from it or to write to it.
    pub stream_idle: Duration,
    /// How often a sign of life goes out on each connection.
    pub alive_interval: Duration,
    /// After how long without a sign of life a connection is given up.
    pub alive_silence: Duration,
    /// How long somebody who is not on the roster may stay connected.
    pub stranger: Duration,
    /// The first pause after a failed dial; each further one is twice as long.
    pub redial_first: Duration,
    /// The longest pause while the peer was reached, or named, within [`Timing::redial_patience`].
    pub redial_soon: Duration,
    /// The longest pause after that.
    pub redial_late: Duration,
    /// How long a lost peer is looked for at the shorter pauses.
    pub redial_patience: Duration,
    /// How long a connection must last before it counts as a success and the pauses begin anew.
    pub steady: Duration,
    /// How long one address has before the next of the same peer is tried beside it.
    pub address_stagger: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            handshake: HANDSHAKE_MAX,
            open_stream: OPEN_STREAM_MAX,
            stream_idle: STREAM_IDLE_MAX,
            alive_interval: ALIVE_INTERVAL,
            alive_silence: ALIVE_SILENCE_MAX,
            stranger: STRANGER_TIME_MAX,
            redial_first: REDIAL_FIRST,
            redial_soon: REDIAL_SOON_MAX,
            redial_late: REDIAL_LATE_MAX,
            redial_patience: REDIAL_PATIENCE,
            steady: STEADY,
            address_stagger: ADDRESS_STAGGER,
        }
    }
}

/// The largest frame that is taken in on a stream, in bytes.
pub const FRAME_BYTES_MAX: usize = 4 * 1024 * 1024;
/// The largest message that is gossiped, in bytes.
pub const GOSSIP_BYTES_MAX: usize = 64 * 1024;
/// The longest sentence that a peer's refusal may have, in bytes.
pub const REFUSAL_BYTES_MAX: usize = 512;

/// Established connections that others opened.
pub const CONNECTIONS_IN_MAX: usize = 128;
/// Established connections that further nodes of organisations opened, one each, beside those.
pub const CONNECTIONS_FURTHER_MAX: usize = 32;
/// Established connections that this node opened; a quarter of them at most with further nodes of organisations.
pub const CONNECTIONS_OUT_MAX: usize = 16;
/// Established connections with one peer.
pub const CONNECTIONS_PER_PEER_MAX: usize = 2;
/// Unknown connections from one address.
pub const CONNECTIONS_PER_ADDRESS_MAX: usize = 8;
/// Established connections of those that are not on the roster: a quarter, so that a crowd leaves room for peers.
pub const STRANGERS_MAX: usize = 32;
/// Handshakes under way: in by TCP, in by QUIC, and out.
pub const PENDING_MAX: usize = 32;
/// Reconcile streams with one peer at a time, each way.
pub const STREAMS_PER_PEER_MAX: usize = 8;
/// Streams of minutes with one peer at a time, each way: one in use, the one that takes its place, and two that are just
/// ending.
pub const MINUTES_STREAMS_PER_PEER_MAX: usize = 4;
/// Streams of all protocols on one connection.
pub const STREAMS_PER_CONNECTION_MAX: usize = 64;
/// Streams of one connection whose protocol is still being settled.
pub const STREAMS_NEGOTIATING_MAX: usize = 16;

/// Frames of minutes that wait to be sent to one peer; beyond it the stream is given up with all of them. All votes and
/// proposals of one height, a frame each, are half of it.
pub const MINUTES_WAITING_MAX: usize = 8 * 1024;
/// Their bytes. All votes and proposals of one height, of the greatest length, are just over half of it.
pub const MINUTES_WAITING_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Gossiped messages that wait to be sent to one peer; beyond it they are dropped for that peer.
pub const GOSSIP_QUEUE_MAX: usize = 1024;
/// Gossiped messages that wait for a judgement, of one peer.
pub const UNJUDGED_PER_PEER_MAX: usize = 256;
/// The same, of all peers.
pub const UNJUDGED_MAX: usize = 4096;
/// Bytes of gossiped messages that wait for a judgement, of one peer: to check them takes less than half a second.
pub const UNJUDGED_BYTES_PER_PEER_MAX: usize = 1024 * 1024;
/// The same, of all peers.
pub const UNJUDGED_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Events that wait for the node; beyond it, the network waits too.
pub const EVENTS_MAX: usize = 1024;
/// Commands that wait for the mesh; beyond it, announcements are dropped and other commands wait.
pub const COMMANDS_MAX: usize = 1024;
/// Extra addresses to dial, whose peers are not known.
pub const EXTRA_ADDRESSES_MAX: usize = 64;
/// Addresses of one peer; what is named beyond it is ignored.
pub const ADDRESSES_PER_PEER_MAX: usize = 16;
/// Peers that are refused for a time.
pub const REFUSED_MAX: usize = 1024;

const HANDSHAKE_MAX: Duration = Duration::from_secs(10);
const OPEN_STREAM_MAX: Duration = Duration::from_secs(10);
const STREAM_IDLE_MAX: Duration = Duration::from_secs(30);
const ALIVE_INTERVAL: Duration = Duration::from_secs(15);
const ALIVE_SILENCE_MAX: Duration = Duration::from_secs(40);
const STRANGER_TIME_MAX: Duration = Duration::from_secs(5);
const REDIAL_FIRST: Duration = Duration::from_millis(250);
const REDIAL_SOON_MAX: Duration = Duration::from_secs(8);
const REDIAL_LATE_MAX: Duration = Duration::from_secs(60);
const REDIAL_PATIENCE: Duration = Duration::from_secs(600);
const STEADY: Duration = Duration::from_secs(10);
const ADDRESS_STAGGER: Duration = Duration::from_secs(1);
