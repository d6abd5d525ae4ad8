//! `knotwork delegation ask`.

use clap::Args;
use serde_json::json;

use super::{
    super::{Context, output},
    PATH,
};
use crate::{failure::Failure, voice};

/// Ask a colleague to answer in decisions in your place
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Ask {
    /// The colleague's id, as lists of members give it
    stand_in: String,
    /// Until when, such as 2027-03-31T00:00:00Z; a year from now at most
    #[arg(long, value_name = "TIME")]
    until: String,
}

impl Ask {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let body = json!({ "stand_in": self.stand_in, "until": self.until });
        let answer = voice::with_member(&context.folder()?, |caller| caller.post(PATH, &body))?;
        if context.json() {
            return output::print_json(&answer.body);
        }
        output::print(answer.body["id"].as_str().unwrap_or_default())
    }
}

const EXAMPLES: &str = "\
Examples:
  knotwork delegation ask b2kqx… --until 2027-03-31T00:00:00Z

Prints the id of the delegation, which the colleague accepts. Acts for the member whose personal token is in
KNOTWORK_TOKEN.";
