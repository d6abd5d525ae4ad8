//! One organisation of the demo: its folder, and its daemon as a child process.

use std::{
    ffi::{OsStr, OsString},
    fs::File,
    io::Write as _,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    time::Duration,
};

use super::Interrupt;
use crate::{caller::Caller, failure::Failure, folder::DataFolder};

/// One organisation.
#[derive(Debug)]
pub(crate) struct Organisation {
    name: &'static str,
    program: PathBuf,
    folder: DataFolder,
    running: Option<Running>,
}

/// Its daemon. However this program ends, the pipe to the daemon's input is closed, and the daemon stops.
#[derive(Debug)]
struct Running {
    child: Child,
    input: Option<ChildStdin>,
}

impl Organisation {
    /// An organisation whose folder is at `path`, whether there is anything yet or not.
    pub(super) fn new(name: &'static str, program: PathBuf, path: PathBuf) -> Self {
        Self { name, program, folder: DataFolder::at(path), running: None }
    }

    /// Its name.
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// Its folder.
    pub(crate) fn folder(&self) -> &DataFolder {
        &self.folder
    }

    /// Runs a verb for it, and gives what the verb printed.
    pub(crate) fn ask<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Result<String, Failure> {
        let arguments: Vec<OsString> = arguments.into_iter().map(|argument| argument.as_ref().to_owned()).collect();
        let output = self.command(&arguments).stdin(Stdio::null()).output();
        let output =
            output.map_err(|error| Failure::io(&error, format_args!("cannot run {}", self.program.display())))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let verb = arguments.first().map(|verb| verb.to_string_lossy().into_owned()).unwrap_or_default();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        Err(Failure::new(format!("`knotwork {verb}` of {} failed: {}", self.name, said.trim())))
    }

    /// Starts its daemon and waits until it answers.
    pub(crate) fn start(&mut self, offline: bool, interrupt: &Interrupt) -> Result<(), Failure> {
        let log_path = self.log_path();
        let log = File::create(&log_path)
            .map_err(|error| Failure::io(&error, format_args!("cannot write {}", log_path.display())))?;
        let mut arguments: Vec<OsString> = ["run", "--until-input-ends", "--json"].map(OsString::from).to_vec();
        if offline {
            arguments.push("--offline".into());
        }
        let mut command = self.command(&arguments);
        // Of a process group of its own: Ctrl-C is for this program, which then stops the daemons in order.
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::from(log)).process_group(0);
        let mut child = command
            .spawn()
            .map_err(|error| Failure::io(&error, format_args!("cannot run {}", self.program.display())))?;
        let input = child.stdin.take();
        let pid = child.id();
        self.running = Some(Running { child, input });
        let name = self.name;
        let too_late = || Failure::new(format!("the node of {name} does not start"));
        let ready = interrupt.wait_for(START_MAX, too_late, || {
            if let Some(failure) = self.ended() {
                return Err(failure);
            }
            Ok(self.folder.daemon()?.filter(|daemon| daemon.pid == pid).map(drop))
        });
        ready.map_err(|failure| failure.next(format!("its log is {}", log_path.display())))
    }

    /// Kills its daemon at once, as a power cut would.
    pub(crate) fn kill(&mut self) -> Result<(), Failure> {
        let Some(mut running) = self.running.take() else { return Ok(()) };
        let killed = running.child.kill().and_then(|()| running.child.wait());
        killed.map(drop).map_err(|error| Failure::io(&error, format_args!("cannot kill the node of {}", self.name)))
    }

    /// Stops its daemon in order.
    pub(crate) fn stop(&mut self, interrupt: &Interrupt) -> Result<(), Failure> {
        let Some(running) = &mut self.running else { return Ok(()) };
        running.input = None;
        let too_late = || Failure::new(format!("the node of {} does not stop", self.name));
        let asked = || Ok(running.child.try_wait().ok().flatten());
        // An end that is wanted is what this is: only the time counts.
        let status = interrupt.unheeded().wait_for(STOP_MAX, too_late, asked)?;
        self.running = None;
        if status.success() {
            Ok(())
        } else {
            Err(Failure::new(format!("the node of {} ended with {status}", self.name)))
        }
    }

    /// Whether its daemon has been started and neither stopped nor killed.
    pub(crate) fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// Asks its daemon.
    pub(crate) fn caller(&self) -> Result<Caller, Failure> {
        let daemon = self.folder.daemon()?;
        let daemon = daemon.ok_or_else(|| Failure::new(format!("the node of {} does not run", self.name)))?;
        Caller::new(daemon.http, &self.folder.api_token()?)
    }

    /// What its daemon's log ends with, if the daemon has ended by itself.
    fn ended(&mut self) -> Option<Failure> {
        let status = self.running.as_mut()?.child.try_wait().ok().flatten()?;
        self.running = None;
        let log = std::fs::read_to_string(self.log_path()).unwrap_or_default();
        let last: Vec<&str> = log.lines().rev().take(LOG_LINES_SHOWN).collect();
        let last: Vec<&str> = last.into_iter().rev().collect();
        Some(Failure::new(format!("the node of {} ended with {status}:\n{}", self.name, last.join("\n"))))
    }

    fn log_path(&self) -> PathBuf {
        self.folder.root().with_extension("log")
    }

    fn command(&self, arguments: &[OsString]) -> Command {
        let mut command = Command::new(&self.program);
        command.arg("--data").arg(self.folder.root()).args(arguments);
        command
    }
}

impl Drop for Organisation {
    fn drop(&mut self) {
        // Only after something failed: nobody may be left running.
        if let Some(mut running) = self.running.take() {
            _ = running.child.kill();
            _ = running.child.wait();
        }
    }
}

/// Writes a file for the demo.
pub(super) fn write(path: &Path, contents: &[u8]) -> Result<(), Failure> {
    let written = File::create(path).and_then(|mut file| file.write_all(contents));
    written.map_err(|error| Failure::io(&error, format_args!("cannot write {}", path.display())))
}

const START_MAX: Duration = Duration::from_secs(30);
const STOP_MAX: Duration = Duration::from_secs(30);
const LOG_LINES_SHOWN: usize = 5;
