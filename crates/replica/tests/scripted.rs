//! A peer that a test plays: it answers one replica's sessions from a set and changes that the test chose.

use std::collections::BTreeMap;

use knotwork_identity::{ChangeId, Lineage, NetworkId, SpaceId, Timestamp};
use knotwork_ledger::{Checked, Verifiers};
use knotwork_reconcile::{ChangeSet, SaltedSet, answer};
use knotwork_replica::{Effect, Event, Frame, Now, Replica, SessionId, Summary};

use crate::world::{World, key};

/// The peer, as far as the commons go; it claims to hold the same roster space as the replica.
pub(crate) struct Scripted {
    network: NetworkId,
    pub(crate) place: usize,
    /// What it lets the replica compare with.
    pub(crate) set: ChangeSet,
    /// The digest that it claims, if not that of its set.
    pub(crate) digest: Option<[u8; 32]>,
    /// The set under a salt, if it is to be another than the one without.
    pub(crate) salted: Option<ChangeSet>,
    pub(crate) changes: BTreeMap<ChangeId, Checked>,
    /// Answers every comparison with these bytes instead.
    pub(crate) answer: Option<Vec<u8>>,
    /// What the replica asked for: salts of comparisons, and ids.
    pub(crate) compared: Vec<Option<[u8; 16]>>,
    pub(crate) wanted: Vec<Vec<ChangeId>>,
    /// How often it was sent what it does not have.
    pub(crate) received: usize,
    verifiers: Verifiers,
}

impl Scripted {
    /// The peer at a place of the roster where no replica is.
    pub(crate) fn new(world: &World, place: usize) -> Self {
        Self {
            network: world.network,
            place,
            set: ChangeSet::default(),
            digest: None,
            salted: None,
            changes: BTreeMap::new(),
            answer: None,
            compared: Vec::new(),
            wanted: Vec::new(),
            received: 0,
            verifiers: Verifiers::new(8),
        }
    }

    /// Has it offer a change under an id.
    pub(crate) fn offer(&mut self, id: ChangeId, time: Timestamp, change: Checked) {
        self.set.insert(time, &id);
        self.changes.insert(id, change);
    }

    /// Connects it with the first replica of a world, and answers until that has nothing more to say.
    pub(crate) fn meet(&mut self, world: &mut World) {
        let peer = key(self.place, "node").public();
        world.give(0, Event::Connected { peer });
        world.settle();
        // Whoever does not lead waits a moment.
        world.pass(2_000);
        self.respond(world);
        world.give(0, Event::Disconnected { peer });
        world.settle();
        world.other.clear();
    }

    fn respond(&mut self, world: &mut World) {
        while !world.other.is_empty() {
            for effect in std::mem::take(&mut world.other) {
                match effect {
                    Effect::Open { session, .. } => world.give(0, Event::Established { session }),
                    Effect::Send { session, frame } => {
                        let frame = Frame::parse(&frame, &Lineage::founded(self.network), &mut self.verifiers)
                            .expect("it is a frame");
                        for frame in self.reply(world, frame) {
                            world.give(0, Event::Frame { session, frame });
                        }
                    }
                    _ => {}
                }
            }
            world.settle();
        }
    }

    fn reply(&mut self, world: &mut World, frame: Frame) -> Vec<Frame> {
        match frame {
            Frame::Greeting { mut spaces } => {
                for summary in spaces.iter_mut().filter(|summary| summary.space == SpaceId::Commons) {
                    let digest = self.digest.unwrap_or_else(|| self.set.digest());
                    *summary = Summary { space: SpaceId::Commons, count: self.set.len() as u64, digest };
                }
                vec![Frame::Greeting { spaces }]
            }
            Frame::Compare { space, salt, body } => {
                self.compared.push(salt);
                let body = match (&self.answer, salt) {
                    (Some(body), _) => body.clone(),
                    (None, None) => answer(&self.set, &body).expect("it is a message"),
                    (None, Some(salt)) => {
                        let set = self.salted.as_ref().unwrap_or(&self.set);
                        answer(&SaltedSet::new(set, salt), &body).expect("it is a message")
                    }
                };
                vec![Frame::Compare { space, salt, body }]
            }
            Frame::Want { space, salt, ids } => {
                let ids = match salt {
                    None => ids,
                    Some(salt) => SaltedSet::new(self.salted.as_ref().unwrap_or(&self.set), salt).unsalted(&ids),
                };
                let changes = ids.iter().filter_map(|id| self.changes.get(id).cloned()).collect();
                self.wanted.push(ids);
                vec![Frame::Changes { space, last: true, changes }]
            }
            Frame::WantAll { space } => {
                self.wanted.push(self.changes.keys().copied().collect());
                let _ = world;
                vec![Frame::Changes { space, last: true, changes: self.changes.values().cloned().collect() }]
            }
            Frame::Changes { .. } => {
                self.received += 1;
                vec![Frame::Received]
            }
            Frame::Received => Vec::new(),
        }
    }
}

/// A session that a peer has opened and begun with a greeting.
pub(crate) fn begun(replica: &mut Replica, now: Now, place: usize, number: u64) -> SessionId {
    let peer = key(place, "node").public();
    let session = SessionId::inbound(number);
    replica.handle(now, Event::Connected { peer });
    replica.handle(now, Event::Opened { session, peer });
    replica.handle(now, Event::Frame { session, frame: Frame::Greeting { spaces: Vec::new() } });
    session
}

/// Why peers were found at fault, in what a replica wants done.
pub(crate) fn faults(effects: &[Effect]) -> Vec<String> {
    let reason = |effect: &Effect| match effect {
        Effect::Disconnect { reason, .. } => Some(reason.clone()),
        _ => None,
    };
    effects.iter().filter_map(reason).collect()
}
