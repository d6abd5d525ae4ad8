//! `knotwork join`: enter a network that names this organisation.

use std::{
    fmt::Write as _,
    io::{IsTerminal as _, stdin},
    path::PathBuf,
};

use clap::Args;
use knotwork_identity::{Card, Genesis};
use serde_json::json;

use super::{
    Context, output,
    text::{harmless, one_line},
};
use crate::{
    failure::Failure,
    folder::{self, DataFolder, FolderLock},
    membership,
    opening::{self, Standing},
};

/// Join a network with the file that its founder sent
///
/// Shows the network's name, its purpose and its founding circle, and asks. Joining signs that this organisation accepts
/// the network, and certifies its first member's key and its service's.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Join {
    /// The network's file
    file: PathBuf,
    /// Join without being asked
    #[arg(long, short)]
    yes: bool,
}

impl Join {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let folder = context.folder()?;
        let genesis = folder::read_network_file(&self.file)?;
        let lock = lock_to_join(&folder)?;
        let keys = folder.keys()?;
        let own = membership::own_card(&genesis, &keys)?;
        if !self.yes {
            output::say(&description(&genesis, own));
            ask()?;
        }
        enter(&folder, &genesis, &lock)?;
        if context.json() {
            return output::print_json(&json!({
                "network": genesis.network(),
                "name": genesis.name,
                "purpose": genesis.purpose,
                "founders": genesis.founders.iter().map(|card| &card.name).collect::<Vec<_>>(),
            }));
        }
        let (own, network) = (one_line(&own.name), one_line(&genesis.name));
        output::print(&format!("{own} has joined the network \"{network}\".\n\nNext: `knotwork run`."))
    }
}

/// Takes a folder whose node is in no network yet.
pub(super) fn lock_to_join(folder: &DataFolder) -> Result<FolderLock, Failure> {
    if let Some(genesis) = folder.genesis()? {
        return Err(Failure::new(format!("this node is in the network \"{}\" already", one_line(&genesis.name)))
            .next(format!("its file is {}; a node is in one network", folder.genesis_path().display())));
    }
    folder
        .try_lock()?
        .ok_or_else(|| Failure::new("another process is using this folder").next("try again when it is done"))
}

/// Enters a network: keeps its file, and writes what the organisation signs. If that fails, the node is in no network,
/// as before.
pub(super) fn enter(folder: &DataFolder, genesis: &Genesis, _lock: &FolderLock) -> Result<(), Failure> {
    folder.keep_genesis(genesis)?;
    let entered = Standing::of(folder).and_then(|standing| opening::open(folder, standing)).map(drop);
    if entered.is_err() {
        // If these cannot be removed either, starting the node goes on where this ended.
        _ = std::fs::remove_file(folder.genesis_path());
        _ = std::fs::remove_dir_all(folder.store_path());
    }
    entered
}

/// What a person reads before agreeing. The purpose may have several lines, which are set in: none of them can pass for
/// one of ours.
fn description(genesis: &Genesis, own: &Card) -> String {
    let purpose: String = harmless(genesis.purpose.trim()).lines().map(|line| format!("  | {line}\n")).collect();
    let mut text = format!("The network \"{}\"\n\n{purpose}\nIts founding circle:\n", one_line(&genesis.name));
    for card in &genesis.founders {
        let note = if card == own { " (this organisation)" } else { "" };
        // Writing to a string does not fail.
        _ = writeln!(text, "  {}{note}\n    key {}", one_line(&card.name), card.organisation);
    }
    _ = write!(
        text,
        "\nJoining signs that {} accepts this network. What its members and its service write is then shared with\n\
         everyone in it, and other organisations keep copies of it.",
        one_line(&own.name)
    );
    text
}

fn ask() -> Result<(), Failure> {
    if !stdin().is_terminal() {
        return Err(Failure::usage("joining needs a yes, and nobody is at the terminal to give it")
            .next("read the above, and add --yes"));
    }
    output::say("\nJoin? [y/N]");
    let mut answer = String::new();
    stdin().read_line(&mut answer).map_err(|error| Failure::io(&error, "cannot read the answer"))?;
    match answer.trim().to_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(Failure::new("not joined: nothing was changed")),
    }
}

const EXAMPLES: &str = "\
Examples:
  knotwork join valley.genesis
  knotwork join valley.genesis --yes";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::Keys;

    #[test]
    fn whoever_agrees_sees_to_what_and_with_whom() {
        let card = |name: &str| {
            let keys = Keys::random().expect("random");
            Card {
                name: name.into(),
                organisation: keys.organisation.public(),
                node: keys.node.public(),
                addresses: vec![],
            }
        };
        let founders = vec![card("Alder"), card("Birch")];
        let genesis = Genesis { nonce: [1; 32], name: "Valley".into(), purpose: "To share.".into(), founders };
        let text = description(&genesis, &genesis.founders[1]);
        for part in
            ["Valley", "To share.", "Alder", "Birch (this organisation)", &genesis.founders[0].organisation.to_string()]
        {
            assert!(text.contains(part), "{part} is missing from {text}");
        }
    }

    #[test]
    fn nothing_in_the_file_can_rewrite_what_is_read() {
        let keys = Keys::random().expect("random");
        let card = Card {
            name: "A\u{1b}[2Jlder\nBirch".into(),
            organisation: keys.organisation.public(),
            node: keys.node.public(),
            addresses: vec![],
        };
        let purpose = "One.\n\nIts founding circle:\n  Nobody\u{202e}\u{9b}2J".into();
        let genesis = Genesis { nonce: [1; 32], name: "V\u{1b}]0;x\u{7}".into(), purpose, founders: vec![card] };
        let text = description(&genesis, &genesis.founders[0]);
        assert!(
            text.chars().all(|character| character == '\n' || !knotwork_identity::is_steering(character)),
            "{text:?}"
        );
        assert_eq!(text.lines().filter(|line| line.starts_with("Its founding circle")).count(), 1, "{text}");
        assert!(text.contains("  | Its founding circle:") && text.contains("lder Birch"), "{text}");
    }
}
