//! Whom to dial, at which address, and when. No socket and no clock is touched here: what happened comes in with the
//! time at which it did, and what to dial goes out.
//!
//! There are two sorts of targets: peers on the roster, which may have several addresses, and extra addresses whose
//! peer shows when it answers. An attempt tries a target's addresses as listed, each with a head start before the
//! next. When all have failed there is a pause, twice as long each time; a connection that lasted ends the series.

use std::{
    collections::{BTreeMap, HashSet, VecDeque},
    time::Duration,
};

use libp2p::{Multiaddr, PeerId, swarm::ConnectionId};
use tokio::time::Instant;

use crate::{
    Timing, address,
    limits::{ADDRESSES_PER_PEER_MAX, EXTRA_ADDRESSES_MAX},
};

/// Something to connect to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Target {
    /// A peer on the roster.
    Peer(PeerId),
    /// An address whose peer is not known, or named by the address itself.
    Address(Multiaddr),
}

/// One dial to make now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dial {
    pub(crate) target: Target,
    pub(crate) address: Multiaddr,
}

/// How a dial ended that brought no connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Nobody answered, or not who was wanted, or this node was turned away.
    Failed,
    /// The address is this node's own.
    Own,
    /// This peer answered, and there is a connection with it already.
    Connected(PeerId),
}

/// Decides whom to dial.
#[derive(Debug)]
pub(crate) struct Dialler {
    timing: Timing,
    targets: BTreeMap<Target, Course>,
    roster: HashSet<PeerId>,
    connected: HashSet<PeerId>,
    own: HashSet<Multiaddr>,
    random: u64,
}

/// Where things stand with one target.
#[derive(Debug)]
struct Course {
    addresses: Vec<Multiaddr>,
    /// The peer, once known.
    peer: Option<PeerId>,
    /// The addresses of this attempt that are still to be tried.
    untried: VecDeque<Multiaddr>,
    in_flight: Vec<ConnectionId>,
    /// When the next address, or the next attempt, may be tried.
    next: Instant,
    /// Before this nothing is tried, whatever happens.
    not_before: Instant,
    /// The pause after the next failure, before chance.
    pause: Duration,
    /// When the peer was last reached, or named.
    known: Instant,
    connected: Option<Instant>,
}

impl Course {
    fn new(addresses: Vec<Multiaddr>, peer: Option<PeerId>, pause: Duration, now: Instant) -> Self {
        Self {
            addresses,
            peer,
            untried: VecDeque::new(),
            in_flight: Vec::new(),
            next: now,
            not_before: now,
            pause,
            known: now,
            connected: None,
        }
    }
}

impl Dialler {
    /// Nothing to dial yet. `seed` is what chance begins with.
    pub(crate) fn new(timing: Timing, seed: u64) -> Self {
        Self {
            timing,
            targets: BTreeMap::new(),
            roster: HashSet::new(),
            connected: HashSet::new(),
            own: HashSet::new(),
            random: seed,
        }
    }

    /// From now on, these are the peers on the roster; others are not dialled.
    pub(crate) fn set_roster(&mut self, roster: HashSet<PeerId>) {
        self.roster = roster;
    }

    /// From now on, these are a peer's addresses. New ones are tried at once.
    pub(crate) fn set_addresses(&mut self, peer: PeerId, mut addresses: Vec<Multiaddr>, now: Instant) {
        addresses.truncate(ADDRESSES_PER_PEER_MAX);
        let target = Target::Peer(peer);
        if addresses.is_empty() {
            self.targets.remove(&target);
            return;
        }
        let pause = self.timing.redial_first;
        match self.targets.get_mut(&target) {
            Some(course) if course.addresses == addresses => {}
            Some(course) => {
                if addresses.iter().any(|address| !course.addresses.contains(address)) {
                    course.untried.clear();
                    course.next = now;
                    course.pause = pause;
                    course.known = now;
                }
                course.addresses = addresses;
            }
            None => {
                let mut course = Course::new(addresses, Some(peer), pause, now);
                course.connected = self.connected.contains(&peer).then_some(now);
                self.targets.insert(target, course);
            }
        }
    }

    /// Also dials this address, whoever is there.
    pub(crate) fn add_address(&mut self, address: Multiaddr, now: Instant) {
        let extra = self.targets.keys().filter(|target| matches!(target, Target::Address(_))).count();
        if extra < EXTRA_ADDRESSES_MAX {
            let peer = address::peer_of(&address);
            let mut course = Course::new(vec![address.clone()], peer, self.timing.redial_first, now);
            course.connected = peer.filter(|peer| self.connected.contains(peer)).map(|_| now);
            self.targets.entry(Target::Address(address)).or_insert(course);
        }
    }

    /// From now on, these are this node's own addresses, which it does not dial. A new one means that the machine has
    /// moved or woken: every target is tried again soon.
    pub(crate) fn set_own(&mut self, own: HashSet<Multiaddr>, now: Instant) {
        if own.iter().any(|address| !self.own.contains(address)) {
            for course in self.targets.values_mut().filter(|course| course.untried.is_empty()) {
                course.next = course.next.min(now);
                course.pause = self.timing.redial_first;
            }
        }
        self.own = own;
    }

    /// Does not dial a peer before then.
    pub(crate) fn refuse(&mut self, peer: PeerId, until: Instant) {
        for course in self.targets.values_mut().filter(|course| course.peer == Some(peer)) {
            course.untried.clear();
            course.not_before = until;
        }
    }

    /// What to dial now, if anything; to be asked again until there is nothing.
    pub(crate) fn poll(&mut self, now: Instant, outbound: usize, outbound_max: usize) -> Option<Dial> {
        if outbound >= outbound_max {
            return None;
        }
        let due: Vec<_> =
            self.targets.iter().filter(|(target, course)| self.is_due(target, course, now)).map(|(t, _)| t).collect();
        // By chance, so that not every node prefers the same ones when there are more than it may dial.
        let mut random = self.random;
        let target = (*due.get(next_random(&mut random) as usize % due.len().max(1))?).clone();
        self.random = random;
        let course = self.targets.get_mut(&target)?;
        if course.untried.is_empty() {
            course.untried = course.addresses.iter().filter(|a| !is_own(&self.own, a)).cloned().collect();
        }
        let Some(address) = course.untried.pop_front() else {
            // Only own addresses: nothing to dial before something changes.
            course.next = now + self.timing.redial_late;
            return self.poll(now, outbound, outbound_max);
        };
        course.next = now + self.timing.address_stagger;
        Some(Dial { target, address })
    }

    /// When to ask [`Dialler::poll`] again at the latest.
    pub(crate) fn next_wake(&self) -> Option<Instant> {
        let wanted = self.targets.iter().filter(|(target, course)| self.is_wanted(target, course));
        wanted.map(|(_, course)| course.next.max(course.not_before)).min()
    }

    /// A dial is under way.
    pub(crate) fn started(&mut self, target: &Target, connection: ConnectionId) {
        if let Some(course) = self.targets.get_mut(target) {
            course.in_flight.push(connection);
        }
    }

    /// A dial ended without a connection.
    pub(crate) fn failed(&mut self, connection: ConnectionId, failure: Failure, now: Instant) {
        let Some((target, course)) = self.targets.iter_mut().find(|(_, course)| course.in_flight.contains(&connection))
        else {
            return;
        };
        course.in_flight.retain(|other| *other != connection);
        match failure {
            Failure::Own => {
                // Under a name or behind a translation of addresses, an own address shows only when dialled.
                if let Target::Address(address) = target {
                    let own = address.clone();
                    self.targets.remove(&Target::Address(own));
                    return;
                }
            }
            Failure::Connected(peer) => {
                course.peer = Some(peer);
                course.connected = self.connected.contains(&peer).then_some(now);
                course.untried.clear();
            }
            Failure::Failed => {}
        }
        if course.connected.is_some() {
            return;
        }
        if !course.untried.is_empty() {
            // The next address need not wait for its head start.
            course.next = course.next.min(now);
        } else if course.in_flight.is_empty() {
            self.random = pause(course, &self.timing, self.random, now);
        }
    }

    /// A dial brought a connection with this peer.
    pub(crate) fn reached(&mut self, connection: ConnectionId, peer: PeerId, now: Instant) {
        if let Some(course) = self.targets.values_mut().find(|course| course.in_flight.contains(&connection)) {
            course.in_flight.retain(|other| *other != connection);
            course.untried.clear();
            course.peer = Some(peer);
            course.connected = Some(now);
        }
    }

    /// A peer is connected, whoever dialled.
    pub(crate) fn connected(&mut self, peer: PeerId, now: Instant) {
        self.connected.insert(peer);
        for course in self.targets.values_mut().filter(|course| course.peer == Some(peer)) {
            course.connected = Some(now);
            course.known = now;
            course.untried.clear();
        }
    }

    /// A peer is not connected any more. It is dialled at once if it was for long enough; otherwise the series of
    /// pauses goes on, so that two nodes that do not get on leave each other in peace.
    pub(crate) fn disconnected(&mut self, peer: PeerId, now: Instant) {
        self.connected.remove(&peer);
        for course in self.targets.values_mut().filter(|course| course.peer == Some(peer)) {
            let Some(since) = course.connected.take() else { continue };
            course.known = now;
            if now.duration_since(since) >= self.timing.steady {
                course.pause = self.timing.redial_first;
                course.next = now;
            } else {
                self.random = pause(course, &self.timing, self.random, now);
            }
        }
    }

    fn is_wanted(&self, target: &Target, course: &Course) -> bool {
        let allowed = match (target, course.peer) {
            (Target::Peer(peer), _) => self.roster.contains(peer),
            (Target::Address(_), Some(peer)) => self.roster.contains(&peer),
            (Target::Address(_), None) => true,
        };
        // While the last address of an attempt is being tried there is nothing to do but wait for it.
        let idle = course.in_flight.is_empty() || !course.untried.is_empty();
        allowed && idle && course.connected.is_none()
    }

    fn is_due(&self, target: &Target, course: &Course, now: Instant) -> bool {
        course.next.max(course.not_before) <= now && self.is_wanted(target, course)
    }
}

/// Puts off the next attempt, and doubles the pause after it. Gives back what chance goes on with.
fn pause(course: &mut Course, timing: &Timing, mut random: u64, now: Instant) -> u64 {
    let longest =
        if now.duration_since(course.known) < timing.redial_patience { timing.redial_soon } else { timing.redial_late };
    let pause = course.pause.min(longest);
    course.pause = pause * 2;
    // From three quarters to five quarters of it, so that two nodes do not keep meeting, or missing each other.
    let share = (next_random(&mut random) % 512) as u32 + 768;
    course.next = now + pause * share / 1024;
    random
}

fn is_own(own: &HashSet<Multiaddr>, address: &Multiaddr) -> bool {
    own.contains(&address::without_peer(address))
}

/// SplitMix64: chance enough for pauses.
fn next_random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests;
