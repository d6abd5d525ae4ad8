//! Entity tags and the conditions that name them (RFC 9110, sections 8.8.3 and 13.1).
//!
//! A resource's tag is derived from its heads alone, so two nodes that hold the same changes give the same tag.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use knotwork_identity::{ChangeId, sha256, to_text};

use crate::problem::Problem;

/// The strong entity tag of a state of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EntityTag(String);

impl EntityTag {
    /// The tag of the state that has these heads.
    pub(crate) fn of_heads(heads: &[ChangeId]) -> Self {
        let mut sorted = heads.to_vec();
        sorted.sort_unstable();
        let parts: Vec<&[u8]> =
            std::iter::once(DOMAIN).chain(sorted.iter().map(|head| head.as_bytes().as_slice())).collect();
        Self(to_text(&sha256(&parts)[..TAG_BYTES]))
    }

    /// The tag as a header carries it.
    pub(crate) fn to_header(&self) -> HeaderValue {
        // Base32 between quotes is always a header value.
        HeaderValue::try_from(format!("\"{}\"", self.0)).unwrap_or(HeaderValue::from_static("\"\""))
    }
}

/// A condition: `If-Match` or `If-None-Match`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Condition {
    /// `*`: whatever is there.
    Any,
    /// One of these tags; the flag says that a tag was given as a weak one.
    Tags(Vec<(bool, String)>),
}

impl Condition {
    /// The condition that a request carries under `name`, if any.
    ///
    /// # Errors
    /// When the header is not `*` or a list of quoted tags.
    pub(crate) fn of_request(headers: &HeaderMap, name: &HeaderName) -> Result<Option<Self>, Problem> {
        let mut lines = headers.get_all(name).iter().peekable();
        if lines.peek().is_none() {
            return Ok(None);
        }
        let lines: Vec<&[u8]> = lines.map(HeaderValue::as_bytes).collect();
        match Self::parse(&lines.join(&b","[..])) {
            Some(condition) => Ok(Some(condition)),
            None => {
                let detail = format!(
                    "{name} is neither * nor a list of quoted tags: send the ETag as it came, with its quotation marks"
                );
                Err(Problem::malformed(detail).field(canonical(name)))
            }
        }
    }

    /// Whether the condition names this very state (RFC 9110's strong comparison: a weak tag matches nothing).
    pub(crate) fn matches_strongly(&self, tag: &EntityTag) -> bool {
        match self {
            Self::Any => true,
            Self::Tags(tags) => tags.iter().any(|(weak, text)| !weak && *text == tag.0),
        }
    }

    /// Whether the condition names this state, given as a weak tag or not.
    pub(crate) fn matches_weakly(&self, tag: &EntityTag) -> bool {
        match self {
            Self::Any => true,
            Self::Tags(tags) => tags.iter().any(|(_, text)| *text == tag.0),
        }
    }

    fn parse(value: &[u8]) -> Option<Self> {
        if value.trim_ascii() == b"*" {
            return Some(Self::Any);
        }
        let mut tags = Vec::new();
        let mut rest = value;
        loop {
            rest = rest.trim_ascii_start();
            match rest {
                [] => break,
                // Empty elements of a list are to be accepted.
                [b',', after @ ..] => rest = after,
                _ => {
                    let (tag, after) = take_tag(rest)?;
                    tags.push(tag);
                    rest = after.trim_ascii_start();
                    if !rest.is_empty() && !rest.starts_with(b",") {
                        return None;
                    }
                }
            }
        }
        if tags.is_empty() { None } else { Some(Self::Tags(tags)) }
    }
}

/// Takes one tag off the front; a comma within the quotation marks belongs to the tag.
fn take_tag(value: &[u8]) -> Option<((bool, String), &[u8])> {
    let (weak, quoted) = match value.strip_prefix(b"W/") {
        Some(quoted) => (true, quoted),
        None => (false, value),
    };
    let inner = quoted.strip_prefix(b"\"")?;
    let end = inner.iter().position(|byte| *byte == b'"')?;
    let text = &inner[..end];
    let is_tag = text.iter().all(|byte| matches!(byte, 0x21 | 0x23..=0x7e | 0x80..=0xff));
    is_tag.then(|| ((weak, String::from_utf8_lossy(text).into_owned()), &inner[end + 1..]))
}

/// The name of a header as people write it.
fn canonical(name: &HeaderName) -> &'static str {
    if *name == header::IF_MATCH { "If-Match" } else { "If-None-Match" }
}

const DOMAIN: &[u8] = b"knotwork/entity-tag/1";
/// Long enough that two states of a resource never share a tag, short enough to read.
const TAG_BYTES: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(texts: &[(bool, &str)]) -> Option<Condition> {
        Some(Condition::Tags(texts.iter().map(|(weak, text)| (*weak, (*text).to_owned())).collect()))
    }

    #[test]
    fn conditions_are_read_as_the_standard_says() {
        assert_eq!(Condition::parse(b" * "), Some(Condition::Any));
        assert_eq!(Condition::parse(b"\"a\""), tags(&[(false, "a")]));
        assert_eq!(Condition::parse(b"\"a,b\" , W/\"c\""), tags(&[(false, "a,b"), (true, "c")]));
        assert_eq!(Condition::parse(b",, \"\" ,"), tags(&[(false, "")]));
        for bad in ["", ",", "a", "\"a", "a\"", "\"a\" \"b\"", "w/\"a\"", "*, \"a\"", "\"a b\"", "W/", "\"a\"x"] {
            assert_eq!(Condition::parse(bad.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn a_tag_stands_for_its_heads_in_any_order() {
        let (one, other) = (ChangeId([1; 32]), ChangeId([2; 32]));
        let tag = EntityTag::of_heads(&[one, other]);
        assert_eq!(tag, EntityTag::of_heads(&[other, one]));
        assert_ne!(tag, EntityTag::of_heads(&[one]));
        let header = tag.to_header();
        let condition = Condition::parse(header.as_bytes()).expect("our own tag is one");
        assert!(condition.matches_strongly(&tag) && condition.matches_weakly(&tag));
        let weak = Condition::parse(&[b"W/", header.as_bytes()].concat()).expect("a weak tag is one");
        assert!(!weak.matches_strongly(&tag) && weak.matches_weakly(&tag));
    }
}
