//! Slowing down: after a few wrong tries each further one has to wait, longer each time, and never for good.

use std::{collections::HashMap, time::Duration};

use knotwork_identity::Timestamp;

use crate::limits;

/// Wrong tries by name. Lost when the node stops, which takes longer than the pauses are worth.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    names: HashMap<String, Tries>,
}

#[derive(Debug, Default)]
struct Tries {
    /// Times of wrong tries in milliseconds, ascending.
    wrong: Vec<u64>,
    until: u64,
}

impl Throttle {
    /// How long the next try with this name has to wait.
    pub(crate) fn pause(&self, name: &str, now: Timestamp) -> Option<Duration> {
        let until = self.names.get(name)?.until;
        until.checked_sub(now.milliseconds()).filter(|pause| *pause > 0).map(Duration::from_millis)
    }

    /// A wrong try.
    pub(crate) fn wrong(&mut self, name: &str, now: Timestamp) {
        let now = now.milliseconds();
        if !self.names.contains_key(name) && self.names.len() >= limits::TRIED_NAMES_MAX {
            self.forget_oldest(now);
        }
        let tries = self.names.entry(name.to_owned()).or_default();
        tries.wrong.push(now);
        let since = now.saturating_sub(milliseconds(limits::WRONG_TRIES_WITHIN));
        tries.wrong.retain(|at| *at >= since);
        if let Some(further) = tries.wrong.len().checked_sub(limits::WRONG_TRIES_MAX) {
            let pause = limits::PAUSE_MIN * (1 << further.min(DOUBLINGS_MAX));
            tries.until = now + milliseconds(pause.min(limits::PAUSE_MAX));
        }
    }

    /// A right try: the slate is clean.
    pub(crate) fn right(&mut self, name: &str) {
        self.names.remove(name);
    }

    fn forget_oldest(&mut self, now: u64) {
        let since = now.saturating_sub(milliseconds(limits::WRONG_TRIES_WITHIN));
        self.names.retain(|_, tries| tries.until > now || tries.wrong.last().is_some_and(|at| *at >= since));
        while self.names.len() >= limits::TRIED_NAMES_MAX {
            let oldest = self.names.iter().min_by_key(|(_, tries)| (tries.until, tries.wrong.last().copied()));
            let Some(oldest) = oldest.map(|(name, _)| name.clone()) else { return };
            self.names.remove(&oldest);
        }
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

const DOUBLINGS_MAX: usize = 10;

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_milliseconds(1_000_000_000 + seconds * 1_000).expect("in range")
    }

    #[test]
    fn the_fifth_wrong_try_slows_the_next_and_nobody_is_locked_out() {
        let mut throttle = Throttle::default();
        for second in 0..4 {
            throttle.wrong("ada", at(second));
            assert_eq!(throttle.pause("ada", at(second)), None);
        }
        throttle.wrong("ada", at(4));
        assert_eq!(throttle.pause("ada", at(4)), Some(limits::PAUSE_MIN));
        assert_eq!(throttle.pause("bea", at(4)), None, "others are not slowed");
        assert_eq!(throttle.pause("ada", at(34)), None);
        throttle.wrong("ada", at(34));
        assert_eq!(throttle.pause("ada", at(34)), Some(limits::PAUSE_MIN * 2));
        for _ in 0..100 {
            throttle.wrong("ada", at(40));
        }
        assert_eq!(throttle.pause("ada", at(40)), Some(limits::PAUSE_MAX));
        assert_eq!(throttle.pause("ada", at(40 + limits::PAUSE_MAX.as_secs())), None);
        throttle.right("ada");
        throttle.wrong("ada", at(5_000));
        assert_eq!(throttle.pause("ada", at(5_000)), None);
    }

    #[test]
    fn slow_tries_are_never_slowed_and_names_without_end_take_no_memory() {
        let mut throttle = Throttle::default();
        for round in 0..20 {
            throttle.wrong("ada", at(round * 300));
            assert_eq!(throttle.pause("ada", at(round * 300)), None);
        }
        for number in 0..limits::TRIED_NAMES_MAX + 50 {
            throttle.wrong(&format!("{number}"), at(9_000));
        }
        assert!(throttle.names.len() <= limits::TRIED_NAMES_MAX);
    }
}
