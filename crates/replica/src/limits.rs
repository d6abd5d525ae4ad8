//! Every limit of the replica and its wire, in one place.

/// The longest frame of a session, in bytes: the larger of a request and a response.
pub const FRAME_BYTES_MAX: usize = 4 * 1024 * 1024;
/// The longest frame that asks for something.
pub const REQUEST_BYTES_MAX: usize = 1024 * 1024;
/// The longest announcement: what gossip carries.
pub const ANNOUNCEMENT_BYTES_MAX: usize = 64 * 1024;
/// The most bytes that packed changes may unpack to.
pub const UNPACKED_BYTES_MAX: usize = 1024 * 1024;
/// The most changes in one pack.
pub const PACK_CHANGES_MAX: usize = 4_096;
/// A pack is closed when it has so many bytes before compression.
pub const PACK_BYTES: usize = 192 * 1024;
/// As [`PACK_BYTES`], for announcements: one change of the largest size still fits into a message.
pub const ANNOUNCED_PACK_BYTES: usize = 48 * 1024;
/// The most spaces that a greeting lists.
pub const SPACES_MAX: usize = 1_024;
/// The most ids that one frame asks for.
pub const WANTED_MAX: usize = 30_000;
/// How many packs may be on their way in one session before the first is confirmed.
pub const PACKS_IN_FLIGHT_MAX: usize = 4;
/// The most answers that wait to be sent in one session. The side that asks waits for one before it asks for another.
pub const OUTGOING_MAX: usize = 2;
/// How often one session asks for changes: twice for each of both spaces in every pass.
pub const WANTS_MAX: usize = 4 * PASSES_MAX;
/// How many ids are looked up for one session before others have their turn.
pub const RESOLVED_AT_ONCE: usize = 1_000;
/// How many changes a commit goes through in search of documents that are to be shown anew.
pub const REMADE_AT_ONCE: usize = 2_000;
/// A batch is committed when the changes in it take so many bytes in memory. It grows beyond that by one change, or by
/// what one caller writes at once.
pub const BATCH_BYTES_MAX: usize = 32 * 1024 * 1024;
/// The same, for the documents that these changes are of: each of them is shown anew. It grows by one document.
pub const BATCH_DOCUMENTS_BYTES_MAX: usize = 64 * 1024 * 1024;
/// The most round trips of one comparison; then what was found is fetched, and the comparison begins anew.
pub const COMPARE_ROUNDS_MAX: usize = 32;
/// The most bytes of comparison in one session; then it ends, and another goes on.
pub const COMPARE_BYTES_MAX: usize = 16 * 1024 * 1024;
/// How often a session compares one space before it leaves the rest to the next session.
pub const PASSES_MAX: usize = 8;
/// The most messages of comparisons that one session answers: all rounds of all comparisons of both spaces.
pub const ANSWERS_MAX: usize = 2 * PASSES_MAX * COMPARE_ROUNDS_MAX;
/// The most salts that one session compares under, one for each space: each takes a copy of the set.
pub const SALTS_MAX: usize = 2;
/// The most sessions that one peer may have open with us. Another takes the place of the one before.
pub const SESSIONS_PER_PEER_MAX: usize = 1;
/// The most greetings in one session.
pub const GREETINGS_MAX: usize = 2 * PASSES_MAX;

/// The most nodes of one organisation that are served by their certificates, the one that signs minutes among them.
pub const NODES_MAX: usize = 8;

/// The most changes of one peer that are held.
pub const HELD_CHANGES_MAX: usize = 1_000;
/// The most bytes of changes of one peer that are held.
pub const HELD_BYTES_MAX: usize = 8 * 1024 * 1024;
/// How long a change is held, in milliseconds.
pub const HELD_MILLISECONDS_MAX: u64 = 24 * 3_600 * 1_000;

/// The most ids that are remembered as not to be asked for; beyond it the oldest are asked for again.
pub const PASSED_OVER_MAX: usize = 100_000;

/// How long a session may stand still, in milliseconds.
pub const SESSION_STILL_MILLISECONDS_MAX: u64 = 30_000;
/// How many bytes of documents that were changed last stay in memory.
pub const CACHE_BYTES_MAX: usize = 16 * 1024 * 1024;
/// How long a faulty peer is kept away, in milliseconds.
pub const FAULT_BACK_OFF_MILLISECONDS: u64 = 10 * 60 * 1_000;
/// How long a peer is left alone that is in another network. It may be about to go along with those who reconvened.
pub const ELSEWHERE_BACK_OFF_MILLISECONDS: u64 = 15_000;

/// How soon after a change two nodes make sure that both have it, in milliseconds: gossip is best effort.
pub const SETTLE_MILLISECONDS: u64 = 1_000;
/// How soon what one peer sent is offered to the others, in milliseconds.
pub const PASS_ON_MILLISECONDS: u64 = 100;
/// With so many peers at a time a node compares after a change.
pub const CHECKS_AT_ONCE: usize = 3;
/// How long it waits before it turns to the next few, in milliseconds.
pub const ROUND_MILLISECONDS: u64 = 500;
/// When so many peers turn out to hold a change already, the others are left to comparisons that come anyway.
pub const KNOWN_ENOUGH: usize = 6;
/// How long two nodes wait at least between comparisons when nothing happens, in milliseconds.
pub const IDLE_MILLISECONDS: u64 = 30_000;
/// The first pause after a session that failed, in milliseconds; it doubles from one failure to the next.
pub const RETRY_MILLISECONDS: u64 = 500;
/// The longest pause after a session that failed, in milliseconds; up to as much again is drawn by lot.
pub const RETRY_MILLISECONDS_MAX: u64 = 15_000;
/// How long a connection is kept with a node that has left the roster, in milliseconds: it is to get the minute that it left
/// with, and nothing else.
pub const FAREWELL_MILLISECONDS: u64 = 5_000;
/// The most matters that wait to be minuted at once; more wait for these.
pub const MATTERS_MAX: usize = 64;
