//! Many seeds, and a table of what they met.

use std::{
    fmt::Write as _,
    ops::ControlFlow,
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

    /// Runs seeds in this many threads. After each it is looked at how it goes, and that says whether to go on.
    #[must_use]
    pub fn run(
        subject: Subject,
        seeds: impl Iterator<Item = u64> + Send,
        threads: usize,
        look: impl Fn(&Self) -> ControlFlow<()> + Sync,
    ) -> Self {
        let seeds = Mutex::new(seeds.fuse());
        let campaign = Mutex::new((Self::new(subject), ControlFlow::Continue(())));
        let next = || seeds.lock().unwrap_or_else(PoisonError::into_inner).next();
        let goes_on = |outcome| {
            let mut guard = campaign.lock().unwrap_or_else(PoisonError::into_inner);
            let (campaign, goes_on) = &mut *guard;
            campaign.add(outcome);
            if goes_on.is_continue() {
                *goes_on = look(campaign);
            }
            goes_on.is_continue()
        };
        thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    while let Some(seed) = next() {
                        if !goes_on(subject.run(seed, Printing::Quiet)) {
                            break;
                        }
                    }
                });
            }
        });
        let (mut campaign, _) = campaign.into_inner().unwrap_or_else(PoisonError::into_inner);
        // Which thread was quicker is of no interest.
        campaign.failures.sort_by_key(|failure| failure.seed);
        campaign
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
