//! `knotwork card`: what others need to found a network with this organisation.

use clap::Args;
use knotwork_identity::Card;

use super::{Context, output};
use crate::{addresses, config::Config, failure::Failure, keys::Keys};

/// Print this organisation's public card
///
/// The card has the organisation's name, its public key, its node's public key and the addresses at which others reach the
/// node. It is not secret. Whoever founds a network needs it.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct PrintCard {
    /// An address to put on the card, before those that follow from where the node listens
    #[arg(long, value_name = "MULTIADDR", num_args = 1.., value_parser = addresses::check_dialled)]
    address: Vec<String>,
}

impl PrintCard {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let folder = context.folder()?;
        let card = own_card(&folder.config()?, &folder.keys()?, &self.address)?;
        if card.addresses.is_empty() {
            output::say(
                "note: the card has no address, so others cannot find this node; add one with --address, or set `listen` in \
                 config.toml",
            );
        } else if card.addresses.iter().all(|address| is_loopback(address)) {
            output::say("note: these addresses work on this machine alone; add others with --address");
        }
        let json = serde_json::to_string_pretty(&card);
        output::print(&json.map_err(|error| Failure::new(format!("the card cannot be written: {error}")))?)?;
        if output::is_seen() && !context.json() {
            output::say("\nSend this to whoever founds the network; `knotwork card > our.card` makes a file of it.");
        }
        Ok(())
    }
}

/// The card of the node in a folder.
pub(super) fn own_card(config: &Config, keys: &Keys, explicit: &[String]) -> Result<Card, Failure> {
    let explicit: Vec<String> = explicit.iter().chain(&config.mesh.addresses).cloned().collect();
    let card = Card {
        name: config.organisation.name.trim().to_owned(),
        organisation: keys.organisation.public(),
        node: keys.node.public(),
        addresses: addresses::published(&explicit, &config.mesh.listen),
    };
    card.check().map_err(|error| Failure::usage(error.to_string()).next("see config.toml in the data folder"))?;
    Ok(card)
}

/// The card in a file that somebody sent.
pub(super) fn read_card(path: &std::path::Path) -> Result<Card, Failure> {
    let cannot = |why: &dyn std::fmt::Display| {
        Failure::new(format!("{} is not a card: {why}", path.display()))
            .next("ask for the file that their `knotwork card` printed, sent unchanged")
    };
    let length = std::fs::metadata(path)
        .map_err(|error| Failure::io(&error, format_args!("cannot read {}", path.display())))?
        .len();
    if length > CARD_BYTES_MAX {
        return Err(cannot(&format_args!("it has {length} bytes")));
    }
    let bytes =
        std::fs::read(path).map_err(|error| Failure::io(&error, format_args!("cannot read {}", path.display())))?;
    let card: Card = serde_json::from_slice(&bytes).map_err(|error| cannot(&error))?;
    card.check().map_err(|error| cannot(&error))?;
    Ok(card)
}

fn is_loopback(address: &str) -> bool {
    address.starts_with("/ip4/127.") || address.starts_with("/ip6/::1/")
}

/// Above what a card at all its limits takes.
const CARD_BYTES_MAX: u64 = 64 * 1024;

const EXAMPLES: &str = "\
Examples:
  knotwork card > alder.card
  knotwork card --address /dns4/node.alder.example/tcp/7300";
