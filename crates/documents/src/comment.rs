//! What a person says on a document: a comment, a question, an answer, how a decision came out, why they disagree, or what
//! they take on because of it. It is owned by who says it.

use std::{collections::BTreeMap, str::FromStr};

use automerge::ScalarValue;
use knotwork_identity::{ChangeId, DocumentId, NetworkId, Nonce, PublicKey, SpaceId, Timestamp};
use knotwork_ledger::{DocumentHeader, Pen};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{
    Date, FieldError, WriteError,
    content::Content,
    field::{self, Field, has_bytes, parsed, prose, write_values},
    kinds,
    resource::Signed,
    role,
};

/// As what something is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CommentKind {
    /// A remark.
    Comment,
    /// A question.
    Question,
    /// An answer to a question, which it stands on.
    Answer,
    /// How a decision came out.
    Outcome,
    /// What somebody takes on because of it: nobody takes it on for another.
    Task,
    /// Why somebody disagrees with an outcome; it stays beside it.
    Dissent,
    /// What an organisation says that others want to remove.
    Hearing,
}

impl CommentKind {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Comment, Self::Question, Self::Answer, Self::Outcome, Self::Task, Self::Dissent, Self::Hearing];

    /// The word that stands in the document.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Comment => "comment",
            Self::Question => "question",
            Self::Answer => "answer",
            Self::Outcome => "outcome",
            Self::Task => "task",
            Self::Dissent => "dissent",
            Self::Hearing => "hearing",
        }
    }
}

impl FromStr for CommentKind {
    type Err = CommentKindError;

    fn from_str(word: &str) -> Result<Self, CommentKindError> {
        Self::ALL.into_iter().find(|kind| kind.word() == word).ok_or(CommentKindError)
    }
}

/// A word names no kind of comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("that is no kind of comment that this version knows")]
pub struct CommentKindError;

/// What a person says on a document, read only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommentView {
    /// The document.
    pub id: DocumentId,
    /// The key that signs it.
    pub owner: PublicKey,
    /// On what.
    pub on: DocumentId,
    /// As what.
    pub kind: CommentKind,
    /// What is said.
    pub text: String,
    /// Whether it was taken back.
    pub withdrawn: bool,
    /// Of what somebody takes on: until when.
    pub due: Option<Date>,
    /// Of what somebody takes on: whether it is done.
    pub done: bool,
    /// The earliest time that a change in this view claims; none where none claims one.
    pub created: Option<Timestamp>,
    /// The latest time that a change in this view claims.
    pub changed: Option<Timestamp>,
    /// What tells this version from others: the changes on which none builds yet, sorted.
    pub heads: Vec<ChangeId>,
    /// Fields to which different values were given at the same time, with all of them, the shown one first.
    pub conflicts: BTreeMap<String, Vec<String>>,
}

impl CommentView {
    pub(crate) fn new(header: &DocumentHeader, content: &Content, signed: Signed) -> Option<Self> {
        let kind = parsed(content, KIND)?;
        if header.space != space_of(kind) {
            return None;
        }
        Some(Self {
            id: header.id(),
            owner: header.owner?,
            on: content.arrays(ON).next().map(DocumentId)?,
            kind,
            text: TEXT.read(content),
            withdrawn: content.flag(WITHDRAWN),
            due: parsed(content, DUE.name).filter(|_| kind == CommentKind::Task),
            done: content.flag(DONE) && kind == CommentKind::Task,
            created: signed.first,
            changed: signed.last,
            heads: signed.heads,
            conflicts: field::conflicts(&[TEXT], content),
        })
    }
}

/// The fields of a comment to change, each with what it shall be; the others stay.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CommentEdit {
    /// On what. The first edit of a document needs it.
    pub on: Option<DocumentId>,
    /// As what. The first edit of a document needs it.
    pub kind: Option<CommentKind>,
    /// What is said.
    pub text: Option<String>,
    /// Whether it is taken back.
    pub withdrawn: Option<bool>,
    /// Of what somebody takes on: until when, a date; empty for no day.
    pub due: Option<String>,
    /// Of what somebody takes on: whether it is done.
    pub done: Option<bool>,
}

impl CommentEdit {
    /// The header of the document that a new comment of a kind becomes.
    #[must_use]
    pub fn header(network: NetworkId, owner: PublicKey, kind: CommentKind, nonce: Nonce) -> DocumentHeader {
        DocumentHeader { space: space_of(kind), ..role::owned(network, kinds::COMMENT, owner, nonce) }
    }

    /// Checks every given field against its form and its limit.
    ///
    /// # Errors
    /// Names the first field that breaks one.
    pub fn check(&self) -> Result<(), FieldError> {
        TEXT.check(self.text.as_deref())?;
        DUE.check(self.due.as_deref())
    }

    /// Writes the edit as a further change on the document that the pen has open; none where nothing differs.
    ///
    /// # Errors
    /// When a field breaks a rule, when a new document would lack what it is on or says, or when the document can take no
    /// more.
    pub fn write(&self, pen: &mut Pen<'_>) -> Result<(), WriteError> {
        self.check()?;
        let is_new = !has_bytes(pen, ON);
        let said = self.text.as_deref().is_some_and(|text| !text.trim().is_empty());
        let needed = [(ON, self.on.is_some()), (KIND, self.kind.is_some()), (TEXT.name, said)];
        if let Some((field, _)) = needed.into_iter().find(|(_, given)| is_new && !given) {
            return Err(FieldError::Missing { field }.into());
        }
        let mut values = Vec::new();
        values.extend(self.on.map(|on| (ON, ScalarValue::Bytes(on.0.to_vec()))));
        values.extend(self.kind.map(|kind| (KIND, kind.word().into())));
        values.extend(self.text.as_deref().map(|text| (TEXT.name, prose(text))));
        values.extend(self.withdrawn.map(|withdrawn| (WITHDRAWN, withdrawn.into())));
        values.extend(self.due.as_deref().map(|due| (DUE.name, due.into())));
        values.extend(self.done.map(|done| (DONE, done.into())));
        Ok(write_values(pen, values)?)
    }
}

/// Where comments of a kind are. What an organisation says that is to be removed stands when it has been: it is part of
/// that decision.
fn space_of(kind: CommentKind) -> SpaceId {
    if kind == CommentKind::Hearing { SpaceId::Roster } else { SpaceId::Commons }
}

/// The limits of a comment's fields, in bytes of UTF-8.
pub mod limits {
    /// The longest comment.
    pub const TEXT_BYTES_MAX: usize = 8_000;
}

const ON: &str = "on";
const KIND: &str = "kind";
const WITHDRAWN: &str = "withdrawn";
const DONE: &str = "done";
const DUE: Field = Field::date("due");
const TEXT: Field = Field::prose("text", limits::TEXT_BYTES_MAX);
