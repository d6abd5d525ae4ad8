//! Mutants of valid changes: the gate never lets one pass that a document cannot live with.

use std::thread;

use knotwork_ledger::mutants::{Dice, Failure, ROUND_MUTANTS, Report, round, round_with};

#[test]
fn no_mutant_breaks_a_document_or_sets_two_nodes_apart() {
    // Two threads, each with every second round.
    let half = |first: u64| {
        let mut report = Report::default();
        for seed in (first..MUTANTS / ROUND_MUTANTS).step_by(2) {
            report.add(&round(seed, ROUND_MUTANTS)?);
        }
        Ok::<_, Failure>(report)
    };
    let mut report = Report::default();
    for result in thread::scope(|scope| {
        [0, 1].map(|first| scope.spawn(move || half(first))).map(|worker| worker.join().expect("panics are caught"))
    }) {
        report.add(&result.unwrap_or_else(|failure| panic!("{failure}")));
    }
    assert_eq!(report.mutants, MUTANTS);
    // Were few admitted, the mutations would be too shallow to tell anything.
    assert!(report.admitted > MUTANTS / 4, "only {} of {MUTANTS} were admitted", report.admitted);
    assert!(report.held > 0 && report.rejected.len() > 30, "{report:?}");
}

#[test]
fn a_round_is_the_same_each_time() {
    assert_eq!(round(77, 30), round(77, 30));
    let bytes: Vec<u8> = (0..=255).collect();
    assert_eq!(round_with(&mut Dice::from_bytes(&bytes), 0, 20), round_with(&mut Dice::from_bytes(&bytes), 0, 20));
}

const MUTANTS: u64 = 20_000;
