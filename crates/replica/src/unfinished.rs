//! Sessions that have something left to do, in the order of their turns.

use std::collections::VecDeque;

use crate::SessionId;

/// The sessions that go on when the replica is woken next.
#[derive(Debug, Default)]
pub(crate) struct Unfinished {
    sessions: VecDeque<SessionId>,
}

impl Unfinished {
    /// A session has something left to do. Its turn comes after those of the others.
    pub(crate) fn push(&mut self, session: SessionId) {
        if !self.sessions.contains(&session) {
            self.sessions.push_back(session);
        }
    }

    /// All of them, each for one turn.
    pub(crate) fn take(&mut self) -> VecDeque<SessionId> {
        std::mem::take(&mut self.sessions)
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.sessions.is_empty()
    }
}
