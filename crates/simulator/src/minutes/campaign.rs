//! Many seeds one after the other, and a table of what they met.

use std::fmt::Write as _;

use super::run::Outcome;
use crate::Sightings;

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
    steps: u64,
    frames: u64,
    milliseconds: u64,
    minutes: u64,
}

impl Campaign {
    /// A table of what was met.
    #[must_use]
    pub fn table(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "{} runs, {} failed; {} s of virtual time, {} steps, {} frames, {} minutes",
            self.runs,
            self.failures.len(),
            self.milliseconds / 1_000,
            self.steps,
            self.frames,
            self.minutes
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
        self.minutes += outcome.minutes;
        self.met.add(&outcome.sightings);
        for (what, _) in outcome.sightings.iter() {
            self.met_in.see(what);
        }
        if outcome.result.is_err() {
            self.failures.push(outcome);
        }
    }
}
