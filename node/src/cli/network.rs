//! `knotwork network …`: how organisations come into a network that goes on already, rest in it, leave it, and go on
//! without those who are gone for good.

mod admit;
mod invite;
mod reconvene;
mod word;

pub(super) use admit::read_application;
use clap::{Args, Subcommand};

use super::Context;
use crate::failure::Failure;

/// How organisations come into the network, rest in it, and leave it
#[derive(Debug, Args)]
pub(crate) struct Network {
    #[command(subcommand)]
    verb: NetworkVerb,
}

#[derive(Debug, Subcommand)]
enum NetworkVerb {
    Invite(invite::Invite),
    Admit(admit::Admit),
    Accept(word::Accept),
    Rest(word::Rest),
    Return(word::Return),
    Leave(word::Leave),
    Reconvene(reconvene::Reconvene),
}

impl Network {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        match self.verb {
            NetworkVerb::Invite(invite) => invite.run(context),
            NetworkVerb::Admit(admit) => admit.run(context),
            NetworkVerb::Accept(accept) => accept.run(context),
            NetworkVerb::Rest(rest) => rest.run(context),
            NetworkVerb::Return(back) => back.run(context),
            NetworkVerb::Leave(leave) => leave.run(context),
            NetworkVerb::Reconvene(reconvene) => reconvene.run(context),
        }
    }
}

/// Where admissions are asked for.
const PATH: &str = "/api/v1/admissions";
