//! `knotwork member reset`.

use clap::Args;
use serde_json::json;

use super::{super::Context, print_link};
use crate::failure::Failure;

/// Make a link with which a member who has forgotten the passphrase chooses another one
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Reset {
    /// What the member signs in with
    name: String,
}

impl Reset {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        print_link(context, "/api/v1/resets", &json!({ "sign_in_name": self.name }))
    }
}

const EXAMPLES: &str = "\
Examples:
  knotwork member reset ada@alder.example

Prints the link. It works once, within 24 hours, and ends an earlier one. Whoever has it can sign in as that member: send
it to them alone. What they wrote stays theirs.";
