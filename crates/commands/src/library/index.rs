//! What is kept to find resources: the numbers of their words, which resources have each word and tag, and their orders.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, HashMap},
};

use knotwork_documents::{ResourceKind, ResourceView};
use knotwork_identity::{DocumentId, Timestamp};

use super::{LibraryOrder, LibraryQuery};

/// Which resource has which words. Derived, and never written to the disk.
#[derive(Default)]
pub(super) struct Index {
    words: Words,
    /// The resources that have each word, by the word's number: sorted.
    with_word: Vec<Vec<Slot>>,
    with_tag: BTreeMap<Box<str>, Vec<Slot>>,
    /// How many resources are in each language.
    languages: BTreeMap<Box<str>, usize>,
    slots: HashMap<DocumentId, Slot>,
    entries: Vec<Option<Entry>>,
    free: Vec<Slot>,
    /// In the order of titles.
    by_title: BTreeSet<(Box<str>, DocumentId, Slot)>,
    /// Those that were changed last first.
    by_change: BTreeSet<(Reverse<Option<Timestamp>>, DocumentId, Slot)>,
    /// Those that say one thing in two ways.
    in_conflict: BTreeSet<DocumentId>,
}

/// The place of a resource, which is given to another once the resource is gone.
type Slot = u32;

/// What is kept of a resource: about eight bytes for each of its words, here and in the lists of the words.
struct Entry {
    document: DocumentId,
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

impl Index {
    /// Takes a resource in, as it is now.
    pub(super) fn put(&mut self, document: DocumentId, view: &ResourceView) {
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
        let slot = self.free.pop().unwrap_or_else(|| {
            self.entries.push(None);
            // Four thousand million resources do not fit into memory.
            Slot::try_from(self.entries.len() - 1).unwrap_or(Slot::MAX)
        });
        self.with_word.resize_with(self.words.0.len(), Vec::new);
        for word in &words {
            insert(&mut self.with_word[*word as usize], slot);
        }
        for tag in &tags {
            insert(self.with_tag.entry(tag.clone()).or_default(), slot);
        }
        let language: Box<str> = language_of(&view.language).into();
        if !language.is_empty() {
            *self.languages.entry(language.clone()).or_default() += 1;
        }
        let title: Box<str> = view.title.trim().to_lowercase().into();
        self.by_title.insert((title.clone(), document, slot));
        self.by_change.insert((Reverse(view.changed), document, slot));
        self.slots.insert(document, slot);
        if !view.conflicts.is_empty() {
            self.in_conflict.insert(document);
        }
        let (kind, changed) = (view.kind, view.changed);
        let entry = Entry { document, title, words: words.into(), tags: tags.into(), kind, language, changed };
        self.entries[slot as usize] = Some(entry);
    }

    /// Forgets a resource.
    pub(super) fn remove(&mut self, document: &DocumentId) {
        self.in_conflict.remove(document);
        let Some(slot) = self.slots.remove(document) else { return };
        let Some(entry) = self.entries[slot as usize].take() else { return };
        for word in &entry.words {
            remove(&mut self.with_word[*word as usize], slot);
        }
        for tag in &entry.tags {
            if let Some(list) = self.with_tag.get_mut(tag) {
                remove(list, slot);
                if list.is_empty() {
                    self.with_tag.remove(tag);
                }
            }
        }
        if let Some(count) = self.languages.get_mut(&entry.language) {
            *count -= 1;
            if *count == 0 {
                self.languages.remove(&entry.language);
            }
        }
        self.by_title.remove(&(entry.title, *document, slot));
        self.by_change.remove(&(Reverse(entry.changed), *document, slot));
        self.free.push(slot);
    }

    /// This part of what a query finds, in its order, and how many it finds in all.
    pub(super) fn find(&self, query: &LibraryQuery) -> (Vec<DocumentId>, usize) {
        let language = language_of(&query.language);
        let fits = |entry: &Entry| {
            (query.kinds.is_empty() || query.kinds.contains(&entry.kind))
                && (language.is_empty() || *entry.language == *language)
        };
        let Some(candidates) = self.candidates(query) else {
            let all: Box<dyn Iterator<Item = Slot>> = match query.order {
                LibraryOrder::Title => Box::new(self.by_title.iter().map(|(_, _, slot)| *slot)),
                LibraryOrder::Changed => Box::new(self.by_change.iter().map(|(_, _, slot)| *slot)),
            };
            if query.kinds.is_empty() && language.is_empty() {
                return (self.documents(all.skip(query.from).take(query.limit)), self.slots.len());
            }
            let found: Vec<Slot> = all.filter(|slot| self.entry(*slot).is_some_and(fits)).collect();
            return (self.documents(found.iter().copied().skip(query.from).take(query.limit)), found.len());
        };
        let mut found: Vec<&Entry> =
            candidates.into_iter().filter_map(|slot| self.entry(slot)).filter(|entry| fits(entry)).collect();
        match query.order {
            LibraryOrder::Title => found.sort_unstable_by_key(|entry| (&entry.title, entry.document)),
            LibraryOrder::Changed => found.sort_unstable_by_key(|entry| (Reverse(entry.changed), entry.document)),
        }
        let page = found.iter().skip(query.from).take(query.limit).map(|entry| entry.document);
        (page.collect(), found.len())
    }

    /// Those that say one thing in two ways.
    pub(super) fn in_conflict(&self) -> Vec<DocumentId> {
        self.in_conflict.iter().copied().collect()
    }

    /// The tags that are used most, with how often, at most so many, from A to Z.
    pub(super) fn common_tags(&self, limit: usize) -> Vec<(String, usize)> {
        let counts = self.with_tag.iter().map(|(tag, list)| (tag, list.len()));
        most_used(counts, limit).into_iter().map(|(tag, count)| (tag.to_string(), count)).collect()
    }

    /// The languages that most resources are in, at most so many, from A to Z.
    pub(super) fn languages(&self, limit: usize) -> Vec<String> {
        let counts = self.languages.iter().map(|(language, count)| (language, *count));
        most_used(counts, limit).into_iter().map(|(language, _)| language.to_string()).collect()
    }

    /// The resources that have all words and tags of a query; `None` where it names none.
    fn candidates(&self, query: &LibraryQuery) -> Option<Vec<Slot>> {
        let mut lists: Vec<Vec<Slot>> = Vec::new();
        for word in words_of(&query.words).take(QUERY_WORDS_MAX) {
            let mut slots: Vec<Slot> =
                self.words.beginning(&word).flat_map(|number| &self.with_word[number as usize]).copied().collect();
            slots.sort_unstable();
            slots.dedup();
            lists.push(slots);
        }
        for tag in &query.tags {
            lists.push(self.with_tag.get(tag.trim()).cloned().unwrap_or_default());
        }
        lists.sort_by_key(Vec::len);
        let (fewest, others) = lists.split_first()?;
        let is_in_all = |slot: &&Slot| others.iter().all(|list| list.binary_search(slot).is_ok());
        Some(fewest.iter().filter(is_in_all).copied().collect())
    }

    fn documents(&self, slots: impl Iterator<Item = Slot>) -> Vec<DocumentId> {
        slots.filter_map(|slot| self.entry(slot)).map(|entry| entry.document).collect()
    }

    fn entry(&self, slot: Slot) -> Option<&Entry> {
        self.entries.get(slot as usize)?.as_ref()
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

    /// The numbers of all words that begin so.
    fn beginning(&self, start: &str) -> impl Iterator<Item = u32> {
        let range = self.0.range::<str, _>((std::ops::Bound::Included(start), std::ops::Bound::Unbounded));
        range.take_while(move |(word, _)| word.starts_with(start)).map(|(_, number)| *number)
    }
}

fn insert(list: &mut Vec<Slot>, slot: Slot) {
    if let Err(place) = list.binary_search(&slot) {
        list.insert(place, slot);
    }
}

fn remove(list: &mut Vec<Slot>, slot: Slot) {
    if let Ok(place) = list.binary_search(&slot) {
        list.remove(place);
    }
}

/// The names with the highest counts, at most so many, in the order of the names.
fn most_used<'a>(counts: impl Iterator<Item = (&'a Box<str>, usize)>, limit: usize) -> Vec<(&'a str, usize)> {
    let mut counts: Vec<(&str, usize)> = counts.map(|(name, count)| (&**name, count)).collect();
    if counts.len() > limit {
        counts.select_nth_unstable_by_key(limit, |(name, count)| (Reverse(*count), *name));
        counts.truncate(limit);
    }
    counts.sort_unstable();
    counts
}

/// A language as it is compared.
fn language_of(text: &str) -> String {
    text.trim().to_lowercase()
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

    fn query() -> LibraryQuery {
        LibraryQuery { limit: usize::MAX, ..LibraryQuery::default() }
    }

    fn found(index: &Index, words: &str, tags: &[&str]) -> Vec<u8> {
        let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
        let (found, total) = index.find(&LibraryQuery { words: words.into(), tags, ..query() });
        assert_eq!(found.len(), total);
        found.into_iter().map(|id| id.0[0]).collect()
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
        assert_eq!(index.common_tags(9), [("b".to_owned(), 1)]);
        let in_welsh = LibraryQuery { language: " cy".into(), ..query() };
        assert_eq!(index.find(&in_welsh), (Vec::new(), 0));
        assert_eq!(index.languages(9), ["en"]);
        let newest = LibraryQuery { order: LibraryOrder::Changed, ..query() };
        assert_eq!(index.find(&newest).1, 1);
    }

    #[test]
    fn the_orders_and_the_pages_are_those_that_were_asked_for() {
        let mut views: Vec<ResourceView> = (0..5).map(|number| view(number, "", "word", &["t"])).collect();
        for (view, title) in views.iter_mut().zip(["c", "A", "b", "e", "D"]) {
            view.title = title.into();
        }
        views[3].kind = ResourceKind::Toolkit;
        let index = index(&views);
        let found = |words: &str, order, from, limit| {
            let (found, total) = index.find(&LibraryQuery { words: words.into(), order, from, limit, ..query() });
            (found.into_iter().map(|id| id.0[0]).collect::<Vec<_>>(), total)
        };
        // With words and without, the orders are the same.
        for words in ["", "wor"] {
            assert_eq!(found(words, LibraryOrder::Title, 0, 9), (vec![1, 2, 0, 4, 3], 5));
            assert_eq!(found(words, LibraryOrder::Title, 2, 2), (vec![0, 4], 5));
            assert_eq!(found(words, LibraryOrder::Changed, 1, 2), (vec![3, 2], 5));
            assert_eq!(found(words, LibraryOrder::Title, 5, 2), (vec![], 5));
        }
        let kinds = LibraryQuery { kinds: vec![ResourceKind::Other], limit: 2, ..query() };
        assert_eq!(index.find(&kinds).1, 4);
        assert_eq!(index.common_tags(0), []);
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
