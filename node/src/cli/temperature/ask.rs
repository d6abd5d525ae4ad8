//! `knotwork temperature ask`.

use clap::Args;
use serde_json::{Map, Value, json};

use super::{
    super::{Context, output},
    PATH,
};
use crate::{failure::Failure, voice};

/// Ask everyone how they feel about something
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Ask {
    /// What people are asked how they feel about
    question: String,
    /// What there is to know about it
    #[arg(long, value_name = "TEXT")]
    text: Option<String>,
    /// The id of the resource or decision that it is about
    #[arg(long, value_name = "ID")]
    about: Option<String>,
    /// For how many days it is open
    #[arg(long, value_name = "N", default_value_t = 7, value_parser = clap::value_parser!(u8).range(1..=30))]
    days: u8,
}

impl Ask {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let mut body = Map::new();
        body.insert("question".into(), json!(self.question));
        body.insert("days".into(), json!(self.days));
        body.extend(self.text.map(|text| ("text".to_owned(), json!(text))));
        body.extend(self.about.map(|about| ("about".to_owned(), json!(about))));
        let answer = voice::with_member(&context.folder()?, |caller| caller.post(PATH, &Value::Object(body)))?;
        if context.json() {
            return output::print_json(&answer.body);
        }
        output::print(answer.body["id"].as_str().unwrap_or_default())
    }
}

const EXAMPLES: &str = "\
Examples:
  knotwork temperature ask \"Meet in person every spring?\"
  knotwork temperature ask \"Take this guide as our own?\" --about bq4xk2m… --days 3

Prints the id of the temperature check. Acts for the member whose personal token is in KNOTWORK_TOKEN.";
