//! `knotwork decision …`: deciding together, from the command line.

mod change;
mod comment;
mod count;
mod done;
mod list;
mod open;
mod position;
mod reminders;
mod show;

use clap::{Args, Subcommand};
pub(super) use count::lot_sentence;
use knotwork_identity::DocumentId;

use super::{Context, text::one_line};
use crate::failure::Failure;

/// Open decisions, take positions in them, see how they stand
#[derive(Debug, Args)]
pub(crate) struct Decision {
    #[command(subcommand)]
    verb: DecisionVerb,
}

#[derive(Debug, Subcommand)]
enum DecisionVerb {
    List(list::List),
    Show(show::Show),
    Open(Box<open::Open>),
    Position(position::TakePosition),
    Change(change::Change),
    Comment(comment::Comment),
    Done(done::Done),
    Reminders(reminders::Reminders),
}

impl Decision {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        match self.verb {
            DecisionVerb::List(list) => list.run(context),
            DecisionVerb::Show(show) => show.run(context),
            DecisionVerb::Open(open) => open.run(context),
            DecisionVerb::Position(position) => position.run(context),
            DecisionVerb::Change(change) => change.run(context),
            DecisionVerb::Comment(comment) => comment.run(context),
            DecisionVerb::Done(done) => done.run(context),
            DecisionVerb::Reminders(reminders) => reminders.run(context),
        }
    }
}

/// Where decisions are asked for.
const PATH: &str = "/api/v1/decisions";

/// The path of the decision that is meant.
pub(super) fn path_of(id: &str) -> Result<String, Failure> {
    match id.parse::<DocumentId>() {
        Ok(_) => Ok(format!("{PATH}/{id}")),
        Err(error) => Err(Failure::usage(format!("\"{}\" is not the id of a decision: {error}", one_line(id)))
            .next("`knotwork decision list` shows them")),
    }
}
