//! The operations of admitted changes, however they are kept.

use std::collections::VecDeque;

use crate::{history::Entry, operation::Record, operations::Operations};

/// Looks up operations, and remembers the few changes that had to be decoded for it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Decodings {
    recent: VecDeque<(u32, Operations)>,
}

impl Decodings {
    /// The operation at `index` of the change at `change`. The caller has made sure that there is one.
    #[inline]
    pub(crate) fn record(&mut self, entries: &[Entry], change: u32, index: u32) -> Record {
        if let Some(operations) = entries[change as usize].change.kept_operations() {
            return operations.records()[index as usize];
        }
        self.decoded(entries, change).records()[index as usize]
    }

    fn decoded(&mut self, entries: &[Entry], change: u32) -> &Operations {
        let latest = match self.recent.iter().position(|(of, _)| *of == change) {
            Some(0) => None,
            Some(position) => self.recent.remove(position),
            None => {
                self.recent.truncate(RECENT_MAX - 1);
                Some((change, entries[change as usize].change.operations().into_decoded()))
            }
        };
        if let Some(latest) = latest {
            self.recent.push_front(latest);
        }
        &self.recent[0].1
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        self.recent.iter().map(|(_, operations)| operations.heap_bytes()).sum()
    }
}

/// Each takes up to two megabytes.
const RECENT_MAX: usize = 3;
