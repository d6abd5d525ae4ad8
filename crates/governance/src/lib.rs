//! What it means to decide together: what a decision asks of whom, what it may change for everyone, what an organisation
//! says by its own word, and what a set of ballots comes to.
//!
//! A result is a function of the terms, the ballots and the lot, and of nothing else: there is no clock, no randomness
//! and no floating point here, and the order in which ballots come in has no say. Counting knows a voter as a number
//! below the size of the electorate, and an option as a number below the number of options. Nothing here knows where
//! decisions are kept, how they travel or what the time is. Docs: `docs/protocol/counting.md`, `docs/protocol/minutes.md`.
#![forbid(unsafe_code)]

mod application;
mod ballot;
mod binding_rules;
mod charter;
mod delegation;
mod dots;
mod effect;
mod electorate;
mod encoding;
pub mod instant_runoff;
mod lot;
mod mandate;
mod method;
mod node_certificate;
mod objections;
mod pairwise;
mod paper;
mod position;
mod ranking;
mod reason_rule;
mod rules;
pub mod schulze;
mod scores;
mod shown;
mod sides;
mod signed_node;
mod statement;
mod succession;
mod tally;
mod temperature;
mod terms;
mod terms_encoding;
mod terms_error;
mod threshold;
mod word;

pub use application::{Application, ApplicationError, NetworkInvitation, Seat};
pub use ballot::{Ballot, Content};
pub use binding_rules::BindingRules;
pub use charter::{Charter, CharterError, NetworkFunction, NetworkKind};
pub use delegation::{Delegation, DelegationAnswer};
pub use dots::OptionDots;
pub use effect::{Effect, Stage, Stands, acceptance_bytes};
pub use electorate::{Electorate, Voter};
pub use lot::{Contest, Lot, Tie};
pub use mandate::{Mandate, MandateAnswer};
pub use method::{Counting, Method};
pub use node_certificate::NodeCertificate;
pub use objections::Objections;
pub use pairwise::{Pairwise, PairwiseError};
pub use paper::BallotPaper;
pub use position::{Advice, Consensus, Consent, Position, PositionError, Vote};
pub use ranking::Ranking;
pub use reason_rule::ReasonRule;
pub use rules::{Rules, RulesError};
pub use scores::OptionScore;
pub use shown::Shown;
pub use sides::Measure;
pub use signed_node::SignedNode;
pub use statement::ClosingStatement;
pub use succession::{Undertaking, in_succession};
pub use tally::{Details, Outcome, Tally, TallyError, Undecided, tally};
pub use temperature::{Feeling, Feelings, TemperatureAnswer, TemperatureCheck, TemperatureCounts, TemperatureError};
pub use terms::{Count, Terms};
pub use terms_error::TermsError;
pub use threshold::{Bound, Denominator, Quorum, Ratio, Threshold, ThresholdError};
pub use word::{Said, Word};

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
