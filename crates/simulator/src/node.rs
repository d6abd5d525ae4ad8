//! One node: a real replica over a real store in memory, driven as the daemon drives it. Events are handled, committed as
//! one, effects carried out at once, the store synced where there are replies, and then these given.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
};

use knotwork_identity::{Lineage, PublicKey, Timestamp, sha256};
use knotwork_ledger::Verifiers;
use knotwork_replica::{Announcement, Effect, Event, Frame, Now, Replica, ReplicaConfig, Reply, SessionId, Status};
use knotwork_store::{Engine as _, MemoryEngine, Store, Writes};

use crate::{
    breach::Breach,
    cast::{Cast, Party},
    mirror::Mirror,
    network::Message,
};

/// What waits to be handled.
#[derive(Debug)]
pub(crate) enum Incoming {
    /// An event that needs nothing done to it.
    Event(Event),
    /// A frame, as it came.
    Frame { session: SessionId, bytes: Vec<u8> },
    /// A message of gossip, as it came.
    Gossip { from: usize, message: Arc<Message> },
}

/// One node, running or not.
pub(crate) struct Node {
    pub(crate) place: usize,
    cast: &'static Cast,
    engine: MemoryEngine,
    running: Option<Running>,
    /// Counts the starts; what was planned for an earlier one does not happen any more.
    pub(crate) boot: u32,
    /// What it must have on its disk.
    pub(crate) mirror: Mirror,
    pub(crate) inbox: VecDeque<Incoming>,
    /// Whether its next turn is planned.
    pub(crate) turn_planned: bool,
    /// When it wants to be woken next, in the world's time.
    pub(crate) wake_at: Option<u64>,
    /// What its clock that never goes back showed when the world began.
    clock_origin: u64,
    /// What its clock of the day showed then; jumps are added to it.
    pub(crate) wall_origin: u64,
    /// Messages of gossip that it has seen since it started.
    pub(crate) seen: BTreeSet<[u8; 32]>,
    /// Those that it passed on.
    pub(crate) passed_on: BTreeSet<[u8; 32]>,
    /// How often each peer passed on something invalid since then.
    pub(crate) invalid_from: BTreeMap<usize, u32>,
    pub(crate) disk_full: bool,
}

struct Running {
    store: Arc<Store<MemoryEngine>>,
    replica: Replica,
    verifiers: Verifiers,
    inbound: u64,
    tokens: u64,
    /// Messages that wait to be judged, with the peers that passed them on.
    unjudged: BTreeMap<u64, (Arc<Message>, usize)>,
}

/// What came of a turn. The effects are to be carried out at once; the replies only once the store is synced.
#[derive(Debug, Default)]
pub(crate) struct Turn {
    pub(crate) effects: Vec<Effect>,
    pub(crate) replies: Vec<Reply>,
    /// Whether something was written.
    pub(crate) wrote: bool,
    /// Whether something was to be written and could not.
    pub(crate) failed: bool,
}

impl Node {
    /// A node that has never run.
    pub(crate) fn new(place: usize, clock_origin: u64, wall_origin: u64) -> Self {
        Self {
            place,
            cast: Cast::get(),
            engine: MemoryEngine::new(),
            running: None,
            boot: 0,
            mirror: Mirror::default(),
            inbox: VecDeque::new(),
            turn_planned: false,
            wake_at: None,
            clock_origin,
            wall_origin,
            seen: BTreeSet::new(),
            passed_on: BTreeSet::new(),
            invalid_from: BTreeMap::new(),
            disk_full: false,
        }
    }

    /// Its keys.
    pub(crate) fn party(&self) -> &'static Party {
        &self.cast.parties[self.place]
    }

    /// Whether it runs.
    pub(crate) fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// Starts on what the disk has, with a clock that begins somewhere else.
    pub(crate) fn start(&mut self, seed: [u8; 32], clock_origin: u64) -> Result<(), Breach> {
        let cast = self.cast;
        let party = self.party();
        self.boot += 1;
        self.clock_origin = clock_origin;
        let failed = |error: &dyn std::fmt::Display| Breach::new(format!("it does not start: {error}"));
        let incarnation = incarnation(&seed);
        let store =
            Store::with_engine(self.engine.clone(), cast.network, incarnation).map_err(|error| failed(&error))?;
        let store = Arc::new(store);
        let config = ReplicaConfig {
            network: cast.network,
            organisation: party.organisation.clone(),
            node: party.node.clone(),
            seed,
            // Minutes are simulated by themselves.
            minutes: None,
        };
        let replica = Replica::open(config, store.clone(), cast.roster.clone()).map_err(|error| failed(&error))?;
        self.running = Some(Running {
            store,
            replica,
            verifiers: Verifiers::new(64),
            inbound: 0,
            tokens: 0,
            unjudged: BTreeMap::new(),
        });
        let store = self.store()?;
        self.mirror.check_store(store.as_ref())?;
        let status = self.status()?;
        self.mirror.started(&status);
        self.mirror.check_counts(&status)
    }

    /// How many commits are not synced.
    pub(crate) fn unsynced(&self) -> usize {
        self.engine.unsynced()
    }

    /// Crashes. Of what was committed and not synced, the first `surviving` commits stay.
    pub(crate) fn crash(&mut self, surviving: usize) {
        self.engine = self.engine.crash(surviving);
        self.mirror.crashed(surviving);
        self.stop();
    }

    /// Does not run any more, and loses nothing.
    pub(crate) fn end(&mut self) {
        self.stop();
    }

    /// What a peer takes of its memory: changes that are held for it, with their bytes, and sessions.
    pub(crate) fn share_of(&self, peer: &PublicKey) -> ((usize, usize), usize) {
        let running = self.running.as_ref();
        running.map_or(((0, 0), 0), |running| (running.replica.held_of(peer), running.replica.sessions_with(peer)))
    }

    /// A copy of what is on the disk.
    pub(crate) fn back_up(&self) -> Result<Backup, Breach> {
        let mut writes = Writes::default();
        let read = self.engine.scan(&[], &[], &mut |key, value| {
            writes.put(key.to_vec(), value.to_vec());
            std::ops::ControlFlow::Continue(())
        });
        read.map_err(|error| Breach::new(format!("a backup cannot be read: {error}")))?;
        Ok(Backup { writes, mirror: self.mirror.copy() })
    }

    /// Puts a copy in the place of what is on the disk, as if the node had been lost. The copy is a store of its own.
    pub(crate) fn restore(&mut self, backup: &Backup, incarnation: [u8; 16]) -> Result<(), Breach> {
        let failed = |error: &dyn std::fmt::Display| Breach::new(format!("a backup cannot be restored: {error}"));
        self.engine = MemoryEngine::new();
        self.engine.commit(backup.writes.clone()).map_err(|error| failed(&error))?;
        let mut store =
            Store::with_engine(self.engine.clone(), self.cast.network, incarnation).map_err(|error| failed(&error))?;
        store.renew(incarnation).map_err(|error| failed(&error))?;
        self.engine.sync().map_err(|error| failed(&error))?;
        self.mirror.restored(&backup.mirror);
        self.stop();
        Ok(())
    }

    /// Makes the disk full, or frees it again.
    pub(crate) fn set_full(&mut self, full: bool) {
        self.disk_full = full;
        self.engine.set_full(full);
    }

    /// The name for a session that a peer opened.
    pub(crate) fn name_session(&mut self) -> SessionId {
        let number = self.running.as_mut().map_or(0, |running| {
            running.inbound += 1;
            running.inbound
        });
        SessionId::inbound(number)
    }

    /// Handles at most `most` of what waits, and commits it.
    pub(crate) fn take_turn(&mut self, now: u64, most: usize) -> Result<Turn, Breach> {
        let now = self.now(now);
        let network = self.cast.network;
        let Some(running) = &mut self.running else { return Ok(Turn::default()) };
        let before = self.mirror.state();
        let mut states = Vec::new();
        for _ in 0..most {
            let Some(incoming) = self.inbox.pop_front() else { break };
            let event = match incoming {
                Incoming::Event(event) => event,
                Incoming::Frame { session, bytes } => {
                    match Frame::parse(&bytes, &Lineage::founded(network), &mut running.verifiers) {
                        Ok(frame) => Event::Frame { session, frame },
                        Err(error) => Event::Malformed { session, error },
                    }
                }
                Incoming::Gossip { from, message } => {
                    let token = running.tokens;
                    running.tokens += 1;
                    running.unjudged.insert(token, (message.clone(), from));
                    let peer = self.cast.parties[from].node.public();
                    match Announcement::parse(&message.bytes, &network, &mut running.verifiers) {
                        Ok(announcement) => Event::Announced { peer, token, announcement },
                        Err(error) => Event::MalformedAnnouncement { peer, token, error },
                    }
                }
            };
            running.replica.handle(now, event);
            states.push(Mirror::state_of(&running.replica.status()));
        }
        let commit = running.replica.commit(now);
        let failed = !commit.wrote && states.last().is_some_and(|last| Some(*last) != before);
        if commit.wrote {
            self.mirror.committed(running.store.as_ref(), commit.newest, states)?;
        }
        let status = running.replica.status();
        self.mirror.check_counts(&status)?;
        Ok(Turn { effects: commit.effects, replies: commit.replies, wrote: commit.wrote, failed })
    }

    /// Puts everything committed on the disk.
    pub(crate) fn sync(&mut self) -> Result<(), Breach> {
        self.engine.sync().map_err(|error| Breach::new(format!("the disk does not sync: {error}")))?;
        self.mirror.synced();
        Ok(())
    }

    /// The message that a judgement is about, and who passed it on.
    pub(crate) fn judged(&mut self, token: u64) -> Option<(Arc<Message>, usize)> {
        self.running.as_mut()?.unjudged.remove(&token)
    }

    /// What the replica tells of itself.
    pub(crate) fn status(&mut self) -> Result<Status, Breach> {
        self.running
            .as_mut()
            .map(|running| running.replica.status())
            .ok_or_else(|| Breach::new("it was asked for its status while it did not run"))
    }

    /// The store, while it runs.
    pub(crate) fn store(&self) -> Result<Arc<Store<MemoryEngine>>, Breach> {
        self.running
            .as_ref()
            .map(|running| running.store.clone())
            .ok_or_else(|| Breach::new("its store was asked for while it did not run"))
    }

    /// When it wants to be woken, in the world's time.
    pub(crate) fn next_wake(&self) -> Option<u64> {
        let wake = self.running.as_ref()?.replica.next_wake()?;
        Some(wake.saturating_sub(self.clock_origin))
    }

    /// The time of day on this node.
    pub(crate) fn wall(&self, now: u64) -> Timestamp {
        Timestamp::from_milliseconds(self.wall_origin.saturating_add(now)).unwrap_or(Timestamp::MAX)
    }

    fn now(&self, now: u64) -> Now {
        Now { milliseconds: self.clock_origin + now, wall: self.wall(now) }
    }

    fn stop(&mut self) {
        self.running = None;
        self.boot += 1;
        self.inbox.clear();
        self.turn_planned = false;
        self.wake_at = None;
        self.seen.clear();
        self.passed_on.clear();
        self.invalid_from.clear();
        self.disk_full = false;
    }
}

/// What was on a node's disk once.
pub(crate) struct Backup {
    writes: Writes,
    mirror: Mirror,
}

fn incarnation(seed: &[u8; 32]) -> [u8; 16] {
    let mut incarnation = [0; 16];
    incarnation.copy_from_slice(&sha256(&[b"incarnation", seed])[..16]);
    incarnation
}
