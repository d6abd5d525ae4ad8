//! Virtual time: what happens when. Things that happen at the same moment do so in the order in which they were planned.

use std::collections::BTreeMap;

/// What is to happen, by the millisecond.
#[derive(Debug)]
pub(crate) struct Agenda<T> {
    planned: BTreeMap<(u64, u64), T>,
    next: u64,
    now: u64,
}

impl<T> Default for Agenda<T> {
    fn default() -> Self {
        Self { planned: BTreeMap::new(), next: 0, now: 0 }
    }
}

impl<T> Agenda<T> {
    /// The present, in milliseconds since the beginning.
    pub(crate) fn now(&self) -> u64 {
        self.now
    }

    /// Plans something for a moment; what has passed is the present.
    pub(crate) fn at(&mut self, time: u64, what: T) {
        self.planned.insert((time.max(self.now), self.next), what);
        self.next += 1;
    }

    /// Plans something for in a while.
    pub(crate) fn after(&mut self, delay: u64, what: T) {
        self.at(self.now + delay, what);
    }

    /// The next thing that happens, no later than `until`. Time moves on to it, or to `until` where nothing happens.
    pub(crate) fn next(&mut self, until: u64) -> Option<T> {
        let due = self.planned.first_key_value().is_some_and(|((time, _), _)| *time <= until);
        if !due {
            self.now = self.now.max(until);
            return None;
        }
        let ((time, _), what) = self.planned.pop_first()?;
        self.now = time;
        Some(what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_happen_in_the_order_of_time_and_of_planning() {
        let mut agenda = Agenda::default();
        agenda.at(5, "c");
        agenda.at(2, "a");
        agenda.at(2, "b");
        assert_eq!(agenda.next(4), Some("a"));
        agenda.after(0, "late a");
        assert_eq!((agenda.next(4), agenda.next(4), agenda.next(4)), (Some("b"), Some("late a"), None));
        assert_eq!(agenda.now(), 4);
        agenda.at(1, "past");
        assert_eq!((agenda.next(9), agenda.now()), (Some("past"), 4));
        assert_eq!((agenda.next(9), agenda.now()), (Some("c"), 5));
    }
}
