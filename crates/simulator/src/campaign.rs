//! Many seeds one after the other, and a table of what they met.

use std::fmt::Write as _;

use crate::{Outcome, Sightings};

/// What many runs came to.
#[derive(Debug, Default)]
pub struct Campaign {
    /// How many runs there were.
    pub runs: u64,
    /// Those that broke something.
    pub failures: Vec<Outcome>,
    /// Rare states, in how many runs each was met.
    pub met_in: Sightings,
    /// Rare states, how often each was met.
    pub met: Sightings,
    /// What happened, frames, virtual milliseconds and changes, over all runs.
    pub steps: u64,
    /// Frames and messages sent.
    pub frames: u64,
    /// Virtual time, in milliseconds.
    pub milliseconds: u64,
    /// Changes that the first node of each run held in the end.
    pub changes: u64,
}

impl Campaign {
    /// A table of what was met.
    #[must_use]
    pub fn table(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "{} runs, {} failed; {} s of virtual time, {} steps, {} frames, {} changes",
            self.runs,
            self.failures.len(),
            self.milliseconds / 1_000,
            self.steps,
            self.frames,
            self.changes
        );
        let _ = writeln!(text, "{:>8} {:>8}  met", "runs", "times");
        for (what, times) in self.met.iter() {
            let _ = writeln!(text, "{:>8} {times:>8}  {what}", self.met_in.of(what));
        }
        text
    }

    /// Adds what came of a run.
    pub fn add(&mut self, outcome: Outcome) {
        self.runs += 1;
        self.steps += outcome.steps;
        self.frames += outcome.frames;
        self.milliseconds += outcome.milliseconds;
        self.changes += outcome.changes as u64;
        self.met.add(&outcome.sightings);
        for (what, _) in outcome.sightings.iter() {
            self.met_in.see(what);
        }
        if outcome.result.is_err() {
            self.failures.push(outcome);
        }
    }
}
