//! A resource that does not exist yet.

use automerge::{ObjType, ROOT, transaction::Transactable as _};
use knotwork_identity::{NetworkId, Nonce, PublicKey, SecretKey, SpaceId, Timestamp, sha256};
use knotwork_ledger::{CheckedChange, DocumentHeader, FORMAT, FirstView, Pen, PenError, Scalar, first_change};
use serde::{Deserialize, Serialize};

use super::{
    FieldError, ResourceKind, WriteError, check_adapted_from, check_date, check_list, check_tags, check_text,
    check_title, fields, limits,
};
use crate::{kinds, list::edit_list, text::append_text};

/// Everything that a new resource says. Only the title is needed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ResourceDraft {
    /// One line that names it.
    pub title: String,
    /// A few sentences.
    pub summary: String,
    /// The text itself, in Markdown.
    pub body: String,
    /// What it is.
    pub kind: ResourceKind,
    /// Addresses of any scheme.
    pub links: Vec<String>,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// Under what terms it may be used.
    pub licence: String,
    /// The language of its text (BCP 47).
    pub language: String,
    /// When somebody last saw that it still holds: `YYYY-MM-DD`, or empty.
    pub reviewed: String,
    /// When that is due again: `YYYY-MM-DD`, or empty.
    pub review_due: String,
    /// The id of the resource that it was made from, as text, or empty.
    pub adapted_from: String,
}

impl ResourceDraft {
    /// Checks every field against its limit.
    ///
    /// # Errors
    /// Names the first field that breaks one.
    pub fn check(&self) -> Result<(), FieldError> {
        check_title(&self.title)?;
        check_text(fields::SUMMARY, &self.summary, limits::SUMMARY_BYTES_MAX)?;
        check_text(fields::BODY, &self.body, limits::BODY_BYTES_MAX)?;
        check_list(fields::LINKS, &self.links, limits::LINKS_MAX, limits::LINK_BYTES_MAX)?;
        check_tags(&self.tags)?;
        check_text(fields::LICENCE, &self.licence, limits::LICENCE_BYTES_MAX)?;
        check_text(fields::LANGUAGE, &self.language, limits::LANGUAGE_BYTES_MAX)?;
        check_date(fields::REVIEWED, &self.reviewed)?;
        check_date(fields::REVIEW_DUE, &self.review_due)?;
        check_adapted_from(&self.adapted_from)
    }

    /// The header of the document that this draft becomes.
    #[must_use]
    pub fn header(network: NetworkId, nonce: Nonce) -> DocumentHeader {
        DocumentHeader { format: FORMAT, network, space: SpaceId::Commons, kind: kinds::RESOURCE, owner: None, nonce }
    }

    /// Writes the draft as the changes of a new document: one change, or several where the text is long.
    ///
    /// # Errors
    /// When a field breaks a limit.
    pub fn write(
        &self,
        network: NetworkId,
        nonce: Nonce,
        key: &SecretKey,
        time: Timestamp,
    ) -> Result<Vec<CheckedChange>, WriteError> {
        self.check()?;
        // How much room a text takes hangs on its characters too, so that it is tried.
        if self.scalars_len() + self.body.len() <= WHOLE_BYTES_MAX {
            match first_change(Self::header(network, nonce), key, time, &self.whole()) {
                Ok(Some(change)) => return Ok(vec![change]),
                Ok(None) | Err(PenError::TooLarge(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.write_in_parts(network, nonce, key, time)
    }

    /// Everything that the draft says, as the root of a document.
    fn whole(&self) -> FirstView {
        let word = |text: &str| Scalar::Str(text.to_owned());
        let kind = (self.kind != ResourceKind::Other).then(|| (fields::KIND, self.kind.word()));
        let words = |entries: &[String]| entries.iter().map(|entry| word(entry)).collect();
        FirstView {
            scalars: self
                .scalars()
                .into_iter()
                .chain(kind)
                .filter(|(_, value)| !value.is_empty())
                .map(|(name, value)| (name.to_owned(), word(value)))
                .collect(),
            lists: [(fields::LINKS.to_owned(), words(&self.links)), (fields::TAGS.to_owned(), words(&self.tags))]
                .into(),
            texts: [(fields::BODY.to_owned(), self.body.clone())].into(),
            ..FirstView::default()
        }
    }

    /// The same for a draft that is too long for one change.
    fn write_in_parts(
        &self,
        network: NetworkId,
        nonce: Nonce,
        key: &SecretKey,
        time: Timestamp,
    ) -> Result<Vec<CheckedChange>, WriteError> {
        let mut pen = Pen::new(Self::header(network, nonce), key, time);
        // What is always there goes into the first change, with the objects that later changes add to: made once, so
        // that two people's additions meet in the same list and the same text.
        pen.write(|document| {
            for (name, value) in self.scalars() {
                if !value.is_empty() {
                    document.put(ROOT, name, value)?;
                }
            }
            if self.kind != ResourceKind::Other {
                document.put(ROOT, fields::KIND, self.kind.word())?;
            }
            document.put_object(ROOT, fields::LINKS, ObjType::List)?;
            document.put_object(ROOT, fields::TAGS, ObjType::List)?;
            document.put_object(ROOT, fields::BODY, ObjType::Text)
        })?;
        edit_list(&mut pen, fields::LINKS, &self.links)?;
        edit_list(&mut pen, fields::TAGS, &self.tags)?;
        append_text(&mut pen, fields::BODY, &self.body)?;
        Ok(pen.finish().0)
    }

    fn scalars(&self) -> [(&'static str, &str); 7] {
        [
            (fields::TITLE, &self.title),
            (fields::SUMMARY, &self.summary),
            (fields::LICENCE, &self.licence),
            (fields::LANGUAGE, &self.language),
            (fields::REVIEWED, &self.reviewed),
            (fields::REVIEW_DUE, &self.review_due),
            (fields::ADAPTED_FROM, &self.adapted_from),
        ]
    }

    /// Bytes of everything but the body.
    fn scalars_len(&self) -> usize {
        let lists = self.links.iter().chain(&self.tags).map(|entry| entry.len() + 4).sum::<usize>();
        self.scalars().iter().map(|(_, value)| value.len()).sum::<usize>() + lists
    }
}

/// The nonce of an imported resource: from the key that imports it, the row's cells, and how many equal rows came
/// before it, so that importing a file twice adds nothing twice.
#[must_use]
pub fn import_nonce(key: &PublicKey, cells: &[&[u8]], equal_before: u64) -> Nonce {
    let mut message = Vec::with_capacity(64 + cells.iter().map(|cell| cell.len() + 8).sum::<usize>());
    message.extend_from_slice(&key.0);
    for cell in cells {
        message.extend_from_slice(&(cell.len() as u64).to_be_bytes());
        message.extend_from_slice(cell);
    }
    message.extend_from_slice(&equal_before.to_be_bytes());
    let digest = sha256(&[b"knotwork/import/1", &message]);
    let mut nonce = [0; 16];
    nonce.copy_from_slice(&digest[..16]);
    Nonce(nonce)
}

/// Up to so many bytes it is tried whether everything fits into one change.
const WHOLE_BYTES_MAX: usize = 60_000;
