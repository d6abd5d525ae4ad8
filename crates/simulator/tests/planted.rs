//! Bugs planted on purpose are found: `cargo test -p knotwork-simulator --features planted --test planted`.

use knotwork_ledger::planted::{self, Bug};
use knotwork_simulator::{Printing, run};

/// Fails unless a seed fails with the bug, and holds without it.
fn is_found(bug: Bug) {
    let found = (0..SEEDS_MAX).find_map(|seed| {
        let breach = planted::with(bug, || run(seed, Printing::Quiet)).result.err()?;
        Some((seed, breach))
    });
    let (seed, breach) = found.unwrap_or_else(|| panic!("{bug:?} is not found in {SEEDS_MAX} seeds"));
    eprintln!("{bug:?}: seed {seed}: {breach}");
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
    an_unchecked_signature: UncheckedSignature,
    missing_dependencies: MissingDependencies,
    an_author_without_a_certificate: EveryAuthor,
    a_change_that_is_held_for_good: HeldForGood,
    a_pool_without_bounds: UnboundedPool,
    sessions_without_bounds: UnboundedSessions,
    a_commit_that_is_half_undone: HalfUndone,
    peers_that_hear_what_was_not_written: ToldUnwritten,
    trust_in_gossip_alone: GossipAlone,
    a_view_that_is_not_made_anew: StaleView,
    a_listing_under_old_labels: StaleListing,
    an_acknowledgement_before_the_disk: AcknowledgedUnsynced,
}

const SEEDS_MAX: u64 = 300;
