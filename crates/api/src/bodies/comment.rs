//! Comments as JSON.

use std::collections::BTreeMap;

use knotwork_commands::CommentEntry;
use knotwork_identity::DocumentId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{ContributorBody, given::given};
use crate::rfc3339::to_rfc3339;

/// What was said on a document.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CommentPage {
    /// The oldest first, and answers after their question; without what was taken back.
    pub(crate) items: Vec<CommentBody>,
}

/// What somebody said on a document.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Comment)]
pub(crate) struct CommentBody {
    /// Its id.
    id: String,
    /// On what.
    on: String,
    /// `comment`, `question`, `answer`, `outcome`, `task`, `dissent` or `hearing`.
    #[schema(example = "question")]
    kind: &'static str,
    /// What is said.
    text: String,
    /// Who says it.
    by: ContributorBody,
    /// When, as they claim.
    #[schema(format = "date-time", required = true)]
    created: Option<String>,
    /// Of a task: the day until which it is to be done; empty where none is named.
    #[schema(example = "2027-03-31")]
    due: String,
    /// Of a task: whether whoever took it on says that it is done.
    done: bool,
    /// Fields to which different values were given at the same time, with all of them, the shown one first.
    conflicts: BTreeMap<String, Vec<String>>,
}

/// Something to say.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewComment {
    /// `comment`, which it is if left out, `question`, `answer`, `outcome`, `task` (what you take on), `dissent` or `hearing`.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false, example = "question")]
    pub(crate) kind: Option<String>,
    /// What to say. At most 8,000 bytes.
    #[schema(example = "Who looks after the costs?")]
    pub(crate) text: String,
    /// Of an answer: the id of the question, which was asked on the same.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = String, required = false)]
    pub(crate) answers: Option<DocumentId>,
    /// Of a task: until when, a day.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false, example = "2027-03-31")]
    pub(crate) due: Option<String>,
}

/// What is to be changed of a task.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TaskPatch {
    /// Whether it is done.
    pub(crate) done: bool,
}

impl From<CommentEntry> for CommentBody {
    fn from(entry: CommentEntry) -> Self {
        let CommentEntry { view, by } = entry;
        Self {
            id: view.id.to_string(),
            on: view.on.to_string(),
            kind: view.kind.word(),
            text: view.text,
            by: by.into(),
            created: view.created.and_then(to_rfc3339),
            due: view.due.map(|due| due.to_string()).unwrap_or_default(),
            done: view.done,
            conflicts: view.conflicts,
        }
    }
}
