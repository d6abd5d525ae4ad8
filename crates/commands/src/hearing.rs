//! Which signing organisations are usually reachable: those whose nodes were heard of within the last days.
//!
//! When each was heard of last is among this node's own values, so that it is known after a start; no other node gets it.

use std::collections::BTreeMap;

use knotwork_identity::{PublicKey, Timestamp};

use crate::{CommandError, NodeHandle, handle::storage_error};

/// Within how many days an organisation's node has to have been heard of for it to be usually reachable.
pub const HEARD_DAYS: u64 = 7;

/// The signing organisations that are not usually reachable.
#[derive(Debug, Default)]
pub(crate) struct Unheard {
    /// Those that were heard of once, and not for [`HEARD_DAYS`].
    pub(crate) for_days: Vec<PublicKey>,
    /// Those that this node has not heard of yet.
    pub(crate) never: Vec<PublicKey>,
}

impl NodeHandle {
    /// Notes of which signing organisations' nodes this one hears now, each at most once an hour; and forgets those that sign
    /// no more. To be called again and again while the node runs.
    ///
    /// # Errors
    /// When the node cannot read or write.
    pub fn note_heard(&self) -> Result<(), CommandError> {
        let (now, noted, agreed) = (self.now(), self.heard_noted()?, self.agreed());
        let signers = agreed.signers();
        let mut changed = Vec::new();
        for peer in self.status().peers.iter().filter(|peer| signers.has(&peer.node)) {
            let heard = if peer.connected { Some(now) } else { peer.last_in_step };
            let before = noted.get(&peer.node);
            let is_news = |heard: &Timestamp| before.is_none_or(|before| distance(*before, *heard) >= NOTED_EVERY);
            if let Some(heard) = heard.filter(|heard| *heard != Timestamp::NONE).filter(is_news) {
                changed.push((name_of(&peer.node), Some(heard.milliseconds().to_be_bytes().to_vec())));
            }
        }
        let over = noted.keys().filter(|node| !signers.has(node));
        changed.extend(over.map(|node| (name_of(node), None)));
        if changed.is_empty() { Ok(()) } else { self.keep_local(changed) }
    }

    /// The signing organisations whose nodes were not heard of within [`HEARD_DAYS`]. Whoever is connected is heard of, and
    /// so is this node.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(crate) fn signers_unheard(&self) -> Result<Unheard, CommandError> {
        let (now, noted, status, own) = (self.now(), self.heard_noted()?, self.status(), self.node_key());
        let is_near = |heard: &Timestamp| distance(*heard, now) <= HEARD_DAYS * DAY_MILLISECONDS;
        let mut unheard = Unheard::default();
        for signer in self.agreed().signers().iter().filter(|signer| signer.node != own) {
            let peer = status.peers.iter().find(|peer| peer.node == signer.node);
            let last = peer.and_then(|peer| peer.last_in_step).filter(|last| *last != Timestamp::NONE);
            let heard: Vec<&Timestamp> = noted.get(&signer.node).into_iter().chain(&last).collect();
            if peer.is_some_and(|peer| peer.connected) || heard.iter().any(|heard| is_near(heard)) {
                continue;
            }
            let of = if heard.is_empty() { &mut unheard.never } else { &mut unheard.for_days };
            of.push(signer.organisation);
        }
        Ok(unheard)
    }

    fn heard_noted(&self) -> Result<BTreeMap<PublicKey, Timestamp>, CommandError> {
        let kept = self.storage().locals(HEARD).map_err(storage_error)?;
        let read = |(name, value): (String, Vec<u8>)| {
            let node = name.strip_prefix(HEARD)?.parse().ok()?;
            let milliseconds = u64::from_be_bytes(value.try_into().ok()?);
            Some((node, Timestamp::from_milliseconds(milliseconds)?))
        };
        Ok(kept.into_iter().filter_map(read).collect())
    }
}

/// How far two times are from each other, in milliseconds. One that is ahead, as the clock was wrong, is no more heard of than
/// one that is as long ago.
fn distance(one: Timestamp, other: Timestamp) -> u64 {
    one.milliseconds().abs_diff(other.milliseconds())
}

fn name_of(node: &PublicKey) -> String {
    format!("{HEARD}{node}")
}

/// Begins the names of the values that say when a node was heard of last, as 8 bytes of milliseconds.
const HEARD: &str = "heard/";
/// After so many milliseconds it is noted again.
const NOTED_EVERY: u64 = 60 * 60 * 1_000;
const DAY_MILLISECONDS: u64 = 24 * 60 * 60 * 1_000;
