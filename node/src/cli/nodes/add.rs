//! `knotwork nodes add`.

use std::path::PathBuf;

use clap::Args;
use data_encoding::BASE64;
use serde_json::json;

use super::{
    super::{Context, network::read_application, output},
    PATH, key_of,
};
use crate::{failure::Failure, reach};

/// Let a further node of this organisation in
///
/// The network serves it from then on, as it does this one. Which of them signs minutes stays as it is.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Add {
    /// The application that it wrote when it joined, or its key as `knotwork nodes list` shows it, or how that begins; left out
    /// where one alone has reached this node and handed its application over itself
    node: Option<PathBuf>,
}

impl Add {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let file = self.node.as_deref().filter(|path| path.exists()).map(read_application).transpose()?;
        let added = reach::with_node(&context.folder()?, |caller| {
            let body = match (&file, &self.node) {
                (Some(bytes), _) => json!({ "application": BASE64.encode(bytes) }),
                (None, Some(named)) => json!({ "node": key_of(caller, &named.to_string_lossy())? }),
                (None, None) => json!({}),
            };
            caller.post(PATH, &body)
        })?
        .body;
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
  knotwork nodes add b4x3kq
  knotwork nodes add alder.application";
