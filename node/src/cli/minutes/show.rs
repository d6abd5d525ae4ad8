//! `knotwork minutes show`.

use std::fmt::Write as _;

use clap::Args;

use super::{
    super::{Context, other_version, output, text::one_line},
    Listed, PATH,
};
use crate::{failure::Failure, reach};

/// Show one minute, and who signed it
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Show {
    /// Its number, from 1
    number: u64,
}

impl Show {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let path = format!("{PATH}/{}", self.number);
        let answer = reach::with_node(&context.folder()?, |caller| caller.get(&path, &[]))?;
        if context.json() {
            return output::print_json(&answer.body);
        }
        let minute: Listed = serde_json::from_value(answer.body).map_err(|error| other_version(&error))?;
        output::print(page(&minute).trim_end())
    }
}

fn page(minute: &Listed) -> String {
    let mut page = format!("Minute {}: {}\n\nhash      {}\n", minute.height, minute.sentence(), minute.hash);
    // Writing to a string does not fail.
    if let Some(outcome) = &minute.outcome {
        _ = writeln!(page, "decision  {}", outcome.decision);
    }
    if let Some(reconvening) = &minute.reconvening {
        _ = writeln!(page, "network   {}", reconvening.network);
    }
    for signer in &minute.signed_by {
        _ = writeln!(page, "signed    {} ({})", one_line(&signer.name), signer.node);
    }
    page
}

const EXAMPLES: &str = "\
Examples:
  knotwork minutes show 7
  knotwork minutes show 7 --json";
