//! How an honest writer makes changes: an edit of an Automerge document becomes one signed change that passes the gate.

use std::{
    cell::OnceCell,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use automerge::{
    Automerge, AutomergeError, Change,
    transaction::{CommitOptions, Transaction},
};
use knotwork_identity::{ChangeId, SecretKey, Signature, Timestamp};
use thiserror::Error;

use crate::{
    Checked, CheckedChange, DocumentHeader, History, MaterialiseError, Materialised, Rejection, SignedChange, Verdict,
    crowded,
    draft::Draft,
    leb128::{write_signed, write_unsigned},
    limits::DEPENDENCIES_MAX,
    materialise::{apply, empty_document, materialise},
    restore, signed_message, strip,
};

/// Writes changes of one document, by one author, at one claimed time.
#[derive(Debug)]
pub struct Pen<'a> {
    key: &'a SecretKey,
    pub(crate) time: Timestamp,
    pub(crate) history: History,
    pub(crate) written: Vec<Arc<CheckedChange>>,
    /// The document as far as it has been brought, with the first `applied` of `written`.
    pub(crate) document: Automerge,
    applied: usize,
    /// The document with all of `written`, where someone has asked for it since.
    latest: OnceCell<Option<Automerge>>,
}

impl<'a> Pen<'a> {
    /// Begins a new document.
    #[must_use]
    pub fn new(header: DocumentHeader, key: &'a SecretKey, time: Timestamp) -> Self {
        Self::over(History::new(header), empty_document(), key, time)
    }

    /// Goes on with a document, at the heads of what is shown of it. Where there are more heads than a change can build
    /// on, changes that only merge are written first.
    ///
    /// # Errors
    /// When the document cannot be materialised, or a merging change does not pass the gate.
    pub fn open(history: History, key: &'a SecretKey, time: Timestamp) -> Result<Self, PenError> {
        let Materialised { document, .. } = materialise(&history)?;
        let mut pen = Self::over(history, document, key, time);
        pen.merge_heads()?;
        Ok(pen)
    }

    /// The document with everything that has been written.
    #[must_use]
    pub fn document(&self) -> &Automerge {
        if self.applied == self.written.len() {
            return &self.document;
        }
        let latest = self.latest.get_or_init(|| {
            let mut latest = self.document.clone();
            apply(&mut latest, self.unapplied()).ok().map(|()| latest)
        });
        latest.as_ref().unwrap_or(&self.document)
    }

    /// Makes one edit. It becomes one signed change, or none where it changes nothing. Where it replaces more values that
    /// were set at the same time than one change can name, changes that delete most of them come before it.
    ///
    /// Objects that the edit makes get other ids in the document than they have while it runs: look them up again.
    ///
    /// # Errors
    /// When the edit fails, or when its change would not pass the gate, for one because it is too large. Then nothing of
    /// it stays.
    pub fn write<T>(
        &mut self,
        edit: impl FnOnce(&mut Transaction<'_>) -> Result<T, AutomergeError>,
    ) -> Result<T, PenError> {
        self.settle()?;
        // The edit is tried on a copy, because what it makes has no actor yet.
        let mut copy = self.document.clone();
        let time = self.time.milliseconds() as i64;
        let (result, change) = catch_unwind(AssertUnwindSafe(|| {
            let mut transaction = copy.transaction();
            let result = edit(&mut transaction)?;
            let (hash, _) = transaction.commit_with(CommitOptions::default().with_time(time));
            Ok::<_, AutomergeError>((result, hash.and_then(|_| copy.get_last_local_change())))
        }))
        .map_err(|_| MaterialiseError::Panicked)??;
        if let Some(change) = change {
            match self.sign(&strip(change.raw_bytes())?) {
                Err(PenError::TooLarge(rejection)) => self.write_crowded(&change, rejection)?,
                other => drop(other?),
            }
        }
        Ok(result)
    }

    /// What has been written, in its order, and the history with it.
    #[must_use]
    pub fn finish(self) -> (Vec<CheckedChange>, History) {
        (self.written.into_iter().map(Arc::unwrap_or_clone).collect(), self.history)
    }

    fn over(history: History, document: Automerge, key: &'a SecretKey, time: Timestamp) -> Self {
        Self { key, time, history, written: Vec::new(), document, applied: 0, latest: OnceCell::new() }
    }

    fn unapplied(&self) -> impl Iterator<Item = &[u8]> {
        self.written[self.applied..].iter().map(|change| &*change.signed().chunk)
    }

    /// Brings the document up to date. The last change of a pen is mostly never looked at, so that this waits.
    pub(crate) fn settle(&mut self) -> Result<(), PenError> {
        if let Some(Some(latest)) = self.latest.take() {
            self.document = latest;
        } else if self.applied < self.written.len() {
            let chunks = self.written[self.applied..].iter().map(|change| &*change.signed().chunk);
            apply(&mut self.document, chunks)?;
        }
        self.applied = self.written.len();
        Ok(())
    }

    /// Merges heads until one change can build on all of them.
    fn merge_heads(&mut self) -> Result<(), PenError> {
        let mut heads: Vec<_> = self.document.get_heads().into_iter().map(|hash| ChangeId(hash.0)).collect();
        heads.sort_unstable();
        while heads.len() > DEPENDENCIES_MAX {
            let merged: Vec<_> = heads.drain(..DEPENDENCIES_MAX).collect();
            heads.push(self.sign(&self.merging_chunk(&merged))?);
        }
        Ok(())
    }

    /// Signs a change that was put together without Automerge.
    pub(crate) fn sign_draft(&mut self, draft: &Draft) -> Result<ChangeId, PenError> {
        self.sign(&draft.to_stripped())
    }

    /// Writes an edit that is too large for the values that it replaces, if that is why.
    fn write_crowded(&mut self, change: &Change, rejection: Rejection) -> Result<(), PenError> {
        let mut edit = Draft::of_expanded(&change.decode());
        let mut start = edit.start;
        let deletions = crowded::take_out(&mut edit);
        if deletions.is_empty() {
            return Err(PenError::TooLarge(rejection));
        }
        let (history, written) = (self.history.clone(), self.written.len());
        let mut dependencies = edit.dependencies.clone();
        for mut draft in deletions.into_iter().chain([edit]) {
            draft.move_to(dependencies, start);
            match self.sign_draft(&draft) {
                Ok(id) => dependencies = vec![id],
                Err(error) => {
                    self.history = history;
                    self.written.truncate(written);
                    return Err(error);
                }
            }
            start += draft.operations.len() as u64;
        }
        Ok(())
    }

    /// A chunk without operations on `heads`, stripped.
    fn merging_chunk(&self, heads: &[ChangeId]) -> Vec<u8> {
        let last = heads.iter().filter_map(|head| Some(self.history.get(head)?.chunk().last())).max();
        let mut chunk = Vec::with_capacity(heads.len() * 32 + 24);
        let mut sorted = heads.to_vec();
        sorted.sort_unstable();
        write_unsigned(&mut chunk, sorted.len() as u64);
        sorted.iter().for_each(|head| chunk.extend_from_slice(&head.0));
        // The sequence number.
        write_unsigned(&mut chunk, 1);
        write_unsigned(&mut chunk, u64::from(last.unwrap_or(0) + 1));
        write_signed(&mut chunk, self.time.milliseconds() as i64);
        // No message, no other actors, no columns.
        chunk.extend_from_slice(&[0, 0, 0]);
        chunk
    }

    /// Derives the actor, signs, and takes the change through the gate. The document gets it when it is needed.
    fn sign(&mut self, stripped: &[u8]) -> Result<ChangeId, PenError> {
        let header = self.history.header().clone();
        let document = self.history.document();
        let author = self.key.public();
        let chunk = restore(&document, &author, stripped)?;
        let unsigned = SignedChange { header, author, chunk, signature: Signature([0; 64]) };
        let Checked::Change(mut change) = unsigned.check_trusted()? else {
            return Err(PenError::UnknownFormat(self.history.header().format));
        };
        change.set_signature(self.key.sign(&signed_message(&document, &author, &change.id())));
        let change = Arc::new(change);
        match self.history.admit(Arc::clone(&change))? {
            Verdict::Admitted => {}
            Verdict::AlreadyAdmitted => return Ok(change.id()),
            Verdict::Held { .. } => return Err(PenError::Document(MaterialiseError::Incomplete)),
        }
        let id = change.id();
        self.written.push(change);
        Ok(id)
    }
}

/// Why nothing was written.
#[derive(Debug, Error)]
pub enum PenError {
    /// The edit itself failed.
    #[error("the edit failed: {0}")]
    Edit(#[from] AutomergeError),
    /// The change, the text or the document would be above a limit. A long edit can be made in several steps.
    #[error("the edit is too large: {0}")]
    TooLarge(Rejection),
    /// The edit does something that the gate does not allow.
    #[error("the edit is not allowed: {0}")]
    NotAllowed(Rejection),
    /// The document cannot be shown, so that nothing can be built on it.
    #[error("the document cannot be edited: {0}")]
    Document(#[from] MaterialiseError),
    /// The document's format is not known to this version.
    #[error("the document has the unknown format {0}")]
    UnknownFormat(u8),
}

impl From<Rejection> for PenError {
    fn from(rejection: Rejection) -> Self {
        if rejection.is_size() { Self::TooLarge(rejection) } else { Self::NotAllowed(rejection) }
    }
}
