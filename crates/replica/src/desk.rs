//! The documents that are open: those that the next commit changes, and the last few before them.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use knotwork_documents::Listing;
use knotwork_identity::DocumentId;
use knotwork_ledger::{
    Checked, DocumentHeader, History, Verdict,
    planted::{self, Bug},
};

use crate::{DocumentUpdate, Shown, Standing, Storage, StorageError, StoredChange, limits, shown::listed_in};

/// Open documents. A document is changed here first, and written with the next commit.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    /// Changed since the last commit.
    touched: HashMap<DocumentId, Open>,
    /// Not changed since, each with when it was last used.
    cached: HashMap<DocumentId, (u64, Open)>,
    used: BTreeMap<u64, DocumentId>,
    uses: u64,
    cached_bytes: usize,
    touched_bytes: usize,
}

#[derive(Debug)]
struct Open {
    history: History,
    /// How the store lists it now.
    listed: Option<Listing>,
    /// How many of its changes the store has.
    stored: usize,
    /// Whether other changes of it stand than the store shows.
    remade: bool,
}

impl Desk {
    /// A document that is about to be changed; made if it is new.
    pub(crate) fn open(
        &mut self,
        header: &DocumentHeader,
        storage: &dyn Storage,
    ) -> Result<&mut History, StorageError> {
        let document = header.id();
        if !self.touched.contains_key(&document) {
            let open = match self.take_cached(&document) {
                Some(open) => open,
                None => load(&document, storage)?.unwrap_or_else(|| Open {
                    history: History::new(header.clone()),
                    listed: None,
                    stored: 0,
                    remade: false,
                }),
            };
            self.touched_bytes += open.history.memory_bytes();
            self.touched.insert(document, open);
        }
        match self.touched.get_mut(&document) {
            Some(open) => Ok(&mut open.history),
            None => Err(StorageError::Damaged("a document that was just opened is not there".into())),
        }
    }

    /// Puts a history in the place of the one of the same document, which it goes on from.
    pub(crate) fn adopt(&mut self, history: History, storage: &dyn Storage) -> Result<(), StorageError> {
        let header = history.header().clone();
        *self.open(&header, storage)? = history;
        Ok(())
    }

    /// Has a document shown anew with the next commit, as other changes of it may stand than before. Where the store
    /// shows just that already, as after a revocation by which all stands, nothing is written.
    pub(crate) fn remake(
        &mut self,
        header: &DocumentHeader,
        standing: &Standing,
        storage: &dyn Storage,
    ) -> Result<(), StorageError> {
        self.open(header, storage)?;
        let document = header.id();
        if let Some(open) = self.touched.get_mut(&document) {
            let Shown { listed, kept } = Shown::of_history(&open.history, standing);
            open.remade |= listed != open.listed || kept != storage.view(&document)?;
        }
        Ok(())
    }

    /// Whether a document is at hand without reading the store.
    pub(crate) fn has(&self, document: &DocumentId) -> bool {
        self.touched.contains_key(document) || self.cached.contains_key(document)
    }

    /// Whether the next commit may change a document.
    pub(crate) fn is_touched(&self, document: &DocumentId) -> bool {
        self.touched.contains_key(document)
    }

    /// About how much memory the documents take that the next commit may change, in bytes.
    pub(crate) fn touched_bytes(&self) -> usize {
        self.touched_bytes
    }

    /// A document that exists; `None` if there is none.
    pub(crate) fn find(
        &mut self,
        document: &DocumentId,
        storage: &dyn Storage,
    ) -> Result<Option<&History>, StorageError> {
        if !self.touched.contains_key(document) && !self.cached.contains_key(document) {
            match load(document, storage)? {
                Some(open) => self.cache(open),
                None => return Ok(None),
            }
        }
        let open = self.touched.get(document).or_else(|| self.cached.get(document).map(|(_, open)| open));
        Ok(open.map(|open| &open.history))
    }

    /// What the next commit writes of each changed document. The documents are listed so from now on.
    pub(crate) fn updates(&mut self, standing: &Standing) -> Vec<DocumentUpdate> {
        let mut updates = Vec::with_capacity(self.touched.len());
        for open in self.touched.values_mut().filter(|open| open.remade || open.history.len() > open.stored) {
            open.stored = open.history.len();
            open.remade = false;
            if planted::is(Bug::StaleView) && open.history.len() > 2 {
                continue;
            }
            let Shown { listed, kept } = Shown::of_history(&open.history, standing);
            let listed_before = std::mem::replace(&mut open.listed, listed.clone());
            updates.push(DocumentUpdate {
                document: open.history.document(),
                kind: open.history.header().kind,
                view: kept,
                listed_before,
                listed,
            });
        }
        // The same seed gives the same batch.
        updates.sort_unstable_by_key(|update| update.document);
        updates
    }

    /// After a commit: changed documents are kept for a while.
    pub(crate) fn settle(&mut self) {
        let touched = std::mem::take(&mut self.touched);
        self.touched_bytes = 0;
        // New documents are not edited more often than others, and cheap to open again.
        let mut kept: Vec<Open> = touched.into_values().filter(|open| open.history.len() > 1).collect();
        kept.sort_unstable_by_key(|open| open.history.document());
        for open in kept {
            self.cache(open);
        }
    }

    /// After a commit that failed: what was changed is forgotten, as the store does not have it.
    pub(crate) fn forget(&mut self) {
        self.touched.clear();
        self.touched_bytes = 0;
    }

    fn cache(&mut self, open: Open) {
        let document = open.history.document();
        self.uses += 1;
        self.cached_bytes += open.history.memory_bytes();
        self.used.insert(self.uses, document);
        self.cached.insert(document, (self.uses, open));
        while self.cached_bytes > limits::CACHE_BYTES_MAX && self.cached.len() > 1 {
            let Some((_, oldest)) = self.used.first_key_value() else { break };
            let oldest = *oldest;
            self.take_cached(&oldest);
        }
    }

    fn take_cached(&mut self, document: &DocumentId) -> Option<Open> {
        let (used, open) = self.cached.remove(document)?;
        self.used.remove(&used);
        self.cached_bytes = self.cached_bytes.saturating_sub(open.history.memory_bytes());
        Some(open)
    }
}

/// The history that stored changes of one document make, or `None` where there are none.
///
/// # Errors
/// [`StorageError::Damaged`] where the gate does not admit again what it admitted before.
pub fn history_of_stored(stored: Vec<StoredChange>) -> Result<Option<History>, StorageError> {
    let mut history: Option<History> = None;
    for StoredChange { id, change, .. } in stored {
        let damaged = |reason: String| StorageError::Damaged(format!("change {id}: {reason}"));
        let header = change.header.clone();
        let checked = change.check_trusted().map_err(|error| damaged(error.to_string()))?;
        let Checked::Change(checked) = checked else { return Err(damaged("its format is unknown".into())) };
        let history = history.get_or_insert_with(|| History::new(header));
        match history.admit(Arc::new(checked)) {
            Ok(Verdict::Admitted) => {}
            Ok(Verdict::AlreadyAdmitted) => return Err(damaged("it is stored twice".into())),
            Ok(Verdict::Held { .. }) => return Err(damaged("what it builds on is not stored before it".into())),
            Err(error) => return Err(damaged(error.to_string())),
        }
    }
    Ok(history)
}

fn load(document: &DocumentId, storage: &dyn Storage) -> Result<Option<Open>, StorageError> {
    if storage.count_of(document, 1)? == 0 {
        return Ok(None);
    }
    let Some(history) = history_of_stored(storage.changes_of(document)?)? else { return Ok(None) };
    let listed = listed_in(storage, document, &history)?;
    Ok(Some(Open { stored: history.len(), history, listed, remade: false }))
}
