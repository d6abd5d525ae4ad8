//! `knotwork temperature …`: how people feel about something, before it is decided.

mod answer;
mod ask;
mod list;
mod show;

use clap::{Args, Subcommand};
use knotwork_identity::DocumentId;
use serde::Deserialize;

use super::{Context, text::one_line};
use crate::failure::Failure;

/// Ask how people feel about something before it is decided, and say how you feel
#[derive(Debug, Args)]
pub(crate) struct Temperature {
    #[command(subcommand)]
    verb: TemperatureVerb,
}

#[derive(Debug, Subcommand)]
enum TemperatureVerb {
    List(list::List),
    Show(show::Show),
    Ask(ask::Ask),
    Answer(answer::Answer),
}

impl Temperature {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        match self.verb {
            TemperatureVerb::List(list) => list.run(context),
            TemperatureVerb::Show(show) => show.run(context),
            TemperatureVerb::Ask(ask) => ask.run(context),
            TemperatureVerb::Answer(answer) => answer.run(context),
        }
    }
}

/// How many feel how.
#[derive(Debug, Deserialize)]
struct Feelings {
    strongly_for: u64,
    #[serde(rename = "for")]
    with: u64,
    between: u64,
    against: u64,
    strongly_against: u64,
}

impl Feelings {
    fn each(&self) -> [(&'static str, u64); 5] {
        [
            ("strongly for", self.strongly_for),
            ("for", self.with),
            ("between", self.between),
            ("against", self.against),
            ("strongly against", self.strongly_against),
        ]
    }

    fn total(&self) -> u64 {
        self.each().into_iter().map(|(_, count)| count).sum()
    }
}

/// Where temperature checks are asked for.
const PATH: &str = "/api/v1/temperature-checks";

/// The path of the temperature check that is meant.
fn path_of(id: &str) -> Result<String, Failure> {
    match id.parse::<DocumentId>() {
        Ok(_) => Ok(format!("{PATH}/{id}")),
        Err(error) => {
            Err(Failure::usage(format!("\"{}\" is not the id of a temperature check: {error}", one_line(id)))
                .next("`knotwork temperature list` shows them"))
        }
    }
}
