//! Bugs that are planted on purpose, to prove that the simulator would find them.
//!
//! Without the feature `planted`, which nothing that ships turns on, no bug is ever planted and every check of it is
//! left out by the compiler. They are listed here for all crates above, which ask [`is`] where the bug would be.

/// A mistake that somebody could make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bug {
    /// The gate takes a change whatever its signature says.
    UncheckedSignature,
    /// A change is admitted before what it builds on.
    MissingDependencies,
    /// Changes by keys that no certificate names are admitted.
    EveryAuthor,
    /// What was held once is never looked at again, whatever has come since.
    HeldForGood,
    /// One peer may have any number of changes held.
    UnboundedPool,
    /// One peer may open any number of sessions.
    UnboundedSessions,
    /// After a commit that failed, the set still lists what was not written.
    HalfUndone,
    /// Peers hear of changes whose commit failed.
    ToldUnwritten,
    /// After a change nobody compares: gossip is trusted to bring it.
    GossipAlone,
    /// A document's view is not made anew when a change comes in.
    StaleView,
    /// A document stays listed under labels that it no longer has.
    StaleListing,
    /// A write is acknowledged before it is on the disk.
    AcknowledgedUnsynced,
}

impl Bug {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::UncheckedSignature,
        Self::MissingDependencies,
        Self::EveryAuthor,
        Self::HeldForGood,
        Self::UnboundedPool,
        Self::UnboundedSessions,
        Self::HalfUndone,
        Self::ToldUnwritten,
        Self::GossipAlone,
        Self::StaleView,
        Self::StaleListing,
        Self::AcknowledgedUnsynced,
    ];
}

/// Whether this bug is planted on this thread.
#[cfg(not(feature = "planted"))]
#[must_use]
pub const fn is(_bug: Bug) -> bool {
    false
}

/// Runs something with no bug planted.
#[cfg(not(feature = "planted"))]
pub fn without<T>(run: impl FnOnce() -> T) -> T {
    run()
}

#[cfg(feature = "planted")]
pub use planting::{is, with, without};

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
        planted(Some(bug), run)
    }

    /// Runs something with no bug planted.
    pub fn without<T>(run: impl FnOnce() -> T) -> T {
        planted(None, run)
    }

    fn planted<T>(bug: Option<Bug>, run: impl FnOnce() -> T) -> T {
        /// Puts back what was planted, also after a panic.
        struct Before(Option<Bug>);
        impl Drop for Before {
            fn drop(&mut self) {
                PLANTED.set(self.0);
            }
        }
        let _before = Before(PLANTED.replace(bug));
        run()
    }
}
