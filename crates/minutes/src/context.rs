//! The engine's types, made of ours. Nothing outside `machine.rs` sees them.

use std::{fmt, sync::Arc, time::Duration};

use arc_malachitebft_core_types as engine;
use knotwork_identity::{MinuteHash, PublicKey, Signature};

use crate::{Minute, Signers};

/// Ties the engine's type parameters to ours.
#[derive(Debug, Clone)]
pub(crate) struct Ours;

impl engine::Context for Ours {
    type Address = Voter;
    type Height = Height;
    type ProposalPart = NoPart;
    type Proposal = Proposed;
    type Validator = Voter;
    type ValidatorSet = Voters;
    type Timeouts = Waits;
    type Value = Value;
    type Vote = Cast;
    type Extension = ();
    type SigningScheme = Ed25519;

    fn select_proposer<'a>(&self, voters: &'a Voters, height: Height, round: engine::Round) -> &'a Voter {
        let chair = voters.0.chair(height.0, round.as_u32().unwrap_or(0)).node;
        // A chair is one of the voters.
        voters.1.iter().find(|voter| voter.0 == chair).unwrap_or(&voters.1[0])
    }

    fn new_proposal(
        &self,
        height: Height,
        round: engine::Round,
        value: Value,
        lock: engine::Round,
        voter: Voter,
    ) -> Proposed {
        Proposed { height, round, value, lock, voter }
    }

    fn new_prevote(
        &self,
        height: Height,
        round: engine::Round,
        value: engine::NilOrVal<MinuteId>,
        voter: Voter,
    ) -> Cast {
        Cast { step: engine::VoteType::Prevote, height, round, value, voter }
    }

    fn new_precommit(
        &self,
        height: Height,
        round: engine::Round,
        value: engine::NilOrVal<MinuteId>,
        voter: Voter,
    ) -> Cast {
        Cast { step: engine::VoteType::Precommit, height, round, value, voter }
    }
}

/// A signing organisation's node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Voter(pub(crate) PublicKey);

impl fmt::Display for Voter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, formatter)
    }
}

impl engine::Address for Voter {}

impl engine::Validator<Ours> for Voter {
    fn address(&self) -> &Voter {
        self
    }

    fn public_key(&self) -> &PublicKey {
        &self.0
    }

    fn voting_power(&self) -> engine::VotingPower {
        1
    }
}

/// All of them, in the order of organisation keys.
#[derive(Debug, Clone)]
pub(crate) struct Voters(pub(crate) Arc<Signers>, Arc<[Voter]>);

impl Voters {
    pub(crate) fn new(signers: Arc<Signers>) -> Self {
        let voters = signers.iter().map(|signer| Voter(signer.node)).collect();
        Self(signers, voters)
    }
}

impl PartialEq for Voters {
    fn eq(&self, other: &Self) -> bool {
        self.1 == other.1
    }
}

impl Eq for Voters {}

impl engine::ValidatorSet<Ours> for Voters {
    fn count(&self) -> usize {
        self.1.len()
    }

    fn total_voting_power(&self) -> engine::VotingPower {
        self.1.len() as u64
    }

    fn get_by_address(&self, voter: &Voter) -> Option<&Voter> {
        self.1.iter().find(|known| *known == voter)
    }

    fn get_by_index(&self, index: usize) -> Option<&Voter> {
        self.1.get(index)
    }
}

/// A height.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Height(pub(crate) u64);

impl fmt::Display for Height {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.0)
    }
}

impl engine::Height for Height {
    const ZERO: Self = Self(0);
    const INITIAL: Self = Self(1);

    fn increment_by(&self, by: u64) -> Self {
        Self(self.0.saturating_add(by))
    }

    fn decrement_by(&self, by: u64) -> Option<Self> {
        self.0.checked_sub(by).map(Self)
    }

    fn as_u64(&self) -> u64 {
        self.0
    }
}

/// A minute as the engine carries it. Its hash says which.
#[derive(Debug, Clone)]
pub(crate) struct Value {
    pub(crate) hash: MinuteHash,
    pub(crate) minute: Arc<Minute>,
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash
    }
}

impl Eq for Value {}

impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Value {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.hash.cmp(&other.hash)
    }
}

/// What votes name.
pub(crate) type MinuteId = MinuteHash;

impl engine::Value for Value {
    type Id = MinuteId;

    fn id(&self) -> MinuteId {
        self.hash
    }
}

/// A proposal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Proposed {
    pub(crate) height: Height,
    pub(crate) round: engine::Round,
    pub(crate) value: Value,
    pub(crate) lock: engine::Round,
    pub(crate) voter: Voter,
}

impl engine::Proposal<Ours> for Proposed {
    fn height(&self) -> Height {
        self.height
    }

    fn round(&self) -> engine::Round {
        self.round
    }

    fn value(&self) -> &Value {
        &self.value
    }

    fn take_value(self) -> Value {
        self.value
    }

    fn pol_round(&self) -> engine::Round {
        self.lock
    }

    fn validator_address(&self) -> &Voter {
        &self.voter
    }
}

/// A vote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cast {
    pub(crate) step: engine::VoteType,
    pub(crate) height: Height,
    pub(crate) round: engine::Round,
    pub(crate) value: engine::NilOrVal<MinuteId>,
    pub(crate) voter: Voter,
}

impl engine::Vote<Ours> for Cast {
    fn height(&self) -> Height {
        self.height
    }

    fn round(&self) -> engine::Round {
        self.round
    }

    fn value(&self) -> &engine::NilOrVal<MinuteId> {
        &self.value
    }

    fn take_value(self) -> engine::NilOrVal<MinuteId> {
        self.value
    }

    fn vote_type(&self) -> engine::VoteType {
        self.step
    }

    fn validator_address(&self) -> &Voter {
        &self.voter
    }

    fn extension(&self) -> Option<&engine::SignedMessage<Ours, ()>> {
        None
    }

    fn take_extension(&mut self) -> Option<engine::SignedMessage<Ours, ()>> {
        None
    }

    fn extend(self, _extension: engine::SignedMessage<Ours, ()>) -> Self {
        self
    }
}

/// Minutes travel whole, in proposals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NoPart;

impl engine::ProposalPart<Ours> for NoPart {
    fn is_first(&self) -> bool {
        true
    }

    fn is_last(&self) -> bool {
        true
    }
}

/// How long the engine would wait; [`crate::machine`] decides that itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Waits;

impl engine::Timeouts<Ours> for Waits {
    fn duration_for(&self, _timeout: engine::Timeout) -> Duration {
        Duration::ZERO
    }
}

/// How the engine is told of our signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ed25519;

/// A signature in an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark(pub(crate) Signature);

impl PartialOrd for Mark {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Mark {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.0.cmp(&other.0.0)
    }
}

impl engine::SigningScheme for Ed25519 {
    type DecodingError = &'static str;
    type Signature = Mark;
    type PublicKey = PublicKey;
    type PrivateKey = ();

    fn decode_signature(bytes: &[u8]) -> Result<Mark, &'static str> {
        bytes.try_into().map(|bytes| Mark(Signature(bytes))).map_err(|_| "a signature has 64 bytes")
    }

    fn encode_signature(mark: &Mark) -> Vec<u8> {
        mark.0.0.to_vec()
    }

    fn decode_public_key(bytes: &[u8]) -> Result<PublicKey, &'static str> {
        bytes.try_into().map(PublicKey).map_err(|_| "a key has 32 bytes")
    }

    fn encode_public_key(key: &PublicKey) -> Vec<u8> {
        key.0.to_vec()
    }
}
