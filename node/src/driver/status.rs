//! Keeping the node's own word on itself fresh without spending much on it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use knotwork_replica::{Replica, Status};
use tokio::sync::watch;

/// Where the replica's latest word on itself is put up.
#[derive(Debug)]
pub(crate) struct StatusBoard {
    board: watch::Sender<Arc<Status>>,
    /// Not to be made anew before.
    not_before: Instant,
    outdated: bool,
}

impl StatusBoard {
    pub(crate) fn new(board: watch::Sender<Arc<Status>>) -> Self {
        Self { board, not_before: Instant::now(), outdated: false }
    }

    /// Something has happened that may change the status.
    pub(crate) fn outdated(&mut self) {
        self.outdated = true;
    }

    /// When the status is to be made anew.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.outdated.then_some(self.not_before)
    }

    /// Makes the status anew, unless that was done a moment ago; then it is due in a moment.
    pub(crate) fn refresh(&mut self, replica: &mut Replica) {
        if Instant::now() < self.not_before {
            self.outdated = true;
            return;
        }
        self.make(replica);
    }

    /// Makes the status anew before somebody is answered whose write changed it, so that they find it there; where there
    /// are many changes they may have to wait for it a moment.
    pub(crate) fn refresh_for_answer(&mut self, replica: &mut Replica, changes: u64) {
        if self.outdated && changes <= CHEAP_CHANGES_MAX {
            self.make(replica);
        }
    }

    fn make(&mut self, replica: &mut Replica) {
        let began = Instant::now();
        self.outdated = false;
        let status = replica.status();
        self.not_before = began + PAUSE_MIN.max(began.elapsed() * PAUSE_FACTOR);
        self.board.send_if_modified(|board| {
            let differs = **board != status;
            if differs {
                *board = Arc::new(status);
            }
            differs
        });
    }
}

/// A status of so many changes takes less time than a sync: most of it is their digest, at 32 bytes a change.
const CHEAP_CHANGES_MAX: u64 = 10_000;
/// The least time between two.
const PAUSE_MIN: Duration = Duration::from_millis(20);
/// How many times as long as making a status the pause after it is: a status is made from all that is held, and must
/// not take up the thread.
const PAUSE_FACTOR: u32 = 20;
