//! Bugs planted on purpose in the minutes are found:
//! `cargo test -p knotwork-simulator --features planted --test minutes_planted`.

use knotwork_minutes::planted::{self, Bug};
use knotwork_simulator::{Printing, minutes::run};

/// Fails unless a seed fails with the bug, and holds without it. Seeds are tried from one on that is quick to find it.
fn is_found(bug: Bug, from: u64) {
    let found = (from..from + SEEDS_MAX).find_map(|seed| {
        let breach = planted::with(bug, || run(seed, Printing::Quiet)).result.err()?;
        Some((seed, breach))
    });
    let (seed, breach) = found.unwrap_or_else(|| panic!("{bug:?} is not found in {SEEDS_MAX} seeds from {from}"));
    eprintln!("{bug:?}: seed {seed}: {}", breach.to_string().lines().next().unwrap_or_default());
    assert_eq!(run(seed, Printing::Quiet).result, Ok(()), "seed {seed} fails with no bug planted");
}

/// One test for each bug, and one that no bug is left out.
macro_rules! found {
    ($($name:ident: $bug:ident from $from:literal,)*) => {
        $(#[test]
        fn $name() {
            is_found(Bug::$bug, $from);
        })*

        #[test]
        fn every_bug_has_its_test() {
            assert_eq!(Bug::ALL, [$(Bug::$bug),*]);
        }
    };
}

found! {
    a_restart_that_forgets_what_it_wanted: NoLock from 4,
    a_log_without_order: Disorder from 4,
    a_log_that_is_written_too_late: Unsynced from 4,
    a_bare_majority: MajorityIsEnough from 4,
    a_height_that_begins_anew: BegunAnew from 4,
    too_few_statements: FewStatements from 0,
    a_restored_copy_that_speaks: SpeaksAfterRestore from 508,
    a_lost_store_that_speaks: TrustsTheDisk from 0,
    who_signs_taken_at_the_end: SignersAtTheEnd from 0,
    what_is_lost_is_not_said_again: SaidOnce from 4,
}

const SEEDS_MAX: u64 = 100;
