//! Signs of life: a byte now and then on one stream of each connection, so that a peer that is paused or cut off is
//! noticed although nothing is said.
//!
//! The side that dialled opens the stream, after the first pause and not before, so that a short connection costs
//! nothing. Both sides then write a byte at each interval; a side that has read none for the longest silence closes.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use futures::{AsyncRead, AsyncWrite, FutureExt as _};
use libp2p::{
    Multiaddr, PeerId, StreamProtocol,
    core::{Endpoint, transport::PortUse, upgrade::ReadyUpgrade},
    swarm::{
        CloseConnection, ConnectionDenied, ConnectionHandler, ConnectionHandlerEvent, ConnectionId, FromSwarm,
        NetworkBehaviour, SubstreamProtocol, THandler, THandlerInEvent, THandlerOutEvent, ToSwarm,
        handler::{ConnectionEvent, FullyNegotiatedInbound, FullyNegotiatedOutbound},
    },
};
use tokio::time::{Instant, Sleep, sleep};

use crate::{Timing, guarded::Guarded};

/// The protocol's name.
pub(crate) const ALIVE_PROTOCOL: StreamProtocol = StreamProtocol::new("/knotwork/alive/1");

/// Closes connections that have gone silent.
pub(crate) struct Alive {
    interval: Duration,
    silence: Duration,
    silent: Vec<(PeerId, ConnectionId)>,
}

impl Alive {
    pub(crate) fn new(timing: &Timing) -> Self {
        Self { interval: timing.alive_interval, silence: timing.alive_silence, silent: Vec::new() }
    }
}

impl NetworkBehaviour for Alive {
    type ConnectionHandler = AliveHandler;
    type ToSwarm = Infallible;

    fn handle_established_inbound_connection(
        &mut self,
        _: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(AliveHandler::new(self.interval, self.silence, Endpoint::Listener))
    }

    fn handle_established_outbound_connection(
        &mut self,
        _: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(AliveHandler::new(self.interval, self.silence, Endpoint::Dialer))
    }

    fn on_swarm_event(&mut self, _: FromSwarm<'_>) {}

    fn on_connection_handler_event(&mut self, peer: PeerId, connection: ConnectionId, Silent: THandlerOutEvent<Self>) {
        self.silent.push((peer, connection));
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        match self.silent.pop() {
            Some((peer_id, connection)) => {
                tracing::debug!(%peer_id, "no sign of life, closing the connection");
                Poll::Ready(ToSwarm::CloseConnection { peer_id, connection: CloseConnection::One(connection) })
            }
            None => Poll::Pending,
        }
    }
}

/// Nothing was heard for too long.
#[derive(Debug)]
pub(crate) struct Silent;

/// One connection's side of the exchange.
pub(crate) struct AliveHandler {
    interval: Duration,
    silence: Duration,
    /// Whether this side opens the stream, and has not asked for it yet.
    must_open: bool,
    stream: Option<Guarded<libp2p::Stream>>,
    beat: Pin<Box<Sleep>>,
    /// Whether a byte is to be written as soon as the stream takes it.
    due: bool,
    unheard: Pin<Box<Sleep>>,
    reported: bool,
}

impl AliveHandler {
    fn new(interval: Duration, silence: Duration, side: Endpoint) -> Self {
        Self {
            interval,
            silence,
            must_open: side == Endpoint::Dialer,
            stream: None,
            beat: Box::pin(sleep(interval)),
            due: false,
            unheard: Box::pin(sleep(silence)),
            reported: false,
        }
    }

    /// Reads all that has come. A stream that ends is dropped; silence then tells.
    fn listen(&mut self, cx: &mut Context<'_>) {
        let mut buffer = [0; 64];
        while let Some(stream) = &mut self.stream {
            match Pin::new(stream).poll_read(cx, &mut buffer) {
                Poll::Ready(Ok(bytes)) if bytes > 0 => self.unheard.as_mut().reset(Instant::now() + self.silence),
                Poll::Ready(_) => self.stream = None,
                Poll::Pending => break,
            }
        }
    }

    /// Writes a byte if it is time.
    fn speak(&mut self, cx: &mut Context<'_>) {
        while self.beat.poll_unpin(cx).is_ready() {
            self.due = true;
            self.beat.as_mut().reset(Instant::now() + self.interval);
        }
        let Some(stream) = &mut self.stream else { return };
        if self.due {
            match Pin::new(&mut *stream).poll_write(cx, &[BEAT]) {
                Poll::Ready(Ok(_)) => self.due = false,
                Poll::Ready(Err(_)) => {
                    self.stream = None;
                    return;
                }
                Poll::Pending => return,
            }
        }
        if let Poll::Ready(Err(_)) = Pin::new(stream).poll_flush(cx) {
            self.stream = None;
        }
    }
}

impl ConnectionHandler for AliveHandler {
    type FromBehaviour = Infallible;
    type ToBehaviour = Silent;
    type InboundProtocol = ReadyUpgrade<StreamProtocol>;
    type OutboundProtocol = ReadyUpgrade<StreamProtocol>;
    type InboundOpenInfo = ();
    type OutboundOpenInfo = ();

    fn listen_protocol(&self) -> SubstreamProtocol<Self::InboundProtocol> {
        SubstreamProtocol::new(ReadyUpgrade::new(ALIVE_PROTOCOL), ())
    }

    /// A connection between peers stays open although nothing is said on it.
    fn connection_keep_alive(&self) -> bool {
        true
    }

    fn poll(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<ConnectionHandlerEvent<Self::OutboundProtocol, (), Self::ToBehaviour>> {
        self.listen(cx);
        self.speak(cx);
        if !self.reported && self.unheard.poll_unpin(cx).is_ready() {
            self.reported = true;
            return Poll::Ready(ConnectionHandlerEvent::NotifyBehaviour(Silent));
        }
        if self.must_open && self.due {
            self.must_open = false;
            let protocol = SubstreamProtocol::new(ReadyUpgrade::new(ALIVE_PROTOCOL), ()).with_timeout(self.silence);
            return Poll::Ready(ConnectionHandlerEvent::OutboundSubstreamRequest { protocol });
        }
        Poll::Pending
    }

    fn on_behaviour_event(&mut self, event: Self::FromBehaviour) {
        match event {}
    }

    fn on_connection_event(&mut self, event: ConnectionEvent<'_, Self::InboundProtocol, Self::OutboundProtocol>) {
        if let ConnectionEvent::FullyNegotiatedInbound(FullyNegotiatedInbound { protocol: stream, .. })
        | ConnectionEvent::FullyNegotiatedOutbound(FullyNegotiatedOutbound { protocol: stream, .. }) = event
        {
            // A second stream takes the first one's place: there is never more than one to read from.
            self.stream = Some(Guarded::new(stream));
        }
    }
}

const BEAT: u8 = 0;
