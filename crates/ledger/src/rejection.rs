//! Why a change is refused for good. Every reason is a property of the change and its ancestors alone.

use knotwork_identity::{ActorId, DecodeError, DocumentId, PublicKey};
use thiserror::Error;

use crate::limits;

/// Why a change is rejected: refused for good, by every node.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Rejection {
    /// The envelope is not canonical.
    #[error("the change's envelope is malformed: {0}")]
    Envelope(#[from] DecodeError),
    /// The document has an owner, and the author is another.
    #[error("the document is owned by {owner}, and the change is by {author}")]
    NotTheOwner {
        /// The one key that may change the document.
        owner: PublicKey,
        /// The key that did.
        author: PublicKey,
    },
    /// The change belongs to another document than the one it was offered to.
    #[error("the change belongs to document {found}, not to {expected}")]
    OtherDocument {
        /// The document that it was offered to.
        expected: DocumentId,
        /// The document that it names.
        found: DocumentId,
    },
    /// The signature is not the author's.
    #[error("the signature was not made by the author {0}")]
    Signature(PublicKey),
    /// The chunk is too long.
    #[error("the change is {0} bytes long, and the limit is {max}", max = limits::CHANGE_BYTES_MAX)]
    TooLong(usize),
    /// The chunk does not follow the one form that a chunk has.
    #[error("the chunk is malformed: {0}")]
    Chunk(#[from] ChunkError),
    /// The actor was not derived from the content.
    #[error("the change's actor is {found}, and its content gives {derived}")]
    Actor {
        /// The actor in the chunk.
        found: ActorId,
        /// The actor that the content gives.
        derived: ActorId,
    },
    /// An operation does not fit what the change builds on.
    #[error("operation {index}: {fault}")]
    Operation {
        /// The operation's place in the change, from 0.
        index: usize,
        /// What is wrong with it.
        fault: OperationFault,
    },
    /// A change without operations that merges nothing.
    #[error("the change has no operations and merges nothing")]
    Empty,
    /// The first operation's counter does not follow the ancestors'.
    #[error("the first operation has counter {found}, and the ancestors give {expected}")]
    StartOperation {
        /// The counter in the chunk.
        found: u32,
        /// One more than the highest among the ancestors.
        expected: u32,
    },
    /// An actor is named that is not one of the ancestors'.
    #[error("the change names the actor {0}, which none of its ancestors has")]
    UnknownActor(ActorId),
    /// The change and its ancestors are too many.
    #[error("the document would have more than {max} changes", max = limits::DOCUMENT_CHANGES_MAX)]
    DocumentChanges,
    /// The change and its ancestors take too many bytes.
    #[error("the document would have {0} bytes, and the limit is {max}", max = limits::DOCUMENT_BYTES_MAX)]
    DocumentBytes(u64),
    /// The change and its ancestors have too many operations.
    #[error("the document would have {0} operations, and the limit is {max}", max = limits::DOCUMENT_OPERATIONS_MAX)]
    DocumentOperations(u64),
    /// The change and its ancestors name too many predecessors.
    #[error("the document would have {0} replacements, and the limit is {max}", max = limits::DOCUMENT_PREDECESSORS_MAX)]
    DocumentPredecessors(u64),
    /// A text is too long.
    #[error("a text would be {0} bytes long, and the limit is {max}", max = limits::TEXT_BYTES_MAX)]
    TextBytes(u64),
}

impl Rejection {
    /// Whether the change was refused for its size, or that of its document, alone.
    #[must_use]
    pub fn is_size(&self) -> bool {
        let chunk_sizes = [
            ChunkError::Operations,
            ChunkError::Additions,
            ChunkError::KeyBytes,
            ChunkError::Predecessors,
            ChunkError::Counter,
        ];
        match self {
            Self::Chunk(error) => chunk_sizes.contains(error),
            Self::TooLong(_)
            | Self::DocumentChanges
            | Self::DocumentBytes(_)
            | Self::DocumentOperations(_)
            | Self::DocumentPredecessors(_)
            | Self::TextBytes(_) => true,
            _ => false,
        }
    }
}

/// Why a chunk is malformed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ChunkError {
    /// The bytes end inside a value.
    #[error("it ends early")]
    EndsEarly,
    /// Bytes are left after the last column.
    #[error("it goes on after its last column")]
    LeftOver,
    /// It does not begin as an Automerge chunk.
    #[error("it does not begin as a chunk")]
    Magic,
    /// The checksum does not fit the content.
    #[error("its checksum is wrong")]
    Checksum,
    /// It is no plain change: compressed, a whole document, or something else.
    #[error("it is a chunk of type {0}, not a plain change")]
    Type(u8),
    /// The length is not that of the content.
    #[error("its length is wrong")]
    Length,
    /// A number is not in its one shortest form.
    #[error("a number is not in its shortest form")]
    Number,
    /// Dependencies are too many, unsorted or repeated.
    #[error("its dependencies are more than {max}, unsorted or repeated", max = limits::DEPENDENCIES_MAX)]
    Dependencies,
    /// An actor is not 32 bytes long.
    #[error("an actor is not 32 bytes long")]
    ActorLength,
    /// The sequence number is not 1.
    #[error("its sequence number is not 1")]
    Sequence,
    /// The first operation has no counter from 1 on, or the last one is above the limit.
    #[error("its operations are numbered below 1 or above {max}", max = limits::OPERATION_COUNTER_MAX)]
    Counter,
    /// The time is negative or from 2^48 on.
    #[error("its time is out of range")]
    Time,
    /// It carries a message.
    #[error("it carries a message")]
    Message,
    /// Other actors are unsorted, repeated, unused or the change's own.
    #[error("its other actors are unsorted, repeated, unused or its own")]
    OtherActors,
    /// The columns are not the known ones in their order, or one is there that must be left out.
    #[error("its columns are unknown, out of order or empty")]
    Columns,
    /// A column's runs are not those that its values give.
    #[error("a column is not in its canonical form")]
    Runs,
    /// A column has more or fewer values than there are operations.
    #[error("its columns are of different lengths")]
    ColumnLengths,
    /// There are too many operations.
    #[error("it has more than {max} operations", max = limits::CHANGE_OPERATIONS_MAX)]
    Operations,
    /// There are too many additions for the chunk's length.
    #[error("it adds more than {max} elements or values for each of its bytes", max = limits::ADDITIONS_PER_BYTE_MAX)]
    Additions,
    /// Its map keys are too long for the chunk's length, each counted as often as it is used.
    #[error("its keys add up to more than {max} bytes for each of its own", max = limits::KEY_BYTES_PER_BYTE_MAX)]
    KeyBytes,
    /// There are too many predecessors.
    #[error("it names more than {max} predecessors", max = limits::CHANGE_PREDECESSORS_MAX)]
    Predecessors,
    /// A text in it is not UTF-8.
    #[error("a text in it is not UTF-8")]
    Utf8,
    /// A scalar is of an unknown type or not in its one form.
    #[error("a value in it is unknown or not in its canonical form")]
    Value,
    /// An action that is not allowed: counters, marks and tables among them.
    #[error("it holds the action {0}, which is not allowed")]
    Action(u64),
    /// A reference to an actor that is not listed, or half a reference.
    #[error("it holds a reference that names no operation")]
    Reference,
}

/// What is wrong with one operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum OperationFault {
    /// It names an operation that is not among the ancestors' or earlier in the change.
    #[error("it names an operation that it does not build on")]
    Unresolved,
    /// Its object is no map, list or text.
    #[error("its object is not one")]
    NotAnObject,
    /// A map is addressed by an element, or a list or text by a key.
    #[error("it addresses a map by element, or a list or text by key")]
    WrongKey,
    /// It addresses an element of another object, or something that is no element.
    #[error("its element is not one of its object")]
    NotAnElement,
    /// It addresses the head of a list without inserting.
    #[error("it addresses the head of a list without inserting")]
    Head,
    /// It inserts, and is a deletion, names predecessors or addresses a map.
    #[error("it inserts where nothing can be inserted")]
    Insert,
    /// A text is given something else than the insertion of one character, or a deletion.
    #[error("it does something else to a text than insert and delete single characters")]
    NotACharacter,
    /// A deletion, or a new value for an element, that names nothing to replace.
    #[error("it names nothing that it replaces")]
    ReplacesNothing,
    /// Something else than a scalar's action has a value.
    #[error("it has a value that its action does not take")]
    NeedlessValue,
    /// Its predecessors are unsorted or repeated.
    #[error("its predecessors are unsorted or repeated")]
    PredecessorOrder,
    /// A predecessor is a deletion or stands elsewhere.
    #[error("it replaces something that does not stand in its place")]
    OtherSlot,
    /// A predecessor was replaced before by the same change.
    #[error("it replaces something that the change has replaced before")]
    ReplacedBefore,
    /// The object would be too deep.
    #[error("it nests deeper than {max}", max = limits::NESTING_MAX)]
    TooDeep,
}
