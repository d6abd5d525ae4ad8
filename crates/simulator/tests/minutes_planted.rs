//! Bugs planted on purpose in the minutes are found:
//! `cargo test -p knotwork-simulator --features planted --test minutes_planted`.

use knotwork_minutes::planted::{self, Bug};
use knotwork_simulator::{Printing, minutes::run};

/// Fails unless a seed fails with the bug, and holds without it.
fn is_found(bug: Bug) {
    let found = (0..SEEDS_MAX).find_map(|seed| {
        let breach = planted::with(bug, || run(seed, Printing::Quiet)).result.err()?;
        Some((seed, breach))
    });
    let (seed, breach) = found.unwrap_or_else(|| panic!("{bug:?} is not found in {SEEDS_MAX} seeds"));
    eprintln!("{bug:?}: seed {seed}: {}", breach.to_string().lines().next().unwrap_or_default());
    assert_eq!(run(seed, Printing::Quiet).result, Ok(()), "seed {seed} fails with no bug planted");
}

/// One test for each bug, and one that no bug is left out.
macro_rules! found {
    ($($name:ident: $bug:ident,)*) => {
        $(#[test]
        fn $name() {
            is_found(Bug::$bug);
        })*

        #[test]
        fn every_bug_has_its_test() {
            assert_eq!(Bug::ALL, [$(Bug::$bug),*]);
        }
    };
}

found! {
    a_restart_that_forgets_what_it_wanted: NoLock,
    a_log_without_order: Disorder,
    a_log_that_is_written_too_late: Unsynced,
    a_bare_majority: MajorityIsEnough,
    a_height_that_begins_anew: BegunAnew,
    too_few_statements: FewStatements,
    a_restored_copy_that_speaks: SpeaksAfterRestore,
    who_signs_taken_at_the_end: SignersAtTheEnd,
    what_is_lost_is_not_said_again: SaidOnce,
}

const SEEDS_MAX: u64 = 200;
