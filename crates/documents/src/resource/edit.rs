//! A change of mind about a resource that exists.

use knotwork_ledger::{Pen, PenError};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{
    FieldError, ResourceKind, ResourceView, check_adapted_from, check_date, check_list, check_tags, check_text,
    check_title, fields, limits,
};
use crate::{Date, field::write_values, list::edit_list, text::edit_text};

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
    /// When somebody last saw that it still holds: `YYYY-MM-DD`, or empty.
    pub reviewed: Option<String>,
    /// When that is due again: `YYYY-MM-DD`, or empty.
    pub review_due: Option<String>,
    /// The id of the resource that it was made from, as text, or empty.
    pub adapted_from: Option<String>,
}

impl ResourceEdit {
    /// The edit that makes a resource say again what it said in an earlier version.
    #[must_use]
    pub fn restoring(version: &ResourceView) -> Self {
        let date = |date: Option<Date>| date.map(|date| date.to_string()).unwrap_or_default();
        Self {
            title: Some(version.title.clone()),
            summary: Some(version.summary.clone()),
            body: Some(version.body.clone()),
            kind: Some(version.kind),
            links: Some(version.links.clone()),
            tags: Some(version.tags.clone()),
            licence: Some(version.licence.clone()),
            language: Some(version.language.clone()),
            reviewed: Some(date(version.reviewed)),
            review_due: Some(date(version.review_due)),
            adapted_from: Some(version.adapted_from.map(|id| id.to_string()).unwrap_or_default()),
        }
    }

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
        text(fields::LANGUAGE, &self.language, limits::LANGUAGE_BYTES_MAX)?;
        self.reviewed.as_deref().map_or(Ok(()), |date| check_date(fields::REVIEWED, date))?;
        self.review_due.as_deref().map_or(Ok(()), |date| check_date(fields::REVIEW_DUE, date))?;
        self.adapted_from.as_deref().map_or(Ok(()), check_adapted_from)
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

    fn write_scalars(&self, pen: &mut Pen<'_>) -> Result<(), PenError> {
        let scalars = [
            (fields::TITLE, self.title.as_deref()),
            (fields::SUMMARY, self.summary.as_deref()),
            (fields::KIND, self.kind.map(ResourceKind::word)),
            (fields::LICENCE, self.licence.as_deref()),
            (fields::LANGUAGE, self.language.as_deref()),
            (fields::REVIEWED, self.reviewed.as_deref()),
            (fields::REVIEW_DUE, self.review_due.as_deref()),
            (fields::ADAPTED_FROM, self.adapted_from.as_deref()),
        ];
        let given = scalars.into_iter().filter_map(|(name, value)| value.map(|value| (name, value.into())));
        write_values(pen, given.collect())
    }
}

/// Why a document could not be written.
#[derive(Debug, Error)]
pub enum WriteError {
    /// A field breaks a rule.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// The document can take no more, or it cannot be read.
    #[error(transparent)]
    Pen(#[from] PenError),
}
