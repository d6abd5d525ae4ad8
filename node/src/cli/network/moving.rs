//! `knotwork network move`.

use clap::Args;
use serde_json::json;

use super::{super::Context, named_organisation, word};
use crate::{failure::Failure, voice};

/// Give this organisation's own node up for that of another, its host
///
/// The host has taken in the organisation's key with `knotwork hosted add --organisation-key`. The organisation's word names
/// it. Once that is minuted, this node is served no more, the organisation signs no minutes, and its members join at the
/// host's node with links that the host makes. Accounts and drafts stay here.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Move {
    /// The name or key of the organisation whose node it is
    host: String,
    /// Say yes to that
    #[arg(long)]
    yes: bool,
}

impl Move {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        if !self.yes {
            return Err(Failure::usage(
                "this node is served no more then, and whoever looks after the host's node could sign \
                                       in this organisation's name",
            )
            .next(
                "see that the host has taken in the organisation's key (`knotwork hosted list` there), and add --yes",
            ));
        }
        let host = voice::with_member(&context.folder()?, |caller| {
            let all = caller.get("/api/v1/organisations", &[])?.body;
            named_organisation(&all, "key", &self.host)?.ok_or_else(|| {
                Failure::usage(format!("no organisation in the network is called \"{}\"", self.host))
                    .next("the page Organisations shows which are")
            })
        })?;
        word::say(context, &json!({ "say": "node", "host": host }))
    }
}

const EXAMPLES: &str = "\
Examples:
  knotwork network move \"Alder Practice\" --yes

For stewards. Acts for the member whose personal token is in KNOTWORK_TOKEN.";
