//! `knotwork run`: the daemon.

mod narration;

use std::{net::SocketAddr, time::Duration};

use clap::Args;
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};

use super::{Context, output};
use narration::Teller;

use crate::{
    addresses::{self, ListenAddress},
    config::{Config, check_http},
    daemon::{Daemon, Settings},
    failure::Failure,
    folder::{DaemonFile, DataFolder},
    logging::{self, LogFormat},
    reach,
};

/// Run the node until Ctrl-C or SIGTERM
///
/// Says in plain words how it goes: where it answers, who is connected, who is in step. What is given here goes before
/// config.toml.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Run {
    /// Where other nodes reach this one
    #[arg(long, value_name = "MULTIADDR", num_args = 1..)]
    listen: Vec<ListenAddress>,
    /// Where the API answers on this machine
    #[arg(long, value_name = "ADDR:PORT")]
    http: Option<SocketAddr>,
    /// An address of another node to dial, beside those that the network knows
    #[arg(long, value_name = "MULTIADDR", num_args = 1.., value_parser = addresses::check_dialled)]
    peer: Vec<String>,
    /// Meet no other node; what is written goes out when the node runs without this again
    #[arg(long, conflicts_with_all = ["listen", "peer"])]
    offline: bool,
    /// For whom the log is written
    #[arg(long, value_enum, value_name = "FORMAT")]
    log_format: Option<LogFormat>,
    /// Stop when standard input ends, as it does when the program that started this one is gone
    #[arg(long, hide = true)]
    until_input_ends: bool,
}

impl Run {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let folder = context.folder()?;
        let config = folder.config()?;
        logging::start(self.log_format.unwrap_or(config.logging.format), &config.logging.filter)?;
        folder.joined_genesis()?;
        let settings = self.settings(&config)?;
        let lock = reach::take_for_daemon(&folder)?;
        let threads = std::thread::available_parallelism().map_or(THREADS_MIN, |cores| cores.get().max(THREADS_MIN));
        let runtime = reach::runtime(threads)?;
        let result = runtime.block_on(serve(&folder, &settings, context.json(), self.until_input_ends));
        // Whatever still reads or writes has been told to stop, and nothing is lost with it. It holds the store, which is the
        // next one's once the folder is.
        runtime.shutdown_timeout(LAST_READERS_MAX);
        drop(lock);
        result
    }

    /// The settings of the file, with those given here before them.
    fn settings(&self, config: &Config) -> Result<Settings, Failure> {
        let mut settings = Settings::of(config);
        if let Some(http) = self.http {
            check_http(http)?;
            settings.http = http;
        }
        match &mut settings.mesh {
            Some(_) if self.offline => settings.mesh = None,
            Some(mesh) => {
                if !self.listen.is_empty() {
                    mesh.listen.clone_from(&self.listen);
                }
                mesh.peers.extend(self.peer.iter().cloned());
            }
            None => {}
        }
        Ok(settings)
    }
}

/// Runs the daemon until it is told to stop, or cannot go on.
async fn serve(folder: &DataFolder, settings: &Settings, json: bool, until_input_ends: bool) -> Result<(), Failure> {
    // From here on signals are kept until they are asked for, so that none is missed while the node starts.
    let mut stop = StopSignals::listen(until_input_ends)?;
    let mut daemon = tokio::select! {
        daemon = Daemon::start(folder, settings) => daemon?,
        () = stop.wait() => return Ok(()),
    };
    let file = DaemonFile { pid: std::process::id(), http: daemon.http() };
    let outcome = match file.write(&folder.daemon_path()) {
        Err(failure) => Err(failure),
        Ok(()) => {
            if let Err(failure) = announce(folder, &daemon, json) {
                // The node is there for others, too.
                tracing::warn!(failure = failure.what(), "nobody can be told that the node is ready");
            }
            let teller = Teller {
                standing: daemon.standing(),
                waits: daemon.waits_to_be_admitted(),
                outside: Box::new(daemon.outside()),
                mesh: daemon.mesh(),
                set_up: set_up_line(folder, &daemon),
                json,
            };
            let narration = tokio::spawn(narration::narrate(daemon.status(), teller));
            let outcome = tokio::select! {
                failure = daemon.failed() => Err(failure),
                () = stop.wait() => Ok(()),
            };
            narration.abort();
            outcome
        }
    };
    // First, so that no verb calls a daemon that answers no more: it waits until the folder is free.
    let removed = DaemonFile::remove(&folder.daemon_path());
    if !json {
        output::say("Stopping.");
    }
    // A second signal does not wait for the disk any longer.
    let stopping = async {
        // A verb that has just read the file is still answered.
        tokio::time::sleep(LAST_CALLS).await;
        daemon.stop().await
    };
    let stopped = tokio::select! {
        stopped = stopping => stopped,
        () = stop.wait() => Err(Failure::new("stopped at once; what was acknowledged is on the disk")),
    };
    outcome.and(stopped).and(removed)
}

/// Says where the node is, once it is ready.
fn announce(folder: &DataFolder, daemon: &Daemon, json: bool) -> Result<(), Failure> {
    let token = folder.api_token_path();
    if json {
        return output::print_json_line(&json!({
            "event": "ready",
            "http": format!("http://{}", daemon.http()),
            "token_file": token,
            "listen": daemon.listen_addresses(),
            "pid": std::process::id(),
        }));
    }
    let listen = daemon.listen_addresses();
    let mesh = match &listen[..] {
        [] => "Other nodes cannot reach it; it reaches them where it knows their addresses.".to_owned(),
        addresses => format!("Other nodes reach it at {}.", addresses.join(", ")),
    };
    let mesh = if daemon.is_cut_off() { "It meets no other node (--offline).".to_owned() } else { mesh };
    let http = daemon.http();
    let waits = daemon.waits_to_be_admitted();
    let then = if waits { Some(WAITS.to_owned()) } else { set_up_line(folder, daemon) };
    let then = then.map(|line| format!("\n{line}")).unwrap_or_default();
    output::print(&format!("Knotwork is running: http://{http} (token in {})\n{mesh}{then}", token.display()))
}

/// Where the first account is made, as long as there is none.
fn set_up_line(folder: &DataFolder, daemon: &Daemon) -> Option<String> {
    let code = folder.set_up_code_path();
    code.exists().then(|| {
        format!(
            "Nobody has an account here yet: open http://{}/set-up and type the code in {}",
            daemon.http(),
            code.display()
        )
    })
}

/// Everything that tells a daemon to stop.
struct StopSignals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    input: Option<tokio::sync::oneshot::Receiver<()>>,
}

impl StopSignals {
    fn listen(until_input_ends: bool) -> Result<Self, Failure> {
        let cannot = |error: std::io::Error| Failure::io(&error, "cannot listen for signals");
        Ok(Self {
            interrupt: signal(SignalKind::interrupt()).map_err(cannot)?,
            terminate: signal(SignalKind::terminate()).map_err(cannot)?,
            input: until_input_ends.then(input_end),
        })
    }

    async fn wait(&mut self) {
        let input = async {
            match &mut self.input {
                // The sender is dropped at the end of the input.
                Some(input) => _ = input.await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            () = input => {}
        }
        self.input = None;
    }
}

/// Resolves when standard input ends. The thread that reads it ends with the process.
fn input_end() -> tokio::sync::oneshot::Receiver<()> {
    let (sender, ended) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let _sender = sender;
        // What is written there means nothing, and an error is an end, too.
        _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
    });
    ended
}

/// Even on one core, one thread that waits for the disk must not hold up the others.
const THREADS_MIN: usize = 2;
/// How long calls are still taken once nobody finds the node any more.
const LAST_CALLS: Duration = Duration::from_millis(200);
/// How long what still reads may take to end when the node has stopped.
const LAST_READERS_MAX: Duration = Duration::from_secs(2);

/// What is said as long as the organisation is not in the network.
const WAITS: &str = "This organisation waits to be admitted; the node comes in by itself then.";

const EXAMPLES: &str = "\
Examples:
  knotwork run
  knotwork run --peer /dns4/alder.example/tcp/7300
  RUST_LOG=debug knotwork run --log-format json";
