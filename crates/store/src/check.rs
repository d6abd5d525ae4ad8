//! Checking a whole store: that every change is what was written, and that the tables agree. Nothing is written.

use std::{collections::BTreeMap, ops::ControlFlow};

use knotwork_identity::DocumentId;
use knotwork_ledger::Kind;
use knotwork_replica::{Storage as _, StorageError};

use crate::{engine::Engine, record, store::Store, tables};

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CheckReport {
    /// Changes that are what was written, and that the other tables know.
    pub sound: u64,
    /// How many faults there are.
    pub faults: u64,
    /// The first of them, at most [`CheckReport::NAMED_MAX`], for a person to read.
    pub named: Vec<String>,
}

impl CheckReport {
    /// So many faults are named.
    pub const NAMED_MAX: usize = 100;

    /// Whether there is nothing wrong.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.faults == 0
    }

    fn fault(&mut self, what: impl Into<String>) {
        self.faults += 1;
        if self.named.len() < Self::NAMED_MAX {
            self.named.push(what.into());
        }
    }

    /// Takes note of a fault that reading met with. What is no damage is no fault but a failure of the check.
    fn note<T>(&mut self, result: Result<T, StorageError>) -> Result<Option<T>, StorageError> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(StorageError::Damaged(why)) => {
                self.fault(why);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

impl<E: Engine> Store<E> {
    /// Reads everything, and checks every change by its hash and the tables against each other. It takes some ten
    /// seconds for a million changes. Nothing may be committed meanwhile, or what is may look like a fault. A store on
    /// disk in which faults are found is repaired when it is next opened.
    ///
    /// # Errors
    /// When reading fails for another reason than damage.
    pub fn check(&self) -> Result<CheckReport, StorageError> {
        let mut report = CheckReport::default();
        self.check_changes(&mut report)?;
        let changes = self.next_sequence() - 1;
        for (table, name) in [(tables::CHANGES, "changes"), (tables::IDS, "ids"), (tables::DOCUMENTS, "documents")] {
            let mut entries = 0;
            let counted = self.engine().scan(table, table, &mut |_, _| {
                entries += 1;
                ControlFlow::Continue(())
            });
            if report.note(counted)?.is_some() && entries != changes {
                report.fault(format!("the table of {name} has {entries} entries for {changes} changes"));
            }
        }
        self.check_listings(&mut report)?;
        if !report.is_sound() {
            self.engine().distrust();
        }
        Ok(report)
    }

    /// Goes through the table of changes. Where a part of it cannot be read it goes on after that part.
    fn check_changes(&self, report: &mut CheckReport) -> Result<(), StorageError> {
        let end = self.next_sequence();
        let (mut next, mut unreadable) = (1, 0);
        while next < end && unreadable < UNREADABLE_MAX {
            let mut failed = Ok(());
            let scanned = self.engine().scan(tables::CHANGES, &tables::change_key(next), &mut |key, value| {
                let Ok(sequence) = tables::change_sequence(key) else {
                    report.fault("the table of changes has a key that is not a number");
                    return ControlFlow::Continue(());
                };
                if sequence > next {
                    report.fault(format!("the changes from number {next} to {} are missing", sequence - 1));
                }
                next = sequence.saturating_add(1);
                unreadable = 0;
                failed = self.check_change(sequence, value, report);
                if failed.is_err() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
            failed?;
            if report.note(scanned)?.is_some() {
                break;
            }
            next += 1;
            unreadable += 1;
        }
        if next < end {
            report.fault(format!("the changes from number {next} to {} cannot be read", end - 1));
        }
        Ok(())
    }

    fn check_change(&self, sequence: u64, value: &[u8], report: &mut CheckReport) -> Result<(), StorageError> {
        let Some(record) = report.note(record::read(sequence, value, &self.network()))? else { return Ok(()) };
        let id = record.stored.id;
        let entry = self.id_entry(&id);
        let Some(entry) = report.note(entry)? else { return Ok(()) };
        let known = entry.is_some_and(|entry| {
            entry.id == id && entry.sequence == sequence && entry.space == record.stored.change.header.space
        });
        let entry = self.engine().get(&tables::document_key(&record.document, sequence));
        let Some(entry) = report.note(entry)? else { return Ok(()) };
        let of_document = entry == Some(tables::document_value(&record.document));
        if !known {
            report.fault(format!("the table of ids does not know the change {id}, number {sequence}"));
        } else if !of_document {
            report.fault(format!("the table of documents does not know the change {id}, number {sequence}"));
        } else {
            report.sound += 1;
        }
        Ok(())
    }

    /// Counts the entries of all listings, and compares with the counts that are kept.
    fn check_listings(&self, report: &mut CheckReport) -> Result<(), StorageError> {
        let mut counted: BTreeMap<Vec<u8>, u64> = BTreeMap::new();
        let mut kept = BTreeMap::new();
        for table in [tables::BY_KIND, tables::BY_LABEL] {
            let mut strange = 0_u64;
            let scanned = self.engine().scan(table, table, &mut |key, _| {
                match listed(table, key) {
                    Some((count, document)) if matches!(self.count_of(&document, 1), Ok(1)) => {
                        *counted.entry(count).or_default() += 1;
                    }
                    _ => strange += 1,
                }
                ControlFlow::Continue(())
            });
            report.note(scanned)?;
            if strange > 0 {
                report.fault(format!("{strange} entries of the listings are of no document that is there"));
            }
        }
        let scanned = self.engine().scan(tables::COUNTS, tables::COUNTS, &mut |key, value| {
            kept.insert(key.to_vec(), tables::read_count(value).unwrap_or(0));
            ControlFlow::Continue(())
        });
        report.note(scanned)?;
        if counted != kept {
            report.fault("the counts of the listings are not those of their entries");
        }
        Ok(())
    }
}

/// The count under which an entry of a listing is counted, and its document.
fn listed(table: &[u8], key: &[u8]) -> Option<(Vec<u8>, DocumentId)> {
    let (kind, rest) = key.strip_prefix(table)?.split_first_chunk::<2>()?;
    let kind = Kind(u16::from_be_bytes(*kind));
    let label = if table == tables::BY_KIND {
        None
    } else {
        let end = rest.iter().position(|byte| *byte == 0)?;
        Some(std::str::from_utf8(&rest[..end]).ok()?)
    };
    let entry = tables::listing_entry(&tables::listing_prefix(kind, label), key).ok()?;
    Some((tables::count_key(kind, label), entry.document))
}

/// After so many numbers in a row that cannot be read, the rest is taken to be unreadable as well.
const UNREADABLE_MAX: u64 = 10_000;
