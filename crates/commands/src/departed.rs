//! Departed: an organisation that this node hosted, and whose members do not use it any more.
//!
//! Its members are told so who show that they are: by a passphrase, or by a token that they had. They read nothing here: what
//! this node holds goes on after the organisation went.

use std::fmt;

use knotwork_minutes::Agreed;
use zeroize::Zeroizing;

use crate::{CommandError, NodeHandle, Outside};

/// An organisation whose members used this node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Departed {
    /// What it is called.
    pub organisation: String,
    /// What the organisation is called whose node it is.
    pub host: String,
    /// Where its members are at home now.
    pub seat: DepartedSeat,
}

/// Where the members of an organisation are at home that has departed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DepartedSeat {
    /// Nowhere in this network, in which it is not any more.
    Outside(Outside),
    /// At a node of its own.
    OwnNode,
    /// At the node of the organisation of this name.
    Host(String),
    /// Nowhere yet, though it is in the network: whoever hosted it does not any more.
    Nowhere,
}

impl fmt::Display for Departed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { organisation, host, seat } = self;
        match seat {
            DepartedSeat::Outside(outside) => write!(
                formatter,
                "{outside}: what {organisation} shared stays with the others, and nothing can be read or written for it at \
                 this node; it can come back if an organisation in the network invites it and the others decide so, and \
                 whoever looks after the node of {host} hands its key over"
            ),
            DepartedSeat::OwnNode => write!(
                formatter,
                "{organisation} has a node of its own now: ask its steward for the address and for an invitation there"
            ),
            DepartedSeat::Host(other) => write!(
                formatter,
                "the members of {organisation} use the node of {other} now: ask its steward for the address and for an \
                 invitation there"
            ),
            DepartedSeat::Nowhere => write!(
                formatter,
                "{organisation} is in the network, and its members use no node: whoever looks after the node of {host} hands \
                 its key over, so that it can have one"
            ),
        }
    }
}

impl NodeHandle {
    /// Where the members are at home of the organisation for which this handle asks, where they do not use this node any more.
    #[must_use]
    pub fn departed(&self) -> Option<Departed> {
        if !self.is_hosted() {
            return None;
        }
        let seat = self.departed_seat(&self.agreed())?;
        Some(Departed { organisation: self.organisation_name(), host: self.host_name(), seat })
    }

    fn departed_seat(&self, agreed: &Agreed) -> Option<DepartedSeat> {
        let (organisation, host) = (self.organisation_key(), self.host_key());
        let Some(party) = agreed.parties().get(&organisation) else {
            // One that never was in the network waits to be admitted.
            let gone = agreed.gone().get(&organisation)?;
            return Some(DepartedSeat::Outside(Outside { since: gone.until, how: gone.how }));
        };
        match (&party.node, &party.host) {
            (Some(_), _) => Some(DepartedSeat::OwnNode),
            (None, Some(now)) if *now == host => None,
            (None, Some(now)) => Some(DepartedSeat::Host(self.organisation_called(now))),
            (None, None) => Some(DepartedSeat::Nowhere),
        }
    }

    /// Refuses what is for members who use this node.
    pub(crate) fn check_at_home(&self) -> Result<(), CommandError> {
        self.departed().map_or(Ok(()), |departed| Err(CommandError::Departed(Box::new(departed))))
    }

    /// Tells somebody who signs in where their organisation is now, if it has departed and the passphrase is right. Whoever has
    /// another one learns nothing.
    pub(crate) async fn check_departed(&self, name: &str, passphrase: &Zeroizing<String>) -> Result<(), CommandError> {
        let Err(departed) = self.check_at_home() else { return Ok(()) };
        let (name, passphrase) = (name.to_owned(), passphrase.clone());
        self.hashing(move |accounts, now, _| accounts.recognise(&name, &passphrase, now).map(drop)).await?;
        Err(departed)
    }

    /// The handles of the organisations that have departed.
    pub(crate) fn departed_handles(&self) -> impl Iterator<Item = Self> {
        self.all_households().into_iter().filter(|handle| handle.departed().is_some())
    }
}
