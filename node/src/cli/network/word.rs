//! `knotwork network rest`, `return`, `leave` and `accept`: what this organisation says for itself.

use clap::Args;
use serde_json::{Value, json};

use super::super::{Context, output};
use crate::{failure::Failure, voice};

/// Say that this organisation rests until about a time: it is not asked, and nobody waits for it
#[derive(Debug, Args)]
#[command(after_help = REST_EXAMPLES)]
pub(super) struct Rest {
    /// Until about when, such as 2027-03-31T00:00:00Z; nothing happens by itself then
    #[arg(long, value_name = "TIME")]
    until: String,
}

/// Say that this organisation is back
#[derive(Debug, Args)]
#[command(after_help = RETURN_EXAMPLES)]
pub(super) struct Return {}

/// Leave the network
///
/// The others exchange nothing with this node any more, and coming back takes an invitation and a decision. What was
/// shared stays, on either side.
#[derive(Debug, Args)]
#[command(after_help = LEAVE_EXAMPLES)]
pub(super) struct Leave {
    /// Say yes to that
    #[arg(long)]
    yes: bool,
}

/// Accept the charter in force, where it was changed before this founder first came
#[derive(Debug, Args)]
#[command(after_help = ACCEPT_EXAMPLES)]
pub(super) struct Accept {}

impl Rest {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        say(context, &json!({ "say": "rest", "until": self.until }))
    }
}

impl Return {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let Self {} = self;
        say(context, &json!({ "say": "return" }))
    }
}

impl Leave {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        if !self.yes {
            return Err(Failure::usage(
                "leaving is for the whole organisation, and the others decide if it may come back",
            )
            .next("talk about it with your colleagues, and add --yes; `knotwork network rest` is for a time"));
        }
        say(context, &json!({ "say": "leave" }))
    }
}

impl Accept {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let Self {} = self;
        let charter = voice::with_member(&context.folder()?, |caller| Ok(caller.get("/api/v1/charter", &[])?.body))?;
        say(context, &json!({ "say": "accept", "charter": charter["digest"] }))
    }
}

/// Says a word, and what that means.
pub(super) fn say(context: &Context, word: &Value) -> Result<(), Failure> {
    let said = voice::with_member(&context.folder()?, |caller| Ok(caller.post(PATH, word)?.body))?;
    if context.json() {
        return output::print_json(&said);
    }
    output::print(&format!(
        "It is said. It counts once it stands in the minutes: {} organisations have to sign that, this one counted, and \
         {} can be reached now.\n\nNext: see it with `knotwork minutes list`.",
        said["needed"], said["reachable"]
    ))
}

const PATH: &str = "/api/v1/organisations/own/words";

const REST_EXAMPLES: &str = "\
Examples:
  knotwork network rest --until 2027-03-31T00:00:00Z

For stewards. Acts for the member whose personal token is in KNOTWORK_TOKEN.";

const RETURN_EXAMPLES: &str = "\
Examples:
  knotwork network return

For stewards. Acts for the member whose personal token is in KNOTWORK_TOKEN.";

const LEAVE_EXAMPLES: &str = "\
Examples:
  knotwork network leave --yes

For stewards. Acts for the member whose personal token is in KNOTWORK_TOKEN.";

const ACCEPT_EXAMPLES: &str = "\
Examples:
  knotwork charter show
  knotwork network accept

For stewards, after they have read it. Acts for the member whose personal token is in KNOTWORK_TOKEN.";
