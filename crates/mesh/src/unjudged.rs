//! How many announcements may wait for their judgement: so many of each peer, so many of all.

use std::{
    collections::HashMap,
    sync::{
        Arc, Weak,
        atomic::{AtomicUsize, Ordering},
    },
};

use libp2p::PeerId;

use crate::limits::{UNJUDGED_BYTES_MAX, UNJUDGED_BYTES_PER_PEER_MAX, UNJUDGED_MAX, UNJUDGED_PER_PEER_MAX};

/// What waits, of each peer and of all.
#[derive(Debug, Default)]
pub(crate) struct Unjudged {
    all: Arc<Load>,
    peers: HashMap<PeerId, Weak<Load>>,
}

impl Unjudged {
    /// Makes room for a message of so many bytes, until the answer is dropped; nothing if there is none.
    pub(crate) fn wait(&mut self, peer: PeerId, bytes: usize) -> Option<Waiting> {
        let load = match self.peers.get(&peer).and_then(Weak::upgrade) {
            Some(load) => load,
            None => {
                self.peers.retain(|_, load| load.strong_count() > 0);
                let load = Arc::<Load>::default();
                self.peers.insert(peer, Arc::downgrade(&load));
                load
            }
        };
        let fits = load.fits(bytes, UNJUDGED_PER_PEER_MAX, UNJUDGED_BYTES_PER_PEER_MAX)
            && self.all.fits(bytes, UNJUDGED_MAX, UNJUDGED_BYTES_MAX);
        fits.then(|| {
            load.add(bytes);
            self.all.add(bytes);
            Waiting { bytes, of_peer: load, of_all: Arc::clone(&self.all) }
        })
    }
}

/// The room that one message takes; free again when dropped.
#[derive(Debug)]
pub(crate) struct Waiting {
    bytes: usize,
    of_peer: Arc<Load>,
    of_all: Arc<Load>,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.of_peer.subtract(self.bytes);
        self.of_all.subtract(self.bytes);
    }
}

/// Messages and their bytes. Only the mesh's own task adds, so what fits before an addition fits after it.
#[derive(Debug, Default)]
struct Load {
    messages: AtomicUsize,
    bytes: AtomicUsize,
}

impl Load {
    fn fits(&self, bytes: usize, messages_max: usize, bytes_max: usize) -> bool {
        self.messages.load(Ordering::Relaxed) < messages_max && self.bytes.load(Ordering::Relaxed) + bytes <= bytes_max
    }

    fn add(&self, bytes: usize) {
        self.messages.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    fn subtract(&self, bytes: usize) {
        self.messages.fetch_sub(1, Ordering::Relaxed);
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_fills_its_own_room_and_no_others() {
        let mut unjudged = Unjudged::default();
        let (loud, quiet) = (PeerId::random(), PeerId::random());
        let mut waiting: Vec<_> = std::iter::from_fn(|| unjudged.wait(loud, 1)).collect();
        assert_eq!(waiting.len(), UNJUDGED_PER_PEER_MAX);
        assert!(unjudged.wait(quiet, 1).is_some());
        waiting.pop();
        assert!(unjudged.wait(loud, 1).is_some());
        let large: Vec<_> = std::iter::from_fn(|| unjudged.wait(quiet, 64 * 1024)).collect();
        assert_eq!(large.len(), UNJUDGED_BYTES_PER_PEER_MAX / (64 * 1024));
    }

    #[test]
    fn all_together_have_a_bound_too_and_nothing_is_kept_of_the_gone() {
        let mut unjudged = Unjudged::default();
        let waiting: Vec<_> =
            (0..100).flat_map(|_| unjudged.wait(PeerId::random(), UNJUDGED_BYTES_PER_PEER_MAX)).collect();
        assert_eq!(waiting.len(), UNJUDGED_BYTES_MAX / UNJUDGED_BYTES_PER_PEER_MAX);
        drop(waiting);
        assert!(unjudged.wait(PeerId::random(), 1).is_some());
        assert_eq!(unjudged.peers.len(), 1);
        assert_eq!(unjudged.all.messages.load(Ordering::Relaxed), 0);
    }
}
