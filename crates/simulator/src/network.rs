//! The network between the nodes: connections that come and go, streams that keep their order and may break at any
//! frame, and messages of gossip that keep neither. It carries bytes and knows nothing of what they mean.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use knotwork_identity::sha256;
use knotwork_replica::SessionId;

use crate::{agenda::Agenda, dice::Dice, world::Happening};

/// How badly the network behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Weather {
    /// The shortest and the longest time that anything is under way, in milliseconds.
    pub(crate) delay: (u64, u64),
    /// How many messages of gossip in a thousand are lost.
    pub(crate) gossip_lost: u64,
    /// How many in a thousand come twice.
    pub(crate) gossip_twice: u64,
    /// How many frames in a thousand break their stream.
    pub(crate) streams_broken: u64,
    /// How many streams in a thousand cannot be opened.
    pub(crate) streams_refused: u64,
}

impl Weather {
    /// Nothing is lost, and everything is quick.
    pub(crate) const FAIR: Self =
        Self { delay: (1, 5), gossip_lost: 0, gossip_twice: 0, streams_broken: 0, streams_refused: 0 };
}

/// Names a connection, for as long as it lasts.
pub(crate) type ConnectionId = u64;

/// Names a stream.
pub(crate) type StreamId = u64;

/// One of the two ends of something between two nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct End {
    pub(crate) node: usize,
    pub(crate) session: Option<SessionId>,
    /// Whether this end has closed the stream, or knows that it is over.
    over: bool,
    /// When the last thing on its way to this end arrives: nothing that is sent later arrives sooner.
    arrives: u64,
}

/// A stream of frames.
#[derive(Debug)]
pub(crate) struct Stream {
    connection: ConnectionId,
    /// First the one that opened it.
    ends: [End; 2],
    broken: bool,
}

/// What comes along a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Parcel {
    /// The other side opened it.
    Opened,
    /// It is open.
    Established,
    /// It cannot be opened.
    Refused,
    Frame(Vec<u8>),
    /// It is over.
    Closed,
}

/// A message of gossip; its id is that of its bytes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) id: [u8; 32],
    pub(crate) bytes: Vec<u8>,
}

impl Message {
    pub(crate) fn new(bytes: Vec<u8>) -> Arc<Self> {
        Arc::new(Self { id: sha256(&[&bytes]), bytes })
    }
}

/// What is between two nodes.
#[derive(Debug, Default)]
struct Link {
    /// Whether the two ever speak with each other.
    exists: bool,
    /// Whether nothing gets through at the moment.
    cut: bool,
    /// Until when one of the two refuses the other.
    refused_until: u64,
    connection: Option<Connection>,
}

#[derive(Debug)]
struct Connection {
    id: ConnectionId,
    /// Which of the two, the smaller first, still believes in it.
    known: [bool; 2],
    ending: bool,
}

/// All links, connections and streams.
#[derive(Debug)]
pub(crate) struct Network {
    links: BTreeMap<(usize, usize), Link>,
    streams: BTreeMap<StreamId, Stream>,
    by_session: BTreeMap<(usize, SessionId), StreamId>,
    next_connection: ConnectionId,
    next_stream: StreamId,
    pub(crate) weather: Weather,
    dice: Dice,
    /// Frames and messages sent so far, and their bytes.
    pub(crate) sent: u64,
    pub(crate) sent_bytes: u64,
}

impl Network {
    /// Links between `pairs`, with no connection yet.
    pub(crate) fn new(pairs: &BTreeSet<(usize, usize)>, weather: Weather, dice: Dice) -> Self {
        let links = pairs.iter().map(|pair| (*pair, Link { exists: true, ..Link::default() })).collect();
        Self {
            links,
            streams: BTreeMap::new(),
            by_session: BTreeMap::new(),
            next_connection: 1,
            next_stream: 1,
            weather,
            dice,
            sent: 0,
            sent_bytes: 0,
        }
    }

    /// Plans the first attempt to connect on every link.
    pub(crate) fn begin(&mut self, agenda: &mut Agenda<Happening>) {
        for link in self.links.keys().copied().collect::<Vec<_>>() {
            self.plan_dial(agenda, link);
        }
    }

    /// One of the two dials the other. `running` says which nodes run.
    pub(crate) fn dial(
        &mut self,
        agenda: &mut Agenda<Happening>,
        link: (usize, usize),
        running: impl Fn(usize) -> bool,
    ) {
        let Some(state) = self.links.get_mut(&link) else { return };
        if state.connection.is_some() {
            return;
        }
        let reachable = state.exists && !state.cut && state.refused_until <= agenda.now();
        if !(reachable && running(link.0) && running(link.1)) {
            if state.exists {
                self.plan_dial(agenda, link);
            }
            return;
        }
        let id = self.next_connection;
        self.next_connection += 1;
        state.connection = Some(Connection { id, known: [true; 2], ending: false });
        let delay = self.dice.between(self.weather.delay.0, self.weather.delay.1);
        let first = self.dice.index(2);
        for end in [first, 1 - first] {
            let (node, peer) = pair(link, end);
            agenda.after(delay, Happening::Tell { node, peer, connection: id, up: true });
        }
    }

    /// Whether a node believes that this connection with a peer stands.
    pub(crate) fn knows(&self, node: usize, peer: usize, connection: ConnectionId) -> bool {
        self.connection(node, peer).is_some_and(|(known, id, _)| known && id == connection)
    }

    /// The peers with which a node believes to be connected.
    pub(crate) fn peers_of(&self, node: usize) -> Vec<usize> {
        let others = self.links.keys().filter(|link| link.0 == node || link.1 == node);
        let peers = others.map(|link| if link.0 == node { link.1 } else { link.0 });
        peers.filter(|peer| self.connection(node, *peer).is_some_and(|(known, ..)| known)).collect()
    }

    /// Ends the connection of two nodes; each notices within `notice` milliseconds.
    pub(crate) fn disconnect(&mut self, agenda: &mut Agenda<Happening>, one: usize, other: usize, notice: u64) {
        let link = ordered(one, other);
        let Some(connection) = self.links.get_mut(&link).and_then(|state| state.connection.as_mut()) else { return };
        if connection.ending {
            return;
        }
        connection.ending = true;
        let id = connection.id;
        for end in 0..2 {
            let (node, peer) = pair(link, end);
            let delay = self.dice.below(notice + 1);
            agenda.after(delay, Happening::Tell { node, peer, connection: id, up: false });
        }
    }

    /// A node has been told that a connection is over, or is not running any more: its end is gone. Gives the sessions
    /// that it had on it.
    pub(crate) fn forget(&mut self, agenda: &mut Agenda<Happening>, node: usize, peer: usize) -> Vec<SessionId> {
        let link = ordered(node, peer);
        let Some(state) = self.links.get_mut(&link) else { return Vec::new() };
        let Some(connection) = &mut state.connection else { return Vec::new() };
        connection.known[usize::from(link.1 == node)] = false;
        let id = connection.id;
        let over = connection.known == [false; 2];
        if over {
            state.connection = None;
            self.plan_dial(agenda, link);
        }
        let mut sessions = Vec::new();
        for stream in self.streams.values_mut().filter(|stream| stream.connection == id) {
            for end in stream.ends.iter_mut().filter(|end| end.node == node && !end.over) {
                end.over = true;
                sessions.extend(end.session);
            }
        }
        for session in &sessions {
            self.by_session.remove(&(node, *session));
        }
        if over {
            self.streams.retain(|_, stream| stream.connection != id);
        }
        sessions
    }

    /// Keeps two nodes apart until a moment.
    pub(crate) fn refuse(&mut self, one: usize, other: usize, until: u64) {
        if let Some(state) = self.links.get_mut(&ordered(one, other)) {
            state.refused_until = state.refused_until.max(until);
        }
    }

    /// Cuts or mends the link of two nodes. What is on its way is lost, and each notices within `notice` milliseconds.
    pub(crate) fn cut(&mut self, agenda: &mut Agenda<Happening>, link: (usize, usize), notice: u64) {
        if let Some(state) = self.links.get_mut(&link) {
            state.cut = true;
            self.disconnect(agenda, link.0, link.1, notice);
        }
    }

    /// Mends the link of two nodes.
    pub(crate) fn mend(&mut self, link: (usize, usize)) {
        if let Some(state) = self.links.get_mut(&link) {
            state.cut = false;
        }
    }

    /// All links.
    pub(crate) fn links(&self) -> Vec<(usize, usize)> {
        self.links.keys().copied().collect()
    }

    /// A node opens a stream with a peer.
    pub(crate) fn open(&mut self, agenda: &mut Agenda<Happening>, node: usize, session: SessionId, peer: usize) {
        let now = agenda.now();
        let connection = self.connection(node, peer);
        let end = |node, session| End { node, session, over: false, arrives: now };
        let id = self.next_stream;
        self.next_stream += 1;
        let connection_id = connection.map_or(0, |(_, id, _)| id);
        let mut stream =
            Stream { connection: connection_id, ends: [end(node, Some(session)), end(peer, None)], broken: false };
        let works = connection.is_some_and(|(known, _, ending)| known && !ending);
        let works = works && !self.dice.chance(self.weather.streams_refused);
        let delay = self.delay();
        if works {
            stream.ends[0].arrives = now + 2 * delay;
            stream.ends[1].arrives = now + delay;
            agenda.after(delay, Happening::Deliver { stream: id, end: 1, parcel: Parcel::Opened });
            agenda.after(2 * delay, Happening::Deliver { stream: id, end: 0, parcel: Parcel::Established });
        } else {
            stream.broken = true;
            agenda.after(delay, Happening::Deliver { stream: id, end: 0, parcel: Parcel::Refused });
        }
        self.by_session.insert((node, session), id);
        self.streams.insert(id, stream);
    }

    /// The other end of a new stream gets the name by which its node knows it.
    pub(crate) fn name(&mut self, stream: StreamId, session: SessionId) {
        if let Some(known) = self.streams.get_mut(&stream) {
            known.ends[1].session = Some(session);
            self.by_session.insert((known.ends[1].node, session), stream);
        }
    }

    /// A node sends a frame in a session. Where the stream is over already, it is lost.
    pub(crate) fn send(&mut self, agenda: &mut Agenda<Happening>, node: usize, session: SessionId, frame: Vec<u8>) {
        let Some(id) = self.by_session.get(&(node, session)).copied() else { return };
        self.sent += 1;
        self.sent_bytes += frame.len() as u64;
        let breaks = self.dice.chance(self.weather.streams_broken);
        if breaks && self.streams.get(&id).is_some_and(|stream| !stream.broken) {
            self.break_stream(agenda, id);
        }
        self.carry(agenda, id, node, Parcel::Frame(frame));
    }

    /// A node closes a session.
    pub(crate) fn close(&mut self, agenda: &mut Agenda<Happening>, node: usize, session: SessionId) {
        let Some(id) = self.by_session.remove(&(node, session)) else { return };
        self.carry(agenda, id, node, Parcel::Closed);
        if let Some(stream) = self.streams.get_mut(&id) {
            stream.ends.iter_mut().filter(|end| end.node == node).for_each(|end| end.over = true);
        }
    }

    /// Something arrives at an end of a stream; `None` where nobody is there any more. Gives the node, the peer, and the
    /// session if it has a name.
    pub(crate) fn arrive(
        &mut self,
        stream: StreamId,
        end: usize,
        parcel: &Parcel,
    ) -> Option<(usize, usize, Option<SessionId>)> {
        let known = self.streams.get_mut(&stream)?;
        let (node, peer) = (known.ends[end].node, known.ends[1 - end].node);
        let connection = known.connection;
        let lost = known.broken && !matches!(parcel, Parcel::Closed | Parcel::Refused);
        if known.ends[end].over || lost {
            return None;
        }
        let session = known.ends[end].session;
        let last = matches!(parcel, Parcel::Closed | Parcel::Refused);
        if last {
            known.ends[end].over = true;
            if let Some(session) = session {
                self.by_session.remove(&(node, session));
            }
        }
        // Whoever could not open a stream is told so even where there is no connection.
        let heard = matches!(parcel, Parcel::Refused) || self.knows(node, peer, connection);
        heard.then_some((node, peer, session))
    }

    /// When a message of gossip that a node passes to a peer arrives there: never, once or twice.
    pub(crate) fn gossip(&mut self, agenda: &mut Agenda<Happening>, from: usize, to: usize, message: &Arc<Message>) {
        let Some((true, connection, ending)) = self.connection(from, to) else { return };
        self.sent += 1;
        self.sent_bytes += message.bytes.len() as u64;
        if ending || self.dice.chance(self.weather.gossip_lost) {
            return;
        }
        let copies = 1 + u64::from(self.dice.chance(self.weather.gossip_twice));
        for copy in 0..copies {
            let delay = self.delay();
            let again = copy > 0;
            agenda.after(delay, Happening::Gossip { connection, from, to, message: message.clone(), again });
        }
    }

    /// Whether two nodes are connected, and both believe so.
    pub(crate) fn connected(&self, one: usize, other: usize) -> bool {
        let both = |node, peer| self.connection(node, peer).is_some_and(|(known, _, ending)| known && !ending);
        both(one, other) && both(other, one)
    }

    fn connection(&self, node: usize, peer: usize) -> Option<(bool, ConnectionId, bool)> {
        let link = ordered(node, peer);
        let connection = self.links.get(&link)?.connection.as_ref()?;
        Some((connection.known[usize::from(link.1 == node)], connection.id, connection.ending))
    }

    /// Breaks a stream: both ends learn of it, and nothing that is on its way arrives.
    fn break_stream(&mut self, agenda: &mut Agenda<Happening>, id: StreamId) {
        let delays = [self.delay(), self.delay()];
        let Some(stream) = self.streams.get_mut(&id) else { return };
        stream.broken = true;
        for (end, delay) in delays.into_iter().enumerate() {
            agenda.after(delay, Happening::Deliver { stream: id, end, parcel: Parcel::Closed });
        }
    }

    fn carry(&mut self, agenda: &mut Agenda<Happening>, id: StreamId, node: usize, parcel: Parcel) {
        let delay = self.delay();
        let Some(stream) = self.streams.get(&id) else { return };
        let to = usize::from(stream.ends[0].node == node);
        let ending = self.connection(node, stream.ends[to].node).is_none_or(|(_, _, ending)| ending);
        let Some(stream) = self.streams.get_mut(&id) else { return };
        if stream.broken || ending {
            return;
        }
        let arrives = (agenda.now() + delay).max(stream.ends[to].arrives);
        stream.ends[to].arrives = arrives;
        agenda.at(arrives, Happening::Deliver { stream: id, end: to, parcel });
    }

    fn delay(&mut self) -> u64 {
        self.dice.between(self.weather.delay.0, self.weather.delay.1)
    }

    fn plan_dial(&mut self, agenda: &mut Agenda<Happening>, link: (usize, usize)) {
        let delay = self.dice.between(DIAL_PAUSE.0, DIAL_PAUSE.1);
        agenda.after(delay, Happening::Dial { link });
    }
}

/// The pair of two nodes, the smaller first.
pub(crate) fn ordered(one: usize, other: usize) -> (usize, usize) {
    (one.min(other), one.max(other))
}

fn pair(link: (usize, usize), end: usize) -> (usize, usize) {
    if end == 0 { link } else { (link.1, link.0) }
}

/// How long a node waits before it dials again, in milliseconds.
const DIAL_PAUSE: (u64, u64) = (50, 2_000);
