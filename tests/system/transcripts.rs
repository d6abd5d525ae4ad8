//! The guides' transcripts: every command that a page shows is run as it stands there, in its order, on the node that
//! its mark names, with real daemons. Only ports and data folders are the test's own, by the environment and the
//! settings that `init` wrote.
//!
//! Before a block stands `<!-- on: alder -->`, `<!-- on: every -->`, or `<!-- not run: REASON -->`. What a page leaves to
//! the reader stands in a comment of its own, `<!-- unseen, on: birch`. A command without a mark fails the test.

use std::{
    collections::BTreeMap,
    fs,
    net::SocketAddr,
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

use crate::{
    architecture::repository,
    harness::{cli::call, ports::free_port, program, wait},
};

#[test]
fn the_first_network_goes_as_the_guide_says() {
    let mut stage = Stage::new(&[("library.csv", LIBRARY)]);
    stage.play("docs/guides/first-network.md", &["console"]);
    stage.agree(3);
    let exported = fs::read_to_string(stage.folder.path().join("everything.csv")).expect("it was exported");
    assert!(exported.starts_with("title,summary,body,links,tags\n"), "{exported}");
}

#[test]
fn the_front_page_leads_to_a_network_that_connects() {
    let mut stage = Stage::new(&[("library.csv", LIBRARY)]);
    stage.play("README.md", &["console"]);
    stage.agree(3);
}

#[test]
fn hacking_leads_to_nodes_that_run() {
    let mut stage = Stage::new(&[]);
    stage.play("docs/HACKING.md", &["console"]);
}

#[test]
fn the_guide_to_the_api_asks_for_what_there_is() {
    let mut stage = Stage::new(&[("library.csv", LIBRARY), ("new.json", "{\"title\": \"New\"}")]);
    for words in [
        &["init", "--organisation", "Alder"][..],
        &["found", "--name", "N", "--purpose", "P", "--out", "n.genesis"],
        &["run"],
    ] {
        stage.run("alder", &format!("knotwork {}", words.join(" ")));
    }
    let added = stage.run("alder", "knotwork resource add --title Before --json");
    let added: Value = serde_json::from_slice(&added.stdout).expect("JSON");
    stage.before = format!("ID={}\n", added["id"].as_str().expect("an id"));
    stage.play("docs/guides/api.md", &["sh"]);
}

#[test]
fn every_example_of_every_verb_works() {
    let mut stage = Stage::new(&[("library.csv", LIBRARY), ("falls.md", "# Falls"), ("better.md", "# Better")]);
    for name in ["birch", "cedar"] {
        stage.run(name, &format!("knotwork init --organisation {name}"));
        stage.run(name, &format!("knotwork card > {name}.card"));
    }
    stage.run("alder", "gzip -k library.csv");
    let mut examples = Vec::new();
    for verb in VERBS {
        let help = call(verb.split(' ')).arg("--help").done().text().replace("\\\n", " ");
        let lines = help.lines().skip_while(|line| !line.starts_with("Example")).skip(1);
        let found: Vec<String> =
            lines.take_while(|line| line.starts_with("  ")).map(|line| line.trim().to_owned()).collect();
        assert!(found.iter().any(|line| line.contains(&format!("knotwork {verb}"))), "{verb} has no example: {help}");
        examples.extend(found);
    }
    for example in examples.iter().filter(|line| !NOT_RUN.iter().any(|not_run| line.contains(not_run))) {
        let node = match example.as_str() {
            line if line.contains("init --organisation \"Birch") => "elsewhere",
            line if line.contains("knotwork join") => "birch",
            _ => "alder",
        };
        stage.run(node, &example.replace("bq4xk2m", &stage.id));
        if example.contains("resource add") && stage.id.is_empty() {
            let listed = stage.run("alder", "knotwork resource list --json");
            let listed: Value = serde_json::from_slice(&listed.stdout).expect("JSON");
            let first = if listed.is_array() { &listed[0] } else { &listed["items"][0] };
            stage.id = first["id"].as_str().expect("an id")[..20].to_owned();
        }
    }
}

/// The verbs in an order in which their examples can be run.
const VERBS: [&str; 17] = [
    "init",
    "card",
    "found",
    "join",
    "resource add",
    "resource list",
    "resource show",
    "resource edit",
    "resource history",
    "import",
    "export",
    "status",
    "check",
    "rebuild",
    "openapi",
    "completions",
    "man",
];
/// Joining twice or by an invitation, a key from elsewhere, programs that not every machine has, and folders of this machine's own.
const NOT_RUN: [&str; 8] = [
    "| jq",
    "valley.genesis --yes",
    "join invitation",
    "--organisation-key",
    "pandoc",
    "man -l",
    "man1",
    "completions",
];

/// A block of commands on a page.
struct Block {
    /// The line on which it begins, for messages.
    line: usize,
    /// The node that its mark names; nothing where the mark says that it is not run.
    on: Option<String>,
    commands: Vec<String>,
}

/// Takes a page apart, and fails where a command has no mark.
fn blocks(page: &str, text: &str, languages: &[&str]) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut mark: Option<Option<String>> = None;
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let line_number = number + 1;
        if let Some(unseen) = line.strip_prefix("<!-- unseen, on: ") {
            let body: Vec<&str> = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "-->").collect();
            blocks.push(Block {
                line: line_number,
                on: Some(unseen.trim().to_owned()),
                commands: commands("console", &body),
            });
        } else if let Some(on) = line.strip_prefix("<!-- on: ") {
            mark = Some(Some(on.trim_end_matches("-->").trim().to_owned()));
        } else if line.starts_with("<!-- not run: ") {
            mark = Some(None);
        } else if let Some(language) = line.strip_prefix("```") {
            let body: Vec<&str> = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```").collect();
            let found = commands(language, &body);
            if languages.contains(&language) {
                let on = mark.take().unwrap_or_else(|| panic!("{page}, line {line_number}: the commands have no mark"));
                blocks.push(Block { line: line_number, on, commands: found });
            } else {
                let shows = |line: &&&str| ["knotwork ", "$ ", "curl "].iter().any(|word| line.starts_with(word));
                let shown = body.iter().find(shows);
                assert!(
                    shown.is_none() || mark.take() == Some(None),
                    "{page}, line {line_number}: {shown:?} is not run"
                );
            }
            mark = None;
        }
    }
    blocks
}

/// The commands of a block: in a console's, what follows `$`; lines that end in a backslash go on.
fn commands(language: &str, body: &[&str]) -> Vec<String> {
    let text = body.join("\n");
    if language != "console" {
        return vec![text];
    }
    let joined = text.replace("\\\n", " ");
    joined.lines().filter_map(|line| line.strip_prefix("$ ")).map(str::to_owned).collect()
}

/// Where the pages are played: a folder in which each node has its own, and its daemon while it runs.
struct Stage {
    folder: TempDir,
    nodes: BTreeMap<String, Option<Daemon>>,
    /// What a shell is told before each command: variables that the page has set before.
    before: String,
    /// The id of a resource, where a page makes one up.
    id: String,
}

struct Daemon {
    process: Child,
    http: SocketAddr,
}

impl Stage {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for (name, contents) in files {
            fs::write(folder.path().join(name), contents).expect("written");
        }
        Self { folder, nodes: BTreeMap::new(), before: String::new(), id: String::new() }
    }

    /// Runs every command of a page that is marked to be run.
    fn play(&mut self, page: &str, languages: &[&str]) {
        let text = fs::read_to_string(repository().join(page)).expect("the page is there");
        let blocks = blocks(page, &text, languages);
        assert!(blocks.iter().any(|block| block.on.is_some()), "{page} has nothing to run");
        for block in blocks {
            let Some(on) = block.on else { continue };
            let names = if on == "every" { self.nodes.keys().cloned().collect() } else { vec![on] };
            for command in &block.commands {
                eprintln!("{page}, line {}: {command}", block.line);
                names.iter().for_each(|name| _ = self.run(name, command));
                let is_kept = ["NODE=", "JSON="].iter().any(|beginning| command.starts_with(beginning));
                if languages.contains(&"sh") && is_kept {
                    let variables = command.lines().filter(|line| !line.starts_with("curl"));
                    self.before.extend(variables.map(|line| format!("{line}\n")));
                }
            }
        }
    }

    /// Runs one command on a node, which must succeed.
    fn run(&mut self, name: &str, command: &str) -> Output {
        if command.starts_with("knotwork run") {
            self.start(name, command);
            return Output { status: Default::default(), stdout: Vec::new(), stderr: Vec::new() };
        }
        let mut shell = self.shell(name, &format!("{}{command}", self.before));
        if command.contains("knotwork join") && !command.contains("--yes") {
            // Somebody at a terminal, who reads and says yes.
            let line = format!("sh -c '{command}'");
            shell = self.shell(name, &format!("echo y | script -qec {} /dev/null", quoted(&line)));
        }
        let output = shell.stdin(Stdio::null()).output().expect("a shell can be started");
        let (said, complained) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{name}: {command}\n{said}{complained}");
        assert!(!said.contains("\"type\":\"/problems/") && !said.contains("\"status\":4"), "{name}: {command}\n{said}");
        if command.contains("knotwork init") {
            self.settle(name);
        }
        output
    }

    /// A shell on a node: the program is found by its name, and its folder by the environment.
    fn shell(&self, name: &str, line: &str) -> Command {
        let mut line = line.to_owned();
        if let Some(Some(daemon)) = self.nodes.get(name) {
            for port in API_PORTS {
                line = line.replace(&format!("127.0.0.1:{port}"), &daemon.http.to_string());
            }
        }
        let mut shell = Command::new("bash");
        let programs = program::knotwork().parent().expect("a program is in a folder").display();
        let path = std::env::var("PATH").unwrap_or_default();
        shell.args(["-ec", &line]).current_dir(self.folder.path()).env_clear();
        shell.env("PATH", format!("{programs}:{path}")).env("KNOTWORK_DATA", self.data(name)).env("RUST_LOG", "info");
        shell
    }

    fn data(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Gives a node that was just set up ports that are free on this machine, and addresses of loopback.
    fn settle(&mut self, name: &str) {
        let Ok(text) = fs::read_to_string(self.data(name).join("config.toml")) else { return };
        let listen = format!("listen = [\"/ip4/127.0.0.1/tcp/{}\"]", free_port());
        let line = |line: &str| {
            if line.starts_with("listen = [") {
                listen.clone()
            } else if line.starts_with("listen = \"") {
                "listen = \"127.0.0.1:0\"".to_owned()
            } else {
                line.to_owned()
            }
        };
        let settled: Vec<String> = text.lines().map(line).collect();
        fs::write(self.data(name).join("config.toml"), settled.join("\n")).expect("written");
        self.nodes.insert(name.to_owned(), None);
    }

    fn start(&mut self, name: &str, command: &str) {
        let mut process = self
            .shell(name, &format!("exec {command}"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .expect("a shell");
        let file = self.data(name).join("daemon.json");
        let http = wait::until("the daemon's file", || {
            let ended = process.try_wait().expect("our own child");
            assert!(ended.is_none(), "{name}: {command} has ended");
            let text = fs::read_to_string(&file).map_err(|error| error.to_string())?;
            let said: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
            said["http"].as_str().and_then(|http| http.parse().ok()).ok_or(text)
        });
        self.nodes.insert(name.to_owned(), Some(Daemon { process, http }));
    }

    /// Waits until so many nodes run, and each is in step with all others.
    fn agree(&mut self, count: usize) {
        assert_eq!(self.nodes.values().flatten().count(), count, "so many nodes run");
        for name in self.nodes.keys().cloned().collect::<Vec<_>>() {
            wait::until("all are in step", || {
                let status: Value =
                    serde_json::from_slice(&self.run(&name, "knotwork status --json").stdout).expect("JSON");
                let peers = status["peers"].as_array().expect("peers");
                let agree = peers.len() + 1 == count && peers.iter().all(|peer| peer["in_step"] == true);
                wait::hold(agree, || status.to_string())
            });
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        for daemon in self.nodes.values_mut().flatten() {
            let pid = i32::try_from(daemon.process.id()).ok().and_then(Pid::from_raw);
            // It may have ended already; then there is nobody to tell.
            _ = pid.map(|pid| kill_process(pid, Signal::TERM));
            _ = daemon.process.wait();
        }
    }
}

/// A word as a shell takes it whole.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// The ports of the API that pages name.
const API_PORTS: [u16; 2] = [7380, 8081];
const LIBRARY: &str =
    "title,summary,body,links,tags\nFive whys,Ask why.,,https://example.org/a,root cause;methods\nPDSA,,,,\n";

#[test]
fn a_command_without_a_mark_is_found() {
    let page = "<!-- on: alder -->\n```console\n$ knotwork status\n```\n<!-- not run: slow -->\n```console\n$ knotwork demo\n```\n";
    let found = blocks("page", page, &["console"]);
    assert_eq!(found.iter().map(|block| block.on.as_deref()).collect::<Vec<_>>(), [Some("alder"), None]);
    let several =
        "<!-- unseen, on: birch\n$ knotwork card\n-->\n<!-- on: every -->\n```console\n$ a \\\n  b\nout\n$ c\n```\n";
    let found = blocks("page", several, &["console"]);
    assert_eq!(found[0].commands, ["knotwork card"]);
    assert_eq!(found[1].commands.len(), 2);
    for bad in ["```console\n$ knotwork status\n```\n", "```\nknotwork run\n```\n", "```sh\ncurl x\n```\n"] {
        let blocks = std::panic::catch_unwind(|| blocks("page", bad, &["console"]).len());
        assert!(blocks.is_err(), "{bad}");
    }
}
