//! Entries as the index keeps them: its fields, and what of a resource goes into which.

use knotwork_commands::Entry;
use knotwork_documents::{Listing, ResourceKind, resource::limits::LANGUAGE_BYTES_MAX};
use knotwork_identity::DocumentId;
use tantivy::{
    Term,
    schema::{
        BytesOptions, FAST, Field, IndexRecordOption, STRING, Schema, TantivyDocument, TextFieldIndexing, TextOptions,
    },
};

use crate::date::day;

/// The fields of the index. Nothing is stored: an id is read from the sort key.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fields {
    /// The document's id.
    pub(crate) id: Field,
    /// The words of title, summary, tags and text.
    pub(crate) text: Field,
    /// The words of the title again, for their weight.
    pub(crate) title: Field,
    /// The words of summary and tags again, for their weight.
    pub(crate) summary: Field,
    /// The tags, each as a whole.
    pub(crate) tag: Field,
    /// Everything else that an entry has or has not: see [`mark`].
    pub(crate) mark: Field,
    /// See [`day`].
    pub(crate) review_due: Field,
    /// Milliseconds since 1970, 0 where no change claims a time.
    pub(crate) changed: Field,
    /// The listing's sort key, a zero byte, and the id.
    pub(crate) order: Field,
}

impl Fields {
    pub(crate) fn new() -> (Self, Schema) {
        let mut schema = Schema::builder();
        let words =
            TextFieldIndexing::default().set_tokenizer(TOKENIZER).set_index_option(IndexRecordOption::WithFreqs);
        let words = TextOptions::default().set_indexing_options(words);
        let fields = Self {
            id: schema.add_bytes_field("id", BytesOptions::default().set_indexed()),
            text: schema.add_text_field("text", words.clone()),
            title: schema.add_text_field("title", words.clone()),
            summary: schema.add_text_field("summary", words),
            tag: schema.add_text_field(TAG, STRING | FAST),
            mark: schema.add_text_field("mark", STRING),
            review_due: schema.add_u64_field("review-due", FAST),
            changed: schema.add_u64_field(CHANGED, FAST),
            order: schema.add_bytes_field(ORDER, BytesOptions::default().set_fast()),
        };
        (fields, schema.build())
    }

    pub(crate) fn id_term(&self, id: &DocumentId) -> Term {
        Term::from_field_bytes(self.id, id.as_bytes())
    }

    pub(crate) fn document(&self, entry: &Entry) -> TantivyDocument {
        let mut document = TantivyDocument::new();
        document.add_bytes(self.id, entry.id.as_bytes());
        document.add_text(self.title, &entry.title);
        let labels = labels(&entry.tags);
        for field in [self.summary, self.text] {
            document.add_text(field, &entry.summary);
            labels.iter().for_each(|label| document.add_text(field, label));
        }
        document.add_text(self.text, &entry.title);
        document.add_text(self.text, &entry.body);
        labels.iter().for_each(|label| document.add_text(self.tag, label));
        marks(entry).iter().for_each(|mark| document.add_text(self.mark, mark));
        if let Some(day) = entry.review_due.as_deref().and_then(day) {
            document.add_u64(self.review_due, day);
        }
        document.add_u64(self.changed, entry.changed.map_or(0, |time| time.milliseconds()));
        document.add_bytes(self.order, &order(entry));
        document
    }
}

/// What an entry has or has not, as one word each.
pub(crate) mod mark {
    use super::{LANGUAGE_BYTES_MAX, ResourceKind};

    pub(crate) const IN_CONFLICT: &str = "conflict";

    pub(crate) fn kind(kind: ResourceKind) -> String {
        format!("kind:{}", kind.word())
    }

    pub(crate) fn contributor(person: &str) -> String {
        format!("by:{person}")
    }

    /// A language, in the form in which languages are compared; `None` for an empty one.
    pub(crate) fn language(language: &str) -> Option<String> {
        let language = language.trim();
        let language = &language[..language.floor_char_boundary(LANGUAGE_BYTES_MAX)];
        (!language.is_empty()).then(|| format!("language:{}", language.to_lowercase().replace('_', "-")))
    }
}

/// The id at the end of a sort key.
pub(crate) fn id_of_order(order: &[u8]) -> Option<DocumentId> {
    order.last_chunk().map(|id| DocumentId(*id))
}

/// About how many bytes an entry takes up on its way into the index.
pub(crate) fn bytes_of(entry: &Entry) -> usize {
    let words = entry.title.len() + entry.summary.len() + entry.tags.iter().map(String::len).sum::<usize>();
    2 * words + entry.body.len() + ENTRY_BYTES
}

/// Zero bytes do not occur in a listing's sort key, and so a title that another one begins with comes first.
fn order(entry: &Entry) -> Vec<u8> {
    let mut order = Listing::order(&entry.title);
    order.push(0);
    order.extend_from_slice(entry.id.as_bytes());
    order
}

/// As listings have them.
fn labels(tags: &[String]) -> Vec<String> {
    let tags = tags.iter().filter(|tag| !tag.trim().is_empty()).take(Listing::LABELS_MAX);
    let mut labels: Vec<String> = tags.map(|tag| Listing::label(tag)).collect();
    labels.sort_unstable();
    labels.dedup();
    labels
}

fn marks(entry: &Entry) -> Vec<String> {
    let mut marks = vec![mark::kind(entry.kind)];
    if entry.in_conflict {
        marks.push(mark::IN_CONFLICT.to_owned());
    }
    marks.extend(entry.contributors.iter().map(|person| mark::contributor(person)));
    if let Some(language) = mark::language(&entry.language) {
        // `en-GB` is found as `en` too.
        let beginnings = language.match_indices('-').map(|(at, _)| language[..at].to_owned());
        marks.extend(beginnings.collect::<Vec<_>>());
        marks.push(language);
    }
    marks
}

/// The name by which the index knows how to take texts apart.
pub(crate) const TOKENIZER: &str = "words";
pub(crate) const TAG: &str = "tag";
pub(crate) const CHANGED: &str = "changed";
pub(crate) const ORDER: &str = "order";
/// What an entry takes up beside its text.
const ENTRY_BYTES: usize = 1024;
