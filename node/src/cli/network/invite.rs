//! `knotwork network invite`.

use std::path::PathBuf;

use clap::Args;
use data_encoding::BASE64;
use serde_json::json;

use super::{
    super::{Context, card, output},
    PATH,
};
use crate::{addresses, failure::Failure, private_file::Handout, voice};

/// Write an invitation for one organisation
///
/// The invitation holds how the network began, the minutes so far, the charter in force, and where this node is reached.
/// Hand it to that organisation alone: its application is known by the secret in it. It is for the first that applies with it,
/// ends after 30 days, and can be taken back. Nobody is admitted by an invitation.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Invite {
    /// Where to write the invitation
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// An address at which the newcomer reaches this node, before those that follow from where it listens
    #[arg(long, value_name = "MULTIADDR", num_args = 1.., value_parser = addresses::check_dialled)]
    address: Vec<String>,
}

impl Invite {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let folder = context.folder()?;
        let own = card::own_card(&folder.config()?, &folder.keys()?, &self.address)?;
        let body = json!({ "addresses": own.addresses });
        let answer = voice::with_member(&folder, |caller| caller.post(&format!("{PATH}/invitations"), &body))?;
        let text = answer.body["invitation"].as_str().unwrap_or_default();
        let bytes = BASE64.decode(text.as_bytes());
        let bytes = bytes.map_err(|error| Failure::new(format!("the node gave no invitation: {error}")))?;
        Handout::write(&self.out, &bytes)?.put()?;
        if context.json() {
            return output::print_json(&json!({ "invitation": self.out }));
        }
        output::print(&format!(
            "{} is an invitation for one organisation.\n\nNext: send it to them. They run `knotwork join {}` and send you \
             the application that it writes; bring that before the others with `knotwork network admit`.",
            self.out.display(),
            self.out.display()
        ))
    }
}

const EXAMPLES: &str = "\
Examples:
  knotwork network invite --out dogwood.invitation
  knotwork network invite --out dogwood.invitation --address /dns4/node.alder.example/tcp/7300

Acts for the steward whose personal token is in KNOTWORK_TOKEN.";
