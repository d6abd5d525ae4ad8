//! Following: keeps an index a moment behind the node.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use knotwork_commands::{CommandError, Entry, Listener, NodeHandle, Position, SearchError};
use knotwork_documents::kinds;
use knotwork_identity::DocumentId;
use thiserror::Error;
use tokio::time::{Instant, sleep, timeout_at};
use tracing::{debug, warn};

use crate::Index;

/// Brings an index in step with a node and keeps it there, until the node stops. What fails is tried again from where
/// the index was last committed.
pub async fn follow(handle: NodeHandle, index: Arc<Index>) {
    let mut wait = RETRY_FIRST;
    loop {
        let began = Instant::now();
        let Err(error) = Follower::new(handle.clone(), index.clone()).run().await else { return };
        if !handle.is_running() {
            return;
        }
        warn!(%error, "the search index is behind");
        if began.elapsed() > RETRY_LAST {
            wait = RETRY_FIRST;
        }
        sleep(wait).await;
        wait = (wait * 2).min(RETRY_LAST);
        let index = index.clone();
        if let Err(error) = away(move || Ok(index.renew()?)).await {
            warn!(%error, "the search index cannot be written");
        }
    }
}

struct Follower {
    handle: NodeHandle,
    index: Arc<Index>,
    /// Resources that changed and are not in the index yet.
    changed: BTreeSet<DocumentId>,
    /// When the index was last committed.
    committed: Option<Instant>,
}

impl Follower {
    fn new(handle: NodeHandle, index: Arc<Index>) -> Self {
        Self { handle, index, changed: BTreeSet::new(), committed: None }
    }

    /// Goes on until the node stops.
    async fn run(mut self) -> Result<(), FollowError> {
        let mut listener = self.begin().await?;
        loop {
            let notices = listener.next().await?;
            if notices.is_empty() {
                return Ok(());
            }
            self.note(&notices);
            if self.changed.is_empty() {
                // Not worth a commit: after a restart, so little is read again.
                self.index.reached(listener.position().sequence);
                continue;
            }
            let stopping = self.gather(&mut listener).await?;
            self.catch_up(Some(listener.position())).await?;
            if stopping {
                return Ok(());
            }
        }
    }

    /// Where to go on: from where the index is kept, or, if that is no place of this store, after it was made anew.
    async fn begin(&mut self) -> Result<Listener, FollowError> {
        if let Some(position) = self.index.committed() {
            let listener = self.handle.listen(Some(position));
            if !listener.begins_anew() {
                self.index.reached(position.sequence);
                return Ok(listener);
            }
        }
        // What changes from here on is read again afterwards, so that no resource is missed that moves in the listing.
        let from = self.handle.position();
        let (handle, index) = (self.handle.clone(), self.index.clone());
        away(move || make(&handle, &index, from)).await?;
        Ok(self.handle.listen(Some(from)))
    }

    /// Takes in what else changes until it is time for the next commit. Answers whether the node is stopping.
    async fn gather(&mut self, listener: &mut Listener) -> Result<bool, FollowError> {
        let soon = Instant::now() + GATHER;
        let due = self.committed.map_or(soon, |committed| soon.max(committed + COMMIT_EVERY));
        loop {
            let Ok(notices) = timeout_at(due, listener.next()).await else { return Ok(false) };
            let notices = notices?;
            if notices.is_empty() {
                return Ok(true);
            }
            self.note(&notices);
            if self.changed.len() >= CHANGED_MAX {
                self.catch_up(None).await?;
            }
            if Instant::now() >= due {
                return Ok(false);
            }
        }
    }

    fn note(&mut self, notices: &[knotwork_commands::ChangeNotice]) {
        let resources = notices.iter().filter(|notice| notice.kind == kinds::RESOURCE.0);
        self.changed.extend(resources.map(|notice| notice.document));
    }

    /// Reads again what changed, and commits if told up to which place that is.
    async fn catch_up(&mut self, commit: Option<Position>) -> Result<(), FollowError> {
        let changed = std::mem::take(&mut self.changed);
        let (handle, index) = (self.handle.clone(), self.index.clone());
        away(move || {
            for document in changed {
                match handle.resource(&document) {
                    Ok(entry) => index.put(&[entry.into()])?,
                    Err(CommandError::NotFound(_)) => index.remove(&[document])?,
                    Err(error) => return Err(error.into()),
                }
            }
            if commit.is_some() {
                index.commit(commit)?;
            }
            Ok(())
        })
        .await?;
        if commit.is_some() {
            self.committed = Some(Instant::now());
        }
        Ok(())
    }
}

/// Makes the index anew from everything that is in the library.
fn make(handle: &NodeHandle, index: &Index, from: Position) -> Result<(), FollowError> {
    index.clear()?;
    let mut after = None;
    loop {
        let page = handle.resources(None, after.as_ref(), PAGE_ENTRIES)?;
        let entries: Vec<Entry> = page.items.into_iter().map(Entry::from).collect();
        index.put(&entries)?;
        after = page.next;
        if after.is_none() {
            break;
        }
        if !handle.is_running() {
            return Err(CommandError::Stopping.into());
        }
    }
    index.commit(Some(from))?;
    debug!(entries = index.len(), "the search index is made");
    Ok(())
}

/// Runs what takes long away from the threads that answer others.
async fn away<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, FollowError> + Send + 'static,
) -> Result<T, FollowError> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(FollowError::Panicked(error.to_string())))
}

/// Why the index is not kept for now.
#[derive(Debug, Error)]
enum FollowError {
    #[error(transparent)]
    Node(#[from] CommandError),
    #[error(transparent)]
    Index(#[from] SearchError),
    #[error("the search index failed: {0}")]
    Panicked(String),
}

/// How long to wait for more, so that what is written in one go is committed in one.
const GATHER: Duration = Duration::from_millis(10);
/// The least time between commits.
const COMMIT_EVERY: Duration = Duration::from_millis(100);
/// How many changed resources are remembered before they are read.
const CHANGED_MAX: usize = 256;
/// How many resources are read at once while the index is made.
const PAGE_ENTRIES: usize = 64;
/// How long to wait after a failure, at first and at last.
const RETRY_FIRST: Duration = Duration::from_secs(1);
const RETRY_LAST: Duration = Duration::from_secs(60);
