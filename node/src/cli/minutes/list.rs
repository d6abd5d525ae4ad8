//! `knotwork minutes list`.

use clap::Args;
use serde::Deserialize;

use super::{
    super::{
        Context, other_version, output,
        table::{Table, terminal_width},
    },
    Listed, PATH,
};
use crate::{failure::Failure, reach};

/// List the minutes, the latest first
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct List {
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u8).range(1..=100))]
    limit: u8,
    /// Only those with a lower number
    #[arg(long, value_name = "N")]
    before: Option<u64>,
}

impl List {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let (limit, before) = (self.limit.to_string(), self.before.map(|before| before.to_string()));
        let mut query = vec![("limit", limit.as_str())];
        query.extend(before.as_deref().map(|before| ("before", before)));
        let answer = reach::with_node(&context.folder()?, |caller| caller.get(PATH, &query))?;
        if context.json() {
            return output::print_json(&answer.body);
        }
        let page: Page = serde_json::from_value(answer.body).map_err(|error| other_version(&error))?;
        let mut table = Table::new(&["minute", "what", "signed by"]);
        for minute in &page.items {
            table.row([minute.height.to_string(), minute.sentence(), minute.signed_by.len().to_string()]);
        }
        output::print(&table.shown(terminal_width()))
    }
}

#[derive(Debug, Deserialize)]
struct Page {
    items: Vec<Listed>,
}

const EXAMPLES: &str = "\
Examples:
  knotwork minutes list
  knotwork minutes list --before 40 --limit 10 --json";
