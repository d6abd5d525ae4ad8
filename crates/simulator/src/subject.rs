//! What can be simulated.

use crate::{Outcome, Printing, minutes, run};

/// What is simulated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// Replicas that exchange changes.
    Replicas,
    /// Organisations that agree on minutes.
    Minutes,
}

impl Subject {
    /// Runs a seed.
    #[must_use]
    pub fn run(self, seed: u64, printing: Printing) -> Outcome {
        match self {
            Self::Replicas => run(seed, printing),
            Self::Minutes => minutes::run(seed, printing),
        }
    }

    /// What a run makes, as a noun.
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Self::Replicas => "changes",
            Self::Minutes => "minutes",
        }
    }

    /// What asks the command for it, after a space.
    pub(crate) fn option(self) -> &'static str {
        match self {
            Self::Replicas => "",
            Self::Minutes => " --minutes",
        }
    }
}
