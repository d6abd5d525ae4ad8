//! `knotwork decision comment`.

use clap::Args;
use serde_json::json;

use super::{
    super::{Context, output},
    path_of,
};
use crate::{failure::Failure, voice};

/// Say something on a decision
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Comment {
    /// The id of the decision
    id: String,
    /// What to say
    text: String,
    /// As what
    #[arg(long, default_value = "comment", value_parser = ["comment", "question", "answer", "outcome", "task", "dissent", "hearing"])]
    kind: String,
    /// Of an answer: the id of the question
    #[arg(long, value_name = "ID", required_if_eq("kind", "answer"))]
    answers: Option<String>,
    /// Of a task, which you take on: until when, such as 2027-03-31
    #[arg(long, value_name = "DAY")]
    due: Option<String>,
}

impl Comment {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let path = path_of(&self.id)? + "/comments";
        let mut body = json!({ "text": self.text, "kind": self.kind });
        if let Some(question) = self.answers {
            body["answers"] = question.into();
        }
        if let Some(due) = self.due {
            body["due"] = due.into();
        }
        let answer = voice::with_member(&context.folder()?, |caller| caller.post(&path, &body))?;
        if context.json() {
            return output::print_json(&answer.body);
        }
        output::print(answer.body["id"].as_str().unwrap_or_default())
    }
}

const EXAMPLES: &str = "\
Examples:
  knotwork decision comment bq4xk2m… \"Who looks after the costs?\" --kind question
  knotwork decision comment bq4xk2m… \"We do.\" --kind answer --answers bh5m2…
  knotwork decision comment bq4xk2m… \"Book the hall.\" --kind task --due 2027-03-31

Prints the id of the comment. Acts for the member whose personal token is in KNOTWORK_TOKEN.";
