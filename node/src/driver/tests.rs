//! The thread over a node in memory.

mod applying;
mod minutes;

use std::sync::{
    Condvar, Mutex,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use knotwork_commands::{CommandError, NodeHandle, NodeParts, Signer};
use knotwork_documents::ResourceDraft;
use knotwork_governance::SignedNode;
use knotwork_identity::{Card, Genesis, Lineage, SpaceId, Timestamp};
use knotwork_replica::{AgreedRoster, ReplicaConfig};
use knotwork_store::{Engine, MemoryEngine, Store, Visit, Writes};

use super::*;
use crate::{clock, keys::Keys, membership};

/// A node in memory that meets nobody.
fn node() -> (Arc<Store<MemoryEngine>>, Driver, NodeHandle) {
    node_on(MemoryEngine::new())
}

/// As [`node`], over an engine.
fn node_on<E: Engine>(engine: E) -> (Arc<Store<E>>, Driver, NodeHandle) {
    let Sample { keys, genesis, store, roster, parts } = sample(engine);
    let driver = Driver::start(parts).expect("starts");
    let handle = NodeHandle::new(NodeParts {
        version: String::new(),
        organisation: keys.organisation.clone(),
        node: SignedNode::sign(genesis.network(), keys.organisation.public(), &keys.node),
        genesis,
        service: keys.service.key,
        storage: store.clone(),
        roster,
        commands: driver.commands(),
        status: driver.status(),
        admitted: driver.newest(),
        clock: Box::new(|| Timestamp::NONE),
        random: Box::new(clock::fill_random),
    });
    (store, driver, handle)
}

/// A node in memory that is not started yet.
struct Sample<E: Engine> {
    keys: Keys,
    genesis: Genesis,
    store: Arc<Store<E>>,
    roster: Arc<AgreedRoster>,
    parts: DriverParts,
}

fn sample<E: Engine>(engine: E) -> Sample<E> {
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
    let roster = Arc::new(AgreedRoster::founded(genesis.clone()));
    let config = ReplicaConfig {
        network,
        organisation: keys.organisation.clone(),
        node: keys.node.clone(),
        seed: [3; 32],
        minutes: None,
    };
    let mut replica = Replica::open(config, store.clone(), roster.clone()).expect("opens");
    let clock = Clock::start();
    let effects = membership::ensure(&mut replica, store.as_ref(), &genesis, &keys, "N", clock.now()).expect("joins");
    let parts = DriverParts {
        replica,
        effects,
        storage: store.clone(),
        lineage: Lineage::founded(network),
        applying: None,
        clock,
        mesh: None,
        peers: Peers::new(),
    };
    Sample { keys, genesis, store, roster, parts }
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
        let written =
            handle.create_resource(draft(&format!("{number}")), None, None, &Signer::Service).await.expect("written");
        assert!(written.new);
        assert_eq!(store.engine().unsynced(), 0, "an answer came before the disk had it");
        let said = status.borrow_and_update().clone();
        let commons = said.spaces.iter().find(|space| space.space == SpaceId::Commons);
        assert_eq!(commons.map(|space| space.changes), Some(number + 1), "whoever is answered finds it in the status");
    }
    newest.wait_for(|newest| *newest == before + 5).await.expect("the thread runs");
    driver.stop().await.expect("everything is on the disk");
    let refused = handle.create_resource(draft("late"), None, None, &Signer::Service).await;
    assert_eq!(refused, Err(CommandError::Stopping));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_told_and_gets_over() {
    let (store, driver, handle) = node();
    store.engine().set_full(true);
    assert_eq!(handle.create_resource(draft("one"), None, None, &Signer::Service).await, Err(CommandError::DiskFull));
    store.engine().set_full(false);
    handle.create_resource(draft("two"), None, None, &Signer::Service).await.expect("there is room again");
    let listed = handle.resources(None, None, 9).expect("readable");
    assert_eq!(listed.items.iter().map(|entry| entry.view.title.as_str()).collect::<Vec<_>>(), ["two"]);
    driver.stop().await.expect("everything is on the disk");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_callers_share_a_batch_and_each_gets_an_answer() {
    let (_store, driver, handle) = node();
    let writes = (0..200).map(|number| {
        let handle = handle.clone();
        tokio::spawn(
            async move { handle.create_resource(draft(&format!("{number}")), None, None, &Signer::Service).await },
        )
    });
    for write in writes.collect::<Vec<_>>() {
        assert!(write.await.expect("no panic").expect("written").new);
    }
    assert_eq!(handle.resources(None, None, 1).expect("readable").total, 200);
    driver.stop().await.expect("everything is on the disk");
}

/// An engine whose syncs are counted, wait while they are held up, and fail when they are to.
#[derive(Default)]
struct Slow {
    engine: MemoryEngine,
    held_up: Mutex<bool>,
    changed: Condvar,
    syncs: AtomicUsize,
    fails: AtomicBool,
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
        if self.fails.load(Ordering::SeqCst) {
            return Err(StorageError::Io(std::io::Error::other("on purpose")));
        }
        self.engine.sync()
    }

    fn size_on_disk(&self) -> u64 {
        0
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_write_while_the_disk_is_busy_share_the_next_sync() {
    let (store, driver, handle) = node_on(Slow::default());
    handle.create_resource(draft("first"), None, None, &Signer::Service).await.expect("written");
    let before = store.engine().syncs.load(Ordering::SeqCst);
    store.engine().hold_up(true);
    let write = |number: usize| {
        let handle = handle.clone();
        tokio::spawn(
            async move { handle.create_resource(draft(&format!("{number}")), None, None, &Signer::Service).await },
        )
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
