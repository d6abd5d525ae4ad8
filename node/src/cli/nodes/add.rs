//! `knotwork nodes add`.

use std::path::PathBuf;

use clap::Args;
use data_encoding::BASE64;
use serde_json::json;

use super::{
    super::{Context, network::read_application, output},
    PATH,
};
use crate::{failure::Failure, reach};

/// Let a further node of this organisation in
///
/// The network serves it from then on, as it does this one. Which of them signs minutes stays as it is.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Add {
    /// The application that it wrote when it joined; left out where it has reached this node and handed it over itself
    application: Option<PathBuf>,
}

impl Add {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let body = match &self.application {
            Some(path) => json!({ "application": BASE64.encode(&read_application(path)?) }),
            None => json!({}),
        };
        let added = reach::with_node(&context.folder()?, |caller| caller.post(PATH, &body))?.body;
        if context.json() {
            return output::print_json(&added);
        }
        let node = added["node"].as_str().unwrap_or_default();
        output::print(&format!(
            "{node} is a node of this organisation. It comes in by itself as soon as it reaches a node that knows.\n\n\
             Next: `knotwork nodes list` shows it; `knotwork nodes sign {node}` has it sign minutes instead of this one."
        ))
    }
}

const EXAMPLES: &str = "\
Examples:
  knotwork nodes add
  knotwork nodes add alder.application";
