//! `knotwork network admit`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::Args;
use data_encoding::BASE64;
use knotwork_identity::PublicKey;
use serde_json::json;

use super::{
    super::{Context, output, text::one_line},
    PATH,
};
use crate::{failure::Failure, voice};

/// Bring an application before the others: open a decision to admit
///
/// The decision is taken by the charter's usual method. Where this organisation is alone in the network and the member
/// speaks for it, that settles it.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Admit {
    /// The application that the organisation sent back; or the key of an organisation that has applied here, such as a hosted one
    application: PathBuf,
}

impl Admit {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let applied = self.application.to_str().and_then(|text| text.parse::<PublicKey>().ok());
        let sent = match applied {
            Some(_) => None,
            None => Some(json!({ "application": BASE64.encode(&read_application(&self.application)?) })),
        };
        let opened = voice::with_member(&context.folder()?, |caller| {
            let organisation = match (applied, sent) {
                (Some(key), _) => key.to_string(),
                (None, body) => {
                    let taken = caller.post(PATH, &body.unwrap_or_default())?.body;
                    taken["organisation"].as_str().unwrap_or_default().to_owned()
                }
            };
            caller.post(&format!("{PATH}/{organisation}/decision"), &json!({})).map(|opened| opened.body)
        })?;
        if context.json() {
            return output::print_json(&opened);
        }
        let (id, title) = (opened["id"].as_str().unwrap_or_default(), opened["title"].as_str().unwrap_or_default());
        output::print(&format!(
            "{id}\n\nNext: \"{}\" is open. Every organisation takes a position, this one too: `knotwork decision show {id}`.",
            one_line(title)
        ))
    }
}

/// The application in a file.
pub(in super::super) fn read_application(path: &Path) -> Result<Vec<u8>, Failure> {
    let unreadable = |error: std::io::Error| Failure::io(&error, format_args!("cannot read {}", path.display()));
    if fs::metadata(path).map_err(unreadable)?.len() > APPLICATION_BYTES_MAX {
        return Err(Failure::new(format!("{} is no application: it is too long", path.display()))
            .next("ask for the file that their `knotwork join` wrote"));
    }
    fs::read(path).map_err(unreadable)
}

/// Far more than any application has.
const APPLICATION_BYTES_MAX: u64 = 64 * 1024;

const EXAMPLES: &str = "\
Examples:
  knotwork network admit dogwood.application
  knotwork network admit bq4xk2m…

Prints the id of the decision. Acts for the member whose personal token is in KNOTWORK_TOKEN.";
