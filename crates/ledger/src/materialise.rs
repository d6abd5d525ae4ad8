//! From admitted changes to an Automerge document. This is the one place where Automerge is given changes, and it is
//! given admitted ones alone, all at once, dependencies first, in an order that is the same on every node.

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
};

use automerge::{Automerge, Change, TextEncoding};
use knotwork_identity::ChangeId;
use thiserror::Error;

use crate::{
    gate::OperationId,
    history::{Entry, History},
    limits::TEXT_BYTES_MAX,
    order::in_order,
    past::{Past, Totals},
    texts::Growth,
};

/// A document as its changes make it.
#[derive(Debug)]
pub struct Materialised {
    /// The document.
    pub document: Automerge,
    /// The changes that the document's limits leave out, in ascending order. They are admitted like any other: changes
    /// that were made at the same time can only together be too much.
    pub left_out: Vec<ChangeId>,
}

/// The document that all admitted changes make, where they fit together. Of a document above its limits, the largest part
/// that fits: changes are taken in the order of [`History::in_order`], and one that does not fit any more is left out with
/// all that builds on it.
///
/// # Errors
/// When Automerge refuses what the gate has admitted, which is a fault in one of the two.
pub fn materialise(history: &History) -> Result<Materialised, MaterialiseError> {
    build(history, None)
}

/// The document as it was at `heads`: the changes that they build on, and themselves.
///
/// # Errors
/// When a head has not been admitted, or as [`materialise`].
pub fn materialise_at(history: &History, heads: &[ChangeId]) -> Result<Materialised, MaterialiseError> {
    let places = heads.iter().map(|head| history.index_of(head).ok_or(MaterialiseError::UnknownHead(*head)));
    let places = places.collect::<Result<Vec<_>, _>>()?;
    build(history, Past::of(history.entries(), &places, usize::MAX).as_ref())
}

/// Why there is no document.
#[derive(Debug, Error)]
pub enum MaterialiseError {
    /// A head that has not been admitted.
    #[error("the change {0} has not been admitted")]
    UnknownHead(ChangeId),
    /// Automerge refused changes.
    #[error("automerge refused admitted changes: {0}")]
    Refused(String),
    /// Automerge panicked.
    #[error("automerge panicked on admitted changes")]
    Panicked,
    /// Automerge left changes out without saying so.
    #[error("automerge did not take every admitted change")]
    Incomplete,
}

/// A document without changes whose texts are counted in characters. Its actor is never that of any change.
pub(crate) fn empty_document() -> Automerge {
    Automerge::new_with_encoding(TextEncoding::UnicodeCodePoint).with_actor(automerge::ActorId::from([0; 32]))
}

/// Gives Automerge changes whose dependencies it has or gets.
pub(crate) fn apply<'a>(
    document: &mut Automerge,
    chunks: impl Iterator<Item = &'a [u8]>,
) -> Result<(), MaterialiseError> {
    let refused = |error: &dyn std::error::Error| MaterialiseError::Refused(error.to_string());
    let parse = |chunk: &[u8]| Change::from_bytes(chunk.to_vec()).map_err(|error| refused(&error));
    // A second belt: what the gate admits does not panic, and if it did, it would be one document that cannot be shown.
    catch_unwind(AssertUnwindSafe(|| {
        let changes = chunks.map(parse).collect::<Result<Vec<_>, _>>()?;
        document.apply_changes(changes).map_err(|error| refused(&error))
    }))
    .map_err(|_| MaterialiseError::Panicked)?
}

fn build(history: &History, within: Option<&Past>) -> Result<Materialised, MaterialiseError> {
    let entries = history.entries();
    let Selection { taken, mut left_out, heads } = select(history, within);
    let mut document = empty_document();
    apply(&mut document, taken.iter().map(|index| &*entries[*index as usize].change.signed().chunk))?;
    let mut found: Vec<_> = document.get_heads().into_iter().map(|hash| ChangeId(hash.0)).collect();
    found.sort_unstable();
    if found != heads {
        return Err(MaterialiseError::Incomplete);
    }
    left_out.sort_unstable();
    Ok(Materialised { document, left_out })
}

/// Changes in the order in which they are applied, those that do not fit, and the heads of the first.
struct Selection {
    taken: Vec<u32>,
    left_out: Vec<ChangeId>,
    heads: Vec<ChangeId>,
}

/// Takes changes, dependencies first and free ones in ascending order, for as long as they fit.
fn select(history: &History, within: Option<&Past>) -> Selection {
    let entries = history.entries();
    let mut budget = Budget::new(history, within);
    let mut fits = vec![false; entries.len()];
    let mut is_head = vec![false; entries.len()];
    let mut selection = Selection { taken: Vec::with_capacity(entries.len()), left_out: Vec::new(), heads: Vec::new() };
    for index in in_order(entries, within) {
        let entry = &entries[index as usize];
        let complete = entry.dependencies.iter().all(|dependency| fits[*dependency as usize]);
        if complete && budget.take(index, entry) {
            fits[index as usize] = true;
            is_head[index as usize] = true;
            entry.dependencies.iter().for_each(|dependency| is_head[*dependency as usize] = false);
            selection.taken.push(index);
        } else {
            selection.left_out.push(entry.change.id());
        }
    }
    let heads = selection.taken.iter().filter(|index| is_head[**index as usize]);
    selection.heads = heads.map(|index| entries[*index as usize].change.id()).collect();
    selection.heads.sort_unstable();
    selection
}

/// What still fits into a document.
struct Budget {
    /// Whether all changes fit together, so that nothing needs counting: on the way to them a text may be longer than it
    /// is in the end.
    unlimited: bool,
    totals: Totals,
    texts: BTreeMap<OperationId, i64>,
    growths: BTreeMap<u32, Vec<(OperationId, Growth)>>,
}

impl Budget {
    fn new(history: &History, within: Option<&Past>) -> Self {
        let totals = within.map_or(history.totals(), |past| past.totals);
        let unlimited = totals.check().is_ok() && !history.texts().any_is_long(within);
        let growths = if unlimited { BTreeMap::new() } else { history.texts().by_change() };
        Self { unlimited, totals: Totals::default(), texts: BTreeMap::new(), growths }
    }

    /// Takes a change if it fits.
    fn take(&mut self, index: u32, entry: &Entry) -> bool {
        if self.unlimited {
            return true;
        }
        let totals = self.totals.with(&entry.change);
        let growths = self.growths.get(&index).map_or(&[][..], Vec::as_slice);
        let length = |text: &OperationId| self.texts.get(text).copied().unwrap_or(0);
        let too_long = |(text, growth): &(OperationId, Growth)| {
            growth.net() > 0 && length(text) + growth.net() > TEXT_BYTES_MAX as i64
        };
        if totals.check().is_err() || growths.iter().any(too_long) {
            return false;
        }
        self.totals = totals;
        for (text, growth) in growths {
            *self.texts.entry(*text).or_default() += growth.net();
        }
        true
    }
}
