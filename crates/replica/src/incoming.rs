//! Changes on their way in, in a session: offered to the gate as they come, and confirmed once they are committed.

use std::sync::Arc;

use knotwork_identity::SpaceId;
use knotwork_ledger::Checked;

use crate::{
    Effect, Frame, Now, Replica, SessionId,
    admission::{AdmissionError, Outcome},
    peer::Ending,
    session::{SessionError, Stage, fault, is_exchanged},
};

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
        let Some(open) = self.sessions.get_mut(&session) else { return Ok(()) };
        if !is_exchanged(&space) {
            return fault("it sends changes of a space that is not exchanged");
        }
        let enough = match &mut open.stage {
            Stage::Answering => false,
            Stage::Exchanging { space: asked, fetching } if *asked == space => {
                let Some(left) = *fetching else { return fault("it sends changes that nobody asked for") };
                *fetching = (!last).then(|| left.saturating_sub(changes.len()));
                changes.len() > left
            }
            _ => return fault("it sends changes that nobody asked for"),
        };
        let peer = open.peer;
        let mut brought = false;
        for checked in changes {
            // What has an unknown format is not kept: nothing in it can be checked. It is asked for again once it can.
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
        if enough {
            // More than was there to ask for: what came is kept, and the rest is for another session.
            self.end_session(now, session, Ending::Unfinished { brought });
            return Ok(());
        }
        self.pending.received.push(session);
        if let Some(open) = self.sessions.get_mut(&session) {
            open.brought |= brought;
        }
        Ok(())
    }

    /// Confirms a frame of changes that has been committed.
    pub(crate) fn confirm(&mut self, session: SessionId) {
        if self.sessions.contains_key(&session) {
            self.pending.effects.push(Effect::Send { session, frame: Frame::received() });
        }
    }
}
