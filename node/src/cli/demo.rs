//! `knotwork demo`: three organisations on this machine.

use clap::Args;
use serde_json::json;

use super::{
    Context, output,
    table::{Table, page_width},
};
use crate::{
    demo::{Cast, Interrupt, MEMBERS, Minuted, NEWCOMER, PASSPHRASE, Standing, agree, cut_and_heal, decide, standings},
    failure::Failure,
};

/// Show it: three organisations, each with a node of its own, as three processes on this machine
///
/// Founds a network, loads an example library at one of them, waits until all hold it, shows who holds what, and runs until
/// Ctrl-C. Everything is in a temporary folder that is removed at the end, or in the folder that --data names, which is
/// kept and can be run again.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Demo {
    /// Do not wait: cut one node off, edit on both sides, heal, admit a fourth organisation, amend the charter by consent,
    /// and exit with 0 if all agree
    #[arg(long)]
    check: bool,
}

impl Demo {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let interrupt = Interrupt::listen()?;
        let mut cast = Cast::new(context.named_folder())?;
        let played = play(&mut cast, self.check, context, &interrupt);
        let stopped = cast.stop(&interrupt);
        played.and(stopped)
    }
}

fn play(cast: &mut Cast, check: bool, context: &Context, interrupt: &Interrupt) -> Result<(), Failure> {
    let tell = |text: &str| {
        if !context.json() {
            output::say(text);
        }
    };
    let again = cast.has_played()?;
    if check && again {
        return Err(Failure::usage("--check needs an empty folder"));
    }
    if !again {
        tell(
            "Three organisations set up a node each; one founds a network with the cards of the others, and they join it.",
        );
        cast.found()?;
    }
    cast.start(interrupt)?;
    if !again {
        tell("Alder Practice imports a library of improvement methods.");
        cast.import_library()?;
        tell("At each organisation a member makes an account.");
        cast.set_up_members()?;
    }
    let resources = standings(cast)?.iter().map(|standing| standing.resources).max().unwrap_or_default();
    let mut agreed = agree(cast, resources, interrupt)?;
    let mut minutes = Vec::new();
    if check {
        cut_and_heal(cast, resources, interrupt, &tell)?;
        minutes = decide(cast, interrupt, &tell)?;
        let resources = standings(cast)?.iter().map(|standing| standing.resources).max().unwrap_or_default();
        agreed = agree(cast, resources, interrupt)?;
    }
    show(cast, &agreed, &minutes, check, context)?;
    if check {
        return Ok(());
    }
    let ended =
        interrupt.wait_for(std::time::Duration::MAX, || Failure::new("time is over"), || Ok::<Option<()>, _>(None));
    // There is only one way out, and it is what was wanted.
    _ = ended;
    tell("\nStopping.");
    Ok(())
}

/// The one table, and how to try it.
fn show(
    cast: &Cast,
    standings: &[Standing],
    minutes: &[Minuted],
    check: bool,
    context: &Context,
) -> Result<(), Failure> {
    let addresses = cast
        .organisations()
        .iter()
        .map(|organisation| Ok((organisation.name(), organisation.caller()?.address(), organisation.folder())));
    let addresses = addresses.collect::<Result<Vec<_>, Failure>>()?;
    if context.json() {
        let nodes = standings.iter().zip(&addresses).zip(MEMBERS.iter().chain([&NEWCOMER])).map(
            |((standing, (_, http, folder)), member)| {
                json!({
                    "member": { "name": member.name, "sign_in_name": member.sign_in_name, "passphrase": PASSPHRASE },
                    "organisation": standing.organisation,
                    "resources": standing.resources,
                    "changes": standing.changes,
                    "in_step": standing.in_step,
                    "peers": standing.peers,
                    "fingerprints": standing.fingerprints.iter().cloned().collect::<std::collections::BTreeMap<_, _>>(),
                    "http": format!("http://{http}"),
                    "token": folder.api_token().unwrap_or_default(),
                    "token_file": folder.api_token_path(),
                    "data": folder.root(),
                })
            },
        );
        let nodes = nodes.collect::<Vec<_>>();
        return output::print_json(&json!({ "agree": true, "nodes": nodes, "minutes": minutes }));
    }
    let mut table = Table::new(&["organisation", "resources", "changes", "in step"]);
    for standing in standings {
        table.row([
            standing.organisation.clone(),
            standing.resources.to_string(),
            standing.changes.to_string(),
            format!("with {} of {}", standing.in_step, standing.peers),
        ]);
    }
    output::print(&format!("\n{}", table.shown(Some(page_width()))))?;
    if check {
        let mut table = Table::new(&["minute", "hash", "about"]);
        for Minuted { height, hash, about } in minutes {
            table.row([height.to_string(), hash.clone(), about.clone()]);
        }
        return output::print(&format!("\nThe same at all four:\n\n{}", table.shown(Some(page_width()))));
    }
    let mut text =
        String::from("\nOpen two of these in a browser, and sign in as the member who stands beside each:\n");
    for ((name, http, _), member) in addresses.iter().zip(&MEMBERS) {
        text.push_str(&format!("  {name:<20} http://{http}  {} signs in as {}\n", member.name, member.sign_in_name));
    }
    text.push_str(&format!("The passphrase of all three is: {PASSPHRASE}\n"));
    let (_, http, folder) = &addresses[0];
    let program = std::env::args().next().unwrap_or_else(|| "knotwork".into());
    text.push_str(&format!(
        "\nTry it in another terminal:\n  \
         curl -H \"Authorization: Bearer $(cat {token})\" 'http://{http}/api/v1/resources?limit=3'\n  \
         {program} --data {second} resource add --title \"What we learned\" --tag learning\n  \
         {program} --data {third} resource list\n\n\
         Ctrl-C ends it{removed}.",
        token = folder.api_token_path().display(),
        second = addresses[1].2.root().display(),
        third = addresses[2].2.root().display(),
        removed = if cast.is_kept() { "; the folder stays" } else { " and removes its folder" },
    ));
    output::print(&text)
}

const EXAMPLES: &str = "\
Examples:
  knotwork demo
  knotwork demo --data ./valley
  knotwork demo --check";
