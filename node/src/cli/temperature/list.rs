//! `knotwork temperature list`.

use clap::Args;
use serde::Deserialize;

use super::{
    super::{
        Context, other_version, output,
        table::{Table, terminal_width},
    },
    Feelings, PATH,
};
use crate::{failure::Failure, voice};

/// List the temperature checks, the latest first
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct List {}

impl List {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let answer = voice::with_reader(&context.folder()?, |caller| caller.get(PATH, &[]))?;
        if context.json() {
            return output::print_json(&answer.body);
        }
        let page: Page = serde_json::from_value(answer.body).map_err(|error| other_version(&error))?;
        let mut table = Table::new(&["id", "question", "state", "answers", "closes"]);
        for one in page.items {
            let answers = one.feelings.map_or_else(|| "-".to_owned(), |feelings| feelings.total().to_string());
            let closes = one.closes.unwrap_or_default().chars().take(16).collect::<String>().replace('T', " ");
            table.row([one.id, one.question, one.state, answers, closes]);
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
    question: String,
    state: String,
    feelings: Option<Feelings>,
    closes: Option<String>,
}

const EXAMPLES: &str = "\
Examples:
  knotwork temperature list
  knotwork temperature list --json";
