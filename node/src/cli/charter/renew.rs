//! `knotwork charter renew`.

use clap::Args;
use serde_json::json;

use super::super::{Context, output};
use crate::{failure::Failure, voice};

/// Ask every organisation whether the charter still holds as it is
///
/// Opens a decision about the same charter, by consent, for as many days as it says. Once it is adopted, the charter counts as
/// agreed anew.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Renew {
    /// Why it is asked now
    #[arg(long, value_name = "TEXT", default_value = TEXT)]
    text: String,
    /// When it closes, such as 2026-12-24T18:00:00Z; after as many days as the charter says if left out
    #[arg(long, value_name = "TIME")]
    closes: Option<String>,
}

impl Renew {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let answer = voice::with_member(&context.folder()?, |caller| {
            let charter = caller.get("/api/v1/charter", &[])?.body["charter"].clone();
            if charter.is_null() {
                return Err(Failure::new("the text of the charter in force has not arrived here yet")
                    .next("try again once the node is in step"));
            }
            // Whatever the usual way: whether everybody can still live with it is what is asked.
            let mut body = json!({
                "title": "Renew the charter",
                "text": self.text,
                "method": { "kind": "consent" },
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

const TEXT: &str = "The charter is to be looked at again. This asks everybody whether it still holds as it is. Whoever wants \
                    it changed can object or propose another text.";

const EXAMPLES: &str = "\
Examples:
  knotwork charter renew
  knotwork charter renew --text \"A year has passed.\" --json

Prints the id of the decision. Acts for the member whose personal token is in KNOTWORK_TOKEN.";
