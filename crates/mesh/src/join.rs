//! What those who are not on the roster get: one polite sentence. What they may hand over: one application to join.

use std::{
    convert::Infallible,
    task::{Context, Poll},
    time::Duration,
};

use futures::{AsyncReadExt as _, AsyncWriteExt as _, FutureExt as _, future::BoxFuture};
use libp2p::{
    StreamProtocol,
    core::upgrade::{DeniedUpgrade, ReadyUpgrade},
    swarm::{
        ConnectionHandler, ConnectionHandlerEvent, SubstreamProtocol,
        handler::{ConnectionEvent, FullyNegotiatedInbound},
    },
};
use tokio::time::timeout;

use crate::limits::APPLICATION_BYTES_MAX;

/// The protocol that everyone is served.
pub(crate) const JOIN_PROTOCOL: StreamProtocol = StreamProtocol::new("/knotwork/join/1");

/// What is said to those who are not on the roster.
pub(crate) const REFUSAL: &str = "this node serves a network that you are not in (yet); ask one of the network's \
                                  organisations to invite you";

/// Says the sentence once, on one stream, takes what is handed over there, and nothing more.
pub(crate) struct JoinHandler {
    time: Duration,
    saying: Option<BoxFuture<'static, Vec<u8>>>,
    said: bool,
}

impl JoinHandler {
    pub(crate) fn new(time: Duration) -> Self {
        Self { time, saying: None, said: false }
    }
}

impl ConnectionHandler for JoinHandler {
    type FromBehaviour = Infallible;
    /// An application to join, as it was handed over.
    type ToBehaviour = Vec<u8>;
    type InboundProtocol = ReadyUpgrade<StreamProtocol>;
    type OutboundProtocol = DeniedUpgrade;
    type InboundOpenInfo = ();
    type OutboundOpenInfo = Infallible;

    fn listen_protocol(&self) -> SubstreamProtocol<Self::InboundProtocol> {
        SubstreamProtocol::new(ReadyUpgrade::new(JOIN_PROTOCOL), ()).with_timeout(self.time)
    }

    fn poll(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<ConnectionHandlerEvent<Self::OutboundProtocol, Self::OutboundOpenInfo, Self::ToBehaviour>> {
        if let Some(saying) = &mut self.saying
            && let Poll::Ready(application) = saying.poll_unpin(cx)
        {
            self.saying = None;
            if !application.is_empty() {
                return Poll::Ready(ConnectionHandlerEvent::NotifyBehaviour(application));
            }
        }
        Poll::Pending
    }

    fn on_behaviour_event(&mut self, event: Self::FromBehaviour) {
        match event {}
    }

    fn on_connection_event(
        &mut self,
        event: ConnectionEvent<'_, Self::InboundProtocol, Self::OutboundProtocol, (), Self::OutboundOpenInfo>,
    ) {
        if let ConnectionEvent::FullyNegotiatedInbound(FullyNegotiatedInbound { protocol: stream, .. }) = event
            && !self.said
        {
            self.said = true;
            self.saying = Some(say(stream, self.time).boxed());
        }
    }
}

/// Writes the sentence as one frame, and reads what the stranger hands over as one: nothing, where it is too long or does
/// not come in time. Whether the sentence arrives is the stranger's concern.
async fn say(mut stream: libp2p::Stream, time: Duration) -> Vec<u8> {
    let mut frame = (REFUSAL.len() as u32).to_be_bytes().to_vec();
    frame.extend_from_slice(REFUSAL.as_bytes());
    let said = timeout(time, async {
        stream.write_all(&frame).await?;
        stream.close().await?;
        let mut length = [0; 4];
        stream.read_exact(&mut length).await?;
        let length = u32::from_be_bytes(length) as usize;
        let mut handed_over = vec![0; if length > APPLICATION_BYTES_MAX { 0 } else { length }];
        stream.read_exact(&mut handed_over).await?;
        Ok::<_, std::io::Error>(handed_over)
    });
    said.await.ok().and_then(Result::ok).unwrap_or_default()
}
