//! `knotwork decision list`.

use clap::Args;
use serde::Deserialize;

use super::{
    super::{
        Context, other_version, output,
        table::{Table, terminal_width},
    },
    PATH,
};
use crate::{failure::Failure, voice};

/// List the decisions, the latest first
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct List {
    /// Only those that are open, closed or final
    #[arg(long, value_name = "STATE", value_parser = ["open", "closed", "lapsed", "final"])]
    state: Option<String>,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u8).range(1..=100))]
    limit: u8,
}

impl List {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let limit = self.limit.to_string();
        let mut query = vec![("limit", limit.as_str())];
        query.extend(self.state.as_deref().map(|state| ("state", state)));
        let answer = voice::with_reader(&context.folder()?, |caller| caller.get(PATH, &query))?;
        if context.json() {
            return output::print_json(&answer.body);
        }
        let page: Page = serde_json::from_value(answer.body).map_err(|error| other_version(&error))?;
        let mut table = Table::new(&["id", "title", "state", "answered", "closes"]);
        for one in page.items {
            let state = one.verdict.unwrap_or(one.state);
            let closes = one.open_until.unwrap_or_default().chars().take(16).collect::<String>().replace('T', " ");
            table.row([one.id, one.title, state, format!("{} of {}", one.answered, one.asked), closes]);
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
    title: String,
    state: String,
    verdict: Option<String>,
    answered: usize,
    asked: usize,
    open_until: Option<String>,
}

const EXAMPLES: &str = "\
Examples:
  knotwork decision list
  knotwork decision list --state open --json
  knotwork decision list | cut -f1    # ids alone: for programs, fields are separated by tabs";
