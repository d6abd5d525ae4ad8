//! Changes on their way in, in a session: offered to the gate as far as a batch takes them, and confirmed once they are
//! committed.

use std::sync::Arc;

use knotwork_identity::SpaceId;
use knotwork_ledger::Checked;

use crate::{
    Effect, Frame, Now, Replica, SessionId,
    admission::{AdmissionError, Outcome},
    limits,
    peer::Ending,
    session::{SessionError, Stage, fault},
};

/// A frame of changes, as far as it is still to be dealt with.
#[derive(Debug)]
pub(crate) struct Arrived {
    changes: std::vec::IntoIter<Checked>,
    /// Whether more came than was there to ask for.
    enough: bool,
}

impl Replica {
    /// Takes in changes that the peer of a session sent.
    pub(crate) fn changes(
        &mut self,
        now: Now,
        session: SessionId,
        space: SpaceId,
        last: bool,
        changes: Vec<Checked>,
    ) -> Result<(), SessionError> {
        if !self.is_exchanged(session, &space) {
            return fault("it sends changes of a space that is not exchanged");
        }
        let Some(open) = self.sessions.get_mut(&session) else { return Ok(()) };
        let enough = match &mut open.stage {
            Stage::Answering => false,
            Stage::Exchanging { space: asked, fetching } if *asked == space => {
                let Some(left) = *fetching else { return fault("it sends changes that nobody asked for") };
                *fetching = (!last).then(|| left.saturating_sub(changes.len()));
                changes.len() > left
            }
            _ => return fault("it sends changes that nobody asked for"),
        };
        open.unconfirmed += 1;
        if open.unconfirmed > limits::PACKS_IN_FLIGHT_MAX {
            return fault("it sends more than may be on its way unconfirmed");
        }
        open.incoming.push_back(Arrived { changes: changes.into_iter(), enough });
        self.take_in(now, session)
    }

    /// Deals with what has come in a session, until the batch is full; the rest is for the next.
    pub(crate) fn take_in(&mut self, now: Now, session: SessionId) -> Result<(), SessionError> {
        let mut brought = false;
        loop {
            let next = self.sessions.get(&session).and_then(|open| open.incoming.front()?.changes.as_slice().first());
            if next.is_some_and(|next| !self.has_room_for(next)) {
                self.unfinished.push(session);
                return Ok(());
            }
            let Some(open) = self.sessions.get_mut(&session) else { return Ok(()) };
            let (peer, Some(arrived)) = (open.peer, open.incoming.front_mut()) else { return Ok(()) };
            match arrived.changes.next() {
                None => {
                    let enough = arrived.enough;
                    open.incoming.pop_front();
                    if enough {
                        // More than was there to ask for: what came is kept, and the rest is for another session.
                        let brought = open.brought;
                        self.end_session(now, session, Ending::Unfinished { brought });
                        return Ok(());
                    }
                    self.pending.received.push(session);
                }
                Some(Checked::UnknownFormat(change)) => self.pass_over_unknown(now, &change),
                Some(Checked::Change(change)) => match self.offer(now, Arc::new(change), peer) {
                    Ok(Outcome::Admitted) => {
                        if !std::mem::replace(&mut brought, true) {
                            self.pending.brought.push(peer);
                        }
                        if let Some(open) = self.sessions.get_mut(&session) {
                            open.brought = true;
                        }
                    }
                    Ok(_) => {}
                    Err(AdmissionError::Storage(error)) => return Err(error.into()),
                    Err(error) => return fault(&error.to_string()),
                },
            }
        }
    }

    /// Confirms a frame of changes that has been committed.
    pub(crate) fn confirm(&mut self, session: SessionId) {
        if let Some(open) = self.sessions.get_mut(&session) {
            open.unconfirmed = open.unconfirmed.saturating_sub(1);
            self.pending.effects.push(Effect::Send { session, frame: Frame::received() });
        }
    }

    /// Goes on with what sessions have left to do, each in its turn.
    pub(crate) fn go_on(&mut self, now: Now) {
        for session in self.unfinished.take() {
            if let Some(open) = self.sessions.get_mut(&session) {
                open.moves(now);
            }
            if let Err(error) = self.take_in(now, session).and_then(|()| self.fill(session)) {
                self.give_up(now, session, error);
            }
        }
    }
}
