//! Listening: following a node's own order of admission.

use std::sync::Arc;

use knotwork_replica::{Storage, StoredChange};
use tokio::sync::watch;

use crate::{
    ChangeNotice, CommandError, NodeHandle, Position,
    handle::{away, storage_error},
};

/// Follows a node's own order of admission.
pub struct Listener {
    handle: NodeHandle,
    storage: Arc<dyn Storage>,
    admitted: watch::Receiver<u64>,
    at: Position,
    begins_anew: bool,
}

impl Listener {
    pub(crate) fn new(
        handle: NodeHandle,
        storage: Arc<dyn Storage>,
        admitted: watch::Receiver<u64>,
        after: Option<Position>,
    ) -> Self {
        let now = Position { incarnation: storage.incarnation(), sequence: *admitted.borrow() };
        let follows = |after: &Position| after.incarnation == now.incarnation && after.sequence <= now.sequence;
        let begins_anew = after.is_some_and(|after| !follows(&after));
        let at = if begins_anew { Position { sequence: 0, ..now } } else { after.unwrap_or(now) };
        Self { handle, storage, admitted, at, begins_anew }
    }

    /// Whether it begins at the start because the position that was asked for is not one of this store.
    #[must_use]
    pub fn begins_anew(&self) -> bool {
        self.begins_anew
    }

    /// Where it is: everything after this place is still to come.
    #[must_use]
    pub fn position(&self) -> Position {
        self.at
    }

    /// The next changes, oldest first; waits until there is one. An empty answer means that the node is stopping, or that whoever
    /// listens has no place here any more.
    /// Nothing is lost when the wait is given up.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn next(&mut self) -> Result<Vec<ChangeNotice>, CommandError> {
        loop {
            let after = self.at.sequence;
            if self.admitted.wait_for(|newest| *newest > after).await.is_err() {
                return Ok(Vec::new());
            }
            if self.handle.departed().is_some() {
                return Ok(Vec::new());
            }
            let storage = self.storage.clone();
            let stored = away(move || storage.changes_from(after + 1, NOTICES_AT_ONCE).map_err(storage_error)).await?;
            let Some(last) = stored.last() else { return Ok(Vec::new()) };
            self.at.sequence = last.sequence;
            let seen = stored.iter().filter(|stored| self.handle.sees(&stored.change.header.space));
            let notices: Vec<ChangeNotice> = seen.map(|stored| self.notice(stored)).collect();
            if !notices.is_empty() {
                return Ok(notices);
            }
        }
    }

    fn notice(&self, stored: &StoredChange) -> ChangeNotice {
        let header = &stored.change.header;
        ChangeNotice {
            position: Position { sequence: stored.sequence, ..self.at },
            document: header.id(),
            change: stored.id,
            kind: header.kind.0,
            space: header.space,
            by: self.handle.contributor(&stored.change.author),
        }
    }
}

/// How many changes are read from the store at once.
const NOTICES_AT_ONCE: usize = 64;
