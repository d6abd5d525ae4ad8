//! `knotwork found`: begin a network.

use std::path::{Path, PathBuf};

use clap::Args;
use knotwork_identity::{Card, Genesis, GenesisError};
use serde_json::json;

use super::{Context, card, join::enter, output, text::one_line};
use crate::{clock, failure::Failure, private_file::Handout};

/// Begin a network with the organisations whose cards you have
///
/// Writes the network's file, which names the network, its purpose and its founding circle, and joins it. Hand the file to
/// the others, who run `knotwork join`. No one is special afterwards: whoever begins only writes the file.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Found {
    /// The network's name
    #[arg(long)]
    name: String,
    /// What the network is for, in a few sentences
    #[arg(long, value_name = "TEXT")]
    purpose: String,
    /// The card of another founding organisation; once for each
    #[arg(long = "with", value_name = "CARD-FILE", num_args = 1..)]
    with: Vec<PathBuf>,
    /// Where to write the network's file
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Write over the file if it exists
    #[arg(long)]
    force: bool,
}

impl Found {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let folder = context.folder()?;
        let lock = super::join::lock_to_join(&folder)?;
        let own = card::own_card(&folder.config()?, &folder.keys()?, &[])?;
        let mut founders = vec![own];
        for path in &self.with {
            add_founder(&mut founders, path)?;
        }
        let genesis = Genesis { nonce: clock::random()?, name: self.name, purpose: self.purpose, founders };
        genesis.check().map_err(|error| match error {
            GenesisError::Card { .. } => Failure::new(error.to_string()),
            error => Failure::usage(error.to_string()),
        })?;
        if !self.force && self.out.symlink_metadata().is_ok() {
            return Err(Failure::new(format!("{} exists already and was left as it is", self.out.display()))
                .next("name another file, or add --force"));
        }
        // Its place is taken only once the network is entered: the file of a network that nobody is in would mislead.
        let file = Handout::write(&self.out, &genesis.to_bytes())?;
        enter(&folder, &genesis, &lock)?;
        file.put().map_err(|failure| {
            failure.during("the network is founded").next(format!(
                "hand its file to the others yourself: it is {} as well",
                folder.genesis_path().display()
            ))
        })?;
        report(context, &genesis, &self.out)
    }
}

/// Adds the organisation whose card is in a file.
fn add_founder(founders: &mut Vec<Card>, path: &Path) -> Result<(), Failure> {
    let card = card::read_card(path)?;
    let refuse = |why: &str| Err(Failure::usage(format!("{}: {why}", path.display())));
    let shares_key =
        |other: &Card| [other.organisation, other.node].iter().any(|key| [card.organisation, card.node].contains(key));
    match founders.iter().position(shares_key) {
        Some(0) => refuse("this is your own organisation's card; you are in without it"),
        Some(_) => refuse(&format!("another card of {} was given already, and one is enough", one_line(&card.name))),
        None => {
            founders.push(card);
            Ok(())
        }
    }
}

fn report(context: &Context, genesis: &Genesis, out: &Path) -> Result<(), Failure> {
    if context.json() {
        return output::print_json(&json!({
            "network": genesis.network(),
            "name": genesis.name,
            "founders": genesis.founders.iter().map(|card| &card.name).collect::<Vec<_>>(),
            "file": out,
        }));
    }
    let others = &genesis.founders[1..];
    let next = if others.is_empty() {
        "Next: `knotwork run`.".to_owned()
    } else {
        let names: Vec<String> = others.iter().map(|card| one_line(&card.name)).collect();
        format!(
            "Next: send {} to {}, who run `knotwork join {0}`; then `knotwork run`.",
            out.display(),
            names.join(", ")
        )
    };
    let name = one_line(&genesis.name);
    output::print(&format!("The network \"{name}\" is founded, and this organisation is in it.\n\n{next}"))?;
    for card in others.iter().filter(|card| card.addresses.is_empty()) {
        output::say(&format!(
            "note: the card of {} has no address; it will have to find the others",
            one_line(&card.name)
        ));
    }
    Ok(())
}

const EXAMPLES: &str = "\
Example:
  knotwork found --name \"Living well in the valley\" --purpose \"We share what helps.\" \\
      --with birch.card --with cedar.card --out valley.genesis";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::Keys;

    fn card(name: &str) -> Card {
        let keys = Keys::random().expect("random");
        Card {
            name: name.into(),
            organisation: keys.organisation.public(),
            node: keys.node.public(),
            addresses: vec![],
        }
    }

    #[test]
    fn own_and_repeated_cards_are_refused_by_name() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let write = |card: &Card| {
            let path = folder.path().join(format!("{}.card", card.name));
            std::fs::write(&path, serde_json::to_vec(card).expect("JSON")).expect("written");
            path
        };
        let (own, other) = (card("Own"), card("Other"));
        let mut founders = vec![own.clone()];
        assert!(add_founder(&mut founders, &write(&own)).expect_err("own").what().contains("your own"));
        add_founder(&mut founders, &write(&other)).expect("new");
        assert!(
            add_founder(&mut founders, &write(&other)).expect_err("twice").what().contains("Other was given already")
        );
        let node_again = Card { organisation: card("x").organisation, name: "Moved".into(), ..other };
        assert!(add_founder(&mut founders, &write(&node_again)).is_err());
        assert_eq!(founders.len(), 2);
        assert!(add_founder(&mut founders, &folder.path().join("none")).is_err());
        std::fs::write(folder.path().join("not.card"), b"hello").expect("written");
        let failure = add_founder(&mut founders, &folder.path().join("not.card")).expect_err("no card");
        assert!(failure.what().contains("not.card is not a card"), "{}", failure.what());
    }
}
