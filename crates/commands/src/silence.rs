//! Organisations of which nothing has been heard for long, as far as this node can tell.

use std::collections::BTreeSet;

use knotwork_identity::{PublicKey, Timestamp};
use knotwork_replica::signed_since;

use crate::{CommandError, NodeHandle, handle::storage_error};

/// After how many days without a word an organisation is called silent.
pub const SILENT_DAYS: u64 = 90;

impl NodeHandle {
    /// Whether an organisation is silent: it has been here for [`SILENT_DAYS`], its node is not connected now, and no
    /// change of that time by its own key, its nodes' or its members' has reached this node. Times are those that changes
    /// claim: one that is ahead of the clock counts as a word until then.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn is_silent(&self, organisation: &PublicKey) -> Result<bool, CommandError> {
        let now = self.now().milliseconds();
        let Some(since) = now.checked_sub(SILENT_DAYS * DAY_MILLISECONDS).and_then(Timestamp::from_milliseconds) else {
            return Ok(false);
        };
        let status = self.status();
        // Whoever came of late has not had the time to be silent.
        let is_new =
            !status.authors.values().any(|author| author.organisation == *organisation && author.since <= since);
        let is_connected = status.peers.iter().any(|peer| peer.organisation == *organisation && peer.connected);
        if is_new || is_connected {
            return Ok(false);
        }
        let signed = signed_since(self.storage(), &self.keys_ever_of(organisation), since).map_err(storage_error)?;
        Ok(!signed)
    }

    /// The keys that ever signed for an organisation, as far as this node knows: its own, its nodes' and its members'.
    pub(crate) fn keys_ever_of(&self, organisation: &PublicKey) -> BTreeSet<PublicKey> {
        let status = self.status();
        let of_it = status.certifiers.iter().filter(|(_, certifier)| certifier == organisation);
        let mut keys: BTreeSet<PublicKey> = of_it.map(|(key, _)| *key).collect();
        keys.insert(*organisation);
        keys.extend(self.agreed().nodes_ever_of(organisation));
        keys
    }
}

const DAY_MILLISECONDS: u64 = 24 * 60 * 60 * 1_000;
