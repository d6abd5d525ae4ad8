//! Waiting for a condition, with a deadline.

use std::{
    thread,
    time::{Duration, Instant},
};

/// How long any one thing may take. Far more than it takes on a busy machine, and less than anyone's patience.
pub(crate) const PATIENCE: Duration = Duration::from_secs(40);

/// Looks until `look` finds what is waited for, and gives it.
///
/// # Panics
/// When the deadline has passed, with what `look` last saw instead.
pub(crate) fn until<T>(what: &str, look: impl FnMut() -> Result<T, String>) -> T {
    within(PATIENCE, what, look)
}

/// As [`until`], with a deadline of its own.
///
/// # Panics
/// When it has passed.
pub(crate) fn within<T>(patience: Duration, what: &str, mut look: impl FnMut() -> Result<T, String>) -> T {
    let start = Instant::now();
    loop {
        match look() {
            Ok(found) => return found,
            Err(seen) if start.elapsed() >= patience => panic!("{what}: not within {patience:?}; at the end {seen}"),
            Err(_) => thread::sleep(PAUSE),
        }
    }
}

/// `Ok` if so; for conditions that have nothing to give.
pub(crate) fn hold(is_so: bool, otherwise: impl FnOnce() -> String) -> Result<(), String> {
    if is_so { Ok(()) } else { Err(otherwise()) }
}

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(25);
