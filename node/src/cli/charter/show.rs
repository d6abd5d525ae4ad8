//! `knotwork charter show`.

use clap::Args;
use serde_json::Value;

use super::super::{
    Context, output,
    text::{harmless, one_line},
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
    let charter = &body["charter"];
    if charter.is_null() {
        return "The text of the charter in force has not arrived here yet.".into();
    }
    let text = |name: &str| charter[name].as_str().unwrap_or_default();
    let list = |name: &str| {
        let words = charter[name].as_array().into_iter().flatten().filter_map(Value::as_str);
        words.collect::<Vec<_>>().join(", ")
    };
    let rules = &charter["rules"];
    let mut parts = vec![harmless(text("purpose"))];
    for (head, name) in [("Ways of working", "ways_of_working"), ("Values", "values"), ("Disagreement", "disagreement")]
    {
        if !text(name).is_empty() {
            parts.push(format!("{head}\n{}", harmless(text(name))));
        }
    }
    let usual = charter["usual_method"]["kind"].as_str().unwrap_or_default();
    let facts = [
        ("since minute", body["since"].to_string()),
        ("kinds", list("kinds")),
        ("functions", list("functions")),
        ("decisions", format!("by {usual}, open for {} days", charter["usual_days"])),
        ("to admit", rules["admit"].as_str().unwrap_or_default().to_owned()),
        ("to remove", rules["remove"].as_str().unwrap_or_default().to_owned()),
        ("to amend", rules["amend"].as_str().unwrap_or_default().to_owned()),
        ("review due", body["review_due"].as_str().unwrap_or_default().to_owned()),
    ];
    let facts = facts.iter().filter(|(_, value)| !value.is_empty());
    parts.push(facts.map(|(name, value)| format!("{name:<13} {}", one_line(value))).collect::<Vec<_>>().join("\n"));
    parts.join("\n\n")
}

const EXAMPLES: &str = "\
Examples:
  knotwork charter show
  knotwork charter show --json | jq .charter > charter.json    # to change, and to propose";
