//! Every limit of the API, in one place. Those of a resource's fields are in `knotwork_documents::resource::limits`.

use std::time::Duration;

/// The longest body of a request in bytes, imports apart: a resource with every field at its limit, and with every
/// character of it written as an escape of six bytes.
pub(crate) const BODY_BYTES_MAX: usize = 12 * 1024 * 1024;
/// A body above this is a long one, and takes a place before it is read on.
pub(crate) const SHORT_BODY_BYTES_MAX: usize = 256 * 1024;
/// How many requests with long bodies are read and carried out at once. While one is read it may take up three times its
/// length: as it came, without its escapes, and as fields.
pub(crate) const LONG_BODIES_MAX: usize = 2;
/// How long a request waits for such a place.
pub(crate) const LONG_BODY_WAIT_MAX: Duration = Duration::from_secs(30);
/// How long a whole body may take to arrive; of an import, how long it may pause.
pub(crate) const BODY_TIME_MAX: Duration = Duration::from_secs(30);
/// How long the head of a request may take to arrive, and how long a connection may wait for one.
pub(crate) const HEAD_TIME_MAX: Duration = Duration::from_secs(10);
/// The longest head of a request in bytes.
pub(crate) const HEAD_BYTES_MAX: usize = 32 * 1024;
/// The most connections from one address.
pub(crate) const CONNECTIONS_PER_ADDRESS_MAX: usize = 64;
/// The most connections in all.
pub(crate) const CONNECTIONS_MAX: usize = 512;
/// How long a reader may leave what is sent to it lying.
pub(crate) const WRITE_STALL_MAX: Duration = Duration::from_secs(60);
/// How long requests in progress may take to end when the node stops.
pub(crate) const STOP_TIME_MAX: Duration = Duration::from_secs(5);
/// After the last answer on a connection: how long, and for how many bytes, what the caller still sends is read and
/// thrown away, so that it gets to read the answer.
pub(crate) const LINGER_TIME_MAX: Duration = Duration::from_secs(1);
/// See [`LINGER_TIME_MAX`].
pub(crate) const LINGER_BYTES_MAX: usize = 64 * 1024 * 1024;

/// How far a claimed time may be ahead of the node's clock without a label.
pub(crate) const CLAIM_AHEAD_MAX: Duration = Duration::from_mins(10);

/// The most entries on a page.
pub(crate) const PAGE_MAX: usize = 100;
/// The entries on a page when none are asked for.
pub(crate) const PAGE_DEFAULT: usize = 20;
/// How many entries of a listing may be passed over.
pub(crate) const PAGE_FROM_MAX: usize = 1_000_000;
/// The most heads that a version of a resource is named by.
pub(crate) const HEADS_MAX: usize = 64;
/// How often an edit that adds to a list is made again where somebody else was faster.
pub(crate) const EDIT_ATTEMPTS_MAX: usize = 20;
/// The longest idempotency key in characters.
pub(crate) const IDEMPOTENCY_KEY_MAX: usize = 255;

/// The most streams of events at once. Each holds a connection, and on a node's own machine all callers have one
/// address: half of its connections are left for requests.
pub(crate) const EVENT_STREAMS_MAX: usize = CONNECTIONS_PER_ADDRESS_MAX / 2;
/// How often a stream without events says that it is alive.
pub(crate) const EVENT_KEEP_ALIVE: Duration = Duration::from_secs(15);

/// The most exports at once.
pub(crate) const EXPORTS_MAX: usize = 8;
/// How many resources an export reads at once.
pub(crate) const EXPORT_PAGE: usize = 50;
/// How many minutes a file of minutes reads at once: each has at most half a megabyte.
pub(crate) const EXPORT_MINUTES: usize = 8;

/// The most imports at once.
pub(crate) const IMPORTS_MAX: usize = 4;
/// The most rows of one import: each is remembered by 16 bytes, to tell equal rows.
pub(crate) const IMPORT_ROWS_MAX: usize = 5_000_000;
/// How many failed rows an import lists; beyond, they are counted.
pub(crate) const IMPORT_FAILURES_LISTED_MAX: usize = 1_000;
/// How many rows are prepared in one go.
pub(crate) const IMPORT_BATCH_ROWS: usize = 32;
/// A batch is closed when its rows have so many bytes.
pub(crate) const IMPORT_BATCH_BYTES: usize = 256 * 1024;
/// How many batches may be on their way to the disk.
pub(crate) const IMPORT_BATCHES_MAX: usize = 8;
/// How often an import reports its progress.
pub(crate) const IMPORT_PROGRESS_EVERY: Duration = Duration::from_millis(200);

/// The most cells of one row; far more than any file has columns that are known here.
pub(crate) const ROW_CELLS_MAX: usize = 64;
/// The most bytes of one row: every field of a resource at its limit.
pub(crate) const ROW_BYTES_MAX: usize = 2 * 1024 * 1024;

// What BODY_BYTES_MAX promises.
const _: () = {
    use knotwork_documents::resource::limits as fields;
    let lists = fields::LINKS_MAX * fields::LINK_BYTES_MAX + fields::TAGS_MAX * fields::TAG_BYTES_MAX;
    let texts = fields::TITLE_BYTES_MAX + fields::SUMMARY_BYTES_MAX + fields::BODY_BYTES_MAX;
    let words = fields::LICENCE_BYTES_MAX + fields::LANGUAGE_BYTES_MAX;
    // Names, quotation marks and commas, with room to indent.
    let frame = (fields::LINKS_MAX + fields::TAGS_MAX + 8) * 64;
    assert!(6 * (lists + texts + words) + frame <= BODY_BYTES_MAX);
};
