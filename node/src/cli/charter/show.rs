//! `knotwork charter show`.

use clap::Args;
use serde_json::Value;

use super::{
    super::{Context, output},
    said::Said,
};
use crate::{failure::Failure, reach};

/// Show the charter in force
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Show {}

impl Show {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let answer = reach::with_node(&context.folder()?, |caller| caller.get("/api/v1/charter", &[]))?;
        if context.json() {
            return output::print_json(&answer.body);
        }
        output::print(page(&answer.body).trim_end())
    }
}

fn page(body: &Value) -> String {
    let Some(said) = Said::read(&body["charter"]) else {
        return "The text of the charter in force has not arrived here yet.".into();
    };
    let [(_, purpose), texts @ ..] = said.texts();
    let mut parts = vec![purpose];
    parts.extend(texts.iter().filter(|(_, text)| !text.is_empty()).map(|(head, text)| format!("{head}\n{text}")));
    let mut facts = vec![("since minute", body["since"].to_string())];
    facts.extend(said.facts());
    facts.push(("stage", body["stage"].as_str().unwrap_or_default().to_owned()));
    facts.push(("review due", body["review_due"].as_str().unwrap_or_default().to_owned()));
    parts.push(Said::listed(&facts));
    parts.join("\n\n")
}

const EXAMPLES: &str = "\
Examples:
  knotwork charter show
  knotwork charter show --json | jq .charter > charter.json    # to change, and to propose";
