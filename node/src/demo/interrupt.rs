//! Noticing Ctrl-C and SIGTERM between two steps, so that everything that was started is ended.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use tokio::signal::unix::{SignalKind, signal};

use crate::{failure::Failure, reach};

/// Whether the person at the terminal wants an end.
#[derive(Debug, Clone)]
pub(crate) struct Interrupt {
    wanted: Arc<AtomicBool>,
}

impl Interrupt {
    /// Takes note of signals from now on, in place of ending the process.
    pub(crate) fn listen() -> Result<Self, Failure> {
        let wanted = Arc::new(AtomicBool::new(false));
        let runtime = reach::runtime(1)?;
        let cannot = |error: std::io::Error| Failure::io(&error, "cannot listen for signals");
        let (mut interrupt, mut terminate) = {
            let _inside = runtime.enter();
            (signal(SignalKind::interrupt()).map_err(cannot)?, signal(SignalKind::terminate()).map_err(cannot)?)
        };
        let flag = wanted.clone();
        thread::spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
            });
            flag.store(true, Ordering::Relaxed);
        });
        Ok(Self { wanted })
    }

    /// Whether an end is wanted.
    pub(crate) fn is_wanted(&self) -> bool {
        self.wanted.load(Ordering::Relaxed)
    }

    /// For what has to be done even where an end is wanted.
    pub(crate) fn unheeded(&self) -> Self {
        Self { wanted: Arc::default() }
    }

    /// Asks again and again until there is an answer. Fails with `too_late` after a time, and where an end is wanted.
    pub(crate) fn wait_for<T>(
        &self,
        most: Duration,
        too_late: impl FnOnce() -> Failure,
        mut ask: impl FnMut() -> Result<Option<T>, Failure>,
    ) -> Result<T, Failure> {
        let give_up = Instant::now().checked_add(most);
        loop {
            if let Some(answer) = ask()? {
                return Ok(answer);
            }
            if self.is_wanted() {
                return Err(Failure::new("stopped before its end"));
            }
            if give_up.is_some_and(|at| Instant::now() >= at) {
                return Err(too_late());
            }
            thread::sleep(PAUSE);
        }
    }
}

const PAUSE: Duration = Duration::from_millis(25);
