//! Earlier versions of a resource.

use knotwork_identity::ChangeId;
use knotwork_ledger::{History, MaterialiseError};

use crate::{ResourceView, View};

/// A resource as it was at `heads`: what these changes and all that they build on say. `None` where there are no heads, one
/// of them has not been admitted, or the document is no resource.
///
/// # Errors
/// When Automerge cannot make the document.
pub fn version_at(history: &History, heads: &[ChangeId]) -> Result<Option<ResourceView>, MaterialiseError> {
    let past = if heads.is_empty() { None } else { history.past_of(heads) };
    let Some(past) = past else { return Ok(None) };
    Ok(match View::of_history(&past)? {
        Some(View::Resource(view)) => Some(*view),
        _ => None,
    })
}
