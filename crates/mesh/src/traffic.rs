//! What goes over the wire, counted where it does.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
};

use futures::{AsyncRead, AsyncWrite};
use libp2p::core::muxing::{StreamMuxer, StreamMuxerEvent};

/// What went over the wire since the mesh began, and who is connected now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Bytes received: over TCP all that the socket carried, handshakes included; over QUIC what its streams carried.
    pub bytes_in: u64,
    /// Bytes sent, counted in the same way.
    pub bytes_out: u64,
    /// Of these, the bytes of frames on reconcile streams, received.
    pub stream_bytes_in: u64,
    /// Of these, the bytes of frames on reconcile streams, sent.
    pub stream_bytes_out: u64,
    /// Of all bytes received, those of frames of minutes.
    pub minutes_bytes_in: u64,
    /// Of all bytes sent, those of frames of minutes.
    pub minutes_bytes_out: u64,
    /// Announcements that arrived and were handed to the node.
    pub announcements_in: u64,
    /// Announcements that this node made.
    pub announcements_out: u64,
    /// Announcements dropped, in or out, because too many waited.
    pub announcements_dropped: u64,
    /// Connections that were turned away, by a limit or because their peer was refused.
    pub turned_away: u64,
    /// Connections of somebody who is not on the roster, who was told so.
    pub strangers: u64,
    /// Peers on the roster that are connected now.
    pub peers: u64,
    /// Connections with them now.
    pub connections: u64,
}

/// The counters behind [`Traffic`].
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) bytes_in: AtomicU64,
    pub(crate) bytes_out: AtomicU64,
    pub(crate) reconcile: Arc<FrameCounters>,
    pub(crate) minutes: Arc<FrameCounters>,
    pub(crate) announcements_in: AtomicU64,
    pub(crate) announcements_out: AtomicU64,
    pub(crate) announcements_dropped: AtomicU64,
    pub(crate) turned_away: AtomicU64,
    pub(crate) strangers: AtomicU64,
    pub(crate) peers: AtomicU64,
    pub(crate) connections: AtomicU64,
}

/// The counters of the frames of one protocol.
#[derive(Debug, Default)]
pub(crate) struct FrameCounters {
    pub(crate) bytes_in: AtomicU64,
    pub(crate) bytes_out: AtomicU64,
}

impl Counters {
    pub(crate) fn read(&self) -> Traffic {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Traffic {
            bytes_in: read(&self.bytes_in),
            bytes_out: read(&self.bytes_out),
            stream_bytes_in: read(&self.reconcile.bytes_in),
            stream_bytes_out: read(&self.reconcile.bytes_out),
            minutes_bytes_in: read(&self.minutes.bytes_in),
            minutes_bytes_out: read(&self.minutes.bytes_out),
            announcements_in: read(&self.announcements_in),
            announcements_out: read(&self.announcements_out),
            announcements_dropped: read(&self.announcements_dropped),
            turned_away: read(&self.turned_away),
            strangers: read(&self.strangers),
            peers: read(&self.peers),
            connections: read(&self.connections),
        }
    }
}

/// Adds to a counter.
pub(crate) fn count(counter: &AtomicU64, amount: usize) {
    counter.fetch_add(amount as u64, Ordering::Relaxed);
}

/// A socket or stream whose bytes are counted.
#[derive(Debug)]
pub(crate) struct Counted<S> {
    inner: S,
    counters: Arc<Counters>,
}

impl<S> Counted<S> {
    pub(crate) fn new(inner: S, counters: Arc<Counters>) -> Self {
        Self { inner, counters }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Counted<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.inner).poll_read(cx, buffer);
        if let Poll::Ready(Ok(bytes)) = &result {
            count(&self.counters.bytes_in, *bytes);
        }
        result
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Counted<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &[u8]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.inner).poll_write(cx, buffer);
        if let Poll::Ready(Ok(bytes)) = &result {
            count(&self.counters.bytes_out, *bytes);
        }
        result
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_close(cx)
    }
}

/// A connection whose streams are counted, for a carrier that hides its socket.
#[derive(Debug)]
pub(crate) struct CountedMuxer<M> {
    inner: M,
    counters: Arc<Counters>,
}

impl<M> CountedMuxer<M> {
    pub(crate) fn new(inner: M, counters: Arc<Counters>) -> Self {
        Self { inner, counters }
    }
}

impl<M: StreamMuxer + Unpin> StreamMuxer for CountedMuxer<M>
where
    M::Substream: Unpin,
{
    type Substream = Counted<M::Substream>;
    type Error = M::Error;

    fn poll_inbound(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<Self::Substream, Self::Error>> {
        let counters = Arc::clone(&self.counters);
        Pin::new(&mut self.inner).poll_inbound(cx).map_ok(|stream| Counted::new(stream, counters))
    }

    fn poll_outbound(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<Self::Substream, Self::Error>> {
        let counters = Arc::clone(&self.counters);
        Pin::new(&mut self.inner).poll_outbound(cx).map_ok(|stream| Counted::new(stream, counters))
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Pin::new(&mut self.inner).poll_close(cx)
    }

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<StreamMuxerEvent, Self::Error>> {
        Pin::new(&mut self.inner).poll(cx)
    }
}
