//! `knotwork network …`: how organisations come into a network that goes on already, rest in it, leave it, and go on
//! without those who are gone for good.

mod admit;
mod applications;
mod invitations;
mod invite;
mod moving;
mod reconvene;
mod word;

pub(super) use admit::read_application;
use clap::{Args, Subcommand};
use serde_json::Value;

use super::{Context, text::one_line};
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
    Invitations(invitations::Invitations),
    Applications(applications::Applications),
    Admit(admit::Admit),
    Accept(word::Accept),
    Rest(word::Rest),
    Return(word::Return),
    Leave(word::Leave),
    Move(moving::Move),
    Reconvene(reconvene::Reconvene),
}

impl Network {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        match self.verb {
            NetworkVerb::Invite(invite) => invite.run(context),
            NetworkVerb::Invitations(invitations) => invitations.run(context),
            NetworkVerb::Applications(applications) => applications.run(context),
            NetworkVerb::Admit(admit) => admit.run(context),
            NetworkVerb::Accept(accept) => accept.run(context),
            NetworkVerb::Rest(rest) => rest.run(context),
            NetworkVerb::Return(back) => back.run(context),
            NetworkVerb::Leave(leave) => leave.run(context),
            NetworkVerb::Move(move_out) => move_out.run(context),
            NetworkVerb::Reconvene(reconvene) => reconvene.run(context),
        }
    }
}

/// The key of the organisation of this name or key in the list of organisations that the API gave.
///
/// # Errors
/// When none is called so, or several are.
pub(super) fn organisation_named(listed: &Value, named: &str) -> Result<String, Failure> {
    named_organisation(listed, "key", named)?.ok_or_else(|| {
        let items = listed["items"].as_array().map(Vec::as_slice).unwrap_or_default();
        let names: Vec<String> = items.iter().filter_map(|item| item["name"].as_str()).map(one_line).collect();
        Failure::usage(format!("no organisation is called \"{}\"", one_line(named)))
            .next(format!("name it as its page does, or by its key; there are: {}", names.join(", ")))
    })
}

/// The key of the organisation of this name or key in a list that the API gave, if there is one.
fn named_organisation(listed: &Value, key: &str, named: &str) -> Result<Option<String>, Failure> {
    let items = listed["items"].as_array().map(Vec::as_slice).unwrap_or_default();
    let text = |item: &Value, field: &str| item[field].as_str().unwrap_or_default().to_owned();
    let fits = |item: &&Value| text(item, key) == named || text(item, "name").to_lowercase() == named.to_lowercase();
    let mut found = items.iter().filter(fits);
    match (found.next(), found.next()) {
        (one, None) => Ok(one.map(|one| text(one, key))),
        (Some(_), Some(_)) => Err(Failure::usage(format!("several organisations are called \"{}\"", one_line(named)))
            .next("name it by its key, which its page shows")),
        (None, Some(_)) => Ok(None),
    }
}

/// Where admissions are asked for.
const PATH: &str = "/api/v1/admissions";
