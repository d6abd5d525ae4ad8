//! Bugs planted on purpose in the minutes are found:
//! `cargo test -p knotwork-simulator --features planted --test minutes_planted`.

use knotwork_minutes::planted::{self, Bug};
use knotwork_simulator::{Printing, minutes::run};

/// Fails unless a seed breaks this with the bug, and holds without it. Seeds are tried from one on that is quick to find it.
fn is_found(bug: Bug, breaks: &str, from: u64) {
    let found = (from..from + SEEDS_MAX).find_map(|seed| {
        let breach = planted::with(bug, || run(seed, Printing::Quiet)).result.err()?;
        breach.to_string().contains(breaks).then_some((seed, breach))
    });
    let (seed, breach) = found.unwrap_or_else(|| panic!("{bug:?} is not found in {SEEDS_MAX} seeds from {from}"));
    eprintln!("{bug:?}: seed {seed}: {}", breach.to_string().lines().next().unwrap_or_default());
    assert_eq!(run(seed, Printing::Quiet).result, Ok(()), "seed {seed} fails with no bug planted");
}

/// One test for each bug, and one that no bug is left out.
macro_rules! found {
    ($($name:ident: $bug:ident breaks $breaks:literal from $from:literal,)*) => {
        $(#[test]
        fn $name() {
            is_found(Bug::$bug, $breaks, $from);
        })*

        #[test]
        fn every_bug_has_its_test() {
            assert_eq!(Bug::ALL, [$(Bug::$bug),*]);
        }
    };
}

found! {
    a_restart_that_forgets_what_it_wanted: NoLock breaks "something waits" from 4,
    a_log_without_order: Disorder breaks "something waits" from 4,
    a_log_that_is_written_too_late: Unsynced breaks "something waits" from 4,
    half_of_those_who_sign: HalfIsEnough breaks "two minutes are final" from 4,
    a_height_that_begins_anew: BegunAnew breaks "it says two things" from 4,
    too_few_statements: FewStatements breaks "too few closing statements" from 0,
    a_restored_copy_that_speaks: SpeaksAfterRestore breaks "it says two things" from 207,
    who_signs_taken_at_the_end: SignersAtTheEnd breaks "organisations have signed it" from 0,
    what_is_lost_is_not_said_again: SaidOnce breaks "something waits" from 4,
    whoever_was_left_behind_is_heard: HearsStrangers breaks "it parts from honest" from 0,
}

const SEEDS_MAX: u64 = 100;
