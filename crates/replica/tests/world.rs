//! Several replicas over stores in memory, whose frames arrive at once and in order.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use knotwork_documents::{Certificate, Edit, Paper, PaperEdit, ResourceDraft};
use knotwork_identity::{
    Card, ChangeId, DocumentId, Genesis, NetworkId, Nonce, PersonId, PublicKey, SecretKey, SpaceId, Timestamp, sha256,
};
use knotwork_ledger::{CheckedChange, Kind, Verifiers};
use knotwork_replica::{
    AgreedRoster, Announcement, Basis, Batch, Effect, Event, Frame, Judgement, ListingKey, Now, Receipt, Refusal,
    Replica, ReplicaConfig, SessionId, Status, Storage, StorageError, StoredChange, Target,
};
use knotwork_store::{MemoryEngine, Store};

/// A store that counts how often it is asked for the place of an id, and whose disk refuses when a test wants it to.
pub(crate) struct Watched {
    pub(crate) store: Store<MemoryEngine>,
    pub(crate) looked_up: AtomicUsize,
    /// For how many batches there is still room.
    pub(crate) room: AtomicUsize,
    /// Whether nothing is put on the disk for good.
    pub(crate) syncs_fail: AtomicBool,
}

impl Watched {
    fn new(store: Store<MemoryEngine>) -> Self {
        let (room, syncs_fail) = (AtomicUsize::new(usize::MAX), AtomicBool::new(false));
        Self { store, looked_up: AtomicUsize::new(0), room, syncs_fail }
    }
}

impl Storage for Watched {
    fn commit(&self, batch: &Batch) -> Result<(), StorageError> {
        let takes = |room: usize| if room == usize::MAX { Some(room) } else { room.checked_sub(1) };
        let is_room = self.room.fetch_update(Ordering::Relaxed, Ordering::Relaxed, takes).is_ok();
        if is_room { self.store.commit(batch) } else { Err(StorageError::Full) }
    }

    fn sync(&self) -> Result<(), StorageError> {
        if self.syncs_fail.load(Ordering::Relaxed) { Err(StorageError::Full) } else { self.store.sync() }
    }

    fn incarnation(&self) -> [u8; 16] {
        self.store.incarnation()
    }

    fn next_sequence(&self) -> u64 {
        self.store.next_sequence()
    }

    fn each_id(&self, each: &mut dyn FnMut(SpaceId, Timestamp, ChangeId)) -> Result<(), StorageError> {
        self.store.each_id(each)
    }

    fn sequence_of(&self, id: &ChangeId) -> Result<Option<u64>, StorageError> {
        self.looked_up.fetch_add(1, Ordering::Relaxed);
        self.store.sequence_of(id)
    }

    fn change(&self, id: &ChangeId) -> Result<Option<StoredChange>, StorageError> {
        self.store.change(id)
    }

    fn changes_from(&self, from: u64, limit: usize) -> Result<Vec<StoredChange>, StorageError> {
        self.store.changes_from(from, limit)
    }

    fn changes_of(&self, document: &DocumentId) -> Result<Vec<StoredChange>, StorageError> {
        self.store.changes_of(document)
    }

    fn count_of(&self, document: &DocumentId, limit: usize) -> Result<usize, StorageError> {
        self.store.count_of(document, limit)
    }

    fn view(&self, document: &DocumentId) -> Result<Option<Vec<u8>>, StorageError> {
        self.store.view(document)
    }

    fn list(
        &self,
        kind: Kind,
        label: Option<&str>,
        after: Option<&ListingKey>,
        limit: usize,
    ) -> Result<Vec<ListingKey>, StorageError> {
        self.store.list(kind, label, after, limit)
    }

    fn list_len(&self, kind: Kind, label: Option<&str>) -> Result<u64, StorageError> {
        self.store.list_len(kind, label)
    }

    fn locals(&self, prefix: &str) -> Result<Vec<(String, Vec<u8>)>, StorageError> {
        self.store.locals(prefix)
    }

    fn local(&self, name: &str) -> Result<Option<Vec<u8>>, StorageError> {
        self.store.local(name)
    }

    fn is_damaged(&self) -> bool {
        self.store.is_damaged()
    }

    fn size_on_disk(&self) -> u64 {
        self.store.size_on_disk()
    }
}

/// The keys of one organisation.
pub(crate) fn key(place: usize, role: &str) -> SecretKey {
    SecretKey::from_seed(&sha256(&[role.as_bytes(), &[place as u8]]))
}

fn config(network: NetworkId, place: usize, minutes: Option<Arc<AgreedRoster>>) -> ReplicaConfig {
    ReplicaConfig {
        network,
        organisation: key(place, "organisation"),
        node: key(place, "node"),
        seed: [place as u8; 32],
        minutes,
    }
}

/// The roster as the organisation at a place keeps it.
fn roster(genesis: &Genesis, place: usize) -> Arc<AgreedRoster> {
    Arc::new(AgreedRoster::founded(genesis.clone()).of(key(place, "organisation").public()))
}

/// A circle of so many organisations.
fn genesis(count: usize) -> Genesis {
    let founders = (0..count).map(|place| Card {
        name: format!("Organisation {place}"),
        organisation: key(place, "organisation").public(),
        node: key(place, "node").public(),
        addresses: Vec::new(),
    });
    Genesis { nonce: [7; 32], name: "N".into(), purpose: "P".into(), founders: founders.collect() }
}

/// The certificate of a key by the organisation at a place.
pub(crate) fn certificate(network: NetworkId, place: usize, person: u8, member: &SecretKey) -> Vec<CheckedChange> {
    let (organisation, person) = (key(place, "organisation"), PersonId([person; 16]));
    Certificate::write(network, &organisation, person, member, false, Timestamp::NONE).expect("it is small")
}

/// A resource with a title and a body, in one change or more.
pub(crate) fn resource(network: NetworkId, number: u64, body: &str, author: &SecretKey) -> Vec<CheckedChange> {
    let mut nonce = [0; 16];
    nonce[..8].copy_from_slice(&number.to_be_bytes());
    let draft = ResourceDraft { title: format!("Entry {number}"), body: body.into(), ..ResourceDraft::default() };
    let time = Timestamp::from_milliseconds(1_000 + number).expect("small");
    draft.write(network, Nonce(nonce), author, time).expect("it is within the limits")
}

pub(crate) struct Node {
    pub(crate) replica: Replica,
    pub(crate) storage: Arc<Watched>,
    /// The most ids that were looked up in one turn.
    pub(crate) looked_up_at_once: usize,
    inbound: u64,
    tokens: u64,
    /// What came of the last request.
    pub(crate) reply: Option<Result<Receipt, Refusal>>,
}

/// A frame that was sent.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) from: usize,
    pub(crate) bytes: Vec<u8>,
}

impl Sent {
    pub(crate) fn tag(&self) -> u8 {
        self.bytes[0]
    }
}

/// Tags of frames, as `docs/protocol/reconciliation.md` has them.
pub(crate) const COMPARE: u8 = 2;
pub(crate) const WANT: u8 = 3;
pub(crate) const WANT_ALL: u8 = 4;

enum Incoming {
    Event(Event),
    Frame(SessionId, Vec<u8>),
}

/// Replicas that are connected as a test says. Gossip reaches nobody, unless a test wants it to.
pub(crate) struct World {
    pub(crate) network: NetworkId,
    pub(crate) nodes: Vec<Node>,
    pub(crate) milliseconds: u64,
    inbox: VecDeque<(u32, usize, Incoming)>,
    /// Whether what is announced reaches everyone who is connected.
    pub(crate) gossips: bool,
    /// On how many ways, one after the other, it has come to what is handled now since a test last set it to 0.
    ways: u32,
    streams: BTreeMap<(usize, SessionId), (usize, SessionId)>,
    /// What was sent since a test last looked.
    pub(crate) sent: Vec<Sent>,
    /// Sessions that were opened since a test last looked.
    pub(crate) opened: usize,
    /// Who found whom at fault, and why.
    pub(crate) faults: Vec<(usize, String)>,
    /// Effects that nobody carries out: those towards peers that are not here.
    pub(crate) other: Vec<Effect>,
    /// What was said of gossiped messages.
    pub(crate) judgements: Vec<Judgement>,
    pub(crate) genesis: Genesis,
    /// Of each node its own.
    pub(crate) rosters: Vec<Arc<AgreedRoster>>,
    /// Whether the nodes take part in the minutes.
    minutes: bool,
    /// Of each node, with whom it last wanted to be connected, and who of them is a further node.
    pub(crate) told: Vec<(Vec<PublicKey>, Vec<PublicKey>)>,
    /// How wrong the time of day of each node is, in milliseconds.
    pub(crate) wrong_by: Vec<i64>,
    /// How many frames about minutes were sent.
    pub(crate) minutes_sent: usize,
    /// Whose effects are noted.
    pub(crate) overheard: Option<usize>,
    /// What was noted.
    pub(crate) noted: Vec<Effect>,
    verifiers: Verifiers,
}

impl World {
    /// So many replicas of a circle, with certificates for their own services, and connected to nobody.
    pub(crate) fn new(count: usize) -> Self {
        Self::with_strangers(count, 0)
    }

    /// As [`World::new`], with organisations on the roster that have no replica here.
    pub(crate) fn with_strangers(count: usize, strangers: usize) -> Self {
        Self::founded(genesis(count + strangers), count, false)
    }

    /// As [`World::new`], with nodes that take part in the minutes.
    pub(crate) fn deciding(count: usize) -> Self {
        Self::founded(genesis(count), count, true)
    }

    fn founded(genesis: Genesis, count: usize, minutes: bool) -> Self {
        let network = genesis.network();
        let rosters: Vec<Arc<AgreedRoster>> = (0..count).map(|place| roster(&genesis, place)).collect();
        let nodes = (0..count).map(|place| {
            let store = Store::with_engine(MemoryEngine::new(), network, [place as u8; 16]).expect("memory takes it");
            let storage = Arc::new(Watched::new(store));
            let roster = rosters[place].clone();
            let config = config(network, place, minutes.then(|| roster.clone()));
            let replica = Replica::open(config, storage.clone(), roster).expect("it is sound");
            Node { replica, storage, looked_up_at_once: 0, inbound: 0, tokens: 0, reply: None }
        });
        let mut world = Self {
            network,
            nodes: nodes.collect(),
            milliseconds: 1_000,
            inbox: VecDeque::new(),
            gossips: false,
            ways: 0,
            streams: BTreeMap::new(),
            sent: Vec::new(),
            opened: 0,
            faults: Vec::new(),
            other: Vec::new(),
            judgements: Vec::new(),
            genesis,
            rosters,
            minutes,
            told: vec![Default::default(); count],
            wrong_by: vec![0; count],
            minutes_sent: 0,
            overheard: None,
            noted: Vec::new(),
            verifiers: Verifiers::new(64),
        };
        for place in 0..count {
            let certificate = certificate(network, place, 100, &key(place, "service"));
            world.write(place, certificate);
        }
        world
    }

    /// A node stops, and starts again over its store.
    pub(crate) fn start_again(&mut self, place: usize) {
        let storage = self.nodes[place].storage.clone();
        let roster = roster(&self.genesis, place);
        self.rosters[place] = roster.clone();
        let config = config(self.network, place, self.minutes.then(|| roster.clone()));
        self.nodes[place].replica = Replica::open(config, storage, roster).expect("it is sound");
    }

    /// The power of a node goes: what was not put on its disk for good is gone, and it starts again over the rest.
    pub(crate) fn lose_power(&mut self, place: usize) {
        let before = &self.nodes[place].storage.store;
        let store = Store::with_engine(before.engine().crash(0), self.network, before.incarnation());
        self.nodes[place].storage = Arc::new(Watched::new(store.expect("it is sound")));
        self.start_again(place);
    }

    pub(crate) fn now(&self) -> Now {
        let wall = Timestamp::from_milliseconds(1_790_000_000_000 + self.milliseconds).expect("small");
        Now { milliseconds: self.milliseconds, wall }
    }

    fn now_at(&self, place: usize) -> Now {
        let Now { milliseconds, wall } = self.now();
        let wall = wall.milliseconds().saturating_add_signed(self.wrong_by[place]);
        Now { milliseconds, wall: Timestamp::from_milliseconds(wall).expect("a time") }
    }

    /// Two nodes learn that they are connected.
    pub(crate) fn connect(&mut self, one: usize, other: usize) {
        for (place, peer) in [(one, other), (other, one)] {
            self.give(place, Event::Connected { peer: key(peer, "node").public() });
        }
        self.settle();
    }

    /// Two nodes learn that they are not connected any more.
    pub(crate) fn part(&mut self, one: usize, other: usize) {
        for (place, peer) in [(one, other), (other, one)] {
            self.give(place, Event::Disconnected { peer: key(peer, "node").public() });
        }
        self.streams.retain(|(place, _), (peer, _)| ![(one, other), (other, one)].contains(&(*place, *peer)));
        self.settle();
    }

    pub(crate) fn connect_all(&mut self) {
        for one in 0..self.nodes.len() {
            for other in 0..one {
                self.connect(other, one);
            }
        }
    }

    /// Writes changes of one document at a node.
    pub(crate) fn write(&mut self, place: usize, changes: Vec<CheckedChange>) -> Receipt {
        let token = self.nodes[place].tokens;
        self.nodes[place].tokens += 1;
        self.give(place, Event::Admit { token, changes });
        self.settle();
        self.nodes[place].reply.take().expect("it was answered").expect("it was written")
    }

    /// Writes so many resources at a node by its own service, numbered from `from` on.
    pub(crate) fn write_resources(&mut self, place: usize, from: u64, count: u64) {
        for number in from..from + count {
            self.write(place, resource(self.network, number, "", &key(place, "service")));
        }
    }

    /// Hands a node an event, which it handles in its turn.
    pub(crate) fn give(&mut self, place: usize, event: Event) {
        self.inbox.push_back((self.ways, place, Incoming::Event(event)));
    }

    /// Hands a node a paper that somebody writes, which it handles in its turn.
    pub(crate) fn begin_saying(&mut self, place: usize, paper: Paper, key: &SecretKey, nonce: Nonce) {
        let header = paper.header(self.network, key.public(), nonce);
        let event = Event::Edit {
            token: 1,
            target: Target::Of(header),
            edit: Box::new(Edit::from(PaperEdit::new(paper))),
            key: Box::new(key.clone()),
            basis: Basis::Now,
            time: self.now().wall,
        };
        self.give(place, event);
    }

    /// Lets everything happen that happens at once.
    pub(crate) fn settle(&mut self) {
        let mut turns = 0;
        while let Some((ways, place, incoming)) = self.inbox.pop_front() {
            turns += 1;
            assert!(turns < 1_000_000, "it never comes to rest");
            self.ways = ways;
            self.turn(place, incoming);
        }
        self.ways = 0;
    }

    /// Lets everything happen that happens at once, each node taking up first what came to it on the fewest ways. Gives on how
    /// many ways the last of all nodes came to this minute.
    pub(crate) fn ways_until_minute(&mut self, height: u64) -> u32 {
        let mut last = 0;
        while let Some(next) = (0..self.inbox.len()).min_by_key(|place| self.inbox[*place].0) {
            let before = self.rosters.iter().filter(|roster| roster.agreed().height() >= height).count();
            if let Some((ways, place, incoming)) = self.inbox.remove(next) {
                self.ways = ways;
                self.turn(place, incoming);
            }
            let after = self.rosters.iter().filter(|roster| roster.agreed().height() >= height).count();
            if after > before {
                last = self.ways;
            }
            if after == self.nodes.len() {
                break;
            }
        }
        self.settle();
        last
    }

    /// Lets time pass, and everything happen that is due in it.
    pub(crate) fn pass(&mut self, milliseconds: u64) {
        let end = self.milliseconds + milliseconds;
        loop {
            let wakes =
                self.nodes.iter().enumerate().filter_map(|(place, node)| Some((node.replica.next_wake()?, place)));
            let Some((at, place)) = wakes.min().filter(|(at, _)| *at <= end) else { break };
            self.milliseconds = self.milliseconds.max(at);
            self.give(place, Event::Wake);
            self.settle();
        }
        self.milliseconds = end;
    }

    pub(crate) fn status(&mut self, place: usize) -> Status {
        self.nodes[place].replica.status()
    }

    /// The digests of what is exchanged.
    pub(crate) fn state(&mut self, place: usize) -> Vec<[u8; 32]> {
        let status = self.status(place);
        let exchanged = |space: &SpaceId| matches!(space, SpaceId::Roster | SpaceId::Commons);
        status.spaces.iter().filter(|space| exchanged(&space.space)).map(|space| space.digest).collect()
    }

    /// How many nodes hold just what another holds.
    pub(crate) fn count_like(&mut self, place: usize) -> usize {
        let state = self.state(place);
        (0..self.nodes.len()).filter(|other| self.state(*other) == state).count()
    }

    /// The frames with a tag that a node sent since a test last looked.
    pub(crate) fn frames(&self, from: usize, tag: u8) -> usize {
        self.sent.iter().filter(|sent| sent.from == from && sent.tag() == tag).count()
    }

    fn turn(&mut self, place: usize, incoming: Incoming) {
        let event = match incoming {
            Incoming::Event(event) => event,
            Incoming::Frame(session, bytes) => {
                match Frame::parse(&bytes, &self.nodes[place].replica.lineage(), &mut self.verifiers) {
                    Ok(frame) => Event::Frame { session, frame },
                    Err(error) => Event::Malformed { session, error },
                }
            }
        };
        let now = self.now_at(place);
        let node = &mut self.nodes[place];
        let before = node.storage.looked_up.load(Ordering::Relaxed);
        node.replica.handle(now, event);
        let commit = node.replica.commit(now);
        let looked_up = node.storage.looked_up.load(Ordering::Relaxed) - before;
        node.looked_up_at_once = node.looked_up_at_once.max(looked_up);
        if let Some(reply) = commit.replies.into_iter().next_back() {
            node.reply = Some(reply.result);
        }
        let busy = node.replica.next_wake() == Some(0);
        commit.effects.into_iter().for_each(|effect| self.carry_out(place, effect));
        // As the driver has it: what has to be on the disk before is not done at all where the disk refuses.
        if self.nodes[place].storage.sync().is_ok() {
            commit.after_sync.into_iter().for_each(|effect| self.carry_out(place, effect));
        }
        if busy {
            self.give(place, Event::Wake);
        }
    }

    fn carry_out(&mut self, place: usize, effect: Effect) {
        if self.overheard == Some(place) {
            self.noted.push(effect.clone());
        }
        match effect {
            Effect::Open { session, peer } => {
                let Some(other) = self.place_of(&peer) else {
                    self.other.push(Effect::Open { session, peer });
                    return;
                };
                self.opened += 1;
                self.nodes[other].inbound += 1;
                let named = SessionId::inbound(self.nodes[other].inbound);
                self.streams.insert((place, session), (other, named));
                self.streams.insert((other, named), (place, session));
                self.give(other, Event::Opened { session: named, peer: key(place, "node").public() });
                self.give(place, Event::Established { session });
            }
            Effect::Send { session, frame } => match self.streams.get(&(place, session)).copied() {
                Some((other, named)) => {
                    self.sent.push(Sent { from: place, bytes: frame.clone() });
                    self.inbox.push_back((self.ways + 1, other, Incoming::Frame(named, frame)));
                }
                None => self.other.push(Effect::Send { session, frame }),
            },
            Effect::Close { session } => {
                if let Some((other, named)) = self.streams.remove(&(place, session)) {
                    self.streams.remove(&(other, named));
                    self.give(other, Event::Closed { session: named });
                } else {
                    self.other.push(Effect::Close { session });
                }
            }
            Effect::Disconnect { reason, .. } => self.faults.push((place, reason)),
            Effect::Announce { message, .. } => {
                for other in (0..self.nodes.len()).filter(|other| *other != place) {
                    let announcement = Announcement::parse(&message, &self.network, &mut self.verifiers);
                    let announcement = announcement.expect("what is announced is valid");
                    if self.gossips {
                        let peer = key(place, "node").public();
                        let event = Event::Announced { peer, token: 0, announcement };
                        self.inbox.push_back((self.ways + 1, other, Incoming::Event(event)));
                    }
                }
            }
            Effect::Judge { judgement, .. } => self.judgements.push(judgement),
            Effect::Minutes { peer, frame } => {
                if let Some(other) = self.place_of(&peer) {
                    let frame = Box::new(knotwork_minutes::Frame::from_bytes(&frame).expect("what is sent is valid"));
                    self.minutes_sent += 1;
                    let event = Event::Minutes { peer: key(place, "node").public(), frame };
                    self.inbox.push_back((self.ways + 1, other, Incoming::Event(event)));
                }
            }
            Effect::Roster { nodes, further } => self.told[place] = (nodes, further),
            Effect::Addresses { .. } => {}
        }
    }

    fn place_of(&self, node: &PublicKey) -> Option<usize> {
        (0..self.nodes.len()).find(|place| key(*place, "node").public() == *node)
    }
}
