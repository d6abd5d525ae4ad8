//! `knotwork charter …`: what the network is for and how it works.

mod propose;
mod said;
mod show;

use clap::{Args, Subcommand};
pub(super) use said::Said;

use super::Context;
use crate::failure::Failure;

/// Read the charter in force, and propose another
#[derive(Debug, Args)]
pub(crate) struct Charter {
    #[command(subcommand)]
    verb: CharterVerb,
}

#[derive(Debug, Subcommand)]
enum CharterVerb {
    Show(show::Show),
    Propose(propose::Propose),
}

impl Charter {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        match self.verb {
            CharterVerb::Show(show) => show.run(context),
            CharterVerb::Propose(propose) => propose.run(context),
        }
    }
}
