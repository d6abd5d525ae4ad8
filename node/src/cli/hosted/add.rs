//! `knotwork hosted add`.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::{
    super::{Context, init::checked_name, output},
    PATH,
};
use crate::{
    clock,
    failure::Failure,
    keys::{self, HostedFile},
    reach,
};

/// Make the key of an organisation that is to use this node, and apply for it
///
/// The organisation accepts the charter in force, with this node's organisation as its host. A member then opens the
/// decision to admit it, as for any other. Where the charter changes before that, it is applied for again with the same key. An
/// organisation that is in the network already brings its own key, and comes as
/// soon as its word that names this host is minuted.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Add {
    /// The organisation's name, as its people write it
    name: String,
    /// The file with the key that it has already
    #[arg(long, value_name = "FILE")]
    organisation_key: Option<PathBuf>,
}

impl Add {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let name = checked_name("organisation", &self.name)?;
        let folder = context.folder()?;
        folder.joined_genesis()?;
        let key = match &self.organisation_key {
            Some(path) => keys::read_organisation(path)?,
            None => clock::random_key()?,
        };
        let organisation = key.public();
        let (keys, file) = (folder.keys_path(), HostedFile { name: name.to_owned(), key });
        // One that is there applies again: the charter has changed since.
        let path = file.path(&keys);
        let is_new = !path.exists();
        if is_new {
            file.create(&keys)?;
        }
        let taken = reach::with_node(&folder, |caller| caller.post(PATH, &json!({ "organisation": organisation })));
        if taken.is_err() && is_new {
            // Nothing knows it yet. Should it stay, it is read at the next start and does no harm.
            _ = std::fs::remove_file(&path);
        }
        let hosted = taken?.body;
        if context.json() {
            return output::print_json(&hosted);
        }
        output::print(&format!(
            "{name} has the key {organisation}, which is kept in {}. Keep a copy of it in a safe place.\n\n{}",
            path.display(),
            if hosted["state"] == "applies" {
                format!(
                    "Next: a member opens the decision to admit it, on the page of organisations that want to join or with \
                     `knotwork network admit \"{name}\"`. Once it is in, `knotwork hosted invite` makes the link for its \
                     first member."
                )
            } else {
                "Next: its word has to name this host; its members use this node once that is minuted.".to_owned()
            }
        ))
    }
}

const EXAMPLES: &str = "\
Examples:
  knotwork hosted add \"Dogwood Trust\"
  knotwork hosted add \"Dogwood Trust\" --organisation-key dogwood.key";
