//! `knotwork member …`: links for colleagues, from the command line of whoever looks after the node.

mod invite;
mod reset;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{Context, output};
use crate::{
    caller::{Answer, Caller},
    failure::Failure,
    reach::{self, Reached},
};

/// Invite colleagues, and help them to a new passphrase
#[derive(Debug, Args)]
pub(crate) struct Member {
    #[command(subcommand)]
    verb: MemberVerb,
}

#[derive(Debug, Subcommand)]
enum MemberVerb {
    Invite(invite::Invite),
    Reset(reset::Reset),
}

impl Member {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        match self.verb {
            MemberVerb::Invite(invite) => invite.run(context),
            MemberVerb::Reset(reset) => reset.run(context),
        }
    }
}

/// Asks the node for a link and prints it, as a browser on this machine takes it. What the node answers has a path and
/// an end.
fn print_link(context: &Context, path: &str, body: &Value) -> Result<(), Failure> {
    print_link_of(context, |caller| caller.post(path, body))
}

/// As [`print_link`], however the node is asked.
pub(super) fn print_link_of(
    context: &Context,
    ask: impl FnOnce(&Caller) -> Result<Answer, Failure>,
) -> Result<(), Failure> {
    let folder = context.folder()?;
    let (address, answer) = match reach::reach(&folder)? {
        Reached::Running(caller) => (caller.address(), ask(&caller)?),
        // The link is used when the daemon runs, where its settings say.
        Reached::Free(lock) => (folder.config()?.http.listen, reach::with_own(&folder, lock, ask)?),
    };
    let (path, ends) = (answer.body["path"].as_str().unwrap_or_default(), answer.body["ends"].as_str());
    let link = format!("http://{address}{path}");
    if context.json() {
        return output::print_json(&json!({ "link": link, "path": path, "ends": ends }));
    }
    output::print(&link)
}
