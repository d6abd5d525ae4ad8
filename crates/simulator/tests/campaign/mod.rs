//! What has to hold of any campaign.

use std::ops::ControlFlow;

use knotwork_simulator::{Campaign, Printing, Subject};

/// Fails where a seed fails, or where none of them meets one of these states: runs that never meet what is rare would
/// prove little.
pub(crate) fn holds(subject: Subject, seeds: impl Iterator<Item = u64> + Send, rare: &[&str]) {
    let campaign = Campaign::run(subject, seeds, THREADS, |_| ControlFlow::Continue(()));
    for failure in &campaign.failures {
        eprintln!("{}", failure.report());
    }
    assert!(campaign.failures.is_empty(), "{} of {} seeds failed; see above", campaign.failures.len(), campaign.runs);
    let unmet: Vec<_> = rare.iter().filter(|what| campaign.met.of(what) == 0).collect();
    assert!(unmet.is_empty(), "never met in {} seeds: {unmet:?}", campaign.runs);
}

/// Fails unless a seed is the same run each time, and another seed another run.
pub(crate) fn replays(subject: Subject) {
    for seed in [3, 14, 15] {
        let (first, second) = (subject.run(seed, Printing::Quiet), subject.run(seed, Printing::Quiet));
        assert_eq!((first.trace, first.steps, first.made), (second.trace, second.steps, second.made));
        assert_eq!(first.sightings, second.sightings);
    }
    assert_ne!(subject.run(3, Printing::Quiet).trace, subject.run(14, Printing::Quiet).trace);
}

const THREADS: usize = 2;
