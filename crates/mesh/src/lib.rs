//! The mesh: the connections between the nodes of one network, over libp2p.
//!
//! It carries bytes. It finds and keeps connections with the peers that it is told are on the roster, opens streams of
//! frames with them, sends them frames of minutes, and gossips announcements, each passed on only after the node has
//! judged it. Everyone else gets one polite sentence. Every queue, size, count and wait has a bound ([`limits`]).
//!
//! It does not know what a change is, what the frames mean, who is on the roster or why, or what time it is (libp2p's
//! own timers aside). The protocols are described in `docs/protocol/mesh.md`.

mod address;
mod alive;
mod behaviour;
mod config;
mod connection_limits;
mod dialler;
mod event;
mod event_loop;
mod frames;
mod gossip;
mod guarded;
mod join;
pub mod limits;
mod listeners;
mod mesh;
mod minutes_in;
mod minutes_out;
mod roster_only;
mod streams;
mod traffic;
mod transport;
mod unjudged;
mod unreached;

pub use config::{MeshConfig, MeshError};
pub use event::{Judgement, MeshEvent, MessageToken};
pub use frames::{FrameReceiver, FrameSender, MeshStream, StreamError};
pub use limits::{Limits, Timing};
pub use mesh::Mesh;
pub use minutes_in::MinutesReceiver;
pub use streams::OpenError;
pub use traffic::Traffic;
pub use unreached::Unreached;
