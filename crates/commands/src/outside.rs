//! Outside: an organisation that is not in the network any more, as its own node knows it.

use std::fmt;

use knotwork_identity::PublicKey;
use knotwork_minutes::{Agreed, Parting};

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
    /// What is known of an organisation that was on the roster, for a node that was; none while it is on it, and where it never
    /// was, or waits to be admitted again with another node.
    #[must_use]
    pub fn of(agreed: &Agreed, organisation: &PublicKey, node: &PublicKey) -> Option<Self> {
        let is_out = !agreed.parties().contains_key(organisation) && agreed.node_was_ever_on(node);
        let gone = agreed.gone().get(organisation).filter(|_| is_out)?;
        Some(Self { since: gone.until, how: gone.how })
    }
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
        Outside::of(&self.agreed(), &self.organisation_key(), &self.node_key())
    }

    /// Refuses what is for the others to read, where this organisation is not in the network any more.
    pub(crate) fn check_inside(&self) -> Result<(), CommandError> {
        self.outside().map_or(Ok(()), |outside| Err(CommandError::Outside(outside)))
    }
}
