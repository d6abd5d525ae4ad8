//! Mutants of valid changes: the gate never lets one pass that a document cannot live with.

use knotwork_ledger::mutants::{Dice, ROUND_MUTANTS, Report, round, round_with};

#[test]
fn no_mutant_breaks_a_document_or_sets_two_nodes_apart() {
    try_every_second_round(0);
}

/// The other rounds, as a test of their own, so that two threads share the work.
#[test]
fn no_mutant_of_the_other_rounds_does_either() {
    try_every_second_round(1);
}

fn try_every_second_round(first: u64) {
    let mut report = Report::default();
    for seed in (first..MUTANTS / ROUND_MUTANTS).step_by(2) {
        report.add(&round(seed, ROUND_MUTANTS).unwrap_or_else(|failure| panic!("{failure}")));
    }
    assert_eq!(report.mutants, MUTANTS / 2);
    // Were few admitted, the mutations would be too shallow to tell anything.
    assert!(report.admitted > MUTANTS / 8, "only {} of {} were admitted", report.admitted, report.mutants);
    assert!(report.held > 0 && report.rejected.len() > 30, "{report:?}");
}

#[test]
fn a_round_is_the_same_each_time() {
    assert_eq!(round(77, 30), round(77, 30));
    let bytes: Vec<u8> = (0..=255).collect();
    assert_eq!(round_with(&mut Dice::from_bytes(&bytes), 0, 20), round_with(&mut Dice::from_bytes(&bytes), 0, 20));
}

const MUTANTS: u64 = 20_000;
