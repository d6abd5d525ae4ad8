//! `knotwork delegation list`.

use clap::Args;
use serde::Deserialize;

use super::{
    super::{
        Context, other_version, output,
        table::{Table, terminal_width},
    },
    PATH,
};
use crate::{failure::Failure, reach};

/// List who stands in for whom at an organisation, the latest first
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct List {
    /// The key of an organisation; this one if left out
    #[arg(long, value_name = "KEY")]
    organisation: Option<String>,
}

impl List {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let query: Vec<(&str, &str)> = self.organisation.iter().map(|key| ("organisation", key.as_str())).collect();
        let answer = reach::with_node(&context.folder()?, |caller| caller.get(PATH, &query))?;
        if context.json() {
            return output::print_json(&answer.body);
        }
        let page: Page = serde_json::from_value(answer.body).map_err(|error| other_version(&error))?;
        let mut table = Table::new(&["id", "away", "stands in", "state", "until"]);
        for one in page.items {
            let called = |name: Option<String>, person| name.filter(|name| !name.is_empty()).unwrap_or(person);
            let until = one.until.unwrap_or_default().chars().take(10).collect();
            let (away, stand_in) = (called(one.name, one.person), called(one.stand_in_name, one.stand_in));
            table.row([one.id, away, stand_in, one.state, until]);
        }
        output::print(&table.shown(terminal_width()))
    }
}

#[derive(Debug, Deserialize)]
struct Page {
    items: Vec<Listed>,
}

#[derive(Debug, Deserialize)]
struct Listed {
    id: String,
    person: String,
    name: Option<String>,
    stand_in: String,
    stand_in_name: Option<String>,
    state: String,
    until: Option<String>,
}

const EXAMPLES: &str = "\
Examples:
  knotwork delegation list
  knotwork delegation list --json";
