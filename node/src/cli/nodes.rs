//! `knotwork nodes …`: further nodes of this organisation, beside the one that signs minutes for it.

mod add;
mod change;
mod list;

use clap::{Args, Subcommand};

use super::{Context, text::one_line};
use crate::{caller::Caller, failure::Failure};

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

/// The key of the node of this organisation that begins so.
fn key_of(caller: &Caller, begins: &str) -> Result<String, Failure> {
    let all = caller.get(PATH, &[])?.body;
    let keys = all["items"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut found = keys.iter().filter_map(|one| one["node"].as_str()).filter(|key| key.starts_with(begins));
    let wrong = |what: &str| {
        Failure::usage(format!("{what} begins with \"{}\"", one_line(begins)))
            .next("`knotwork nodes list` shows their keys")
    };
    match (found.next(), found.next()) {
        (Some(key), None) => Ok(key.to_owned()),
        (Some(_), Some(_)) => Err(wrong("more than one node of this organisation")),
        (None, _) => Err(wrong("no node of this organisation")),
    }
}

/// Where the nodes of this organisation are asked for.
const PATH: &str = "/api/v1/nodes";
