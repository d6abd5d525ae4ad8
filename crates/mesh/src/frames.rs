//! Frames on a stream: a length of four bytes, big-endian, and that many bytes. What they mean is not known here.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures::{
    AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _,
    io::{ReadHalf, WriteHalf},
};
use libp2p::core::upgrade::NegotiationError;
use thiserror::Error;
use tokio::time::timeout;

use crate::{
    guarded::Guarded,
    limits::FRAME_BYTES_MAX,
    traffic::{FrameCounters, count},
};

/// A stream of frames between this node and one peer.
///
/// Dropping it before [`MeshStream::close`] resets it, which the peer sees as [`StreamError::Broken`] or as its end.
#[derive(Debug)]
pub struct MeshStream {
    sender: FrameSender,
    receiver: FrameReceiver,
}

/// The half of a [`MeshStream`] that writes.
#[derive(Debug)]
pub struct FrameSender {
    stream: WriteHalf<Guarded<Carrier>>,
    idle: Duration,
    counters: Arc<FrameCounters>,
    _place: Arc<Place>,
}

/// The half of a [`MeshStream`] that reads.
#[derive(Debug)]
pub struct FrameReceiver {
    stream: ReadHalf<Guarded<Carrier>>,
    /// The length of the next frame, of which `header_filled` bytes have come.
    header: [u8; LENGTH_BYTES],
    header_filled: usize,
    /// The next frame, of which `body_filled` bytes have come; the rest is room.
    body: Vec<u8>,
    body_filled: usize,
    idle: Duration,
    counters: Arc<FrameCounters>,
    _place: Arc<Place>,
}

impl MeshStream {
    pub(crate) fn new(stream: libp2p::Stream, idle: Duration, counters: Arc<FrameCounters>, place: Place) -> Self {
        Self::over(Box::new(stream), idle, counters, place)
    }

    fn over(stream: Carrier, idle: Duration, counters: Arc<FrameCounters>, place: Place) -> Self {
        let (reading, writing) = Guarded::new(stream).split();
        let place = Arc::new(place);
        Self {
            sender: FrameSender { stream: writing, idle, counters: Arc::clone(&counters), _place: Arc::clone(&place) },
            receiver: FrameReceiver {
                stream: reading,
                header: [0; LENGTH_BYTES],
                header_filled: 0,
                body: Vec::new(),
                body_filled: 0,
                idle,
                counters,
                _place: place,
            },
        }
    }

    /// Sends one frame; see [`FrameSender::send`].
    ///
    /// # Errors
    /// As there.
    pub async fn send(&mut self, frame: &[u8]) -> Result<(), StreamError> {
        self.sender.send(frame).await
    }

    /// Receives one frame; see [`FrameReceiver::recv`].
    ///
    /// # Errors
    /// As there.
    pub async fn recv(&mut self) -> Result<Option<Vec<u8>>, StreamError> {
        self.receiver.recv().await
    }

    /// Takes the stream apart, so that two tasks can send and receive.
    #[must_use]
    pub fn split(self) -> (FrameSender, FrameReceiver) {
        (self.sender, self.receiver)
    }

    /// Ends this side: the peer's [`FrameReceiver::recv`] then gives nothing. What the peer has sent is not read.
    ///
    /// # Errors
    /// When the stream broke before all was handed over.
    pub async fn close(self) -> Result<(), StreamError> {
        self.sender.close().await
    }
}

impl FrameSender {
    /// Sends one frame, and waits while the peer is not reading. Not to be cancelled half-way: a stream on which that
    /// happened must be dropped.
    ///
    /// # Errors
    /// When the frame is longer than 4 MiB, the peer did not read for the idle time, or the stream broke.
    pub async fn send(&mut self, frame: &[u8]) -> Result<(), StreamError> {
        if frame.len() > FRAME_BYTES_MAX {
            return Err(StreamError::FrameTooLong { found: frame.len() as u64 });
        }
        // The length travels with the first bytes: alone it would cost a packet and two headers.
        let first = frame.len().min(WRITE_BYTES - LENGTH_BYTES);
        let mut head = Vec::with_capacity(LENGTH_BYTES + first);
        head.extend_from_slice(&(frame.len() as u32).to_be_bytes());
        head.extend_from_slice(&frame[..first]);
        self.write(&head).await?;
        for part in frame[first..].chunks(WRITE_BYTES) {
            self.write(part).await?;
        }
        within(self.idle, self.stream.flush()).await?;
        count(&self.counters.bytes_out, LENGTH_BYTES + frame.len());
        Ok(())
    }

    /// Ends this side of the stream: the peer's [`FrameReceiver::recv`] then gives nothing.
    ///
    /// # Errors
    /// When the stream broke before all was handed over.
    pub async fn close(mut self) -> Result<(), StreamError> {
        within(self.idle, self.stream.close()).await
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), StreamError> {
        within(self.idle, self.stream.write_all(bytes)).await
    }
}

impl FrameReceiver {
    /// Waits, for as long as it takes, until the next frame has begun or the peer has ended its side; then
    /// [`FrameReceiver::recv`] has something to say. Safe to cancel.
    pub(crate) async fn begun(&mut self) -> Result<(), StreamError> {
        if self.header_filled == 0 {
            let read = self.stream.read(&mut self.header).await;
            self.header_filled = read.map_err(|error| StreamError::from_io(&error))?;
        }
        Ok(())
    }

    /// Waits for the end of a stream on which the peer has nothing to say.
    pub(crate) async fn ended(mut self) -> StreamError {
        match self.stream.read(&mut self.header).await {
            Ok(0) => StreamError::Broken("the peer has ended it".to_owned()),
            Ok(_) => StreamError::Broken("the peer sends on a stream that is this node's to send on".to_owned()),
            Err(error) => StreamError::from_io(&error),
        }
    }

    /// Receives one frame; nothing when the peer has ended its side. Safe to cancel: what has come is kept.
    ///
    /// # Errors
    /// When the peer announces a frame longer than 4 MiB, sends nothing for the idle time, breaks the stream, or does
    /// not serve it.
    pub async fn recv(&mut self) -> Result<Option<Vec<u8>>, StreamError> {
        while self.header_filled < LENGTH_BYTES {
            let bytes = within(self.idle, self.stream.read(&mut self.header[self.header_filled..])).await?;
            if bytes == 0 {
                return if self.header_filled == 0 { Ok(None) } else { Err(StreamError::CutShort) };
            }
            self.header_filled += bytes;
        }
        let announced = u32::from_be_bytes(self.header);
        let length = announced as usize;
        if length > FRAME_BYTES_MAX {
            return Err(StreamError::FrameTooLong { found: announced.into() });
        }
        while self.body_filled < length {
            // Room is made as bytes come, and never for a length that was only announced.
            let end = length.min(self.body_filled + READ_BYTES);
            self.body.resize(end, 0);
            let bytes = within(self.idle, self.stream.read(&mut self.body[self.body_filled..])).await?;
            if bytes == 0 {
                return Err(StreamError::CutShort);
            }
            self.body_filled += bytes;
        }
        count(&self.counters.bytes_in, LENGTH_BYTES + length);
        self.header_filled = 0;
        self.body_filled = 0;
        Ok(Some(std::mem::take(&mut self.body)))
    }
}

async fn within<T>(idle: Duration, progress: impl Future<Output = io::Result<T>>) -> Result<T, StreamError> {
    match timeout(idle, progress).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(StreamError::from_io(&error)),
        Err(_) => Err(StreamError::Idle(idle)),
    }
}

/// Why a stream is of no more use.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum StreamError {
    /// A frame is longer than is taken in.
    #[error("a frame of {found} bytes is longer than the limit of {max}", max = FRAME_BYTES_MAX)]
    FrameTooLong {
        /// The frame's length, as sent or announced.
        found: u64,
    },
    /// The peer ended the stream within a frame.
    #[error("the stream ended in the middle of a frame")]
    CutShort,
    /// Nothing moved for the idle time.
    #[error("nothing moved on the stream for {0:?}")]
    Idle(Duration),
    /// The peer does not serve this node: it does not have it on its roster (any more, or yet).
    #[error("the peer does not serve this node")]
    NotServed,
    /// The connection broke, or the peer dropped the stream.
    #[error("the stream broke: {0}")]
    Broken(String),
}

impl StreamError {
    fn from_io(error: &io::Error) -> Self {
        let declined = error
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<NegotiationError>())
            .is_some_and(|negotiation| matches!(negotiation, NegotiationError::Failed));
        if declined { Self::NotServed } else { Self::Broken(error.to_string()) }
    }
}

/// One of the streams that a peer may have at a time; free again when dropped.
#[derive(Debug)]
pub(crate) struct Place {
    taken: Arc<AtomicUsize>,
}

impl Place {
    /// Takes a place if fewer than `max` are taken.
    pub(crate) fn take(taken: &Arc<AtomicUsize>, max: usize) -> Option<Self> {
        taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| (count < max).then_some(count + 1)).ok()?;
        Some(Self { taken: Arc::clone(taken) })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.taken.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What carries the frames: a libp2p stream, or a pipe in a test.
type Carrier = Box<dyn Bytes>;

trait Bytes: AsyncRead + AsyncWrite + Send + Unpin + std::fmt::Debug {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin + std::fmt::Debug> Bytes for S {}

const LENGTH_BYTES: usize = 4;
/// What is written at once: what yamux puts in one of its frames.
const WRITE_BYTES: usize = 16 * 1024;
/// What is read at once.
const READ_BYTES: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
    use tokio_util::compat::TokioAsyncReadCompatExt as _;

    use super::*;

    /// A stream over a pipe that takes so many bytes at a time, and the pipe's other end.
    fn stream(room: usize, idle: Duration) -> (MeshStream, DuplexStream) {
        let (near, far) = duplex(room);
        let place = Place::take(&Arc::default(), 1).expect("a place");
        (MeshStream::over(Box::new(near.compat()), idle, Arc::default(), place), far)
    }

    const LONG: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn a_frame_is_its_length_and_its_bytes() {
        let (mut stream, mut far) = stream(1024, LONG);
        stream.send(b"knot").await.expect("sent");
        stream.send(b"").await.expect("sent");
        stream.close().await.expect("closed");
        let mut bytes = Vec::new();
        far.read_to_end(&mut bytes).await.expect("read");
        assert_eq!(bytes, b"\0\0\0\x04knot\0\0\0\0");
    }

    #[tokio::test]
    async fn frames_survive_every_way_of_being_cut_into_pieces() {
        for room in [1, 2, 3, 5, 7, 64] {
            let frames = [0, 1, 3, 4, 5, 300].map(|size| vec![size as u8; size]);
            let (mut stream, far) = stream(room, LONG);
            let (mut back, mut forth) = tokio::io::split(far);
            let sending = async move {
                for frame in &frames {
                    stream.send(frame).await.expect("sent");
                }
                for frame in &frames {
                    assert_eq!(stream.recv().await, Ok(Some(frame.clone())));
                }
            };
            // What comes goes back as it came, until the stream is dropped.
            let echoing = tokio::io::copy(&mut back, &mut forth);
            _ = tokio::join!(sending, echoing);
        }
    }

    #[tokio::test]
    async fn receiving_can_be_cancelled_at_any_byte() {
        let (mut stream, mut far) = stream(1, LONG);
        let bytes = b"\0\0\0\x05whole\0\0\0\x01!";
        let mut frames = Vec::new();
        for byte in bytes {
            far.write_all(&[*byte]).await.expect("written");
            // Polled once, and dropped.
            if let Some(frame) = futures::FutureExt::now_or_never(stream.recv()) {
                frames.push(frame.expect("received").expect("not the end"));
            }
        }
        assert_eq!(frames, [b"whole".to_vec(), b"!".to_vec()]);
    }

    #[tokio::test]
    async fn a_stream_that_ends_within_a_frame_is_cut_short() {
        for bytes in [&b"\0"[..], b"\0\0\0", b"\0\0\0\x02", b"\0\0\0\x02a"] {
            let (mut stream, mut far) = stream(64, LONG);
            far.write_all(bytes).await.expect("written");
            drop(far);
            assert_eq!(stream.recv().await, Err(StreamError::CutShort), "{bytes:?}");
        }
        let (mut stream, far) = stream(64, LONG);
        drop(far);
        assert_eq!(stream.recv().await, Ok(None));
    }

    #[tokio::test]
    async fn room_is_not_made_for_a_length_that_was_only_announced() {
        let (mut stream, mut far) = stream(64, LONG);
        far.write_all(&(FRAME_BYTES_MAX as u32).to_be_bytes()).await.expect("written");
        far.write_all(b"little").await.expect("written");
        assert!(futures::FutureExt::now_or_never(stream.recv()).is_none());
        assert!(stream.receiver.body.capacity() <= 2 * READ_BYTES);
    }

    #[tokio::test]
    async fn standing_still_is_noticed_both_ways() {
        let idle = Duration::from_millis(20);
        let (mut stream, _far) = stream(64, idle);
        assert_eq!(stream.recv().await, Err(StreamError::Idle(idle)));
        assert_eq!(stream.send(&[0; 1000]).await, Err(StreamError::Idle(idle)));
    }

    #[test]
    fn a_place_is_free_again_when_dropped() {
        let taken = Arc::default();
        let places: Vec<_> = std::iter::from_fn(|| Place::take(&taken, 3)).collect();
        assert_eq!(places.len(), 3);
        drop(places);
        assert!(Place::take(&taken, 1).is_some());
    }
}
