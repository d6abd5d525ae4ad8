//! A behaviour for the peers on the roster alone: everyone else gets the join protocol, for a few seconds.
//!
//! Whether a connection is served is settled when it is made. When the roster changes, connections of those that it
//! removes are closed, and so are those of strangers that it adds: they come back as peers.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use either::Either;
use futures::FutureExt as _;
use libp2p::{
    Multiaddr, PeerId,
    core::{Endpoint, transport::PortUse},
    swarm::{
        CloseConnection, ConnectionClosed, ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, NotifyHandler,
        THandler, THandlerInEvent, THandlerOutEvent, ToSwarm, behaviour::ConnectionEstablished,
    },
};
use tokio::time::{Instant, Sleep, sleep_until};

use crate::join::JoinHandler;

/// Shows the inner behaviour the peers on the roster, and hides all others from it.
pub(crate) struct RosterOnly<Inner: NetworkBehaviour> {
    inner: Inner,
    roster: Arc<HashSet<PeerId>>,
    /// The connections that the inner behaviour knows.
    served: HashMap<PeerId, Vec<ConnectionId>>,
    strangers: HashMap<ConnectionId, PeerId>,
    stranger_time: Duration,
    /// When which stranger's time is over: all have the same time, so the order is that of their coming.
    overdue: VecDeque<(Instant, ConnectionId)>,
    timer: Pin<Box<Sleep>>,
    out: VecDeque<ToSwarm<Served<Inner::ToSwarm>, THandlerInEvent<Self>>>,
}

/// What becomes known.
#[derive(Debug)]
pub(crate) enum Served<Event> {
    /// The first connection with a peer on the roster.
    Connected { peer: PeerId, outbound: bool },
    /// The last connection with such a peer is gone.
    Disconnected { peer: PeerId },
    /// Somebody else connected.
    Stranger { peer: PeerId },
    /// Somebody else handed over an application to join.
    Application { peer: PeerId, bytes: Vec<u8> },
    /// The inner behaviour has something to say.
    Inner(Event),
}

impl<Inner: NetworkBehaviour> RosterOnly<Inner> {
    pub(crate) fn new(inner: Inner, stranger_time: Duration) -> Self {
        Self {
            inner,
            roster: Arc::default(),
            served: HashMap::new(),
            strangers: HashMap::new(),
            stranger_time,
            overdue: VecDeque::new(),
            timer: Box::pin(sleep_until(Instant::now())),
            out: VecDeque::new(),
        }
    }

    /// The behaviour within.
    pub(crate) fn inner(&mut self) -> &mut Inner {
        &mut self.inner
    }

    /// Connections with peers on the roster.
    pub(crate) fn connections(&self) -> usize {
        self.served.values().map(Vec::len).sum()
    }

    /// Peers on the roster that are connected.
    pub(crate) fn peers(&self) -> usize {
        self.served.len()
    }

    /// From now on, these are the peers on the roster.
    pub(crate) fn set_roster(&mut self, roster: Arc<HashSet<PeerId>>) {
        self.roster = roster;
        let removed = self.served.keys().filter(|peer| !self.roster.contains(peer));
        let added = self.strangers.values().filter(|peer| self.roster.contains(peer));
        self.out.extend(
            removed
                .chain(added)
                .map(|peer| ToSwarm::CloseConnection { peer_id: *peer, connection: CloseConnection::All }),
        );
    }

    fn serve(&mut self, peer: PeerId, connection: ConnectionId) {
        self.served.entry(peer).or_default().push(connection);
    }

    fn receive(&mut self, peer: PeerId, connection: ConnectionId) -> JoinHandler {
        self.strangers.insert(connection, peer);
        self.overdue.push_back((Instant::now() + self.stranger_time, connection));
        JoinHandler::new(self.stranger_time)
    }

    fn is_served(&self, peer: &PeerId, connection: ConnectionId) -> bool {
        self.served.get(peer).is_some_and(|connections| connections.contains(&connection))
    }

    fn on_established(&mut self, event: ConnectionEstablished<'_>) {
        let ConnectionEstablished { peer_id: peer, connection_id, endpoint, failed_addresses, .. } = event;
        if !self.is_served(&peer, connection_id) {
            self.out.push_back(ToSwarm::GenerateEvent(Served::Stranger { peer }));
            return;
        }
        let other_established = self.served.get(&peer).map_or(0, |connections| connections.len() - 1);
        if other_established == 0 {
            let outbound = endpoint.is_dialer();
            self.out.push_back(ToSwarm::GenerateEvent(Served::Connected { peer, outbound }));
        }
        self.inner.on_swarm_event(FromSwarm::ConnectionEstablished(ConnectionEstablished {
            peer_id: peer,
            connection_id,
            endpoint,
            failed_addresses,
            other_established,
        }));
    }

    fn on_closed(&mut self, event: ConnectionClosed<'_>) {
        let ConnectionClosed { peer_id: peer, connection_id, endpoint, cause, .. } = event;
        self.strangers.remove(&connection_id);
        let Some(connections) = self.served.get_mut(&peer) else { return };
        let before = connections.len();
        connections.retain(|connection| *connection != connection_id);
        let remaining_established = connections.len();
        if remaining_established == before {
            return;
        }
        if remaining_established == 0 {
            self.served.remove(&peer);
            self.out.push_back(ToSwarm::GenerateEvent(Served::Disconnected { peer }));
        }
        self.inner.on_swarm_event(FromSwarm::ConnectionClosed(ConnectionClosed {
            peer_id: peer,
            connection_id,
            endpoint,
            cause,
            remaining_established,
        }));
    }

    /// Closes connections of strangers whose time is over.
    fn poll_overdue(&mut self, cx: &mut Context<'_>) {
        while let Some((due, connection)) = self.overdue.front().copied() {
            let Some(peer) = self.strangers.get(&connection).copied() else {
                self.overdue.pop_front();
                continue;
            };
            if self.timer.deadline() != due {
                self.timer.as_mut().reset(due);
            }
            if self.timer.poll_unpin(cx).is_pending() {
                return;
            }
            self.overdue.pop_front();
            let connection = CloseConnection::One(connection);
            self.out.push_back(ToSwarm::CloseConnection { peer_id: peer, connection });
        }
    }

    /// Passes on what the inner behaviour wants, addressed so that it reaches one of the inner handlers.
    fn outward(
        &self,
        wish: ToSwarm<Inner::ToSwarm, THandlerInEvent<Inner>>,
    ) -> Option<ToSwarm<Served<Inner::ToSwarm>, THandlerInEvent<Self>>> {
        let wish = match wish {
            ToSwarm::NotifyHandler { peer_id, handler: NotifyHandler::Any, event } => {
                let connection = *self.served.get(&peer_id)?.first()?;
                ToSwarm::NotifyHandler { peer_id, handler: NotifyHandler::One(connection), event }
            }
            other => other,
        };
        Some(wish.map_out(Served::Inner).map_in(Either::Left))
    }
}

impl<Inner: NetworkBehaviour> NetworkBehaviour for RosterOnly<Inner> {
    type ConnectionHandler = Either<THandler<Inner>, JoinHandler>;
    type ToSwarm = Served<Inner::ToSwarm>;

    fn handle_pending_inbound_connection(
        &mut self,
        connection: ConnectionId,
        local: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<(), ConnectionDenied> {
        self.inner.handle_pending_inbound_connection(connection, local, remote)
    }

    fn handle_established_inbound_connection(
        &mut self,
        connection: ConnectionId,
        peer: PeerId,
        local: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        if !self.roster.contains(&peer) {
            return Ok(Either::Right(self.receive(peer, connection)));
        }
        let handler = self.inner.handle_established_inbound_connection(connection, peer, local, remote)?;
        self.serve(peer, connection);
        Ok(Either::Left(handler))
    }

    fn handle_pending_outbound_connection(
        &mut self,
        connection: ConnectionId,
        peer: Option<PeerId>,
        addresses: &[Multiaddr],
        role: Endpoint,
    ) -> Result<Vec<Multiaddr>, ConnectionDenied> {
        self.inner.handle_pending_outbound_connection(connection, peer, addresses, role)
    }

    fn handle_established_outbound_connection(
        &mut self,
        connection: ConnectionId,
        peer: PeerId,
        address: &Multiaddr,
        role: Endpoint,
        port: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        if !self.roster.contains(&peer) {
            return Ok(Either::Right(self.receive(peer, connection)));
        }
        let handler = self.inner.handle_established_outbound_connection(connection, peer, address, role, port)?;
        self.serve(peer, connection);
        Ok(Either::Left(handler))
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        match event {
            FromSwarm::ConnectionEstablished(event) => self.on_established(event),
            FromSwarm::ConnectionClosed(event) => self.on_closed(event),
            FromSwarm::AddressChange(event) if !self.is_served(&event.peer_id, event.connection_id) => {}
            other => self.inner.on_swarm_event(other),
        }
    }

    fn on_connection_handler_event(&mut self, peer: PeerId, connection: ConnectionId, event: THandlerOutEvent<Self>) {
        match event {
            // A peer that has left the roster is not heard any more, though its connection may still be closing.
            Either::Left(event) if self.roster.contains(&peer) => {
                self.inner.on_connection_handler_event(peer, connection, event);
            }
            Either::Left(_) => {}
            Either::Right(bytes) => {
                self.out.push_back(ToSwarm::GenerateEvent(Served::Application { peer, bytes }));
            }
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        self.poll_overdue(cx);
        if let Some(wish) = self.out.pop_front() {
            return Poll::Ready(wish);
        }
        while let Poll::Ready(wish) = self.inner.poll(cx) {
            if let Some(wish) = self.outward(wish) {
                return Poll::Ready(wish);
            }
        }
        Poll::Pending
    }
}
