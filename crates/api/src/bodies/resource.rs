//! Resources as JSON.

use std::collections::BTreeMap;

use knotwork_commands::{ContributorView, HistoryEntry, ResourceEntry};
use knotwork_documents::{
    FieldError, ResourceDraft, ResourceEdit, ResourceKind,
    resource::limits::{LINKS_MAX, TAGS_MAX},
};
use knotwork_identity::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::{
    given::{given, word},
    list::ListEdit,
};
use crate::{limits, rfc3339::to_rfc3339};

/// What a resource is.
#[derive(Debug, Clone, Copy, Default, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = ResourceKind)]
pub(crate) enum Kind {
    /// A set of materials to use.
    Toolkit,
    /// An account of what somebody did and what happened.
    CaseStudy,
    /// Research, an evaluation, a review.
    Evidence,
    /// Advice on how to do something.
    Guidance,
    /// Figures.
    Data,
    /// Sound or film.
    Recording,
    /// A pointer to something elsewhere.
    Link,
    /// Anything else.
    #[default]
    Other,
}

/// A resource that does not exist yet. Only the title is needed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewResource {
    /// One line that names it. At most 2,000 bytes.
    #[schema(example = "Five whys")]
    title: String,
    /// A few sentences. At most 20,000 bytes.
    #[serde(default)]
    summary: String,
    /// The text itself, in Markdown. At most 1,048,576 bytes.
    #[serde(default)]
    body: String,
    /// What it is.
    #[serde(default)]
    kind: Kind,
    /// Addresses of any scheme. At most 200, of at most 4,000 bytes each.
    #[serde(default)]
    #[schema(example = json!(["https://example.org/five-whys"]))]
    links: Vec<String>,
    /// Words to find it by. At most 200, of at most 200 bytes each.
    #[serde(default)]
    #[schema(example = json!(["root cause", "methods"]))]
    tags: Vec<String>,
    /// Under what terms it may be used. At most 200 bytes.
    #[serde(default)]
    #[schema(example = "CC-BY-4.0")]
    licence: String,
    /// The language of its text (BCP 47). At most 35 bytes.
    #[serde(default)]
    #[schema(example = "en")]
    language: String,
    /// The day on which somebody last saw that it still holds: `YYYY-MM-DD`, or empty.
    #[serde(default)]
    #[schema(example = "2026-03-31")]
    reviewed: String,
    /// The day on which that is due again: `YYYY-MM-DD`, or empty.
    #[serde(default)]
    #[schema(example = "2027-03-31")]
    review_due: String,
    /// The id of the resource that it was made from, or empty.
    #[serde(default)]
    #[schema(example = "")]
    adapted_from: String,
}

/// The fields to change, each with what it shall be; what is left out stays. Null is no value: `""` empties a text, and
/// `[]` a list.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResourcePatch {
    /// The new title. At most 2,000 bytes.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    title: Option<String>,
    /// The new summary. At most 20,000 bytes.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    summary: Option<String>,
    /// The whole new text. At most 1,048,576 bytes. Only what differs is touched, so that what others edit at the same
    /// time stays.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    body: Option<String>,
    /// What it is.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Kind, required = false)]
    kind: Option<Kind>,
    /// All links that there shall be, or those to add and to take away.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = ListEdit, required = false)]
    links: Option<ListEdit>,
    /// All tags that there shall be, or those to add and to take away.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = ListEdit, required = false)]
    tags: Option<ListEdit>,
    /// The new licence. At most 200 bytes.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    licence: Option<String>,
    /// The new language. At most 35 bytes.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    language: Option<String>,
    /// The day on which somebody last saw that it still holds: `YYYY-MM-DD`, or empty.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    reviewed: Option<String>,
    /// The day on which that is due again: `YYYY-MM-DD`, or empty.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    review_due: Option<String>,
    /// The id of the resource that it was made from, or empty.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    adapted_from: Option<String>,
}

/// A resource.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Resource)]
pub(crate) struct ResourceBody {
    /// Its id.
    pub(crate) id: String,
    /// One line that names it.
    pub(crate) title: String,
    /// A few sentences.
    pub(crate) summary: String,
    /// The text itself, in Markdown.
    pub(crate) body: String,
    /// What it is.
    pub(crate) kind: Kind,
    /// Addresses of any scheme. Only http, https and mailto may be made clickable.
    pub(crate) links: Vec<String>,
    /// Words to find it by.
    pub(crate) tags: Vec<String>,
    /// Under what terms it may be used.
    pub(crate) licence: String,
    /// The language of its text (BCP 47).
    pub(crate) language: String,
    /// The day on which somebody last saw that it still holds: `YYYY-MM-DD`, or empty.
    pub(crate) reviewed: String,
    /// The day on which that is due again: `YYYY-MM-DD`, or empty.
    pub(crate) review_due: String,
    /// The id of the resource that it was made from, or empty.
    pub(crate) adapted_from: String,
    /// The earliest time that its changes claim; null where none claims one that this form can write.
    #[schema(format = "date-time", required = true)]
    pub(crate) created: Option<String>,
    /// The latest time that its changes claim; null as `created` is.
    #[schema(format = "date-time", required = true)]
    pub(crate) changed: Option<String>,
    /// Whether the latest time that is claimed lies more than ten minutes ahead of this node's clock, and is not to be
    /// believed. Not in exports, which outlive the moment.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) ahead: Option<bool>,
    #[serde(skip)]
    latest: Option<Timestamp>,
    /// Who wrote it, in the order in which they first did, each once.
    pub(crate) contributors: Vec<ContributorBody>,
    /// The newest changes, which the next one builds on.
    pub(crate) heads: Vec<String>,
    /// Fields to which different values were given at the same time, with all of them, the shown one first. Setting
    /// such a field settles it.
    pub(crate) conflicts: BTreeMap<String, Vec<String>>,
    /// How many changes do not fit within the limits of a document and are not shown.
    pub(crate) left_out: usize,
}

/// A page of the library, from A to Z by title.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ResourcePage {
    /// The resources: at most as many as asked for, and fewer where they are long.
    pub(crate) items: Vec<ResourceBody>,
    /// The cursor of the next page; null on the last.
    #[schema(required = true)]
    pub(crate) next: Option<String>,
    /// How many resources there are on all pages.
    pub(crate) total: u64,
}

/// Somebody who wrote something.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Contributor)]
pub(crate) struct ContributorBody {
    /// The name of the organisation that vouches for them.
    #[schema(required = true)]
    organisation: Option<String>,
    /// The person or service, as an opaque id.
    #[schema(required = true)]
    person: Option<String>,
    /// What the person is called, where their profile tells it here.
    #[schema(required = true)]
    name: Option<String>,
    /// Whether a machine's token wrote it.
    automatic: bool,
    /// Whether the person is no longer at the organisation.
    left: bool,
}

/// The history of a resource.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = History)]
pub(crate) struct HistoryBody {
    /// Its changes, each after those that it builds on.
    pub(crate) items: Vec<ChangeBody>,
    /// How many changes there are.
    pub(crate) total: usize,
}

/// One change of a resource.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Change)]
pub(crate) struct ChangeBody {
    /// Its id.
    id: String,
    /// Who made it.
    by: ContributorBody,
    /// When, as its author claims.
    #[schema(format = "date-time", required = true)]
    time: Option<String>,
    /// Whether that lies more than ten minutes ahead of this node's clock, and is not to be believed.
    ahead: bool,
    /// The changes that it builds on.
    dependencies: Vec<String>,
    /// The fields that it touches.
    fields: Vec<String>,
    /// How many values, entries and characters it puts.
    added: usize,
    /// How many it takes away.
    removed: usize,
    /// Whether it counts. What was written after its organisation had left, or by a key that was taken back, does not,
    /// nor does what builds on that: it is shown nowhere else, and its version is not read.
    stands: bool,
}

impl From<NewResource> for ResourceDraft {
    fn from(body: NewResource) -> Self {
        Self {
            title: body.title,
            summary: body.summary,
            body: body.body,
            kind: body.kind.into(),
            links: body.links,
            tags: body.tags,
            licence: body.licence,
            language: body.language,
            reviewed: body.reviewed,
            review_due: body.review_due,
            adapted_from: body.adapted_from,
        }
    }
}

impl ResourcePatch {
    /// Whether what it asks for depends on what is there.
    pub(crate) fn is_relative(&self) -> bool {
        [&self.links, &self.tags].into_iter().flatten().any(ListEdit::is_relative)
    }

    /// The edit that it asks for where a resource has these links and tags.
    ///
    /// # Errors
    /// When a list takes more steps than it may have entries.
    pub(crate) fn onto(self, links: &[String], tags: &[String]) -> Result<ResourceEdit, FieldError> {
        Ok(ResourceEdit {
            title: self.title,
            summary: self.summary,
            body: self.body,
            kind: self.kind.map(ResourceKind::from),
            links: self.links.map(|edit| edit.onto(links, "links", LINKS_MAX)).transpose()?,
            tags: self.tags.map(|edit| edit.onto(tags, "tags", TAGS_MAX)).transpose()?,
            licence: self.licence,
            language: self.language,
            reviewed: self.reviewed,
            review_due: self.review_due,
            adapted_from: self.adapted_from,
        })
    }
}

impl From<ResourceEntry> for ResourceBody {
    fn from(entry: ResourceEntry) -> Self {
        let ResourceEntry { view, contributors } = entry;
        Self {
            id: view.id.to_string(),
            title: view.title,
            summary: view.summary,
            body: view.body,
            kind: view.kind.into(),
            links: view.links,
            tags: view.tags,
            licence: view.licence,
            language: view.language,
            reviewed: view.reviewed.map(|date| date.to_string()).unwrap_or_default(),
            review_due: view.review_due.map(|date| date.to_string()).unwrap_or_default(),
            adapted_from: view.adapted_from.map(|id| id.to_string()).unwrap_or_default(),
            created: view.created.and_then(to_rfc3339),
            changed: view.changed.and_then(to_rfc3339),
            ahead: None,
            latest: view.changed,
            contributors: contributors.into_iter().map(ContributorBody::from).collect(),
            heads: view.heads.iter().map(ToString::to_string).collect(),
            conflicts: view.conflicts,
            left_out: view.left_out,
        }
    }
}

impl From<ContributorView> for ContributorBody {
    fn from(view: ContributorView) -> Self {
        Self {
            organisation: view.organisation,
            person: view.person.map(|person| person.to_string()),
            name: view.name,
            automatic: view.automatic,
            left: view.left,
        }
    }
}

impl ResourceBody {
    /// Labels it by what its latest time is at the time `now`.
    pub(crate) fn at(mut self, now: Timestamp) -> Self {
        self.ahead = Some(is_ahead(self.latest, now));
        self
    }
}

impl HistoryBody {
    /// The history as it is answered at the time `now`.
    pub(crate) fn new(entries: Vec<HistoryEntry>, now: Timestamp) -> Self {
        let items = entries.into_iter().map(|entry| ChangeBody::new(entry, now));
        Self { total: items.len(), items: items.collect() }
    }
}

impl ChangeBody {
    fn new(HistoryEntry { change, by, stands }: HistoryEntry, now: Timestamp) -> Self {
        Self {
            id: change.id.to_string(),
            by: by.into(),
            time: change.time.and_then(to_rfc3339),
            ahead: is_ahead(change.time, now),
            dependencies: change.dependencies.iter().map(ToString::to_string).collect(),
            fields: change.fields,
            added: change.added,
            removed: change.removed,
            stands,
        }
    }
}

/// Whether a claimed time is further ahead of the clock than clocks differ.
fn is_ahead(claimed: Option<Timestamp>, now: Timestamp) -> bool {
    let latest = u128::from(now.milliseconds()) + limits::CLAIM_AHEAD_MAX.as_millis();
    claimed.is_some_and(|claimed| u128::from(claimed.milliseconds()) > latest)
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        word(reader, |text| ResourceKind::from_word(text).map(Self::from), &KIND_WORDS)
    }
}

/// Both lists of kinds, side by side, so that neither can gain one alone.
macro_rules! same_kinds {
    ($($kind:ident),*) => {
        impl From<Kind> for ResourceKind {
            fn from(kind: Kind) -> Self {
                match kind { $(Kind::$kind => Self::$kind),* }
            }
        }

        impl From<ResourceKind> for Kind {
            fn from(kind: ResourceKind) -> Self {
                match kind { $(ResourceKind::$kind => Self::$kind),* }
            }
        }
    };
}

same_kinds!(Toolkit, CaseStudy, Evidence, Guidance, Data, Recording, Link, Other);

const KIND_WORDS: [&str; ResourceKind::ALL.len()] = {
    let mut words = [""; ResourceKind::ALL.len()];
    let mut place = 0;
    while place < words.len() {
        words[place] = ResourceKind::ALL[place].word();
        place += 1;
    }
    words
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_is_ahead_from_ten_minutes_and_a_bit_on() {
        let at = |milliseconds| Timestamp::from_milliseconds(milliseconds).expect("within the range");
        let now = at(1_700_000_000_000);
        for (claimed, ahead) in [(0, false), (1_700_000_600_000, false), (1_700_000_600_001, true)] {
            assert_eq!(is_ahead(Some(at(claimed)), now), ahead, "{claimed}");
        }
        assert!(is_ahead(Some(Timestamp::MAX), now) && !is_ahead(Some(Timestamp::MAX), Timestamp::MAX));
        assert!(!is_ahead(None, now));
    }

    #[test]
    fn the_words_for_kinds_are_those_of_the_documents() {
        for kind in ResourceKind::ALL {
            let word = serde_json::to_value(Kind::from(kind)).expect("a kind has a JSON form");
            assert_eq!(word, kind.word());
        }
    }
}
