//! The world of a run: nodes, connections, documents and time.

mod faults;
mod leave;
mod prelude;
mod reconvene;
mod wishes;

use std::collections::{BTreeMap, BTreeSet};

use knotwork_identity::{ChangeId, PublicKey};
use knotwork_minutes::{Event, Frame, Matter, Message, Standing, Voice, Weighed, Work};

use super::{
    cast::Cast,
    disk::Disk,
    liar::{Ground, Liar},
    links::Links,
    node::Node,
    papers::{Paper, Papers},
    scenario::Scenario,
    watch::Watch,
};
use crate::{Breach, Sightings, agenda::Agenda, dice::Dice, trace::Trace};

pub(crate) struct World {
    pub(crate) seed: u64,
    pub(crate) scenario: Scenario,
    pub(crate) cast: Cast,
    pub(crate) nodes: Vec<Node>,
    pub(crate) agenda: Agenda<Happening>,
    pub(crate) trace: Trace,
    pub(crate) sightings: Sightings,
    pub(crate) watch: Watch,
    pub(crate) papers: Papers,
    links: Links,
    places: BTreeMap<PublicKey, usize>,
    dice: Dice,
    /// Whether faults happen, and people want things.
    pub(crate) stormy: bool,
    /// Nodes that went back to a copy: they count among the liars.
    restored: Vec<usize>,
    /// Whether any node was.
    copies: bool,
    /// Whose node is down for long: nobody there does anything.
    away: Option<usize>,
    /// Documents that it has not got, and where they were written.
    missed: Vec<(usize, usize)>,
    wishes: wishes::Wishes,
    parted: reconvene::Parted,
    /// Frames that honest nodes have sent.
    pub(crate) frames: u64,
    pub(crate) steps: u64,
}

/// What happens.
#[derive(Debug)]
pub(crate) enum Happening {
    Frame { from: usize, to: usize, number: u64, bytes: Vec<u8> },
    Wake { node: usize, at: u64 },
    Paper { paper: usize, from: usize, to: usize },
    Connect { one: usize, other: usize },
    Cut { one: usize, other: usize, number_of_cut: u64 },
    Start { node: usize },
    Look { node: usize },
    Cast { organisation: usize, decision: usize, yes: bool },
    Fault,
    Heal { part_ends: u64 },
    Wish,
    Lie { node: usize },
    GoAlong { node: usize },
    ComeBack { node: usize },
}

impl World {
    pub(crate) fn new(seed: u64, scenario: Scenario, prints: bool) -> Result<Self, Breach> {
        let cast = Cast::draw(seed, &scenario);
        let mut dice = Dice::new(seed, "minutes world");
        let mut watch = Watch::new(&cast.genesis);
        let papers = Papers::default();
        let minutes = prelude::make(&cast, &scenario, &mut watch, &papers)?;
        let liars = scenario.founders - scenario.liars..scenario.founders;
        let nodes: Vec<Node> = (0..cast.nodes.len())
            .map(|place| {
                let liar = liars.contains(&place).then(|| Liar::draw(Dice::new(seed, &format!("liar {place}"))));
                let wrong = dice.chance(scenario.wrong_clock_permille);
                let years = 365 * 86_400_000;
                let wrong_by = if wrong { dice.below(8 * years) as i64 - 4 * years as i64 } else { 0 };
                Node::new(place, cast.nodes[place].clone(), Disk::with_minutes(minutes.clone()), liar, wrong_by)
            })
            .collect();
        let places = nodes.iter().map(|node| (node.public(), node.place)).collect();
        let mut links = Links::default();
        links.part = vec![0; nodes.len()];
        let mut world = Self {
            seed,
            cast,
            nodes,
            agenda: Agenda::default(),
            trace: Trace::new(prints),
            sightings: Sightings::default(),
            watch,
            papers,
            links,
            places,
            dice,
            stormy: scenario.heals_at > 0,
            restored: Vec::new(),
            copies: false,
            away: None,
            missed: Vec::new(),
            wishes: wishes::Wishes::default(),
            parted: reconvene::Parted::default(),
            frames: 0,
            steps: 0,
            scenario,
        };
        world.begin();
        Ok(world)
    }

    fn begin(&mut self) {
        let count = self.nodes.len();
        for place in 0..count {
            self.agenda.at(self.dice.below(3_000), Happening::Start { node: place });
            if !self.nodes[place].is_honest() {
                self.agenda.at(5_000, Happening::Lie { node: place });
            }
        }
        if self.stormy {
            self.begin_storm();
        }
    }

    /// From now on things go wrong, and people want things.
    fn begin_storm(&mut self) {
        self.stormy = true;
        self.agenda.after(10_000, Happening::Fault);
        self.agenda.after(5_000, Happening::Wish);
    }

    /// Lets time pass.
    pub(crate) fn run_until(&mut self, until: u64) -> Result<(), Breach> {
        while let Some(happening) = self.agenda.next(until) {
            self.steps += 1;
            self.happen(happening)?;
        }
        Ok(())
    }

    fn happen(&mut self, happening: Happening) -> Result<(), Breach> {
        match happening {
            Happening::Frame { from, to, number, bytes } => self.frame(from, to, number, &bytes),
            Happening::Wake { node, at } => {
                if self.nodes[node].wake_planned == Some(at) {
                    self.nodes[node].wake_planned = None;
                    return self.give(node, Event::Wake);
                }
                Ok(())
            }
            Happening::Paper { paper, from, to } => self.paper(paper, from, to),
            Happening::Connect { one, other } => self.connect(one, other),
            Happening::Cut { one, other, number_of_cut } => {
                if self.links.is_number(one, other, number_of_cut) {
                    self.disconnect(one, other)
                } else {
                    Ok(())
                }
            }
            Happening::Start { node } => self.start(node),
            Happening::Look { node } => self.look(node),
            Happening::Cast { organisation, decision, yes } => self.cast_ballot(organisation, decision, yes),
            Happening::Fault => self.fault(),
            Happening::Heal { part_ends } => self.end_partition(part_ends),
            Happening::Wish => self.wish(),
            Happening::Lie { node } => self.lie(node),
            Happening::GoAlong { node } => self.go_along(node),
            Happening::ComeBack { node } => self.come_back_left(node),
        }
    }

    /// Every honest node of the network.
    pub(crate) fn honest(&self) -> impl Iterator<Item = &Node> {
        self.nodes.iter().filter(|node| node.is_honest() && !node.left)
    }

    /// Hands an event to a node and does what it wants.
    fn give(&mut self, place: usize, event: Event) -> Result<(), Breach> {
        let now = self.agenda.now();
        let node = &mut self.nodes[place];
        if node.minutes.is_none() {
            return Ok(());
        }
        let mute_until = |node: &Node| match node.minutes.as_ref()?.voice() {
            Voice::Mute { until, .. } => Some(*until),
            _ => None,
        };
        let before = mute_until(node);
        let work = node.handle(now, event, &self.papers);
        if let Some(until) = mute_until(node).filter(|until| Some(*until) != before) {
            self.sightings.see("a node is mute");
            self.trace.note(now, format_args!("node {place} is mute until minute {until}"));
        }
        if node.minutes.as_ref().is_some_and(|minutes| *minutes.voice() == Voice::Free) {
            node.disk.release();
        }
        self.act(place, work)
    }

    /// Keeps, syncs and sends; a crash may come between any two of them.
    fn act(&mut self, place: usize, work: Work) -> Result<(), Breach> {
        let crash = if self.stormy && work.keeps() && self.nodes[place].is_honest() {
            self.dice.chance(self.scenario.crash_permille).then(|| self.dice.below(3))
        } else {
            None
        };
        if crash == Some(0) {
            self.sightings.see("a node crashes before it keeps what it was about to say");
            return self.crash(place);
        }
        let node = &mut self.nodes[place];
        node.disk.write(&work).map_err(|breach| breach.of_node(place))?;
        if crash == Some(1) {
            self.sightings.see("a node crashes between writing and syncing");
            return self.crash(place);
        }
        node.disk.sync();
        if node.disk.log_len() > LOG_MAX {
            return Err(Breach::new(format!("its log has {} entries", node.disk.log_len())).of_node(place));
        }
        self.note_minuted(place, &work)?;
        if crash == Some(2) {
            self.sightings.see("a node crashes between syncing and sending");
            return self.crash(place);
        }
        let turned = !work.minuted.is_empty();
        self.send(place, work.sends)?;
        for (peer, reason) in work.faults {
            let other = self.places.get(&peer).copied();
            if let Some(other) = other {
                self.trace.note(self.agenda.now(), format_args!("node {place} parts from {other}: {reason}"));
                self.part(place, other, &reason)?;
            }
        }
        for peer in work.elsewhere {
            if let Some(other) = self.places.get(&peer).copied() {
                self.part_from_stranger(place, other)?;
            }
        }
        if turned {
            self.agenda.after(0, Happening::Look { node: place });
        }
        self.plan_wake(place);
        Ok(())
    }

    fn part(&mut self, place: usize, other: usize, reason: &str) -> Result<(), Breach> {
        if self.nodes[place].is_honest() && self.nodes[other].is_honest() {
            return Err(Breach::new(format!("it parts from honest node {other}: {reason}")).of_node(place));
        }
        self.sightings.see("an honest node parts from a liar");
        self.disconnect(place, other)
    }

    fn plan_wake(&mut self, place: usize) {
        let now = self.agenda.now();
        let node = &mut self.nodes[place];
        let wakes_at = node.wakes_at().map(|at| at.max(now));
        if wakes_at != node.wake_planned {
            node.wake_planned = wakes_at;
            if let Some(at) = wakes_at {
                self.agenda.at(at, Happening::Wake { node: place, at });
            }
        }
    }

    fn note_minuted(&mut self, place: usize, work: &Work) -> Result<(), Breach> {
        let now = self.agenda.now();
        if !self.nodes[place].is_honest() || self.nodes[place].left {
            return Ok(());
        }
        self.sightings.see_if(work.minuted.len() > 3, "a node catches up by more than three minutes");
        for (height, kept) in &work.minuted {
            self.trace.note(now, format_args!("node {place} keeps minute {height}"));
            self.watch
                .minuted(now, *height, kept, &self.papers, &mut self.sightings)
                .map_err(|breach| breach.of_node(place))?;
        }
        if !work.minuted.is_empty()
            && let Some(agreed) = self.nodes[place].agreed()
        {
            self.watch.compare(agreed).map_err(|breach| breach.of_node(place))?;
        }
        Ok(())
    }

    fn send(&mut self, place: usize, sends: Vec<(PublicKey, Frame)>) -> Result<(), Breach> {
        if self.nodes[place].is_honest() {
            for (peer, frame) in sends {
                self.frames += u64::from(!self.nodes[place].left);
                if let Frame::Message(message) = &frame
                    && message.node() == self.nodes[place].public()
                {
                    self.watch.said(message).map_err(|breach| breach.of_node(place))?;
                    let again = matches!(message, Message::Proposal(proposal) if proposal.lock.is_some());
                    self.sightings.see_if(again, "a minute that was locked is proposed again");
                }
                self.post(place, peer, frame.to_bytes());
            }
            return Ok(());
        }
        let sends = self.with_liar(place, |liar, ground| liar.bend(sends, ground));
        for (peer, bytes) in sends {
            self.post(place, peer, bytes);
        }
        Ok(())
    }

    fn post(&mut self, from: usize, peer: PublicKey, bytes: Vec<u8>) {
        let Some(to) = self.places.get(&peer).copied() else { return };
        let (low, high) = if self.stormy { self.scenario.delay } else { self.fair_delay() };
        let delay = self.dice.between(low, high);
        if let Some((at, number)) = self.links.send(from, to, self.agenda.now(), delay) {
            self.agenda.at(at, Happening::Frame { from, to, number, bytes });
        }
    }

    fn fair_delay(&self) -> (u64, u64) {
        let (low, high) = self.scenario.delay;
        (low.min(100), high.min(500))
    }

    fn frame(&mut self, from: usize, to: usize, number: u64, bytes: &[u8]) -> Result<(), Breach> {
        if !self.links.is_number(from, to, number) {
            return Ok(());
        }
        let now = self.agenda.now();
        let frame = match Frame::from_bytes(bytes) {
            Ok(frame) => frame,
            Err(error) if self.nodes[from].is_honest() => {
                return Err(Breach::new(format!("its frame cannot be read: {error}")).of_node(from));
            }
            Err(_) => {
                self.sightings.see("an honest node parts from a liar");
                return self.disconnect(from, to);
            }
        };
        self.trace.note(now, format_args!("{from} → {to}: {}", prelude::describe(&frame)));
        if let Some(liar) = &mut self.nodes[to].liar {
            liar.hear(&frame);
        } else {
            self.see_frame(to, &frame);
        }
        let peer = self.nodes[from].public();
        self.give(to, Event::Frame { peer, frame })
    }

    /// Notes what is rare.
    fn see_frame(&mut self, to: usize, frame: &Frame) {
        let node = &self.nodes[to];
        let Some(agreed) = node.agreed() else { return };
        let Frame::Message(message) = frame else { return };
        if message.height() != agreed.height() + 1 {
            return;
        }
        if let Message::Proposal(proposal) = message
            && let Matter::Outcome(outcome) = &proposal.minute.matter
        {
            let lacking = self.papers.weigh(outcome, Some(&node.held)) == Weighed::Lacking;
            self.sightings.see_if(lacking, "a proposal waits for documents");
        }
        let author = self.places.get(&message.node()).copied();
        let honest = author.is_some_and(|author| self.nodes[author].is_honest());
        if honest || agreed.signers().has(&message.node()) && prelude::is_genuine(agreed, message) {
            let two = self.watch.taken(message);
            self.sightings.see_if(two && !honest, "somebody says two things in one place");
        }
    }

    /// Nobody is held to contradict itself who does not.
    pub(crate) fn check_contradictions(&mut self) -> Result<(), Breach> {
        let contradicting: BTreeSet<PublicKey> =
            self.honest().filter_map(|node| Some(node.minutes.as_ref()?.standing().contradicting)).flatten().collect();
        let wronged = contradicting.iter().filter_map(|node| self.places.get(node).copied());
        let wronged = wronged.filter(|place| self.nodes[*place].is_honest() && !self.restored.contains(place));
        match wronged.min() {
            Some(place) => Err(Breach::new("it is held to have said two things in one place").of_node(place)),
            None => {
                self.sightings.see_if(!contradicting.is_empty(), "who says two things is known to others");
                Ok(())
            }
        }
    }

    fn with_liar<T: Default>(&mut self, place: usize, act: impl FnOnce(&mut Liar, &Ground<'_>) -> T) -> T {
        let node = &mut self.nodes[place];
        let Some(minutes) = &node.minutes else { return T::default() };
        let Some(liar) = &mut node.liar else { return T::default() };
        let agreed = minutes.agreed();
        let matters = self.papers.matters(agreed, &node.held);
        act(liar, &Ground { agreed, key: &node.key, matters: &matters })
    }

    fn lie(&mut self, place: usize) -> Result<(), Breach> {
        let peers: Vec<PublicKey> = (0..self.nodes.len())
            .filter(|other| self.links.is_open(place, *other))
            .map(|other| self.nodes[other].public())
            .collect();
        for (peer, bytes) in self.with_liar(place, |liar, ground| liar.speak(ground, &peers)) {
            self.post(place, peer, bytes);
        }
        if self.nodes[place].liar.as_ref().is_some_and(|liar| !liar.rests) {
            self.agenda.after(5_000, Happening::Lie { node: place });
        }
        Ok(())
    }

    /// A document arrives, or is tried again where that cannot be.
    fn paper(&mut self, paper: usize, from: usize, to: usize) -> Result<(), Breach> {
        if self.nodes[to].left {
            return Ok(());
        }
        if self.away == Some(to) {
            self.missed.push((paper, from));
            return Ok(());
        }
        if self.links.are_apart(from, to) || self.nodes[to].minutes.is_none() {
            self.agenda.after(20_000, Happening::Paper { paper, from, to });
            return Ok(());
        }
        if self.nodes[to].held.insert(paper) {
            return self.look(to);
        }
        Ok(())
    }

    /// A document is written at a node and spreads.
    fn publish(&mut self, paper: usize, from: usize) -> Result<(), Breach> {
        let (low, high) = if self.stormy { self.scenario.paper_delay } else { (10, 2_000) };
        let (low, high) = if self.scenario.heals_at == 0 { (1, 1) } else { (low, high) };
        for to in 0..self.nodes.len() {
            if to != from {
                let delay = self.dice.between(low, high);
                self.agenda.after(delay, Happening::Paper { paper, from, to });
            }
        }
        self.nodes[from].held.insert(paper);
        self.agenda.after(0, Happening::Look { node: from });
        Ok(())
    }

    /// A node looks through its documents: it makes the statements that are due, and says what waits.
    fn look(&mut self, place: usize) -> Result<(), Breach> {
        let now = self.agenda.now();
        for statement in self.nodes[place].statements_due(now, &self.papers) {
            if self.nodes[place].is_honest() {
                self.watch.stated(statement.decision, statement.node, statement.ballots.clone());
            } else {
                self.lying_statements(place, &statement)?;
                continue;
            }
            let paper = self.papers.add(Paper::Statement(statement));
            self.publish(paper, place)?;
        }
        for event in self.nodes[place].news(&self.papers) {
            self.give(place, event)?;
        }
        Ok(())
    }

    pub(crate) fn standing(&self, place: usize) -> Option<Standing> {
        self.nodes[place].minutes.as_ref().map(knotwork_minutes::Minutes::standing)
    }

    /// What waits at a node and could be minuted next.
    pub(crate) fn waits_at(&self, place: usize) -> usize {
        let node = &self.nodes[place];
        let Some(agreed) = node.agreed() else { return usize::MAX };
        let matters = self.papers.matters(agreed, &node.held);
        matters.iter().filter(|matter| agreed.fits(matter).is_ok()).count()
    }

    fn fresh_ballot(&mut self) -> ChangeId {
        ChangeId(self.dice.bytes())
    }
}

/// The most entries that a log may have.
const LOG_MAX: usize = 20_000;
