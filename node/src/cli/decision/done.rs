//! `knotwork decision done`.

use clap::Args;
use knotwork_identity::DocumentId;
use serde_json::json;

use super::super::{Context, output, text::one_line};
use crate::{failure::Failure, voice};

/// Say that what you took on because of a decision is done
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Done {
    /// The id that `knotwork decision comment --kind task` printed
    id: String,
    /// It is not done after all
    #[arg(long)]
    undo: bool,
}

impl Done {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let id: DocumentId = self.id.parse().map_err(|error| {
            Failure::usage(format!("\"{}\" is not the id of a task: {error}", one_line(&self.id)))
                .next("`knotwork decision comment --kind task` printed it")
        })?;
        let path = format!("/api/v1/comments/{id}");
        let body = json!({ "done": !self.undo });
        let answer = voice::with_member(&context.folder()?, |caller| caller.patch(&path, &body, None))?;
        let task = answer.map(|answer| answer.body).unwrap_or_default();
        if context.json() {
            return output::print_json(&task);
        }
        output::print(if self.undo { "It is to be done again." } else { "It is marked as done." })
    }
}

const EXAMPLES: &str = "\
Examples:
  knotwork decision done bq4xk2m…
  knotwork decision done bq4xk2m… --undo

Acts for the member whose personal token is in KNOTWORK_TOKEN.";
