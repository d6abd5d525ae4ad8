//! The replica: what happens to a node comes in, what it wants done goes out.
//!
//! One caller owns it. It hands in [`Event`]s, asks for a [`Commit`], carries out the effects, syncs the store where
//! there are replies, and then gives them. No socket, clock or file is touched here, so one thread and a seed run a
//! whole network of replicas.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use knotwork_documents::kinds;
use knotwork_identity::{ChangeId, DocumentId, NetworkId, PublicKey, SecretKey, SpaceId, Timestamp};
use knotwork_ledger::{
    Checked, CheckedChange,
    planted::{self, Bug},
};
use knotwork_reconcile::ChangeSet;
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng as _, SeedableRng as _};

use crate::{
    AgreedRoster, Batch, Effect, Event, FrameError, Judgement, Now, Refusal, Reply, Roster, SessionId, SpaceStatus,
    Status, Storage, StorageError,
    authors::Authors,
    desk::Desk,
    held::HeldPool,
    limits,
    minuting::Minuting,
    passed_over::{PassedOver, Why},
    peer::{Ending, Peer},
    remaking::Remaking,
    revocations::Revocations,
    schedule::Rumour,
    session::Session,
    status::PeerStatus,
    unfinished::Unfinished,
};

/// Who this node is.
#[derive(Debug, Clone)]
pub struct ReplicaConfig {
    /// The network that documents name: the one that a reconvened one goes back to.
    pub network: NetworkId,
    /// The organisation's key.
    pub organisation: SecretKey,
    /// The node's key.
    pub node: SecretKey,
    /// 32 random bytes; from them comes all randomness of the replica.
    pub seed: [u8; 32],
    /// The roster that the minutes keep up to date. Without one it shares knowledge and nothing binds.
    pub minutes: Option<Arc<AgreedRoster>>,
}

/// One node's copy of what its network shares.
pub struct Replica {
    pub(crate) config: ReplicaConfig,
    pub(crate) storage: Arc<dyn Storage>,
    pub(crate) roster: Arc<dyn Roster>,
    pub(crate) random: ChaCha8Rng,
    /// What is admitted, the next commit included.
    pub(crate) sets: BTreeMap<SpaceId, ChangeSet>,
    pub(crate) authors: Authors,
    /// As of the last commit.
    committed_authors: Authors,
    pub(crate) revocations: Revocations,
    /// As of the last commit.
    committed_revocations: Revocations,
    pub(crate) remaking: Remaking,
    pub(crate) minuting: Option<Minuting>,
    /// How many documents have been shown anew without a new change.
    remade: u64,
    pub(crate) held: HeldPool,
    pub(crate) passed_over: PassedOver,
    /// Whether something read from the store was not what had been written.
    pub(crate) damaged: bool,
    pub(crate) desk: Desk,
    /// Where this node can be reached, as long as the network does not know it.
    pub(crate) unpublished: Vec<String>,
    pub(crate) peers: BTreeMap<PublicKey, Peer>,
    pub(crate) sessions: BTreeMap<SessionId, Session>,
    pub(crate) sessions_opened: u64,
    pub(crate) unfinished: Unfinished,
    pub(crate) rumour: Rumour,
    pub(crate) next_sequence: u64,
    pub(crate) pending: Pending,
}

/// What gathers between two commits.
#[derive(Default)]
pub(crate) struct Pending {
    pub(crate) changes: Vec<(u64, Arc<CheckedChange>)>,
    /// What they take in memory.
    pub(crate) bytes: usize,
    pub(crate) effects: Vec<Effect>,
    pub(crate) replies: Vec<Reply>,
    /// Judgements that hold only if the commit does.
    pub(crate) judgements: Vec<u64>,
    /// Changes of this node's own making, to be announced.
    pub(crate) announce: Vec<Arc<CheckedChange>>,
    /// Sessions in which frames of changes are to be confirmed.
    pub(crate) received: Vec<SessionId>,
    /// Peers that brought something new in a session.
    pub(crate) brought: Vec<PublicKey>,
    /// Peers that hold just what this node holds with all of this.
    pub(crate) in_step: Vec<PublicKey>,
    /// The certificates of nodes that have changed.
    pub(crate) node_certificates: BTreeSet<DocumentId>,
}

/// What a commit gives its caller to do.
#[derive(Debug, Default)]
pub struct Commit {
    /// To be carried out at once.
    pub effects: Vec<Effect>,
    /// To be carried out once [`Storage::sync`] has returned, and not at all if it fails: what a node signs must not be
    /// forgotten by it.
    pub after_sync: Vec<Effect>,
    /// To be given once [`Storage::sync`] has returned; if it fails, [`Refusal::Failed`] instead.
    pub replies: Vec<Reply>,
    /// The sequence number of the newest admitted change.
    pub newest: u64,
    /// Whether anything was written.
    pub wrote: bool,
}

impl Replica {
    /// Opens the replica over what the storage holds.
    ///
    /// # Errors
    /// When the storage cannot be read.
    pub fn open(
        config: ReplicaConfig,
        storage: Arc<dyn Storage>,
        roster: Arc<dyn Roster>,
    ) -> Result<Self, StorageError> {
        let own_space = SpaceId::Organisation(config.organisation.public());
        let mut ids: BTreeMap<SpaceId, Vec<(Timestamp, ChangeId)>> =
            [SpaceId::Roster, SpaceId::Commons, own_space].into_iter().map(|space| (space, Vec::new())).collect();
        storage.each_id(&mut |space, time, id| ids.entry(space).or_default().push((time, id)))?;
        let sets = ids.into_iter().map(|(space, ids)| (space, ChangeSet::from_ids(ids))).collect();
        let mut random = ChaCha8Rng::from_seed(config.seed);
        let minuting = match &config.minutes {
            None => None,
            Some(part) => {
                let mut seed = [0; 32];
                random.fill_bytes(&mut seed);
                Some(Minuting::open(part, &config.node, seed, storage.as_ref())?)
            }
        };
        let mut replica = Self {
            random,
            minuting,
            next_sequence: storage.next_sequence(),
            config,
            storage,
            roster,
            sets,
            authors: Authors::default(),
            committed_authors: Authors::default(),
            revocations: Revocations::default(),
            committed_revocations: Revocations::default(),
            remaking: Remaking::default(),
            remade: 0,
            held: HeldPool::default(),
            passed_over: PassedOver::default(),
            damaged: false,
            desk: Desk::default(),
            unpublished: Vec::new(),
            peers: BTreeMap::new(),
            sessions: BTreeMap::new(),
            sessions_opened: 0,
            unfinished: Unfinished::default(),
            rumour: Rumour::default(),
            pending: Pending::default(),
        };
        replica.learn_from_storage()?;
        replica.committed_authors = replica.authors.clone();
        replica.committed_revocations = replica.revocations.clone();
        let own = replica.config.node.public();
        let nodes: Vec<PublicKey> = replica.roster.nodes().into_iter().filter(|peer| *peer != own).collect();
        replica.peers.extend(nodes.iter().map(|peer| (*peer, Peer::new(*peer))));
        if replica.minuting.is_some() {
            let further = nodes.iter().filter(|node| !replica.roster.is_named(node)).copied().collect();
            replica.pending.effects.push(Effect::Roster { nodes, further });
        }
        Ok(replica)
    }

    /// Takes in what happened. What comes of it is given by the next commit.
    pub fn handle(&mut self, now: Now, event: Event) {
        match event {
            Event::Connected { peer } => self.connected(now, peer),
            Event::Disconnected { peer } => self.lost(now, peer),
            Event::TurnedAway { peer } => self.turned_away(peer),
            Event::Opened { session, peer } => self.opened(now, session, peer),
            Event::Established { session } => self.established(now, session),
            Event::OpenFailed { session } | Event::Closed { session } => self.closed(now, session),
            Event::Frame { session, frame } => self.frame(now, session, frame),
            Event::Malformed { session, error: FrameError::OtherNetwork(_) } => self.elsewhere(now, session),
            Event::Malformed { session, error } => self.fault_in(now, session, error.to_string()),
            Event::Announced { peer, token, announcement } => self.announced(now, peer, token, announcement),
            Event::MalformedAnnouncement { peer, token, error } => {
                tracing::warn!(?peer, %error, "an announcement is not valid");
                self.pending.effects.push(Effect::Judge { token, judgement: Judgement::Reject });
            }
            Event::Minutes { peer, frame } => self.minutes_frame(now, peer, *frame),
            Event::MalformedMinutes { peer, error } => self.malformed_minutes(peer, &error),
            Event::Say { token, said, key } => self.say_word(now, token, said, &key),
            Event::Admit { token, changes } => self.admit_own(now, token, changes),
            Event::Edit { token, target, edit, key, basis, time } => {
                let result = self.edit(now, &target, &edit, &key, basis, time);
                self.pending.replies.push(Reply { token, result });
            }
            Event::ListStanding { token, list } => {
                let result = self.list_standing(now, &list);
                self.pending.replies.push(Reply { token, result });
            }
            Event::Revoke { token, ending, organisation } => {
                let result = self.end_key(now, &ending, &organisation);
                self.pending.replies.push(Reply { token, result });
            }
            Event::PublishAddresses { addresses, time } => self.publish_addresses(now, &addresses, time),
            Event::Wake => self.wake(now),
        }
    }

    /// Writes what was admitted since the last commit as one batch.
    pub fn commit(&mut self, now: Now) -> Commit {
        self.heed_revocations();
        self.heed_node_certificates();
        let walking = self.remaking.keys();
        let local = self.remake(now);
        let mut pending = std::mem::take(&mut self.pending);
        let changes = std::mem::take(&mut pending.changes);
        let batch = Batch { changes, documents: self.desk.updates(self.revocations.standing()), local };
        if batch.is_empty() {
            self.desk.settle();
            return self.committed(now, pending, false);
        }
        match self.storage.commit(&batch) {
            Ok(()) => {
                self.desk.settle();
                self.committed_authors = self.authors.clone();
                self.committed_revocations = self.revocations.clone();
                self.count_remade(&batch);
                self.committed(now, pending, true)
            }
            Err(error) => {
                self.remaking.begin_again(walking, now.milliseconds + limits::RETRY_MILLISECONDS_MAX);
                self.undone(now, &error, &batch, pending)
            }
        }
    }

    /// A snapshot for readers.
    pub fn status(&mut self) -> Status {
        let spaces = self
            .sets
            .iter_mut()
            .map(|(space, set)| SpaceStatus { space: *space, changes: set.len(), digest: set.digest() })
            .collect::<Vec<_>>();
        let peers = self.peers.values().map(|peer| PeerStatus {
            node: peer.node,
            organisation: self.roster.organisation_of(&peer.node).unwrap_or(peer.node),
            connected: peer.connected && !peer.declines,
            declines: peer.declines,
            in_step: peer.last_in_step.is_some() && in_step(&spaces, &peer.theirs),
            changes_more: changes_more(&spaces, &peer.theirs),
            last_in_step: peer.last_in_step,
            fault: peer.fault.clone(),
        });
        Status {
            peers: peers.collect(),
            held: self.held.len(),
            held_for_author: self.held.for_author(),
            unknown_formats: self.passed_over.count(Why::UnknownFormat),
            no_room: self.passed_over.count(Why::NoRoom),
            damaged: self.damaged || self.storage.is_damaged(),
            authors: self.authors.all(),
            certifiers: self.authors.all_certifiers(),
            standing: self.revocations.standing().clone(),
            minutes: self.minutes(),
            open_until: self.minuting.as_ref().map(|minuting| minuting.deciding.open_until()).unwrap_or_default(),
            remade: self.remade,
            spaces,
        }
    }

    /// When [`Event::Wake`] is wanted next, in milliseconds of the clock that never goes back. Where something is left to
    /// do that was too much for one turn, that is at once, after a commit.
    #[must_use]
    pub fn next_wake(&self) -> Option<u64> {
        if !self.unfinished.is_empty() || !self.pending.changes.is_empty() {
            return Some(0);
        }
        let checks = self.peers.values().filter(|peer| peer.session.is_none()).filter_map(|peer| peer.next_check);
        let deadlines = self.sessions.values().map(Session::deadline);
        checks.chain(deadlines).chain(self.remaking.due()).chain(self.minutes_wake()).min()
    }

    /// Whether the next commit is as large as it should get: it is to be made before anything else is handed in.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.pending.bytes >= limits::BATCH_BYTES_MAX || self.desk.touched_bytes() >= limits::BATCH_DOCUMENTS_BYTES_MAX
    }

    /// Whether a change goes into the next batch. Another change of a document that is in it costs little more.
    pub(crate) fn has_room_for(&self, change: &Checked) -> bool {
        let is_touched = || match change {
            Checked::Change(change) => self.desk.is_touched(&change.document()),
            Checked::UnknownFormat(_) => true,
        };
        self.pending.bytes < limits::BATCH_BYTES_MAX && (!self.is_full() || is_touched())
    }

    /// How many changes that a peer brought wait for something, and their bytes.
    #[must_use]
    pub fn held_of(&self, peer: &PublicKey) -> (usize, usize) {
        self.held.share_of(peer)
    }

    /// How many sessions with a peer are open.
    #[must_use]
    pub fn sessions_with(&self, peer: &PublicKey) -> usize {
        self.sessions.values().filter(|open| open.peer == *peer).count()
    }

    /// Whether a change is admitted.
    #[must_use]
    pub fn holds(&self, space: &SpaceId, time: Timestamp, id: &ChangeId) -> bool {
        self.sets.get(space).is_some_and(|set| set.contains(time, id))
    }

    fn committed(&mut self, now: Now, pending: Pending, wrote: bool) -> Commit {
        let Pending {
            mut effects,
            replies,
            judgements,
            announce,
            mut received,
            brought,
            in_step,
            node_certificates,
            ..
        } = pending;
        effects.extend(judgements.into_iter().map(|token| Effect::Judge { token, judgement: Judgement::Accept }));
        // Of two closing statements the others would keep the first: it is made once, also where power is lost.
        let (stated, announce): (Vec<_>, Vec<_>) =
            announce.into_iter().partition(|change| change.header().kind == kinds::CLOSING_STATEMENT);
        effects.extend(crate::announce::announcements(&announce));
        for peer in in_step {
            if let Some(peer) = self.peers.get_mut(&peer) {
                peer.last_in_step = Some(now.wall);
                peer.fault = None;
            }
        }
        for session in &received {
            self.confirm(*session);
        }
        received.sort_unstable();
        received.dedup();
        for session in received {
            self.advance(now, session);
        }
        if wrote {
            self.plan_checks(now, &brought);
        }
        if !node_certificates.is_empty() {
            self.take_up_nodes(now);
        }
        let (mut after_sync, minuted) = self.turn_minutes(now);
        after_sync.extend(crate::announce::announcements(&stated));
        // Confirming may have moved sessions on.
        effects.append(&mut self.pending.effects);
        let wrote = wrote || minuted;
        Commit { effects, after_sync, replies, newest: self.next_sequence - 1, wrote }
    }

    /// After a commit that failed, everything is as it was before.
    fn undone(&mut self, now: Now, error: &StorageError, batch: &Batch, pending: Pending) -> Commit {
        tracing::error!(%error, "nothing was written");
        let Pending { mut effects, replies, judgements, received, .. } = pending;
        for (_, change) in &batch.changes {
            if let Some(set) = self.sets.get_mut(&change.header().space)
                && !planted::is(Bug::HalfUndone)
            {
                set.remove(change.time(), &change.id());
            }
        }
        self.next_sequence = self.storage.next_sequence();
        self.desk.forget();
        self.authors = self.committed_authors.clone();
        self.revocations = self.committed_revocations.clone();
        self.revocations.note_departures(self.roster.departures());
        self.open_minutes_again(now);
        // What was to be said of changes that are not kept is not said, and sessions that lack a word begin again.
        let mut sessions: BTreeSet<SessionId> = received.into_iter().collect();
        effects.retain(|effect| match effect {
            Effect::Send { session, .. } if !planted::is(Bug::ToldUnwritten) => {
                sessions.insert(*session);
                false
            }
            Effect::Addresses { .. } => false,
            _ => true,
        });
        for session in sessions {
            self.end_session(now, session, Ending::Failed);
        }
        for peer in self.peers.values_mut().filter(|peer| peer.session.is_none()) {
            peer.check_by(now.milliseconds + limits::RETRY_MILLISECONDS_MAX);
        }
        effects.append(&mut self.pending.effects);
        effects.extend(judgements.into_iter().map(|token| Effect::Judge { token, judgement: Judgement::Ignore }));
        let refusal = match error {
            StorageError::Full => Refusal::DiskFull,
            error => Refusal::Failed(error.to_string()),
        };
        let replies = replies
            .into_iter()
            .map(|Reply { token, result }| Reply { token, result: result.and(Err(refusal.clone())) });
        Commit {
            effects,
            after_sync: Vec::new(),
            replies: replies.collect(),
            newest: self.next_sequence - 1,
            wrote: false,
        }
    }

    fn count_remade(&mut self, batch: &Batch) {
        let changed: BTreeSet<DocumentId> = batch.changes.iter().map(|(_, change)| change.document()).collect();
        let remade = batch.documents.iter().filter(|update| !changed.contains(&update.document)).count();
        self.remade += remade as u64;
    }

    /// A random number, for jitter.
    pub(crate) fn jitter(&mut self) -> u64 {
        self.random.next_u64()
    }
}

/// Whether a peer said that it holds just what we hold, in every space that both have.
fn in_step(ours: &[SpaceStatus], theirs: &[crate::frame::Summary]) -> bool {
    !theirs.is_empty()
        && ours.iter().all(|space| match theirs.iter().find(|summary| summary.space == space.space) {
            Some(summary) => summary.digest == space.digest,
            None => !crate::session::is_everyones(&space.space),
        })
}

/// How many changes a peer said that it holds more than we do, in every space that both have; below zero, fewer.
fn changes_more(ours: &[SpaceStatus], theirs: &[crate::frame::Summary]) -> Option<i64> {
    let more = ours.iter().filter(|space| crate::session::is_everyones(&space.space)).map(|space| {
        let said = theirs.iter().find(|summary| summary.space == space.space).map_or(0, |summary| summary.count);
        // What a peer says can be any number.
        i64::try_from(said).unwrap_or(i64::MAX).saturating_sub(i64::try_from(space.changes).unwrap_or(i64::MAX))
    });
    (!theirs.is_empty()).then(|| more.fold(0, i64::saturating_add))
}
