//! Following: which documents of a kind are new or changed since somebody last asked.

use knotwork_identity::DocumentId;
use knotwork_ledger::Kind;

use crate::{CommandError, NodeHandle, handle::storage_error};

/// How far in the node's order somebody has come who keeps something derived from all documents of a kind.
#[derive(Debug, Default)]
pub(crate) struct Follower {
    /// Everything up to this number is taken in; nothing yet where there is none.
    sequence: Option<u64>,
    /// How often documents had been shown anew then without a new change.
    remade: u64,
}

impl Follower {
    /// Whether all that was taken in is to be forgotten, and taken in again: documents have been shown anew without a new
    /// change in them, as after a revocation.
    pub(crate) fn begins_anew(&mut self, handle: &NodeHandle) -> bool {
        let remade = handle.status().remade;
        let anew = self.sequence.is_some() && remade != self.remade;
        if anew {
            self.sequence = None;
        }
        self.remade = remade;
        anew
    }

    /// Whether nothing has happened since that is to be taken in.
    pub(crate) fn is_current(&self, handle: &NodeHandle) -> bool {
        self.sequence == Some(handle.position().sequence) && self.remade == handle.status().remade
    }

    /// Calls `each` for every document of a kind that may have changed since the last call; for all the first time.
    pub(crate) fn catch_up(
        &mut self,
        handle: &NodeHandle,
        kind: Kind,
        mut each: impl FnMut(&DocumentId) -> Result<(), CommandError>,
    ) -> Result<(), CommandError> {
        let newest = handle.position().sequence;
        let storage = handle.storage();
        let Some(sequence) = self.sequence else {
            handle.each_listed(kind, None, each)?;
            self.sequence = Some(newest);
            return Ok(());
        };
        let mut taken = sequence;
        while taken < newest {
            let changes = storage.changes_from(taken + 1, AT_ONCE).map_err(storage_error)?;
            let Some(last) = changes.last().map(|change| change.sequence) else { break };
            let mut documents: Vec<DocumentId> = changes
                .iter()
                .filter(|stored| stored.change.header.kind == kind)
                .map(|stored| stored.change.header.id())
                .collect();
            documents.sort_unstable();
            documents.dedup();
            documents.iter().try_for_each(&mut each)?;
            taken = last;
            self.sequence = Some(taken);
        }
        Ok(())
    }
}

const AT_ONCE: usize = 256;
