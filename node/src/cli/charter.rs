//! `knotwork charter …`: what the network is for and how it works.

mod file;
mod propose;
mod renew;
mod said;
mod show;
mod versions;

use clap::{Args, Subcommand};
pub(super) use file::read_charter;
pub(super) use said::Said;

use super::Context;
use crate::failure::Failure;

/// Read the charter in force and those before it, propose another, and renew it
#[derive(Debug, Args)]
pub(crate) struct Charter {
    #[command(subcommand)]
    verb: CharterVerb,
}

#[derive(Debug, Subcommand)]
enum CharterVerb {
    Show(show::Show),
    Versions(versions::Versions),
    Propose(propose::Propose),
    Renew(renew::Renew),
}

impl Charter {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        match self.verb {
            CharterVerb::Show(show) => show.run(context),
            CharterVerb::Versions(versions) => versions.run(context),
            CharterVerb::Propose(propose) => propose.run(context),
            CharterVerb::Renew(renew) => renew.run(context),
        }
    }
}
