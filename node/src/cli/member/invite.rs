//! `knotwork member invite`.

use clap::Args;
use serde_json::json;

use super::{super::Context, print_link};
use crate::failure::Failure;

/// Make an invitation: a link with which a colleague of this organisation joins
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Invite {}

impl Invite {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        print_link(context, "/api/v1/invitations", &json!({}))
    }
}

const EXAMPLES: &str = "\
Examples:
  knotwork member invite
  knotwork member invite --json | jq -r .link

Prints the link. It works once, within 7 days. Whoever has it can use it: send it to your colleague alone.";
