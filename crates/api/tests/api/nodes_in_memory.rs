//! A node without a mesh and without a disk: the replica, the store and the handle are those of a daemon.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use axum::Router;
use knotwork_api::{ApiConfig, Measurement, MeasurementKind};
use knotwork_commands::{Command, CommandError, NodeHandle, NodeParts, Written};
use knotwork_documents::{Certificate, ResourceEdit};
use knotwork_governance::SignedNode;
use knotwork_identity::{Card, DocumentId, Genesis, PersonId, SecretKey, SpaceId, Timestamp};
use knotwork_ledger::{Checked, CheckedChange, History, Pen};
use knotwork_replica::{
    AgreedRoster, Announcement, Event, Now, Receipt, Refusal, Replica, ReplicaConfig, Reply, Storage, history_of_stored,
};
use knotwork_store::{MemoryEngine, Store};
use tokio::sync::{mpsc, oneshot, watch};

/// The token of every node here.
pub(crate) const TOKEN: &str = "a-token-of-43-characters-as-operators-have-";
/// The name by which every node here is addressed.
pub(crate) const HOST: &str = "127.0.0.1:7070";

/// A node in memory.
pub(crate) struct Node {
    pub(crate) handle: NodeHandle,
    pub(crate) router: Router,
    pub(crate) engine: MemoryEngine,
    /// Of how many edits to come somebody else is said to be faster.
    pub(crate) faster: Arc<AtomicU64>,
    pub(crate) storage: Arc<dyn Storage>,
    /// Until when decisions can be answered, as if everyone had been asked anew.
    anew: Anew,
    /// What the clock says next, in milliseconds.
    ticks: Arc<AtomicU64>,
    events: mpsc::Sender<Event>,
    /// Ends the thread when it is dropped, also while handles are still about.
    _stop: mpsc::Sender<()>,
    thread: Option<JoinHandle<()>>,
}

impl Node {
    /// A new node, alone in its network but for one organisation that is away.
    pub(crate) fn new() -> Self {
        Self::with(MemoryEngine::new(), [1; 16], &config())
    }

    /// A node over what an engine holds.
    pub(crate) fn with(engine: MemoryEngine, incarnation: [u8; 16], config: &ApiConfig) -> Self {
        Self::of(genesis(), engine, incarnation, config, &key(2))
    }

    /// A further node of the organisation, over what an engine holds.
    pub(crate) fn further(engine: MemoryEngine) -> Self {
        Self::of(genesis(), engine, [1; 16], &config(), &key(12))
    }

    /// A node whose organisation has applied to join a network of others, and waits.
    pub(crate) fn waiting() -> Self {
        let founded = genesis();
        let others = founded.founders.iter().filter(|card| card.organisation != key(1).public()).cloned().collect();
        Self::of(Genesis { founders: others, ..founded }, MemoryEngine::new(), [1; 16], &config(), &key(2))
    }

    fn of(genesis: Genesis, engine: MemoryEngine, incarnation: [u8; 16], config: &ApiConfig, node: &SecretKey) -> Self {
        let store = Store::with_engine(engine.clone(), genesis.network(), incarnation).expect("the engine is sound");
        let storage: Arc<dyn Storage> = Arc::new(store);
        let roster = Arc::new(AgreedRoster::founded(genesis.clone()).of(key(1).public()));
        // As its card says, which a node that waits has beside the genesis.
        roster.call(key(1).public(), "Alder".into());
        let replica_config = ReplicaConfig {
            network: genesis.network(),
            organisation: key(1),
            node: node.clone(),
            seed: [7; 32],
            minutes: Some(roster.clone()),
        };
        let replica = Replica::open(replica_config, storage.clone(), roster.clone()).expect("the store is sound");
        let (commands, commands_in) = mpsc::channel(64);
        let (events, events_in) = mpsc::channel(64);
        let (stop, stop_in) = mpsc::channel(1);
        let (status_out, status) = watch::channel(Arc::default());
        let (admitted_out, admitted) = watch::channel(storage.next_sequence() - 1);
        let (faster, anew) = (Arc::new(AtomicU64::new(0)), Anew::default());
        let (ticks, nonces) = (Arc::new(AtomicU64::new(1_700_000_000_000)), AtomicU64::new(1));
        let mut desk = Desk {
            replica,
            storage: storage.clone(),
            status: status_out,
            admitted: admitted_out,
            asked: Vec::new(),
            faster: faster.clone(),
            anew: anew.clone(),
            ticks: ticks.clone(),
        };
        // Our own service, and a person of the other organisation who writes at the same time.
        for (organisation, person, member, service) in [(1, 4, 3, true), (5, 6, 7, false)] {
            let person = PersonId([person; 16]);
            let (organisation, member) = (key(organisation), key(member));
            if !genesis.founders.iter().any(|card| card.organisation == organisation.public()) {
                continue;
            }
            let changes =
                Certificate::write(genesis.network(), &organisation, person, &member, service, Timestamp::NONE);
            desk.take_changes(changes.expect("a certificate is small"));
        }
        desk.commit();
        let thread = std::thread::spawn(move || desk.run(commands_in, events_in, stop_in));
        let clock = ticks.clone();
        let handle = NodeHandle::new(NodeParts {
            version: "1.2.3".into(),
            organisation: key(1),
            node: SignedNode::sign(roster.agreed().network(), key(1).public(), node),
            genesis,
            service: key(3),
            storage: storage.clone(),
            roster,
            commands,
            status,
            admitted,
            clock: Box::new(move || {
                Timestamp::from_milliseconds(clock.fetch_add(1, Ordering::Relaxed)).expect("a time of today")
            }),
            random: Box::new(move |bytes: &mut [u8]| {
                // Not the same twice, and the same in every run.
                let seed = nonces.fetch_add(1, Ordering::Relaxed).to_be_bytes();
                for (place, part) in bytes.chunks_mut(16).enumerate() {
                    let mut drawn = [0xaa_u8; 16];
                    drawn[..8].copy_from_slice(&seed);
                    drawn[8] = drawn[8].wrapping_add(u8::try_from(place).unwrap_or_default());
                    part.copy_from_slice(&drawn[..part.len()]);
                }
            }),
        });
        let measure = || {
            let of = |name, kind, value| Measurement { name, help: "Bytes that the test made up", kind, value };
            vec![of("wire_bytes", MeasurementKind::Counter, 42), of("waiting_bytes", MeasurementKind::Gauge, 43)]
        };
        let router = knotwork_api::router(handle.clone(), config, measure, None);
        Self { handle, router, engine, faster, storage, anew, ticks, events, _stop: stop, thread: Some(thread) }
    }

    /// A resource's changes, to write on it behind the node's back.
    pub(crate) fn history(&self, document: &DocumentId) -> History {
        let stored = self.storage.changes_of(document).expect("the store is sound");
        history_of_stored(stored).expect("the store is sound").expect("the document exists")
    }

    /// Has somebody of the other organisation edit the document as it was at `history`, and waits until it is here.
    pub(crate) async fn edit_elsewhere(&self, history: History, edit: &ResourceEdit) {
        self.edit_elsewhere_at(history, edit, 1_600_000_000_000).await;
    }

    /// As [`Node::edit_elsewhere`], with the claim to have done so at this time.
    pub(crate) async fn edit_elsewhere_at(&self, history: History, edit: &ResourceEdit, milliseconds: u64) {
        let key = key(7);
        let time = Timestamp::from_milliseconds(milliseconds).expect("a time");
        let mut pen = Pen::open(history, &key, time).expect("it opens");
        edit.write(&mut pen).expect("the edit fits");
        self.take_from_elsewhere(pen.finish().0).await;
    }

    /// Has the node take in changes of one space that the other organisation has, and waits until they are here.
    pub(crate) async fn take_from_elsewhere(&self, changes: Vec<CheckedChange>) {
        let mut listener = self.handle.listen(None);
        let space = changes.first().map_or(SpaceId::Commons, |change| change.header().space);
        let changes = changes.into_iter().map(Checked::Change).collect();
        let announcement = Announcement { space, changes };
        let announced = Event::Announced { peer: key(8).public(), token: 0, announcement };
        self.events.send(announced).await.expect("the thread runs");
        assert!(!listener.next().await.expect("the store is sound").is_empty());
    }

    /// Connects the other organisation's node, or cuts it off, and waits until this one knows.
    pub(crate) async fn is_connected(&self, connected: bool) {
        let peer = key(8).public();
        let event = if connected { Event::Connected { peer } } else { Event::Disconnected { peer } };
        self.events.send(event).await.expect("the thread runs");
        let is_so = || self.handle.status().peers.iter().any(|one| one.node == peer && one.connected == connected);
        self.until(is_so).await;
    }

    /// Has a decision be open until then, as if other terms of it had come, and waits until the node knows.
    pub(crate) async fn can_be_answered_until(&self, decision: &str, until: Timestamp) {
        let id: DocumentId = decision.rsplit('/').next().expect("an id").parse().expect("an id");
        self.anew.lock().expect("nobody panicked").insert(id, until);
        self.is_connected(true).await;
        self.until(|| self.handle.status().open_until.get(&id) == Some(&until)).await;
    }

    /// Waits until something is so that the node does by itself.
    pub(crate) async fn until(&self, is_so: impl Fn() -> bool) {
        let waits = async {
            while !is_so() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, waits).await.expect("it comes to be so");
    }

    /// Lets hours go by.
    pub(crate) fn pass_hours(&self, hours: u64) {
        self.ticks.fetch_add(hours * 3_600_000, Ordering::Relaxed);
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let (stop, _) = mpsc::channel(1);
        self._stop = stop;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The settings of a node that listens on [`HOST`].
pub(crate) fn config() -> ApiConfig {
    ApiConfig {
        token: TOKEN.into(),
        address: HOST.parse().expect("an address"),
        hosts: Vec::new(),
        metrics_open: false,
    }
}

/// The key of this number: 1 is the node's organisation's, 5 the other organisation's.
pub(crate) fn key(seed: u8) -> SecretKey {
    SecretKey::from_seed(&[seed; 32])
}

fn genesis() -> Genesis {
    let card = |name: &str, organisation, node| Card {
        name: name.into(),
        organisation: key(organisation).public(),
        node: key(node).public(),
        addresses: Vec::new(),
    };
    Genesis {
        nonce: [9; 32],
        name: "Improvers".into(),
        purpose: "To learn from each other".into(),
        founders: vec![card("Alder", 1, 2), card("Birch", 5, 8)],
    }
}

type Anew = Arc<Mutex<BTreeMap<DocumentId, Timestamp>>>;

/// The thread that owns the replica.
struct Desk {
    replica: Replica,
    storage: Arc<dyn Storage>,
    status: watch::Sender<Arc<knotwork_replica::Status>>,
    admitted: watch::Sender<u64>,
    asked: Vec<Option<oneshot::Sender<Result<Written, CommandError>>>>,
    faster: Arc<AtomicU64>,
    anew: Anew,
    ticks: Arc<AtomicU64>,
}

impl Desk {
    fn run(
        mut self,
        mut commands: mpsc::Receiver<Command>,
        mut events: mpsc::Receiver<Event>,
        mut stop: mpsc::Receiver<()>,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(async {
            loop {
                tokio::select! {
                    Some(command) = commands.recv() => self.take_command(command),
                    Some(event) = events.recv() => self.replica.handle(self.now(), event),
                    _ = stop.recv() => break,
                }
                while let Ok(command) = commands.try_recv() {
                    self.take_command(command);
                }
                self.commit();
            }
        });
    }

    fn take_command(&mut self, command: Command) {
        let token = self.asked.len() as u64;
        let (event, reply) = match command {
            Command::Create { changes, reply } => (Event::Admit { token, changes }, reply),
            Command::Edit { reply, .. } if self.somebody_was_faster() => {
                let _ = reply.send(Err(CommandError::Stale { heads: Vec::new() }));
                return;
            }
            Command::Edit { target, edit, key, basis, time, reply } => {
                (Event::Edit { token, target, edit, key, basis, time }, reply)
            }
            Command::Say { said, key, reply } => (Event::Say { token, said, key }, reply),
            Command::ListStanding { list, reply } => (Event::ListStanding { token, list }, reply),
            Command::EndKey { ending, organisation, reply } => (Event::Revoke { token, ending, organisation }, reply),
        };
        self.asked.push(Some(reply));
        self.replica.handle(self.now(), event);
    }

    fn somebody_was_faster(&self) -> bool {
        let less = |times: u64| times.checked_sub(1);
        self.faster.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less).is_ok()
    }

    /// The time of day that the handle goes by as well. Nothing becomes due by itself.
    fn now(&self) -> Now {
        let wall = Timestamp::from_milliseconds(self.ticks.load(Ordering::Relaxed)).expect("a time of today");
        Now { milliseconds: 0, wall }
    }

    fn take_changes(&mut self, changes: Vec<CheckedChange>) {
        let token = self.asked.len() as u64;
        self.asked.push(None);
        self.replica.handle(self.now(), Event::Admit { token, changes });
    }

    fn commit(&mut self) {
        self.commit_once();
        // What the minutes write comes with a batch of its own.
        while self.replica.next_wake() == Some(0) {
            self.replica.handle(self.now(), Event::Wake);
            self.commit_once();
        }
    }

    fn commit_once(&mut self) {
        let commit = self.replica.commit(self.now());
        self.storage.sync().expect("memory syncs");
        let mut status = self.replica.status();
        status.open_until.extend(self.anew.lock().expect("nobody panicked").iter());
        self.status.send_replace(Arc::new(status));
        self.admitted.send_replace(commit.newest);
        for Reply { token, result } in commit.replies {
            let Some(reply) = self.asked[token as usize].take() else { continue };
            let _ = reply.send(result.map(written).map_err(refused));
        }
    }
}

fn written(receipt: Receipt) -> Written {
    Written { document: receipt.document, new: receipt.new, changes: receipt.changes.len() }
}

fn refused(refusal: Refusal) -> CommandError {
    match refusal {
        Refusal::NotFound(document) => CommandError::NotFound(document),
        Refusal::Stale { heads } => CommandError::Stale { heads },
        Refusal::Field(error) => CommandError::Field(error),
        Refusal::DocumentFull(reason) => CommandError::DocumentFull(reason),
        Refusal::Uncertified(_) => CommandError::Uncertified,
        Refusal::KeyEnded(_) => CommandError::KeyEnded,
        Refusal::DiskFull => CommandError::DiskFull,
        Refusal::Failed(reason) => CommandError::Failed(reason),
    }
}

/// How long a test waits for what comes at once where nothing is wrong.
const PATIENCE: Duration = Duration::from_secs(60);
