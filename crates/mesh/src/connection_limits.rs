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

use crate::{
    Limits,
    address::{self, Carrier},
    limits::{ADDRESSES_PER_PEER_MAX, REFUSED_MAX},
};

/// Turns away connections that are too many.
///
/// There are never more than some two hundred entries, so they are counted anew each time: no count can go wrong, and
/// nothing is kept of those that are gone.
pub(crate) struct ConnectionLimits {
    limits: Limits,
    roster: Arc<HashSet<PeerId>>,
    /// Those on the roster that are further nodes of their organisations.
    further: HashSet<PeerId>,
    refused: HashMap<PeerId, Instant>,
    /// Where peers are by what is published of them.
    published: HashMap<PeerId, Vec<IpAddr>>,
    /// Where peers on the roster were connected last.
    seen: HashMap<PeerId, IpAddr>,
    pending_in: HashMap<ConnectionId, Pending>,
    pending_out: HashSet<ConnectionId>,
    established: HashMap<ConnectionId, Established>,
}

#[derive(Clone, Copy)]
struct Pending {
    carrier: Carrier,
    source: Option<IpAddr>,
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
            further: HashSet::new(),
            refused: HashMap::new(),
            published: HashMap::new(),
            seen: HashMap::new(),
            pending_in: HashMap::new(),
            pending_out: HashSet::new(),
            established: HashMap::new(),
        }
    }

    /// From now on, these are the peers on the roster.
    pub(crate) fn set_roster(&mut self, roster: Arc<HashSet<PeerId>>) {
        self.roster = roster;
        self.seen.retain(|peer, _| self.roster.contains(peer));
    }

    /// From now on, these of those on the roster are further nodes of their organisations.
    pub(crate) fn set_further(&mut self, further: HashSet<PeerId>) {
        self.further = further;
    }

    /// Whether a peer is on the roster.
    pub(crate) fn is_on_roster(&self, peer: &PeerId) -> bool {
        self.roster.contains(peer)
    }

    /// From now on, a peer is published to be at these addresses.
    pub(crate) fn set_addresses(&mut self, peer: PeerId, addresses: &[Multiaddr]) {
        let sources: Vec<IpAddr> = addresses.iter().filter_map(address::source).take(ADDRESSES_PER_PEER_MAX).collect();
        if sources.is_empty() {
            self.published.remove(&peer);
        } else {
            self.published.insert(peer, sources);
        }
    }

    /// Whether a peer on the roster is known to be there.
    fn is_known(&self, source: IpAddr) -> bool {
        let seen = self.seen.values().any(|seen| *seen == source);
        seen || self.published.iter().any(|(peer, sources)| self.roster.contains(peer) && sources.contains(&source))
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

    /// Whoever is at a few addresses could keep all places of a carrier filled with sockets on which nothing comes. So
    /// half of them are for those alone who come from where a peer is known to be.
    fn check_pending_in(&self, carrier: Carrier, source: Option<IpAddr>) -> Result<(), TurnedAway> {
        let known = source.is_some_and(|source| self.is_known(source));
        let pending = self.pending_in.values().filter(|pending| pending.carrier == carrier);
        let (taken, places) = if known {
            (pending.count(), self.limits.pending)
        } else {
            let of_unknown = pending.filter(|pending| !pending.source.is_some_and(|source| self.is_known(source)));
            (of_unknown.count(), self.limits.pending / 2)
        };
        if taken >= places {
            return Err(TurnedAway::Pending);
        }
        let unknown = self.pending_in.values().filter(|pending| pending.source == source).count()
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
        let further = |connection: &Established| self.further.contains(&connection.peer);
        if self.further.contains(peer) {
            // An organisation may have many, and they must not take the places of those that sign.
            if self.count(|connection| connection.inbound && connection.peer == *peer) > 0 {
                return Err(TurnedAway::PerPeer);
            }
            let taken = self.count(|connection| connection.inbound && further(connection));
            return if taken < self.limits.connections_further { Ok(()) } else { Err(TurnedAway::Inbound) };
        }
        if self.count(|connection| connection.inbound && !further(connection)) >= self.limits.connections_in {
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
        let with_further = self.count(|connection| !connection.inbound && self.further.contains(&connection.peer));
        let too_many_further = self.further.contains(peer) && with_further >= self.limits.connections_out.div_ceil(4);
        if too_many_further || self.count(|connection| !connection.inbound) >= self.limits.connections_out {
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
        let carrier = address::carrier(remote);
        self.check_pending_in(carrier, source).map_err(ConnectionDenied::new)?;
        self.pending_in.insert(connection, Pending { carrier, source });
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
                if let Some(source) = source.filter(|_| self.roster.contains(&peer_id)) {
                    self.seen.insert(peer_id, source);
                }
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

#[cfg(test)]
mod tests {
    use knotwork_identity::SecretKey;

    use super::*;

    /// Counts how many sockets come in from a host by a carrier before one is turned away.
    fn fill(limits: &mut ConnectionLimits, next: &mut usize, host: &str, carrier: &str) -> usize {
        let local: Multiaddr = "/ip4/127.0.0.1/tcp/1".parse().expect("an address");
        let remote: Multiaddr = format!("/ip4/{host}/{carrier}").parse().expect("an address");
        let mut come_in = 0;
        loop {
            *next += 1;
            let connection = ConnectionId::new_unchecked(*next);
            if limits.handle_pending_inbound_connection(connection, &local, &remote).is_err() {
                return come_in;
            }
            come_in += 1;
        }
    }

    #[test]
    fn further_nodes_take_no_places_of_others() {
        let settings = Limits { connections_in: 4, connections_further: 2, connections_out: 4, ..Limits::default() };
        let mut limits = ConnectionLimits::new(settings);
        let peer = |seed: u8| address::peer_id(&SecretKey::from_seed(&[seed; 32]).public()).expect("a key");
        let named: Vec<PeerId> = (0..4).map(peer).collect();
        let further: Vec<PeerId> = (10..15).map(peer).collect();
        limits.set_roster(Arc::new(named.iter().chain(&further).copied().collect()));
        limits.set_further(further.iter().copied().collect());
        let mut next = 0;
        let mut come = |limits: &mut ConnectionLimits, peer: PeerId, inbound: bool| {
            let may = if inbound { limits.check_in(&peer) } else { limits.check_out(&peer) };
            next += 1;
            if may.is_ok() {
                let connection = Established { peer, inbound, source: None };
                limits.established.insert(ConnectionId::new_unchecked(next), connection);
            }
            may
        };
        assert_eq!(come(&mut limits, further[0], true), Ok(()));
        assert_eq!(come(&mut limits, further[0], true), Err(TurnedAway::PerPeer), "one each");
        assert_eq!(come(&mut limits, further[1], true), Ok(()));
        assert_eq!(come(&mut limits, further[2], true), Err(TurnedAway::Inbound), "of all of them no more than two");
        for peer in &named {
            assert_eq!(come(&mut limits, *peer, true), Ok(()));
        }
        assert_eq!(come(&mut limits, further[3], false), Ok(()));
        assert_eq!(come(&mut limits, further[4], false), Err(TurnedAway::Outbound), "a quarter of four");
        assert_eq!(come(&mut limits, named[0], false), Ok(()));
    }

    #[test]
    fn a_few_addresses_cannot_take_the_places_of_known_ones_or_of_another_carrier() {
        let settings = Limits { pending: 32, connections_per_address: 8, ..Limits::default() };
        let mut limits = ConnectionLimits::new(settings);
        let peer = PeerId::random();
        limits.set_roster(Arc::new(HashSet::from([peer])));
        let at_home: Multiaddr = "/ip4/192.0.2.7/tcp/7300".parse().expect("an address");
        limits.set_addresses(peer, &[at_home]);
        let mut next = 0;
        let mut crowd = |limits: &mut ConnectionLimits, carrier: &str| -> usize {
            (2..6).map(|host| fill(limits, &mut next, &format!("127.0.0.{host}"), carrier)).sum()
        };
        assert_eq!(crowd(&mut limits, "tcp/9"), 16, "half of the places of TCP");
        assert_eq!(crowd(&mut limits, "udp/9/quic-v1"), 16, "and half of those of QUIC");
        assert_eq!(crowd(&mut limits, "udp/9/quic-v1") + crowd(&mut limits, "tcp/9"), 0);
        let mut next = 1_000;
        assert_eq!(fill(&mut limits, &mut next, "192.0.2.7", "tcp/9"), 8, "where a peer is known to be");
        assert_eq!(fill(&mut limits, &mut next, "192.0.2.8", "tcp/9"), 0);
        // A peer that left the roster is known no more.
        limits.set_roster(Arc::default());
        assert!(!limits.is_known("192.0.2.7".parse().expect("an address")));
    }
}
