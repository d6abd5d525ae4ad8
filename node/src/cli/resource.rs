//! `knotwork resource …`: the library, from the command line.

mod add;
mod edit;
mod fields;
mod find;
mod history;
mod list;
mod show;

use clap::{Args, Subcommand};
use serde::Deserialize;

use super::Context;
use crate::failure::Failure;

/// Add to the library, look things up in it, edit them
#[derive(Debug, Args)]
pub(crate) struct Resource {
    #[command(subcommand)]
    verb: ResourceVerb,
}

#[derive(Debug, Subcommand)]
enum ResourceVerb {
    Add(add::Add),
    List(list::List),
    Show(show::Show),
    Edit(Box<edit::Edit>),
    History(history::History),
}

impl Resource {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        match self.verb {
            ResourceVerb::Add(add) => add.run(context),
            ResourceVerb::List(list) => list.run(context),
            ResourceVerb::Show(show) => show.run(context),
            ResourceVerb::Edit(edit) => edit.run(context),
            ResourceVerb::History(history) => history.run(context),
        }
    }
}

/// Where resources are asked for.
const PATH: &str = "/api/v1/resources";

/// Somebody who wrote something.
#[derive(Debug, Deserialize)]
struct Contributor {
    organisation: Option<String>,
    automatic: bool,
}

impl std::fmt::Display for Contributor {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let organisation = self.organisation.as_deref().unwrap_or("somebody whose certificate has not arrived");
        let how = if self.automatic { " (automatic)" } else { "" };
        write!(formatter, "{}{how}", super::text::one_line(organisation))
    }
}

/// The day and the minute of a time in RFC 3339.
fn minute(time: Option<&str>) -> String {
    // Dates and times have one length in that form; what has another is shown as it is.
    time.map_or_else(String::new, |time| match (time.get(..10), time.get(11..16)) {
        (Some(day), Some(minute)) => format!("{day} {minute}"),
        _ => time.to_owned(),
    })
}
