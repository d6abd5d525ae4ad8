//! Reading the tables of a store.

use std::ops::ControlFlow;

use knotwork_identity::{ChangeId, DocumentId, SpaceId, Timestamp};
use knotwork_ledger::Kind;
use knotwork_replica::{ListingKey, Storage as _, StorageError, StoredChange};

use crate::{
    engine::Engine,
    record::{self, Record},
    store::Store,
    tables::{self, IdEntry},
};

impl<E: Engine> Store<E> {
    /// What table `i` says of a change.
    pub(crate) fn id_entry(&self, id: &ChangeId) -> Result<Option<IdEntry>, StorageError> {
        let key = tables::id_key(id);
        let Some(value) = self.engine().get(&key)? else { return Ok(None) };
        Ok(Some(IdEntry::read(&key, &value)?).filter(|entry| entry.id == *id))
    }

    fn record(&self, sequence: u64) -> Result<Record, StorageError> {
        let bytes = self
            .engine()
            .get(&tables::change_key(sequence))?
            .ok_or_else(|| StorageError::Damaged(format!("change number {sequence} is missing")))?;
        record::read(sequence, &bytes, &self.network())
    }

    /// The sequence numbers of a document's changes in ascending order, the first `limit` of them.
    pub(crate) fn sequences_of(&self, document: &DocumentId, limit: usize) -> Result<Vec<u64>, StorageError> {
        let mut sequences = Vec::new();
        if limit == 0 {
            return Ok(sequences);
        }
        let mut damage = None;
        let prefix = tables::document_prefix(document);
        self.engine().scan(&prefix, &prefix, &mut |key, value| {
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

    pub(crate) fn read_locals(&self, prefix: &str) -> Result<Vec<(String, Vec<u8>)>, StorageError> {
        let (mut found, mut damage) = (Vec::new(), None);
        let prefix = tables::local_key(prefix);
        self.engine().scan(&prefix, &prefix, &mut |key, value| match tables::local_name(key) {
            Some(name) => {
                found.push((name, value.to_vec()));
                ControlFlow::Continue(())
            }
            None => {
                damage = Some(StorageError::Damaged("a local value has a name that is no text".into()));
                ControlFlow::Break(())
            }
        })?;
        damage.map_or(Ok(found), Err)
    }

    pub(crate) fn read_ids(&self, each: &mut dyn FnMut(SpaceId, Timestamp, ChangeId)) -> Result<(), StorageError> {
        let mut damage = None;
        let (mut found, least) = (0, self.next_sequence() - 1);
        self.engine().scan(tables::IDS, tables::IDS, &mut |key, value| match IdEntry::read(key, value) {
            Ok(entry) => {
                found += 1;
                each(entry.space, entry.time, entry.id);
                ControlFlow::Continue(())
            }
            Err(error) => {
                damage = Some(error);
                ControlFlow::Break(())
            }
        })?;
        // Changes may have been committed meanwhile.
        let most = self.next_sequence() - 1;
        if damage.is_none() && !(least..=most).contains(&found) {
            damage = Some(StorageError::Damaged(format!("the table of ids has {found} entries for {most} changes")));
        }
        damage.map_or(Ok(()), Err)
    }

    pub(crate) fn read_change(&self, id: &ChangeId) -> Result<Option<StoredChange>, StorageError> {
        let Some(sequence) = self.id_entry(id)?.map(|entry| entry.sequence) else { return Ok(None) };
        let record = self.record(sequence)?;
        if record.stored.id != *id {
            return Err(StorageError::Damaged(format!("change number {sequence} is not {id}")));
        }
        Ok(Some(record.stored))
    }

    pub(crate) fn read_changes(&self, from: u64, limit: usize) -> Result<Vec<StoredChange>, StorageError> {
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
            record::read(expected, value, &self.network())
        };
        self.engine().scan(tables::CHANGES, &tables::change_key(from), &mut |key, value| {
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

    pub(crate) fn read_changes_of(&self, document: &DocumentId) -> Result<Vec<StoredChange>, StorageError> {
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

    pub(crate) fn read_listing(
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
        self.engine().scan(&prefix, &from, &mut |key, _| {
            match tables::listing_entry(&prefix, key) {
                Ok(entry) => entries.push(entry),
                Err(error) => damage = Some(error),
            }
            if damage.is_some() || entries.len() == limit { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        damage.map_or(Ok(entries), Err)
    }

    pub(crate) fn read_count(&self, kind: Kind, label: Option<&str>) -> Result<u64, StorageError> {
        self.engine().get(&tables::count_key(kind, label))?.map_or(Ok(0), |count| tables::read_count(&count))
    }
}
