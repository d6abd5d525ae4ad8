//! One voter's answer, as it is counted.

use std::collections::BTreeSet;

use crate::Position;

/// The answer of one voter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ballot {
    /// Which voter of the electorate, from 0. Each has at most one ballot.
    pub voter: u32,
    /// What they say.
    pub content: Content,
    /// Under consent, the voters whose objection, as this voter finds, is not an argument against the proposal. A voter
    /// in it who did not object has no effect.
    pub not_qualified: BTreeSet<u32>,
}

/// What a ballot says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// A position.
    Position(Position),
    /// Nothing that can be read, such as two positions at once: shown, and neither cast nor against.
    Spoiled,
}

impl Ballot {
    /// A ballot with a position.
    #[must_use]
    pub fn new(voter: u32, position: Position) -> Self {
        Self { voter, content: Content::Position(position), not_qualified: BTreeSet::new() }
    }

    /// A ballot that cannot be read.
    #[must_use]
    pub fn spoiled(voter: u32) -> Self {
        Self { voter, content: Content::Spoiled, not_qualified: BTreeSet::new() }
    }

    /// Whether it counts as agreement where a charter says how many have to agree.
    #[must_use]
    pub fn agrees(&self) -> bool {
        matches!(&self.content, Content::Position(position) if position.agrees())
    }

    /// Says besides that the objections of these voters do not qualify.
    #[must_use]
    pub fn with_not_qualified(mut self, voters: impl IntoIterator<Item = u32>) -> Self {
        self.not_qualified.extend(voters);
        self
    }
}
