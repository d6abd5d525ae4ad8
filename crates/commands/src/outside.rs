//! Outside: an organisation that is not in the network any more, as its own node knows it.

use std::fmt;

use knotwork_documents::OrganisationEdit;
use knotwork_identity::{NetworkId, PublicKey};
use knotwork_minutes::{Agreed, Parting};
use knotwork_replica::{Storage, StorageError};

use crate::{CommandError, NodeHandle};

/// Since when this organisation is not in the network any more, and how it came to that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outside {
    /// The minute with which it went.
    pub since: u64,
    /// How it went.
    pub how: Parting,
}

impl Outside {
    /// What is known of an organisation that was on the roster, for a node that was in the network; none while it is on it,
    /// and where it never was, or waits to be admitted again with another node.
    ///
    /// # Errors
    /// When the storage cannot be read.
    pub fn of(agreed: &Agreed, own: &Own, storage: &dyn Storage) -> Result<Option<Self>, StorageError> {
        if agreed.parties().contains_key(&own.organisation) {
            return Ok(None);
        }
        let Some(gone) = agreed.gone().get(&own.organisation) else { return Ok(None) };
        let outside = Self { since: gone.until, how: gone.how };
        Ok(own.has_been_in(agreed, storage)?.then_some(outside))
    }
}

/// A node, as what it keeps tells whether it was in the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Own {
    /// The network of the genesis.
    pub origin: NetworkId,
    /// Whose node it is.
    pub organisation: PublicKey,
    /// Its key.
    pub node: PublicKey,
}

impl Own {
    /// Whether the node was in the network: a minute named it, or it holds what its organisation signed when that came in,
    /// which a further node has from the first one once it is served.
    ///
    /// # Errors
    /// When the storage cannot be read.
    pub fn has_been_in(&self, agreed: &Agreed, storage: &dyn Storage) -> Result<bool, StorageError> {
        let profile = OrganisationEdit::header(self.origin, self.organisation).id();
        Ok(agreed.node_was_ever_on(&self.node) || storage.count_of(&profile, 1)? > 0)
    }

    /// Whether it waits for its organisation to be admitted: that is not in the network, and this node never was. What
    /// cannot be read is looked at again later.
    #[must_use]
    pub fn waits_to_be_admitted(&self, agreed: &Agreed, storage: &dyn Storage) -> bool {
        !agreed.parties().contains_key(&self.organisation) && self.has_been_in(agreed, storage).is_ok_and(|been| !been)
    }
}

/// That most of the others do not serve this node. It knows of no minute with which its organisation went; if there is one, it
/// came while the node was away, and nobody gives it to whoever is not on the roster any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TurnedAway {
    /// The names of the organisations whose nodes have said so, by name.
    pub by: Vec<String>,
}

impl fmt::Display for Outside {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let how = match self.how {
            Parting::Left => "it left",
            Parting::Removed => "it was removed",
            Parting::LeftBehind => "it was left behind",
        };
        write!(formatter, "your organisation is not in this network any more, since minute {} ({how})", self.since)
    }
}

impl NodeHandle {
    /// Since when this organisation is not in the network any more; none while it is.
    #[must_use]
    pub fn outside(&self) -> Option<Outside> {
        // What cannot be read now is looked at again the next time.
        Outside::of(&self.agreed(), &self.own(), self.storage()).unwrap_or_default()
    }

    /// Whom this handle asks for, as what is kept tells whether it was in the network.
    pub(crate) fn own(&self) -> Own {
        Own { origin: self.origin(), organisation: self.organisation_key(), node: self.node_key() }
    }

    /// Which of the others do not serve this node, where those are most of them; none otherwise, where the node never was in
    /// the network, and where a minute says that its organisation has gone.
    #[must_use]
    pub fn turned_away(&self) -> Option<TurnedAway> {
        let (agreed, status, own) = (self.agreed(), self.status(), self.host_key());
        let node = Own { organisation: own, ..self.own() };
        let has_been_in = node.has_been_in(&agreed, self.storage()).unwrap_or_default();
        if !has_been_in || !agreed.parties().contains_key(&own) || self.outside().is_some() {
            return None;
        }
        let others: Vec<_> = agreed.signers().iter().filter(|signer| signer.organisation != own).collect();
        let peer = |node: &PublicKey| status.peers.iter().find(|peer| peer.node == *node);
        let declining = others.iter().filter(|other| peer(&other.node).is_some_and(|peer| peer.declines));
        let mut by: Vec<String> = declining.map(|other| self.name_of(&other.organisation)).collect();
        by.sort();
        (2 * by.len() > others.len()).then_some(TurnedAway { by })
    }

    /// Refuses what is for the others to read, where this organisation is not in the network any more.
    pub(crate) fn check_inside(&self) -> Result<(), CommandError> {
        self.outside().map_or(Ok(()), |outside| Err(CommandError::Outside(outside)))
    }
}
