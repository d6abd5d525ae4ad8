//! What the minutes ask of the rest of the node: whether an outcome is what the ballots say, and minutes of the past.

use knotwork_governance::Stands;
use knotwork_identity::PublicKey;

use crate::{Agreed, Outcome};

/// Answers for documents and for what is kept.
pub trait Records {
    /// Whether an outcome is what its terms and ballots come to, as a function of them, of the statements and of what is
    /// agreed, and nothing else: every node that has them says the same. Signatures of statements, who makes them, and
    /// that the ballots are their union have been checked before.
    fn weigh(&self, agreed: &Agreed, outcome: &Outcome) -> Weighed;

    /// Whether a list is here that names what stands of an organisation: a departure without one would leave open what
    /// does.
    fn has_list(&self, organisation: &PublicKey, stands: &Stands) -> bool;

    /// A final minute with its proof, as [`crate::Work::minuted`] gave it to be kept.
    fn minute(&self, height: u64) -> Option<Vec<u8>>;
}

/// What an outcome was found to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Weighed {
    /// What the ballots say.
    Right,
    /// Something else; why.
    Wrong(String),
    /// Terms or ballots are not here yet. They are looked for, and [`crate::Event::Arrived`] says when to ask again.
    Lacking,
}
