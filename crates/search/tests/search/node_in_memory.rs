//! A node without a mesh and without a disk: the replica, the store and the handle are those of a daemon.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread::JoinHandle,
};

use knotwork_commands::{Command, CommandError, NodeHandle, NodeParts, Written};
use knotwork_documents::Certificate;
use knotwork_identity::{Card, Genesis, Nonce, PersonId, SecretKey, Timestamp};
use knotwork_ledger::CheckedChange;
use knotwork_replica::{Event, FoundingCircle, Now, Receipt, Refusal, Replica, ReplicaConfig, Reply, Storage};
use knotwork_store::{MemoryEngine, Store};
use tokio::sync::{mpsc, oneshot, watch};

/// A node in memory.
pub(crate) struct Node {
    pub(crate) handle: NodeHandle,
    /// Ends the thread when it is dropped, also while handles are still about.
    stop: Option<mpsc::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Node {
    /// A node over what an engine holds.
    pub(crate) fn new(engine: &MemoryEngine, incarnation: [u8; 16]) -> Self {
        let card =
            Card { name: "Alder".into(), organisation: key(1).public(), node: key(2).public(), addresses: Vec::new() };
        let genesis =
            Genesis { nonce: [9; 32], name: "Improvers".into(), purpose: "To learn".into(), founders: vec![card] };
        let store = Store::with_engine(engine.clone(), genesis.network(), incarnation).expect("the engine is sound");
        let storage: Arc<dyn Storage> = Arc::new(store);
        let roster = Arc::new(FoundingCircle::new(genesis.clone()));
        let config = ReplicaConfig { network: genesis.network(), organisation: key(1), node: key(2), seed: [7; 32] };
        let replica = Replica::open(config, storage.clone(), roster.clone()).expect("the store is sound");
        let (commands, commands_in) = mpsc::channel(64);
        let (stop, stop_in) = mpsc::channel(1);
        let (status_out, status) = watch::channel(Arc::default());
        let (admitted_out, admitted) = watch::channel(storage.next_sequence() - 1);
        let mut desk =
            Desk { replica, storage: storage.clone(), status: status_out, admitted: admitted_out, asked: Vec::new() };
        let service = Certificate::write(genesis.network(), &key(1), PERSON, &key(3), true, Timestamp::NONE);
        desk.take_changes(service.expect("a certificate is small"), None);
        desk.commit();
        let thread = std::thread::spawn(move || desk.run(commands_in, stop_in));
        let nonces = AtomicU64::new(storage.next_sequence());
        let handle = NodeHandle::new(NodeParts {
            version: "1.2.3".into(),
            organisation: key(1).public(),
            node: key(2).public(),
            genesis,
            service: key(3),
            storage,
            roster,
            commands,
            status,
            admitted,
            clock: Box::new(|| Timestamp::from_milliseconds(1_700_000_000_000).expect("a time of today")),
            nonce: Box::new(move || {
                let mut nonce = [0xaa; 16];
                nonce[..8].copy_from_slice(&nonces.fetch_add(1, Ordering::Relaxed).to_be_bytes());
                Nonce(nonce)
            }),
        });
        Self { handle, stop: Some(stop), thread: Some(thread) }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn key(seed: u8) -> SecretKey {
    SecretKey::from_seed(&[seed; 32])
}

/// The thread that owns the replica.
struct Desk {
    replica: Replica,
    storage: Arc<dyn Storage>,
    status: watch::Sender<Arc<knotwork_replica::Status>>,
    admitted: watch::Sender<u64>,
    asked: Vec<Option<oneshot::Sender<Result<Written, CommandError>>>>,
}

impl Desk {
    fn run(mut self, mut commands: mpsc::Receiver<Command>, mut stop: mpsc::Receiver<()>) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(async {
            loop {
                tokio::select! {
                    Some(command) = commands.recv() => self.take_command(command),
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
        match command {
            Command::Create { changes, reply } => self.take_changes(changes, Some(reply)),
            Command::Edit { target, edit, key, seen, time, reply } => {
                let token = self.asked.len() as u64;
                self.asked.push(Some(reply));
                self.replica.handle(NOW, Event::Edit { token, target, edit, key, seen, time });
            }
        }
    }

    fn take_changes(
        &mut self,
        changes: Vec<CheckedChange>,
        reply: Option<oneshot::Sender<Result<Written, CommandError>>>,
    ) {
        let token = self.asked.len() as u64;
        self.asked.push(reply);
        self.replica.handle(NOW, Event::Admit { token, changes });
    }

    fn commit(&mut self) {
        let commit = self.replica.commit(NOW);
        self.storage.sync().expect("memory syncs");
        self.status.send_replace(Arc::new(self.replica.status()));
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
        Refusal::DiskFull => CommandError::DiskFull,
        Refusal::Failed(reason) => CommandError::Failed(reason),
    }
}

/// Who writes for a machine's token.
pub(crate) const PERSON: PersonId = PersonId([4; 16]);
const NOW: Now = Now { milliseconds: 0, wall: Timestamp::NONE };
