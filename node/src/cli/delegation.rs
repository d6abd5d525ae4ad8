//! `knotwork delegation …`: who stands in for a colleague who is away.

mod accept;
mod ask;
mod end;
mod list;

use clap::{Args, Subcommand};
use knotwork_identity::DocumentId;
use serde_json::json;

use super::{Context, output, text::one_line};
use crate::{failure::Failure, voice};

/// Ask a colleague to answer in decisions in your place, accept it, end it
#[derive(Debug, Args)]
pub(crate) struct Delegation {
    #[command(subcommand)]
    verb: DelegationVerb,
}

#[derive(Debug, Subcommand)]
enum DelegationVerb {
    List(list::List),
    Ask(ask::Ask),
    Accept(accept::Accept),
    End(end::End),
}

impl Delegation {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        match self.verb {
            DelegationVerb::List(list) => list.run(context),
            DelegationVerb::Ask(ask) => ask.run(context),
            DelegationVerb::Accept(accept) => accept.run(context),
            DelegationVerb::End(end) => end.run(context),
        }
    }
}

/// Where delegations are asked for.
const PATH: &str = "/api/v1/delegations";

/// Accepts the delegation of this id, or ends it.
fn answer(context: &Context, id: &str, accepted: bool) -> Result<(), Failure> {
    if let Err(error) = id.parse::<DocumentId>() {
        return Err(Failure::usage(format!("\"{}\" is not the id of a delegation: {error}", one_line(id)))
            .next("`knotwork delegation list` shows them"));
    }
    let body = json!({ "accepted": accepted });
    let answer = voice::with_member(&context.folder()?, |caller| caller.patch(&format!("{PATH}/{id}"), &body, None))?;
    let body = answer.map(|answer| answer.body).unwrap_or_default();
    if context.json() {
        return output::print_json(&body);
    }
    output::print(body["state"].as_str().unwrap_or_default())
}
