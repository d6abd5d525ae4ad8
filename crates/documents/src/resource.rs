//! An entry of the shared library: a document that any member may write.

mod draft;
mod edit;
mod view;

pub use draft::{ResourceDraft, import_nonce};
pub use edit::{ResourceEdit, WriteError};
pub use view::ResourceView;
pub(crate) use view::Signed;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::field::Field;

/// What a resource is. A word that this version does not know reads as [`ResourceKind::Other`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ResourceKind {
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

impl ResourceKind {
    /// All kinds, in the order in which they are offered.
    pub const ALL: [Self; 8] = [
        Self::Toolkit,
        Self::CaseStudy,
        Self::Evidence,
        Self::Guidance,
        Self::Data,
        Self::Recording,
        Self::Link,
        Self::Other,
    ];

    /// The word that stands in the document and in the API.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Toolkit => "toolkit",
            Self::CaseStudy => "case-study",
            Self::Evidence => "evidence",
            Self::Guidance => "guidance",
            Self::Data => "data",
            Self::Recording => "recording",
            Self::Link => "link",
            Self::Other => "other",
        }
    }

    /// The kind of a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// The limits of a resource's fields, in bytes of UTF-8 or in entries.
pub mod limits {
    /// The longest title.
    pub const TITLE_BYTES_MAX: usize = 2_000;
    /// The longest summary.
    pub const SUMMARY_BYTES_MAX: usize = 20_000;
    /// The longest body: the limit of a text.
    pub const BODY_BYTES_MAX: usize = knotwork_ledger::limits::TEXT_BYTES_MAX as usize;
    /// The most links.
    pub const LINKS_MAX: usize = 200;
    /// The longest link.
    pub const LINK_BYTES_MAX: usize = 4_000;
    /// The most tags.
    pub const TAGS_MAX: usize = 200;
    /// The longest tag.
    pub const TAG_BYTES_MAX: usize = 200;
    /// The longest licence.
    pub const LICENCE_BYTES_MAX: usize = 200;
    /// The longest language tag (BCP 47).
    pub const LANGUAGE_BYTES_MAX: usize = 35;
    /// The most values of one field that are shown where several stand.
    pub const CONFLICT_VALUES_MAX: usize = 64;
}

/// A field that breaks a rule; it names the field and the rule.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FieldError {
    /// The title is empty or blank.
    #[error("the title is missing")]
    NoTitle,
    /// A text is too long.
    #[error("{field} is {found} bytes long, and the limit is {limit}")]
    TooLong {
        /// The field.
        field: &'static str,
        /// Its length.
        found: usize,
        /// The most that is allowed.
        limit: usize,
    },
    /// A field without which the document says nothing is missing.
    #[error("{field} is missing")]
    Missing {
        /// The field.
        field: &'static str,
    },
    /// A text has not the form that its field asks for.
    #[error("{field} must be {form}")]
    Form {
        /// The field.
        field: &'static str,
        /// The form, in words, with an example.
        form: &'static str,
    },
    /// A text has a character in it that does something in place of being shown.
    #[error("{field} has a control character in it, or one that turns the direction of text")]
    Steering {
        /// The field.
        field: &'static str,
    },
    /// A date is before the date that it cannot be before.
    #[error("{field} is before {other}")]
    Before {
        /// The field.
        field: &'static str,
        /// The field of the earlier date.
        other: &'static str,
    },
    /// An entry has the character in it that stands between entries where lists are written as one text.
    #[error("an entry of {field} has a semicolon in it, which stands between entries: make two of it, or leave it out")]
    Separator {
        /// The field.
        field: &'static str,
    },
    /// A list has too many entries.
    #[error("{field} has {found} entries, and the limit is {limit}")]
    TooMany {
        /// The field.
        field: &'static str,
        /// The entries.
        found: usize,
        /// The most that is allowed.
        limit: usize,
    },
}

impl FieldError {
    /// The field that the error is about, as the API names it.
    #[must_use]
    pub const fn field(&self) -> &'static str {
        match self {
            Self::NoTitle => "title",
            Self::TooLong { field, .. }
            | Self::TooMany { field, .. }
            | Self::Separator { field }
            | Self::Missing { field }
            | Self::Form { field, .. }
            | Self::Steering { field }
            | Self::Before { field, .. } => field,
        }
    }
}

/// The names of a resource's fields in its document.
pub(crate) mod fields {
    pub(crate) const TITLE: &str = "title";
    pub(crate) const SUMMARY: &str = "summary";
    pub(crate) const BODY: &str = "body";
    pub(crate) const KIND: &str = "kind";
    pub(crate) const LINKS: &str = "links";
    pub(crate) const TAGS: &str = "tags";
    pub(crate) const LICENCE: &str = "licence";
    pub(crate) const LANGUAGE: &str = "language";
    pub(crate) const REVIEWED: &str = "reviewed";
    pub(crate) const REVIEW_DUE: &str = "review_due";
    pub(crate) const ADAPTED_FROM: &str = "adapted_from";
}

pub(crate) fn check_text(field: &'static str, text: &str, limit: usize) -> Result<(), FieldError> {
    if text.len() > limit { Err(FieldError::TooLong { field, found: text.len(), limit }) } else { Ok(()) }
}

fn check_date(field: &'static str, text: &str) -> Result<(), FieldError> {
    Field::date(field).check(Some(text))
}

fn check_adapted_from(text: &str) -> Result<(), FieldError> {
    Field::document(fields::ADAPTED_FROM).check(Some(text))
}

fn check_title(title: &str) -> Result<(), FieldError> {
    if title.trim().is_empty() {
        return Err(FieldError::NoTitle);
    }
    check_text(fields::TITLE, title, limits::TITLE_BYTES_MAX)
}

/// Tags are words, and no word needs what stands between words.
fn check_tags(entries: &[String]) -> Result<(), FieldError> {
    check_list(fields::TAGS, entries, limits::TAGS_MAX, limits::TAG_BYTES_MAX)?;
    if entries.iter().any(|entry| entry.contains(';')) {
        return Err(FieldError::Separator { field: fields::TAGS });
    }
    Ok(())
}

pub(crate) fn check_list(
    field: &'static str,
    entries: &[String],
    most: usize,
    longest: usize,
) -> Result<(), FieldError> {
    if entries.len() > most {
        return Err(FieldError::TooMany { field, found: entries.len(), limit: most });
    }
    entries.iter().try_for_each(|entry| check_text(field, entry, longest))
}
