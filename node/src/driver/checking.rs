//! Checking what peers send, beside the thread that owns the replica: signatures are most of the work.

use std::panic::{AssertUnwindSafe, catch_unwind};

use knotwork_identity::DecodeError;
use knotwork_ledger::Verifiers;
use tokio::task::spawn_blocking;

/// Checks one thing after the other, and remembers the keys that signed.
#[derive(Debug)]
pub(super) struct Checker {
    /// Missing only after a check that panicked.
    verifiers: Option<Verifiers>,
}

impl Checker {
    pub(super) fn new() -> Self {
        Self { verifiers: None }
    }

    /// Reads bytes with `parse`: at once if they are few, otherwise on a thread that nothing else waits for. A panic,
    /// which no bytes should be able to cause, counts as bytes that cannot be read.
    pub(super) async fn check<T: Send + 'static, E: From<DecodeError> + Send + 'static>(
        &mut self,
        bytes: Vec<u8>,
        parse: impl FnOnce(&[u8], &mut Verifiers) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        let mut verifiers = self.verifiers.take().unwrap_or_else(|| Verifiers::new(VERIFIERS));
        let few = bytes.len() <= AT_ONCE_BYTES;
        let work = move || {
            let result = catch_unwind(AssertUnwindSafe(|| parse(&bytes, &mut verifiers))).ok()?;
            Some((result, verifiers))
        };
        let done = if few { work() } else { spawn_blocking(work).await.ok().flatten() };
        let Some((result, verifiers)) = done else {
            tracing::error!("a check failed, which is a fault in Knotwork; what was checked is refused");
            return Err(DecodeError::NotCanonical("contents, which cannot be checked").into());
        };
        self.verifiers = Some(verifiers);
        result
    }
}

/// As many keys are kept ready for each stream; more sign at one time only in large networks, at a tenth of the cost of
/// a check each.
const VERIFIERS: usize = 256;
/// Up to so many bytes, which hold some ten changes, are checked without changing threads.
const AT_ONCE_BYTES: usize = 4 * 1024;

#[cfg(test)]
mod tests {
    use knotwork_replica::FrameError;

    use super::*;

    #[tokio::test]
    async fn a_check_that_panics_is_a_refusal_and_the_next_one_works() {
        let mut checker = Checker::new();
        for length in [1, AT_ONCE_BYTES + 1] {
            let refused = checker.check::<(), FrameError>(vec![0; length], |_, _| panic!("on purpose")).await;
            assert!(refused.is_err());
            let works = checker.check(vec![0; length], |bytes, _| Ok::<_, FrameError>(bytes.len())).await;
            assert_eq!(works, Ok(length));
        }
    }
}
