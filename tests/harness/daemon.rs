//! One node: its data folder, and its daemon as a process of its own while it runs.

use std::{
    fs::{self, File, OpenOptions},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::{
    api::Api,
    cli::{self, Call},
    clock::Clock,
    ports::free_port,
    program, wait,
};

/// A node in a folder of its own. Its daemon, if it runs, ends with this value.
#[derive(Debug)]
pub(crate) struct Node {
    /// Its organisation, or what tells it from another node of the same.
    pub(crate) name: String,
    /// Its data folder.
    pub(crate) folder: PathBuf,
    /// Where other nodes reach it, by TCP.
    pub(crate) port: u16,
    /// What `run` gets told beside the folder.
    pub(crate) arguments: Vec<String>,
    /// By which clock it goes when it is started next, if not by this machine's.
    pub(crate) clock: Option<Clock>,
    log: PathBuf,
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    process: Child,
    api: Api,
}

impl Node {
    /// Sets up a node that listens on a free port of loopback, in `root/NAME`.
    pub(crate) fn init(root: &Path, name: &str) -> Self {
        Self::init_with(root, name, |port| vec![format!("/ip4/127.0.0.1/tcp/{port}")])
    }

    /// As [`Node::init`], at the addresses that `listen` makes of a free port.
    pub(crate) fn init_with(root: &Path, name: &str, listen: impl FnOnce(u16) -> Vec<String>) -> Self {
        Self::set_up(root, (name, name), listen, |init| init)
    }

    /// As [`Node::init`], for an organisation whose key is in a file.
    pub(crate) fn init_of(root: &Path, name: &str, key: &Path) -> Self {
        Self::init_further(root, (name, name), key)
    }

    /// As [`Node::init_of`], in a folder that has another name than the organisation.
    pub(crate) fn init_further(root: &Path, names: (&str, &str), key: &Path) -> Self {
        let listen = |port| vec![format!("/ip4/127.0.0.1/tcp/{port}")];
        Self::set_up(root, names, listen, |init| init.arg("--organisation-key").arg(key))
    }

    fn set_up(
        root: &Path,
        (name, organisation): (&str, &str),
        listen: impl FnOnce(u16) -> Vec<String>,
        further: impl FnOnce(Call) -> Call,
    ) -> Self {
        let port = free_port();
        let folder = root.join(name);
        let init =
            cli::call(["init", "--organisation", organisation, "--http", "127.0.0.1:0"]).arg("--data").arg(&folder);
        let mut init = further(init);
        for address in listen(port) {
            init = init.arg("--listen").arg(address);
        }
        init.done();
        let log = root.join(format!("{name}.log"));
        Self { name: name.to_owned(), folder, port, arguments: Vec::new(), clock: None, log, running: None }
    }

    /// A call of the program for this node's folder.
    pub(crate) fn cli<'a>(&self, words: impl IntoIterator<Item = &'a str>) -> Call {
        // Before the words, so that a test may add to them.
        words.into_iter().fold(cli::call(["--data"]).arg(&self.folder), Call::arg)
    }

    /// Writes the node's card beside its folder, and gives its place.
    pub(crate) fn card(&self) -> PathBuf {
        let path = self.folder.with_extension("card");
        fs::write(&path, self.cli(["card"]).done().stdout).expect("the card can be written");
        path
    }

    /// Sets the addresses that are given to others before those that follow from where the node listens.
    pub(crate) fn set_addresses(&self, addresses: &[String]) {
        self.set("addresses = []", &format!("addresses = {addresses:?}"));
    }

    /// Puts another line into the settings in place of this one.
    ///
    /// # Panics
    /// When they have no such line.
    pub(crate) fn set(&self, line: &str, other: &str) {
        let path = self.folder.join("config.toml");
        let text = fs::read_to_string(&path).expect("the settings are there");
        let (line, other) = (format!("\n{line}\n"), format!("\n{other}\n"));
        assert!(text.contains(&line), "the settings have no line {line:?}: {text}");
        fs::write(path, text.replace(&line, &other)).expect("the settings can be written");
    }

    /// Starts the daemon, and waits until it is ready.
    ///
    /// # Panics
    /// When it ends instead, with what it said.
    pub(crate) fn start(&mut self) {
        assert!(self.running.is_none(), "{} runs already", self.name);
        let mut command = Command::new(program::knotwork());
        command.arg("run").arg("--data").arg(&self.folder).args(&self.arguments);
        command.env_clear().env("RUST_LOG", LOG_FILTER).stdin(Stdio::null());
        if let Some(clock) = &self.clock {
            clock.set(&mut command);
        }
        let log = || -> File { OpenOptions::new().create(true).append(true).open(&self.log).expect("a log") };
        let process = command.stdout(log()).stderr(log()).spawn().expect("the program can be started");
        // From here on the process ends with `self`, whatever happens.
        let token = fs::read_to_string(self.folder.join("api-token")).expect("the token is there");
        let api = Api::new(SocketAddr::from(([127, 0, 0, 1], 0)), token.trim().to_owned());
        self.running = Some(Running { process, api });
        let address = wait::until("the daemon's file", || self.address_of_api());
        self.running.as_mut().expect("just started").api.address = address;
        wait::until("the node is ready", || {
            self.check_alive();
            let ready = self.api().try_get("/readyz").map_err(|error| error.to_string())?;
            wait::hold(ready.status == 200, || format!("{ready:?}"))
        });
    }

    /// The API of the running daemon.
    pub(crate) fn api(&self) -> &Api {
        &self.running.as_ref().unwrap_or_else(|| panic!("{} does not run", self.name)).api
    }

    pub(crate) fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// The process id of the running daemon.
    pub(crate) fn pid(&self) -> u32 {
        self.running.as_ref().unwrap_or_else(|| panic!("{} does not run", self.name)).process.id()
    }

    /// Ends the daemon as a crash of the process does: it gets to do nothing more.
    pub(crate) fn kill(&mut self) {
        let mut running = self.running.take().unwrap_or_else(|| panic!("{} does not run", self.name));
        running.process.kill().expect("our own child can be killed");
        running.process.wait().expect("our own child can be waited for");
    }

    /// Asks the daemon to end, waits until it has, and gives its status.
    pub(crate) fn stop(&mut self, signal: Signal) -> ExitStatus {
        let mut running = self.running.take().unwrap_or_else(|| panic!("{} does not run", self.name));
        let pid = i32::try_from(running.process.id()).ok().and_then(Pid::from_raw).expect("a process has an id");
        kill_process(pid, signal).expect("our own child can be told");
        let log = self.log.clone();
        wait::within(wait::PATIENCE, "the end of the daemon", || {
            running.process.try_wait().expect("our own child").ok_or_else(|| format!("it says {}", tail(&log)))
        })
    }

    /// What the daemon has said so far.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Peak and present memory of the running daemon in bytes, as the system counts it.
    pub(crate) fn memory(&self) -> (u64, u64) {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid())).expect("the system tells");
        let bytes = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("the system tells");
            let number = line.trim_start_matches(':').trim().trim_end_matches(" kB");
            number.parse::<u64>().expect("a number") * 1024
        };
        (bytes("VmHWM"), bytes("VmRSS"))
    }

    /// Where the daemon that we started says that its API is. An older one's word does not count.
    fn address_of_api(&mut self) -> Result<SocketAddr, String> {
        self.check_alive();
        let text = fs::read_to_string(self.folder.join("daemon.json")).map_err(|error| error.to_string())?;
        let said: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        wait::hold(said["pid"] == self.pid(), || format!("it is another daemon's: {said}"))?;
        said["http"].as_str().and_then(|address| address.parse().ok()).ok_or_else(|| format!("no address in {said}"))
    }

    fn check_alive(&mut self) {
        let running = self.running.as_mut().unwrap_or_else(|| panic!("{} does not run", self.name));
        if let Some(status) = running.process.try_wait().expect("our own child") {
            self.running = None;
            panic!("{} ended with {status}: {}", self.name, tail(&self.log));
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if let Some(mut running) = self.running.take() {
            // Both fail only where it has ended already.
            _ = running.process.kill();
            _ = running.process.wait();
        }
        if std::thread::panicking() {
            eprintln!("--- {} said:\n{}", self.name, tail(&self.log));
        }
    }
}

/// The end of a log.
fn tail(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(LOG_LINES_SHOWN)..].join("\n")
}

const LOG_LINES_SHOWN: usize = 25;
const LOG_FILTER: &str = "info";
