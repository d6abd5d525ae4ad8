//! What came of one run.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::{Breach, Sightings, Subject};

/// What came of a run.
#[derive(Debug)]
pub struct Outcome {
    /// What was simulated.
    pub subject: Subject,
    /// The number that it was drawn from.
    pub seed: u64,
    /// What was broken, if anything.
    pub result: Result<(), Breach>,
    /// The last lines of the trace.
    pub last_lines: Vec<String>,
    /// One hash of everything that happened, in its order.
    pub trace: [u8; 32],
    /// Rare states.
    pub sightings: Sightings,
    /// How many things happened.
    pub steps: u64,
    /// How much virtual time passed, in milliseconds.
    pub milliseconds: u64,
    /// How many changes each honest node holds in the end, or how many minutes there are.
    pub made: u64,
    /// Frames and messages sent.
    pub frames: u64,
}

impl Outcome {
    /// A run that could not begin.
    pub(crate) fn unbegun(subject: Subject, seed: u64, breach: Breach) -> Self {
        Self {
            subject,
            seed,
            result: Err(breach),
            last_lines: Vec::new(),
            trace: [0; 32],
            sightings: Sightings::default(),
            steps: 0,
            milliseconds: 0,
            made: 0,
            frames: 0,
        }
    }

    /// What is to be said of a failure: the last lines of its trace, what was broken, and how to play it again.
    #[must_use]
    pub fn report(&self) -> String {
        let Self { subject, seed, result, last_lines, .. } = self;
        let breach = result.as_ref().err().map(ToString::to_string).unwrap_or_default();
        format!(
            "\n{}\nseed {seed} fails: {breach}\n\
             play it again: cargo run --release -p knotwork-simulator --{} --seed {seed} --trace",
            last_lines.join("\n"),
            subject.option()
        )
    }
}

/// Plays a run; a panic in it is a breach like any other.
pub(crate) fn catch(play: impl FnOnce() -> Result<(), Breach>) -> Result<(), Breach> {
    catch_unwind(AssertUnwindSafe(play)).unwrap_or_else(|panic| {
        let words = panic.downcast_ref::<String>().cloned();
        let words = words.or_else(|| panic.downcast_ref::<&str>().map(|words| (*words).to_owned()));
        Err(Breach::new(format!("panic: {}", words.unwrap_or_default())))
    })
}
