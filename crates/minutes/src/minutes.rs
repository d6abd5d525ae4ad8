//! The state machine that brings minutes about.
//!
//! One caller owns it. It hands in [`Event`]s with the time, takes the [`Work`] that comes of them, writes down what is to
//! be kept as one synced batch, and only then sends. If that batch cannot be written, it drops this and opens it anew.

mod agreeing;
mod asking;
mod talking;

use std::collections::{BTreeMap, BTreeSet};

use knotwork_identity::{MinuteHash, PublicKey, SecretKey};
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng as _, SeedableRng as _};

use crate::{
    Agreed, Entry, Frame, Matter, Message, Minute, Proposal, Records, Step, Weighed, limits,
    machine::Machine,
    planted::{self, Bug},
    signer::Pen,
};

pub use asking::Voice;

use asking::Doubt;

/// What happens to the minutes.
#[derive(Debug)]
pub enum Event {
    /// A node of the roster is connected.
    Connected {
        /// Its node key.
        peer: PublicKey,
    },
    /// It is not any more.
    Disconnected {
        /// Its node key.
        peer: PublicKey,
    },
    /// A frame came.
    Frame {
        /// From this node.
        peer: PublicKey,
        /// The frame.
        frame: Frame,
    },
    /// These matters wait to be minuted, the most pressing first; they take the place of those before.
    Waiting(Vec<Matter>),
    /// Documents have come: what could not be weighed before may be weighed now.
    Arrived,
    /// The time that [`Minutes::next_wake`] named has come.
    Wake,
}

/// What has to be done, in this order: keep everything as one batch, sync it, then send.
#[derive(Debug, Default)]
pub struct Work {
    /// Keep that the disk may not be the latest, until this node speaks again: others have what it signed and does not know.
    pub copied: bool,
    /// Drop the log that is kept so far.
    pub forget: bool,
    /// Append these to the log of the height in progress.
    pub log: Vec<Entry>,
    /// Keep these final minutes: height, and the minute with its proof as [`Records::minute`] gives it back.
    pub minuted: Vec<(u64, Vec<u8>)>,
    /// Send these frames.
    pub sends: Vec<(PublicKey, Frame)>,
    /// Part from these nodes; why, for the operator.
    pub faults: Vec<(PublicKey, String)>,
    /// Part from these nodes for a while: they are in another network, maybe in the one before it was reconvened.
    pub elsewhere: Vec<PublicKey>,
}

impl Work {
    /// Whether anything has to be on the disk before something is sent.
    #[must_use]
    pub fn keeps(&self) -> bool {
        self.copied || self.forget || !self.log.is_empty() || !self.minuted.is_empty()
    }

    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.keeps() && self.sends.is_empty() && self.faults.is_empty() && self.elsewhere.is_empty()
    }
}

/// Whether the disk is the one that was written last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disk {
    /// As far as the store can tell.
    Same,
    /// It was restored from a copy, or moved: what was said last may be missing.
    Copy,
}

/// What was kept, as it is given back after a start.
#[derive(Debug)]
pub struct Kept {
    /// What the kept minutes make of the network.
    pub agreed: Agreed,
    /// The log of the height in progress, in order.
    pub log: Vec<Entry>,
    /// Whether the disk is the one that was written last.
    pub disk: Disk,
}

/// Where the minutes stand, for pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The last final minute.
    pub height: u64,
    /// Its hash.
    pub hash: MinuteHash,
    /// Whether this node speaks, and if not, why.
    pub voice: Voice,
    /// How many matters wait.
    pub waiting: usize,
    /// The height in progress, if there is one.
    pub progress: Option<Progress>,
    /// Nodes whose minutes differ from ours at the same height, which cannot be while fewer than a third cheat.
    pub diverged: BTreeSet<PublicKey>,
    /// Nodes that have signed two different messages for one place since this node was started, which nobody honest does.
    pub contradicting: BTreeSet<PublicKey>,
}

/// A height in progress.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// Which.
    pub height: u64,
    /// The round, from 0.
    pub round: u32,
    /// How many organisations have to sign.
    pub needed: usize,
    /// The organisations that have said something at this height, by key.
    pub heard: BTreeSet<PublicKey>,
    /// The signing organisations that have not.
    pub awaited: BTreeSet<PublicKey>,
}

/// Brings minutes about, for one node.
pub struct Minutes {
    agreed: Agreed,
    pen: Pen,
    voice: Voice,
    doubt: Doubt,
    disk: Disk,
    machine: Option<Machine>,
    /// The log of the height in progress as it was kept, until the machine is started with it.
    log: Vec<Entry>,
    waiting: Vec<Matter>,
    /// Those of them that could be minuted next, as the next minute.
    fitting: Vec<Minute>,
    /// After which minute that was found out.
    sifted: u64,
    /// Whether somebody who does not lie has begun the next height.
    called: bool,
    peers: BTreeMap<PublicKey, Peer>,
    /// Every good message of the height in progress.
    pool: BTreeMap<[u8; 8], Message>,
    /// Those of them that the machine waits for until documents come.
    parked: Vec<Proposal>,
    weighed: BTreeMap<MinuteHash, Weighed>,
    waits: BTreeMap<(u32, Option<Step>), u64>,
    tally_at: Option<u64>,
    /// When minutes that were asked for are asked for elsewhere.
    catch_up_at: Option<u64>,
    /// Who was asked for them.
    asked: Option<PublicKey>,
    /// When to go on although nothing happens.
    go_on_at: Option<u64>,
    diverged: BTreeSet<PublicKey>,
    contradicting: BTreeSet<PublicKey>,
    random: ChaCha8Rng,
    work: Work,
    /// What a planted bug writes too late.
    late: Vec<Entry>,
}

/// A connected node.
#[derive(Debug, Default)]
struct Peer {
    /// Since when it is connected.
    since: u64,
    /// Whether it has said where it stands.
    told: bool,
    /// Its last final minute, as it said.
    height: u64,
    /// Messages of the height in progress that it has, or was sent.
    has: BTreeSet<[u8; 8]>,
    /// Nodes that it is connected with, as it said.
    sees: BTreeSet<PublicKey>,
    /// When it was last sent all the messages that it said it lacked.
    served: Option<u64>,
    /// After which minute it was last sent what follows, and when.
    followed: Option<(u64, u64)>,
}

impl Minutes {
    /// Goes on with what was kept.
    #[must_use]
    pub fn open(kept: Kept, node: SecretKey, seed: [u8; 32]) -> Self {
        let Kept { agreed, log, disk } = kept;
        let height = agreed.height() + 1;
        let pool = log.iter().filter_map(|entry| match entry {
            Entry::Took(message) if message.height() == height => Some((message.short(), message.clone())),
            _ => None,
        });
        Self {
            pen: Pen::new(agreed.network(), node),
            voice: Voice::at_start(disk),
            doubt: Doubt::default(),
            disk,
            machine: None,
            pool: pool.collect(),
            waiting: Vec::new(),
            fitting: Vec::new(),
            sifted: agreed.height(),
            called: !log.is_empty(),
            peers: BTreeMap::new(),
            parked: Vec::new(),
            weighed: BTreeMap::new(),
            waits: BTreeMap::new(),
            log,
            tally_at: None,
            catch_up_at: None,
            asked: None,
            go_on_at: None,
            diverged: BTreeSet::new(),
            contradicting: BTreeSet::new(),
            random: ChaCha8Rng::from_seed(seed),
            work: Work::default(),
            late: Vec::new(),
            agreed,
        }
    }

    /// Takes in what happened at this time: milliseconds on a clock that never goes back.
    pub fn handle(&mut self, now: u64, event: Event, records: &dyn Records) {
        match event {
            Event::Connected { peer } => self.connected(now, peer),
            Event::Disconnected { peer } => self.parted(peer),
            Event::Frame { peer, frame } => self.frame(now, peer, frame, records),
            Event::Waiting(matters) => {
                self.waiting = matters;
                self.sift(records);
            }
            Event::Arrived => {
                self.sift(records);
                self.weigh_again(now, records);
            }
            Event::Wake => self.wake(now),
        }
        self.go_on(now, records);
        self.set_tally(now);
    }

    /// What has to be done since this was asked last.
    pub fn take(&mut self) -> Work {
        let mut work = std::mem::take(&mut self.work);
        if planted::is(Bug::Unsynced) {
            std::mem::swap(&mut work.log, &mut self.late);
        }
        work
    }

    /// When [`Event::Wake`] is due, in milliseconds on the clock of [`Minutes::handle`].
    #[must_use]
    pub fn next_wake(&self) -> Option<u64> {
        self.waits.values().copied().chain(self.tally_at).chain(self.catch_up_at).chain(self.go_on_at).min()
    }

    /// What is agreed.
    #[must_use]
    pub fn agreed(&self) -> &Agreed {
        &self.agreed
    }

    /// Whether this node speaks.
    #[must_use]
    pub fn voice(&self) -> &Voice {
        &self.voice
    }

    /// Where the minutes stand.
    #[must_use]
    pub fn standing(&self) -> Standing {
        let signers = self.agreed.signers();
        let heard: BTreeSet<PublicKey> = self.pool.values().map(Message::node).collect();
        let (heard, awaited) = signers.iter().partition::<Vec<_>, _>(|signer| heard.contains(&signer.node));
        let organisations = |signers: Vec<&crate::SigningOrganisation>| -> BTreeSet<PublicKey> {
            signers.into_iter().map(|signer| signer.organisation).collect()
        };
        let progress = self.is_in_progress().then(|| Progress {
            height: self.agreed.height() + 1,
            round: self.machine.as_ref().map_or(0, Machine::round),
            needed: signers.quorum(),
            heard: organisations(heard),
            awaited: organisations(awaited),
        });
        Standing {
            height: self.agreed.height(),
            hash: self.agreed.hash(),
            voice: self.voice.clone(),
            waiting: self.waiting.len(),
            progress,
            diverged: self.diverged.clone(),
            contradicting: self.contradicting.clone(),
        }
    }

    /// Whether something waits or is being agreed on.
    fn is_in_progress(&self) -> bool {
        self.machine.is_some() || self.called || self.signs() && !self.fitting.is_empty()
    }

    fn signs(&self) -> bool {
        self.agreed.signers().has(&self.pen.public())
    }

    fn wake(&mut self, now: u64) {
        self.go_on_at = None;
        let due: Vec<_> = self.waits.iter().filter(|(_, at)| **at <= now).map(|(wait, _)| *wait).collect();
        for (round, step) in due {
            // A wait that ended something may have ended others.
            if self.waits.remove(&(round, step)).is_some() {
                self.drive(now, |machine, pen| machine.waited(pen, round, step));
            }
        }
        if self.tally_at.is_some_and(|at| at <= now) {
            self.tally_at = None;
            self.tally_round();
        }
        if self.catch_up_at.is_some_and(|at| at <= now) {
            self.catch_up_elsewhere(now);
        }
    }

    /// Peers are told where we stand while something is in progress, and left in peace otherwise.
    fn set_tally(&mut self, now: u64) {
        if !self.is_in_progress() || self.peers.is_empty() {
            self.tally_at = None;
        } else if self.tally_at.is_none() {
            let jitter = self.random.next_u64() % (limits::TALLY_MILLISECONDS / 4);
            self.tally_at = Some(now + limits::TALLY_MILLISECONDS - jitter);
        }
    }
}
