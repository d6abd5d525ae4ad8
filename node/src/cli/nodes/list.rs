//! `knotwork nodes list`.

use clap::Args;

use super::{
    super::{
        Context, output,
        table::{Table, terminal_width},
    },
    PATH,
};
use crate::{failure::Failure, reach};

/// List the nodes of this organisation
///
/// `signs`: it signs minutes. `served`: it keeps in step and signs none. `asks`: it has applied, see `knotwork nodes add`.
/// `ended`: it was served once.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct List {}

impl List {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let Self {} = self;
        let nodes = reach::with_node(&context.folder()?, |caller| caller.get(PATH, &[]))?.body;
        if context.json() {
            return output::print_json(&nodes);
        }
        let mut table = Table::new(&["NODE", "STATE", "CONNECTED"]);
        for one in nodes["items"].as_array().map(Vec::as_slice).unwrap_or_default() {
            let text = |name: &str| one[name].as_str().unwrap_or_default().to_owned();
            let connected = match (one["this"].as_bool(), one["connected"].as_bool()) {
                (Some(true), _) => "this one",
                (_, Some(true)) => "yes",
                _ => "no",
            };
            table.row([text("node"), text("state"), connected.to_owned()]);
        }
        output::print(&table.shown(terminal_width()))
    }
}

const EXAMPLES: &str = "\
Examples:
  knotwork nodes list
  knotwork nodes list --json | jq -r '.items[] | select(.state == \"signs\").node'";
