//! `knotwork hosted export`.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::super::{Context, output};
use crate::{failure::Failure, keys};

/// Hand a hosted organisation its secret key, so that it can go to a node of its own
///
/// Whoever has the file can sign in the organisation's name. The key stays here as well, until it is deleted from the folder
/// of keys.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Export {
    /// The organisation's name, or its key
    organisation: String,
    /// Where to write the key; the file is for your eyes alone, and must not be there yet
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

impl Export {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let folder = context.folder()?;
        let named = &self.organisation;
        let mut found = keys::read_hosted(&folder.keys_path())?;
        found.retain(|hosted| hosted.name == *named || hosted.key.public().to_string() == *named);
        let (Some(hosted), None) = (found.pop(), found.pop()) else {
            return Err(Failure::usage(format!("\"{named}\" names no hosted organisation, or several"))
                .next("`knotwork hosted list` shows them with their keys"));
        };
        hosted.write_to(&self.out)?;
        if context.json() {
            return output::print_json(&json!({ "organisation": hosted.key.public(), "key_file": self.out }));
        }
        output::print(&format!(
            "{out} holds the secret key of {name}. Whoever has it can sign in its name: hand it over in person or over a way \
             that nobody else reads, and delete it afterwards. This node keeps the key, too.\n\nNext: on its own machine, \
             `knotwork init --organisation NAME --organisation-key FILE` and `knotwork join` with an invitation that \
             `knotwork network invite` writes here; then `knotwork hosted release` here with the application that it writes.",
            out = self.out.display(),
            name = super::super::text::one_line(&hosted.name),
        ))
    }
}

const EXAMPLES: &str = "\
Examples:
  knotwork hosted export \"Dogwood Trust\" --out dogwood.key";
