//! What a mesh is started with, and why it may not start.

use knotwork_identity::{NetworkId, SecretKey};
use thiserror::Error;

use crate::{Limits, Timing};

/// What a mesh is started with.
#[derive(Debug, Clone)]
pub struct MeshConfig {
    /// The node's key, which is its identity on the wire.
    pub node: SecretKey,
    /// The network, which names the topics of its gossip.
    pub network: NetworkId,
    /// Multiaddresses to listen on, such as `/ip4/0.0.0.0/tcp/4001` or `/ip6/::/udp/4001/quic-v1`. Port 0 takes any
    /// free port. None is allowed: such a node only dials.
    pub listen: Vec<String>,
    /// How many connections there may be.
    pub limits: Limits,
    /// How long to wait for what.
    pub timing: Timing,
}

impl MeshConfig {
    /// The defaults for a node that listens nowhere.
    #[must_use]
    pub fn new(node: SecretKey, network: NetworkId) -> Self {
        Self { node, network, listen: Vec::new(), limits: Limits::default(), timing: Timing::default() }
    }
}

/// Why a mesh does not start.
#[derive(Debug, Error)]
pub enum MeshError {
    /// The text is not a multiaddress.
    #[error("\"{0}\" is not an address; one looks like /ip4/127.0.0.1/tcp/4001 or /ip4/127.0.0.1/udp/4001/quic-v1")]
    NotAnAddress(String),
    /// A multiaddress on which this node cannot listen.
    #[error("cannot listen on {0}: only /ip4 and /ip6 with /tcp/PORT or /udp/PORT/quic-v1 are possible")]
    NotAListenAddress(String),
    /// Another program has the port.
    #[error("the address {0} is already in use by another program")]
    AddressInUse(String),
    /// The machine has no such address.
    #[error("this machine has no such address as {0}")]
    NoSuchAddress(String),
    /// The system does not allow it.
    #[error("the system does not allow listening on {0}; ports below 1024 need special rights")]
    NotAllowed(String),
    /// Something else went wrong with a listener.
    #[error("cannot listen on {address}: {reason}")]
    Listen {
        /// The address.
        address: String,
        /// What the system says.
        reason: String,
    },
    /// The transports or the gossip could not be set up.
    #[error("cannot set up the network: {0}")]
    SetUp(String),
}
