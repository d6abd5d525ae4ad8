//! `knotwork hosted list`.

use clap::Args;
use serde_json::Value;

use super::{
    super::{
        Context, output,
        table::{Table, terminal_width},
    },
    PATH,
};
use crate::{failure::Failure, reach};

/// List the organisations whose keys this node keeps for them
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct List {}

impl List {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let Self {} = self;
        let hosted = reach::with_node(&context.folder()?, |caller| caller.get(PATH, &[]))?.body;
        if context.json() {
            return output::print_json(&hosted);
        }
        let mut table = Table::new(&["NAME", "STATE", "MEMBERS", "KEY"]);
        for one in hosted["items"].as_array().map(Vec::as_slice).unwrap_or_default() {
            let text = |name: &str| one[name].as_str().unwrap_or_default().to_owned();
            let members = one["members"].as_u64().unwrap_or_default().to_string();
            table.row([text("name"), text("state"), members, text("organisation")]);
        }
        if hosted["items"].as_array().is_none_or(Vec::<Value>::is_empty) {
            output::say("No organisation is hosted here: `knotwork hosted add` makes a key for one.");
            return Ok(());
        }
        output::print(&table.shown(terminal_width()))
    }
}

const EXAMPLES: &str = "\
Examples:
  knotwork hosted list
  knotwork hosted list --json | jq -r '.items[].name'";
