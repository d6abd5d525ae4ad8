//! The streams of one protocol with the peers on the roster, opened by either side, and the question why one is not
//! served.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, atomic::AtomicUsize},
    task::{Context, Poll},
    time::Duration,
};

use libp2p::{
    Multiaddr, PeerId, StreamProtocol,
    core::{Endpoint, transport::PortUse, upgrade::ReadyUpgrade},
    swarm::{
        ConnectionClosed, ConnectionDenied, ConnectionHandler, ConnectionHandlerEvent, ConnectionId, FromSwarm,
        NetworkBehaviour, NotifyHandler, StreamUpgradeError, SubstreamProtocol, THandler, THandlerInEvent,
        THandlerOutEvent, ToSwarm,
        handler::{ConnectionEvent, DialUpgradeError, FullyNegotiatedInbound, FullyNegotiatedOutbound},
    },
};
use thiserror::Error;
use tokio::sync::oneshot;

use crate::{MeshStream, Timing, frames::Place, traffic::FrameCounters};

/// The protocol on which two peers bring their spaces in step.
pub(crate) const RECONCILE_PROTOCOL: StreamProtocol = StreamProtocol::new("/knotwork/reconcile/1");
/// The protocol on which a node sends a peer frames of minutes.
pub(crate) const MINUTES_PROTOCOL: StreamProtocol = StreamProtocol::new("/knotwork/minutes/1");

/// Opens and accepts streams with the peers that it is told of.
pub(crate) struct Streams {
    /// What is accepted.
    protocol: StreamProtocol,
    /// Streams with one peer at a time, each way.
    max: usize,
    timing: Timing,
    counters: Arc<FrameCounters>,
    peers: HashMap<PeerId, Peer>,
    out: VecDeque<ToSwarm<Inbound, Open>>,
}

/// A stream that a peer opened.
#[derive(Debug)]
pub(crate) struct Inbound {
    pub(crate) peer: PeerId,
    pub(crate) stream: MeshStream,
}

/// A stream that is wanted, and who wants it.
#[derive(Debug)]
pub(crate) struct Open {
    pub(crate) protocol: StreamProtocol,
    pub(crate) place: Place,
    pub(crate) reply: oneshot::Sender<Result<MeshStream, OpenError>>,
}

/// What is kept of a connected peer.
#[derive(Default)]
struct Peer {
    /// The newest last: streams go there, because an older one may be left over from before the peer's machine went
    /// down without a word.
    connections: Vec<ConnectionId>,
    taken_in: Arc<AtomicUsize>,
    taken_out: Arc<AtomicUsize>,
}

impl Streams {
    /// Accepts streams of a protocol, and has at most `max` with one peer at a time, each way.
    pub(crate) fn new(protocol: StreamProtocol, max: usize, timing: &Timing, counters: Arc<FrameCounters>) -> Self {
        Self { protocol, max, timing: *timing, counters, peers: HashMap::new(), out: VecDeque::new() }
    }

    /// Opens a stream to a connected peer, and answers when it is open.
    pub(crate) fn open(
        &mut self,
        peer_id: PeerId,
        protocol: StreamProtocol,
        reply: oneshot::Sender<Result<MeshStream, OpenError>>,
    ) {
        let Some((peer, connection)) =
            self.peers.get(&peer_id).and_then(|peer| Some((peer, *peer.connections.last()?)))
        else {
            _ = reply.send(Err(OpenError::NotConnected));
            return;
        };
        let Some(place) = Place::take(&peer.taken_out, self.max) else {
            _ = reply.send(Err(OpenError::TooMany(self.max)));
            return;
        };
        let handler = NotifyHandler::One(connection);
        self.out.push_back(ToSwarm::NotifyHandler { peer_id, handler, event: Open { protocol, place, reply } });
    }

    fn handler(&mut self, peer: PeerId, connection: ConnectionId) -> StreamsHandler {
        let peer = self.peers.entry(peer).or_default();
        peer.connections.push(connection);
        StreamsHandler {
            protocol: self.protocol.clone(),
            max: self.max,
            taken_in: Arc::clone(&peer.taken_in),
            timing: self.timing,
            counters: Arc::clone(&self.counters),
            out: VecDeque::new(),
        }
    }
}

impl NetworkBehaviour for Streams {
    type ConnectionHandler = StreamsHandler;
    type ToSwarm = Inbound;

    fn handle_established_inbound_connection(
        &mut self,
        connection: ConnectionId,
        peer: PeerId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(self.handler(peer, connection))
    }

    fn handle_established_outbound_connection(
        &mut self,
        connection: ConnectionId,
        peer: PeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(self.handler(peer, connection))
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        if let FromSwarm::ConnectionClosed(ConnectionClosed { peer_id, connection_id, .. }) = event
            && let Some(peer) = self.peers.get_mut(&peer_id)
        {
            peer.connections.retain(|connection| *connection != connection_id);
            if peer.connections.is_empty() {
                self.peers.remove(&peer_id);
            }
        }
    }

    fn on_connection_handler_event(&mut self, peer: PeerId, _: ConnectionId, stream: THandlerOutEvent<Self>) {
        self.out.push_back(ToSwarm::GenerateEvent(Inbound { peer, stream }));
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        self.out.pop_front().map_or(Poll::Pending, Poll::Ready)
    }
}

/// The streams of one connection.
pub(crate) struct StreamsHandler {
    protocol: StreamProtocol,
    max: usize,
    taken_in: Arc<AtomicUsize>,
    timing: Timing,
    counters: Arc<FrameCounters>,
    out: VecDeque<ConnectionHandlerEvent<ReadyUpgrade<StreamProtocol>, Open, MeshStream>>,
}

impl StreamsHandler {
    fn stream(&self, stream: libp2p::Stream, place: Place) -> MeshStream {
        MeshStream::new(stream, self.timing.stream_idle, Arc::clone(&self.counters), place)
    }
}

impl ConnectionHandler for StreamsHandler {
    type FromBehaviour = Open;
    type ToBehaviour = MeshStream;
    type InboundProtocol = ReadyUpgrade<StreamProtocol>;
    type OutboundProtocol = ReadyUpgrade<StreamProtocol>;
    type InboundOpenInfo = ();
    type OutboundOpenInfo = Open;

    fn listen_protocol(&self) -> SubstreamProtocol<Self::InboundProtocol> {
        SubstreamProtocol::new(ReadyUpgrade::new(self.protocol.clone()), ()).with_timeout(self.timing.open_stream)
    }

    fn poll(
        &mut self,
        _: &mut Context<'_>,
    ) -> Poll<ConnectionHandlerEvent<Self::OutboundProtocol, Self::OutboundOpenInfo, Self::ToBehaviour>> {
        self.out.pop_front().map_or(Poll::Pending, Poll::Ready)
    }

    fn on_behaviour_event(&mut self, open: Open) {
        let upgrade = ReadyUpgrade::new(open.protocol.clone());
        let protocol = SubstreamProtocol::new(upgrade, open).with_timeout(self.timing.open_stream);
        self.out.push_back(ConnectionHandlerEvent::OutboundSubstreamRequest { protocol });
    }

    fn on_connection_event(
        &mut self,
        event: ConnectionEvent<'_, Self::InboundProtocol, Self::OutboundProtocol, (), Self::OutboundOpenInfo>,
    ) {
        match event {
            ConnectionEvent::FullyNegotiatedInbound(FullyNegotiatedInbound { protocol: stream, .. }) => {
                // One too many is dropped, which resets it.
                match Place::take(&self.taken_in, self.max) {
                    Some(place) => {
                        let stream = self.stream(stream, place);
                        self.out.push_back(ConnectionHandlerEvent::NotifyBehaviour(stream));
                    }
                    None => tracing::debug!("a peer opened too many streams"),
                }
            }
            ConnectionEvent::FullyNegotiatedOutbound(FullyNegotiatedOutbound { protocol: stream, info: open }) => {
                let stream = self.stream(stream, open.place);
                _ = open.reply.send(Ok(stream));
            }
            ConnectionEvent::DialUpgradeError(DialUpgradeError { info: open, error }) => {
                _ = open.reply.send(Err(match error {
                    StreamUpgradeError::Timeout => OpenError::TimedOut(self.timing.open_stream),
                    StreamUpgradeError::NegotiationFailed => OpenError::NotServed,
                    StreamUpgradeError::Apply(never) => match never {},
                    StreamUpgradeError::Io(_) => OpenError::Disconnected,
                }));
            }
            _ => {}
        }
    }
}

/// Why a stream could not be opened.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum OpenError {
    /// There is no connection with the peer.
    #[error("the peer is not connected")]
    NotConnected,
    /// The connection ended meanwhile.
    #[error("the connection ended before the stream was open")]
    Disconnected,
    /// So many streams with this peer are open already.
    #[error("{0} streams with the peer are open already")]
    TooMany(usize),
    /// The peer does not serve this node: it does not have it on its roster (any more, or yet).
    #[error("the peer does not serve this node")]
    NotServed,
    /// The peer did not answer.
    #[error("the peer did not answer within {0:?}")]
    TimedOut(Duration),
    /// The mesh has been shut down.
    #[error("the mesh has been shut down")]
    ShutDown,
}
