//! `knotwork temperature show`.

use std::fmt::Write as _;

use clap::Args;
use serde::Deserialize;

use super::{
    super::{
        Context, other_version, output,
        text::{harmless, one_line},
    },
    Feelings, path_of,
};
use crate::{failure::Failure, voice};

/// Show one temperature check, and how many feel how once it has closed
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Show {
    /// Its id
    id: String,
}

impl Show {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let path = path_of(&self.id)?;
        let answer = voice::with_reader(&context.folder()?, |caller| caller.get(&path, &[]))?;
        if context.json() {
            return output::print_json(&answer.body);
        }
        let shown: Shown = serde_json::from_value(answer.body).map_err(|error| other_version(&error))?;
        output::print(shown.page().trim_end())
    }
}

#[derive(Debug, Deserialize)]
struct Shown {
    id: String,
    question: String,
    text: String,
    state: String,
    closes: Option<String>,
    feelings: Option<Feelings>,
    yours: Option<Own>,
}

#[derive(Debug, Deserialize)]
struct Own {
    feeling: String,
}

impl Shown {
    fn page(&self) -> String {
        let mut page = format!("{}\n\n", one_line(&self.question));
        // Writing to a string does not fail.
        for (name, value) in [
            ("id", self.id.as_str()),
            ("state", self.state.as_str()),
            ("closes", self.closes.as_deref().unwrap_or_default()),
        ] {
            _ = writeln!(page, "{name:<17} {}", one_line(value));
        }
        if let Some(own) = &self.yours {
            _ = writeln!(page, "{:<17} {}", "you answered", one_line(&own.feeling));
        }
        match &self.feelings {
            Some(feelings) => {
                for (feeling, count) in feelings.each() {
                    _ = writeln!(page, "{feeling:<17} {count}");
                }
            }
            None if self.state == "closed" => {
                _ = writeln!(page, "\nFewer than seven answers have come in; how they fall is not shown.");
            }
            None => _ = writeln!(page, "\nHow answers fall is shown once it has closed and seven have come in."),
        }
        if !self.text.is_empty() {
            _ = writeln!(page, "\n{}", harmless(&self.text).trim_end());
        }
        page
    }
}

const EXAMPLES: &str = "\
Examples:
  knotwork temperature show bq4xk2m…
  knotwork temperature show bq4xk2m… --json

With KNOTWORK_TOKEN it says as well what you have answered, until it closes.";
