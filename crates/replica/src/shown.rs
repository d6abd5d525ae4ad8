//! What readers are shown of a document, and what the store keeps of that.

use knotwork_documents::{Listing, View};
use knotwork_identity::DocumentId;
use knotwork_ledger::{History, MaterialiseError};

use crate::{Standing, Storage, StorageError, StoredChange, desk::history_of_stored};

/// What the store keeps of what is shown of a document.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shown {
    /// How it is listed, if it is.
    pub listed: Option<Listing>,
    /// The bytes that are kept as its view.
    pub kept: Option<Vec<u8>>,
}

impl Shown {
    /// Of a document with these changes. What Automerge cannot make is not shown: it stays in the set, and says so in the
    /// trace.
    pub(crate) fn of_history(history: &History, standing: &Standing) -> Self {
        let stands = standing.part_of(history);
        let fell = stands.len() < history.len();
        let view = view_of(&stands);
        Self {
            listed: view.as_ref().map(View::listing),
            kept: match view {
                // A document of one change takes its view from that change.
                _ if history.len() == 1 && !fell => None,
                None if fell => Some(WITHHELD.to_vec()),
                view => view.map(|view| view.to_bytes()),
            },
        }
    }

    /// Of a document with these stored changes.
    ///
    /// # Errors
    /// [`StorageError::Damaged`] where the gate does not admit again what it admitted before.
    pub fn of_stored(stored: Vec<StoredChange>, standing: &Standing) -> Result<Self, StorageError> {
        Ok(history_of_stored(stored)?.map(|history| Self::of_history(&history, standing)).unwrap_or_default())
    }
}

/// What a reader of the store is shown of a document: the view that is kept, or what its changes that stand say.
/// `None` where there is nothing to show.
///
/// # Errors
/// When the store cannot be read, or the document not be shown.
pub fn view_in(
    storage: &dyn Storage,
    document: &DocumentId,
    standing: &Standing,
) -> Result<Option<View>, StorageError> {
    match storage.view(document)? {
        Some(kept) if is_withheld(&kept) => Ok(None),
        kept => match kept.and_then(|bytes| View::from_bytes(&bytes)) {
            Some(view) => Ok(Some(view)),
            None => view_of_stored(storage.changes_of(document)?, standing),
        },
    }
}

/// The view that those of the stored changes of one document make that stand; `None` where there are none, or the kind is
/// unknown.
///
/// # Errors
/// As [`history_of_stored`], and where Automerge cannot make the document.
pub fn view_of_stored(mut stored: Vec<StoredChange>, standing: &Standing) -> Result<Option<View>, StorageError> {
    let made = match stored.len() {
        1 => {
            let StoredChange { id, change, .. } = stored.remove(0);
            let checked =
                change.check_trusted().map_err(|error| StorageError::Damaged(format!("change {id}: {error}")))?;
            let change = checked.change().filter(|change| standing.stands(change));
            change.map_or(Ok(None), |change| View::of_first(&change))
        }
        _ => match history_of_stored(stored)? {
            Some(history) => made_of(&standing.part_of(&history)),
            None => Ok(None),
        },
    };
    made.map_err(|error| StorageError::Damaged(error.to_string()))
}

/// How a store lists a document that has these changes.
pub(crate) fn listed_in(
    storage: &dyn Storage,
    document: &DocumentId,
    history: &History,
) -> Result<Option<Listing>, StorageError> {
    let view = match storage.view(document)? {
        Some(kept) if is_withheld(&kept) => None,
        kept => kept.and_then(|bytes| View::from_bytes(&bytes)).or_else(|| view_of(history)),
    };
    Ok(view.map(|view| view.listing()))
}

fn view_of(history: &History) -> Option<View> {
    made_of(history).unwrap_or_else(|error| {
        tracing::error!(document = %history.document(), %error, "a document cannot be shown");
        None
    })
}

fn made_of(history: &History) -> Result<Option<View>, MaterialiseError> {
    match history.len() {
        0 => Ok(None),
        1 => history.changes().next().map_or(Ok(None), |change| View::of_first(change)),
        _ => View::of_history(history),
    }
}

fn is_withheld(kept: &[u8]) -> bool {
    kept == WITHHELD
}

/// What is kept in the place of a view where changes fell and nothing is left to show, so that no reader makes a view of
/// what fell.
const WITHHELD: &[u8] = b"";
