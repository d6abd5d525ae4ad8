//! A node that lies. Underneath is a real replica, so that it gets far; some of what that sends is spoiled or swallowed,
//! and between it says what no replica says: forged changes, orphans, floods, greetings that are not true, noise.

use std::{collections::VecDeque, sync::Arc};

use knotwork_documents::ResourceDraft;
use knotwork_identity::{ChangeId, NetworkId, Nonce, SecretKey, SpaceId, Timestamp};
use knotwork_ledger::{Checked, CheckedChange, DocumentHeader, History, Pen, SignedChange, mutants};
use knotwork_replica::{Announcement, Frame, Packer, SessionId, Storage, Summary, limits};

use crate::{
    cast::{Cast, Party},
    dice::Dice,
};

/// What a liar adds to what its replica does.
#[derive(Debug)]
pub(crate) struct Liar {
    dice: Dice,
    manner: Manner,
    sessions: u64,
    /// What it heard, to say it again.
    heard: VecDeque<Vec<u8>>,
}

/// How one liar lies, throughout a run.
#[derive(Debug)]
struct Manner {
    /// Of a thousand frames of its replica, how many it swallows, and how many it spoils.
    swallows: u64,
    spoils: u64,
    /// Of a thousand messages of gossip, how many it does not pass on.
    withholds: u64,
    /// How long it is quiet between two lies, in milliseconds.
    quiet: (u64, u64),
    /// Whether it keeps to what nobody can call a fault, so that it is never parted from.
    careful: bool,
    /// How many orphans and changes by strangers it makes at once.
    flood: u64,
}

/// Something that a liar says.
#[derive(Debug)]
pub(crate) enum Lie {
    /// A message of gossip.
    Whisper(Vec<u8>),
    /// The frames of a session, all sent at once.
    Speech(Vec<Vec<u8>>),
}

impl Liar {
    /// The liar of a seed.
    pub(crate) fn new(seed: u64, place: usize) -> Self {
        let mut dice = Dice::new(seed, &format!("liar {place}"));
        let manner = Manner {
            swallows: *dice.pick(&[0, 0, 30, 300]),
            spoils: *dice.pick(&[0, 0, 5, 50]),
            withholds: *dice.pick(&[0, 300, 1_000]),
            quiet: *dice.pick(&[(20, 200), (100, 1_500), (500, 5_000)]),
            careful: dice.chance(600),
            flood: *dice.pick(&[1, 3, 60]),
        };
        Self { dice, manner, sessions: 0, heard: VecDeque::new() }
    }

    /// When it says something again, in milliseconds.
    pub(crate) fn pause(&mut self) -> u64 {
        self.dice.between(self.manner.quiet.0, self.manner.quiet.1)
    }

    /// What becomes of a frame that its replica sends.
    pub(crate) fn send(&mut self, frame: Vec<u8>) -> Vec<Vec<u8>> {
        if self.dice.chance(self.manner.swallows) {
            return Vec::new();
        }
        if !self.manner.careful && self.dice.chance(self.manner.spoils) {
            return match self.dice.below(3) {
                0 => vec![frame.clone(), frame],
                1 => vec![self.spoiled(frame)],
                _ => vec![self.said_again().unwrap_or_default(), frame],
            };
        }
        vec![frame]
    }

    /// Whether it keeps a message of gossip to itself.
    pub(crate) fn withholds(&mut self) -> bool {
        self.dice.chance(self.manner.withholds)
    }

    /// It hears something that it may say again.
    pub(crate) fn hear(&mut self, bytes: &[u8]) {
        if bytes.len() > HEARD_BYTES_MAX {
            return;
        }
        if self.heard.len() == HEARD_MAX {
            self.heard.pop_front();
        }
        self.heard.push_back(bytes.to_vec());
    }

    /// A name for a session of its own, which its replica does not know.
    pub(crate) fn name_session(&mut self) -> SessionId {
        self.sessions += 1;
        SessionId::inbound(OWN_SESSIONS + self.sessions)
    }

    /// It makes something up. The store is the one of its replica.
    pub(crate) fn lie(&mut self, party: &Party, store: &dyn Storage) -> Lie {
        if self.dice.chance(500) {
            Lie::Whisper(self.whisper(party, store))
        } else {
            Lie::Speech(self.speech(party, store))
        }
    }

    fn whisper(&mut self, party: &Party, store: &dyn Storage) -> Vec<u8> {
        if self.manner.careful || self.dice.chance(500) {
            // The same in other bytes, so that it passes for new.
            return announcement(&self.changes(party, store));
        }
        match self.dice.below(4) {
            0 => self.said_again().unwrap_or_default(),
            1 => self.said_again().map(|bytes| self.spoiled(bytes)).unwrap_or_default(),
            2 => self.noise(),
            _ => announcement(&self.forgeries(party, store)),
        }
    }

    fn speech(&mut self, party: &Party, store: &dyn Storage) -> Vec<Vec<u8>> {
        let network = Cast::get().network;
        let mut frames = vec![self.greeting(network)];
        for _ in 0..self.dice.below(6) {
            let frame = if self.manner.careful { self.fair_frame(party, store) } else { self.foul_frame(party, store) };
            frames.push(frame);
        }
        frames
    }

    /// A frame that is allowed where it stands, however little it is meant.
    fn fair_frame(&mut self, party: &Party, store: &dyn Storage) -> Vec<u8> {
        let network = Cast::get().network;
        let salt = self.dice.chance(300).then(|| self.dice.bytes());
        match self.dice.below(5) {
            0 => self.greeting(network),
            1 => {
                let none = knotwork_reconcile::ChangeSet::default();
                Frame::compare(&SpaceId::Commons, salt, &knotwork_reconcile::begin(&none).unwrap_or_default())
            }
            2 => {
                let ids: Vec<ChangeId> = (0..self.dice.below(40)).map(|_| ChangeId(self.dice.bytes())).collect();
                Frame::want(&SpaceId::Commons, None, &ids)
            }
            3 => Frame::want_all(&self.space()),
            _ => {
                let changes = self.changes(party, store);
                Frame::changes(&SpaceId::Commons, self.dice.chance(500), &packed(&changes))
            }
        }
    }

    fn foul_frame(&mut self, party: &Party, store: &dyn Storage) -> Vec<u8> {
        match self.dice.below(100) {
            0..15 => self.fair_frame(party, store),
            15..45 => Frame::changes(&self.space(), self.dice.chance(500), &packed(&self.forgeries(party, store))),
            45..60 => self.said_again().map(|bytes| self.spoiled(bytes)).unwrap_or_default(),
            60..70 => self.said_again().unwrap_or_default(),
            70..80 => Frame::received(),
            80..88 => {
                let other = NetworkId(self.dice.bytes());
                self.greeting(other)
            }
            88..92 => {
                let salt = Some(self.dice.bytes());
                let body = self.noise();
                Frame::compare(&self.space(), salt, &body)
            }
            92..94 => vec![*self.dice.pick(&[2, 3, 5]); limits::FRAME_BYTES_MAX + 1],
            _ => self.noise(),
        }
    }

    /// What it claims to hold is drawn by lot.
    fn greeting(&mut self, network: NetworkId) -> Vec<u8> {
        let mut spaces = Vec::new();
        for space in [SpaceId::Roster, SpaceId::Commons] {
            if self.dice.chance(800) {
                let count = *self.dice.pick(&[0, 1, 1_000, u64::MAX]);
                spaces.push(Summary { space, count, digest: self.dice.bytes() });
            }
        }
        Frame::greeting(&network, &spaces)
    }

    /// Changes that pass for honest ones: on old heads, of no use, of times far away, orphans, by keys that nobody certified.
    fn changes(&mut self, party: &Party, store: &dyn Storage) -> Vec<SignedChange> {
        match self.dice.below(4) {
            0 => self.strangers(),
            1 => self.orphans(party),
            2 => self.fork(party, store).into_iter().collect(),
            // What everyone has, once more.
            _ => self.document(store).map(|(_, changes)| signed(&changes)).unwrap_or_default(),
        }
    }

    /// Valid changes by keys that no certificate names.
    fn strangers(&mut self) -> Vec<SignedChange> {
        let key = SecretKey::from_seed(&self.dice.bytes());
        (0..self.manner.flood).flat_map(|_| self.resource(&key, 2)).collect()
    }

    /// The later changes of documents whose first it keeps to itself.
    fn orphans(&mut self, party: &Party) -> Vec<SignedChange> {
        (0..self.manner.flood).flat_map(|_| self.resource(&party.service, 1).into_iter().skip(1)).collect()
    }

    /// A small new resource, edited `edits` times.
    fn resource(&mut self, key: &SecretKey, edits: usize) -> Vec<SignedChange> {
        let time = *self.dice.pick(&[Timestamp::NONE, Timestamp::MAX]);
        let draft = ResourceDraft { title: "Nothing".into(), ..ResourceDraft::default() };
        let Ok(mut changes) = draft.write(Cast::get().network, Nonce(self.dice.bytes()), key, time) else {
            return Vec::new();
        };
        let Some(first) = changes.first() else { return Vec::new() };
        let mut history = History::new(first.header().clone());
        for change in &changes {
            let _ = history.admit(Arc::new(change.clone()));
        }
        for _ in 0..edits {
            let Some(written) = self.edit(history.clone(), key, time) else { break };
            let _ = history.admit(Arc::new(written.clone()));
            changes.push(written);
        }
        changes.into_iter().map(|change| change.signed().clone()).collect()
    }

    /// An edit of a document as it was at some time.
    fn fork(&mut self, party: &Party, store: &dyn Storage) -> Option<SignedChange> {
        let (header, changes) = self.document(store)?;
        let key = match header.owner {
            None => &party.service,
            Some(owner) if owner == party.organisation.public() => &party.organisation,
            Some(_) => return None,
        };
        let mut history = History::new(header);
        for change in changes.iter().take(1 + self.dice.index(changes.len())) {
            history.admit(change.clone()).ok()?;
        }
        let time = *self.dice.pick(&[Timestamp::NONE, Timestamp::MAX]);
        self.edit(history, key, time).map(|change| change.signed().clone())
    }

    fn edit(&mut self, history: History, key: &SecretKey, time: Timestamp) -> Option<CheckedChange> {
        let mut choices = mutants::Dice::from_seed(self.dice.below(u64::MAX));
        let mut pen = Pen::open(history, key, time).ok()?;
        pen.write(|transaction| mutants::honest::edit(&mut choices, transaction)).ok()?;
        pen.finish().0.into_iter().next()
    }

    /// Changes that are wrong or strange, signed by its own keys, by one that nobody knows, or in another's name.
    fn forgeries(&mut self, party: &Party, store: &dyn Storage) -> Vec<SignedChange> {
        let Some((header, changes)) = self.document(store) else { return self.strangers() };
        let stranger = SecretKey::from_seed(&self.dice.bytes());
        let mut choices = mutants::Dice::from_seed(self.dice.below(u64::MAX));
        let mut made = Vec::new();
        for _ in 0..1 + self.dice.below(3) {
            let key = *self.dice.pick(&[&party.service, &party.service, &party.organisation, &stranger]);
            let mut forged = mutants::forgery(&mut choices, &header, &changes, key);
            if let Some(forged) = &mut forged
                && self.dice.chance(100)
            {
                // A signature stands for one author only.
                let cast = Cast::get();
                forged.author = cast.parties[self.dice.index(cast.parties.len())].service.public();
            }
            made.extend(forged);
        }
        made
    }

    /// A small document of its replica's, with its changes.
    fn document(&mut self, store: &dyn Storage) -> Option<(DocumentHeader, Vec<Arc<CheckedChange>>)> {
        let sequence = 1 + self.dice.below(store.next_sequence().saturating_sub(1));
        let stored = store.changes_from(sequence, 1).ok()?.into_iter().next()?;
        let header = stored.change.header;
        let stored = store.changes_of(&header.id()).ok()?;
        let bytes: usize = stored.iter().map(|stored| stored.change.chunk.len()).sum();
        if bytes > DOCUMENT_BYTES_MAX {
            return None;
        }
        let changes = stored.into_iter().filter_map(|stored| match stored.change.check_trusted() {
            Ok(Checked::Change(change)) => Some(Arc::new(change)),
            _ => None,
        });
        let changes: Vec<_> = changes.collect();
        (!changes.is_empty()).then_some((header, changes))
    }

    fn space(&mut self) -> SpaceId {
        let own = SpaceId::Organisation(Cast::get().parties[0].organisation.public());
        *self.dice.pick(&[SpaceId::Roster, SpaceId::Commons, SpaceId::Commons, own])
    }

    fn said_again(&mut self) -> Option<Vec<u8>> {
        (!self.heard.is_empty()).then(|| self.heard[self.dice.index(self.heard.len())].clone())
    }

    fn spoiled(&mut self, mut bytes: Vec<u8>) -> Vec<u8> {
        if bytes.is_empty() {
            return self.noise();
        }
        for _ in 0..1 + self.dice.below(3) {
            let place = self.dice.index(bytes.len());
            bytes[place] ^= 1 << self.dice.below(8);
        }
        if self.dice.chance(200) {
            bytes.truncate(self.dice.index(bytes.len()));
        }
        bytes
    }

    fn noise(&mut self) -> Vec<u8> {
        let block: [u8; 64] = self.dice.bytes();
        block[..self.dice.index(block.len())].to_vec()
    }
}

fn signed(changes: &[Arc<CheckedChange>]) -> Vec<SignedChange> {
    changes.iter().map(|change| change.signed().clone()).collect()
}

fn packed(changes: &[SignedChange]) -> Vec<u8> {
    let mut packer = Packer::default();
    changes.iter().for_each(|change| packer.add(change));
    packer.finish()
}

fn announcement(changes: &[SignedChange]) -> Vec<u8> {
    let space = changes.first().map_or(SpaceId::Commons, |change| change.header.space);
    let fitting: Vec<_> = changes.iter().filter(|change| change.header.space == space).cloned().collect();
    Announcement::bytes(&space, &packed(&fitting))
}

/// How much it remembers of what it hears.
const HEARD_MAX: usize = 32;
const HEARD_BYTES_MAX: usize = 64 * 1024;
/// Documents above this are too slow to make much of.
const DOCUMENT_BYTES_MAX: usize = 8 * 1024;
/// Where the numbers of its own sessions begin, far above those of its replica.
const OWN_SESSIONS: u64 = 1 << 60;
