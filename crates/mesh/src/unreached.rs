//! Peers that are dialled without success: since when, where, and why not. For whoever runs the node; nothing is decided
//! by it.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use knotwork_identity::PublicKey;
use libp2p::{PeerId, TransportError, swarm::DialError};
use tokio::time::Instant;

use crate::{address, connection_limits::TurnedAway};

/// A peer on the roster that has been dialled for some seconds, at all its addresses, without success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreached {
    /// The peer.
    pub peer: PublicKey,
    /// Where it was tried last.
    pub address: String,
    /// Why that failed.
    pub why: String,
}

/// Who is not reached. At most as many entries as there are peers on the roster.
#[derive(Debug, Default)]
pub(crate) struct UnreachedPeers {
    peers: HashMap<PeerId, Trouble>,
}

#[derive(Debug)]
struct Trouble {
    since: Instant,
    address: String,
    why: String,
}

impl UnreachedPeers {
    /// A dial of a peer has failed.
    pub(crate) fn failed(&mut self, peer: PeerId, error: &DialError, now: Instant) {
        let Some((address, why)) = reason(error) else { return };
        let trouble = self.peers.entry(peer).or_insert_with(|| Trouble {
            since: now,
            address: String::new(),
            why: String::new(),
        });
        (trouble.address, trouble.why) = (address, why);
    }

    /// A peer is connected.
    pub(crate) fn reached(&mut self, peer: &PeerId) {
        self.peers.remove(peer);
    }

    /// From now on, these are the peers on the roster; others do not matter.
    pub(crate) fn set_roster(&mut self, roster: &HashSet<PeerId>) {
        self.peers.retain(|peer, _| roster.contains(peer));
    }

    /// Those that have not been reached for a while: a first failure means little.
    pub(crate) fn list(&self, now: Instant) -> Vec<Unreached> {
        let long = self.peers.iter().filter(|(_, trouble)| now.duration_since(trouble.since) >= FORGIVEN);
        long.filter_map(|(peer, Trouble { address, why, .. })| {
            Some(Unreached { peer: address::public_key(peer)?, address: address.clone(), why: why.clone() })
        })
        .collect()
    }
}

/// Where a dial failed, and why, in a few words; nothing where it failed for a reason of our own.
fn reason(error: &DialError) -> Option<(String, String)> {
    match error {
        DialError::Transport(failed) => failed.last().map(|(address, error)| {
            let why = match error {
                TransportError::MultiaddrNotSupported(_) => "this node cannot dial such an address".to_owned(),
                TransportError::Other(error) => innermost(error),
            };
            (address::without_peer(address).to_string(), why)
        }),
        DialError::WrongPeerId { address, .. } => {
            Some((address::without_peer(address).to_string(), "another node answers there".to_owned()))
        }
        DialError::Denied { cause } if cause.downcast_ref::<TurnedAway>().is_some() => None,
        _ => None,
    }
}

/// What the system, or the last library that knows anything, says.
fn innermost(error: &std::io::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.get_ref().and_then(|error| error.source());
    while let Some(error) = source {
        text = error.to_string();
        source = error.source();
    }
    let end = text.find(" (os error ").unwrap_or(text.len());
    text[..end].to_lowercase()
}

/// How long a peer is dialled without success before it is told.
const FORGIVEN: Duration = Duration::from_secs(4);

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    fn refused(address: &str) -> DialError {
        let error = io::Error::from_raw_os_error(111);
        DialError::Transport(vec![(address.parse().expect("an address"), TransportError::Other(error))])
    }

    #[test]
    fn a_peer_that_is_not_reached_for_a_while_is_told_with_the_reason() {
        let peer = address::peer_id(&knotwork_identity::SecretKey::from_seed(&[1; 32]).public()).expect("a key");
        let mut unreached = UnreachedPeers::default();
        let start = Instant::now();
        unreached.failed(peer, &refused("/ip4/127.0.0.1/tcp/1"), start);
        assert_eq!(unreached.list(start), []);
        unreached.failed(peer, &refused("/ip4/127.0.0.1/tcp/2"), start + FORGIVEN);
        let told = unreached.list(start + FORGIVEN);
        assert_eq!(told.len(), 1);
        assert_eq!((told[0].address.as_str(), told[0].why.as_str()), ("/ip4/127.0.0.1/tcp/2", "connection refused"));
        unreached.reached(&peer);
        assert_eq!(unreached.list(start + 2 * FORGIVEN), []);
        unreached.failed(peer, &refused("/ip4/127.0.0.1/tcp/1"), start);
        unreached.set_roster(&HashSet::new());
        assert_eq!(unreached.list(start + FORGIVEN), []);
    }
}
