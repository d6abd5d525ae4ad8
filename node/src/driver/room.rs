//! Room in memory for what peers have sent and the replica has not been handed yet.
//!
//! A frame of some kilobytes can stand for megabytes once it is unpacked and read. So few are unpacked at a time, and
//! what waits in the queue is counted by the memory that it takes; beyond that streams and the mesh wait.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The room there is, shared by all who need some.
#[derive(Debug, Clone)]
pub(super) struct Rooms {
    checking: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

/// A part of it, given back when this is dropped.
#[derive(Debug)]
pub(crate) struct Room {
    /// Nothing where the room is closed, which it never is.
    _permit: Option<OwnedSemaphorePermit>,
}

impl Rooms {
    pub(super) fn new() -> Self {
        Self { checking: Arc::new(Semaphore::new(CHECKED_AT_ONCE_MAX)), waiting: Arc::new(Semaphore::new(WAITING_MAX)) }
    }

    /// Waits until something may be unpacked and checked.
    pub(super) async fn to_check(&self) -> Room {
        Room { _permit: self.checking.clone().acquire_owned().await.ok() }
    }

    /// Waits until so many bytes more may wait for the replica. What takes more than there is waits alone.
    pub(super) async fn to_wait(&self, bytes: usize) -> Room {
        let units = (bytes / UNIT_BYTES + 1).min(WAITING_MAX);
        let units = u32::try_from(units).unwrap_or(u32::MAX);
        Room { _permit: self.waiting.clone().acquire_many_owned(units).await.ok() }
    }
}

/// How many frames and announcements are unpacked, or wait for room afterwards, at a time.
const CHECKED_AT_ONCE_MAX: usize = 4;
/// The room for what waits is counted in these.
const UNIT_BYTES: usize = 1024;
/// How many of them there are: 64 MiB.
const WAITING_MAX: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use std::{
        pin::pin,
        task::{Context, Poll, Waker},
    };

    use super::*;

    /// What a future gives without waiting.
    fn now<T>(future: impl Future<Output = T>) -> Option<T> {
        match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(value) => Some(value),
            Poll::Pending => None,
        }
    }

    #[test]
    fn what_waits_is_counted_by_the_memory_that_it_takes() {
        let rooms = Rooms::new();
        let half = now(rooms.to_wait(WAITING_MAX * UNIT_BYTES / 2 - 1)).expect("there is room");
        let other = now(rooms.to_wait(WAITING_MAX * UNIT_BYTES / 2 - 1)).expect("there is just room");
        assert!(now(rooms.to_wait(0)).is_none(), "even what takes next to nothing takes some");
        drop(half);
        assert!(now(rooms.to_wait(usize::MAX)).is_none());
        drop(other);
        let all = now(rooms.to_wait(usize::MAX)).expect("it waits alone");
        assert!(now(rooms.to_wait(1)).is_none());
        drop(all);
        let checking: Vec<_> = std::iter::from_fn(|| now(rooms.to_check())).take(99).collect();
        assert_eq!(checking.len(), CHECKED_AT_ONCE_MAX);
    }
}
