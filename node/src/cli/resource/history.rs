//! `knotwork resource history`.

use clap::Args;
use serde::Deserialize;

use super::{
    super::{
        Context, other_version, output,
        table::{Table, terminal_width},
    },
    Contributor,
    find::{path_of, short},
    minute,
};
use crate::{failure::Failure, reach};

/// Show the changes of one resource, each after those that it builds on
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct History {
    /// Its id, or the beginning of it
    id: String,
}

impl History {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let answer = reach::with_node(&context.folder()?, |caller| {
            caller.get(&format!("{}/history", path_of(caller, &self.id)?), &[])
        })?;
        if context.json() {
            return output::print_json(&answer.body);
        }
        let listed: Listed = serde_json::from_value(answer.body).map_err(|error| other_version(&error))?;
        let mut table = Table::new(&["when", "who", "fields", "added", "removed", "change", "note"]);
        for change in listed.items {
            table.row([
                minute(change.time.as_deref()),
                change.by.to_string(),
                change.fields.join(", "),
                change.added.to_string(),
                change.removed.to_string(),
                short(&change.id).to_owned(),
                if change.stands { String::new() } else { NOT_COUNTED.to_owned() },
            ]);
        }
        output::print(&table.shown(terminal_width()))
    }
}

#[derive(Debug, Deserialize)]
struct Listed {
    items: Vec<Change>,
}

#[derive(Debug, Deserialize)]
struct Change {
    id: String,
    by: Contributor,
    time: Option<String>,
    fields: Vec<String>,
    added: usize,
    removed: usize,
    stands: bool,
}

/// Written after its organisation had left, or by a key that was taken back, or building on that.
const NOT_COUNTED: &str = "not counted";

const EXAMPLES: &str = "\
Examples:
  knotwork resource history bq4xk2m
  knotwork resource history bq4xk2m --json";
