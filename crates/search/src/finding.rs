//! Finding: a reader's question, as the library is asked it.

use std::collections::HashMap;

use knotwork_commands::{Conflicts, Found, Position, Query, Search, SearchError, Sort, TagCount};
use knotwork_documents::Listing;
use knotwork_identity::DocumentId;
use tantivy::{
    DocAddress, Order, Searcher, Term,
    collector::{
        Count, TopDocs,
        sort_key::{SortByBytes, SortBySimilarityScore, SortByStaticFastValue},
    },
    query::{
        AllQuery, BooleanQuery, BoostQuery, ConstScoreQuery, EmptyQuery, FuzzyTermQuery, Occur, Query as Clause,
        RangeQuery, TermQuery,
    },
    schema::{Field, IndexRecordOption},
};
use tokio::sync::watch;

use crate::{
    Index,
    date::day,
    entry::{CHANGED, Fields, ORDER, TAG, id_of_order, mark},
    index::failed,
    words::{Purpose, Words, fold},
};

impl Search for Index {
    fn find(&self, query: &Query) -> Result<Found, SearchError> {
        let (question, shortened) = Question::new(&self.fields, query)?;
        let searcher = self.searcher();
        let clause = question.clause();
        // No more than there can be are gathered, however far on a page claims to be.
        let held = usize::try_from(searcher.num_docs()).unwrap_or(usize::MAX);
        let limit = query.limit.min(Query::LIMIT_MAX).min(held.saturating_sub(query.from));
        if limit == 0 {
            let total = searcher.search(&clause, &Count).map_err(failed)?;
            return Ok(Found { ids: Vec::new(), total, shortened });
        }
        let sort = if query.sort == Sort::Relevance && question.wanted.is_empty() { Sort::Title } else { query.sort };
        let top = TopDocs::with_limit(limit).and_offset(query.from);
        let (ids, total) = sorted(&searcher, &clause, top, sort).map_err(failed)?;
        Ok(Found { ids, total, shortened })
    }

    fn tags(&self, limit: usize) -> Result<Vec<TagCount>, SearchError> {
        let mut tags = self.count_tags()?;
        let first =
            |one: &TagCount, other: &TagCount| other.count.cmp(&one.count).then_with(|| one.tag.cmp(&other.tag));
        if limit < tags.len() && limit > 0 {
            tags.select_nth_unstable_by(limit - 1, first);
        }
        tags.truncate(limit);
        tags.sort_unstable_by(first);
        Ok(tags)
    }

    fn position(&self) -> Option<Position> {
        self.committed()
    }

    fn progress(&self) -> watch::Receiver<u64> {
        self.watch()
    }
}

impl Index {
    /// All tags in use, in no order.
    pub(crate) fn count_tags(&self) -> Result<Vec<TagCount>, SearchError> {
        let mut counts: HashMap<String, usize> = HashMap::new();
        for segment in self.searcher().segment_readers() {
            let Some(column) = segment.fast_fields().str(TAG).map_err(failed)? else { continue };
            let mut counted = vec![0_usize; column.num_terms()];
            for document in segment.doc_ids_alive() {
                for tag in column.term_ords(document) {
                    if let Some(count) = usize::try_from(tag).ok().and_then(|tag| counted.get_mut(tag)) {
                        *count += 1;
                    }
                }
            }
            let used = (0_u64..).zip(counted).filter(|(_, count)| *count > 0);
            for (tag, count) in used {
                let mut text = String::new();
                column.ord_to_str(tag, &mut text).map_err(failed)?;
                *counts.entry(text).or_default() += count;
            }
        }
        Ok(counts.into_iter().map(|(tag, count)| TagCount { tag, count }).collect())
    }
}

/// The words to look for, each once.
struct Wanted {
    whole: Vec<String>,
    /// The last one, which may be the beginning of a word.
    beginning: Option<String>,
}

impl Wanted {
    fn is_empty(&self) -> bool {
        self.whole.is_empty() && self.beginning.is_none()
    }
}

/// A question within its limits.
struct Question<'a> {
    fields: &'a Fields,
    wanted: Wanted,
    /// Whether something was asked for that no word can be made of.
    is_wordless: bool,
    filters: Vec<Box<dyn Clause>>,
}

impl<'a> Question<'a> {
    /// The question, and whether some of it was left out.
    fn new(fields: &'a Fields, query: &Query) -> Result<(Self, bool), SearchError> {
        let (wanted, words_shortened) = words(&query.words);
        let tags: Vec<_> = query.tags.iter().filter(|tag| !tag.trim().is_empty()).take(Query::TAGS_MAX + 1).collect();
        let shortened = words_shortened || tags.len() > Query::TAGS_MAX;
        let mut filters: Vec<Box<dyn Clause>> = Vec::new();
        for tag in tags.into_iter().take(Query::TAGS_MAX) {
            filters.push(whole(fields.tag, &Listing::label(tag)));
        }
        if !query.kinds.is_empty() {
            let mut kinds: Vec<_> = query.kinds.iter().map(|kind| mark::kind(*kind)).collect();
            kinds.sort_unstable();
            kinds.dedup();
            filters.push(any(kinds.iter().map(|kind| whole(fields.mark, kind)).collect()));
        }
        if let Some(language) = query.language.as_deref().and_then(mark::language) {
            filters.push(whole(fields.mark, &language));
        }
        if let Some(person) = query.contributor.as_deref().map(str::trim).filter(|person| !person.is_empty()) {
            filters.push(whole(fields.mark, &mark::contributor(person)));
        }
        if let Some(date) = query.review_due_before.as_deref().map(str::trim).filter(|date| !date.is_empty()) {
            let before = day(date).ok_or_else(|| not_a_date(date))?;
            let before = std::ops::Bound::Excluded(Term::from_field_u64(fields.review_due, before));
            filters.push(Box::new(RangeQuery::new(std::ops::Bound::Unbounded, before)));
        }
        if query.conflicts == Conflicts::Only {
            filters.push(whole(fields.mark, mark::IN_CONFLICT));
        }
        let is_wordless = wanted.is_empty() && !query.words.trim().is_empty();
        Ok((Self { fields, wanted, is_wordless, filters }, shortened))
    }

    fn clause(&self) -> Box<dyn Clause> {
        if self.is_wordless {
            return Box::new(EmptyQuery);
        }
        if self.wanted.is_empty() && self.filters.is_empty() {
            return Box::new(AllQuery);
        }
        let mut clauses: Vec<(Occur, Box<dyn Clause>)> = Vec::new();
        for filter in &self.filters {
            clauses.push((Occur::Must, Box::new(ConstScoreQuery::new(filter.box_clone(), 0.0))));
        }
        let Fields { text, title, summary, .. } = *self.fields;
        for word in &self.wanted.whole {
            clauses.push((Occur::Must, whole(text, word)));
        }
        if let Some(word) = &self.wanted.beginning {
            clauses.push((Occur::Must, beginning(text, word)));
            clauses.push((Occur::Should, whole(text, word)));
            clauses.push((Occur::Should, weighted(beginning(title, word), TITLE_WEIGHT)));
        }
        for word in self.wanted.whole.iter().chain(&self.wanted.beginning) {
            clauses.push((Occur::Should, weighted(whole(title, word), TITLE_WEIGHT)));
            clauses.push((Occur::Should, weighted(whole(summary, word), SUMMARY_WEIGHT)));
        }
        Box::new(BooleanQuery::new(clauses))
    }
}

/// The words to look for and whether there were more than are read.
fn words(text: &str) -> (Wanted, bool) {
    let text = text.trim();
    let end = text.char_indices().nth(Query::CHARACTERS_MAX).map_or(text.len(), |(end, _)| end);
    let folded = fold(&text[..end]);
    let mut read = Words::new(&folded, Purpose::Ask);
    let mut whole: Vec<String> = read.by_ref().take(Query::WORDS_MAX).map(str::to_owned).collect();
    let shortened = end < text.len() || read.next().is_some();
    let last = whole.pop();
    whole.sort_unstable();
    whole.dedup();
    // A word that has to be there begins with itself.
    let beginning = last.filter(|last| !whole.contains(last));
    (Wanted { whole, beginning }, shortened)
}

fn sorted(
    searcher: &Searcher,
    clause: &dyn Clause,
    top: TopDocs,
    sort: Sort,
) -> tantivy::Result<(Vec<DocumentId>, usize)> {
    let by_title = (SortByBytes::for_field(ORDER), Order::Asc);
    Ok(match sort {
        Sort::Title => {
            let (found, total) = searcher.search(clause, &(top.order_by(by_title), Count))?;
            (ids(found.into_iter()), total)
        }
        Sort::Relevance => {
            let by_score = (SortBySimilarityScore, Order::Desc);
            let (found, total) = searcher.search(clause, &(top.order_by((by_score, by_title)), Count))?;
            (ids(found.into_iter().map(|((_, order), at)| (order, at))), total)
        }
        Sort::Newest => {
            let by_time = (SortByStaticFastValue::<u64>::for_field(CHANGED), Order::Desc);
            let (found, total) = searcher.search(clause, &(top.order_by((by_time, by_title)), Count))?;
            (ids(found.into_iter().map(|((_, order), at)| (order, at))), total)
        }
    })
}

fn ids(found: impl Iterator<Item = (Option<Vec<u8>>, DocAddress)>) -> Vec<DocumentId> {
    found.filter_map(|(order, _)| id_of_order(&order?)).collect()
}

fn whole(field: Field, word: &str) -> Box<dyn Clause> {
    Box::new(TermQuery::new(Term::from_field_text(field, word), IndexRecordOption::WithFreqs))
}

/// Whatever begins so.
fn beginning(field: Field, word: &str) -> Box<dyn Clause> {
    Box::new(FuzzyTermQuery::new_prefix(Term::from_field_text(field, word), 0, false))
}

fn any(clauses: Vec<Box<dyn Clause>>) -> Box<dyn Clause> {
    Box::new(BooleanQuery::union(clauses))
}

fn weighted(clause: Box<dyn Clause>, weight: f32) -> Box<dyn Clause> {
    Box::new(BoostQuery::new(clause, weight))
}

fn not_a_date(date: &str) -> SearchError {
    SearchError::NotADate(date.chars().take(SHOWN_CHARACTERS).collect())
}

/// What a word in the title counts, where one in the text counts 1.
const TITLE_WEIGHT: f32 = 4.0;
/// What a word in the summary or the tags counts.
const SUMMARY_WEIGHT: f32 = 2.0;
/// How much of what is no date is shown again.
const SHOWN_CHARACTERS: usize = 40;
