//! Nodes as processes, and what is asked of them over HTTP.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU16, Ordering},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;
use tempfile::TempDir;

/// Nodes of one network, each with a folder; none runs at first.
pub(crate) struct Network {
    pub(crate) nodes: Vec<Node>,
    /// Removed when dropped, after the nodes.
    _folder: TempDir,
}

impl Network {
    /// Founds a network of `count` organisations.
    pub(crate) fn found(program: &Path, count: usize) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let mut nodes = Vec::with_capacity(count);
        for number in 0..count {
            nodes.push(Node::init(program, folder.path(), number)?);
        }
        let genesis = folder.path().join("network.genesis");
        let cards: Vec<PathBuf> = nodes.iter().skip(1).map(Node::write_card).collect::<Result<_>>()?;
        let mut found = nodes[0].command(&["found", "--name", "Bench", "--purpose", "To measure"]);
        found.arg("--out").arg(&genesis);
        for card in &cards {
            found.arg("--with").arg(card);
        }
        finish(found)?;
        for node in &nodes[1..] {
            let mut join = node.command(&["join", "--yes"]);
            join.arg(&genesis);
            finish(join)?;
        }
        Ok(Self { nodes, _folder: folder })
    }

    /// Starts every node and waits until all are in step.
    pub(crate) fn start(&mut self) -> Result<()> {
        for node in &mut self.nodes {
            node.start()?;
        }
        self.wait_in_step()
    }

    /// Waits until every node is in step with all to whom it is connected, which are all others but in a large network, and
    /// all hold the same.
    pub(crate) fn wait_in_step(&self) -> Result<()> {
        let expected = (self.nodes.len() - 1).min(CONNECTED_MIN);
        let mut held = Vec::new();
        wait(Duration::from_secs(120), || {
            held.clear();
            for node in &self.nodes {
                let view = node.get("/api/v1/node")?;
                let peers = view["peers"].as_array().map(Vec::as_slice).unwrap_or_default();
                let connected: Vec<_> = peers.iter().filter(|peer| peer["connected"] == true).collect();
                if connected.len() < expected || connected.iter().any(|peer| peer["in_step"] != true) {
                    return Ok(false);
                }
                let shared = view["spaces"].as_array().into_iter().flatten();
                let shared = shared.filter(|space| space["name"] == "roster" || space["name"] == "commons");
                held.push(shared.map(|space| space["fingerprint"].clone()).collect::<Vec<_>>());
            }
            Ok(held.iter().all(|other| *other == held[0]))
        })
    }
}

/// One node.
pub(crate) struct Node {
    program: PathBuf,
    pub(crate) folder: PathBuf,
    http: SocketAddr,
    token: String,
    agent: ureq::Agent,
    process: Option<Child>,
}

impl Node {
    fn init(program: &Path, parent: &Path, number: usize) -> Result<Self> {
        let folder = parent.join(format!("node-{number}"));
        let (mesh, http) = (free_port()?, free_port()?);
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
        let http = SocketAddr::from(([127, 0, 0, 1], http));
        let mut node = Self { program: program.into(), folder, http, token: String::new(), agent, process: None };
        let mut init = node.command(&["init", "--organisation", &format!("Organisation {number}")]);
        init.arg("--listen").arg(format!("/ip4/127.0.0.1/tcp/{mesh}")).arg("--http").arg(http.to_string());
        finish(init)?;
        node.token = fs::read_to_string(node.folder.join("api-token"))?.trim().to_owned();
        Ok(node)
    }

    fn write_card(&self) -> Result<PathBuf> {
        let path = self.folder.with_extension("card");
        fs::write(&path, finish(self.command(&["card"]))?)?;
        Ok(path)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(arguments).arg("--data").arg(&self.folder).env_remove("KNOTWORK_DATA").env_remove("RUST_LOG");
        command
    }

    /// Starts the process; gives the moment before.
    pub(crate) fn spawn(&mut self) -> Result<Instant> {
        let mut run = self.command(&["run"]);
        run.stdout(Stdio::null()).stderr(Stdio::null());
        let begun = Instant::now();
        self.process = Some(run.spawn()?);
        Ok(begun)
    }

    /// Starts the process and waits until it answers; gives the moment before.
    pub(crate) fn start(&mut self) -> Result<Instant> {
        let begun = self.spawn()?;
        self.wait_ready()?;
        Ok(begun)
    }

    /// Waits until the node answers.
    pub(crate) fn wait_ready(&self) -> Result<()> {
        wait(Duration::from_secs(60), || Ok(std::net::TcpStream::connect(self.http).is_ok()))?;
        wait(Duration::from_secs(60), || Ok(self.get("/api/v1/node").is_ok()))
    }

    /// Stops the process cleanly.
    pub(crate) fn stop(&mut self) -> Result<()> {
        if let Some(mut process) = self.process.take() {
            let id = rustix::process::Pid::from_child(&process);
            rustix::process::kill_process(id, rustix::process::Signal::TERM)?;
            process.wait()?;
        }
        Ok(())
    }

    /// Asks with GET.
    pub(crate) fn get(&self, path: &str) -> Result<Value> {
        let request = self.agent.get(self.url(path)).header("authorization", self.authorization());
        let mut response = request.call()?;
        ensure!(response.status() == 200, "{path} answered {}", response.status());
        Ok(serde_json::from_str(&response.body_mut().read_to_string()?)?)
    }

    /// Adds a resource; gives its id.
    pub(crate) fn add(&self, agent: &ureq::Agent, resource: &Value) -> Result<String> {
        let request = agent.post(self.url("/api/v1/resources")).header("authorization", self.authorization());
        let mut response = request.send_json(resource)?;
        let body = response.body_mut().read_to_string()?;
        ensure!(response.status() == 201, "a resource was answered with {}: {body}", response.status());
        let body: Value = serde_json::from_str(&body)?;
        Ok(body["id"].as_str().context("the answer names no id")?.to_owned())
    }

    /// Imports a file; gives how many were added.
    pub(crate) fn import(&self, csv: &str) -> Result<u64> {
        let request = self.agent.post(self.url("/api/v1/imports")).header("authorization", self.authorization());
        let mut response = request.header("content-type", "text/csv").send(csv)?;
        let body = response.body_mut().read_to_string()?;
        ensure!(response.status().is_success(), "an import was answered with {}: {body}", response.status());
        let body: Value = serde_json::from_str(&body)?;
        body["added"].as_u64().context("the answer counts nothing")
    }

    /// How many resources the node has.
    pub(crate) fn resources(&self) -> Result<u64> {
        self.get("/api/v1/resources?limit=1")?["total"].as_u64().context("the listing has no total")
    }

    /// Follows the node's events on a thread: `each` is called with every document that changed.
    pub(crate) fn listen(&self, mut each: impl FnMut(&str) + Send + 'static) -> Result<()> {
        let agent = ureq::Agent::config_builder().build().new_agent();
        let response = agent.get(self.url("/api/v1/events")).header("authorization", self.authorization()).call()?;
        let lines = BufReader::new(response.into_body().into_reader()).lines();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if let Some(data) = line.strip_prefix("data:")
                    && let Ok(data) = serde_json::from_str::<Value>(data)
                    && let Some(document) = data["document"].as_str()
                {
                    each(document);
                }
            }
        });
        Ok(())
    }

    /// A figure of the node's metrics, added up over its labels.
    pub(crate) fn metric(&self, name: &str) -> Result<f64> {
        let request = self.agent.get(self.url("/metrics")).header("authorization", self.authorization());
        let text = request.call()?.body_mut().read_to_string()?;
        let mut found = None;
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let Some((key, value)) = line.rsplit_once(' ') else { continue };
            if key == name || key.strip_prefix(name).is_some_and(|rest| rest.starts_with('{')) {
                *found.get_or_insert(0.0) += value.parse::<f64>()?;
            }
        }
        found.with_context(|| format!("there is no metric {name}"))
    }

    /// A line of the process's status, in megabytes: `VmRSS` now, `VmHWM` at its peak.
    pub(crate) fn memory(&self, line: &str) -> Result<f64> {
        let id = self.process.as_ref().context("the node does not run")?.id();
        let status = fs::read_to_string(format!("/proc/{id}/status"))?;
        let found = status.lines().find_map(|found| found.strip_prefix(line)?.strip_prefix(':'));
        let kilobytes: f64 = found.context("no such line")?.trim().trim_end_matches(" kB").parse()?;
        Ok(kilobytes * 1024.0 / 1e6)
    }

    /// Where its pages and its API are.
    pub(crate) fn http(&self) -> SocketAddr {
        self.http
    }

    /// The token of whoever may read its folder.
    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.http)
    }

    fn authorization(&self) -> String {
        format!("Bearer {}", self.token)
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            // The folder goes too: nothing is lost.
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// Waits until something holds; errors of the question count as not yet.
pub(crate) fn wait(limit: Duration, mut holds: impl FnMut() -> Result<bool>) -> Result<()> {
    let begun = Instant::now();
    while !matches!(holds(), Ok(true)) {
        if begun.elapsed() > limit {
            let last = holds();
            bail!("it took longer than {} s: {last:?}", limit.as_secs());
        }
        std::thread::sleep(POLL_PAUSE);
    }
    Ok(())
}

fn finish(mut command: Command) -> Result<Vec<u8>> {
    let output = command.output()?;
    ensure!(output.status.success(), "{command:?} failed: {}", String::from_utf8_lossy(&output.stderr));
    Ok(output.stdout)
}

/// A port that nobody listens on, below those that the system gives to connections out: many nodes have so many of these that
/// one of them would take it before its node starts.
fn free_port() -> Result<u16> {
    static NEXT: AtomicU16 = AtomicU16::new(20_000);
    loop {
        let port = NEXT.fetch_add(1, Ordering::Relaxed);
        ensure!(port < 32_000, "no port is free between 20000 and 32000");
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
}

/// Between two questions; half of it is the error of every time that is measured by asking.
const POLL_PAUSE: Duration = Duration::from_millis(1);

/// A node dials no more than 16 others, so not all of a large network are connected with each other.
const CONNECTED_MIN: usize = 16;
