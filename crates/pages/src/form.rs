//! Forms: what a browser sends, and what is wrong with it.

use std::borrow::Cow;

use axum::{body::Body, http::HeaderMap};
use bytes::BytesMut;
use futures::StreamExt as _;
use tokio::time::{Instant, timeout_at};

use crate::{limits, multipart};

/// The fields of a form, in the order in which they came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Fields {
    texts: Vec<(String, String)>,
    files: Vec<(String, Vec<u8>)>,
}

impl Fields {
    /// The fields of a query or of a form's body.
    pub(crate) fn parse(encoded: &[u8]) -> Self {
        let pairs = form_urlencoded::parse(encoded).take(limits::FIELDS_MAX);
        Self { texts: pairs.map(|(name, value)| (name.into_owned(), clean(value))).collect(), files: Vec::new() }
    }

    /// The fields of a form with a file in it; none where it is broken.
    fn parse_parts(body: &[u8], boundary: &str) -> Option<Self> {
        let mut fields = Self::default();
        for part in multipart::parts(body, boundary, limits::FIELDS_MAX)? {
            if part.is_file {
                fields.files.push((part.name, part.content.to_vec()));
            } else {
                fields.texts.push((part.name, clean(String::from_utf8_lossy(part.content))));
            }
        }
        Some(fields)
    }

    /// The file of a field; empty where none was chosen.
    pub(crate) fn file(&self, name: &str) -> &[u8] {
        self.files.iter().find(|(known, _)| known == name).map_or(&[], |(_, bytes)| bytes)
    }

    /// The first value of a field as it was typed; empty where there is none.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.texts.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str())
    }

    /// The first value of a field without the spaces around it.
    pub(crate) fn word(&self, name: &str) -> &str {
        self.get(name).trim()
    }

    /// All values of a field, such as boxes that were ticked.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.texts.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Whether there is such a field.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.texts.iter().any(|(known, _)| known == name)
    }

    /// Puts a value in the place of those that a field has.
    pub(crate) fn set(&mut self, name: &str, value: impl Into<String>) {
        self.texts.retain(|(known, _)| known != name);
        self.add(name, value);
    }

    /// Puts a value beside those that a field has.
    pub(crate) fn add(&mut self, name: &str, value: impl Into<String>) {
        self.texts.push((name.to_owned(), value.into()));
    }
}

/// Why a body is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyFault {
    /// It is longer than any form is.
    TooLong,
    /// It is not a form's.
    NotAForm,
    /// It did not come.
    Lost,
}

/// Reads the body of a form within its limits.
///
/// # Errors
/// When it is too long, too slow, or no form's.
pub(crate) async fn read(headers: &HeaderMap, body: Body, bytes_max: usize) -> Result<Fields, BodyFault> {
    let kind = headers.get(axum::http::header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let boundary = multipart::boundary(kind);
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if boundary.is_none() && !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(BodyFault::NotAForm);
    }
    let deadline = Instant::now() + limits::BODY_TIME_MAX;
    let (mut read, mut stream) = (BytesMut::new(), body.into_data_stream());
    loop {
        match timeout_at(deadline, stream.next()).await {
            Ok(None) => {
                return match boundary {
                    Some(boundary) => Fields::parse_parts(&read, boundary).ok_or(BodyFault::NotAForm),
                    None => Ok(Fields::parse(&read)),
                };
            }
            Ok(Some(Ok(part))) if read.len() + part.len() <= bytes_max => read.extend_from_slice(&part),
            Ok(Some(Ok(_))) => return Err(BodyFault::TooLong),
            Ok(Some(Err(_))) | Err(_) => return Err(BodyFault::Lost),
        }
    }
}

/// What is wrong with fields: a sentence each, in the order of the form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Faults(Vec<(String, String)>);

impl Faults {
    /// Adds a sentence about a field.
    pub(crate) fn add(&mut self, field: impl Into<String>, sentence: impl Into<String>) {
        self.0.push((field.into(), sentence.into()));
    }

    /// Only this one.
    pub(crate) fn one(field: impl Into<String>, sentence: impl Into<String>) -> Self {
        let mut faults = Self::default();
        faults.add(field, sentence);
        faults
    }

    /// Whether nothing is wrong.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is wrong with a field.
    pub(crate) fn of(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == field).map(|(_, sentence)| sentence.as_str())
    }

    /// All of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(field, sentence)| (field.as_str(), sentence.as_str()))
    }
}

/// Lines end in one way, and characters that nobody types are left out.
fn clean(value: Cow<'_, str>) -> String {
    value.replace("\r\n", "\n").replace('\r', "\n").replace('\0', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_as_they_were_typed() {
        let fields = Fields::parse(b"a=1+2&b=%C3%A9%0D%0Ax&a=3&c&=&d=%ff%00");
        assert_eq!((fields.get("a"), fields.get("b"), fields.get("c")), ("1 2", "\u{e9}\nx", ""));
        assert_eq!(fields.all("a").collect::<Vec<_>>(), ["1 2", "3"]);
        assert!(fields.has("c") && !fields.has("e"));
        assert_eq!(fields.get("d"), "\u{fffd}");
    }

    #[tokio::test]
    async fn a_body_is_read_within_its_limit_and_only_a_forms() {
        let form = HeaderMap::from_iter([(
            axum::http::header::CONTENT_TYPE,
            "application/x-www-form-urlencoded; charset=utf-8".parse().expect("a value"),
        )]);
        assert_eq!(read(&form, Body::from("a=12"), 4).await, Ok(Fields::parse(b"a=12")));
        assert_eq!(read(&form, Body::from("a=123"), 4).await, Err(BodyFault::TooLong));
        assert_eq!(read(&HeaderMap::new(), Body::from("a=1"), 4).await, Err(BodyFault::NotAForm));
        let many = "a=1&".repeat(limits::FIELDS_MAX * 2);
        assert_eq!(Fields::parse(many.as_bytes()).texts.len(), limits::FIELDS_MAX);
    }
}
