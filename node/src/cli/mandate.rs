//! `knotwork mandate …`: who speaks for this organisation in decisions.

mod accept;
mod give;
mod lay_down;
mod list;

use clap::{Args, Subcommand};
use serde_json::json;

use super::{Context, output};
use crate::{failure::Failure, voice};

/// Give this organisation's voice to members, accept it, lay it down
#[derive(Debug, Args)]
pub(crate) struct Mandate {
    #[command(subcommand)]
    verb: MandateVerb,
}

#[derive(Debug, Subcommand)]
enum MandateVerb {
    List(list::List),
    Give(give::Give),
    Accept(accept::Accept),
    LayDown(lay_down::LayDown),
}

impl Mandate {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        match self.verb {
            MandateVerb::List(list) => list.run(context),
            MandateVerb::Give(give) => give.run(context),
            MandateVerb::Accept(accept) => accept.run(context),
            MandateVerb::LayDown(lay_down) => lay_down.run(context),
        }
    }
}

/// Where mandates are asked for.
const PATH: &str = "/api/v1/mandates";

/// Whether a member speaks for the organisation, as they say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reply {
    Accept,
    LayDown,
}

/// Answers a mandate: the named one, or the latest that the member has.
fn answer(context: &Context, id: Option<&str>, reply: Reply) -> Result<(), Failure> {
    let answer = voice::with_member(&context.folder()?, |caller| {
        let id = match id {
            Some(id) => id.to_owned(),
            None => {
                let me = caller.get("/api/v1/me", &[])?.body["person"].clone();
                let all = caller.get(PATH, &[])?.body;
                let wanted = if reply == Reply::Accept { ["offered", "laid-down"] } else { ["held", "offered"] };
                let mine = all["items"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .find(|one| one["person"] == me && wanted.iter().any(|state| one["state"] == *state));
                let mine = mine.and_then(|one| one["id"].as_str());
                mine.ok_or_else(|| Failure::new("no mandate waits for you"))?.to_owned()
            }
        };
        if !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(Failure::usage("this is not the id of a mandate").next("`knotwork mandate list` shows them"));
        }
        caller.patch(&format!("{PATH}/{id}"), &json!({ "accepted": reply == Reply::Accept }), None)
    })?;
    let body = answer.map(|answer| answer.body).unwrap_or_default();
    if context.json() {
        return output::print_json(&body);
    }
    output::print(body["state"].as_str().unwrap_or_default())
}
