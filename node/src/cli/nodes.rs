//! `knotwork nodes …`: further nodes of this organisation, beside the one that signs minutes for it.

mod add;
mod change;
mod list;

use clap::{Args, Subcommand};

use super::Context;
use crate::failure::Failure;

/// Look after the nodes of this organisation: one signs minutes, others are served beside it
///
/// A second node is set up with `knotwork init --organisation-key`, with a copy of the file keys/organisation.key of this
/// one, and joins with an invitation of this one (`knotwork network invite`). It keeps in step like this one, and goes on
/// while this one is away. Accounts are each node's own.
#[derive(Debug, Args)]
pub(crate) struct Nodes {
    #[command(subcommand)]
    verb: NodesVerb,
}

#[derive(Debug, Subcommand)]
enum NodesVerb {
    List(list::List),
    Add(add::Add),
    Sign(change::Sign),
    End(change::End),
}

impl Nodes {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        match self.verb {
            NodesVerb::List(list) => list.run(context),
            NodesVerb::Add(add) => add.run(context),
            NodesVerb::Sign(sign) => sign.run(context),
            NodesVerb::End(end) => end.run(context),
        }
    }
}

/// Where the nodes of this organisation are asked for.
const PATH: &str = "/api/v1/nodes";
