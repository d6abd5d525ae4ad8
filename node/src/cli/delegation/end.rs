//! `knotwork delegation end`.

use clap::Args;

use super::{super::Context, answer};
use crate::failure::Failure;

/// End a delegation, or decline it: whoever is away, and whoever stands in
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct End {
    /// The id of the delegation
    id: String,
}

impl End {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        answer(context, &self.id, false)
    }
}

const EXAMPLES: &str = "\
Examples:
  knotwork delegation end bq4xk2m…

Answers that were given stay until another is given. Acts for the member whose personal token is in KNOTWORK_TOKEN.";
