//! Turning a batch into writes to the tables of a store.

use std::collections::{BTreeMap, BTreeSet};

use knotwork_identity::DocumentId;
use knotwork_ledger::{
    Kind,
    planted::{self, Bug},
};
use knotwork_replica::{Batch, DocumentUpdate, Listing, Storage as _, StorageError};

use crate::{
    engine::{Engine, Writes, invalid},
    record,
    store::Store,
    tables::{self, IdEntry},
};

impl<E: Engine> Store<E> {
    /// What a batch writes. Nothing may be committed between this and its commit: counts are read here.
    ///
    /// # Errors
    /// [`StorageError::Io`] of the kind `InvalidInput` when the batch is not one that follows what is committed;
    /// otherwise as the engine's.
    pub(crate) fn writes_of(&self, batch: &Batch) -> Result<Writes, StorageError> {
        let mut writes = Writes::default();
        self.write_changes(batch, &mut writes)?;
        let (mut counts, mut views) = (BTreeMap::new(), BTreeSet::new());
        for update in &batch.documents {
            check_listing(update.listed.as_ref())?;
            self.write_view(update, &mut views, &mut writes)?;
            write_listing(update, &mut writes, &mut counts);
        }
        self.write_counts(&counts, &mut writes)?;
        for (name, value) in &batch.local {
            match value {
                Some(value) => writes.put(tables::local_key(name), value.clone()),
                None => writes.delete(tables::local_key(name)),
            }
        }
        Ok(writes)
    }

    fn write_changes(&self, batch: &Batch, writes: &mut Writes) -> Result<(), StorageError> {
        for (expected, (sequence, change)) in (self.next_sequence()..).zip(&batch.changes) {
            if *sequence != expected || *sequence > tables::SEQUENCE_MAX {
                return Err(invalid(format!("the next change is number {expected}, not {sequence}")));
            }
            let entry =
                IdEntry { id: change.id(), time: change.time(), space: change.header().space, sequence: *sequence };
            let document = change.document();
            writes.put(tables::change_key(*sequence), record::write(change, &self.network())?);
            writes.put(tables::id_key(&entry.id), entry.value());
            writes.put(tables::document_key(&document, *sequence), tables::document_value(&document));
        }
        Ok(())
    }

    /// Sets the view or takes it away. `set` are the documents that got one earlier in the same batch.
    fn write_view(
        &self,
        update: &DocumentUpdate,
        set: &mut BTreeSet<DocumentId>,
        writes: &mut Writes,
    ) -> Result<(), StorageError> {
        let key = tables::view_key(&update.document);
        if let Some(view) = &update.view {
            set.insert(update.document);
            writes.put(key, view.clone());
        // Most documents never had a view, and asking is cheaper than deleting what is not there.
        } else if set.contains(&update.document) || self.engine().get(&key)?.is_some() {
            writes.delete(key);
        }
        Ok(())
    }

    fn write_counts(
        &self,
        changed: &BTreeMap<(Kind, Option<&str>), i64>,
        writes: &mut Writes,
    ) -> Result<(), StorageError> {
        for ((kind, label), by) in changed {
            if *by == 0 {
                continue;
            }
            let key = tables::count_key(*kind, *label);
            let count = self.read_count(*kind, *label)?.saturating_add_signed(*by);
            if count == 0 {
                writes.delete(key);
            } else {
                writes.put(key, count.to_be_bytes().to_vec());
            }
        }
        Ok(())
    }
}

fn check_listing(listing: Option<&Listing>) -> Result<(), StorageError> {
    let Some(listing) = listing else { return Ok(()) };
    if listing.order.len() > Listing::ORDER_BYTES_MAX || listing.order.contains(&0) {
        return Err(invalid("the order of a listing is too long or has a zero byte".into()));
    }
    let fits = |label: &String| label.len() <= Listing::LABEL_BYTES_MAX && !label.as_bytes().contains(&0);
    if !listing.labels.iter().all(fits) {
        return Err(invalid("a label of a listing is too long or has a zero byte".into()));
    }
    Ok(())
}

/// Takes away the entries that a document no longer has, adds those that are new, and leaves the others alone.
fn write_listing<'a>(
    update: &'a DocumentUpdate,
    writes: &mut Writes,
    counts: &mut BTreeMap<(Kind, Option<&'a str>), i64>,
) {
    let before = listing_entries(update.listed_before.as_ref());
    let after = listing_entries(update.listed.as_ref());
    let key = |label, order| tables::listing_key(update.kind, label, order, &update.document);
    for &(label, order) in before.difference(&after) {
        if label.is_some() && planted::is(Bug::StaleListing) {
            continue;
        }
        writes.delete(key(label, order));
        *counts.entry((update.kind, label)).or_default() -= 1;
    }
    for &(label, order) in after.difference(&before) {
        writes.put(key(label, order), Vec::new());
        *counts.entry((update.kind, label)).or_default() += 1;
    }
}

/// The entries of a listing: one among all of the kind, and one for each label.
fn listing_entries(listing: Option<&Listing>) -> BTreeSet<(Option<&str>, &[u8])> {
    listing
        .into_iter()
        .flat_map(|listing| {
            let labels = listing.labels.iter().map(|label| Some(label.as_str()));
            std::iter::once(None).chain(labels).map(|label| (label, listing.order.as_slice()))
        })
        .collect()
}
