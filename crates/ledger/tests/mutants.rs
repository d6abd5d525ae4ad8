//! Mutants of valid changes: the gate never lets one pass that a document cannot live with.

use knotwork_ledger::mutants::{Dice, ROUND_MUTANTS, Report, round, round_with};

#[test]
fn no_mutant_breaks_a_document_or_sets_two_nodes_apart() {
    let mut report = Report::default();
    for seed in 0..MUTANTS / ROUND_MUTANTS {
        match round(seed, ROUND_MUTANTS) {
            Ok(round) => report.add(&round),
            Err(failure) => panic!("{failure}"),
        }
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
