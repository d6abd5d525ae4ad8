//! Sessions: two nodes compare what they hold, space by space, and send each other what is missing.
//!
//! The node that opened a session asks, the other answers; both may send changes. It begins and ends with a greeting
//! that says what each side holds, so that equal nodes exchange one small frame each way. See
//! `docs/protocol/reconciliation.md`.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use knotwork_identity::{PublicKey, SpaceId};
use knotwork_ledger::planted::{self, Bug};
use knotwork_reconcile::SaltedSet;

use crate::{
    Effect, Frame, Now, Replica, SessionId, StorageError, comparison::Comparison, frame::Summary, incoming::Arrived,
    limits, outgoing::Outgoing, peer::Ending, schedule::Settled,
};

/// One session.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) peer: PublicKey,
    pub(crate) stage: Stage,
    /// The spaces that are still to be compared.
    ahead: VecDeque<Ahead>,
    /// What was compared last, on the side that asks.
    pub(crate) compared: BTreeMap<SpaceId, Compared>,
    /// A set under other names, on the side that answers, and how many of them there were.
    pub(crate) salted: Option<(SpaceId, [u8; 16], SaltedSet)>,
    /// Also those under which we asked.
    pub(crate) salts: usize,
    /// The spaces that were compared without a salt, on the side that answers.
    pub(crate) answered: BTreeSet<SpaceId>,
    /// Messages of comparisons that were answered, and the bytes of all.
    pub(crate) answers: usize,
    pub(crate) compare_bytes: usize,
    pub(crate) outgoing: VecDeque<Outgoing>,
    /// How often the peer has asked for changes.
    pub(crate) wants: usize,
    /// Packs sent and not confirmed.
    pub(crate) in_flight: usize,
    /// Packs that came and are not dealt with, and how many are not confirmed.
    pub(crate) incoming: VecDeque<Arrived>,
    pub(crate) unconfirmed: usize,
    greetings: usize,
    passes: usize,
    /// Whether it has brought anything new.
    pub(crate) brought: bool,
    deadline: u64,
}

/// What the side that asks is waiting for.
#[derive(Debug)]
pub(crate) enum Stage {
    /// We answer.
    Answering,
    /// The stream is being opened.
    Opening,
    /// For the peer's greeting.
    Greeting,
    /// For the reply to a message of a comparison.
    Comparing(Box<Comparison>),
    /// For the last of the changes that we asked for, of which so many may still come, and for our own to be confirmed.
    Exchanging { space: SpaceId, fetching: Option<usize> },
}

/// A space that is to be compared.
#[derive(Debug)]
struct Ahead {
    theirs: Summary,
    /// Whether under a salt: the sums were equal and the digests were not.
    salted: bool,
}

/// What a comparison of one space began with, and whether it found nothing.
#[derive(Debug)]
pub(crate) struct Compared {
    digests: ([u8; 32], [u8; 32]),
    pub(crate) found_nothing: bool,
}

impl Session {
    fn new(peer: PublicKey, stage: Stage, now: Now) -> Self {
        Self {
            peer,
            stage,
            ahead: VecDeque::new(),
            compared: BTreeMap::new(),
            salted: None,
            salts: 0,
            answered: BTreeSet::new(),
            answers: 0,
            compare_bytes: 0,
            outgoing: VecDeque::new(),
            wants: 0,
            in_flight: 0,
            incoming: VecDeque::new(),
            unconfirmed: 0,
            greetings: 0,
            passes: 0,
            brought: false,
            deadline: now.milliseconds + limits::SESSION_STILL_MILLISECONDS_MAX,
        }
    }

    /// Something has happened in it.
    pub(crate) fn moves(&mut self, now: Now) {
        self.deadline = now.milliseconds + limits::SESSION_STILL_MILLISECONDS_MAX;
    }

    /// When the session is given up if nothing happens in it.
    pub(crate) fn deadline(&self) -> u64 {
        self.deadline
    }

    /// What is to be compared after a greeting on the side that asks, given what differs: the other's summary and our
    /// digest of each space. Where neither has changed since the last comparison, another one would find the same; only
    /// one that found nothing is made once more, under a salt.
    fn plan(&mut self, differing: Vec<(Summary, [u8; 32])>) {
        self.ahead.clear();
        for (theirs, ours) in differing {
            let digests = (ours, theirs.digest);
            let salted = match self.compared.get_mut(&theirs.space) {
                Some(before) if before.digests == digests => {
                    if !std::mem::take(&mut before.found_nothing) {
                        continue;
                    }
                    true
                }
                _ => {
                    self.compared.insert(theirs.space, Compared { digests, found_nothing: false });
                    false
                }
            };
            self.ahead.push_back(Ahead { theirs, salted });
        }
    }
}

impl Replica {
    /// Opens a session with a peer.
    pub(crate) fn open_session(&mut self, now: Now, peer: PublicKey) {
        let session = SessionId::outbound(self.sessions_opened);
        self.sessions_opened += 1;
        self.sessions.insert(session, Session::new(peer, Stage::Opening, now));
        if let Some(peer) = self.peers.get_mut(&peer) {
            peer.session = Some(session);
            peer.next_check = None;
        }
        self.pending.effects.push(Effect::Open { session, peer });
    }

    /// A peer opened a session. It takes the place of the one that the peer opened before: a peer that comes back after
    /// its connection broke does so before we know that the other session is gone.
    pub(crate) fn opened(&mut self, now: Now, session: SessionId, peer: PublicKey) {
        if self.roster.organisation_of(&peer).is_none() {
            self.pending.effects.push(Effect::Close { session });
            return;
        }
        let from_peer = self.sessions.iter().filter(|(id, open)| !id.is_outbound() && open.peer == peer);
        let before: Vec<SessionId> = from_peer.map(|(id, _)| *id).collect();
        for before in before.into_iter().rev().skip(limits::SESSIONS_PER_PEER_MAX - 1) {
            if !planted::is(Bug::UnboundedSessions) {
                self.end_session(now, before, Ending::Failed);
            }
        }
        self.sessions.insert(session, Session::new(peer, Stage::Answering, now));
    }

    /// A session that we asked for is open: we greet.
    pub(crate) fn established(&mut self, now: Now, session: SessionId) {
        if let Some(open) = self.sessions.get_mut(&session) {
            open.stage = Stage::Greeting;
            self.greet(now, session);
        }
    }

    /// A session ended, or could not be opened.
    pub(crate) fn closed(&mut self, now: Now, session: SessionId) {
        self.end_session(now, session, Ending::Failed);
    }

    /// A frame came.
    pub(crate) fn frame(&mut self, now: Now, session: SessionId, frame: Frame) {
        let Some(open) = self.sessions.get_mut(&session) else { return };
        open.moves(now);
        // Whoever is let in by one that turned it away has been let in: the others may be away, and would say so too.
        if self.peers.get(&open.peer).is_some_and(|peer| peer.declines) {
            self.peers.values_mut().for_each(|peer| peer.declines = false);
        }
        let result = open.expects(&frame).and_then(|()| match frame {
            Frame::Greeting { spaces } => self.greeting(now, session, spaces),
            Frame::Compare { space, salt, body } => self.compare(now, session, space, salt, &body),
            Frame::Want { space, salt, ids } => self.want(session, space, salt, ids),
            Frame::WantAll { space } => self.want_all(session, space),
            Frame::Changes { space, last, changes } => self.changes(now, session, space, last, changes),
            Frame::Received => self.confirmed(now, session),
        });
        if let Err(error) = result {
            self.give_up(now, session, error);
        }
    }

    /// The peer of a session broke the protocol.
    pub(crate) fn fault_in(&mut self, now: Now, session: SessionId, reason: String) {
        let Some(peer) = self.sessions.get(&session).map(|open| open.peer) else { return };
        tracing::warn!(?peer, %reason, "a peer is at fault");
        if let Some(known) = self.peers.get_mut(&peer) {
            known.fault = Some(reason.clone());
        }
        let sessions: Vec<SessionId> =
            self.sessions.iter().filter(|(_, open)| open.peer == peer).map(|(session, _)| *session).collect();
        for session in sessions {
            self.end_session(now, session, Ending::Failed);
        }
        let back_off_milliseconds = limits::FAULT_BACK_OFF_MILLISECONDS;
        self.pending.effects.push(Effect::Disconnect { peer, reason, back_off_milliseconds });
    }

    /// The peer of a session is in another network.
    pub(crate) fn elsewhere(&mut self, now: Now, session: SessionId) {
        let Some(peer) = self.sessions.get(&session).map(|open| open.peer) else { return };
        self.end_session(now, session, Ending::Failed);
        self.leave_alone(peer);
    }

    /// Parts for a while from a peer that is in another network.
    pub(crate) fn leave_alone(&mut self, peer: PublicKey) {
        let reason = "it is in another network, or in this one as it was before it was reconvened".to_owned();
        tracing::info!(?peer, %reason, "a peer is left alone for a while");
        if let Some(known) = self.peers.get_mut(&peer) {
            known.fault = Some(reason.clone());
        }
        let back_off_milliseconds = limits::ELSEWHERE_BACK_OFF_MILLISECONDS;
        self.pending.effects.push(Effect::Disconnect { peer, reason, back_off_milliseconds });
    }

    /// Ends a session and, if it was ours, plans the next with its peer.
    pub(crate) fn end_session(&mut self, now: Now, session: SessionId, ending: Ending) {
        let Some(ended) = self.sessions.remove(&session) else { return };
        self.pending.effects.push(Effect::Close { session });
        let jitter = self.jitter();
        if let Some(peer) = self.peers.get_mut(&ended.peer)
            && peer.session == Some(session)
        {
            peer.ended(now.milliseconds, jitter, ending);
        }
    }

    pub(crate) fn give_up(&mut self, now: Now, session: SessionId, error: SessionError) {
        match error {
            SessionError::Fault(reason) => self.fault_in(now, session, reason),
            SessionError::Storage(error) => {
                tracing::error!(%error, "a session ends because the store cannot be read");
                self.end_session(now, session, Ending::Failed);
            }
        }
    }

    fn greet(&mut self, now: Now, session: SessionId) {
        let Some(peer) = self.sessions.get(&session).map(|open| open.peer) else { return };
        let spaces = self.summaries(&peer);
        let frame = Frame::greeting(&self.lineage().present, &spaces);
        if let Some(open) = self.sessions.get_mut(&session) {
            open.moves(now);
            self.pending.effects.push(Effect::Send { session, frame });
        }
    }

    /// Whether a space is exchanged in a session: what is everyone's, and what is this organisation's own with its own nodes.
    pub(crate) fn is_exchanged(&self, session: SessionId, space: &SpaceId) -> bool {
        self.sessions.get(&session).is_some_and(|open| self.is_exchanged_with(&open.peer, space))
    }

    fn is_exchanged_with(&self, peer: &PublicKey, space: &SpaceId) -> bool {
        let own = self.config.organisation.public();
        let is_ours = || *space == SpaceId::Organisation(own) && self.roster.organisation_of(peer) == Some(own);
        is_everyones(space) || is_ours()
    }

    /// What this node holds of the spaces that it exchanges with a peer.
    fn summaries(&mut self, peer: &PublicKey) -> Vec<Summary> {
        let exchanged: Vec<SpaceId> =
            self.sets.keys().filter(|space| self.is_exchanged_with(peer, space)).copied().collect();
        let exchanged = self.sets.iter_mut().filter(|(space, _)| exchanged.contains(space));
        exchanged.map(|(space, set)| Summary { space: *space, count: set.len() as u64, digest: set.digest() }).collect()
    }

    fn greeting(&mut self, now: Now, session: SessionId, theirs: Vec<Summary>) -> Result<(), SessionError> {
        let Some(peer) = self.sessions.get(&session).map(|open| open.peer) else { return Ok(()) };
        let ours = self.summaries(&peer);
        let Some(open) = self.sessions.get_mut(&session) else { return Ok(()) };
        // Whatever was compared is over: a set under other names is not kept for nothing.
        open.salted = None;
        let differing: Vec<(Summary, [u8; 32])> = ours
            .iter()
            .filter_map(|own| {
                let their = theirs.iter().find(|summary| summary.space == own.space)?;
                (their.digest != own.digest).then(|| (their.clone(), own.digest))
            })
            .collect();
        let asks = !matches!(open.stage, Stage::Answering);
        let has = |own: &Summary| theirs.iter().any(|summary| summary.space == own.space);
        let in_step = differing.is_empty() && ours.iter().all(has);
        if let Some(peer) = self.peers.get_mut(&open.peer) {
            peer.theirs = theirs;
            if in_step {
                self.pending.in_step.push(peer.node);
                if !asks {
                    peer.asked_in_step(now.milliseconds);
                }
                let peer = peer.node;
                // Where nothing was exchanged before, the peer knew all of it already.
                let knew = asks && !open.brought && open.passes == 0 || !asks && open.greetings == 1;
                self.settled(now, peer, if knew { Settled::Knew } else { Settled::Learnt });
            }
        }
        if !asks {
            self.greet(now, session);
            return Ok(());
        }
        if in_step {
            self.end_session(now, session, Ending::InStep);
            return Ok(());
        }
        let Some(open) = self.sessions.get_mut(&session) else { return Ok(()) };
        open.plan(differing);
        if open.ahead.is_empty() {
            self.end_session(now, session, Ending::Waiting);
        } else if open.passes >= limits::PASSES_MAX || open.compare_bytes > limits::COMPARE_BYTES_MAX {
            let brought = open.brought;
            self.end_session(now, session, Ending::Unfinished { brought });
        } else {
            open.passes += 1;
            self.next_space(now, session)?;
        }
        Ok(())
    }

    /// The asking side turns to the next space that differs; after the last it greets again.
    fn next_space(&mut self, now: Now, session: SessionId) -> Result<(), SessionError> {
        let Some(open) = self.sessions.get_mut(&session) else { return Ok(()) };
        let Some(Ahead { theirs, salted }) = open.ahead.pop_front() else {
            open.stage = Stage::Greeting;
            self.greet(now, session);
            return Ok(());
        };
        let space = theirs.space;
        let Some(set) = self.sets.get(&space) else { return self.next_space(now, session) };
        if set.is_empty() {
            // The peer may hold more by now than it said; what is far above that goes into another session.
            let most = usize::try_from(theirs.count).unwrap_or(usize::MAX).saturating_mul(2);
            let fetching = Some(most.saturating_add(limits::PACK_CHANGES_MAX));
            open.stage = Stage::Exchanging { space, fetching };
            self.pending.effects.push(Effect::Send { session, frame: Frame::want_all(&space) });
            Ok(())
        } else if theirs.count == 0 {
            open.stage = Stage::Exchanging { space, fetching: None };
            let everything = Outgoing::everything(space, set, self.storage.as_ref());
            open.outgoing.push_back(everything);
            self.fill(session)
        } else if salted && open.salts >= limits::SALTS_MAX {
            let brought = open.brought;
            self.end_session(now, session, Ending::Unfinished { brought });
            Ok(())
        } else {
            open.salts += usize::from(salted);
            self.begin_comparison(session, space, salted)
        }
    }

    /// Moves an exchange on once nothing is on its way in either direction.
    pub(crate) fn advance(&mut self, now: Now, session: SessionId) {
        let Some(open) = self.sessions.get(&session) else { return };
        let through = matches!(open.stage, Stage::Exchanging { fetching: None, .. })
            && open.outgoing.is_empty()
            && open.in_flight == 0
            && open.incoming.is_empty()
            && !self.pending.received.contains(&session);
        if through && let Err(error) = self.next_space(now, session) {
            self.give_up(now, session, error);
        }
    }
}

impl Session {
    /// Whether a frame may come now. The side that asks greets first, and alone asks for anything.
    fn expects(&mut self, frame: &Frame) -> Result<(), SessionError> {
        match (&self.stage, frame) {
            (Stage::Opening, _) => return fault("it speaks before the session is open"),
            (Stage::Answering | Stage::Greeting, Frame::Greeting { .. }) => {
                self.greetings += 1;
                if self.greetings > limits::GREETINGS_MAX {
                    return fault("it greets without end");
                }
            }
            (_, Frame::Greeting { .. }) => return fault("it greets in the middle of a comparison"),
            (Stage::Answering, _) if self.greetings == 0 => return fault("it does not begin with a greeting"),
            (Stage::Answering, _) => {}
            (_, Frame::Want { .. } | Frame::WantAll { .. }) => return fault("it asks in a session that we opened"),
            _ => {}
        }
        Ok(())
    }
}

/// Whether a space is exchanged with every node of the network.
pub(crate) fn is_everyones(space: &SpaceId) -> bool {
    matches!(space, SpaceId::Roster | SpaceId::Commons)
}

/// Why a session ends badly.
#[derive(Debug)]
pub(crate) enum SessionError {
    /// The peer broke the protocol.
    Fault(String),
    /// The store cannot be read.
    Storage(StorageError),
}

impl From<StorageError> for SessionError {
    fn from(error: StorageError) -> Self {
        Self::Storage(error)
    }
}

pub(crate) fn fault<T>(reason: &str) -> Result<T, SessionError> {
    Err(SessionError::Fault(reason.to_owned()))
}
