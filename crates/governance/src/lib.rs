//! The counting of decisions: what a set of ballots comes to under rules that were fixed before.
//!
//! A result is a function of the rules, the ballots and the lot, and of nothing else: there is no clock, no randomness
//! and no floating point here, and the order in which ballots come in has no say. Nothing here knows who a voter is,
//! what is decided, or when a vote is over: a voter is a number below the size of the electorate, an option a number
//! below the number of options.
#![forbid(unsafe_code)]

mod ballot;
mod dots;
pub mod instant_runoff;
mod lot;
mod method;
mod objections;
mod pairwise;
mod position;
mod ranking;
mod rules;
pub mod schulze;
mod scores;
mod sides;
mod tally;
mod threshold;

pub use ballot::{Ballot, Content};
pub use dots::OptionDots;
pub use lot::{Contest, Lot, Tie};
pub use method::{Counting, Method};
pub use objections::Objections;
pub use pairwise::{Pairwise, PairwiseError};
pub use position::{Advice, Consensus, Consent, Position, PositionError, Vote};
pub use ranking::Ranking;
pub use rules::{Rules, RulesError};
pub use scores::OptionScore;
pub use sides::Measure;
pub use tally::{Details, Outcome, Tally, TallyError, Undecided, tally};
pub use threshold::{Bound, Denominator, Quorum, Ratio, Threshold, ThresholdError};

/// The most options among which one decision can choose.
pub const OPTIONS_MAX: u16 = 64;
/// The most voters of one decision.
pub const ELECTORATE_MAX: u32 = 4096;
/// The most that a scale of scores can go up to.
pub const SCORE_MAX: u8 = 100;
/// What a scale of scores usually goes up to.
pub const SCORE_USUAL: u8 = 5;
/// The most dots that a voter can be given.
pub const DOTS_MAX: u16 = 1000;
/// How many dots a voter is usually given.
pub const DOTS_USUAL: u16 = 8;
/// The steps of a gradient, from 1 (endorsement) to this one (veto).
pub const GRADIENT_STEPS: u8 = 8;
/// The largest number in a share, below the line and so above it too.
pub const RATIO_MAX: u32 = 1_000_000;
