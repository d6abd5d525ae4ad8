//! `knotwork resource list`.

use clap::Args;
use serde::Deserialize;
use serde_json::Value;

use super::{
    super::{
        Context, output,
        table::{shown_row, terminal_width},
        text::one_line,
    },
    find::{each, short},
    minute,
};
use crate::{caller::Caller, failure::Failure, reach};

/// List the library from A to Z
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct List {
    /// Only resources with this very tag
    #[arg(long, value_name = "WORD")]
    tag: Option<String>,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = u64::MAX, hide_default_value = true)]
    limit: u64,
}

impl List {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        reach::with_node(
            &context.folder()?,
            |caller| if context.json() { self.json(caller) } else { self.rows(caller) },
        )
    }

    fn rows(&self, caller: &Caller) -> Result<(), Failure> {
        let width = terminal_width();
        let widths = width.map(columns);
        if let Some(widths) = &widths {
            output::print(&shown_row(&HEADS.map(str::to_owned), widths))?;
        }
        let mut shown = 0;
        let total = each(caller, self.tag.as_deref(), |listed: Listed| {
            if shown == self.limit {
                return Ok(false);
            }
            shown += 1;
            let day = minute(listed.changed.as_deref()).get(..10).unwrap_or_default().to_owned();
            let (title, tags) = (one_line(&listed.title), one_line(&listed.tags.join(", ")));
            let row = match &widths {
                Some(widths) => shown_row(&[short(&listed.id).to_owned(), title, tags, day], widths),
                None => [listed.id, title, tags, day].join("\t"),
            };
            output::print(&row).map(|()| true)
        })?;
        if widths.is_some() {
            let more = if shown < total { format!(", {shown} of them shown") } else { String::new() };
            output::print(&format!("\n{total} in all{more}"))?;
        }
        Ok(())
    }

    /// One object, written while its pages come.
    fn json(&self, caller: &Caller) -> Result<(), Failure> {
        output::print_bytes(b"{\"items\":[")?;
        let mut shown = 0;
        let total = each(caller, self.tag.as_deref(), |item: Value| {
            if shown == self.limit {
                return Ok(false);
            }
            let comma = if shown == 0 { "" } else { "," };
            shown += 1;
            output::print_bytes(format!("{comma}\n{item}").as_bytes()).map(|()| true)
        })?;
        output::print(&format!("],\n\"total\":{total}}}"))
    }
}

/// How much of the width each column gets.
fn columns(width: usize) -> Vec<usize> {
    let fixed = 10 + 10 + 3 * 2;
    let rest = width.saturating_sub(fixed).max(20);
    let tags = rest / 3;
    vec![10, rest - tags, tags, 10]
}

#[derive(Debug, Deserialize)]
struct Listed {
    id: String,
    title: String,
    tags: Vec<String>,
    changed: Option<String>,
}

const HEADS: [&str; 4] = ["id", "title", "tags", "changed"];

const EXAMPLES: &str = "\
Examples:
  knotwork resource list
  knotwork resource list --tag falls --json
  knotwork resource list | cut -f2    # titles alone: for programs, fields are separated by tabs";
