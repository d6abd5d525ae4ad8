//! The command line: what can be asked, and how the answer is shown. One file a verb.
//!
//! Exit codes: 0 done, 1 failed, 2 wrong usage. What was asked for goes to standard output, everything else to standard
//! error.

mod card;
mod charter;
mod check;
mod completions;
mod decision;
mod delegation;
mod demo;
mod export;
mod found;
mod hosted;
mod import;
mod init;
mod join;
mod man;
mod mandate;
mod member;
mod minutes;
mod network;
mod nodes;
mod openapi;
mod output;
mod resource;
mod run;
mod status;
mod table;
mod temperature;
mod text;

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, CommandFactory as _, Parser, Subcommand, error::ErrorKind};

use crate::{failure::Failure, folder::DataFolder, logging};

/// Keeps a library in step among organisations, each with a node of its own, and no centre.
///
/// Each organisation sets up a node (init), hands out its card (card), founds or joins a network (found, join), and runs
/// the node (run). From then on everything that any of them writes is with all of them, and goes on working while they
/// cannot reach each other.
#[derive(Debug, Parser)]
#[command(name = "knotwork", version, after_help = EXAMPLES, propagate_version = true, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    verb: Verb,
}

/// What every verb takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct Global {
    /// The folder of the node [default: $KNOTWORK_DATA, or else knotwork in the XDG data folder]
    #[arg(long, global = true, value_name = "DIR", help_heading = EVERYWHERE)]
    data: Option<PathBuf>,
    /// Answer in JSON, for programs; errors too
    #[arg(long, global = true, help_heading = EVERYWHERE)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Demo(demo::Demo),
    Init(init::Init),
    Card(card::PrintCard),
    Found(found::Found),
    Join(join::Join),
    Run(run::Run),
    Status(status::Status),
    Resource(resource::Resource),
    Member(member::Member),
    Decision(decision::Decision),
    Mandate(mandate::Mandate),
    Delegation(delegation::Delegation),
    Temperature(temperature::Temperature),
    Charter(charter::Charter),
    Minutes(minutes::Minutes),
    Network(network::Network),
    Hosted(hosted::Hosted),
    Nodes(nodes::Nodes),
    Import(import::Import),
    Export(export::Export),
    Check(check::Check),
    Rebuild(check::Rebuild),
    #[command(name = "openapi")]
    OpenApi(openapi::OpenApi),
    Completions(completions::Completions),
    Man(man::Man),
}

/// What every verb is run with.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    global: Global,
}

impl Context {
    /// Whether the answer is wanted in JSON.
    pub(crate) fn json(&self) -> bool {
        self.global.json
    }

    /// The folder that was named on the command line itself.
    pub(crate) fn named_folder(&self) -> Option<PathBuf> {
        self.global.data.clone()
    }

    /// Where the node's folder is.
    pub(crate) fn folder_path(&self) -> Result<PathBuf, Failure> {
        let from = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        // As the XDG specification has it, a relative path there counts for nothing.
        let data_home = || from("XDG_DATA_HOME").filter(|path| path.is_absolute());
        let home = || from("HOME").map(|home| home.join(".local/share"));
        self.named_folder()
            .or_else(|| from("KNOTWORK_DATA"))
            .or_else(|| data_home().or_else(home).map(|folder| folder.join("knotwork")))
            .ok_or_else(|| {
                Failure::usage("there is no home folder to keep the node in").next("name a folder with --data DIR")
            })
    }

    /// The folder, with a node set up in it.
    pub(crate) fn folder(&self) -> Result<DataFolder, Failure> {
        DataFolder::open(self.folder_path()?)
    }
}

/// Runs what was asked for.
pub(crate) fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return not_understood(&error),
    };
    let json = cli.global.json;
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if let Some(shown) = failure.shown(json) {
                output::complain(&shown);
            }
            failure.exit_code()
        }
    }
}

fn run(cli: Cli) -> Result<(), Failure> {
    let context = Context { global: cli.global };
    if !matches!(cli.verb, Verb::Run(_)) {
        logging::start_if_asked()?;
    }
    match cli.verb {
        Verb::Demo(demo) => demo.run(&context),
        Verb::Init(init) => init.run(&context),
        Verb::Card(card) => card.run(&context),
        Verb::Found(found) => found.run(&context),
        Verb::Join(join) => join.run(&context),
        Verb::Run(run) => run.run(&context),
        Verb::Status(status) => status.run(&context),
        Verb::Resource(resource) => resource.run(&context),
        Verb::Member(member) => member.run(&context),
        Verb::Decision(decision) => decision.run(&context),
        Verb::Mandate(mandate) => mandate.run(&context),
        Verb::Delegation(delegation) => delegation.run(&context),
        Verb::Temperature(temperature) => temperature.run(&context),
        Verb::Charter(charter) => charter.run(&context),
        Verb::Minutes(minutes) => minutes.run(&context),
        Verb::Network(network) => network.run(&context),
        Verb::Hosted(hosted) => hosted.run(&context),
        Verb::Nodes(nodes) => nodes.run(&context),
        Verb::Import(import) => import.run(&context),
        Verb::Export(export) => export.run(&context),
        Verb::Check(check) => check.run(&context),
        Verb::Rebuild(rebuild) => rebuild.run(&context),
        Verb::OpenApi(openapi) => openapi.run(),
        Verb::Completions(completions) => completions.run(),
        Verb::Man(man) => man.run(),
    }
}

/// Help and versions are asked for and no failure; the rest is wrong usage.
fn not_understood(error: &clap::Error) -> ExitCode {
    let asked_for = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    if !asked_for && std::env::args_os().any(|argument| argument == "--json") {
        let text = error.to_string();
        // The first paragraph; usage and hints come after it.
        let what = text.trim_start_matches("error: ").lines().take_while(|line| !line.is_empty());
        let what: Vec<&str> = what.map(str::trim).collect();
        let failure = Failure::usage(what.join(" ")).next("see `knotwork --help`");
        output::complain(&failure.shown(true).unwrap_or_default());
        return failure.exit_code();
    }
    // Nothing is to be done about an output that nobody reads.
    _ = error.print();
    ExitCode::from(if asked_for { 0 } else { 2 })
}

/// An answer of another form than this program knows.
fn other_version(error: &serde_json::Error) -> Failure {
    Failure::new(format!("the node answers in another form than this program knows: {error}"))
        .next("start the node again with this version of the program")
}

/// The whole command line, for completions and the manual.
pub(crate) fn command() -> clap::Command {
    Cli::command()
}

/// Above the options that every verb takes.
const EVERYWHERE: &str = "Options of every verb";

const EXAMPLES: &str = "\
Examples:
  knotwork demo                                       three organisations on this machine, to try it
  knotwork init --organisation \"Alder Practice\"       set up a node
  knotwork card > alder.card                          what others need to found a network with you
  knotwork found --name Valley --purpose \"…\" --with birch.card --out valley.genesis
  knotwork join valley.genesis                        join a network that names you
  knotwork run                                        run the node

Exit codes: 0 done, 1 failed, 2 wrong usage.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        command().debug_assert();
    }

    #[test]
    fn the_reference_names_every_verb_and_option() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/reference/cli.md");
        let page = std::fs::read_to_string(path).expect("the page is there");
        let mut waiting = vec![(String::from("knotwork"), command())];
        while let Some((name, verb)) = waiting.pop() {
            let group = verb.get_subcommands().next().is_some();
            assert!(group || page.contains(&format!("### `{name}")), "the page says nothing of {name}");
            for option in verb.get_arguments().filter(|argument| !argument.is_hide_set()) {
                let Some(long) = option.get_long() else { continue };
                assert!(page.contains(&format!("--{long}")), "the page says nothing of --{long} of {name}");
            }
            let below = verb.get_subcommands().filter(|below| below.get_name() != "help");
            waiting.extend(below.map(|below| (format!("{name} {}", below.get_name()), below.clone())));
        }
    }

    #[test]
    fn every_verb_has_help_with_examples() {
        for verb in command().get_subcommands().filter(|verb| verb.get_name() != "help") {
            let mut verbs: Vec<&clap::Command> = verb.get_subcommands().collect();
            if verbs.is_empty() {
                verbs.push(verb);
            }
            for verb in verbs {
                assert!(verb.get_about().is_some(), "{}", verb.get_name());
                let help = verb.get_after_help().map(ToString::to_string).unwrap_or_default();
                assert!(help.contains("Example"), "{} shows no example", verb.get_name());
            }
        }
    }
}
