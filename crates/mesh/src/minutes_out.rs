//! Frames of minutes on their way to peers: a queue for each, and one stream, opened with the first frame.
//!
//! A stream that breaks, stands still or is not taken off fast enough is given up together with what waits for it; the
//! next frame begins anew. The minutes' own tallies find out what was lost.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use knotwork_identity::PublicKey;
use thiserror::Error;
use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    task::AbortHandle,
};

use crate::{
    FrameSender, MeshStream, OpenError, StreamError,
    limits::{FRAME_BYTES_MAX, MINUTES_WAITING_BYTES_MAX, MINUTES_WAITING_MAX},
};

/// The queues, by peer.
#[derive(Debug, Default)]
pub(crate) struct MinutesOut {
    queues: Mutex<HashMap<PublicKey, Queue>>,
}

impl MinutesOut {
    /// Puts a frame in a peer's queue, and opens a stream with `open` where none is open.
    pub(crate) fn send<Opening>(
        &self,
        runtime: &Handle,
        peer: PublicKey,
        mut frame: Vec<u8>,
        open: impl FnOnce() -> Opening,
    ) where
        Opening: Future<Output = Result<MeshStream, OpenError>> + Send + 'static,
    {
        if frame.len() > FRAME_BYTES_MAX {
            tracing::error!(%peer, bytes = frame.len(), "a frame of minutes is too long to be sent");
            return;
        }
        let mut queues = self.queues();
        if let Some(queue) = queues.get(&peer) {
            match queue.push(frame) {
                Ok(()) => return,
                Err(Unsent::Full) => {
                    tracing::warn!(%peer, "a peer does not take the minutes that it is sent: the stream is given up");
                    queues.remove(&peer);
                    return;
                }
                Err(Unsent::Ended(back)) => frame = back,
            }
        }
        let queue = Queue::start(runtime, peer, open());
        // A queue that has just begun has room for any frame.
        _ = queue.push(frame);
        queues.insert(peer, queue);
    }

    /// Gives up what waits for a peer, and its stream.
    pub(crate) fn forget(&self, peer: &PublicKey) {
        self.queues().remove(peer);
    }

    /// Gives up everything.
    pub(crate) fn clear(&self) {
        self.queues().clear();
    }

    fn queues(&self) -> MutexGuard<'_, HashMap<PublicKey, Queue>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What waits for one peer. Dropping it gives up the stream at once.
#[derive(Debug)]
struct Queue {
    frames: mpsc::Sender<Waiting>,
    /// A permit is a byte.
    room: Arc<Semaphore>,
    task: AbortHandle,
}

/// A frame that waits, and its room.
#[derive(Debug)]
struct Waiting {
    frame: Vec<u8>,
    _room: OwnedSemaphorePermit,
}

/// Why a frame does not wait.
#[derive(Debug)]
enum Unsent {
    Full,
    /// The stream has ended; here is the frame.
    Ended(Vec<u8>),
}

impl Queue {
    fn start(
        runtime: &Handle,
        peer: PublicKey,
        opening: impl Future<Output = Result<MeshStream, OpenError>> + Send + 'static,
    ) -> Self {
        let (frames, frames_out) = mpsc::channel(MINUTES_WAITING_MAX);
        let task = runtime.spawn(async move {
            let Err(error) = run(opening, frames_out).await;
            tracing::debug!(%peer, %error, "minutes are not sent to a peer any more");
        });
        Self { frames, room: Arc::new(Semaphore::new(MINUTES_WAITING_BYTES_MAX)), task: task.abort_handle() }
    }

    fn push(&self, frame: Vec<u8>) -> Result<(), Unsent> {
        if self.frames.is_closed() {
            return Err(Unsent::Ended(frame));
        }
        let bytes = u32::try_from(frame.len()).map_err(|_| Unsent::Full)?;
        let room = Arc::clone(&self.room).try_acquire_many_owned(bytes).map_err(|_| Unsent::Full)?;
        self.frames.try_send(Waiting { frame, _room: room }).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => Unsent::Full,
            mpsc::error::TrySendError::Closed(waiting) => Unsent::Ended(waiting.frame),
        })
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Opens the stream and sends what waits on it, until it ends.
async fn run(
    opening: impl Future<Output = Result<MeshStream, OpenError>>,
    frames: mpsc::Receiver<Waiting>,
) -> Result<std::convert::Infallible, Ended> {
    let (sender, receiver) = opening.await?.split();
    // The peer says nothing here: whatever comes is the end, and is noticed before the next frame is lost on it.
    tokio::select! {
        error = send(sender, frames) => Err(error),
        error = receiver.ended() => Err(error.into()),
    }
}

async fn send(mut sender: FrameSender, mut frames: mpsc::Receiver<Waiting>) -> Ended {
    while let Some(waiting) = frames.recv().await {
        if let Err(error) = sender.send(&waiting.frame).await {
            return error.into();
        }
    }
    Ended::Forgotten
}

/// Why no more is sent.
#[derive(Debug, Error)]
enum Ended {
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Stream(#[from] StreamError),
    #[error("the peer is not connected any more")]
    Forgotten,
}

#[cfg(test)]
mod tests {
    use std::{
        future::{pending, ready},
        sync::atomic::{AtomicUsize, Ordering},
    };

    use knotwork_identity::SecretKey;

    use super::*;

    fn peer() -> PublicKey {
        SecretKey::from_seed(&[1; 32]).public()
    }

    /// How many frames of a size are taken before a queue whose stream never opens is given up, and the most bytes that
    /// waited.
    fn taken(size: usize) -> (usize, usize) {
        let out = MinutesOut::default();
        let (mut frames, mut bytes_most) = (0, 0);
        loop {
            out.send(&Handle::current(), peer(), vec![0; size], pending);
            match out.queues().get(&peer()) {
                Some(queue) => bytes_most = bytes_most.max(MINUTES_WAITING_BYTES_MAX - queue.room.available_permits()),
                None => return (frames, bytes_most),
            }
            frames += 1;
        }
    }

    #[tokio::test]
    async fn what_waits_is_bounded_by_number_and_by_size() {
        assert_eq!(taken(0), (MINUTES_WAITING_MAX, 0));
        let frames = MINUTES_WAITING_BYTES_MAX / FRAME_BYTES_MAX;
        assert_eq!(taken(FRAME_BYTES_MAX), (frames, frames * FRAME_BYTES_MAX));
        let (frames, bytes) = taken(FRAME_BYTES_MAX - 1);
        assert!(bytes <= MINUTES_WAITING_BYTES_MAX && frames == bytes / (FRAME_BYTES_MAX - 1));
        // No task stays with what was given up.
        let alive = || Handle::current().metrics().num_alive_tasks();
        while alive() > 0 {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn a_stream_is_asked_for_with_the_first_frame_and_again_after_it_ended() {
        let out = MinutesOut::default();
        let asked = AtomicUsize::new(0);
        let send = || {
            out.send(&Handle::current(), peer(), b"frame".to_vec(), || {
                asked.fetch_add(1, Ordering::SeqCst);
                ready(Err(OpenError::NotConnected))
            });
        };
        send();
        send();
        assert_eq!(asked.load(Ordering::SeqCst), 1, "the first one is still being opened");
        while out.queues().values().any(|queue| !queue.frames.is_closed()) {
            tokio::task::yield_now().await;
        }
        send();
        assert_eq!(asked.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn a_frame_that_is_too_long_is_not_sent_and_hurts_no_other() {
        let out = MinutesOut::default();
        out.send(&Handle::current(), peer(), vec![0; FRAME_BYTES_MAX + 1], pending);
        assert!(out.queues().is_empty());
        out.send(&Handle::current(), peer(), vec![0; FRAME_BYTES_MAX], pending);
        out.send(&Handle::current(), peer(), vec![0; FRAME_BYTES_MAX + 1], pending);
        assert_eq!(out.queues().len(), 1);
        out.forget(&peer());
        assert!(out.queues().is_empty());
    }
}
