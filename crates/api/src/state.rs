//! What every handler has at hand.

use std::{sync::Arc, time::Duration};

use knotwork_commands::{CommandError, NodeHandle};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::{limits, metrics::Metrics, problem::Problem};

/// The state behind all routes. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Api {
    /// The node.
    pub(crate) handle: NodeHandle,
    /// What is counted of requests.
    pub(crate) metrics: Arc<Metrics>,
    /// Places for what takes long.
    pub(crate) places: Arc<Places>,
}

/// How many requests of a kind that takes long may run at once.
#[derive(Debug)]
pub(crate) struct Places {
    pub(crate) events: Arc<Semaphore>,
    pub(crate) exports: Arc<Semaphore>,
    pub(crate) imports: Arc<Semaphore>,
    pub(crate) long_bodies: Arc<Semaphore>,
}

impl Default for Places {
    fn default() -> Self {
        let places = |most| Arc::new(Semaphore::new(most));
        Self {
            events: places(limits::EVENT_STREAMS_MAX),
            exports: places(limits::EXPORTS_MAX),
            imports: places(limits::IMPORTS_MAX),
            long_bodies: places(limits::LONG_BODIES_MAX),
        }
    }
}

impl Api {
    /// Asks the node something that it answers from its store, away from the threads that serve others.
    ///
    /// # Errors
    /// When the node cannot answer.
    ///
    /// # Panics
    /// As `question` does.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        question: impl FnOnce(&NodeHandle) -> Result<T, CommandError> + Send + 'static,
    ) -> Result<T, Problem> {
        let handle = self.handle.clone();
        match tokio::task::spawn_blocking(move || question(&handle)).await {
            Ok(answer) => Ok(answer?),
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => Err(Problem::stopping()),
            },
        }
    }
}

/// Takes one of the places for `what`, to be given back when it is dropped.
///
/// # Errors
/// When all are taken.
pub(crate) fn take_place(places: &Arc<Semaphore>, what: &str) -> Result<OwnedSemaphorePermit, Problem> {
    Arc::clone(places).try_acquire_owned().map_err(|_| too_many(what))
}

/// Waits for one of the places for `what`, to be given back when it is dropped.
///
/// # Errors
/// When none comes free within `longest`.
pub(crate) async fn wait_for_place(
    places: &Arc<Semaphore>,
    what: &str,
    longest: Duration,
) -> Result<OwnedSemaphorePermit, Problem> {
    match tokio::time::timeout(longest, Arc::clone(places).acquire_owned()).await {
        Ok(Ok(place)) => Ok(place),
        Ok(Err(_)) | Err(_) => Err(too_many(what)),
    }
}

fn too_many(what: &str) -> Problem {
    Problem::busy(format!("the node has as many {what} as it can carry: try again in a moment"))
}

/// Tells a request that the node is stopping. Put into every request's extensions by whoever serves it.
#[derive(Debug, Clone)]
pub(crate) struct Stopping(pub(crate) watch::Receiver<bool>);

impl Stopping {
    /// Returns when the node is stopping.
    pub(crate) async fn wait(&mut self) {
        // A sender that is gone has stopped, too.
        let _ = self.0.wait_for(|stopping| *stopping).await;
    }

    /// Whether the node is stopping.
    pub(crate) fn is_now(&self) -> bool {
        *self.0.borrow()
    }
}
