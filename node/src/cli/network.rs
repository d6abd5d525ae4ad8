//! `knotwork network …`: how organisations come into a network that goes on already.

mod admit;
mod invite;

use clap::{Args, Subcommand};

use super::Context;
use crate::failure::Failure;

/// Invite an organisation into the network, and bring its application before the others
#[derive(Debug, Args)]
pub(crate) struct Network {
    #[command(subcommand)]
    verb: NetworkVerb,
}

#[derive(Debug, Subcommand)]
enum NetworkVerb {
    Invite(invite::Invite),
    Admit(admit::Admit),
}

impl Network {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        match self.verb {
            NetworkVerb::Invite(invite) => invite.run(context),
            NetworkVerb::Admit(admit) => admit.run(context),
        }
    }
}

/// Where admissions are asked for.
const PATH: &str = "/api/v1/admissions";
