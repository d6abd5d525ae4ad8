//! `knotwork minutes …`: what binds everyone, one minute after the other.

mod decided;
mod export;
mod list;
mod show;
mod verify;

use clap::{Args, Subcommand};
use serde::Deserialize;

use super::{Context, text::one_line};
use crate::failure::Failure;

pub(super) use verify::read_bundle;

/// Read the minutes, keep them in a file, and check such a file
#[derive(Debug, Args)]
pub(crate) struct Minutes {
    #[command(subcommand)]
    verb: MinutesVerb,
}

#[derive(Debug, Subcommand)]
enum MinutesVerb {
    List(list::List),
    Show(show::Show),
    Export(export::Export),
    Verify(verify::Verify),
}

impl Minutes {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        match self.verb {
            MinutesVerb::List(list) => list.run(context),
            MinutesVerb::Show(show) => show.run(context),
            MinutesVerb::Export(export) => export.run(context),
            MinutesVerb::Verify(verify) => verify.run(context),
        }
    }
}

/// Where minutes are asked for.
const PATH: &str = "/api/v1/minutes";

/// A minute, as far as it is shown in a line.
#[derive(Debug, Deserialize)]
struct Listed {
    height: u64,
    hash: String,
    word: Option<Word>,
    outcome: Option<Outcome>,
    reconvening: Option<Reconvening>,
    signed_by: Vec<Signer>,
}

#[derive(Debug, Deserialize)]
struct Word {
    name: String,
    said: String,
}

#[derive(Debug, Deserialize)]
struct Outcome {
    decision: String,
    title: String,
    verdict: String,
}

#[derive(Debug, Deserialize)]
struct Reconvening {
    network: String,
    carried: Vec<Named>,
    left: Vec<Named>,
}

#[derive(Debug, Deserialize)]
struct Named {
    name: String,
}

#[derive(Debug, Deserialize)]
struct Signer {
    name: String,
    node: String,
}

impl Reconvening {
    fn sentence(&self) -> String {
        let names = |of: &[Named]| of.iter().map(|one| one.name.as_str()).collect::<Vec<_>>().join(", ");
        format!("{} go on without {}", names(&self.carried), names(&self.left))
    }
}

impl Listed {
    /// What it records, in a line.
    fn sentence(&self) -> String {
        let sentence = match (&self.word, &self.outcome) {
            (Some(Word { name, said }), _) => match said.as_str() {
                "accept" => format!("{name} accepts the charter and joins"),
                "leave" => format!("{name} leaves"),
                "rest" => format!("{name} rests"),
                "return" => format!("{name} is back"),
                _ => format!("{name} has another node"),
            },
            (None, Some(outcome)) if outcome.title.is_empty() => format!("{}: {}", outcome.decision, outcome.verdict),
            (None, Some(outcome)) => format!("{}: {}", outcome.title, outcome.verdict),
            (None, None) => self.reconvening.as_ref().map(Reconvening::sentence).unwrap_or_default(),
        };
        one_line(&sentence)
    }
}
