//! What must hold of a store, found out anew from its changes alone.

use std::{collections::BTreeMap, sync::Arc};

use knotwork_documents::{ResourceView, View};
use knotwork_identity::DocumentId;
use knotwork_ledger::{Checked, History, Verdict, Verifiers, planted};
use knotwork_replica::{Standing, Storage, view_in};

use crate::{breach::Breach, cast::Cast};

/// The documents of a store with the bytes of their views.
pub(crate) type Views = BTreeMap<DocumentId, Option<Vec<u8>>>;

/// Checks everything that a store holds: signatures, the gate in the order of admission, views and listings. Gives the
/// views.
pub(crate) fn check(store: &dyn Storage) -> Result<Views, Breach> {
    planted::without(|| check_soundly(store))
}

fn check_soundly(store: &dyn Storage) -> Result<Views, Breach> {
    let unreadable = |error: &dyn std::fmt::Display| Breach::new(format!("the store cannot be read: {error}"));
    let count = usize::try_from(store.next_sequence() - 1).unwrap_or(usize::MAX);
    let all = store.changes_from(1, count).map_err(|error| unreadable(&error))?;
    let mut verifiers = Verifiers::new(64);
    let mut histories: BTreeMap<DocumentId, History> = BTreeMap::new();
    for stored in all {
        let id = stored.id;
        let checked = stored.change.check(&mut verifiers);
        let Ok(Checked::Change(change)) = checked else {
            return Err(Breach::new(format!("change {id} is admitted and not valid")));
        };
        let history = histories.entry(change.document()).or_insert_with(|| History::new(change.header().clone()));
        match history.admit(Arc::new(change)) {
            Ok(Verdict::Admitted) => {}
            verdict => return Err(Breach::new(format!("change {id} is stored, and the gate says {verdict:?}"))),
        }
    }
    // Whether a change stands follows from what else is there, and from nothing else.
    let standing = standing(store)?;
    let mut views = Views::new();
    for (document, history) in &histories {
        let shown = shown(store, document, &standing)?;
        let stands = standing.part_of(history);
        let made = if stands.is_empty() { None } else { View::merged(&stands).map_err(|error| unreadable(&error))? };
        if shown != made {
            return Err(Breach::new(format!(
                "document {document} is shown as {shown:?}, and its changes say {made:?}"
            )));
        }
        views.insert(*document, made.map(|view| view.to_bytes()));
    }
    check_listings(store, &histories, &standing)?;
    Ok(views)
}

/// What a reader of the store is shown of a document.
fn shown(store: &dyn Storage, document: &DocumentId, standing: &Standing) -> Result<Option<View>, Breach> {
    let unreadable = |error: &dyn std::fmt::Display| Breach::new(format!("{document} cannot be read: {error}"));
    view_in(store, document, standing).map_err(|error| unreadable(&error))
}

fn standing(store: &dyn Storage) -> Result<Standing, Breach> {
    Standing::read(store, Cast::get().roster.as_ref())
        .map_err(|error| Breach::new(format!("revocations cannot be read: {error}")))
}

/// A resource as a reader is shown it.
pub(crate) fn resource(store: &dyn Storage, document: &DocumentId) -> Result<Option<ResourceView>, Breach> {
    Ok(match shown(store, document, &standing(store)?)? {
        Some(View::Resource(view)) => Some(*view),
        _ => None,
    })
}

/// Every document that is shown is listed once, under its present name and labels, and nothing else is.
fn check_listings(
    store: &dyn Storage,
    histories: &BTreeMap<DocumentId, History>,
    standing: &Standing,
) -> Result<(), Breach> {
    let unreadable = |error: &dyn std::fmt::Display| Breach::new(format!("a listing cannot be read: {error}"));
    let mut expected: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (document, history) in histories {
        let stands = standing.part_of(history);
        if stands.is_empty() {
            continue;
        }
        let Ok(Some(view)) = View::merged(&stands) else { continue };
        let listing = view.listing();
        let kind = history.header().kind;
        for label in std::iter::once(None).chain(listing.labels.into_iter().map(Some)) {
            expected.entry((kind, label)).or_default().push((listing.order.clone(), *document));
        }
    }
    for ((kind, label), mut entries) in expected {
        entries.sort();
        let label = label.as_deref();
        let listed = store.list(kind, label, None, usize::MAX).map_err(|error| unreadable(&error))?;
        let counted = store.list_len(kind, label).map_err(|error| unreadable(&error))?;
        let listed: Vec<_> = listed.into_iter().map(|key| (key.order, key.document)).collect();
        if listed != entries || counted != listed.len() as u64 {
            return Err(Breach::new(format!(
                "the listing of kind {kind} under {label:?} is {listed:?} and counts {counted}, not {entries:?}"
            )));
        }
    }
    Ok(())
}
