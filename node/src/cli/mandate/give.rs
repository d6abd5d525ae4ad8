//! `knotwork mandate give`.

use clap::Args;
use serde_json::{Map, Value, json};

use super::{
    super::{Context, output},
    PATH,
};
use crate::{failure::Failure, voice};

/// Give this organisation's voice to a member, or take it back from everybody
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Give {
    /// The person's id, as lists of members give it
    #[arg(required_unless_present = "taken_back")]
    person: Option<String>,
    /// Until when, such as 2027-03-31T00:00:00Z; a year from now if left out
    #[arg(long, value_name = "TIME", conflicts_with = "taken_back")]
    until: Option<String>,
    /// Take it back from everybody
    #[arg(long, conflicts_with = "person")]
    taken_back: bool,
}

impl Give {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let mut body = Map::new();
        body.extend(self.person.map(|person| ("person".to_owned(), json!(person))));
        body.extend(self.until.map(|until| ("until".to_owned(), json!(until))));
        if self.taken_back {
            body.insert("taken_back".into(), json!(true));
        }
        let answer = voice::with_member(&context.folder()?, |caller| caller.post(PATH, &Value::Object(body)))?;
        if context.json() {
            return output::print_json(&answer.body);
        }
        output::print(answer.body["id"].as_str().unwrap_or_default())
    }
}

const EXAMPLES: &str = "\
Examples:
  knotwork mandate give b2kqx…
  knotwork mandate give b2kqx… --until 2027-03-31T00:00:00Z
  knotwork mandate give --taken-back

Prints the id of the mandate, which the member accepts. Acts for the steward whose personal token is in KNOTWORK_TOKEN.";
