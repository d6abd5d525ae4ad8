//! `knotwork temperature answer`.

use clap::Args;
use knotwork_governance::Feeling;
use serde_json::json;

use super::{
    super::{Context, output},
    path_of,
};
use crate::{failure::Failure, voice};

/// Say how you feel, or otherwise than before
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Answer {
    /// The id of the temperature check
    id: String,
    /// How you feel
    #[arg(value_parser = Feeling::ALL.map(Feeling::word))]
    feeling: String,
    /// Have it passed on even where fewer than three of your organisation have answered: whoever runs a node of another
    /// organisation can tell then that one or two people of yours feel so
    #[arg(long)]
    alone: bool,
}

impl Answer {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let path = path_of(&self.id)? + "/answer";
        let body = json!({ "feeling": self.feeling, "alone": self.alone });
        let answer = voice::with_member(&context.folder()?, |caller| caller.put(&path, &body))?;
        if context.json() {
            return output::print_json(&answer.body);
        }
        output::print(answer.body["yours"]["feeling"].as_str().unwrap_or_default())
    }
}

const EXAMPLES: &str = "\
Examples:
  knotwork temperature answer bq4xk2m… for
  knotwork temperature answer bq4xk2m… strongly-against --alone

Your organisation's node keeps the answer until the check has closed, then passes on how many feel how, and forgets who
answered what. Until then whoever runs that node can read it. Acts for the member whose personal token is in
KNOTWORK_TOKEN.";
