//! The store: tables over an engine. It keeps what it is given and decides nothing.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::ControlFlow,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use knotwork_identity::{ChangeId, DocumentId, NetworkId, SpaceId, Timestamp};
use knotwork_ledger::Kind;
use knotwork_replica::{Batch, DocumentUpdate, Listing, ListingKey, Storage, StorageError, StoredChange};

use crate::{
    engine::{Engine, Writes, invalid},
    record::{self, Record},
    tables::{self, IdEntry, Meta},
};

/// Keeps the changes of one network in an engine: [`Storage`] for one writing thread and any number of readers.
#[derive(Debug)]
pub struct Store<E> {
    engine: E,
    network: NetworkId,
    incarnation: [u8; 16],
    /// The sequence number that the next change gets: all below it are committed.
    next: AtomicU64,
    /// Held while a batch is built and committed: counts are read before they are written.
    writer: Mutex<()>,
}

impl<E: Engine> Store<E> {
    /// The store in an engine. An empty engine is made a store of `network` with the given incarnation; one that is a
    /// store keeps its own.
    ///
    /// # Errors
    /// [`StorageError::Io`] of the kind `InvalidInput` when the engine holds another network's changes or was written by
    /// a newer version; otherwise as the engine's.
    pub fn with_engine(engine: E, network: NetworkId, incarnation: [u8; 16]) -> Result<Self, StorageError> {
        let incarnation = match engine.get(&Meta::Format.key())? {
            None => {
                make(&engine, &network, &incarnation)?;
                incarnation
            }
            Some(format) => {
                check_format(&format)?;
                check_network(&engine, &network)?;
                engine
                    .get(&Meta::Incarnation.key())?
                    .and_then(|bytes| bytes.try_into().ok())
                    .ok_or_else(|| StorageError::Damaged("the store has no incarnation".into()))?
            }
        };
        let next = match engine.last_key(tables::CHANGES)? {
            None => 1,
            Some(key) => tables::change_sequence(&key)? + 1,
        };
        Ok(Self { engine, network, incarnation, next: AtomicU64::new(next), writer: Mutex::new(()) })
    }

    /// The engine, to read from.
    #[must_use]
    pub fn engine(&self) -> &E {
        &self.engine
    }

    /// The network whose changes are kept.
    #[must_use]
    pub fn network(&self) -> NetworkId {
        self.network
    }

    /// Takes a new incarnation, so that no number given out before is taken for one given out from now on.
    ///
    /// # Errors
    /// When the engine does not take it.
    pub fn renew(&mut self, incarnation: [u8; 16]) -> Result<(), StorageError> {
        let mut writes = Writes::default();
        writes.put(Meta::Incarnation.key(), incarnation.to_vec());
        self.engine.commit(&writes)?;
        self.engine.sync()?;
        self.incarnation = incarnation;
        Ok(())
    }

    fn record(&self, sequence: u64) -> Result<Record, StorageError> {
        let bytes = self
            .engine
            .get(&tables::change_key(sequence))?
            .ok_or_else(|| StorageError::Damaged(format!("change number {sequence} is missing")))?;
        record::read(sequence, &bytes, &self.network)
    }

    /// The sequence numbers of a document's changes in ascending order, the first `limit` of them.
    fn sequences_of(&self, document: &DocumentId, limit: usize) -> Result<Vec<u64>, StorageError> {
        let mut sequences = Vec::new();
        if limit == 0 {
            return Ok(sequences);
        }
        let mut damage = None;
        let prefix = tables::document_prefix(document);
        self.engine.scan(&prefix, &prefix, &mut |key, value| {
            match tables::document_entry(key, value) {
                Ok((found, sequence)) if found == *document => sequences.push(sequence),
                Ok(_) => {}
                Err(error) => damage = Some(error),
            }
            if damage.is_some() || sequences.len() == limit {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        })?;
        damage.map_or(Ok(sequences), Err)
    }

    fn write_changes(&self, batch: &Batch, writes: &mut Writes) -> Result<(), StorageError> {
        for (expected, (sequence, change)) in (self.next_sequence()..).zip(&batch.changes) {
            if *sequence != expected || *sequence > tables::SEQUENCE_MAX {
                return Err(invalid(format!("the next change is number {expected}, not {sequence}")));
            }
            let entry =
                IdEntry { id: change.id(), time: change.time(), space: change.header().space, sequence: *sequence };
            let document = change.document();
            writes.put(tables::change_key(*sequence), record::write(change, &self.network)?);
            writes.put(tables::id_key(&entry.id), entry.value());
            writes.put(tables::document_key(&document, *sequence), tables::document_value(&document));
        }
        Ok(())
    }

    fn write_view(&self, update: &DocumentUpdate, writes: &mut Writes) -> Result<(), StorageError> {
        let key = tables::view_key(&update.document);
        match &update.view {
            Some(view) => writes.put(key, view.clone()),
            // Most documents never had a view, and asking is cheaper than deleting what is not there.
            None if self.engine.get(&key)?.is_some() => writes.delete(key),
            None => {}
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
            let count = self.list_len(*kind, *label)?.saturating_add_signed(*by);
            if count == 0 {
                writes.delete(key);
            } else {
                writes.put(key, count.to_be_bytes().to_vec());
            }
        }
        Ok(())
    }
}

impl<E: Engine> Storage for Store<E> {
    fn commit(&self, batch: &Batch) -> Result<(), StorageError> {
        let _writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let mut writes = Writes::default();
        self.write_changes(batch, &mut writes)?;
        let mut counts = BTreeMap::new();
        for update in &batch.documents {
            check_listing(update.listed.as_ref())?;
            self.write_view(update, &mut writes)?;
            write_listing(update, &mut writes, &mut counts);
        }
        self.write_counts(&counts, &mut writes)?;
        for (name, value) in &batch.local {
            writes.put(tables::local_key(name), value.clone());
        }
        if writes.is_empty() {
            return Ok(());
        }
        self.engine.commit(&writes)?;
        self.next.fetch_add(batch.changes.len() as u64, Ordering::Release);
        Ok(())
    }

    fn sync(&self) -> Result<(), StorageError> {
        self.engine.sync()
    }

    fn incarnation(&self) -> [u8; 16] {
        self.incarnation
    }

    fn next_sequence(&self) -> u64 {
        self.next.load(Ordering::Acquire)
    }

    fn each_id(&self, each: &mut dyn FnMut(SpaceId, Timestamp, ChangeId)) -> Result<(), StorageError> {
        let mut damage = None;
        self.engine.scan(tables::IDS, tables::IDS, &mut |key, value| match IdEntry::read(key, value) {
            Ok(entry) => {
                each(entry.space, entry.time, entry.id);
                ControlFlow::Continue(())
            }
            Err(error) => {
                damage = Some(error);
                ControlFlow::Break(())
            }
        })?;
        damage.map_or(Ok(()), Err)
    }

    fn sequence_of(&self, id: &ChangeId) -> Result<Option<u64>, StorageError> {
        let key = tables::id_key(id);
        let Some(value) = self.engine.get(&key)? else { return Ok(None) };
        let entry = IdEntry::read(&key, &value)?;
        Ok((entry.id == *id).then_some(entry.sequence))
    }

    fn change(&self, id: &ChangeId) -> Result<Option<StoredChange>, StorageError> {
        let Some(sequence) = self.sequence_of(id)? else { return Ok(None) };
        let record = self.record(sequence)?;
        if record.stored.id != *id {
            return Err(StorageError::Damaged(format!("change number {sequence} is not {id}")));
        }
        Ok(Some(record.stored))
    }

    fn changes_from(&self, from: u64, limit: usize) -> Result<Vec<StoredChange>, StorageError> {
        let from = from.max(1);
        let end = self.next_sequence().min(from.saturating_add(limit as u64));
        let mut changes = Vec::new();
        if from >= end {
            return Ok(changes);
        }
        let mut damage = None;
        let read = |expected: u64, key: &[u8], value: &[u8]| {
            if tables::change_sequence(key)? != expected {
                return Err(StorageError::Damaged(format!("change number {expected} is missing")));
            }
            record::read(expected, value, &self.network)
        };
        self.engine.scan(tables::CHANGES, &tables::change_key(from), &mut |key, value| {
            match read(from + changes.len() as u64, key, value) {
                Ok(record) => changes.push(record.stored),
                Err(error) => damage = Some(error),
            }
            if damage.is_some() || from + changes.len() as u64 == end {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        })?;
        if let Some(error) = damage {
            return Err(error);
        }
        if from + (changes.len() as u64) < end {
            return Err(StorageError::Damaged(format!("change number {} is missing", from + changes.len() as u64)));
        }
        Ok(changes)
    }

    fn changes_of(&self, document: &DocumentId) -> Result<Vec<StoredChange>, StorageError> {
        let mut changes = Vec::new();
        for sequence in self.sequences_of(document, usize::MAX)? {
            let record = self.record(sequence)?;
            if record.document != *document {
                return Err(StorageError::Damaged(format!("change number {sequence} is not of document {document}")));
            }
            changes.push(record.stored);
        }
        Ok(changes)
    }

    fn count_of(&self, document: &DocumentId, limit: usize) -> Result<usize, StorageError> {
        Ok(self.sequences_of(document, limit)?.len())
    }

    fn view(&self, document: &DocumentId) -> Result<Option<Vec<u8>>, StorageError> {
        self.engine.get(&tables::view_key(document))
    }

    fn list(
        &self,
        kind: Kind,
        label: Option<&str>,
        after: Option<&ListingKey>,
        limit: usize,
    ) -> Result<Vec<ListingKey>, StorageError> {
        let mut entries = Vec::new();
        if limit == 0 {
            return Ok(entries);
        }
        let prefix = tables::listing_prefix(kind, label);
        let from = match after {
            None => prefix.clone(),
            // The least key after that of the entry.
            Some(after) => [tables::listing_key(kind, label, &after.order, &after.document).as_slice(), &[0]].concat(),
        };
        let mut damage = None;
        self.engine.scan(&prefix, &from, &mut |key, _| {
            match tables::listing_entry(&prefix, key) {
                Ok(entry) => entries.push(entry),
                Err(error) => damage = Some(error),
            }
            if damage.is_some() || entries.len() == limit { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        damage.map_or(Ok(entries), Err)
    }

    fn list_len(&self, kind: Kind, label: Option<&str>) -> Result<u64, StorageError> {
        self.engine.get(&tables::count_key(kind, label))?.map_or(Ok(0), |count| tables::read_count(&count))
    }

    fn local(&self, name: &str) -> Result<Option<Vec<u8>>, StorageError> {
        self.engine.get(&tables::local_key(name))
    }

    fn size_on_disk(&self) -> u64 {
        self.engine.size_on_disk()
    }
}

/// Writes into an empty engine what a store has before it has any change.
fn make<E: Engine>(engine: &E, network: &NetworkId, incarnation: &[u8; 16]) -> Result<(), StorageError> {
    let mut writes = Writes::default();
    writes.put(Meta::Format.key(), vec![tables::FORMAT]);
    writes.put(Meta::Network.key(), network.0.to_vec());
    writes.put(Meta::Incarnation.key(), incarnation.to_vec());
    engine.commit(&writes)?;
    engine.sync()
}

fn check_format(format: &[u8]) -> Result<(), StorageError> {
    match format {
        [tables::FORMAT] => Ok(()),
        [newer] if *newer > tables::FORMAT => {
            Err(invalid(format!("the store has format {newer}, which this version does not know: update the program")))
        }
        _ => Err(StorageError::Damaged("the store's format is not a number".into())),
    }
}

fn check_network<E: Engine>(engine: &E, network: &NetworkId) -> Result<(), StorageError> {
    let kept = engine.get(&Meta::Network.key())?.and_then(|bytes| bytes.try_into().ok()).map(NetworkId);
    match kept {
        Some(kept) if kept == *network => Ok(()),
        Some(kept) => Err(invalid(format!("the store belongs to the network {kept}, not to {network}"))),
        None => Err(StorageError::Damaged("the store does not name its network".into())),
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
