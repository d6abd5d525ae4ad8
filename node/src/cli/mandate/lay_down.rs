//! `knotwork mandate lay-down`.

use clap::Args;

use super::{super::Context, Reply, answer};
use crate::failure::Failure;

/// Decline a mandate, or lay it down
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct LayDown {
    /// Its id; the latest of yours if left out
    id: Option<String>,
}

impl LayDown {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        answer(context, self.id.as_deref(), Reply::LayDown)
    }
}

const EXAMPLES: &str = "\
Examples:
  knotwork mandate lay-down
  knotwork mandate lay-down bq4xk2m…

Acts for the member whose personal token is in KNOTWORK_TOKEN.";
