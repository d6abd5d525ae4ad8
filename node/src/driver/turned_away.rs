//! How often it is told that a peer does not serve this node, which a node that waits to be let in hears all the time.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use knotwork_identity::PublicKey;

/// When it was told last, of each peer.
#[derive(Debug, Clone, Default)]
pub(super) struct TurnedAway {
    told: Arc<Mutex<HashMap<PublicKey, Instant>>>,
}

impl TurnedAway {
    /// Whether to tell it of this peer now. Only peers that are dialled get here, so that there are no more than those.
    pub(super) fn is_news(&self, peer: PublicKey, now: Instant) -> bool {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.retain(|_, then| now.saturating_duration_since(*then) < TELL_AGAIN);
        let is_news = !told.contains_key(&peer);
        if is_news {
            told.insert(peer, now);
        }
        is_news
    }
}

/// How long the same is not told again.
const TELL_AGAIN: Duration = Duration::from_secs(60 * 60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_peer_is_told_of_once_an_hour() {
        let (turned_away, start) = (TurnedAway::default(), Instant::now());
        let after = |minutes: u64| start + Duration::from_secs(minutes * 60);
        let [one, other] = [PublicKey([1; 32]), PublicKey([2; 32])];
        let told = [(one, 0), (one, 0), (other, 30), (one, 59), (one, 60), (other, 61), (other, 90)];
        let told = told.map(|(peer, minutes)| turned_away.is_news(peer, after(minutes)));
        assert_eq!(told, [true, false, true, false, true, false, true]);
    }
}
