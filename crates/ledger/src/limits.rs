//! Every limit that concerns a change, a document or a text. They are part of the protocol: two nodes with different
//! limits would admit different sets.

/// The longest chunk of one change, uncompressed, in bytes.
pub const CHANGE_BYTES_MAX: usize = 60 * 1024;
/// The most operations in one change. Each character of a text is one.
pub const CHANGE_OPERATIONS_MAX: usize = 65_536;
/// The most predecessors that the operations of one change name together.
pub const CHANGE_PREDECESSORS_MAX: usize = 65_536;
/// The most additions (operations that replace nothing, insertions among them) for each byte of the chunk, so that a
/// small change cannot grow into a large document.
pub const ADDITIONS_PER_BYTE_MAX: usize = 16;
/// The most bytes of map keys for each byte of the chunk, every key counted as often as an operation names it: a run of
/// operations writes their key once, and whoever expands them copies it for each.
pub const KEY_BYTES_PER_BYTE_MAX: usize = 16;
/// The most dependencies of one change.
pub const DEPENDENCIES_MAX: usize = 64;
/// The deepest object: the root is at 0, an object in it at 1.
pub const NESTING_MAX: u8 = 16;
/// The highest counter of an operation.
pub const OPERATION_COUNTER_MAX: u32 = 1 << 30;

/// The most bytes of a document: the chunks of a change and all its ancestors.
pub const DOCUMENT_BYTES_MAX: u64 = 8 * 1024 * 1024;
/// The most changes of a document: a change and all its ancestors.
pub const DOCUMENT_CHANGES_MAX: usize = 10_000;
/// The most operations of a document: those of a change and all its ancestors.
pub const DOCUMENT_OPERATIONS_MAX: u64 = 1 << 21;
/// The most predecessors of a document: those that a change and all its ancestors name. What people write replaces each
/// operation once, or now and then twice at the same time; a few bytes can name thousands.
pub const DOCUMENT_PREDECESSORS_MAX: u64 = 1 << 21;
/// The longest text, in bytes of UTF-8: those that a change and all its ancestors put into it, less those of the
/// predecessors that they name in it.
pub const TEXT_BYTES_MAX: u64 = 1024 * 1024;
