//! `knotwork delegation accept`.

use clap::Args;

use super::{super::Context, answer};
use crate::failure::Failure;

/// Accept to stand in for a colleague
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Accept {
    /// The id of the delegation
    id: String,
}

impl Accept {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        answer(context, &self.id, true)
    }
}

const EXAMPLES: &str = "\
Examples:
  knotwork delegation accept bq4xk2m…

Acts for the member whose personal token is in KNOTWORK_TOKEN.";
