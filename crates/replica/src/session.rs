//! Sessions: two nodes compare what they hold, space by space, and send each other what is missing.
//!
//! The node that opened a session asks, the other answers; both may send changes. It begins and ends with a greeting
//! that says what each side holds, so that equal nodes exchange one small frame each way. See
//! `docs/protocol/reconciliation.md`.

use std::{collections::VecDeque, sync::Arc};

use knotwork_identity::{ChangeId, PublicKey, SpaceId};
use knotwork_ledger::Checked;
use knotwork_reconcile::{Difference, SaltedSet};
use rand_core::Rng as _;

use crate::{
    Effect, Frame, Now, Replica, SessionId, StorageError,
    admission::{AdmissionError, Outcome},
    frame::Summary,
    limits,
    outgoing::Outgoing,
};

/// One session.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) peer: PublicKey,
    stage: Stage,
    /// The spaces that are still to be compared.
    ahead: VecDeque<Summary>,
    /// A set under other names, on the side that answers.
    salted: Option<(SpaceId, [u8; 16], SaltedSet)>,
    pub(crate) outgoing: VecDeque<Outgoing>,
    /// Packs sent and not confirmed.
    pub(crate) in_flight: usize,
    greetings: usize,
    passes: usize,
    compare_bytes: usize,
    /// Whether this session has brought or sent anything since the last greeting.
    moved: bool,
    deadline: u64,
}

/// What the side that asks is waiting for.
#[derive(Debug)]
enum Stage {
    /// We answer.
    Answering,
    /// The stream is being opened.
    Opening,
    /// For the peer's greeting.
    Greeting,
    /// For the reply to a message of a comparison.
    Comparing { space: SpaceId, salted: Option<([u8; 16], SaltedSet)>, found: Difference, rounds: usize },
    /// For the last of the changes that we asked for (`fetching`), and for our own to be confirmed.
    Exchanging { space: SpaceId, fetching: bool },
}

impl Session {
    fn new(peer: PublicKey, stage: Stage, now: Now) -> Self {
        Self {
            peer,
            stage,
            ahead: VecDeque::new(),
            salted: None,
            outgoing: VecDeque::new(),
            in_flight: 0,
            greetings: 0,
            passes: 0,
            compare_bytes: 0,
            moved: false,
            deadline: now.milliseconds + limits::SESSION_STILL_MILLISECONDS_MAX,
        }
    }

    /// When the session is given up if nothing happens in it.
    pub(crate) fn deadline(&self) -> u64 {
        self.deadline
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

    /// A peer opened a session.
    pub(crate) fn opened(&mut self, now: Now, session: SessionId, peer: PublicKey) {
        let open = self.sessions.iter().filter(|(id, open)| !id.is_outbound() && open.peer == peer).count();
        if self.roster.organisation_of(&peer).is_none() || open >= limits::SESSIONS_PER_PEER_MAX {
            self.pending.effects.push(Effect::Close { session });
            return;
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
        if self.sessions.contains_key(&session) {
            self.end_session(now, session, false);
        }
    }

    /// A frame came.
    pub(crate) fn frame(&mut self, now: Now, session: SessionId, frame: Frame) {
        let Some(open) = self.sessions.get_mut(&session) else { return };
        open.deadline = now.milliseconds + limits::SESSION_STILL_MILLISECONDS_MAX;
        let result = match frame {
            Frame::Greeting { spaces } => self.greeting(now, session, spaces),
            Frame::Compare { space, salt, body } => self.compare(now, session, space, salt, &body),
            Frame::Want { space, salt, ids } => self.want(session, space, salt, &ids),
            Frame::WantAll { space } => self.want_all(session, space),
            Frame::Changes { space, last, changes } => self.changes(now, session, space, last, changes),
            Frame::Received => self.confirmed(now, session),
        };
        match result {
            Ok(()) => {}
            Err(SessionError::Fault(reason)) => self.fault_in(now, session, reason),
            Err(SessionError::Storage(error)) => {
                tracing::error!(%error, "a session ends because the store cannot be read");
                self.end_session(now, session, false);
            }
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
            self.end_session(now, session, false);
        }
        let back_off_milliseconds = limits::FAULT_BACK_OFF_MILLISECONDS;
        self.pending.effects.push(Effect::Disconnect { peer, reason, back_off_milliseconds });
    }

    /// Confirms a frame of changes that has been committed.
    pub(crate) fn confirm(&mut self, now: Now, session: SessionId) {
        if self.sessions.contains_key(&session) {
            self.pending.effects.push(Effect::Send { session, frame: Frame::received() });
            self.advance(now, session);
        }
    }

    /// Ends a session and plans the next with its peer, if it was ours.
    pub(crate) fn end_session(&mut self, now: Now, session: SessionId, well: bool) {
        let Some(ended) = self.sessions.remove(&session) else { return };
        self.pending.effects.push(Effect::Close { session });
        let jitter = self.jitter();
        if let Some(peer) = self.peers.get_mut(&ended.peer)
            && peer.session == Some(session)
        {
            peer.session = None;
            if well {
                peer.rest(now.milliseconds, jitter);
            } else {
                peer.back_off(now.milliseconds, jitter);
            }
        }
    }

    fn greet(&mut self, now: Now, session: SessionId) {
        let spaces = self.summaries();
        let frame = Frame::greeting(&self.config.network, &spaces);
        if let Some(open) = self.sessions.get_mut(&session) {
            open.deadline = now.milliseconds + limits::SESSION_STILL_MILLISECONDS_MAX;
            self.pending.effects.push(Effect::Send { session, frame });
        }
    }

    /// What this node holds of the spaces that it exchanges.
    fn summaries(&mut self) -> Vec<Summary> {
        let exchanged = self.sets.iter_mut().filter(|(space, _)| is_exchanged(space));
        exchanged.map(|(space, set)| Summary { space: *space, count: set.len() as u64, digest: set.digest() }).collect()
    }

    fn greeting(&mut self, now: Now, session: SessionId, theirs: Vec<Summary>) -> Result<(), SessionError> {
        let ours = self.summaries();
        let Some(open) = self.sessions.get_mut(&session) else { return Ok(()) };
        open.greetings += 1;
        if open.greetings > limits::GREETINGS_MAX {
            return fault("it greets without end");
        }
        let differing: VecDeque<Summary> = ours
            .iter()
            .filter_map(|own| {
                theirs.iter().find(|summary| summary.space == own.space).filter(|their| their.digest != own.digest)
            })
            .cloned()
            .collect();
        let asks = match open.stage {
            Stage::Answering => false,
            Stage::Greeting => true,
            _ => return fault("it greets in the middle of a comparison"),
        };
        if let Some(peer) = self.peers.get_mut(&open.peer) {
            peer.theirs = theirs;
            if differing.is_empty() {
                peer.last_in_step = Some(now.wall);
                peer.fault = None;
                if !asks && peer.session.is_none() {
                    peer.next_check = Some(now.milliseconds + 2 * limits::IDLE_MILLISECONDS);
                }
            }
        }
        if !asks {
            self.greet(now, session);
            return Ok(());
        }
        let stuck = open.passes > 0 && !open.moved;
        if differing.is_empty() || stuck || open.passes >= limits::PASSES_MAX {
            // What still differs waits for something that neither has, or came in just now: the next session sees to it.
            let (peer, again) = (open.peer, !differing.is_empty() && !stuck);
            self.end_session(now, session, true);
            if again && let Some(peer) = self.peers.get_mut(&peer) {
                peer.check_by(now.milliseconds + limits::SETTLE_MILLISECONDS);
            }
            return Ok(());
        }
        open.passes += 1;
        open.moved = false;
        open.ahead = differing;
        self.next_space(now, session)
    }

    /// The asking side turns to the next space that differs; after the last it greets again.
    fn next_space(&mut self, now: Now, session: SessionId) -> Result<(), SessionError> {
        let Some(open) = self.sessions.get_mut(&session) else { return Ok(()) };
        let Some(theirs) = open.ahead.pop_front() else {
            open.stage = Stage::Greeting;
            self.greet(now, session);
            return Ok(());
        };
        let space = theirs.space;
        let Some(set) = self.sets.get(&space) else { return self.next_space(now, session) };
        if set.is_empty() {
            open.stage = Stage::Exchanging { space, fetching: true };
            self.pending.effects.push(Effect::Send { session, frame: Frame::want_all(&space) });
        } else if theirs.count == 0 {
            open.stage = Stage::Exchanging { space, fetching: false };
            let everything = Outgoing::everything(space, set, self.storage.as_ref())?;
            open.outgoing.push_back(everything);
            self.fill(session)?;
        } else {
            let body = knotwork_reconcile::begin(set).map_err(|error| SessionError::Fault(error.to_string()))?;
            open.compare_bytes += body.len();
            open.stage = Stage::Comparing { space, salted: None, found: Difference::default(), rounds: 1 };
            self.pending.effects.push(Effect::Send { session, frame: Frame::compare(&space, None, &body) });
        }
        Ok(())
    }

    fn compare(
        &mut self,
        now: Now,
        session: SessionId,
        space: SpaceId,
        salt: Option<[u8; 16]>,
        body: &[u8],
    ) -> Result<(), SessionError> {
        let Some(open) = self.sessions.get_mut(&session) else { return Ok(()) };
        open.compare_bytes += body.len();
        if matches!(open.stage, Stage::Answering) {
            return self.answer(session, space, salt, body);
        }
        let Stage::Comparing { space: asked, salted, mut found, rounds } =
            std::mem::replace(&mut open.stage, Stage::Greeting)
        else {
            return fault("it answers a comparison that nobody asked for");
        };
        let set = self.sets.get(&space).filter(|_| asked == space && salted.as_ref().map(|(salt, _)| *salt) == salt);
        let Some(set) = set else { return fault("it answers another comparison than the one asked for") };
        let next = match &salted {
            None => knotwork_reconcile::proceed(set, body, &mut found),
            Some((_, set)) => knotwork_reconcile::proceed(set, body, &mut found),
        };
        let next = next.map_err(|error| SessionError::Fault(error.to_string()))?;
        let enough = rounds >= limits::COMPARE_ROUNDS_MAX
            || open.compare_bytes > limits::COMPARE_BYTES_MAX
            || found.len() > limits::WANTED_MAX;
        match next {
            Some(body) if !enough => {
                open.compare_bytes += body.len();
                let salt = salted.as_ref().map(|(salt, _)| *salt);
                open.stage = Stage::Comparing { space, salted, found, rounds: rounds + 1 };
                self.pending.effects.push(Effect::Send { session, frame: Frame::compare(&space, salt, &body) });
                Ok(())
            }
            _ => self.exchange(now, session, space, salted, found),
        }
    }

    /// A comparison is through: both sides send what the other lacks.
    fn exchange(
        &mut self,
        now: Now,
        session: SessionId,
        space: SpaceId,
        salted: Option<([u8; 16], SaltedSet)>,
        mut found: Difference,
    ) -> Result<(), SessionError> {
        let Some(set) = self.sets.get(&space) else { return Ok(()) };
        if found.is_empty() && salted.is_none() {
            // The digests differ and the sums do not: somebody chose ids to deceive. Under a fresh salt nobody has.
            let mut salt = [0; 16];
            self.random.fill_bytes(&mut salt);
            let salted_set = SaltedSet::new(set, salt);
            let body =
                knotwork_reconcile::begin(&salted_set).map_err(|error| SessionError::Fault(error.to_string()))?;
            let Some(open) = self.sessions.get_mut(&session) else { return Ok(()) };
            open.stage = Stage::Comparing { space, salted: Some((salt, salted_set)), found, rounds: 1 };
            self.pending.effects.push(Effect::Send { session, frame: Frame::compare(&space, Some(salt), &body) });
            return Ok(());
        }
        let salt = salted.as_ref().map(|(salt, _)| *salt);
        if let Some((_, salted)) = &salted {
            found.have = found.have.iter().filter_map(|id| salted.unsalt(id)).collect();
        } else {
            found.need.retain(|id| !self.held.contains(id));
        }
        found.need.truncate(limits::WANTED_MAX);
        let outgoing = Outgoing::of_ids(space, &found.have, self.storage.as_ref())?;
        let Some(open) = self.sessions.get_mut(&session) else { return Ok(()) };
        let fetching = !found.need.is_empty();
        open.stage = Stage::Exchanging { space, fetching };
        if fetching {
            self.pending.effects.push(Effect::Send { session, frame: Frame::want(&space, salt, &found.need) });
        }
        if !found.have.is_empty() {
            open.moved = true;
            open.outgoing.push_back(outgoing);
        }
        self.fill(session)?;
        self.advance(now, session);
        Ok(())
    }

    /// Answers a message of a comparison.
    fn answer(
        &mut self,
        session: SessionId,
        space: SpaceId,
        salt: Option<[u8; 16]>,
        body: &[u8],
    ) -> Result<(), SessionError> {
        let Some(open) = self.sessions.get_mut(&session) else { return Ok(()) };
        if open.compare_bytes > 2 * limits::COMPARE_BYTES_MAX {
            return fault("it compares without end");
        }
        let Some(set) = self.sets.get(&space).filter(|_| is_exchanged(&space)) else {
            return fault("it asks for a space that is not exchanged");
        };
        let reply = match salt {
            None => knotwork_reconcile::answer(set, body),
            Some(salt) => {
                let fresh = open.salted.as_ref().is_none_or(|(known, with, _)| *known != space || *with != salt);
                if fresh {
                    open.salted = Some((space, salt, SaltedSet::new(set, salt)));
                }
                match &open.salted {
                    Some((_, _, salted)) => knotwork_reconcile::answer(salted, body),
                    None => return Ok(()),
                }
            }
        };
        let reply = reply.map_err(|error| SessionError::Fault(error.to_string()))?;
        open.compare_bytes += reply.len();
        self.pending.effects.push(Effect::Send { session, frame: Frame::compare(&space, salt, &reply) });
        Ok(())
    }

    fn want(
        &mut self,
        session: SessionId,
        space: SpaceId,
        salt: Option<[u8; 16]>,
        ids: &[ChangeId],
    ) -> Result<(), SessionError> {
        let Some(open) = self.sessions.get_mut(&session) else { return Ok(()) };
        if open.outgoing.len() >= limits::OUTGOING_MAX {
            return fault("it asks for more than it takes");
        }
        if !is_exchanged(&space) || !self.sets.contains_key(&space) {
            return fault("it asks for a space that is not exchanged");
        }
        let ids: Vec<ChangeId> = match (salt, &open.salted) {
            (None, _) => ids.to_vec(),
            (Some(salt), Some((known, with, salted))) if *known == space && *with == salt => {
                ids.iter().filter_map(|id| salted.unsalt(id)).collect()
            }
            _ => return fault("it asks for changes under a salt that was never used"),
        };
        let outgoing = Outgoing::of_ids(space, &ids, self.storage.as_ref())?;
        open.outgoing.push_back(outgoing);
        self.fill(session)
    }

    fn want_all(&mut self, session: SessionId, space: SpaceId) -> Result<(), SessionError> {
        let Some(open) = self.sessions.get_mut(&session) else { return Ok(()) };
        if open.outgoing.len() >= limits::OUTGOING_MAX {
            return fault("it asks for more than it takes");
        }
        let Some(set) = self.sets.get(&space).filter(|_| is_exchanged(&space)) else {
            return fault("it asks for a space that is not exchanged");
        };
        let everything = Outgoing::everything(space, set, self.storage.as_ref())?;
        open.outgoing.push_back(everything);
        self.fill(session)
    }

    /// Takes in changes that the peer sent.
    fn changes(
        &mut self,
        now: Now,
        session: SessionId,
        space: SpaceId,
        last: bool,
        changes: Vec<Checked>,
    ) -> Result<(), SessionError> {
        let Some(open) = self.sessions.get(&session) else { return Ok(()) };
        let peer = open.peer;
        if !is_exchanged(&space) {
            return fault("it sends changes of a space that is not exchanged");
        }
        match open.stage {
            Stage::Answering => {}
            Stage::Exchanging { space: asked, fetching: true } if asked == space => {}
            _ => return fault("it sends changes that nobody asked for"),
        }
        let mut brought = false;
        for checked in changes {
            let Checked::Change(change) = checked else { continue };
            match self.offer(now, Arc::new(change), peer) {
                Ok(outcome) => brought |= outcome == Outcome::Admitted,
                Err(AdmissionError::Storage(error)) => return Err(error.into()),
                Err(error) => return fault(&error.to_string()),
            }
        }
        if brought {
            self.pending.brought.push(peer);
        }
        self.pending.received.push(session);
        if let Some(open) = self.sessions.get_mut(&session) {
            open.moved |= brought;
            if let Stage::Exchanging { fetching, .. } = &mut open.stage
                && last
            {
                *fetching = false;
            }
        }
        Ok(())
    }

    fn confirmed(&mut self, now: Now, session: SessionId) -> Result<(), SessionError> {
        let Some(open) = self.sessions.get_mut(&session) else { return Ok(()) };
        let Some(in_flight) = open.in_flight.checked_sub(1) else { return fault("it confirms what was not sent") };
        open.in_flight = in_flight;
        self.fill(session)?;
        self.advance(now, session);
        Ok(())
    }

    /// Moves an exchange on once nothing is on its way in either direction.
    fn advance(&mut self, now: Now, session: SessionId) {
        let Some(open) = self.sessions.get(&session) else { return };
        let through = matches!(open.stage, Stage::Exchanging { fetching: false, .. })
            && open.outgoing.is_empty()
            && open.in_flight == 0
            && !self.pending.received.contains(&session);
        if through && let Err(error) = self.next_space(now, session) {
            match error {
                SessionError::Fault(reason) => self.fault_in(now, session, reason),
                SessionError::Storage(error) => {
                    tracing::error!(%error, "a session ends because the store cannot be read");
                    self.end_session(now, session, false);
                }
            }
        }
    }
}

/// Whether a space is exchanged with every node of the network.
pub(crate) fn is_exchanged(space: &SpaceId) -> bool {
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

fn fault<T>(reason: &str) -> Result<T, SessionError> {
    Err(SessionError::Fault(reason.to_owned()))
}
