//! `knotwork charter propose`.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::{
    super::{Context, output},
    read_charter,
};
use crate::{failure::Failure, voice};

/// Open a decision about another charter
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Propose {
    /// The whole charter as JSON, as `charter show --json` has it; - reads standard input
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    /// What the decision is called
    #[arg(long, default_value = "Another charter")]
    title: String,
    /// Why it is proposed
    #[arg(long, value_name = "TEXT")]
    text: String,
    /// How it is decided; the charter's usual method if left out
    #[arg(long, value_parser = ["consent", "consensus", "majority", "supermajority"])]
    method: Option<String>,
    /// When it closes, such as 2026-12-24T18:00:00Z; after as many days as the charter says if left out
    #[arg(long, value_name = "TIME")]
    closes: Option<String>,
}

impl Propose {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let charter = read_charter(&self.from)?;
        let answer = voice::with_member(&context.folder()?, |caller| {
            let method = match &self.method {
                Some(kind) => json!({ "kind": kind }),
                None => caller.get("/api/v1/charter", &[])?.body["charter"]["usual_method"].clone(),
            };
            let method = if method.is_null() { json!({ "kind": "consent" }) } else { method };
            let mut body = json!({
                "title": self.title,
                "text": self.text,
                "method": method,
                "effects": [{ "kind": "charter", "charter": charter }],
            });
            if let Some(closes) = &self.closes {
                body["closes"] = json!(closes);
            }
            caller.post("/api/v1/decisions", &body)
        })?;
        if context.json() {
            return output::print_json(&answer.body);
        }
        output::print(answer.body["id"].as_str().unwrap_or_default())
    }
}

const EXAMPLES: &str = "\
Example:
  knotwork charter show --json | jq .charter > charter.json
  knotwork charter propose --from charter.json --text \"We have grown beyond learning.\"

Prints the id of the decision. Acts for the member whose personal token is in KNOTWORK_TOKEN.";
