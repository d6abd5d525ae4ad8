//! Giving an engine, on a thread of its own, what has been committed before it.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
    thread::JoinHandle,
};

use knotwork_replica::StorageError;

use crate::{
    engine::{Engine, Writes},
    journal::OWNER_BYTES,
    overlay::{Layer, Overlay},
};

/// An engine, the layers over it, and the thread that brings them down.
#[derive(Debug)]
pub(crate) struct Sinking<E> {
    engine: E,
    overlay: RwLock<Overlay>,
    state: Mutex<State>,
    changed: Condvar,
}

/// How far an engine is: whose journal it belongs to, and the number of the last commit that it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) owner: [u8; OWNER_BYTES],
    pub(crate) number: u64,
}

#[derive(Debug)]
enum State {
    /// No layer is on its way.
    Idle,
    /// A layer is to be brought down, with which the engine is this far.
    Wanted(Position),
    /// There was no room to bring a layer down. Nothing of it was written, and it can be tried again.
    Full(Position),
    /// A layer could not be brought down.
    Failed(String),
    /// The thread is to end, or has.
    Closed,
}

impl<E: Engine> Sinking<E> {
    /// Starts the thread for an engine.
    ///
    /// # Errors
    /// When the system has no thread to give.
    pub(crate) fn start(engine: E) -> Result<(Arc<Self>, JoinHandle<()>), StorageError> {
        let sinking = Arc::new(Self {
            engine,
            overlay: RwLock::default(),
            state: Mutex::new(State::Idle),
            changed: Condvar::new(),
        });
        let shared = Arc::clone(&sinking);
        let thread = std::thread::Builder::new().name("store".into()).spawn(move || shared.run())?;
        Ok((sinking, thread))
    }

    pub(crate) fn engine(&self) -> &E {
        &self.engine
    }

    pub(crate) fn overlay(&self) -> RwLockReadGuard<'_, Overlay> {
        self.overlay.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn overlay_mut(&self) -> RwLockWriteGuard<'_, Overlay> {
        self.overlay.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends the filled layer on its way. The one before must have arrived.
    pub(crate) fn sink(&self, position: Position) {
        self.overlay_mut().sink();
        *self.state() = State::Wanted(position);
        self.changed.notify_all();
    }

    /// Waits until no layer is on its way: the engine has synced all of it.
    ///
    /// # Errors
    /// [`StorageError::Full`] when there is no room for it; it is tried again at the next call. Otherwise when it could
    /// not be brought down.
    pub(crate) fn wait(&self) -> Result<(), StorageError> {
        let mut state = self.state();
        if let State::Full(position) = *state {
            *state = State::Wanted(position);
            self.changed.notify_all();
        }
        loop {
            match &*state {
                State::Idle => return Ok(()),
                State::Full(_) => return Err(StorageError::Full),
                State::Failed(why) => return Err(StorageError::Io(std::io::Error::other(why.clone()))),
                State::Closed => return Err(StorageError::Io(std::io::Error::other("the store is closed"))),
                State::Wanted(_) => {
                    state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }

    /// Has the thread end when what it is doing is done.
    pub(crate) fn close(&self) {
        *self.state() = State::Closed;
        self.changed.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self) {
        while let Some(position) = self.next() {
            let layer = self.overlay().sinking().unwrap_or_default();
            let done = catch_unwind(AssertUnwindSafe(|| self.bring_down(&layer, position)));
            drop(layer);
            let outcome = match done {
                Ok(Ok(())) => {
                    self.overlay_mut().arrived();
                    State::Idle
                }
                Ok(Err(StorageError::Full)) => State::Full(position),
                Ok(Err(error)) => State::Failed(error.to_string()),
                Err(_) => State::Failed("the thread that fills the engine panicked".into()),
            };
            let mut state = self.state();
            if !matches!(*state, State::Closed) {
                *state = outcome;
            }
            drop(state);
            self.changed.notify_all();
        }
    }

    /// The next layer to bring down, or `None` when the thread is to end.
    fn next(&self) -> Option<Position> {
        let mut state = self.state();
        loop {
            match &*state {
                State::Wanted(position) => return Some(*position),
                State::Closed => return None,
                State::Idle | State::Full(_) | State::Failed(_) => {
                    state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }

    /// Gives the engine a layer in the order of its keys, a few at a time, and the position once all of it is on the
    /// disk: power loss may keep any part of what is not synced, and the journal is not asked for what the position
    /// covers. What a crash leaves of a layer without its position is given again at the next opening.
    fn bring_down(&self, layer: &Layer, position: Position) -> Result<(), StorageError> {
        let value_bytes = |value: &Option<Vec<u8>>| value.as_ref().map_or(0, Vec::len);
        self.engine.prepare(layer.iter().map(|(key, value)| key.len() + value_bytes(value)).sum())?;
        let mut writes = Writes::default();
        for (key, value) in layer {
            match value {
                Some(value) => writes.put(key.clone(), value.clone()),
                None => writes.delete(key.clone()),
            }
            if writes.len() >= WRITES_AT_ONCE || writes.bytes() >= BYTES_AT_ONCE {
                self.engine.absorb(std::mem::take(&mut writes))?;
            }
        }
        self.engine.absorb(writes)?;
        self.engine.sync()?;
        let mut last = Writes::default();
        last.put(POSITION.to_vec(), position.value());
        self.engine.commit(last)?;
        self.engine.sync()
    }
}

impl Position {
    pub(crate) fn value(self) -> Vec<u8> {
        [&self.owner[..], &self.number.to_be_bytes()].concat()
    }

    pub(crate) fn read(value: &[u8]) -> Result<Self, StorageError> {
        let parse = || {
            let (owner, number) = value.split_first_chunk()?;
            Some(Self { owner: *owner, number: u64::from_be_bytes(number.try_into().ok()?) })
        };
        parse().ok_or_else(|| StorageError::Damaged("the position in the journal is not one".into()))
    }
}

/// Where an engine keeps its position.
pub(crate) const POSITION: &[u8] = b"";

/// The engine is given so many writes, or bytes, at once.
const WRITES_AT_ONCE: usize = 64;
const BYTES_AT_ONCE: usize = 64 << 10;
