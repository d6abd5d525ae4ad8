//! `knotwork mandate accept`.

use clap::Args;

use super::{super::Context, Reply, answer};
use crate::failure::Failure;

/// Accept a mandate: from then on you speak for this organisation
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Accept {
    /// Its id; the latest of yours if left out
    id: Option<String>,
}

impl Accept {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        answer(context, self.id.as_deref(), Reply::Accept)
    }
}

const EXAMPLES: &str = "\
Examples:
  knotwork mandate accept
  knotwork mandate accept bq4xk2m…

Acts for the member whose personal token is in KNOTWORK_TOKEN.";
