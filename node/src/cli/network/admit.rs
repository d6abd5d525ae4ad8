//! `knotwork network admit`.

use std::{fs, path::PathBuf};

use clap::Args;
use data_encoding::BASE64;
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
    /// The application that the organisation sent back
    application: PathBuf,
}

impl Admit {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let path = &self.application;
        let unreadable = |error: std::io::Error| Failure::io(&error, format_args!("cannot read {}", path.display()));
        if fs::metadata(path).map_err(unreadable)?.len() > APPLICATION_BYTES_MAX {
            return Err(Failure::new(format!("{} is no application: it is too long", path.display()))
                .next("ask for the file that their `knotwork join` wrote"));
        }
        let body = json!({ "application": BASE64.encode(&fs::read(path).map_err(unreadable)?) });
        let opened = voice::with_member(&context.folder()?, |caller| {
            let applied = caller.post(PATH, &body)?.body;
            let organisation = applied["organisation"].as_str().unwrap_or_default().to_owned();
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

/// Far more than any application has.
const APPLICATION_BYTES_MAX: u64 = 64 * 1024;

const EXAMPLES: &str = "\
Examples:
  knotwork network admit dogwood.application

Prints the id of the decision. Acts for the member whose personal token is in KNOTWORK_TOKEN.";
