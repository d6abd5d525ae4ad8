//! `knotwork network admit`.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use clap::Args;
use data_encoding::BASE64;
use serde_json::{Value, json};

use super::{
    super::{Context, output, text::one_line},
    PATH, named_organisation,
};
use crate::{failure::Failure, voice};

/// Bring an application before the others: open a decision to admit
///
/// The decision is taken by the charter's usual method. Where this organisation is alone in the network and the member
/// speaks for it, that settles it.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Admit {
    /// The file that the organisation sent back; or the name or key of one whose node has handed its application over, or that
    /// is to be hosted here
    application: PathBuf,
}

impl Admit {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let file = read(&self.application)?;
        let opened = voice::with_member(&context.folder()?, |caller| {
            let organisation = match &file {
                Some(bytes) => {
                    let applied = caller.post(PATH, &json!({ "application": BASE64.encode(bytes) }))?.body;
                    applied["organisation"].as_str().unwrap_or_default().to_owned()
                }
                None => handed_over(&caller.get(PATH, &[])?.body, &self.application.to_string_lossy())?,
            };
            caller.post(&format!("{PATH}/{organisation}/decision"), &json!({})).map(|opened| opened.body)
        })?;
        if context.json() {
            return output::print_json(&opened);
        }
        let (id, title) = (opened["id"].as_str().unwrap_or_default(), opened["title"].as_str().unwrap_or_default());
        output::print(id)?;
        output::say(&format!(
            "\nNext: \"{}\" is open. Every organisation takes a position, this one too: `knotwork decision show {id}`.",
            one_line(title)
        ));
        Ok(())
    }
}

/// The application in a file.
pub(in super::super) fn read_application(path: &Path) -> Result<Vec<u8>, Failure> {
    read(path)?.ok_or_else(|| {
        Failure::new(format!("there is no file {}", path.display()))
            .next("ask for the file that their `knotwork join` wrote")
    })
}

/// The file, where there is one.
fn read(path: &Path) -> Result<Option<Vec<u8>>, Failure> {
    let unreadable = |error: io::Error| Failure::io(&error, format_args!("cannot read {}", path.display()));
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unreadable(error)),
        Ok(file) if file.len() > APPLICATION_BYTES_MAX => {
            Err(Failure::new(format!("{} is no application: it is too long", path.display()))
                .next("ask for the file that their `knotwork join` wrote"))
        }
        Ok(_) => fs::read(path).map(Some).map_err(unreadable),
    }
}

/// The organisation of this name or key whose node has handed its application over.
fn handed_over(listed: &Value, named: &str) -> Result<String, Failure> {
    named_organisation(listed, "organisation", named)?.ok_or_else(|| {
        Failure::new(format!("there is no file {named}, and no organisation of this name has applied at this node"))
            .next("see `knotwork network applications`, or ask for the file that their `knotwork join` wrote")
    })
}

/// Far more than any application has.
const APPLICATION_BYTES_MAX: u64 = 64 * 1024;

const EXAMPLES: &str = "\
Examples:
  knotwork network admit Dogwood
  knotwork network admit dogwood.application

Prints the id of the decision. Acts for the member whose personal token is in KNOTWORK_TOKEN.";
