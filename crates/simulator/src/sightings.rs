//! How often rare states were seen: a run that never meets them proves little.

use std::collections::BTreeMap;

/// Counts by what was seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sightings(BTreeMap<&'static str, u64>);

impl Sightings {
    /// Counts one.
    pub(crate) fn see(&mut self, what: &'static str) {
        *self.0.entry(what).or_default() += 1;
    }

    /// Counts one, if so.
    pub(crate) fn see_if(&mut self, seen: bool, what: &'static str) {
        if seen {
            self.see(what);
        }
    }

    /// Adds those of another run.
    pub fn add(&mut self, other: &Self) {
        for (what, count) in &other.0 {
            *self.0.entry(what).or_default() += count;
        }
    }

    /// How often something was seen.
    #[must_use]
    pub fn of(&self, what: &str) -> u64 {
        self.0.get(what).copied().unwrap_or(0)
    }

    /// Everything seen, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        self.0.iter().map(|(what, count)| (*what, *count))
    }
}
