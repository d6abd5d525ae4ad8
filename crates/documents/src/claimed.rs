//! Claimed times, which nobody can check: an author writes what they like.

use knotwork_identity::Timestamp;

/// Whether a time is claimed further ahead of `now` than clocks differ. It is shown with a label then, and nothing is
/// decided by it. What claims no time is not ahead.
#[must_use]
pub fn is_ahead(claimed: Option<Timestamp>, now: Timestamp) -> bool {
    claimed.is_some_and(|claimed| claimed.milliseconds() > now.milliseconds().saturating_add(AHEAD_MILLISECONDS_MAX))
}

/// How far ahead of one's own clock a claimed time may be.
pub const AHEAD_MILLISECONDS_MAX: u64 = 10 * 60 * 1_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_minutes_ahead_are_believed_and_no_more() {
        let time = |milliseconds| Timestamp::from_milliseconds(milliseconds).expect("within range");
        let now = time(1_700_000_000_000);
        assert!(!is_ahead(None, now));
        assert!(!is_ahead(Some(time(1)), now));
        assert!(!is_ahead(Some(time(now.milliseconds() + AHEAD_MILLISECONDS_MAX)), now));
        assert!(is_ahead(Some(time(now.milliseconds() + AHEAD_MILLISECONDS_MAX + 1)), now));
        assert!(is_ahead(Some(Timestamp::MAX), now) && !is_ahead(Some(Timestamp::MAX), Timestamp::MAX));
    }
}
