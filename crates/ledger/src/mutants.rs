//! The mutation engine: it makes changes that are wrong or strange, puts actor, checksum and signature right again so
//! that they reach the gate's depths, and demands of everything that the gate admits that Automerge can live with it.
//!
//! It serves the tests, a command (`examples/mutants.rs`) and a fuzz target, and is no part of the library otherwise.

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use knotwork_identity::SecretKey;
use thiserror::Error;

use crate::{CheckedChange, DocumentHeader, SignedChange, Verifiers};

mod apart;
mod dice;
pub mod extremes;
pub(crate) mod forge;
pub mod honest;
mod mutate;
mod plausible;
mod state;
mod trial;
mod world;

pub use dice::Dice;
use mutate::mutant;
pub use state::state;
use trial::{Outcome, trial};
use world::World;

/// How mutants fared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// How many were made.
    pub mutants: u64,
    /// How many the gate admitted.
    pub admitted: u64,
    /// How many were a change that had been admitted before.
    pub unchanged: u64,
    /// How many are held.
    pub held: u64,
    /// How many were rejected, by the reason's name.
    pub rejected: BTreeMap<String, u64>,
}

/// A mutant that broke something.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("seed {seed}, mutant {mutant}: {what}")]
pub struct Failure {
    /// The seed of the round; the same seed makes the same mutants.
    pub seed: u64,
    /// Which mutant of the round, from 0.
    pub mutant: u64,
    /// What went wrong.
    pub what: String,
}

/// How many mutants a round makes of one honest history.
pub const ROUND_MUTANTS: u64 = 100;

/// One round: an honest history, and up to [`ROUND_MUTANTS`] mutants, those that are admitted building on each other.
///
/// # Errors
/// The first mutant that breaks something.
pub fn round(seed: u64, count: u64) -> Result<Report, Failure> {
    round_with(&mut Dice::from_seed(seed), seed, count)
}

/// As [`round`], with choices from anywhere.
///
/// # Errors
/// The first mutant that breaks something.
pub fn round_with(dice: &mut Dice, seed: u64, count: u64) -> Result<Report, Failure> {
    let failure = |mutant, what: String| Failure { seed, mutant, what };
    let edits = 1 + dice.below(12);
    let changes = honest::history(dice, edits).map_err(|error| failure(0, format!("an honest edit: {error}")))?;
    let mut honest_world = World::new(honest::header(1));
    changes.into_iter().for_each(|change| honest_world.add(Arc::clone(&change)));
    let mut world = honest_world.clone();
    let mut verifiers = Verifiers::new(8);
    let mut report = Report::default();
    for mutant in 0..count.min(ROUND_MUTANTS) {
        if world.changes.len() > honest_world.changes.len() + STRANGE_MAX {
            world = honest_world.clone();
        }
        let outcome = catch_unwind(AssertUnwindSafe(|| trial(dice, &mut world, &mut verifiers)))
            .map_err(|panic| failure(mutant, format!("a panic: {}", panic_message(&*panic))))?
            .map_err(|what| failure(mutant, what))?;
        report.count(outcome);
    }
    Ok(report)
}

/// A change that is wrong or strange, made of a document's changes and signed by `key`; `None` where the mutated parts
/// cannot be put together. The changes come in an order of dependency.
#[must_use]
pub fn forgery(
    dice: &mut Dice,
    header: &DocumentHeader,
    changes: &[Arc<CheckedChange>],
    key: &SecretKey,
) -> Option<SignedChange> {
    let mut world = World::new(header.clone());
    changes.iter().for_each(|change| world.add(Arc::clone(change)));
    mutant(dice, &world, key).ok()
}

impl Report {
    /// Adds another report to this one.
    pub fn add(&mut self, other: &Self) {
        self.mutants += other.mutants;
        self.admitted += other.admitted;
        self.unchanged += other.unchanged;
        self.held += other.held;
        for (reason, count) in &other.rejected {
            *self.rejected.entry(reason.clone()).or_default() += count;
        }
    }

    fn count(&mut self, outcome: Outcome) {
        self.mutants += 1;
        match outcome {
            Outcome::Admitted => self.admitted += 1,
            Outcome::AlreadyAdmitted => self.unchanged += 1,
            Outcome::Held => self.held += 1,
            Outcome::Rejected(rejection) => *self.rejected.entry(reason(&rejection)).or_default() += 1,
        }
    }
}

/// The reason's name without its figures.
fn reason(rejection: &crate::Rejection) -> String {
    match rejection {
        crate::Rejection::Operation { fault, .. } => format!("{fault:?}"),
        crate::Rejection::Chunk(error) => format!("chunk: {error:?}"),
        other => format!("{other:?}").split([' ', '(']).next().unwrap_or_default().to_owned(),
    }
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "without words".into())
}

/// How many admitted mutants a world gathers before it begins again.
const STRANGE_MAX: usize = 12;
