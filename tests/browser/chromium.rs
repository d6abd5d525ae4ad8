//! The browser as a process of its own, with a profile of its own. Both end with the value.

use std::{
    cell::RefCell,
    env,
    fs::{self, File},
    net::{Ipv4Addr, SocketAddr},
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    rc::Rc,
};

use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{page::Page, protocol::Connection};
use crate::harness::wait;

/// A running Chromium without a window.
pub(crate) struct Browser {
    process: Child,
    _profile: TempDir,
    address: SocketAddr,
    connection: Rc<RefCell<Connection>>,
}

impl Browser {
    /// Starts it with an empty profile, and waits until it listens.
    ///
    /// # Panics
    /// When there is none on this machine, or it ends instead.
    pub(crate) fn start() -> Self {
        let profile = TempDir::new().expect("a temporary folder");
        let log = profile.path().join("log");
        let mut command = Command::new(program());
        command.args(FLAGS).arg(format!("--user-data-dir={}", profile.path().display())).arg("about:blank");
        command.env_clear().env("HOME", profile.path()).envs(env::var_os("PATH").map(|path| ("PATH", path)));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(&log).expect("a log"));
        // A group of its own, so that its helpers end with it and nothing else does.
        let process = command.process_group(0).spawn().expect("the browser can be started");
        let mut starting = Starting { process: Some(process) };
        let (port, path) = wait::until("the browser listens", || {
            starting.check_alive(&log);
            listens_at(profile.path())
        });
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let connection = Rc::new(RefCell::new(Connection::open(address, &path)));
        let process = starting.process.take().expect("it has just answered");
        Self { process, _profile: profile, address, connection }
    }

    /// An empty page of somebody who has not been seen before: it shares nothing with the other pages.
    pub(crate) fn visitor(&self) -> Page {
        let context = self.call("Target.createBrowserContext", &json!({}));
        self.page_in(context["browserContextId"].as_str().expect("a context has an id"))
    }

    /// Another page of the same person, as a second tab is.
    pub(crate) fn beside(&self, page: &Page) -> Page {
        self.page_in(page.context())
    }

    fn page_in(&self, context: &str) -> Page {
        let parameters = json!({ "url": "about:blank", "browserContextId": context });
        let target = self.call("Target.createTarget", &parameters);
        let target = target["targetId"].as_str().expect("a page has an id");
        Page::new(Connection::open(self.address, &format!("/devtools/page/{target}")), context)
    }

    fn call(&self, method: &str, parameters: &Value) -> Value {
        self.connection.borrow_mut().call(method, parameters).unwrap_or_else(|error| panic!("{error}"))
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        end(&mut self.process);
    }
}

/// Ends the process as well where the test fails before there is a [`Browser`].
struct Starting {
    process: Option<Child>,
}

impl Starting {
    fn check_alive(&mut self, log: &Path) {
        let process = self.process.as_mut().expect("it is here until it has answered");
        if let Some(status) = process.try_wait().expect("our own child") {
            panic!("the browser ended with {status}: {}", fs::read_to_string(log).unwrap_or_default());
        }
    }
}

impl Drop for Starting {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            end(process);
        }
    }
}

fn end(process: &mut Child) {
    let group = i32::try_from(process.id()).ok().and_then(Pid::from_raw).expect("a process has an id");
    // Both fail only where it has ended already.
    _ = kill_process_group(group, Signal::KILL);
    _ = process.wait();
}

/// The port and the path that the browser writes into its profile once it listens.
fn listens_at(profile: &Path) -> Result<(u16, String), String> {
    let text = fs::read_to_string(profile.join("DevToolsActivePort")).map_err(|error| error.to_string())?;
    let lines = text.split_once('\n').map(|(port, path)| (port.parse(), path.trim()));
    match lines {
        Some((Ok(port), path)) if path.starts_with('/') => Ok((port, path.to_owned())),
        _ => Err(format!("half of a file: {text:?}")),
    }
}

fn program() -> PathBuf {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = env::split_paths(&path).chain([PathBuf::from("/usr/bin")]).collect();
    let mut places = NAMES.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    places.find(|place| place.is_file()).expect("Chromium is here: `cargo xtask test browser` installs it")
}

/// The names it goes by, in the order of `xtask/src/browser.rs`.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

const FLAGS: [&str; 18] = [
    "--headless=new",
    "--remote-debugging-port=0",
    // Root may not use the sandbox, and tests run as root in containers. The pages are our own.
    "--no-sandbox",
    "--disable-gpu",
    // In a container, shared memory is 64 MiB.
    "--disable-dev-shm-usage",
    // The same width with and without a scroll bar, and the same on every machine.
    "--hide-scrollbars",
    "--force-device-scale-factor=1",
    // It talks to the tests' own addresses and to nobody else.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-extensions",
    "--disable-quic",
    "--disable-sync",
    "--disable-breakpad",
    "--no-default-browser-check",
    "--no-first-run",
    "--password-store=basic",
];
