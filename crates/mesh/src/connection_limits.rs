//! How many connections there may be, of whom, from where; and who is refused for a time.

use std::{
    collections::{HashMap, HashSet},
    convert::Infallible,
    net::IpAddr,
    sync::Arc,
    task::{Context, Poll},
};

use libp2p::{
    Multiaddr, PeerId,
    core::{Endpoint, transport::PortUse},
    swarm::{
        ConnectionClosed, ConnectionDenied, ConnectionId, DialFailure, FromSwarm, ListenFailure, NetworkBehaviour,
        THandler, THandlerInEvent, THandlerOutEvent, ToSwarm, behaviour::ConnectionEstablished, dummy,
    },
};
use thiserror::Error;
use tokio::time::Instant;

use crate::{Limits, address, limits::REFUSED_MAX};

/// Turns away connections that are too many.
///
/// There are never more than some two hundred entries, so they are counted anew each time: no count can go wrong, and
/// nothing is kept of those that are gone.
pub(crate) struct ConnectionLimits {
    limits: Limits,
    roster: Arc<HashSet<PeerId>>,
    refused: HashMap<PeerId, Instant>,
    pending_in: HashMap<ConnectionId, Option<IpAddr>>,
    pending_out: HashSet<ConnectionId>,
    established: HashMap<ConnectionId, Established>,
}

struct Established {
    peer: PeerId,
    inbound: bool,
    source: Option<IpAddr>,
}

impl ConnectionLimits {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            roster: Arc::default(),
            refused: HashMap::new(),
            pending_in: HashMap::new(),
            pending_out: HashSet::new(),
            established: HashMap::new(),
        }
    }

    /// From now on, these are the peers on the roster.
    pub(crate) fn set_roster(&mut self, roster: Arc<HashSet<PeerId>>) {
        self.roster = roster;
    }

    /// Refuses every new connection with a peer until then.
    pub(crate) fn refuse(&mut self, peer: PeerId, until: Instant) {
        let now = Instant::now();
        self.refused.retain(|_, until| *until > now);
        if self.refused.len() < REFUSED_MAX {
            self.refused.insert(peer, until);
        }
    }

    /// Connections out, and those being made.
    pub(crate) fn outbound(&self) -> usize {
        self.pending_out.len() + self.established.values().filter(|connection| !connection.inbound).count()
    }

    fn count(&self, is: impl Fn(&Established) -> bool) -> usize {
        self.established.values().filter(|connection| is(connection)).count()
    }

    fn check_peer(&self, peer: &PeerId) -> Result<(), TurnedAway> {
        if self.refused.get(peer).is_some_and(|until| *until > Instant::now()) {
            return Err(TurnedAway::Refused);
        }
        if self.count(|connection| connection.peer == *peer) >= self.limits.connections_per_peer {
            return Err(TurnedAway::PerPeer);
        }
        Ok(())
    }

    fn check_pending_in(&self, source: Option<IpAddr>) -> Result<(), TurnedAway> {
        if self.pending_in.len() >= self.limits.pending {
            return Err(TurnedAway::Pending);
        }
        let unknown = self.pending_in.values().filter(|pending| **pending == source).count()
            + self.count(|connection| {
                connection.inbound && connection.source == source && !self.roster.contains(&connection.peer)
            });
        if source.is_some() && unknown >= self.limits.connections_per_address {
            return Err(TurnedAway::PerAddress);
        }
        Ok(())
    }

    fn check_in(&self, peer: &PeerId) -> Result<(), TurnedAway> {
        if address::public_key(peer).is_none() {
            return Err(TurnedAway::NotANode);
        }
        self.check_peer(peer)?;
        if self.count(|connection| connection.inbound) >= self.limits.connections_in {
            return Err(TurnedAway::Inbound);
        }
        let stranger = |peer: &PeerId| !self.roster.contains(peer);
        if stranger(peer) && self.count(|connection| stranger(&connection.peer)) >= self.limits.strangers {
            return Err(TurnedAway::Strangers);
        }
        Ok(())
    }

    fn check_out(&self, peer: &PeerId) -> Result<(), TurnedAway> {
        if !self.roster.contains(peer) {
            return Err(TurnedAway::NotOnRoster(*peer));
        }
        if self.count(|connection| connection.peer == *peer && !connection.inbound) > 0 {
            return Err(TurnedAway::AlreadyDialled(*peer));
        }
        self.check_peer(peer)?;
        if self.count(|connection| !connection.inbound) >= self.limits.connections_out {
            return Err(TurnedAway::Outbound);
        }
        Ok(())
    }
}

impl NetworkBehaviour for ConnectionLimits {
    type ConnectionHandler = dummy::ConnectionHandler;
    type ToSwarm = Infallible;

    fn handle_pending_inbound_connection(
        &mut self,
        connection: ConnectionId,
        _: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<(), ConnectionDenied> {
        let source = address::source(remote);
        self.check_pending_in(source).map_err(ConnectionDenied::new)?;
        self.pending_in.insert(connection, source);
        Ok(())
    }

    fn handle_established_inbound_connection(
        &mut self,
        connection: ConnectionId,
        peer: PeerId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.pending_in.remove(&connection);
        self.check_in(&peer).map_err(ConnectionDenied::new)?;
        Ok(dummy::ConnectionHandler)
    }

    fn handle_pending_outbound_connection(
        &mut self,
        connection: ConnectionId,
        _: Option<PeerId>,
        _: &[Multiaddr],
        _: Endpoint,
    ) -> Result<Vec<Multiaddr>, ConnectionDenied> {
        if self.pending_out.len() >= self.limits.pending {
            return Err(ConnectionDenied::new(TurnedAway::Pending));
        }
        self.pending_out.insert(connection);
        Ok(Vec::new())
    }

    fn handle_established_outbound_connection(
        &mut self,
        connection: ConnectionId,
        peer: PeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.pending_out.remove(&connection);
        self.check_out(&peer).map_err(ConnectionDenied::new)?;
        Ok(dummy::ConnectionHandler)
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        match event {
            FromSwarm::ConnectionEstablished(ConnectionEstablished { peer_id, connection_id, endpoint, .. }) => {
                let source = address::source(endpoint.get_remote_address());
                let connection = Established { peer: peer_id, inbound: endpoint.is_listener(), source };
                self.established.insert(connection_id, connection);
            }
            FromSwarm::ConnectionClosed(ConnectionClosed { connection_id, .. }) => {
                self.established.remove(&connection_id);
            }
            FromSwarm::DialFailure(DialFailure { connection_id, .. }) => {
                self.pending_out.remove(&connection_id);
            }
            FromSwarm::ListenFailure(ListenFailure { connection_id, .. }) => {
                self.pending_in.remove(&connection_id);
            }
            _ => {}
        }
    }

    fn on_connection_handler_event(&mut self, _: PeerId, _: ConnectionId, event: THandlerOutEvent<Self>) {
        match event {}
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        Poll::Pending
    }
}

/// Why a connection was turned away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum TurnedAway {
    #[error("too many connections are being made")]
    Pending,
    #[error("too many unknown connections from one address")]
    PerAddress,
    #[error("too many connections with one peer")]
    PerPeer,
    #[error("too many connections in")]
    Inbound,
    #[error("too many connections out")]
    Outbound,
    #[error("too many connections of those that are not on the roster")]
    Strangers,
    #[error("the peer's key is not of the kind that nodes have")]
    NotANode,
    #[error("the peer at this address is not on the roster")]
    NotOnRoster(PeerId),
    #[error("there is such a connection already")]
    AlreadyDialled(PeerId),
    #[error("the peer is refused for now")]
    Refused,
}
