//! What became of the rows of an import, counted.

use serde::Serialize;
use utoipa::ToSchema;

use super::importer::Outcome;
use crate::limits;

/// Counts of rows, and the rows that failed.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    progress: ImportProgress,
    failures: Vec<ImportFailure>,
}

/// How far an import is: one line of an answer in `application/x-ndjson`.
#[derive(Debug, Clone, Copy, Default, Serialize, ToSchema)]
pub(crate) struct ImportProgress {
    /// The line on which the last row begins that is dealt with.
    line: u64,
    /// How many bytes of the file are dealt with.
    bytes: u64,
    /// How many rows became new resources.
    added: u64,
    /// How many rows had been imported before.
    already_there: u64,
    /// How many rows could not be imported.
    failed: u64,
}

/// What an import did.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ImportResult)]
pub(crate) struct ImportBody {
    /// How many rows became new resources.
    added: u64,
    /// How many rows had been imported before, and were left as they are.
    already_there: u64,
    /// How many rows could not be imported.
    failed: u64,
    /// Which, and why: the first 1,000.
    failures: Vec<ImportFailure>,
}

/// A row that could not be imported.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct ImportFailure {
    /// The line on which the row begins, counted from 1.
    line: u64,
    /// Why.
    #[schema(example = "the row has 4 cells, and the first line has 5")]
    reason: String,
}

impl Tally {
    pub(super) fn count(&mut self, line: u64, outcome: Outcome) {
        let progress = &mut self.progress;
        progress.line = line;
        match outcome {
            Outcome::Added => progress.added += 1,
            Outcome::AlreadyThere => progress.already_there += 1,
            Outcome::Failed(reason) => {
                progress.failed += 1;
                if self.failures.len() < limits::IMPORT_FAILURES_LISTED_MAX {
                    self.failures.push(ImportFailure { line, reason });
                }
            }
        }
    }

    /// Everything up to here is dealt with.
    pub(super) fn read(&mut self, bytes: u64) {
        self.progress.bytes = bytes;
    }

    pub(super) fn added(&self) -> u64 {
        self.progress.added
    }

    pub(super) fn progress(&self) -> ImportProgress {
        self.progress
    }

    pub(super) fn result(&self) -> ImportBody {
        let ImportProgress { added, already_there, failed, .. } = self.progress;
        ImportBody { added, already_there, failed, failures: self.failures.clone() }
    }
}
