//! `knotwork network applications`.

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

/// List the organisations that have applied through this node, and how each stands
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Applications {}

impl Applications {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let answer = reach::with_node(&context.folder()?, |caller| caller.get(PATH, &[]))?;
        if context.json() {
            return output::print_json(&answer.body);
        }
        let page: Page = serde_json::from_value(answer.body).map_err(|error| other_version(&error))?;
        let mut table = Table::new(&["name", "state", "decision", "key"]);
        for one in page.items {
            table.row([one.name, one.state, one.decision, one.organisation]);
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
    organisation: String,
    name: String,
    state: String,
    decision: String,
}

const EXAMPLES: &str = "\
Examples:
  knotwork network applications
  knotwork network applications --json

Bring one before the others with `knotwork network admit NAME`.";
