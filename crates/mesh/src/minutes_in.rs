//! Frames of minutes that peers send: from each peer one stream at a time is read, and a second takes its place.
//!
//! Nothing is read before the node asks for it. So a peer that sends more than the node takes waits, and what it may
//! have sent meanwhile is what its stream's window holds.

use std::{
    collections::{HashMap, HashSet},
    future::pending,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use libp2p::PeerId;
use tokio::sync::Notify;

use crate::{FrameReceiver, MeshStream, StreamError};

/// The frames of minutes of one peer, on whichever stream it sends them. Dropping it ends the stream; the peer's next one
/// is told of anew.
#[derive(Debug)]
pub struct MinutesReceiver {
    newest: Arc<Newest>,
    current: Option<FrameReceiver>,
}

impl MinutesReceiver {
    /// Receives one frame; nothing once the peer is not connected any more. Safe to cancel: what has come is kept.
    ///
    /// A stream that the peer ends, breaks or replaces is nobody's fault: the frames of the next one follow, and what was
    /// not received of the one before is lost.
    ///
    /// # Errors
    /// When the peer announces a frame longer than 4 MiB, with which the stream has ended.
    pub async fn recv(&mut self) -> Result<Option<Vec<u8>>, StreamError> {
        loop {
            match self.newest.take() {
                Change::None => {}
                Change::Stream(stream) => self.current = Some(stream),
                Change::Gone => {
                    self.current = None;
                    return Ok(None);
                }
            }
            let received = tokio::select! {
                biased;
                () = self.newest.changed.notified() => continue,
                received = next(&mut self.current) => received,
            };
            match received {
                Ok(Some(frame)) => return Ok(Some(frame)),
                Ok(None) => self.current = None,
                Err(error) => {
                    self.current = None;
                    if matches!(error, StreamError::FrameTooLong { .. }) {
                        return Err(error);
                    }
                    tracing::debug!(%error, "a stream of minutes has ended");
                }
            }
        }
    }
}

/// The next frame. Between two frames a stream may be silent for as long as it likes.
async fn next(stream: &mut Option<FrameReceiver>) -> Result<Option<Vec<u8>>, StreamError> {
    match stream {
        Some(stream) => {
            stream.begun().await?;
            stream.recv().await
        }
        None => pending().await,
    }
}

/// Where the mesh puts a peer's newest stream.
#[derive(Debug, Default)]
struct Newest {
    change: Mutex<Change>,
    changed: Notify,
}

/// What has come about since the receiver last looked.
#[derive(Debug, Default)]
enum Change {
    #[default]
    None,
    Stream(FrameReceiver),
    /// The peer is not connected any more.
    Gone,
}

impl Newest {
    fn put(&self, change: Change) {
        *self.change.lock().unwrap_or_else(PoisonError::into_inner) = change;
        self.changed.notify_one();
    }

    /// The peer's going is never forgotten.
    fn take(&self) -> Change {
        let mut change = self.change.lock().unwrap_or_else(PoisonError::into_inner);
        let next = if matches!(*change, Change::Gone) { Change::Gone } else { Change::None };
        std::mem::replace(&mut change, next)
    }
}

/// The receivers of connected peers.
#[derive(Debug, Default)]
pub(crate) struct MinutesIn {
    peers: HashMap<PeerId, Weak<Newest>>,
}

impl MinutesIn {
    /// A peer opened a stream: it goes to the peer's receiver, or to a new one, which is given.
    pub(crate) fn taken_in(&mut self, peer: PeerId, stream: MeshStream) -> Option<MinutesReceiver> {
        let (_, stream) = stream.split();
        if let Some(newest) = self.peers.get(&peer).and_then(Weak::upgrade) {
            newest.put(Change::Stream(stream));
            return None;
        }
        let newest = Arc::default();
        self.peers.insert(peer, Arc::downgrade(&newest));
        Some(MinutesReceiver { newest, current: Some(stream) })
    }

    /// Peers that are not among these are not heard any more, though their connections may still be closing.
    pub(crate) fn keep_only(&mut self, roster: &HashSet<PeerId>) {
        let gone: Vec<_> = self.peers.keys().filter(|peer| !roster.contains(peer)).copied().collect();
        gone.iter().for_each(|peer| self.gone(peer));
    }

    /// A peer is not connected any more.
    pub(crate) fn gone(&mut self, peer: &PeerId) {
        if let Some(newest) = self.peers.remove(peer).and_then(|newest| newest.upgrade()) {
            newest.put(Change::Gone);
        }
    }
}

impl Drop for MinutesIn {
    fn drop(&mut self) {
        for newest in self.peers.values().filter_map(Weak::upgrade) {
            newest.put(Change::Gone);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    /// A peer's receiver that has no stream.
    fn receiver(minutes: &mut MinutesIn, peer: PeerId) -> MinutesReceiver {
        let newest = Arc::default();
        minutes.peers.insert(peer, Arc::downgrade(&newest));
        MinutesReceiver { newest, current: None }
    }

    #[test]
    fn whoever_leaves_the_roster_is_not_heard_any_more() {
        let mut minutes = MinutesIn::default();
        let (stays, leaves) = (PeerId::random(), PeerId::random());
        let mut at_stays = receiver(&mut minutes, stays);
        let mut at_leaves = receiver(&mut minutes, leaves);
        minutes.keep_only(&HashSet::from([stays, PeerId::random()]));
        assert_eq!(at_leaves.recv().now_or_never(), Some(Ok(None)));
        assert_eq!(at_leaves.recv().now_or_never(), Some(Ok(None)), "and stays so");
        assert_eq!(at_stays.recv().now_or_never(), None);
        drop(minutes);
        assert_eq!(at_stays.recv().now_or_never(), Some(Ok(None)), "the end of the mesh is everyone's");
    }
}
