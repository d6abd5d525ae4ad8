//! What goes wrong: crashes, restored copies, connections that end, partitions, and that all of it ends.

use knotwork_minutes::{Event, Voice};

use super::{Happening, World};
use crate::{
    Breach,
    minutes::{disk::Disk, node::Node},
};

impl World {
    /// A node starts with what its disk has.
    pub(super) fn start(&mut self, place: usize) -> Result<(), Breach> {
        if self.nodes[place].minutes.is_some() || self.parted.is_gone(place) {
            return Ok(());
        }
        self.trace.note(self.agenda.now(), format_args!("node {place} starts"));
        self.sightings.see_if(self.nodes[place].disk.log_len() > 0, "a node starts in the middle of a height");
        let (seed, genesis) = (self.seed, &self.cast.genesis);
        self.nodes[place].start(seed, genesis)?;
        for other in 0..self.nodes.len() {
            if self.may_connect(place, other) {
                let delay = self.dice.below(1_000);
                self.agenda.after(delay, Happening::Connect { one: place, other });
            }
        }
        self.look(place)
    }

    /// A node stops at once, and starts again later.
    pub(super) fn crash(&mut self, place: usize) -> Result<(), Breach> {
        self.stop(place)?;
        let down = if self.dice.chance(800) { self.dice.below(20_000) } else { self.dice.below(1_200_000) };
        self.agenda.after(down, Happening::Start { node: place });
        Ok(())
    }

    pub(super) fn stop(&mut self, place: usize) -> Result<(), Breach> {
        self.trace.note(self.agenda.now(), format_args!("node {place} crashes"));
        self.nodes[place].disk.crash();
        self.nodes[place].minutes = None;
        self.nodes[place].wake_planned = None;
        for other in 0..self.nodes.len() {
            self.disconnect(place, other)?;
        }
        Ok(())
    }

    fn may_connect(&self, one: usize, other: usize) -> bool {
        one != other
            && self.scenario.mesh.connects(one, other, self.nodes.len())
            && self.nodes[one].minutes.is_some()
            && self.nodes[other].minutes.is_some()
            && !self.parted.are_strangers(one, other)
            && !self.links.is_open(one, other)
            && !self.links.are_apart(one, other)
    }

    pub(super) fn connect(&mut self, one: usize, other: usize) -> Result<(), Breach> {
        if !self.may_connect(one, other) {
            return Ok(());
        }
        self.links.open(one, other);
        for (place, peer) in [(one, other), (other, one)] {
            let peer = self.nodes[peer].public();
            self.give(place, Event::Connected { peer })?;
        }
        Ok(())
    }

    pub(super) fn disconnect(&mut self, one: usize, other: usize) -> Result<(), Breach> {
        if !self.links.close(one, other) {
            return Ok(());
        }
        for (place, peer) in [(one, other), (other, one)] {
            let peer = self.nodes[peer].public();
            self.give(place, Event::Disconnected { peer })?;
        }
        let again = self.dice.between(500, 20_000);
        self.agenda.after(again, Happening::Connect { one, other });
        Ok(())
    }

    /// Something happens to the network or to a node.
    pub(super) fn fault(&mut self) -> Result<(), Breach> {
        if !self.stormy {
            return Ok(());
        }
        let every = self.scenario.fault_every;
        let next = self.dice.between(every / 4, every * 2);
        self.agenda.after(next, Happening::Fault);
        let place = self.dice.index(self.nodes.len());
        match self.dice.below(10) {
            0..3 => {
                let pairs = self.links.pairs();
                if !pairs.is_empty() {
                    let (one, other) = *self.dice.pick(&pairs);
                    self.disconnect(one, other)?;
                }
            }
            3..5 => self.go_deaf(),
            5 => self.split(),
            6 if self.scenario.crash_permille > 0 && self.nodes[place].is_honest() => self.crash(place)?,
            7 => {
                let disk = self.nodes[place].disk.clone();
                self.nodes[place].copy = Some(disk);
            }
            8 | 9 if self.scenario.restores => self.restore(place)?,
            _ => {}
        }
        Ok(())
    }

    /// One direction of a connection loses everything, until the connection is given up.
    fn go_deaf(&mut self) {
        let pairs = self.links.pairs();
        if pairs.is_empty() {
            return;
        }
        let (mut from, mut to) = *self.dice.pick(&pairs);
        if self.dice.chance(500) {
            (from, to) = (to, from);
        }
        if let Some(number) = self.links.number(from, to)
            && self.links.deafen(from, to)
        {
            let given_up = self.dice.between(10_000, 90_000);
            self.agenda.after(given_up, Happening::Cut { one: from, other: to, number_of_cut: number });
        }
    }

    /// The network falls apart for a while.
    fn split(&mut self) {
        if self.links.part.iter().any(|part| *part != 0) {
            return;
        }
        for place in 0..self.nodes.len() {
            self.links.part[place] = u8::from(self.dice.chance(350));
        }
        let lasts = if self.dice.chance(200) { 7_200_000 } else { 300_000 };
        let lasts = self.dice.between(10_000, lasts);
        self.trace.note(self.agenda.now(), format_args!("the network falls into {:?}", self.links.part));
        for (one, other) in self.links.pairs() {
            if self.links.are_apart(one, other)
                && let Some(number) = self.links.number(one, other)
            {
                let notices = self.dice.between(0, 30_000);
                self.links.deafen(one, other);
                self.links.deafen(other, one);
                self.agenda.after(notices, Happening::Cut { one, other, number_of_cut: number });
            }
        }
        self.agenda.after(lasts, Happening::Heal { part_ends: self.agenda.now() });
    }

    pub(super) fn end_partition(&mut self, _since: u64) -> Result<(), Breach> {
        self.links.part.fill(0);
        self.connect_all();
        Ok(())
    }

    fn connect_all(&mut self) {
        for one in 0..self.nodes.len() {
            for other in one + 1..self.nodes.len() {
                let delay = self.dice.below(5_000);
                self.agenda.after(delay, Happening::Connect { one, other });
            }
        }
    }

    /// A node goes back to a copy of its disk, or loses it. It may have forgotten what it said and is mute for a while, so it
    /// counts among those who may lie; where none may, that happens only while nothing is in progress anywhere.
    fn restore(&mut self, place: usize) -> Result<(), Breach> {
        let node = &self.nodes[place];
        let Some(copy) = node.copy.clone().filter(|_| node.is_honest() && node.minutes.is_some()) else {
            return Ok(());
        };
        if self.parted.forbids_copies() {
            return Ok(());
        }
        // What a node has signed alone nobody else may know: that it does not say other things after an old copy, or without
        // any, is not promised.
        let public = node.public();
        let height = copy.open(&self.cast.genesis)?.agreed.height();
        if self.watch.signed_alone_since(height, &public) {
            return Ok(());
        }
        let known = self.restored.contains(&place);
        let quiet = self.nodes.iter().filter(|node| !node.left).all(|node| {
            node.disk.log_len() == 0 && self.standing(node.place).is_some_and(|standing| standing.progress.is_none())
        });
        // Where none may lie it has to hear from all others, and speaks then.
        let harmless = quiet && self.liars() == 0 && self.watch.latest().signers().liars_max() == 0;
        let faulty = self.faulty() + usize::from(!known);
        // Who may be mute beside liars holds up minutes, and nothing else.
        let beside = self.scenario.restores_beside_liars && faulty - self.liars() <= self.liars_allowed();
        if !harmless && !beside && faulty > self.liars_allowed() {
            return Ok(());
        }
        if !harmless && !known {
            self.restored.push(place);
        }
        if faulty > self.liars_allowed() && !harmless {
            self.sightings.see("a node is restored beside as many liars as there may be");
        }
        // Whether a store is the first or was lost, the others' minutes tell, once one of them carries the node's signature.
        let known_to_sign = self.nodes[place].disk.is_signed_by(&public) && !self.watch.signed_alone_since(0, &public);
        let loses = self.scenario.loses && !self.parted.needs_files() && known_to_sign && self.dice.chance(500);
        self.stop(place)?;
        self.copies = true;
        self.watch.restored(public);
        if loses {
            self.sightings.see("a node loses its store");
            self.nodes[place].disk = Disk::default();
            self.send_again(place);
            return self.start(place);
        }
        self.sightings.see("a node is restored from a copy");
        self.sightings.see_if(!quiet, "a node is restored from a copy in the middle of a height");
        self.nodes[place].disk = copy.into_copy();
        self.start(place)
    }

    /// A node has lost its documents: the others send them.
    fn send_again(&mut self, place: usize) {
        let (low, high) = self.scenario.paper_delay;
        for paper in std::mem::take(&mut self.nodes[place].held) {
            let from = (place + 1) % self.nodes.len();
            let delay = self.dice.between(low, high);
            self.agenda.after(delay, Happening::Paper { paper, from, to: place });
        }
    }

    /// Those who sign hear each other only through those who sign, and who was restored from a copy has to ask each of the
    /// others: where the mesh keeps them apart, it becomes a full one.
    pub(crate) fn connect_signers(&mut self) {
        let places = self.places_of_signers();
        let mut reached = vec![places[0]];
        let mut next = 0;
        while let Some(at) = reached.get(next).copied() {
            next += 1;
            for other in &places {
                if !reached.contains(other) && self.scenario.mesh.connects(at, *other, self.nodes.len()) {
                    reached.push(*other);
                }
            }
        }
        let is_full = self.scenario.mesh == crate::minutes::scenario::Mesh::Full;
        if reached.len() < places.len() || self.copies && !is_full {
            self.scenario.mesh = crate::minutes::scenario::Mesh::Full;
            self.connect_all();
        }
    }

    fn liars(&self) -> usize {
        self.nodes.iter().filter(|node| !node.is_honest() && !node.left).count()
    }

    /// How many may lie, also after the change that is under way.
    fn liars_allowed(&self) -> usize {
        let signers = self.watch.latest().signers().len();
        signers.saturating_sub(1 + usize::from(self.wishes.is_changing())) / 3
    }

    /// How many may be said to lie, or are away for long.
    pub(super) fn faulty(&self) -> usize {
        // Whose disk is a copy may be mute for long, also where that was harmless when it was restored.
        let may_be_mute =
            |node: &&Node| self.restored.contains(&node.place) || node.is_honest() && node.disk.is_copied();
        let restored = self.nodes.iter().filter(|node| !node.left).filter(may_be_mute).count();
        self.liars() + restored + usize::from(self.away.is_some())
    }

    /// Nothing goes wrong any more: everyone is up, and connected as the mesh has it.
    pub(crate) fn heal(&mut self) -> Result<(), Breach> {
        self.trace.note(self.agenda.now(), format_args!("everything heals"));
        self.stormy = false;
        self.links.part.fill(0);
        for (one, other) in self.links.pairs() {
            // Connections in which something was lost are given up.
            if self.links.is_deaf(one, other) {
                self.disconnect(one, other)?;
            }
        }
        self.parted.end_absences();
        for place in 0..self.nodes.len() {
            self.start(place)?;
        }
        self.connect_all();
        Ok(())
    }

    /// Whether nothing can be final without somebody who lies: too many of the others are mute. That is so where nodes were
    /// restored beside as many liars as there may be.
    pub(crate) fn lacks_voices(&self) -> bool {
        let signers = self.watch.latest().signers();
        let speak = self.honest().filter(|node| {
            signers.has(&node.public())
                && node.minutes.as_ref().is_some_and(|minutes| !matches!(minutes.voice(), Voice::Mute { .. }))
        });
        self.scenario.restores_beside_liars && self.liars() > 0 && speak.count() < signers.quorum()
    }

    /// Whoever lies lies no more.
    pub(crate) fn end_liars(&mut self) {
        for node in &mut self.nodes {
            if let Some(liar) = &mut node.liar {
                liar.rests = true;
            }
        }
    }
}
