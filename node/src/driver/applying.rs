//! An application to join, which is handed to whoever invited this organisation as long as this node is not in.

use std::{collections::HashSet, sync::Arc};

use knotwork_identity::{DocumentId, PublicKey};
use knotwork_replica::{Roster, Storage};

/// What this organisation signed when it applied to join, and to whom it goes.
pub(crate) struct Applying {
    /// The node of whoever invited it.
    pub(crate) sponsor: PublicKey,
    /// What it signed.
    pub(crate) application: Vec<u8>,
    /// This node.
    pub(crate) own: PublicKey,
    /// Who is in the network, as far as is known here.
    pub(crate) roster: Arc<dyn Roster>,
    /// What this node keeps.
    pub(crate) storage: Arc<dyn Storage>,
    /// What its organisation signs when that comes in.
    pub(crate) profile: DocumentId,
}

impl Applying {
    /// What to hand to a peer that does not serve this node: the application, to the sponsor alone.
    pub(super) fn handed_to(&self, peer: &PublicKey) -> Option<Vec<u8>> {
        (self.is_pending() && self.sponsor == *peer).then(|| self.application.clone())
    }

    /// The sponsor, where nobody else says that it is to be met: its organisation signs minutes with another node, and who is
    /// not in cannot know of its certificate.
    pub(super) fn unnamed(&self) -> Option<PublicKey> {
        (self.is_pending() && self.roster.organisation_of(&self.sponsor).is_none()).then_some(self.sponsor)
    }

    /// The nodes to be met.
    pub(super) fn met(&self) -> HashSet<PublicKey> {
        self.roster.nodes().into_iter().filter(|node| *node != self.own).chain(self.unnamed()).collect()
    }

    /// Whether this node waits to be let in. Once it was, the application is of no use any more, also where its organisation
    /// has left: a further node has what that signed when it came in. What cannot be read is looked at again later.
    fn is_pending(&self) -> bool {
        !self.roster.node_was_ever_on(&self.own)
            && self.roster.organisation_of(&self.own).is_none()
            && self.storage.count_of(&self.profile, 1).is_ok_and(|count| count == 0)
    }
}
