//! What the replica knows of one other node, and when it compares with it next.

use knotwork_identity::{PublicKey, Timestamp};

use crate::{SessionId, frame::Summary, limits};

/// One other node of the roster.
#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) node: PublicKey,
    pub(crate) connected: bool,
    /// The session that we opened with it, if one is open.
    pub(crate) session: Option<SessionId>,
    /// When to compare next, in milliseconds.
    pub(crate) next_check: Option<u64>,
    /// Sessions that failed in a row.
    pub(crate) failures: u32,
    /// What it last said it holds.
    pub(crate) theirs: Vec<Summary>,
    pub(crate) last_in_step: Option<Timestamp>,
    pub(crate) fault: Option<String>,
}

impl Peer {
    pub(crate) fn new(node: PublicKey) -> Self {
        Self {
            node,
            connected: false,
            session: None,
            next_check: None,
            failures: 0,
            theirs: Vec::new(),
            last_in_step: None,
            fault: None,
        }
    }

    /// Compares at `at` at the latest, if there is a connection.
    pub(crate) fn check_by(&mut self, at: u64) {
        if self.connected {
            self.next_check = Some(self.next_check.map_or(at, |planned| planned.min(at)));
        }
    }

    /// Plans the next comparison after one that ended well.
    pub(crate) fn rest(&mut self, now: u64, jitter: u64) {
        self.failures = 0;
        self.next_check = self.connected.then(|| now + limits::IDLE_MILLISECONDS + jitter % limits::IDLE_MILLISECONDS);
    }

    /// Plans the next comparison after one that failed, later each time.
    pub(crate) fn back_off(&mut self, now: u64, jitter: u64) {
        let pause = (limits::RETRY_MILLISECONDS << self.failures.min(16)).min(limits::RETRY_MILLISECONDS_MAX);
        self.failures += 1;
        self.next_check = self.connected.then(|| now + pause + jitter % pause);
    }
}
