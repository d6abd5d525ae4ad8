//! Bugs planted on purpose are found: `cargo test -p knotwork-simulator --features planted --test planted`.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use knotwork_ledger::planted::{self, Bug};
use knotwork_simulator::{Printing, run};

#[test]
fn every_planted_bug_is_found_within_a_few_seeds() {
    // Some of these bugs panic; that is caught, and counts as found.
    std::panic::set_hook(Box::new(|_| {}));
    let next = AtomicUsize::new(0);
    let work = || {
        let mut findings = Vec::new();
        while let Some(bug) = Bug::ALL.get(next.fetch_add(1, Ordering::Relaxed)) {
            findings.push((*bug, find(*bug)));
        }
        findings
    };
    let findings: Vec<_> = thread::scope(|scope| {
        let workers: Vec<_> = (0..THREADS).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("a run catches what panics in it")).collect()
    });
    for (bug, found) in &findings {
        match found {
            Some((seed, breach)) => eprintln!("{bug:?}: seed {seed}: {breach}"),
            None => eprintln!("{bug:?}: NOT FOUND in {SEEDS_MAX} seeds"),
        }
    }
    assert!(findings.iter().all(|(_, found)| found.is_some()), "a planted bug is not found; see above");
    assert_eq!(findings.len(), Bug::ALL.len());
}

/// The first seed that fails with the bug and holds without it, and how it fails.
fn find(bug: Bug) -> Option<(u64, String)> {
    (0..SEEDS_MAX).find_map(|seed| {
        let breach = planted::with(bug, || run(seed, Printing::Quiet)).result.err()?;
        assert_eq!(run(seed, Printing::Quiet).result, Ok(()), "seed {seed} fails with no bug planted");
        Some((seed, breach.to_string()))
    })
}

const SEEDS_MAX: u64 = 300;
const THREADS: usize = 2;
