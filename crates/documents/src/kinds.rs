//! The kinds table: the number of each kind of document. `docs/protocol/kinds.md` has the same table with its rules.

use knotwork_ledger::Kind;

/// An organisation's signed acceptance of the network. Owned by the organisation key.
pub const ACCEPTANCE: Kind = Kind(1);
/// A person's keys, vouched for by an organisation. Owned by the organisation key.
pub const CERTIFICATE: Kind = Kind(2);
/// The end of a key, and which of its changes stand. Owned by the organisation key.
pub const REVOCATION: Kind = Kind(3);
/// What an organisation says of itself. Owned by the organisation key.
pub const ORGANISATION_PROFILE: Kind = Kind(5);
/// Where a node can be reached. Owned by the node key.
pub const NODE_ADDRESS: Kind = Kind(6);
/// Some of the ids that a revocation lists. Owned by the organisation key.
pub const REVOCATION_PART: Kind = Kind(7);
/// What an organisation says for itself, for the minutes. Owned by the organisation key.
pub const WORD: Kind = Kind(8);
/// Which ballots a signing organisation held when a decision closed. Owned by the node key.
pub const CLOSING_STATEMENT: Kind = Kind(9);
/// An organisation's leave for a member to speak for it. Owned by the organisation key.
pub const MANDATE: Kind = Kind(10);
/// An organisation says that a node is its own. Owned by the organisation key.
pub const NODE_CERTIFICATE: Kind = Kind(11);
/// An entry of the shared library. Shared.
pub const RESOURCE: Kind = Kind(16);
/// What a person shows of themselves. Owned by the member key.
pub const PERSON_PROFILE: Kind = Kind(17);
/// What a person does for the network. Owned by the member key.
pub const ROLE: Kind = Kind(18);
/// One person asks another to take on a role. Owned by the asker's key.
pub const ROLE_REQUEST: Kind = Kind(19);
/// A charter. Owned by the key of who wrote it.
pub const CHARTER: Kind = Kind(20);
/// The terms of a decision. Owned by the key of who opened it.
pub const DECISION: Kind = Kind(21);
/// A voter's position. Owned by the key that took it.
pub const BALLOT: Kind = Kind(22);
/// What a person says on a document. Owned by the key of who says it.
pub const COMMENT: Kind = Kind(23);
/// A member's answer to a mandate. Owned by the member key.
pub const MANDATE_ANSWER: Kind = Kind(24);
/// A temperature check. Owned by the key of who asks.
pub const TEMPERATURE_CHECK: Kind = Kind(25);
/// How many members of an organisation feel how. Owned by the organisation key.
pub const TEMPERATURE_COUNTS: Kind = Kind(26);
/// A member has a colleague speak for them while they are away. Owned by the key of whoever is away.
pub const DELEGATION: Kind = Kind(27);
/// What one of the two says on a delegation. Owned by the member key.
pub const DELEGATION_ANSWER: Kind = Kind(28);

/// The first number that nobody will ever give a meaning to, for experiments; all above it too.
pub const FIRST_EXPERIMENT: Kind = Kind(0xf000);
