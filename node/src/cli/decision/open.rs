//! `knotwork decision open`.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Map, Value, json};

use super::{
    super::{Context, output},
    PATH,
};
use crate::{failure::Failure, voice};

/// Open a decision: everyone is asked from now on
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Open {
    /// What it is called
    #[arg(long)]
    title: String,
    /// What is proposed, or asked
    #[arg(long, value_name = "TEXT", required_unless_present = "text_file", conflicts_with = "text_file")]
    text: Option<String>,
    /// The same from a file; - reads standard input
    #[arg(long, value_name = "FILE")]
    text_file: Option<PathBuf>,
    /// The same in a few plain sentences
    #[arg(long, value_name = "TEXT")]
    summary: Option<String>,
    /// Who might be left out or harmed by it, and who of them has been asked
    #[arg(long, value_name = "TEXT")]
    left_out: Option<String>,
    /// How it is taken
    #[arg(long, default_value = "consent", value_parser = METHODS)]
    method: String,
    /// What can be chosen, for score, dot and ranked; once for each
    #[arg(long, value_name = "TEXT")]
    option: Vec<String>,
    /// When it closes, such as 2026-12-24T18:00:00Z; after as many days as the charter says if left out
    #[arg(long, value_name = "TIME")]
    closes: Option<String>,
    /// When positions are shown
    #[arg(long, default_value = "always", value_parser = ["always", "after-own", "after-closing"])]
    shown: String,
    /// The day on which what was agreed is looked at again
    #[arg(long, value_name = "DAY")]
    review: Option<String>,
    /// Say where the network stands
    #[arg(long, value_name = "STAGE", value_parser = ["pre-emergent", "emerging", "established", "dormant"])]
    stage: Option<String>,
    /// Have an organisation rest, by its key
    #[arg(long, value_name = "KEY")]
    rest: Option<String>,
    /// Remove an organisation, by its key
    #[arg(long, value_name = "KEY")]
    remove: Option<String>,
}

impl Open {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let text = match (&self.text, &self.text_file) {
            (Some(text), _) => text.clone(),
            (None, Some(path)) => voice::read_text(path)?,
            (None, None) => String::new(),
        };
        let mut body = Map::new();
        body.insert("title".into(), json!(self.title));
        body.insert("text".into(), json!(text));
        body.insert("method".into(), json!({ "kind": self.method }));
        body.insert("shown".into(), json!(self.shown));
        body.insert("options".into(), json!(self.option));
        for (name, value) in [
            ("summary", &self.summary),
            ("left_out", &self.left_out),
            ("closes", &self.closes),
            ("review", &self.review),
        ] {
            body.extend(value.as_ref().map(|value| (name.to_owned(), json!(value))));
        }
        let mut effects = Vec::new();
        effects.extend(self.stage.map(|stage| json!({ "kind": "stage", "stage": stage })));
        effects.extend(self.rest.map(|key| json!({ "kind": "rest", "organisation": key })));
        effects.extend(self.remove.map(|key| json!({ "kind": "remove", "organisation": key })));
        body.insert("effects".into(), json!(effects));
        let answer = voice::with_member(&context.folder()?, |caller| caller.post(PATH, &Value::Object(body)))?;
        if context.json() {
            return output::print_json(&answer.body);
        }
        output::print(answer.body["id"].as_str().unwrap_or_default())
    }
}

const METHODS: [&str; 9] =
    ["consent", "consensus", "majority", "supermajority", "score", "dot", "ranked", "advice", "gradients"];

const EXAMPLES: &str = "\
Examples:
  knotwork decision open --title \"Meet every month\" --text \"Online, on the first Monday.\"
  knotwork decision open --title Day --text \"Which day?\" --method ranked --option Monday --option Friday
  knotwork decision open --title \"We have begun\" --text-file why.md --stage emerging

Prints the id. Acts for the member whose personal token is in KNOTWORK_TOKEN.";
