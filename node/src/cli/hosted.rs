//! `knotwork hosted …`: organisations whose members use this node, each with its own key and voice.

mod add;
mod export;
mod invite;
mod list;
mod release;

use clap::{Args, Subcommand};
use serde_json::Value;

use super::Context;
use crate::{caller::Caller, failure::Failure};

/// Organisations whose members use this node, each with its own key and voice
///
/// A hosted organisation decides like all others, and signs no minutes. Its key lies in this node's folder: whoever looks
/// after this machine could sign in its name, as with any hosting. It can go to a node of its own.
#[derive(Debug, Args)]
pub(crate) struct Hosted {
    #[command(subcommand)]
    verb: HostedVerb,
}

#[derive(Debug, Subcommand)]
enum HostedVerb {
    Add(add::Add),
    List(list::List),
    Invite(invite::Invite),
    Export(export::Export),
    Release(release::Release),
}

impl Hosted {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        match self.verb {
            HostedVerb::Add(add) => add.run(context),
            HostedVerb::List(list) => list.run(context),
            HostedVerb::Invite(invite) => invite.run(context),
            HostedVerb::Export(export) => export.run(context),
            HostedVerb::Release(release) => release.run(context),
        }
    }
}

/// The key of a hosted organisation that is named by its name or its key.
fn key_of(caller: &Caller, named: &str) -> Result<String, Failure> {
    let all = caller.get(PATH, &[])?.body;
    let items = all["items"].as_array().map(Vec::as_slice).unwrap_or_default();
    let is_it = |one: &&Value| [&one["name"], &one["organisation"]].iter().any(|text| text.as_str() == Some(named));
    let mut found = items.iter().filter(is_it).filter_map(|one| one["organisation"].as_str());
    match (found.next(), found.next()) {
        (Some(key), None) => Ok(key.to_owned()),
        (Some(_), Some(_)) => Err(Failure::usage(format!("several hosted organisations are called \"{named}\""))
            .next("name it by its key, which `knotwork hosted list` shows")),
        (None, _) => Err(Failure::usage(format!("no organisation called \"{named}\" is hosted here"))
            .next("`knotwork hosted list` shows which are")),
    }
}

/// Where hosted organisations are asked for.
const PATH: &str = "/api/v1/hosted";
