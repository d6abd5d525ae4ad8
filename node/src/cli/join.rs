//! `knotwork join`: enter a network that names this organisation.

mod earlier;

use std::{
    fmt::Write as _,
    io::{IsTerminal as _, stdin},
    path::PathBuf,
};

use clap::Args;
use knotwork_governance::{Application, Charter, NetworkInvitation};
use knotwork_identity::{Card, Genesis};
use knotwork_minutes::{Agreed, read_minute};
use knotwork_replica::{TakeUpError, take_up_minutes};
use serde_json::json;

use super::{Context, charter::Said, output, text::one_line};
use earlier::{Earlier, lock_to_apply};

use crate::{
    failure::Failure,
    folder::{self, DataFolder, FolderLock},
    membership,
    opening::{self, Standing},
    private_file::Handout,
};

/// Join a network with the file that you were sent
///
/// With the file of a network that is being founded: shows its name, its purpose and its founding circle, and asks. Joining
/// signs that this organisation accepts the network, and certifies its first member's key and its service's.
///
/// With an invitation to a network that goes on already: shows the whole charter that is signed, and asks. Applying signs that
/// this organisation accepts the charter. The node hands the application to whoever invited it, or it is sent as a file, and
/// the organisations in the network decide. The node comes in by itself. As long as it is not in, another invitation to the
/// same network takes the place of the one before.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Join {
    /// The network's file
    file: PathBuf,
    /// Join without being asked
    #[arg(long, short)]
    yes: bool,
    /// Where to write the application, where the file is an invitation; in this folder if left out
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Join {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let folder = context.folder()?;
        if let Some(invitation) = read_invitation(&self.file)? {
            return self.apply(context, &folder, &invitation);
        }
        let genesis = folder::read_network_file(&self.file)?;
        let lock = lock_to_join(&folder)?;
        let keys = folder.keys()?;
        let own = membership::own_card(&genesis, &keys)?;
        if !self.yes {
            output::say(&description(&genesis, own));
            ask_yes("Join?", "joining", "not joined: nothing was changed")?;
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

impl Join {
    /// Applies to join a network that goes on already.
    fn apply(self, context: &Context, folder: &DataFolder, invitation: &NetworkInvitation) -> Result<(), Failure> {
        let keys = folder.keys()?;
        let card = super::card::own_card(&folder.config()?, &keys, &[])?;
        // Before anything is signed: the minutes that came with it say which charter is in force.
        let agreed = agreed_in(invitation)?;
        if agreed.charter().digest != invitation.charter_digest() {
            return Err(Failure::new("the charter in this invitation is not the one that its minutes name")
                .next("ask for a new invitation"));
        }
        let (lock, earlier) = lock_to_apply(folder, &keys, invitation, &agreed)?;
        let known = agreed.parties().get(&card.organisation);
        let (moves, is_further) = (known.is_some(), known.is_some_and(|party| party.node.is_some()));
        if !self.yes {
            output::say(&invited(invitation, &card, moves));
            ask_yes("Join?", "joining", "not joined: nothing was changed")?;
        }
        let out = self.out.unwrap_or_else(|| PathBuf::from(format!("{}.application", file_name(&card.name))));
        let (own, signing) = ((card.name, card.addresses), (&keys.organisation, &keys.node));
        let application = Application::sign(invitation, agreed.network(), own, signing);
        let file = Handout::write(&out, &application.to_bytes())?;
        let kept = keep(folder, invitation, &agreed, &application);
        if kept.is_err() && earlier == Earlier::Nothing {
            // As before: this node is in no network.
            for path in [folder.genesis_path(), folder.application_path(), folder.sponsor_path(), folder.begun_path()] {
                _ = std::fs::remove_file(path);
            }
            _ = std::fs::remove_dir_all(folder.store_path());
        }
        kept?;
        drop(lock);
        file.put()?;
        if context.json() {
            return output::print_json(&json!({
                "network": agreed.network(),
                "name": invitation.genesis.name,
                "application": out,
                "sponsor": invitation.sponsor.name,
            }));
        }
        if is_further {
            return output::print(&format!(
                "This is a further node of {}.\n\nNext: start it with `knotwork run`. It hands its application to {sponsor}. \
                 Where that is a node of the same organisation, `knotwork nodes add` there lets it in; else, or should it not \
                 reach it, `knotwork nodes add {}` at one that is. It comes in by itself then.",
                one_line(&application.name),
                out.display(),
                sponsor = one_line(&invitation.sponsor.name),
            ));
        }
        if moves {
            return output::print(&format!(
                "This node is ready to speak for {} in \"{}\".\n\nNext: send {} to {}, where `knotwork hosted release` names \
                 this node, and start this node with `knotwork run`: it comes in by itself.",
                one_line(&application.name),
                one_line(&invitation.genesis.name),
                out.display(),
                one_line(&invitation.sponsor.name),
            ));
        }
        output::print(&format!(
            "{} has applied to join \"{}\".\n\nNext: start this node with `knotwork run`. It hands the application to {sponsor}, \
             which brings it before the others, waits to be admitted, and comes in by itself. Should it not reach {sponsor}, \
             send {} there.",
            one_line(&application.name),
            one_line(&invitation.genesis.name),
            out.display(),
            sponsor = one_line(&invitation.sponsor.name),
        ))
    }
}

/// Keeps what an invitation brings and what was signed for it, in place of what an earlier one brought. What may be refused
/// comes first, so that a folder that has applied before stays as it was then.
fn keep(
    folder: &DataFolder,
    invitation: &NetworkInvitation,
    agreed: &Agreed,
    application: &Application,
) -> Result<(), Failure> {
    folder.keep_genesis(&invitation.genesis)?;
    let (store, _) = opening::open_store(folder, &invitation.genesis)?;
    take_up_minutes(&invitation.genesis, &store, &invitation.minutes).map_err(|error| match error {
        TakeUpError::Short { .. } => {
            Failure::new("this invitation is older than the one with which this node has applied")
                .next("ask for a new invitation")
        }
        error => Failure::new(error.to_string()),
    })?;
    if agreed.parties().contains_key(&application.organisation) {
        membership::note_was_in_before(&store)?;
    }
    if agreed.began() > 0 {
        folder.keep_reconvened(agreed.network())?;
    }
    folder.keep_application(application)?;
    folder.keep_sponsor(&invitation.sponsor)
}

/// The invitation in a file; `None` where it is something else.
fn read_invitation(path: &std::path::Path) -> Result<Option<NetworkInvitation>, Failure> {
    let unreadable = |error: std::io::Error| Failure::io(&error, format_args!("cannot read {}", path.display()));
    let bytes = std::fs::metadata(path).map_err(unreadable)?.len();
    if bytes > NetworkInvitation::BYTES_MAX as u64 {
        return Ok(None);
    }
    Ok(NetworkInvitation::from_bytes(&std::fs::read(path).map_err(unreadable)?).ok())
}

/// What the minutes in an invitation make of the network. Each is verified.
fn agreed_in(invitation: &NetworkInvitation) -> Result<Agreed, Failure> {
    let mut agreed = Agreed::founded(&invitation.genesis);
    for kept in &invitation.minutes {
        let height = agreed.height() + 1;
        let wrong = |why: &dyn std::fmt::Display| {
            Failure::new(format!("minute {height} in this invitation does not hold: {why}"))
                .next("ask for a new invitation")
        };
        let (minute, proof) = read_minute(kept).ok_or_else(|| wrong(&"its bytes are none"))?;
        agreed.retrace(&minute, &proof).map_err(|error| wrong(&error))?;
    }
    Ok(agreed)
}

/// What a person reads before their organisation applies: all that the charter says, as that is what is signed.
fn invited(invitation: &NetworkInvitation, own: &Card, moves: bool) -> String {
    let first = Charter::first(invitation.genesis.purpose.clone());
    let said = Said::of(invitation.charter.as_ref().unwrap_or(&first));
    let mut text = format!(
        "{} invites {} to join the network \"{}\". Its charter:\n",
        one_line(&invitation.sponsor.name),
        one_line(&own.name),
        one_line(&invitation.genesis.name),
    );
    append_charter(&mut text, &said);
    if moves {
        _ = write!(
            text,
            "\n{} is in this network already. Joining signs that this node is its own.",
            one_line(&own.name)
        );
        return text;
    }
    _ = write!(
        text,
        "\nApplying signs that {} accepts this charter. The organisations in the network then decide whether to admit it.\n\
         Once it is in, what its members and its service write is shared with everyone in it, and other organisations keep\n\
         copies of it.",
        one_line(&own.name)
    );
    text
}

/// Appends all that a charter says. Its texts may have several lines, which are set in: none of them can pass for one of
/// ours.
fn append_charter(text: &mut String, said: &Said) {
    for (head, lines) in said.texts().iter().filter(|(_, lines)| !lines.is_empty()) {
        // Writing to a string does not fail.
        _ = writeln!(text, "\n{head}:");
        lines.lines().for_each(|line| _ = writeln!(text, "  | {line}"));
    }
    _ = writeln!(text, "\n{}", Said::listed(&said.facts()));
}

/// A name as a file may have it.
fn file_name(name: &str) -> String {
    let kept: String = name.chars().map(|c| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    kept.trim_matches('-').to_owned()
}

/// Takes a folder whose node is in no network yet.
pub(super) fn lock_to_join(folder: &DataFolder) -> Result<FolderLock, Failure> {
    match folder.genesis()? {
        Some(genesis) => Err(earlier::in_already(folder, &genesis)),
        None => earlier::lock(folder),
    }
}

/// Enters a network: keeps its file, and writes what the organisation signs. If that fails, the node is in no network,
/// as before.
pub(super) fn enter(folder: &DataFolder, genesis: &Genesis, _lock: &FolderLock) -> Result<(), Failure> {
    folder.keep_genesis(genesis)?;
    let entered = Standing::of(folder).and_then(|standing| opening::open(folder, standing)).map(drop);
    if entered.is_err() {
        // If these cannot be removed either, starting the node goes on where this ended.
        _ = std::fs::remove_file(folder.genesis_path());
        _ = std::fs::remove_file(folder.begun_path());
        _ = std::fs::remove_dir_all(folder.store_path());
    }
    entered
}

/// What a person reads before agreeing: the founding circle, and the charter that it begins with.
fn description(genesis: &Genesis, own: &Card) -> String {
    let mut text = format!("The network \"{}\"\n\nIts founding circle:\n", one_line(&genesis.name));
    for card in &genesis.founders {
        let note = if card == own { " (this organisation)" } else { "" };
        // Writing to a string does not fail.
        _ = writeln!(text, "  {}{note}\n    key {}", one_line(&card.name), card.organisation);
    }
    text.push_str("\nIts charter, until another is decided:\n");
    append_charter(&mut text, &Said::of(&Charter::first(genesis.purpose.clone())));
    _ = write!(
        text,
        "\nJoining signs that {} accepts this network and this charter. What its members and its service write is then shared\n\
         with everyone in it, and other organisations keep copies of it.",
        one_line(&own.name)
    );
    text
}

/// Asks whoever is at the terminal for a yes to what it said before.
pub(super) fn ask_yes(question: &str, what: &str, no: &str) -> Result<(), Failure> {
    if !stdin().is_terminal() {
        return Err(Failure::usage(format!("{what} needs a yes, and nobody is at the terminal to give it"))
            .next("read the above, and add --yes"));
    }
    output::say(&format!("\n{question} [y/N]"));
    let mut answer = String::new();
    stdin().read_line(&mut answer).map_err(|error| Failure::io(&error, "cannot read the answer"))?;
    match answer.trim().to_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(Failure::new(no)),
    }
}

const EXAMPLES: &str = "\
Examples:
  knotwork join valley.genesis
  knotwork join valley.genesis --yes
  knotwork join invitation --out dogwood.application";

#[cfg(test)]
mod tests {
    use knotwork_governance::{BindingRules, Method, NetworkFunction, NetworkKind, Ratio};

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
    fn whoever_applies_sees_the_whole_charter_that_is_signed() {
        let keys = Keys::random().expect("random");
        let card = Card {
            name: "Alder".into(),
            organisation: keys.organisation.public(),
            node: keys.node.public(),
            addresses: vec![],
        };
        let genesis = Genesis {
            nonce: [1; 32],
            name: "Valley".into(),
            purpose: "To share.".into(),
            founders: vec![card.clone()],
        };
        let first = Charter::first("To share.".into());
        let mut charter = Charter {
            kinds: NetworkKind::ALL.into(),
            functions: NetworkFunction::ALL.into(),
            ways_of_working: "In the open.\nto admit      nobody is asked".into(),
            values: "Care.".into(),
            disagreement: "It is heard.".into(),
            usual_method: Method::Supermajority,
            usual_days: 21,
            ..Charter::first("To learn.".into())
        };
        charter.rules = BindingRules {
            admit: Ratio::new(3, 5),
            remove: Ratio::new(4, 5),
            amend: Ratio::new(6, 7),
            review_months: 18,
        };
        let invited = |charter: Option<Charter>, moves| {
            let sponsor = card.clone();
            let invitation =
                NetworkInvitation { genesis: genesis.clone(), sponsor, charter, minutes: vec![], secret: [0; 32] };
            invited(&invitation, &card, moves)
        };
        let text = invited(Some(charter.clone()), false);
        for part in [
            "Purpose:\n  | To learn.",
            "Ways of working:\n  | In the open.\n  | to admit      nobody is asked",
            "Values:\n  | Care.",
            "Disagreement:\n  | It is heard.",
            "learning",
            "convening",
            "by supermajority, open for 21 days",
            "\nto admit      at least 3/5",
            "\nto remove     at least 4/5",
            "\nto amend      at least 6/7",
            "after 18 months",
            "accepts this charter",
        ] {
            assert!(text.contains(part), "{part} is missing from {text}");
        }
        // It is what `knotwork charter show` has, also of the first one, by both ways in.
        for (text, charter) in [(text, &charter), (invited(None, true), &first), (description(&genesis, &card), &first)]
        {
            let said = Said::of(charter);
            assert!(text.contains(&Said::listed(&said.facts())), "{text}");
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
