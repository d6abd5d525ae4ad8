//! `knotwork resource add`.

use clap::Args;
use serde_json::{Value, json};

use super::{
    super::{Context, output},
    PATH,
    fields::Fields,
};
use crate::{failure::Failure, reach};

/// Add a resource to the library
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Add {
    /// One line that names it
    #[arg(long)]
    title: String,
    #[command(flatten)]
    fields: Fields,
}

impl Add {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let mut body = self.fields.to_json()?;
        body.insert("title".into(), json!(self.title));
        let answer = reach::with_node(&context.folder()?, |caller| caller.post(PATH, &Value::Object(body)))?;
        if context.json() {
            return output::print_json(&answer.body);
        }
        output::print(answer.body["id"].as_str().unwrap_or_default())
    }
}

const EXAMPLES: &str = "\
Examples:
  knotwork resource add --title \"Five whys\" --tag methods --link https://example.org/five-whys
  knotwork resource add --title \"Falls at home\" --kind guidance --body-file falls.md
  pandoc notes.docx -t markdown | knotwork resource add --title Notes --body-file -

Prints the id of the new resource.";
