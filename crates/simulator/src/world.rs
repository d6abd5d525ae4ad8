//! One run: nodes, network, faults and wishes in virtual time, and the promises that are checked on the way.

mod faults;
mod lies;
mod promises;
mod traffic;

use std::sync::Arc;

use knotwork_documents::ResourceView;
use knotwork_ledger::planted::{self, Bug};
use knotwork_replica::{Effect, Event, Judgement, Reply, SessionId, Target};

use crate::{
    agenda::Agenda,
    book::{Book, What},
    breach::Breach,
    cast::Cast,
    dice::Dice,
    liar::Liar,
    network::{ConnectionId, Message, Network, Parcel, StreamId, Weather},
    node::{Backup, Incoming, Node},
    oracle,
    scenario::{CrashPoint, Fault, Scenario},
    sightings::Sightings,
    trace::Trace,
    work::{self, Wish},
};

/// Something that happens.
#[derive(Debug)]
pub(crate) enum Happening {
    /// A node starts.
    Start { node: usize },
    /// A node handles what waits for it.
    Turn { node: usize, boot: u32 },
    /// A node is woken, as it wanted.
    Wake { node: usize, boot: u32 },
    /// One of two nodes dials the other.
    Dial { link: (usize, usize) },
    /// A node learns that a connection stands, or that it does not any more.
    Tell { node: usize, peer: usize, connection: ConnectionId, up: bool },
    /// Something arrives along a stream.
    Deliver { stream: StreamId, end: usize, parcel: Parcel },
    /// A message of gossip arrives. One that comes `again` comes through where it should have been recognised.
    Gossip { connection: ConnectionId, from: usize, to: usize, message: Arc<Message>, again: bool },
    /// Somebody wants something.
    Work,
    /// Something goes wrong.
    Fault(Fault),
    /// Nodes that were kept apart reach the others again.
    Join { apart: Vec<usize> },
    /// A disk has room again.
    Free { node: usize, boot: u32 },
    /// A liar says something of its own.
    Lie { node: usize, boot: u32 },
}

/// A planned crash within a turn.
#[derive(Debug, Clone, Copy)]
struct PlannedCrash {
    point: CrashPoint,
    surviving: u64,
    down: u64,
}

/// Everything there is in a run.
pub(crate) struct World {
    pub(crate) scenario: Scenario,
    pub(crate) agenda: Agenda<Happening>,
    pub(crate) network: Network,
    pub(crate) nodes: Vec<Node>,
    pub(crate) book: Book,
    pub(crate) trace: Trace,
    pub(crate) sightings: Sightings,
    /// What the nodes after the honest ones add to what their replicas do.
    liars: Vec<Liar>,
    crashes: Vec<Option<PlannedCrash>>,
    backups: Vec<Option<Backup>>,
    dice: Dice,
    work_dice: Dice,
    steps: u64,
}

impl World {
    /// The world before anything has happened.
    pub(crate) fn new(seed: u64, scenario: Scenario, prints: bool) -> Self {
        let mut dice = Dice::new(seed, "world");
        let count = scenario.honest + scenario.liars;
        let nodes = (0..count).map(|place| Node::new(place, dice.below(1 << 40), draw_wall(&mut dice))).collect();
        let network = Network::new(&scenario.links, scenario.weather, Dice::new(seed, "network"));
        let mut world = Self {
            agenda: Agenda::default(),
            network,
            nodes,
            book: Book::default(),
            trace: Trace::new(prints),
            sightings: Sightings::default(),
            liars: (scenario.honest..count).map(|place| Liar::new(seed, place)).collect(),
            crashes: vec![None; count],
            backups: (0..count).map(|_| None).collect(),
            dice,
            work_dice: Dice::new(seed, "work"),
            steps: 0,
            scenario,
        };
        world.plan();
        world
    }

    fn plan(&mut self) {
        for node in 0..self.nodes.len() {
            let at = self.dice.below(400);
            self.agenda.at(at, Happening::Start { node });
        }
        self.network.begin(&mut self.agenda);
        for at in self.scenario.work_at.clone() {
            self.agenda.at(at, Happening::Work);
        }
        for (at, fault) in self.scenario.faults.clone() {
            self.agenda.at(at, Happening::Fault(fault));
        }
    }

    /// How much has happened.
    pub(crate) fn steps(&self) -> u64 {
        self.steps
    }

    /// Lets time pass until a moment.
    pub(crate) fn run_until(&mut self, time: u64) -> Result<(), Breach> {
        while let Some(happening) = self.agenda.next(time) {
            self.steps += 1;
            if self.steps > STEPS_MAX {
                return Err(Breach::new("it never comes to rest"));
            }
            self.happen(happening)?;
        }
        Ok(())
    }

    /// Everything works again from now on, and everyone honest who was down starts.
    pub(crate) fn heal(&mut self) -> Result<(), Breach> {
        self.trace.note(self.agenda.now(), format_args!("everything heals"));
        self.network.weather = Weather::FAIR;
        self.crashes.fill(None);
        for link in self.network.links() {
            self.network.mend(link);
        }
        for node in 0..self.scenario.honest {
            self.nodes[node].set_full(false);
            if !self.nodes[node].is_running() {
                self.start(node)?;
            }
        }
        if !self.scenario.liars_stay {
            self.end_liars();
        }
        Ok(())
    }

    /// Whether all honest nodes hold the same, and are connected as they should be.
    pub(crate) fn is_in_step(&self) -> bool {
        let first = self.nodes[0].mirror.state();
        let mut links = self.network.links().into_iter().filter(|link| link.1 < self.scenario.honest);
        self.honest().all(|node| node.is_running() && node.mirror.state() == first)
            && links.all(|link| self.network.connected(link.0, link.1))
    }

    /// The honest nodes.
    pub(crate) fn honest(&self) -> impl Iterator<Item = &Node> {
        self.nodes[..self.scenario.honest].iter()
    }

    /// Somebody wants something of a node, now.
    pub(crate) fn wish(&mut self, node: usize) -> Result<(), Breach> {
        let now = self.agenda.now();
        let time = self.nodes[node].wall(now);
        let honest = self.scenario.honest;
        let wish = work::draw(&mut self.work_dice, node, honest, &self.book.documents, time)?;
        let mut ask = |what| self.book.ask(what);
        let event = match wish {
            Wish::Create(changes) => {
                self.sightings.see_if(changes.len() > 1, "a document of several changes is written");
                Event::Admit { token: ask(What::Create), changes }
            }
            Wish::Certify(changes) => Event::Admit { token: ask(What::Certify), changes },
            Wish::Welcome { certificate, document } => {
                let (welcomed, wrote) = (ask(What::Certify), ask(What::Create));
                self.give(node, Incoming::Event(Event::Admit { token: welcomed, changes: certificate }));
                Event::Admit { token: wrote, changes: document }
            }
            Wish::EndKey(ending) => {
                self.sightings.see("a member's key is ended");
                let organisation = Box::new(Cast::get().parties[node].organisation.clone());
                Event::Revoke { token: ask(What::EndKey), ending, organisation }
            }
            Wish::Publish(addresses) => Event::PublishAddresses { addresses, time },
            Wish::Edit { document, edit, careful } => {
                let seen = if careful {
                    let view = oracle::resource(self.nodes[node].store()?.as_ref(), &document)?;
                    view.and_then(|ResourceView { heads, .. }| work::seen(&mut self.work_dice, heads))
                } else {
                    None
                };
                Event::Edit {
                    token: ask(What::Edit),
                    target: Target::Existing(document),
                    edit: Box::new((*edit).into()),
                    key: Box::new(Cast::get().parties[node].service.clone()),
                    basis: seen.into(),
                    time,
                }
            }
        };
        self.give(node, Incoming::Event(event));
        Ok(())
    }

    fn happen(&mut self, happening: Happening) -> Result<(), Breach> {
        match happening {
            Happening::Start { node } => self.start(node),
            Happening::Turn { node, boot } if self.nodes[node].boot == boot => self.turn(node),
            Happening::Wake { node, boot } if self.nodes[node].boot == boot => {
                if self.nodes[node].wake_at.is_some_and(|at| at <= self.agenda.now()) {
                    self.nodes[node].wake_at = None;
                    self.give(node, Incoming::Event(Event::Wake));
                }
                Ok(())
            }
            Happening::Free { node, boot } if self.nodes[node].boot == boot => {
                self.trace.note(self.agenda.now(), format_args!("node {node}: the disk has room again"));
                self.nodes[node].set_full(false);
                Ok(())
            }
            Happening::Lie { node, boot } if self.nodes[node].boot == boot => self.lie(node),
            Happening::Turn { .. } | Happening::Wake { .. } | Happening::Free { .. } | Happening::Lie { .. } => Ok(()),
            Happening::Dial { link } => {
                let nodes = &self.nodes;
                self.network.dial(&mut self.agenda, link, |node| nodes[node].is_running());
                Ok(())
            }
            Happening::Tell { node, peer, connection, up } => {
                self.tell(node, peer, connection, up);
                Ok(())
            }
            Happening::Deliver { stream, end, parcel } => {
                self.deliver(stream, end, parcel);
                Ok(())
            }
            Happening::Gossip { connection, from, to, message, again } => {
                self.hear(connection, from, to, message, again);
                Ok(())
            }
            Happening::Work => {
                let node = self.work_dice.index(self.scenario.honest);
                if self.nodes[node].is_running() { self.wish(node) } else { Ok(()) }
            }
            Happening::Fault(fault) => self.fail(fault),
            Happening::Join { apart } => {
                self.trace.note(self.agenda.now(), format_args!("{apart:?} reach the others again"));
                for link in self.network.links() {
                    self.network.mend(link);
                }
                Ok(())
            }
        }
    }

    fn start(&mut self, node: usize) -> Result<(), Breach> {
        if self.nodes[node].is_running() {
            return Ok(());
        }
        self.trace.note(self.agenda.now(), format_args!("node {node} starts"));
        let (seed, clock) = (self.dice.bytes(), self.dice.below(1 << 40));
        self.nodes[node].start(seed, clock).map_err(|breach| breach.of_node(node))?;
        for changes in work::introduction(self.nodes[node].party())? {
            let token = self.book.ask(What::Certify);
            self.give(node, Incoming::Event(Event::Admit { token, changes }));
        }
        self.plan_lie(node);
        Ok(())
    }

    /// Something waits for a node from now on.
    fn give(&mut self, node: usize, incoming: Incoming) {
        let state = &mut self.nodes[node];
        if !state.is_running() {
            return;
        }
        state.inbox.push_back(incoming);
        if !state.turn_planned {
            state.turn_planned = true;
            let boot = state.boot;
            let delay = self.dice.below(4);
            self.agenda.after(delay, Happening::Turn { node, boot });
        }
    }

    fn turn(&mut self, node: usize) -> Result<(), Breach> {
        let now = self.agenda.now();
        let most = self.dice.between(1, 12) as usize;
        self.nodes[node].turn_planned = false;
        let turn = self.nodes[node].take_turn(now, most).map_err(|breach| breach.of_node(node))?;
        self.check_bounds(node)?;
        self.check_claims(node)?;
        let line = format_args!(
            "node {node}: {} effects, {} replies, {} changes{}",
            turn.effects.len(),
            turn.replies.len(),
            self.nodes[node].mirror.len(),
            if turn.failed { ", nothing written" } else { "" }
        );
        self.trace.note(now, line);
        self.sightings.see_if(turn.failed, "a commit fails because the disk is full");
        let crash = if turn.wrote { self.crashes[node].take() } else { None };
        if self.crashes_now(node, crash, CrashPoint::AfterCommit)? {
            return Ok(());
        }
        self.perform(node, turn.effects)?;
        if self.crashes_now(node, crash, CrashPoint::BeforeSync)? {
            return Ok(());
        }
        // Where nobody waits for a reply, the disk takes its time.
        let answers = !turn.replies.is_empty() && !planted::is(Bug::AcknowledgedUnsynced);
        if answers || self.dice.chance(20) {
            self.nodes[node].sync().map_err(|breach| breach.of_node(node))?;
        }
        if self.crashes_now(node, crash, CrashPoint::BeforeReplies)? {
            return Ok(());
        }
        self.reply(node, &turn.replies)?;
        self.plan_next(node);
        Ok(())
    }

    fn reply(&mut self, node: usize, replies: &[Reply]) -> Result<(), Breach> {
        for reply in replies {
            self.trace.note(self.agenda.now(), format_args!("node {node}: {reply:?}"));
            if node >= self.scenario.honest {
                // Nobody relies on what a liar acknowledges.
                continue;
            }
            self.book
                .reply(reply, &self.nodes[node].mirror, self.nodes[node].disk_full)
                .map_err(|breach| breach.of_node(node))?;
        }
        Ok(())
    }

    /// Plans the node's next turn, and when it is woken.
    fn plan_next(&mut self, node: usize) {
        let state = &mut self.nodes[node];
        let boot = state.boot;
        if !state.inbox.is_empty() && !state.turn_planned {
            state.turn_planned = true;
            self.agenda.after(1, Happening::Turn { node, boot });
        }
        if let Some(wake) = state.next_wake()
            && state.wake_at.is_none_or(|planned| wake < planned)
        {
            state.wake_at = Some(wake);
            self.agenda.at(wake, Happening::Wake { node, boot });
        }
    }

    /// Carries out what a node wants done.
    fn perform(&mut self, node: usize, effects: Vec<Effect>) -> Result<(), Breach> {
        for effect in effects {
            self.note_effect(node, &effect);
            match effect {
                Effect::Open { session, peer } => {
                    if let Some(peer) = Cast::get().place_of(&peer) {
                        self.network.open(&mut self.agenda, node, session, peer);
                    }
                }
                Effect::Send { session, frame } => self.send(node, session, frame),
                Effect::Close { session } => self.network.close(&mut self.agenda, node, session),
                Effect::Announce { message, .. } => {
                    let message = Message::new(message);
                    self.nodes[node].seen.insert(message.id);
                    self.pass_on(node, None, &message);
                }
                Effect::Judge { token, judgement } => self.judge(node, token, judgement),
                Effect::Disconnect { peer, reason, back_off_milliseconds } => {
                    let Some(peer) = Cast::get().place_of(&peer) else { continue };
                    self.part(node, peer, &reason, back_off_milliseconds)?;
                }
                // Minutes are simulated by themselves.
                Effect::Minutes { .. } | Effect::Roster { .. } => {}
                Effect::Addresses { .. } => self.sightings.see("a peer's addresses are learnt"),
            }
        }
        Ok(())
    }

    fn send(&mut self, node: usize, session: SessionId, frame: Vec<u8>) {
        let frames = match self.liar(node) {
            None => vec![frame],
            Some(liar) => liar.send(frame),
        };
        for frame in frames {
            self.network.send(&mut self.agenda, node, session, frame);
        }
    }

    fn note_effect(&mut self, node: usize, effect: &Effect) {
        let now = self.agenda.now();
        match effect {
            Effect::Send { session, frame } => {
                let hash = knotwork_identity::sha256(&[frame]);
                let (tag, length) = (frame.first().copied().unwrap_or(0), frame.len());
                let line =
                    format_args!("node {node}: send {tag} of {length} bytes in {session:?} ({:02x?})", &hash[..3]);
                self.trace.note(now, line);
            }
            Effect::Announce { message, .. } => {
                self.trace.note(now, format_args!("node {node}: announce {} bytes", message.len()));
            }
            effect => self.trace.note(now, format_args!("node {node}: {effect:?}")),
        }
    }

    fn judge(&mut self, node: usize, token: u64, judgement: Judgement) {
        let Some((message, from)) = self.nodes[node].judged(token) else { return };
        match judgement {
            Judgement::Accept => self.pass_on(node, Some(from), &message),
            Judgement::Ignore => {}
            Judgement::Reject => *self.nodes[node].invalid_from.entry(from).or_default() += 1,
        }
    }

    fn pass_on(&mut self, node: usize, from: Option<usize>, message: &Arc<Message>) {
        // A message that comes twice goes out once.
        if !self.nodes[node].passed_on.insert(message.id) || self.liar(node).is_some_and(Liar::withholds) {
            return;
        }
        for peer in self.network.peers_of(node) {
            if Some(peer) != from {
                self.network.gossip(&mut self.agenda, node, peer, message);
            }
        }
    }
}

fn draw_wall(dice: &mut Dice) -> u64 {
    // Mostly a few seconds apart, about 2026.
    1_790_000_000_000 + dice.below(5_000)
}

/// A run that takes more steps than this does not come to rest.
const STEPS_MAX: u64 = 400_000;
