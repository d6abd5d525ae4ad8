//! Finding in the library: by words and beginnings of words, tags and kinds. Derived, kept in memory as numbers of words,
//! and brought up to date when it is asked.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Mutex, PoisonError},
};

use knotwork_documents::{ResourceKind, ResourceView, kinds};
use knotwork_identity::{DocumentId, PersonId, Timestamp};

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
    state: Mutex<Index>,
}

#[derive(Default)]
struct Index {
    follower: Follower,
    words: Words,
    entries: HashMap<DocumentId, Entry>,
    /// In the order of titles.
    by_title: BTreeSet<(Box<str>, DocumentId)>,
    /// Those that say one thing in two ways.
    in_conflict: BTreeSet<DocumentId>,
    /// How often each tag is used.
    tags: BTreeMap<String, usize>,
    /// How often each language is.
    languages: BTreeMap<String, usize>,
}

/// What is kept of a resource: about four bytes for each of its words.
struct Entry {
    title: Box<str>,
    /// The numbers of its words, sorted, each of them once.
    words: Box<[u32]>,
    tags: Box<[Box<str>]>,
    kind: ResourceKind,
    language: Box<str>,
    changed: Option<Timestamp>,
}

/// Every word with its number.
#[derive(Default)]
struct Words(BTreeMap<Box<str>, u32>);

impl NodeHandle {
    /// Finds resources.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn find_resources(&self, query: &LibraryQuery) -> Result<FoundResources, CommandError> {
        let found = {
            let mut index = self.library().state.lock().unwrap_or_else(PoisonError::into_inner);
            index.take_in(self)?;
            index.find(query)
        };
        let page = found.iter().skip(query.from).take(query.limit);
        let mut items = Vec::with_capacity(query.limit.min(found.len()));
        for document in page {
            match self.resource(document) {
                Ok(entry) => items.push(entry),
                Err(CommandError::NotFound(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(FoundResources { items, total: found.len() })
    }

    /// Resources that a person has written in and that say one thing in two ways, at most so many.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn resources_in_conflict(&self, person: &PersonId, limit: usize) -> Result<Vec<ResourceEntry>, CommandError> {
        let documents: Vec<DocumentId> = {
            let mut index = self.library().state.lock().unwrap_or_else(PoisonError::into_inner);
            index.take_in(self)?;
            index.in_conflict.iter().copied().collect()
        };
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

    /// The tags that are used most, with how often, at most so many, from A to Z.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn common_tags(&self, limit: usize) -> Result<Vec<(String, usize)>, CommandError> {
        let mut index = self.library().state.lock().unwrap_or_else(PoisonError::into_inner);
        index.take_in(self)?;
        let mut tags: Vec<(&String, &usize)> = index.tags.iter().collect();
        tags.sort_by_key(|(tag, count)| (Reverse(**count), tag.as_str()));
        tags.truncate(limit);
        tags.sort();
        Ok(tags.into_iter().map(|(tag, count)| (tag.clone(), *count)).collect())
    }

    /// The languages of the resources here, as their tags say, in lower case, from A to Z; those that most resources are
    /// in, at most so many.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn languages(&self, limit: usize) -> Result<Vec<String>, CommandError> {
        let mut index = self.library().state.lock().unwrap_or_else(PoisonError::into_inner);
        index.take_in(self)?;
        let mut languages: Vec<(&String, &usize)> = index.languages.iter().collect();
        languages.sort_by_key(|(language, count)| (Reverse(**count), language.as_str()));
        languages.truncate(limit);
        languages.sort();
        Ok(languages.into_iter().map(|(language, _)| language.clone()).collect())
    }
}

impl Index {
    fn take_in(&mut self, handle: &NodeHandle) -> Result<(), CommandError> {
        let mut follower = std::mem::take(&mut self.follower);
        if follower.begins_anew(handle) {
            *self = Self { words: std::mem::take(&mut self.words), ..Self::default() };
        }
        let result = follower.catch_up(handle, kinds::RESOURCE, |document| {
            match handle.resource(document) {
                Ok(entry) => self.put(*document, &entry.view),
                Err(CommandError::NotFound(_)) => self.remove(document),
                Err(error) => return Err(error),
            }
            Ok(())
        });
        self.follower = follower;
        result
    }

    fn put(&mut self, document: DocumentId, view: &ResourceView) {
        self.remove(&document);
        let mut words = Vec::new();
        for text in [&view.title, &view.summary, &view.body].into_iter().chain(&view.tags) {
            words.extend(words_of(text).map(|word| self.words.number(&word)));
        }
        words.sort_unstable();
        words.dedup();
        let mut tags: Vec<Box<str>> = view.tags.iter().map(|tag| tag.trim().into()).collect();
        tags.sort_unstable();
        tags.dedup();
        for tag in &tags {
            *self.tags.entry(tag.to_string()).or_default() += 1;
        }
        let title: Box<str> = view.title.trim().to_lowercase().into();
        self.by_title.insert((title.clone(), document));
        let language = language_of(&view.language);
        if !language.is_empty() {
            *self.languages.entry(language.clone()).or_default() += 1;
        }
        let (kind, changed, language) = (view.kind, view.changed, language.into());
        let entry = Entry { title, words: words.into(), tags: tags.into(), kind, language, changed };
        self.entries.insert(document, entry);
        if !view.conflicts.is_empty() {
            self.in_conflict.insert(document);
        }
    }

    fn remove(&mut self, document: &DocumentId) {
        self.in_conflict.remove(document);
        let Some(entry) = self.entries.remove(document) else { return };
        self.by_title.remove(&(entry.title, *document));
        for tag in &entry.tags {
            count_less(&mut self.tags, tag);
        }
        count_less(&mut self.languages, &entry.language);
    }

    /// What a query finds, in its order.
    fn find(&self, query: &LibraryQuery) -> Vec<DocumentId> {
        let wanted: Vec<Vec<u32>> =
            words_of(&query.words).take(QUERY_WORDS_MAX).map(|word| self.words.beginning(&word)).collect();
        let language = language_of(&query.language);
        let fits = |entry: &Entry| {
            (query.kinds.is_empty() || query.kinds.contains(&entry.kind))
                && (language.is_empty() || *entry.language == *language)
                && query.tags.iter().all(|tag| entry.tags.iter().any(|known| **known == *tag.trim()))
                && wanted.iter().all(|words| meet(words, &entry.words))
        };
        let ids = self.by_title.iter().map(|(_, id)| *id);
        let mut found: Vec<DocumentId> = ids.filter(|id| self.entries.get(id).is_some_and(fits)).collect();
        if query.order == LibraryOrder::Changed {
            found.sort_by_key(|id| Reverse(self.entries.get(id).and_then(|entry| entry.changed)));
        }
        found
    }
}

impl Words {
    fn number(&mut self, word: &str) -> u32 {
        if let Some(number) = self.0.get(word) {
            return *number;
        }
        // Words are never taken away: four thousand million of them do not fit into memory.
        let number = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        self.0.insert(word.into(), number);
        number
    }

    /// The numbers of all words that begin so, sorted.
    fn beginning(&self, start: &str) -> Vec<u32> {
        let range = self.0.range::<str, _>((std::ops::Bound::Included(start), std::ops::Bound::Unbounded));
        let mut numbers: Vec<u32> =
            range.take_while(|(word, _)| word.starts_with(start)).map(|(_, number)| *number).collect();
        numbers.sort_unstable();
        numbers
    }
}

/// A language as it is compared.
fn language_of(text: &str) -> String {
    text.trim().to_lowercase()
}

fn count_less(counts: &mut BTreeMap<String, usize>, name: &str) {
    if let Some(count) = counts.get_mut(name) {
        *count -= 1;
        if *count == 0 {
            counts.remove(name);
        }
    }
}

/// The words of a text as they are compared: in lower case, without accents, each cut to a length.
fn words_of(text: &str) -> impl Iterator<Item = String> {
    text.split(|character: char| !character.is_alphanumeric() && !is_mark(character))
        .filter(|word| !word.is_empty())
        .map(folded)
}

/// A word in lower case and without its accents, so that it is found however it is typed.
fn folded(word: &str) -> String {
    use unicode_normalization::UnicodeNormalization as _;
    word.nfkd().filter(|character| !is_mark(*character)).flat_map(char::to_lowercase).take(WORD_CHARS_MAX).collect()
}

/// Whether a character only adds an accent to the one before.
fn is_mark(character: char) -> bool {
    unicode_normalization::char::is_combining_mark(character)
}

/// Whether two sorted lists of numbers have one in common.
fn meet(few: &[u32], many: &[u32]) -> bool {
    if few.len() <= many.len() {
        few.iter().any(|number| many.binary_search(number).is_ok())
    } else {
        many.iter().any(|number| few.binary_search(number).is_ok())
    }
}

/// Words beyond these in a query are left out.
const QUERY_WORDS_MAX: usize = 16;
/// A word is compared by its first characters.
const WORD_CHARS_MAX: usize = 40;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn view(number: u8, title: &str, body: &str, tags: &[&str]) -> ResourceView {
        ResourceView {
            id: DocumentId([number; 32]),
            title: title.into(),
            summary: String::new(),
            body: body.into(),
            kind: ResourceKind::Other,
            links: Vec::new(),
            tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
            licence: String::new(),
            language: if number.is_multiple_of(2) { "CY".into() } else { "en ".into() },
            reviewed: None,
            review_due: None,
            adapted_from: None,
            created: None,
            changed: Timestamp::from_milliseconds(u64::from(number)),
            contributors: Vec::new(),
            heads: Vec::new(),
            conflicts: BTreeMap::new(),
            left_out: 0,
        }
    }

    fn index(views: &[ResourceView]) -> Index {
        let mut index = Index::default();
        for view in views {
            index.put(view.id, view);
        }
        index
    }

    fn found(index: &Index, words: &str, tags: &[&str]) -> Vec<u8> {
        let query = LibraryQuery {
            words: words.into(),
            tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
            ..LibraryQuery::default()
        };
        index.find(&query).into_iter().map(|id| id.0[0]).collect()
    }

    #[test]
    fn words_are_found_however_they_are_typed_and_by_their_beginnings() {
        let index = index(&[
            view(1, "Sioned's caf\u{e9}", "Falls prevention at home", &["falls", "home"]),
            view(2, "A walk", "cafe\u{301} and tea", &["home"]),
            view(3, "転倒予防", "", &[]),
        ]);
        assert_eq!(found(&index, "CAFE", &[]), [2, 1]);
        assert_eq!(found(&index, "caf\u{e9} fall", &[]), [1]);
        assert_eq!(found(&index, "prevent home", &[]), [1]);
        assert_eq!(found(&index, "revention", &[]), Vec::<u8>::new());
        assert_eq!(found(&index, "転倒", &[]), [3]);
        assert_eq!(found(&index, "", &["home"]), [2, 1]);
        assert_eq!(found(&index, "", &["home", "falls"]), [1]);
        assert_eq!(found(&index, "\"(*&^%$ )", &[]).len(), 3, "signs are no words");
        assert_eq!(found(&index, &"home ".repeat(100_000), &[]), [2, 1]);
    }

    #[test]
    fn what_is_changed_or_gone_is_not_found_by_what_it_said() {
        let mut index = index(&[view(1, "One", "before", &["a"]), view(2, "Two", "", &["a"])]);
        index.put(DocumentId([1; 32]), &view(1, "One", "after", &["b"]));
        assert!(found(&index, "before", &[]).is_empty());
        assert_eq!(found(&index, "after", &["b"]), [1]);
        index.remove(&DocumentId([2; 32]));
        assert_eq!(index.tags, BTreeMap::from([("b".to_owned(), 1)]));
        let in_welsh = LibraryQuery { language: " cy".into(), ..LibraryQuery::default() };
        assert!(index.find(&in_welsh).is_empty());
        assert_eq!(index.languages, BTreeMap::from([("en".to_owned(), 1)]));
        let newest = LibraryQuery { order: LibraryOrder::Changed, ..LibraryQuery::default() };
        assert_eq!(index.find(&newest).len(), 1);
    }

    proptest! {
        /// The same as looking at every resource anew.
        #[test]
        fn a_search_finds_what_looking_at_each_would(
            texts in prop::collection::vec("[abAB\u{e9}\u{e4} ]{0,12}", 1..12),
            words in "[abe\u{e9} ]{0,5}",
        ) {
            let views: Vec<ResourceView> =
                (0..).zip(&texts).map(|(number, text)| view(number, "same", text, &[])).collect();
            let wanted: Vec<String> = words_of(&words).collect();
            let expected: BTreeSet<u8> = views
                .iter()
                .filter(|view| {
                    let known: Vec<String> = words_of(&view.body).chain(words_of(&view.title)).collect();
                    wanted.iter().all(|word| known.iter().any(|known| known.starts_with(word.as_str())))
                })
                .map(|view| view.id.0[0])
                .collect();
            prop_assert_eq!(found(&index(&views), &words, &[]).into_iter().collect::<BTreeSet<_>>(), expected);
        }
    }
}
