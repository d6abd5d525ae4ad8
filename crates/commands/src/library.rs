//! Finding in the library: by words and beginnings of words, tags and kinds. Derived, kept in memory as numbers of words,
//! and brought up to date when it is asked.

mod index;

use std::sync::{PoisonError, RwLock};

use knotwork_documents::{ResourceKind, kinds};
use knotwork_identity::PersonId;

use self::index::Index;
use crate::{CommandError, NodeHandle, ResourceEntry, follow::Follower};

/// What a reader looks for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LibraryQuery {
    /// All of these words, or words that begin so, stand in the title, the summary, the text or the tags.
    pub words: String,
    /// It has all of these tags.
    pub tags: Vec<String>,
    /// It is one of these kinds; of any where none is named.
    pub kinds: Vec<ResourceKind>,
    /// Its text is in this language, as its tag says; in any where it is empty.
    pub language: String,
    /// In what order.
    pub order: LibraryOrder,
    /// How many to pass over.
    pub from: usize,
    /// At most how many.
    pub limit: usize,
}

/// In what order resources are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LibraryOrder {
    /// From A to Z by title.
    #[default]
    Title,
    /// Those that were changed last first.
    Changed,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FoundResources {
    /// This page of it.
    pub items: Vec<ResourceEntry>,
    /// How many there are on all pages.
    pub total: usize,
}

/// Finds in the library.
#[derive(Default)]
pub(crate) struct Library {
    state: RwLock<Known>,
}

#[derive(Default)]
struct Known {
    follower: Follower,
    index: Index,
}

/// What a reader can narrow a search by.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LibraryMarks {
    /// The tags that are used most, with how often, from A to Z.
    pub tags: Vec<(String, usize)>,
    /// The languages that most resources are in, in lower case, from A to Z.
    pub languages: Vec<String>,
}

impl NodeHandle {
    /// Finds resources.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn find_resources(&self, query: &LibraryQuery) -> Result<FoundResources, CommandError> {
        let (found, total) = self.with_library(|index| index.find(query))?;
        let mut items = Vec::with_capacity(found.len());
        for document in &found {
            match self.resource(document) {
                Ok(entry) => items.push(entry),
                Err(CommandError::NotFound(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(FoundResources { items, total })
    }

    /// Resources that a person has written in and that say one thing in two ways, at most so many.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn resources_in_conflict(&self, person: &PersonId, limit: usize) -> Result<Vec<ResourceEntry>, CommandError> {
        let documents = self.with_library(Index::in_conflict)?;
        let mut found = Vec::new();
        for document in documents {
            match self.resource(&document) {
                Ok(entry) if entry.contributors.iter().any(|by| by.person.as_ref() == Some(person)) => {
                    found.push(entry)
                }
                Ok(_) | Err(CommandError::NotFound(_)) => {}
                Err(error) => return Err(error),
            }
            if found.len() == limit {
                break;
            }
        }
        Ok(found)
    }

    /// What a search can be narrowed by, at most so many tags and languages.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn library_marks(&self, tags: usize, languages: usize) -> Result<LibraryMarks, CommandError> {
        self.with_library(|index| LibraryMarks { tags: index.common_tags(tags), languages: index.languages(languages) })
    }

    /// Asks the index, with everything in it that the node has admitted by now. Readers ask it at the same time.
    fn with_library<T>(&self, ask: impl FnOnce(&Index) -> T) -> Result<T, CommandError> {
        let state = &self.library().state;
        let is_current = {
            let known = state.read().unwrap_or_else(PoisonError::into_inner);
            known.follower.is_current(self)
        };
        if !is_current {
            state.write().unwrap_or_else(PoisonError::into_inner).take_in(self)?;
        }
        let known = state.read().unwrap_or_else(PoisonError::into_inner);
        Ok(ask(&known.index))
    }
}

impl Known {
    /// Brings the index up to date.
    fn take_in(&mut self, handle: &NodeHandle) -> Result<(), CommandError> {
        if self.follower.begins_anew(handle) {
            self.index = Index::default();
        }
        let index = &mut self.index;
        self.follower.catch_up(handle, kinds::RESOURCE, |document| {
            match handle.resource(document) {
                Ok(entry) => index.put(*document, &entry.view),
                Err(CommandError::NotFound(_)) => index.remove(document),
                Err(error) => return Err(error),
            }
            Ok(())
        })
    }
}
