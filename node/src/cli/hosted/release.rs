//! `knotwork hosted release`.

use std::path::PathBuf;

use clap::Args;
use data_encoding::BASE64;
use serde_json::json;

use super::{
    super::{Context, network::read_application, output, text::one_line},
    PATH,
};
use crate::{failure::Failure, reach};

/// Let a hosted organisation go to a node of its own
///
/// The application is the one that its new node wrote when it joined with the organisation's key. The organisation's word
/// names that node. Once it is minuted, that node speaks for it, and its members use this one no more.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Release {
    /// The application that its own node wrote
    application: PathBuf,
}

impl Release {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let body = json!({ "application": BASE64.encode(&read_application(&self.application)?) });
        let said =
            reach::with_node(&context.folder()?, |caller| caller.post(&format!("{PATH}/departures"), &body))?.body;
        if context.json() {
            return output::print_json(&said);
        }
        output::print(&format!(
            "{} names its own node. That counts once it stands in the minutes: `knotwork minutes list` shows it.\n\nNext: \
             start its node with `knotwork run`. When it is in, delete its key from this node's folder of keys.",
            one_line(said["name"].as_str().unwrap_or_default())
        ))
    }
}

const EXAMPLES: &str = "\
Examples:
  knotwork hosted release dogwood.application";
