//! The driver: one thread owns the replica, and everything that happens to the node reaches it through a bounded queue.
//!
//! The thread takes what waits, hands it to the replica, commits it as one batch, and carries out the effects. Where
//! somebody waits for an answer, or an effect must not come before the disk has what it follows from, it puts the batch
//! on the disk first; commands that arrive meanwhile make up the next batch, so one sync serves as many as there are. It
//! decides nothing: the replica does.

mod applying;
mod checking;
mod commands;
mod effects;
mod input;
mod mesh_events;
mod minutes;
mod room;
mod sessions;
mod status;
mod stream;
mod turned_away;

use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use knotwork_commands::Command;
use knotwork_identity::Lineage;
use knotwork_mesh::{Mesh, MeshEvent};
use knotwork_replica::{Commit, Effect, Event, Replica, Status, Storage, StorageError};
use tokio::{
    runtime::Handle,
    sync::{mpsc, oneshot, watch},
    task::JoinHandle,
    time::sleep_until,
};

use crate::{clock::Clock, failure::Failure};

pub(crate) use applying::Applying;
use commands::Waiting;
pub(crate) use effects::Peers;
use effects::Surroundings;
use input::Input;
use room::Rooms;
use status::StatusBoard;

/// What the thread is started with.
pub(crate) struct DriverParts {
    pub(crate) replica: Replica,
    /// What the replica has wanted done since it was opened.
    pub(crate) effects: Vec<Effect>,
    pub(crate) storage: Arc<dyn Storage>,
    pub(crate) lineage: Lineage,
    /// What this organisation signed when it applied to join, if it is no founder.
    pub(crate) applying: Option<Applying>,
    pub(crate) clock: Clock,
    /// The mesh with its events; a node that is cut off has none.
    pub(crate) mesh: Option<(Mesh, mpsc::Receiver<MeshEvent>)>,
    /// Where peers can be reached by what is known without their own word.
    pub(crate) peers: Peers,
}

/// The thread that owns the replica, seen from outside.
pub(crate) struct Driver {
    inputs: mpsc::Sender<Input>,
    commands: mpsc::Sender<Command>,
    status: watch::Receiver<Arc<Status>>,
    newest: watch::Receiver<u64>,
    /// What strangers hand over, which may be applications to join.
    applications: Option<mpsc::Receiver<Vec<u8>>>,
    /// Brings what the mesh tells.
    forwarding: Option<JoinHandle<()>>,
    ended: oneshot::Receiver<()>,
    thread: thread::JoinHandle<Result<(), Failure>>,
}

impl Driver {
    /// Starts the thread, and the tasks that bring it what the mesh tells, on the current tokio runtime.
    pub(crate) fn start(mut parts: DriverParts) -> Result<Self, Failure> {
        let (inputs, inputs_in) = mpsc::channel(INPUTS_MAX);
        let (commands, commands_in) = mpsc::channel(COMMANDS_MAX);
        let (status_out, status) = watch::channel(Arc::new(parts.replica.status()));
        let (newest_out, newest) = watch::channel(parts.storage.next_sequence() - 1);
        let (ended_out, ended) = oneshot::channel::<()>();
        let (applied, applications) = mpsc::channel(APPLICATIONS_MAX);
        let rooms = Rooms::new();
        let (mesh, forwarding) = match parts.mesh {
            None => (None, None),
            Some((mesh, events)) => (
                Some(mesh),
                Some(tokio::spawn(mesh_events::forward(
                    events,
                    parts.lineage.origin,
                    inputs.clone(),
                    applied,
                    rooms.clone(),
                ))),
            ),
        };
        let mut surroundings = Surroundings::new(
            Handle::current(),
            mesh,
            parts.lineage,
            parts.applying,
            parts.peers,
            inputs.clone(),
            rooms,
        );
        surroundings.carry_out(parts.effects);
        let turns = Loop {
            replica: parts.replica,
            storage: parts.storage,
            clock: parts.clock,
            inputs: inputs_in,
            commands: commands_in,
            surroundings,
            waiting: Waiting::default(),
            board: StatusBoard::new(status_out),
            newest: newest_out,
            unsynced_since: None,
        };
        let body = move || {
            // Dropped when the thread ends, also by a panic: whoever holds the other end hears of it.
            let _ended = ended_out;
            turns.run()
        };
        let thread = thread::Builder::new()
            .name("replica".into())
            .spawn(body)
            .map_err(|error| Failure::io(&error, "cannot start a thread"))?;
        Ok(Self { inputs, commands, status, newest, applications: Some(applications), forwarding, ended, thread })
    }

    /// Leads to the thread; for the node's handle.
    pub(crate) fn commands(&self) -> mpsc::Sender<Command> {
        self.commands.clone()
    }

    /// The replica's latest word on itself.
    pub(crate) fn status(&self) -> watch::Receiver<Arc<Status>> {
        self.status.clone()
    }

    /// The sequence number of the newest admitted change.
    pub(crate) fn newest(&self) -> watch::Receiver<u64> {
        self.newest.clone()
    }

    /// What strangers hand over, for whoever takes it in; nothing the second time.
    pub(crate) fn applications(&mut self) -> Option<mpsc::Receiver<Vec<u8>>> {
        self.applications.take()
    }

    /// Says where this node can be reached.
    pub(crate) async fn publish_addresses(&self, addresses: Vec<String>) {
        let event = Event::PublishAddresses { addresses, time: crate::clock::time_of_day() };
        // Where the thread is gone, `failed` tells.
        _ = self.inputs.send(Input::Event(event)).await;
    }

    /// Waits until something has ended without being asked to, which nothing should, and says what.
    pub(crate) async fn failed(&mut self) -> Failure {
        let mesh = async {
            match &mut self.forwarding {
                Some(forwarding) => _ = forwarding.await,
                None => std::future::pending().await,
            }
        };
        let part = tokio::select! {
            // The sender is never used, only dropped.
            _ = &mut self.ended => "writes",
            () = mesh => "meets others",
        };
        Failure::new(format!("the part of the node that {part} has ended, which is a fault in Knotwork"))
            .next("what was acknowledged is on the disk; start the node again, and report what stands above")
    }

    /// Ends the thread with everything on the disk.
    pub(crate) async fn stop(self) -> Result<(), Failure> {
        // A thread that is gone needs no word.
        _ = self.inputs.send(Input::Stop).await;
        let joined = tokio::task::spawn_blocking(|| self.thread.join()).await;
        match joined {
            Ok(Ok(result)) => result,
            _ => Err(Failure::new("the part of the node that writes has failed, which is a fault in Knotwork")),
        }
    }
}

/// The thread's own.
struct Loop {
    replica: Replica,
    storage: Arc<dyn Storage>,
    clock: Clock,
    inputs: mpsc::Receiver<Input>,
    commands: mpsc::Receiver<Command>,
    surroundings: Surroundings,
    waiting: Waiting,
    board: StatusBoard,
    newest: watch::Sender<u64>,
    /// Since when something is written and not known to be on the disk.
    unsynced_since: Option<Instant>,
}

/// What the thread takes from its queues.
enum Taken {
    Input(Input),
    Command(Command),
    /// A time has come.
    Due,
}

impl Loop {
    fn run(mut self) -> Result<(), Failure> {
        let runtime = self.surroundings.runtime().clone();
        loop {
            let first = runtime.block_on(self.take());
            if !self.take_in(first) {
                return self.finish();
            }
            // Before anything else is handed in: what was left over from before takes up the batch first.
            self.wake_if_due();
            for _ in 0..TAKEN_AT_ONCE_MAX {
                if self.replica.is_full() {
                    break;
                }
                let next =
                    self.commands.try_recv().map(Taken::Command).or_else(|_| self.inputs.try_recv().map(Taken::Input));
                let Ok(next) = next else { break };
                if !self.take_in(next) {
                    return self.finish();
                }
            }
            self.commit();
        }
    }

    /// The next thing that happens.
    async fn take(&mut self) -> Taken {
        if self.surroundings.has_follow_ups() {
            return Taken::Due;
        }
        let wake = self.replica.next_wake().and_then(|at| self.clock.instant(at));
        // Where there is more left to do than one turn takes, nothing more comes from peers.
        let busy = self.replica.next_wake() == Some(0);
        let sync = self.unsynced_since.map(|since| since + SYNC_PAUSE);
        let due = [wake, sync, self.board.due()].into_iter().flatten().min();
        let due = async move {
            match due {
                Some(due) => sleep_until(due.into()).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            Some(command) = self.commands.recv() => Taken::Command(command),
            Some(input) = self.inputs.recv(), if !busy => Taken::Input(input),
            () = due => Taken::Due,
        }
    }

    /// Hands on what was taken; `false` if the thread is to end.
    fn take_in(&mut self, taken: Taken) -> bool {
        let event = match taken {
            Taken::Due => None,
            Taken::Command(command) => Some(self.waiting.event(command)),
            Taken::Input(Input::Stop) => return false,
            Taken::Input(input) => self.surroundings.event(input),
        };
        let now = self.clock.now();
        if let Some(event) = event {
            self.replica.handle(now, event);
        }
        while let Some(event) = self.surroundings.next_follow_up() {
            self.replica.handle(now, event);
        }
        true
    }

    fn wake_if_due(&mut self) {
        let now = self.clock.now();
        if self.replica.next_wake().is_some_and(|at| at <= now.milliseconds) {
            self.replica.handle(now, Event::Wake);
        }
    }

    fn commit(&mut self) {
        let commit = self.replica.commit(self.clock.now());
        self.carry_out(commit);
        self.board.refresh(&mut self.replica);
    }

    /// Does what a commit asks for, in this order: what may be done at once; what has to be on the disk before; answers.
    fn carry_out(&mut self, commit: Commit) {
        self.surroundings.carry_out(commit.effects);
        if commit.wrote {
            self.newest.send_replace(commit.newest);
            self.unsynced_since.get_or_insert_with(Instant::now);
            self.board.outdated();
        }
        let due = self.unsynced_since.is_some_and(|since| since.elapsed() >= SYNC_PAUSE);
        if due || !commit.after_sync.is_empty() || !commit.replies.is_empty() {
            let synced = self.sync();
            if synced.is_ok() {
                self.surroundings.carry_out(commit.after_sync);
            }
            if !commit.replies.is_empty() {
                self.board.refresh_for_answer(&mut self.replica, commit.newest);
                self.waiting.answer(commit.replies, synced);
            }
        }
    }

    /// Puts what is written on the disk.
    fn sync(&mut self) -> Result<(), StorageError> {
        if self.unsynced_since.is_none() {
            return Ok(());
        }
        let result = self.storage.sync();
        match &result {
            Ok(()) => self.unsynced_since = None,
            Err(error) => {
                tracing::error!(%error, "what was written cannot be put on the disk");
                // Tried again after a pause, or with the next answer.
                self.unsynced_since = Some(Instant::now());
            }
        }
        result
    }

    fn finish(mut self) -> Result<(), Failure> {
        self.commit();
        self.sync().map_err(|error| Failure::new(format!("the last changes cannot be put on the disk: {error}")))
    }
}

/// How many things that strangers hand over wait to be looked at.
const APPLICATIONS_MAX: usize = 8;
/// How much may wait for the thread; beyond it, streams and the mesh wait too.
const INPUTS_MAX: usize = 64;
/// How many commands may wait for the thread.
const COMMANDS_MAX: usize = 256;
/// How much goes into one batch at most; before that, its bytes may be enough.
const TAKEN_AT_ONCE_MAX: usize = 512;
/// How long what nobody waits for may stay where power loss would take it; peers still have it.
const SYNC_PAUSE: Duration = Duration::from_millis(250);

#[cfg(test)]
mod tests;
