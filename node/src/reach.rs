//! Reaching the node of a data folder: the daemon if it runs, and otherwise the same node within this process, cut off
//! from the mesh, for as long as the verb takes.

use std::{
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

use crate::{
    caller::Caller,
    daemon::{Daemon, Settings},
    failure::Failure,
    folder::{DaemonFile, DataFolder, FolderLock},
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
    wait_for(folder, || {
        if let Some(lock) = folder.try_lock()? {
            return Ok(Some(Reached::Free(lock)));
        }
        // Somebody has the folder. What stands in its file may be an older daemon's word, or that of one which is about
        // to stop: only one that answers there itself is spoken to.
        match folder.daemon()?.filter(answers) {
            Some(daemon) => Ok(Some(Reached::Running(Caller::new(daemon.http, &folder.api_token()?)?))),
            None => Ok(None),
        }
    })
}

/// Takes the folder for a daemon.
pub(crate) fn take_for_daemon(folder: &DataFolder) -> Result<FolderLock, Failure> {
    wait_for(folder, || {
        if let Some(lock) = folder.try_lock()? {
            return Ok(Some(lock));
        }
        let Some(daemon) = folder.daemon()?.filter(answers) else { return Ok(None) };
        let what = format!("a node runs from {} already (process {})", folder.root().display(), daemon.pid);
        Err(Failure::new(what)
            .next(format!("it answers at http://{}; stop it first, or name another folder with --data", daemon.http))
            .detail("pid", daemon.pid)
            .detail("http", daemon.http.to_string()))
    })
}

/// Whether a daemon is there and takes calls.
fn answers(daemon: &DaemonFile) -> bool {
    daemon.is_true() && TcpStream::connect_timeout(&daemon.http, CONNECT_MAX).is_ok()
}

/// Looks again and again, as long as another process may be about to be done with the folder.
fn wait_for<T>(folder: &DataFolder, mut look: impl FnMut() -> Result<Option<T>, Failure>) -> Result<T, Failure> {
    let give_up = Instant::now() + WAIT_MAX;
    loop {
        if let Some(found) = look()? {
            return Ok(found);
        }
        if Instant::now() >= give_up {
            let what = format!("another process has been using {} for a while", folder.root().display());
            return Err(Failure::new(what).next("wait until it is done, or stop it"));
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
    // What still reads holds the store, which is the next one's once the folder is.
    drop(runtime);
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
/// How long a connection on this machine may take.
const CONNECT_MAX: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_millis(20);
/// Threads of a node that serves one verb.
const OWN_THREADS: usize = 2;

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;
    use crate::{config::Config, keys::Keys};

    #[test]
    fn the_token_goes_to_nobody_but_the_daemon_itself() {
        let temporary = tempfile::tempdir().expect("a temporary folder");
        let folder = DataFolder::at(temporary.path().join("node"));
        folder.create(&Config::new("A"), &Keys::random().expect("random"), "token", None).expect("set up");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let http = listener.local_addr().expect("an address");
        let lock = folder.try_lock().expect("usable").expect("free");
        let own = DaemonFile { pid: std::process::id(), http };
        // The word of a daemon that was killed, whose port this process has by now.
        DaemonFile { pid: u32::MAX, http }.write(&folder.daemon_path()).expect("written");
        assert!(!folder.daemon().expect("readable").is_some_and(|daemon| answers(&daemon)));
        own.write(&folder.daemon_path()).expect("written");
        assert!(matches!(reach(&folder), Ok(Reached::Running(caller)) if caller.address() == http));
        assert!(take_for_daemon(&folder).is_err());
        // One that stops takes no more calls, and whoever waits gets the folder after it.
        drop(listener);
        assert!(!answers(&own));
        let waiting = std::thread::scope(|scope| {
            let waiting = scope.spawn(|| reach(&folder).map(|reached| matches!(reached, Reached::Free(_))));
            drop(lock);
            waiting.join().expect("no panic")
        });
        assert_eq!(waiting.ok(), Some(true));
    }
}
