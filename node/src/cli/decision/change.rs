//! `knotwork decision change`.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Map, Value, json};

use super::{
    super::{Context, charter::read_charter, output},
    path_of,
};
use crate::{failure::Failure, voice};

/// Change the terms of a decision of yours: everyone is asked anew
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Change {
    /// Its id
    id: String,
    /// What it is called
    #[arg(long)]
    title: Option<String>,
    /// What is proposed, or asked
    #[arg(long, value_name = "TEXT", conflicts_with = "text_file")]
    text: Option<String>,
    /// The same from a file; - reads standard input
    #[arg(long, value_name = "FILE")]
    text_file: Option<PathBuf>,
    /// The same in a few plain sentences
    #[arg(long, value_name = "TEXT")]
    summary: Option<String>,
    /// Who might be left out or harmed by it
    #[arg(long, value_name = "TEXT")]
    left_out: Option<String>,
    /// For a decision about the charter: the whole charter as it shall be, as JSON; - reads standard input
    #[arg(long, value_name = "FILE")]
    charter: Option<PathBuf>,
    /// When it closes: later than before
    #[arg(long, value_name = "TIME")]
    closes: Option<String>,
    /// An objection that the new terms integrate, as `decision show` names it; once for each
    #[arg(long, value_name = "CHANGE")]
    integrates: Vec<String>,
}

impl Change {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let path = path_of(&self.id)?;
        let text = match &self.text_file {
            Some(file) => Some(voice::read_text(file)?),
            None => self.text.clone(),
        };
        let mut body = Map::new();
        for (name, value) in [
            ("title", &self.title),
            ("text", &text),
            ("summary", &self.summary),
            ("left_out", &self.left_out),
            ("closes", &self.closes),
        ] {
            body.extend(value.as_ref().map(|value| (name.to_owned(), json!(value))));
        }
        if let Some(file) = &self.charter {
            body.insert("charter".into(), read_charter(file)?);
        }
        if body.is_empty() && self.integrates.is_empty() {
            return Err(Failure::usage("nothing to change was named").next("see `knotwork decision change --help`"));
        }
        let says_the_same = body.keys().all(|name| name == "closes");
        body.insert("integrates".into(), json!(self.integrates));
        let body = Value::Object(body);
        let changed = voice::with_member(&context.folder()?, |caller| {
            if says_the_same && !self.integrates.is_empty() {
                check_no_charter(&caller.get(&path, &[])?.body)?;
            }
            caller.patch(&path, &body, None)
        })?;
        let changed = changed.map(|answer| answer.body).unwrap_or_default();
        if context.json() {
            return output::print_json(&changed);
        }
        output::print(&format!("The terms are version {} now: everyone is asked anew.", changed["version"]))
    }
}

/// That an objection to a charter is not called integrated while charter and words stay as they are.
fn check_no_charter(decision: &Value) -> Result<(), Failure> {
    let effects = decision["effects"].as_array().into_iter().flatten();
    match effects.into_iter().any(|effect| effect["kind"] == "charter") {
        false => Ok(()),
        true => Err(Failure::usage("this decision is about a charter, and nothing in it would meet the objection")
            .next(
                "give the charter as it shall be with --charter FILE; where it stays and something else was changed or \
             explained, say so with --text",
            )),
    }
}

const EXAMPLES: &str = "\
Examples:
  knotwork decision change bq4xk2m… --text \"On the first Tuesday.\" --integrates b7fu3x…
  knotwork decision change bq4xk2m… --charter charter.json --integrates b7fu3x…
  knotwork decision change bq4xk2m… --closes 2026-12-31T18:00:00Z

Acts for the member whose personal token is in KNOTWORK_TOKEN, who has opened it.";
