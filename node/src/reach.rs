//! Reaching the node of a data folder: the daemon if it runs, and otherwise the same node within this process, cut off
//! from the mesh, for as long as the verb takes.

use std::{
    thread,
    time::{Duration, Instant},
};

use crate::{
    caller::Caller,
    daemon::{Daemon, Settings},
    failure::Failure,
    folder::{DataFolder, FolderLock},
};

/// Who answers.
pub(crate) enum Reached {
    /// The daemon that runs.
    Running(Caller),
    /// Nobody yet: this process may.
    Free(FolderLock),
}

/// Asks the node of a folder, whether it runs or not.
pub(crate) fn with_node<T>(folder: &DataFolder, ask: impl FnOnce(&Caller) -> Result<T, Failure>) -> Result<T, Failure> {
    match reach(folder)? {
        Reached::Running(caller) => ask(&caller),
        Reached::Free(lock) => with_own(folder, lock, ask),
    }
}

/// Finds the running daemon, or takes the folder. While another process starts, stops or is about to be done, this waits
/// a little.
pub(crate) fn reach(folder: &DataFolder) -> Result<Reached, Failure> {
    let give_up = Instant::now() + WAIT_MAX;
    loop {
        if let Some(lock) = folder.try_lock()? {
            return Ok(Reached::Free(lock));
        }
        // Somebody has the folder: if it is a daemon that answers, it said where.
        if let Some(daemon) = folder.daemon()? {
            return Ok(Reached::Running(Caller::new(daemon.http, &folder.api_token()?)?));
        }
        if Instant::now() >= give_up {
            return Err(Failure::new(format!(
                "another process has been using {} for a while",
                folder.root().display()
            ))
            .next("wait until it is done, or stop it"));
        }
        thread::sleep(PAUSE);
    }
}

/// Takes the folder for a daemon.
pub(crate) fn take_for_daemon(folder: &DataFolder) -> Result<FolderLock, Failure> {
    let give_up = Instant::now() + WAIT_MAX;
    loop {
        if let Some(lock) = folder.try_lock()? {
            return Ok(lock);
        }
        if let Some(daemon) = folder.daemon()? {
            return Err(Failure::new(format!(
                "a node runs from {} already (process {})",
                folder.root().display(),
                daemon.pid
            ))
            .next(format!("it answers at http://{}; stop it first, or name another folder with --data", daemon.http))
            .detail("pid", daemon.pid)
            .detail("http", daemon.http.to_string()));
        }
        if Instant::now() >= give_up {
            return Err(Failure::new(format!(
                "another process has been using {} for a while",
                folder.root().display()
            ))
            .next("wait until it is done, or stop it"));
        }
        thread::sleep(PAUSE);
    }
}

/// Asks a node that runs within this process only while it is asked.
pub(crate) fn with_own<T>(
    folder: &DataFolder,
    lock: FolderLock,
    ask: impl FnOnce(&Caller) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let config = folder.config()?;
    let runtime = runtime(OWN_THREADS)?;
    let daemon = runtime.block_on(Daemon::start(folder, &Settings::cut_off(&config)))?;
    let asked = folder.api_token().and_then(|token| ask(&Caller::new(daemon.http(), &token)?));
    let stopped = runtime.block_on(daemon.stop());
    drop(lock);
    let answer = asked?;
    stopped.map(|()| answer)
}

/// The threads that a node's tasks run on.
pub(crate) fn runtime(threads: usize) -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads)
        .enable_all()
        .build()
        .map_err(|error| Failure::io(&error, "cannot start threads"))
}

/// How long to wait for another process that uses the folder.
const WAIT_MAX: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(20);
/// Threads of a node that serves one verb.
const OWN_THREADS: usize = 2;
