//! The index itself: opened or begun anew, fed, and committed together with the place up to which it is kept.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use knotwork_commands::{Entry, Position, SearchError};
use knotwork_identity::DocumentId;
use tantivy::{
    IndexReader, IndexSettings, IndexWriter, ReloadPolicy, Searcher, TantivyError,
    directory::{MmapDirectory, error::LockError},
    indexer::{IndexWriterOptions, LogMergePolicy},
    query::AllQuery,
    tokenizer::TextAnalyzer,
};
use tokio::sync::watch;
use tracing::warn;

use crate::{
    entry::{Fields, TOKENIZER, bytes_of},
    folder,
    words::WordTokenizer,
};

/// A search index. What is put into it is found once it is committed, also by whoever holds it elsewhere.
pub struct Index {
    pub(crate) fields: Fields,
    index: tantivy::Index,
    reader: IndexReader,
    desk: Mutex<Desk>,
    progress: watch::Sender<u64>,
}

/// Who writes.
struct Desk {
    /// None after a failure from which no other could be made.
    writer: Option<IndexWriter>,
    /// Up to where the index was kept when it was last committed.
    position: Option<Position>,
    /// Bytes put in since.
    waiting_bytes: usize,
}

impl Index {
    /// Opens the index in a folder of its own, which is made if there is none, or makes one in memory. What is damaged,
    /// or of another version, is removed and begun anew.
    ///
    /// # Errors
    /// When the folder cannot be written to, or another process has it open.
    pub fn open(folder: Option<&Path>) -> Result<Self, SearchError> {
        let Some(folder) = folder else {
            let (fields, schema) = Fields::new();
            return Self::with(tantivy::Index::create_in_ram(schema), fields).map_err(failed);
        };
        std::fs::create_dir_all(folder).map_err(failed)?;
        let (fields, schema) = Fields::new();
        // A file may be damaged where the library does not expect it.
        let reason = match catch_unwind(AssertUnwindSafe(|| Self::reopen(folder, fields))) {
            Ok(Ok(Some(index))) => return Ok(index),
            Ok(Ok(None)) => None,
            Ok(Err(Refusal::Busy)) => {
                return Err(failed(format!("{} is in use by another process", folder.display())));
            }
            Ok(Err(Refusal::Unfit(reason))) => Some(reason),
            Err(_) => Some("it cannot be read".to_owned()),
        };
        if let Some(reason) = reason {
            warn!(folder = %folder.display(), reason, "the search index is begun anew");
        }
        folder::clear(folder).map_err(failed)?;
        let directory = MmapDirectory::open(folder).map_err(failed)?;
        let index = tantivy::Index::create(directory, schema, IndexSettings::default()).map_err(failed)?;
        Self::with(index, fields).map_err(failed)
    }

    /// Puts entries in, each in place of what was there with its id.
    ///
    /// # Errors
    /// When the index cannot be written.
    pub fn put(&self, entries: &[Entry]) -> Result<(), SearchError> {
        let mut desk = self.desk();
        for entry in entries {
            let writer = desk.writer()?;
            writer.delete_term(self.fields.id_term(&entry.id));
            writer.add_document(self.fields.document(entry)).map_err(failed)?;
            desk.waiting_bytes += bytes_of(entry);
            // The library takes in whatever it is given, and works on it later.
            if desk.waiting_bytes > WAITING_BYTES_MAX {
                let position = desk.position;
                self.commit_at(&mut desk, position)?;
            }
        }
        Ok(())
    }

    /// Takes entries out. Those that are not there are passed over.
    ///
    /// # Errors
    /// When the index cannot be written.
    pub fn remove(&self, ids: &[DocumentId]) -> Result<(), SearchError> {
        let mut desk = self.desk();
        let writer = desk.writer()?;
        for id in ids {
            writer.delete_term(self.fields.id_term(id));
        }
        Ok(())
    }

    /// Makes what was put in and taken out hold, and remembers up to which place of the node's order the index is now
    /// kept: `None` while it is being made.
    ///
    /// # Errors
    /// When the index cannot be written.
    pub fn commit(&self, position: Option<Position>) -> Result<(), SearchError> {
        self.commit_at(&mut self.desk(), position)?;
        self.progress.send_replace(position.map_or(0, |position| position.sequence));
        Ok(())
    }

    /// Takes everything out and forgets the place.
    ///
    /// # Errors
    /// When the index cannot be written.
    pub fn clear(&self) -> Result<(), SearchError> {
        self.desk().writer()?.delete_all_documents().map_err(failed)?;
        self.commit(None)
    }

    /// How many entries are found at most.
    #[must_use]
    pub fn len(&self) -> usize {
        usize::try_from(self.searcher().num_docs()).unwrap_or(usize::MAX)
    }

    /// Whether nothing is found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Gives up what was not committed, and writes on after a failure.
    pub(crate) fn renew(&self) -> Result<(), SearchError> {
        let mut desk = self.desk();
        // The library allows one writer at a time.
        desk.writer = None;
        desk.waiting_bytes = 0;
        desk.writer = Some(writer(&self.index).map_err(failed)?);
        Ok(())
    }

    /// Everything up to here is found, though nothing had to be written.
    pub(crate) fn reached(&self, sequence: u64) {
        self.progress.send_replace(sequence);
    }

    pub(crate) fn committed(&self) -> Option<Position> {
        self.desk().position
    }

    pub(crate) fn watch(&self) -> watch::Receiver<u64> {
        self.progress.subscribe()
    }

    pub(crate) fn searcher(&self) -> Searcher {
        self.reader.searcher()
    }

    /// What is in the folder; `None` if nothing is.
    fn reopen(folder: &Path, fields: Fields) -> Result<Option<Self>, Refusal> {
        let directory = MmapDirectory::open(folder).map_err(unfit)?;
        if !tantivy::Index::exists(&directory).map_err(unfit)? {
            return Ok(None);
        }
        let index = tantivy::Index::open(directory).map_err(unfit)?;
        if index.schema() != Fields::new().1 {
            return Err(unfit("it is of another version"));
        }
        let payload = index.load_metas().map_err(unfit)?.payload;
        let position = match payload.as_deref() {
            None => None,
            Some(payload) => {
                let position = payload.strip_prefix(VERSION).ok_or_else(|| unfit("it is of another version"))?;
                if position.is_empty() { None } else { Some(position.parse().map_err(unfit)?) }
            }
        };
        if !index.validate_checksum().map_err(unfit)?.is_empty() {
            return Err(unfit("it is damaged"));
        }
        let opened = Self::with(index, fields)?;
        opened.desk().position = position;
        let counted = opened.searcher().search(&AllQuery, &tantivy::collector::Count).map_err(unfit)?;
        if counted != opened.len() || opened.count_tags().is_err() {
            return Err(unfit("it is damaged"));
        }
        Ok(Some(opened))
    }

    fn with(index: tantivy::Index, fields: Fields) -> tantivy::Result<Self> {
        index.tokenizers().register(TOKENIZER, TextAnalyzer::builder(WordTokenizer::default()).build());
        let writer = writer(&index)?;
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual);
        let reader = reader.doc_store_cache_num_blocks(0).try_into()?;
        let desk = Mutex::new(Desk { writer: Some(writer), position: None, waiting_bytes: 0 });
        Ok(Self { fields, index, reader, desk, progress: watch::Sender::new(0) })
    }

    fn commit_at(&self, desk: &mut Desk, position: Option<Position>) -> Result<(), SearchError> {
        let mut prepared = desk.writer()?.prepare_commit().map_err(failed)?;
        let position_text = position.map(|position| position.to_string()).unwrap_or_default();
        prepared.set_payload(&format!("{VERSION}{position_text}"));
        prepared.commit().map_err(failed)?;
        self.reader.reload().map_err(failed)?;
        desk.position = position;
        desk.waiting_bytes = 0;
        Ok(())
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        // What a panic left half done is not committed.
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Desk {
    fn writer(&mut self) -> Result<&mut IndexWriter, SearchError> {
        self.writer.as_mut().ok_or_else(|| failed("it cannot be written"))
    }
}

fn writer(index: &tantivy::Index) -> tantivy::Result<IndexWriter> {
    let options = IndexWriterOptions::builder()
        .num_worker_threads(1)
        .num_merge_threads(1)
        .memory_budget_per_thread(ARENA_BYTES)
        .build();
    let writer = index.writer_with_options(options)?;
    let mut policy = LogMergePolicy::default();
    policy.set_min_num_segments(SEGMENTS_MERGED_MIN);
    policy.set_min_layer_size(SMALL_SEGMENT_ENTRIES);
    policy.set_del_docs_ratio_before_merge(REMOVED_SHARE_MAX);
    writer.set_merge_policy(Box::new(policy));
    Ok(writer)
}

/// Why a folder is not opened as it is.
enum Refusal {
    Busy,
    Unfit(String),
}

impl From<TantivyError> for Refusal {
    fn from(error: TantivyError) -> Self {
        match error {
            TantivyError::LockFailure(LockError::LockBusy, _) => Self::Busy,
            error => unfit(error),
        }
    }
}

fn unfit(reason: impl std::fmt::Display) -> Refusal {
    Refusal::Unfit(reason.to_string())
}

pub(crate) fn failed(error: impl std::fmt::Display) -> SearchError {
    SearchError::Failed(error.to_string())
}

/// Stands before the place in what is kept with a commit. To be counted up whenever texts are taken apart in another
/// way, or an entry has other fields.
const VERSION: &str = "1 ";
/// What one thread gathers before it writes a segment; the library's least.
const ARENA_BYTES: usize = 15_000_000;
/// How many bytes of entries wait for that thread.
const WAITING_BYTES_MAX: usize = 16 * 1024 * 1024;
/// How many segments of about one size are made one.
const SEGMENTS_MERGED_MIN: usize = 4;
/// Segments below this many entries are of one size.
const SMALL_SEGMENT_ENTRIES: u32 = 256;
/// From this share of removed entries on, a segment is written anew.
const REMOVED_SHARE_MAX: f32 = 0.3;
