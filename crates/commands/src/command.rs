//! Commands: what is asked of the thread that owns the replica.

use knotwork_accounts::AccountError;
use knotwork_documents::{Edit, FieldError};
use knotwork_governance::{Said, TemperatureError};
use knotwork_identity::{ChangeId, DocumentId, SecretKey, Timestamp};
use knotwork_ledger::CheckedChange;
use knotwork_replica::{Basis, KeyEnding, StandingList, Target};
use thiserror::Error;
use tokio::sync::oneshot;

use crate::{DecisionError, Departed, Outside, RoleError};

/// A command with the way back for its answer, which comes once what it wrote is on the disk.
#[derive(Debug)]
pub enum Command {
    /// Admit changes of one new document, prepared and signed by the caller.
    Create {
        /// The changes, in order of dependency.
        changes: Vec<CheckedChange>,
        /// Answered once they are on the disk.
        reply: oneshot::Sender<Result<Written, CommandError>>,
    },
    /// Edit a document.
    Edit {
        /// Which.
        target: Target,
        /// The new values.
        edit: Box<Edit>,
        /// Signs the edit.
        key: Box<SecretKey>,
        /// What the edit is made on.
        basis: Basis,
        /// The time to claim.
        time: Timestamp,
        /// Answered once the edit is on the disk.
        reply: oneshot::Sender<Result<Written, CommandError>>,
    },
    /// An organisation says something for itself, to be minuted.
    Say {
        /// What.
        said: Said,
        /// The organisation's key.
        key: Box<SecretKey>,
        /// Answered once the word is on the disk. When it is minuted is for the minutes to show.
        reply: oneshot::Sender<Result<Written, CommandError>>,
    },
    /// List what stands of an organisation that goes.
    ListStanding {
        /// Whose changes, and which.
        list: Box<StandingList>,
        /// Answered once the list is on the disk.
        reply: oneshot::Sender<Result<Written, CommandError>>,
    },
    /// End a key that an organisation certified.
    EndKey {
        /// Which, and what stands.
        ending: Box<KeyEnding>,
        /// The organisation's key.
        organisation: Box<SecretKey>,
        /// Answered once the revocation is on the disk.
        reply: oneshot::Sender<Result<Written, CommandError>>,
    },
}

/// Whose key signs what is written.
#[derive(Debug, Clone)]
pub enum Signer {
    /// The organisation's own service: for what comes in by a machine's token.
    Service,
    /// A member, who is signed in.
    Member(Box<SecretKey>),
}

/// The changes of a new resource, written and signed, and not yet admitted.
#[derive(Debug)]
pub struct PreparedResource {
    pub(crate) changes: Vec<CheckedChange>,
}

/// What a command wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The document.
    pub document: DocumentId,
    /// Whether it is new. A document that was there already is left as it was.
    pub new: bool,
    /// How many changes were written; none where nothing differed.
    pub changes: usize,
}

/// Why a command or question was not carried out. Nothing was written.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CommandError {
    /// A field breaks a rule.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// An account cannot do it.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// A decision is not opened, answered or changed so.
    #[error(transparent)]
    Decision(#[from] DecisionError),
    /// A role is not taken on, laid down or asked for.
    #[error(transparent)]
    Role(#[from] RoleError),
    /// Nobody can be asked, or answer, how they feel so.
    #[error(transparent)]
    Temperature(#[from] TemperatureError),
    /// The organisation is not in the network any more.
    #[error("{0}: nothing that is written here reaches the others")]
    Outside(Outside),
    /// The members of the organisation do not use this node any more.
    #[error("{0}")]
    Departed(Box<Departed>),
    /// There is no such document.
    #[error("there is no resource with the id {0}")]
    NotFound(DocumentId),
    /// A state of a resource does not stand.
    #[error(
        "this version does not count: something in it was written after its organisation had left, or by a key that was \
         taken back; a version before that can be brought back"
    )]
    DoesNotStand,
    /// The document has changed since the caller saw it.
    #[error("the resource has changed since you read it: read it again, and then edit what is there now")]
    Stale {
        /// The heads now.
        heads: Vec<ChangeId>,
    },
    /// The document can take no more.
    #[error("the resource has reached its size limit: {0}")]
    DocumentFull(String),
    /// Whom it is asked for is not in the network yet: what to do when it is.
    #[error("your organisation waits to be admitted: {0} when it is in")]
    NotAdmitted(&'static str),
    /// Whose key signs has only just come in: its certificate is still being written.
    #[error("this node has only just come in, and what it signs first is still being written: try again in a moment")]
    Uncertified,
    /// The key that signs was taken back.
    #[error("the key that signs this was taken back, so nothing that it signs counts any more: ask a steward")]
    KeyEnded,
    /// The disk is full.
    #[error("the disk is full: free some space, and writing goes on by itself")]
    DiskFull,
    /// More commands wait than the node takes.
    #[error("the node is busy: try again in a moment")]
    Busy,
    /// The node is stopping.
    #[error("the node is stopping")]
    Stopping,
    /// Something failed that the caller can do nothing about.
    #[error("{0}")]
    Failed(String),
}
