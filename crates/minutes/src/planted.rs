//! Bugs that are planted on purpose, to prove that the seeds would find them.
//!
//! Without the feature `planted`, which nothing that ships turns on, no bug is ever planted, and the compiler leaves out
//! every check of it.

/// A mistake that somebody could make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bug {
    /// After a restart the node has forgotten what the others said, and so what it was locked on.
    NoLock,
    /// The log of a height is read back in another order.
    Disorder,
    /// The log is written after what it is about has been sent.
    Unsynced,
    /// Half of those who sign make a minute final.
    HalfIsEnough,
    /// After a restart a height begins anew, as if it had no log.
    BegunAnew,
    /// The chair needs no statements but its own.
    FewStatements,
    /// A node whose disk is a copy signs at once.
    SpeaksAfterRestore,
    /// Whoever signs is counted as of now, and not as of the minute before.
    SignersAtTheEnd,
    /// Nobody is told again what was lost on the way.
    SaidOnce,
    /// What is said in the network before it was reconvened is listened to.
    HearsStrangers,
    /// Whoever is asked in a decision is taken as of now, and not as of when it was opened. How replicas count is no part of
    /// the simulated networks of minutes: the replica's own tests find it.
    ElectorateAtTheEnd,
}

impl Bug {
    /// All that simulated networks of minutes find.
    pub const ALL: [Self; 10] = [
        Self::NoLock,
        Self::Disorder,
        Self::Unsynced,
        Self::HalfIsEnough,
        Self::BegunAnew,
        Self::FewStatements,
        Self::SpeaksAfterRestore,
        Self::SignersAtTheEnd,
        Self::SaidOnce,
        Self::HearsStrangers,
    ];
}

/// Whether this bug is planted on this thread.
#[cfg(not(feature = "planted"))]
#[must_use]
pub const fn is(_bug: Bug) -> bool {
    false
}

#[cfg(feature = "planted")]
pub use planting::{is, with};

#[cfg(feature = "planted")]
mod planting {
    use std::cell::Cell;

    use super::Bug;

    thread_local! {
        static PLANTED: Cell<Option<Bug>> = const { Cell::new(None) };
    }

    /// Whether this bug is planted on this thread.
    #[must_use]
    pub fn is(bug: Bug) -> bool {
        PLANTED.get() == Some(bug)
    }

    /// Runs something with a bug planted on this thread.
    pub fn with<T>(bug: Bug, run: impl FnOnce() -> T) -> T {
        /// Takes the bug out again, also after a panic.
        struct Planted;
        impl Drop for Planted {
            fn drop(&mut self) {
                PLANTED.set(None);
            }
        }
        PLANTED.set(Some(bug));
        let _planted = Planted;
        run()
    }
}
