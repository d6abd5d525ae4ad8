//! A change of mind about a resource that exists.

use automerge::{AutomergeError, ROOT, transaction::Transactable as _};
use knotwork_ledger::{Pen, PenError};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{FieldError, ResourceKind, check_list, check_tags, check_text, check_title, fields, limits};
use crate::{list::edit_list, text::edit_text};

/// The fields to change, each with what it shall be; the others stay.
///
/// Of links and tags only what differs from what is there is added and taken away, and of the body only the parts that
/// differ are touched, so that what two people do at once meets.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ResourceEdit {
    /// The new title.
    pub title: Option<String>,
    /// The new summary.
    pub summary: Option<String>,
    /// The whole new body.
    pub body: Option<String>,
    /// The new kind.
    pub kind: Option<ResourceKind>,
    /// All links that there shall be.
    pub links: Option<Vec<String>>,
    /// All tags that there shall be.
    pub tags: Option<Vec<String>>,
    /// The new licence.
    pub licence: Option<String>,
    /// The new language.
    pub language: Option<String>,
}

impl ResourceEdit {
    /// Checks every given field against its limit.
    ///
    /// # Errors
    /// Names the first field that breaks one.
    pub fn check(&self) -> Result<(), FieldError> {
        let text = |field, value: &Option<String>, limit| {
            value.as_deref().map_or(Ok(()), |value| check_text(field, value, limit))
        };
        let list = |field, value: &Option<Vec<String>>, most, longest| {
            value.as_deref().map_or(Ok(()), |entries| check_list(field, entries, most, longest))
        };
        self.title.as_deref().map_or(Ok(()), check_title)?;
        text(fields::SUMMARY, &self.summary, limits::SUMMARY_BYTES_MAX)?;
        text(fields::BODY, &self.body, limits::BODY_BYTES_MAX)?;
        list(fields::LINKS, &self.links, limits::LINKS_MAX, limits::LINK_BYTES_MAX)?;
        self.tags.as_deref().map_or(Ok(()), check_tags)?;
        text(fields::LICENCE, &self.licence, limits::LICENCE_BYTES_MAX)?;
        text(fields::LANGUAGE, &self.language, limits::LANGUAGE_BYTES_MAX)
    }

    /// Writes the edit as further changes on the document that the pen has open; none where nothing differs.
    ///
    /// # Errors
    /// When a field breaks a limit, or the document can take no more.
    pub fn write(&self, pen: &mut Pen<'_>) -> Result<(), WriteError> {
        self.check()?;
        self.write_scalars(pen)?;
        if let Some(links) = &self.links {
            edit_list(pen, fields::LINKS, links)?;
        }
        if let Some(tags) = &self.tags {
            edit_list(pen, fields::TAGS, tags)?;
        }
        if let Some(body) = &self.body {
            edit_text(pen, fields::BODY, body)?;
        }
        Ok(())
    }

    fn write_scalars(&self, pen: &mut Pen<'_>) -> Result<(), WriteError> {
        let scalars = [
            (fields::TITLE, self.title.as_deref()),
            (fields::SUMMARY, self.summary.as_deref()),
            (fields::KIND, self.kind.map(ResourceKind::word)),
            (fields::LICENCE, self.licence.as_deref()),
            (fields::LANGUAGE, self.language.as_deref()),
        ];
        pen.write(|document| {
            for (name, value) in scalars.into_iter().filter_map(|(name, value)| value.map(|value| (name, value))) {
                write_scalar(document, name, value)?;
            }
            Ok(())
        })?;
        Ok(())
    }
}

/// Sets a field where it differs, or where several values stand (which settles the conflict).
pub(crate) fn write_scalar(
    document: &mut automerge::transaction::Transaction<'_>,
    name: &'static str,
    value: &str,
) -> Result<(), AutomergeError> {
    use automerge::ReadDoc as _;
    let standing = document.get_all(ROOT, name)?;
    let same = match standing.as_slice() {
        [] => value.is_empty(),
        [(only, _)] => only.as_str() == Some(value),
        _ => false,
    };
    if !same {
        document.put(ROOT, name, value)?;
    }
    Ok(())
}

/// Why a resource could not be written.
#[derive(Debug, Error)]
pub enum WriteError {
    /// A field breaks a rule.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// The document can take no more, or it cannot be read.
    #[error(transparent)]
    Pen(#[from] PenError),
}
