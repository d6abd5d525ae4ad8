//! Every document of a kind, however many somebody wrote: a limit over all authors would let one of them hide the rest.

use knotwork_identity::DocumentId;
use knotwork_ledger::Kind;

use crate::{CommandError, NodeHandle, handle::storage_error};

impl NodeHandle {
    /// Calls `each` for the documents of a kind, or for those of them with a label, from the first to the last.
    pub(crate) fn each_listed(
        &self,
        kind: Kind,
        label: Option<&str>,
        mut each: impl FnMut(&DocumentId) -> Result<(), CommandError>,
    ) -> Result<(), CommandError> {
        let mut after = None;
        loop {
            let keys = self.storage().list(kind, label, after.as_ref(), AT_ONCE).map_err(storage_error)?;
            keys.iter().try_for_each(|key| each(&key.document))?;
            match keys.into_iter().last() {
                None => return Ok(()),
                last => after = last,
            }
        }
    }
}

const AT_ONCE: usize = 256;
