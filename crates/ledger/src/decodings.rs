//! The operations of admitted changes, however they are kept.

use std::{collections::BTreeMap, sync::Arc};

use crate::{history::Entry, operation::Record, operations::Operations};

/// Looks up operations, and remembers the changes that had to be decoded for it: all that one change asks for while it
/// is judged, and a few of them afterwards.
#[derive(Debug, Clone, Default)]
pub(crate) struct Decodings {
    decoded: BTreeMap<u32, Decoded>,
    uses: u64,
    #[cfg(test)]
    pub(crate) count: usize,
}

#[derive(Debug, Clone)]
struct Decoded {
    operations: Arc<Operations>,
    /// Of two the one with the larger number was asked for later.
    used: u64,
}

impl Decodings {
    /// The operation at `index` of the change at `change`. The caller has made sure that there is one.
    ///
    /// What is decoded stays until [`Decodings::trim`], however much it is: a change can name its ancestors in any order,
    /// and would have each decoded again for every operation. All of them fit into a document's limit of operations.
    #[inline]
    pub(crate) fn record(&mut self, entries: &[Entry], change: u32, index: u32) -> Record {
        if let Some(operations) = entries[change as usize].change.kept_operations() {
            return operations.records()[index as usize];
        }
        self.decoded(entries, change).records()[index as usize]
    }

    fn decoded(&mut self, entries: &[Entry], change: u32) -> &Operations {
        self.uses += 1;
        let decoded = self.decoded.entry(change).or_insert_with(|| {
            #[cfg(test)]
            {
                self.count += 1;
            }
            let operations = Arc::new(entries[change as usize].change.operations().into_decoded());
            Decoded { operations, used: 0 }
        });
        decoded.used = self.uses;
        &decoded.operations
    }

    /// Lets go of all but those that were asked for last.
    pub(crate) fn trim(&mut self) {
        let mut used: Vec<u64> = self.decoded.values().map(|decoded| decoded.used).collect();
        used.sort_unstable_by_key(|used| std::cmp::Reverse(*used));
        if let Some(last_let_go) = used.get(RECENT_MAX) {
            self.decoded.retain(|_, decoded| decoded.used > *last_let_go);
        }
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        self.decoded.values().map(|decoded| decoded.operations.heap_bytes()).sum()
    }
}

/// How many stay when no change is being judged. Each takes up to two megabytes.
const RECENT_MAX: usize = 3;
