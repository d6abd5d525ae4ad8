//! Many seeds, and a table of what they met.

use std::{
    fmt::Write as _,
    sync::{Mutex, PoisonError},
    thread,
};

use crate::{Outcome, Printing, Sightings, Subject};

/// What many runs came to.
#[derive(Debug)]
pub struct Campaign {
    subject: Subject,
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
    made: u64,
}

impl Campaign {
    /// A campaign without any runs yet.
    #[must_use]
    pub fn new(subject: Subject) -> Self {
        Self {
            subject,
            runs: 0,
            failures: Vec::new(),
            met_in: Sightings::default(),
            met: Sightings::default(),
            steps: 0,
            frames: 0,
            milliseconds: 0,
            made: 0,
        }
    }

    /// Runs seeds in this many threads.
    #[must_use]
    pub fn run(subject: Subject, seeds: impl Iterator<Item = u64> + Send, threads: usize) -> Self {
        let seeds = Mutex::new(seeds);
        let campaign = Mutex::new(Self::new(subject));
        let next = || seeds.lock().unwrap_or_else(PoisonError::into_inner).next();
        thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    while let Some(seed) = next() {
                        let outcome = subject.run(seed, Printing::Quiet);
                        campaign.lock().unwrap_or_else(PoisonError::into_inner).add(outcome);
                    }
                });
            }
        });
        campaign.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// A table of what was met.
    #[must_use]
    pub fn table(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "{} runs, {} failed; {} s of virtual time, {} steps, {} frames, {} {}",
            self.runs,
            self.failures.len(),
            self.milliseconds / 1_000,
            self.steps,
            self.frames,
            self.made,
            self.subject.noun()
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
        self.made += outcome.made;
        self.met.add(&outcome.sightings);
        for (what, _) in outcome.sightings.iter() {
            self.met_in.see(what);
        }
        if outcome.result.is_err() {
            self.failures.push(outcome);
        }
    }
}
