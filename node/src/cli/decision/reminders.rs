//! `knotwork decision reminders`.

use clap::Args;
use serde::Deserialize;
use serde_json::json;

use super::super::{
    Context, other_version, output,
    table::{Table, terminal_width},
};
use crate::{failure::Failure, voice};

/// List who has not answered in a decision that closes within a day
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Reminders {
    /// Hand out each reminder once: neither this verb nor a page gives it again
    #[arg(long)]
    take: bool,
}

impl Reminders {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let answer = voice::with_reader(&context.folder()?, |caller| {
            if self.take { caller.post(PATH, &json!({})) } else { caller.get(PATH, &[]) }
        })?;
        if context.json() {
            return output::print_json(&answer.body);
        }
        let page: Page = serde_json::from_value(answer.body).map_err(|error| other_version(&error))?;
        if page.items.is_empty() {
            output::say("Nobody is to be reminded of anything now.");
            return Ok(());
        }
        let mut table = Table::new(&["person", "name", "closes", "title", "decision"]);
        for one in page.items {
            let closes = one.open_until.unwrap_or_default().chars().take(16).collect::<String>().replace('T', " ");
            table.row([one.person, one.name.unwrap_or_default(), closes, one.title, one.decision]);
        }
        if page.more {
            output::say("There may be more than these: take them, and ask again.");
        }
        output::print(&table.shown(terminal_width()))
    }
}

#[derive(Debug, Deserialize)]
struct Page {
    items: Vec<Missing>,
    more: bool,
}

#[derive(Debug, Deserialize)]
struct Missing {
    person: String,
    name: Option<String>,
    open_until: Option<String>,
    title: String,
    decision: String,
}

/// Where reminders are asked for.
const PATH: &str = "/api/v1/reminders";

const EXAMPLES: &str = "\
Examples:
  knotwork decision reminders
  knotwork decision reminders --take --json    # from cron, to be sent by mail

For all members of this organisation; for a member alone where their personal token is in KNOTWORK_TOKEN.";
