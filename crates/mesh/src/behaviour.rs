//! What the swarm does: the limits for everyone, and gossip, streams and signs of life for the peers on the roster.

use std::{collections::HashSet, sync::Arc};

use libp2p::{PeerId, swarm::NetworkBehaviour};

use crate::{
    Limits, MeshError, Timing,
    alive::Alive,
    connection_limits::ConnectionLimits,
    gossip,
    gossip::Topics,
    limits::MINUTES_STREAMS_PER_PEER_MAX,
    roster_only::RosterOnly,
    streams::{MINUTES_PROTOCOL, RECONCILE_PROTOCOL, Streams},
    traffic::Counters,
};

/// All of it. The limits come first: once a later part has made its handler, nobody may turn the connection away.
#[derive(NetworkBehaviour)]
pub(crate) struct Behaviour {
    pub(crate) limits: ConnectionLimits,
    pub(crate) served: RosterOnly<Peers>,
}

/// What the peers on the roster get.
#[derive(NetworkBehaviour)]
pub(crate) struct Peers {
    pub(crate) gossip: gossip::Behaviour,
    pub(crate) streams: Streams,
    pub(crate) minutes: Streams,
    pub(crate) alive: Alive,
}

impl Behaviour {
    pub(crate) fn new(
        limits: Limits,
        timing: &Timing,
        topics: &Topics,
        counters: &Arc<Counters>,
    ) -> Result<Self, MeshError> {
        let peers = Peers {
            gossip: gossip::behaviour(topics)?,
            streams: Streams::new(RECONCILE_PROTOCOL, limits.streams_per_peer, timing, Arc::clone(&counters.reconcile)),
            minutes: Streams::new(
                MINUTES_PROTOCOL,
                MINUTES_STREAMS_PER_PEER_MAX,
                timing,
                Arc::clone(&counters.minutes),
            ),
            alive: Alive::new(timing),
        };
        Ok(Self { limits: ConnectionLimits::new(limits), served: RosterOnly::new(peers, timing.stranger) })
    }

    /// From now on, these are the peers on the roster.
    pub(crate) fn set_roster(&mut self, roster: HashSet<PeerId>) {
        let roster = Arc::new(roster);
        self.limits.set_roster(Arc::clone(&roster));
        self.served.set_roster(roster);
    }
}
