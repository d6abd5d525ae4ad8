//! Every limit of the minutes, in one place.

/// The longest minute, in bytes.
pub const MINUTE_BYTES_MAX: usize = 512 * 1024;
/// The most counts in an outcome: one for each position or option.
pub const COUNTS_MAX: usize = 80;
/// The most effects of one decision.
pub const EFFECTS_MAX: usize = 8;
/// The most organisations on a roster.
pub const PARTIES_MAX: usize = 64;
/// The longest frame, in bytes.
pub const FRAME_BYTES_MAX: usize = 4 * 1024 * 1024;
/// The most minutes in one frame.
pub const MINUTES_MAX: usize = 512;
/// The most proposals of one node that are kept of the height in progress.
pub const PROPOSALS_MAX: usize = 4;
/// The most votes that are kept of the height in progress; each node may fill its part.
pub const VOTES_MAX: usize = 4_096;
/// The most messages of the height in progress.
pub const MESSAGES_MAX: usize = VOTES_MAX + 2 * PROPOSALS_MAX * PARTIES_MAX;
/// Of how many minutes it is remembered whether they may come next.
pub const WEIGHED_MAX: usize = 1_024;
/// How many rounds ahead of the present one messages are taken in. Those of later rounds come again by tallies.
pub const ROUNDS_AHEAD_MAX: u32 = 10;
/// How many minutes become final before they are written: only a network of one has more than one at a time.
pub const MINUTES_AT_ONCE_MAX: usize = 64;
/// How long to wait for a proposal in round 0, and how much longer in each further round, in milliseconds.
pub const PROPOSE_MILLISECONDS: (u64, u64) = (3_000, 1_500);
/// How long to wait for votes that agree in round 0, and how much longer in each further round, in milliseconds.
pub const VOTE_MILLISECONDS: (u64, u64) = (1_500, 750);
/// The longest of these waits, in milliseconds.
pub const WAIT_MILLISECONDS_MAX: u64 = 600_000;
/// After how long a peer is told what this node has of a height in progress, in milliseconds.
pub const TALLY_MILLISECONDS: u64 = 5_000;
/// After how long minutes that were asked for are asked for elsewhere, in milliseconds.
pub const CATCH_UP_MILLISECONDS: u64 = 10_000;
/// How often at most a peer is sent all that it says it lacks, in milliseconds.
pub const SERVE_MILLISECONDS: u64 = 1_000;
/// How long a node that was started waits for answers from more than it is connected with, in milliseconds.
pub const ANSWERS_MILLISECONDS: u64 = 30_000;
