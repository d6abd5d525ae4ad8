//! `knotwork hosted invite`.

use clap::Args;
use serde_json::json;

use super::{
    super::{Context, member::print_link_of},
    PATH, key_of,
};
use crate::failure::Failure;

/// Make a link with which a member of a hosted organisation joins
///
/// The first is for the member who looks after the organisation's accounts: its steward, who invites the others on the
/// pages. Nobody of the organisation whose node it is can invite them there.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Invite {
    /// The organisation's name, or its key
    organisation: String,
}

impl Invite {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        print_link_of(context, |caller| {
            let key = key_of(caller, &self.organisation)?;
            caller.post(&format!("{PATH}/{key}/invitations"), &json!({}))
        })
    }
}

const EXAMPLES: &str = "\
Examples:
  knotwork hosted invite \"Dogwood Trust\"

Prints the link. It works once. Whoever has it can use it: send it to that member alone.";
