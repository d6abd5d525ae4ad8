//! Comparing one space with a peer: what each side lacks, found in a few messages.

use std::collections::HashSet;

use knotwork_identity::{ChangeId, SpaceId};
use knotwork_reconcile::{Difference, SaltedSet};
use rand_core::Rng as _;

use crate::{
    Effect, Frame, Now, Replica, SessionId, limits,
    outgoing::Outgoing,
    session::{SessionError, Stage, fault},
};

/// A comparison, on the side that asks.
#[derive(Debug)]
pub(crate) struct Comparison {
    space: SpaceId,
    /// Under other names, where ids may have been chosen to deceive.
    salted: Option<([u8; 16], SaltedSet)>,
    found: Difference,
    rounds: usize,
}

impl Replica {
    /// Asks the first question. Under a salt the sums are fresh: nobody can have chosen ids for them.
    pub(crate) fn begin_comparison(
        &mut self,
        session: SessionId,
        space: SpaceId,
        under_salt: bool,
    ) -> Result<(), SessionError> {
        let Some(set) = self.sets.get(&space) else { return Ok(()) };
        let salted = under_salt.then(|| {
            let mut salt = [0; 16];
            self.random.fill_bytes(&mut salt);
            (salt, SaltedSet::new(set, salt))
        });
        let body = match &salted {
            None => knotwork_reconcile::begin(set),
            Some((_, salted)) => knotwork_reconcile::begin(salted),
        };
        let body = body.map_err(|error| SessionError::Fault(error.to_string()))?;
        let comparison = Comparison { space, salted, found: Difference::default(), rounds: 1 };
        self.ask(session, comparison, &body);
        Ok(())
    }

    /// A message of a comparison came: a question, or the answer to ours.
    pub(crate) fn compare(
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
        let Stage::Comparing(comparison) = std::mem::replace(&mut open.stage, Stage::Greeting) else {
            return fault("it answers a comparison that nobody asked for");
        };
        let mut comparison = *comparison;
        if comparison.space != space || comparison.salt() != salt {
            return fault("it answers another comparison than the one asked for");
        }
        let Some(set) = self.sets.get(&space) else { return Ok(()) };
        let next = match &comparison.salted {
            None => knotwork_reconcile::proceed(set, body, &mut comparison.found),
            Some((_, salted)) => knotwork_reconcile::proceed(salted, body, &mut comparison.found),
        };
        let next = next.map_err(|error| SessionError::Fault(error.to_string()))?;
        let enough = comparison.rounds >= limits::COMPARE_ROUNDS_MAX
            || open.compare_bytes > limits::COMPARE_BYTES_MAX
            || comparison.found.len() > limits::WANTED_MAX;
        match next {
            Some(body) if !enough => {
                comparison.rounds += 1;
                self.ask(session, comparison, &body);
                Ok(())
            }
            _ => self.exchange(now, session, comparison),
        }
    }

    fn ask(&mut self, session: SessionId, comparison: Comparison, body: &[u8]) {
        let Some(open) = self.sessions.get_mut(&session) else { return };
        open.compare_bytes += body.len();
        let frame = Frame::compare(&comparison.space, comparison.salt(), body);
        open.stage = Stage::Comparing(Box::new(comparison));
        self.pending.effects.push(Effect::Send { session, frame });
    }

    /// A comparison is through: both sides send what the other lacks.
    fn exchange(&mut self, now: Now, session: SessionId, comparison: Comparison) -> Result<(), SessionError> {
        let salt = comparison.salt();
        let Comparison { space, salted, mut found, .. } = comparison;
        let Some(open) = self.sessions.get_mut(&session) else { return Ok(()) };
        if salted.is_none()
            && found.is_empty()
            && let Some(compared) = open.compared.get_mut(&space)
        {
            compared.found_nothing = true;
        }
        // What is held already, or can only be passed over, is not asked for again.
        match &salted {
            None => found.need.retain(|id| !self.held.contains(id) && !self.passed_over.contains(id)),
            Some((_, salted)) => {
                let known: HashSet<ChangeId> =
                    self.held.ids().chain(self.passed_over.ids()).map(|id| salted.salted(id)).collect();
                found.need.retain(|id| !known.contains(id));
                found.have = salted.unsalted(&found.have);
            }
        }
        found.need.truncate(limits::WANTED_MAX);
        let fetching = (!found.need.is_empty()).then_some(found.need.len());
        open.stage = Stage::Exchanging { space, fetching };
        if fetching.is_some() {
            self.pending.effects.push(Effect::Send { session, frame: Frame::want(&space, salt, &found.need) });
        }
        if !found.have.is_empty() {
            open.outgoing.push_back(Outgoing::of_ids(space, found.have));
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
        let is_exchanged = self.is_exchanged(session, &space);
        let Some(open) = self.sessions.get_mut(&session) else { return Ok(()) };
        open.answers += 1;
        if open.answers > limits::ANSWERS_MAX || open.compare_bytes > 2 * limits::COMPARE_BYTES_MAX {
            return fault("it compares without end");
        }
        let Some(set) = self.sets.get(&space).filter(|_| is_exchanged) else {
            return fault("it asks for a space that is not exchanged");
        };
        let reply = match salt {
            None => {
                open.answered.insert(space);
                knotwork_reconcile::answer(set, body)
            }
            Some(salt) => {
                if !open.answered.contains(&space) {
                    return fault("it compares under a salt before it has compared without");
                }
                if open.salted.as_ref().is_none_or(|(known, with, _)| *known != space || *with != salt) {
                    open.salts += 1;
                    if open.salts > limits::SALTS_MAX {
                        return fault("it compares under ever new salts");
                    }
                    open.salted = None;
                }
                let (_, _, salted) = open.salted.get_or_insert_with(|| (space, salt, SaltedSet::new(set, salt)));
                knotwork_reconcile::answer(salted, body)
            }
        };
        let reply = reply.map_err(|error| SessionError::Fault(error.to_string()))?;
        open.compare_bytes += reply.len();
        self.pending.effects.push(Effect::Send { session, frame: Frame::compare(&space, salt, &reply) });
        Ok(())
    }

    /// The ids behind those that a peer asks for in a session.
    pub(crate) fn unsalted(
        &self,
        session: SessionId,
        space: &SpaceId,
        salt: Option<[u8; 16]>,
        ids: Vec<ChangeId>,
    ) -> Result<Vec<ChangeId>, SessionError> {
        let Some(salt) = salt else { return Ok(ids) };
        match self.sessions.get(&session).and_then(|open| open.salted.as_ref()) {
            Some((known, with, salted)) if known == space && *with == salt => Ok(salted.unsalted(&ids)),
            _ => fault("it asks for changes under a salt that was never used"),
        }
    }
}

impl Comparison {
    fn salt(&self) -> Option<[u8; 16]> {
        self.salted.as_ref().map(|(salt, _)| *salt)
    }
}
