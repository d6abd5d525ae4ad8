//! The driver: one thread owns the replica, and everything that happens to the node reaches it through a bounded queue.
//!
//! The thread takes what waits, hands it to the replica, commits it as one batch, and carries out the effects. Where
//! somebody waits for an answer, it puts the batch on the disk first; commands that arrive meanwhile make up the next
//! batch, so one sync serves as many as there are. It decides nothing: the replica does.

mod checking;
mod commands;
mod effects;
mod input;
mod mesh_events;
mod room;
mod sessions;
mod status;
mod stream;

use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use knotwork_commands::Command;
use knotwork_identity::NetworkId;
use knotwork_mesh::{Mesh, MeshEvent};
use knotwork_replica::{Effect, Event, Replica, Status, Storage, StorageError};
use tokio::{
    runtime::Handle,
    sync::{mpsc, oneshot, watch},
    task::JoinHandle,
    time::sleep_until,
};

use crate::{clock::Clock, failure::Failure};

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
    pub(crate) network: NetworkId,
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
        let rooms = Rooms::new();
        let (mesh, forwarding) = match parts.mesh {
            None => (None, None),
            Some((mesh, events)) => (
                Some(mesh),
                Some(tokio::spawn(mesh_events::forward(events, parts.network, inputs.clone(), rooms.clone()))),
            ),
        };
        let mut surroundings =
            Surroundings::new(Handle::current(), mesh, parts.network, parts.peers, inputs.clone(), rooms);
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
        Ok(Self { inputs, commands, status, newest, forwarding, ended, thread })
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
        self.surroundings.carry_out(commit.effects);
        if commit.wrote {
            self.newest.send_replace(commit.newest);
            self.unsynced_since.get_or_insert_with(Instant::now);
            self.board.outdated();
        }
        let due = self.unsynced_since.is_some_and(|since| since.elapsed() >= SYNC_PAUSE);
        if due || !commit.replies.is_empty() {
            let synced = self.sync();
            self.board.refresh_for_answer(&mut self.replica, commit.newest);
            self.waiting.answer(commit.replies, synced);
        }
        self.board.refresh(&mut self.replica);
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

/// How much may wait for the thread; beyond it, streams and the mesh wait too.
const INPUTS_MAX: usize = 64;
/// How many commands may wait for the thread.
const COMMANDS_MAX: usize = 256;
/// How much goes into one batch at most; before that, its bytes may be enough.
const TAKEN_AT_ONCE_MAX: usize = 512;
/// How long what nobody waits for may stay where power loss would take it; peers still have it.
const SYNC_PAUSE: Duration = Duration::from_millis(250);

#[cfg(test)]
mod tests {
    use std::sync::{
        Condvar, Mutex,
        atomic::{AtomicUsize, Ordering},
    };

    use knotwork_commands::{CommandError, NodeHandle, NodeParts};
    use knotwork_documents::ResourceDraft;
    use knotwork_identity::{Card, Genesis, SpaceId, Timestamp};
    use knotwork_replica::{FoundingCircle, ReplicaConfig, Roster};
    use knotwork_store::{Engine, MemoryEngine, Store, Visit, Writes};

    use super::*;
    use crate::{clock, keys::Keys, membership};

    /// A node in memory that meets nobody.
    fn node() -> (Arc<Store<MemoryEngine>>, Driver, NodeHandle) {
        node_on(MemoryEngine::new())
    }

    /// As [`node`], over an engine.
    fn node_on<E: Engine>(engine: E) -> (Arc<Store<E>>, Driver, NodeHandle) {
        let keys = Keys::random().expect("random");
        let card = Card {
            name: "A".into(),
            organisation: keys.organisation.public(),
            node: keys.node.public(),
            addresses: Vec::new(),
        };
        let genesis = Genesis { nonce: [7; 32], name: "N".into(), purpose: "P".into(), founders: vec![card] };
        let network = genesis.network();
        let store = Arc::new(Store::with_engine(engine, network, [1; 16]).expect("empty"));
        let roster: Arc<dyn Roster> = Arc::new(FoundingCircle::new(genesis.clone()));
        let config = ReplicaConfig {
            network,
            organisation: keys.organisation.clone(),
            node: keys.node.clone(),
            service: keys.service.key.clone(),
            seed: [3; 32],
        };
        let mut replica = Replica::open(config, store.clone(), roster.clone()).expect("opens");
        let clock = Clock::start();
        let effects = membership::ensure(&mut replica, store.as_ref(), &genesis, &keys, clock.now()).expect("joins");
        let parts =
            DriverParts { replica, effects, storage: store.clone(), network, clock, mesh: None, peers: Peers::new() };
        let driver = Driver::start(parts).expect("starts");
        let handle = NodeHandle::new(NodeParts {
            version: String::new(),
            organisation: keys.organisation.public(),
            node: keys.node.public(),
            genesis,
            service: keys.service.key,
            storage: store.clone(),
            roster,
            commands: driver.commands(),
            status: driver.status(),
            admitted: driver.newest(),
            clock: Box::new(|| Timestamp::NONE),
            nonce: Box::new(clock::random_nonce),
        });
        (store, driver, handle)
    }

    fn draft(title: &str) -> ResourceDraft {
        ResourceDraft { title: title.into(), ..ResourceDraft::default() }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_acknowledged_is_on_the_disk_and_in_the_status() {
        let (store, driver, handle) = node();
        let (mut status, mut newest) = (driver.status(), driver.newest());
        let before = *newest.borrow();
        for number in 0..5 {
            let written = handle.create_resource(draft(&format!("{number}")), None, None).await.expect("written");
            assert!(written.new);
            assert_eq!(store.engine().unsynced(), 0, "an answer came before the disk had it");
            let said = status.borrow_and_update().clone();
            let commons = said.spaces.iter().find(|space| space.space == SpaceId::Commons);
            assert_eq!(
                commons.map(|space| space.changes),
                Some(number + 1),
                "whoever is answered finds it in the status"
            );
        }
        newest.wait_for(|newest| *newest == before + 5).await.expect("the thread runs");
        driver.stop().await.expect("everything is on the disk");
        let refused = handle.create_resource(draft("late"), None, None).await;
        assert_eq!(refused, Err(CommandError::Stopping));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_full_disk_is_told_and_gets_over() {
        let (store, driver, handle) = node();
        store.engine().set_full(true);
        assert_eq!(handle.create_resource(draft("one"), None, None).await, Err(CommandError::DiskFull));
        store.engine().set_full(false);
        handle.create_resource(draft("two"), None, None).await.expect("there is room again");
        let listed = handle.resources(None, None, 9).expect("readable");
        assert_eq!(listed.items.iter().map(|entry| entry.view.title.as_str()).collect::<Vec<_>>(), ["two"]);
        driver.stop().await.expect("everything is on the disk");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn many_callers_share_a_batch_and_each_gets_an_answer() {
        let (_store, driver, handle) = node();
        let writes = (0..200).map(|number| {
            let handle = handle.clone();
            tokio::spawn(async move { handle.create_resource(draft(&format!("{number}")), None, None).await })
        });
        for write in writes.collect::<Vec<_>>() {
            assert!(write.await.expect("no panic").expect("written").new);
        }
        assert_eq!(handle.resources(None, None, 1).expect("readable").total, 200);
        driver.stop().await.expect("everything is on the disk");
    }

    /// An engine whose syncs are counted, and wait while they are held up.
    #[derive(Default)]
    struct Slow {
        engine: MemoryEngine,
        held_up: Mutex<bool>,
        changed: Condvar,
        syncs: AtomicUsize,
    }

    impl Slow {
        fn hold_up(&self, held_up: bool) {
            *self.held_up.lock().expect("no panic") = held_up;
            self.changed.notify_all();
        }
    }

    impl Engine for Slow {
        fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StorageError> {
            self.engine.get(key)
        }

        fn scan(&self, prefix: &[u8], from: &[u8], each: &mut Visit<'_>) -> Result<(), StorageError> {
            self.engine.scan(prefix, from, each)
        }

        fn last_key(&self, prefix: &[u8]) -> Result<Option<Vec<u8>>, StorageError> {
            self.engine.last_key(prefix)
        }

        fn commit(&self, writes: Writes) -> Result<(), StorageError> {
            self.engine.commit(writes)
        }

        fn sync(&self) -> Result<(), StorageError> {
            self.syncs.fetch_add(1, Ordering::SeqCst);
            let held_up = self.held_up.lock().expect("no panic");
            drop(self.changed.wait_while(held_up, |held_up| *held_up).expect("no panic"));
            self.engine.sync()
        }

        fn size_on_disk(&self) -> u64 {
            0
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn those_who_write_while_the_disk_is_busy_share_the_next_sync() {
        let (store, driver, handle) = node_on(Slow::default());
        handle.create_resource(draft("first"), None, None).await.expect("written");
        let before = store.engine().syncs.load(Ordering::SeqCst);
        store.engine().hold_up(true);
        let write = |number: usize| {
            let handle = handle.clone();
            tokio::spawn(async move { handle.create_resource(draft(&format!("{number}")), None, None).await })
        };
        let mut writes = vec![write(0)];
        while store.engine().syncs.load(Ordering::SeqCst) == before {
            tokio::task::yield_now().await;
        }
        writes.extend((1..=50).map(write));
        while driver.commands.capacity() > COMMANDS_MAX - 50 {
            tokio::task::yield_now().await;
        }
        store.engine().hold_up(false);
        for write in writes {
            assert!(write.await.expect("no panic").expect("written").new);
        }
        assert_eq!(store.engine().syncs.load(Ordering::SeqCst) - before, 2, "one for the first, one for all others");
        driver.stop().await.expect("everything is on the disk");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_thread_that_ends_does_not_go_unnoticed() {
        let (_store, mut driver, _handle) = node();
        driver.inputs.send(Input::Stop).await.expect("the thread runs");
        assert!(driver.failed().await.what().contains("has ended"));
    }
}
