//! Why a minute cannot come next, or is not taken in.

use knotwork_identity::{DocumentId, PublicKey};
use thiserror::Error;

use crate::{ProofError, limits};

/// Why a minute cannot come next.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Misfit {
    /// It is of another network.
    #[error("it is of another network")]
    Network,
    /// It does not follow the last.
    #[error("minute {height} does not follow here, where minute {expected} is next")]
    Place {
        /// Its number.
        height: u64,
        /// The number of the next.
        expected: u64,
    },
    /// A word or an acceptance was not signed by the organisation.
    #[error("{0} has not signed it")]
    Signature(PublicKey),
    /// The organisation is not on the roster.
    #[error("{0} is not on the roster")]
    NotOnRoster(PublicKey),
    /// The organisation is on the roster already.
    #[error("{0} is on the roster")]
    OnRoster(PublicKey),
    /// The roster takes no more.
    #[error("the roster is full: {max} organisations are the most", max = limits::PARTIES_MAX)]
    Full,
    /// The word, or a later one, has been minuted.
    #[error("{0} has said this, or something later, before")]
    SaidBefore(PublicKey),
    /// The organisation has accepted, or accepts another charter.
    #[error("{0} has accepted already, or accepts another charter")]
    NothingToAccept(PublicKey),
    /// The organisation rests.
    #[error("{0} rests already")]
    RestsAlready(PublicKey),
    /// The organisation does not rest.
    #[error("{0} does not rest")]
    DoesNotRest(PublicKey),
    /// The node key is used.
    #[error("the node key of {0} is another's, or was used before")]
    NodeKey(PublicKey),
    /// The node has not signed that it is the organisation's.
    #[error("the node has not signed that it is that of {0}")]
    NotItsNode(PublicKey),
    /// It says what is so already.
    #[error("{0} has this node or host already")]
    NothingChanges(PublicKey),
    /// It needs either a node of its own or a host that has one.
    #[error("{0} needs a node of its own, or a host on the roster that has one")]
    Host(PublicKey),
    /// It begins another network.
    #[error("it begins another network, and only an organisation's own choice takes it there")]
    Reconvened,
    /// It does not say of everyone on the roster, once, whether they are carried over.
    #[error("it does not carry over or leave behind just those on the roster, or not who reconvenes")]
    NotTheRoster,
    /// Nobody would sign.
    #[error("nobody would be left to sign minutes")]
    NobodySigns,
    /// The decision has been minuted.
    #[error("decision {0} has been minuted")]
    Decided(DocumentId),
    /// Too few closing statements.
    #[error("{found} organisations say which ballots they held, and it takes {needed}")]
    FewStatements {
        /// How many there are.
        found: usize,
        /// How many there have to be.
        needed: usize,
    },
    /// The ballots are others than the statements name.
    #[error("the ballots are not those that the statements name")]
    NotTheUnion,
    /// A statement is not one.
    #[error("the closing statement of {0} is not one")]
    Statement(PublicKey),
}

/// Why a minute with its proof is not taken in.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unverified {
    /// It cannot come next.
    #[error(transparent)]
    Misfit(#[from] Misfit),
    /// Its proof shows nothing.
    #[error(transparent)]
    Proof(#[from] ProofError),
}
