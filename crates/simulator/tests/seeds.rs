//! Hundreds of networks, each drawn from a seed. `cargo run --release -p knotwork-simulator -- --seeds N` runs any number.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    thread,
};

use knotwork_simulator::{Campaign, Printing, run};

#[test]
fn what_is_promised_holds_in_hundreds_of_networks() {
    let next = AtomicU64::new(0);
    let work = || {
        let mut campaign = Campaign::default();
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let mended = usize::try_from(place).ok().and_then(|place| MENDED.get(place).copied());
            match mended.or(place.checked_sub(MENDED.len() as u64).filter(|seed| *seed < SEEDS)) {
                Some(seed) => campaign.add(run(seed, Printing::Quiet)),
                None => return campaign,
            }
        }
    };
    let campaigns: Vec<Campaign> = thread::scope(|scope| {
        let workers: Vec<_> = (0..THREADS).map(|_| scope.spawn(work)).collect();
        workers.into_iter().map(|worker| worker.join().expect("a run catches what panics in it")).collect()
    });
    for failure in campaigns.iter().flat_map(|campaign| &campaign.failures) {
        eprintln!("{}", failure.report());
    }
    assert!(campaigns.iter().all(|campaign| campaign.failures.is_empty()), "seeds failed; see above");
    // Runs that never meet what is rare would prove little.
    let unmet: Vec<_> =
        RARE.iter().filter(|what| campaigns.iter().all(|campaign| campaign.met.of(what) == 0)).collect();
    assert!(unmet.is_empty(), "never met in {SEEDS} seeds: {unmet:?}");
}

#[test]
fn a_seed_is_the_same_run_each_time() {
    for seed in [3, 14, 15] {
        let (first, second) = (run(seed, Printing::Quiet), run(seed, Printing::Quiet));
        assert_eq!((first.trace, first.steps, first.changes), (second.trace, second.steps, second.changes));
        assert_eq!(first.sightings, second.sightings);
    }
    assert_ne!(run(3, Printing::Quiet).trace, run(14, Printing::Quiet).trace);
}

/// Seeds that failed once, and are always run.
const MENDED: &[u64] = &[2_357];

/// How many seeds are run here.
const SEEDS: u64 = 300;
const THREADS: usize = 2;

/// States that must be met at least once.
const RARE: [&str; 16] = [
    "a commit fails because the disk is full",
    "a crash loses what was not synced",
    "a document of several changes is written",
    "a liar opens a session of its own",
    "a liar says something by gossip",
    "a member's key is ended",
    "a node crashes between a commit and its effects",
    "a node crashes between a commit and its sync",
    "a node crashes between a sync and its replies",
    "a node starts from an old copy",
    "a peer has all its sessions open",
    "a peer's share of what is held is full",
    "an honest node parts from a liar",
    "an old copy loses what nobody else has",
    "healing takes more than ten seconds",
    "two nodes know that they are in step",
];
