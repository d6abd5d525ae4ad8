//! Who holds what, and whether all hold the same.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Cast, Interrupt, process::Organisation};
use crate::failure::Failure;

/// What one node holds.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Standing {
    /// The organisation.
    pub(crate) organisation: String,
    /// Resources in its library.
    pub(crate) resources: u64,
    /// Changes that it holds of what all share.
    pub(crate) changes: usize,
    /// Peers with which it is in step.
    pub(crate) in_step: usize,
    /// Peers that it has.
    pub(crate) peers: usize,
    /// Fingerprints of what all share, by space.
    pub(crate) fingerprints: Vec<(String, String)>,
}

/// What every running node holds.
pub(crate) fn standings(cast: &Cast) -> Result<Vec<Standing>, Failure> {
    cast.organisations().iter().filter(|organisation| organisation.is_running()).map(standing).collect()
}

/// Waits until all running nodes hold the same, with so many resources, and know it.
pub(crate) fn agree(cast: &Cast, resources: u64, interrupt: &Interrupt) -> Result<Vec<Standing>, Failure> {
    let mut last = Vec::new();
    let agreed = interrupt.wait_for(
        AGREE_MAX,
        || Failure::new("the nodes did not come to hold the same in time"),
        || {
            last = standings(cast)?;
            let same = last.windows(2).all(|pair| pair[0].fingerprints == pair[1].fingerprints);
            let all = last.iter().all(|standing| standing.resources == resources && standing.in_step == standing.peers);
            Ok((same && all).then(|| last.clone()))
        },
    );
    agreed.map_err(|failure| failure.detail("standings", serde_json::to_value(&last).unwrap_or_default()))
}

fn standing(organisation: &Organisation) -> Result<Standing, Failure> {
    let body = organisation.caller()?.get("/api/v1/node", &[])?.body;
    let node: Node =
        serde_json::from_value(body).map_err(|error| Failure::new(format!("a node answers strangely: {error}")))?;
    let shared = |space: &&Space| matches!(space.name.as_str(), "roster" | "commons");
    Ok(Standing {
        organisation: node.organisation,
        resources: node.resources,
        changes: node.spaces.iter().filter(shared).map(|space| space.changes).sum(),
        in_step: node.peers.iter().filter(|peer| peer.connected && peer.in_step).count(),
        peers: node.peers.len(),
        fingerprints: node
            .spaces
            .iter()
            .filter(shared)
            .map(|space| (space.name.clone(), space.fingerprint.clone()))
            .collect(),
    })
}

#[derive(Debug, Deserialize)]
struct Node {
    organisation: String,
    resources: u64,
    spaces: Vec<Space>,
    peers: Vec<Peer>,
}

#[derive(Debug, Deserialize)]
struct Space {
    name: String,
    changes: usize,
    fingerprint: String,
}

#[derive(Debug, Deserialize)]
struct Peer {
    connected: bool,
    in_step: bool,
}

/// On a slow machine with debugging builds it takes a few seconds.
const AGREE_MAX: Duration = Duration::from_secs(60);
