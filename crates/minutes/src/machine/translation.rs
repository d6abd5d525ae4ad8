//! The engine's words in ours, and ours in its.

use arc_malachitebft_core_consensus::{Input, SignedConsensusMsg};
use arc_malachitebft_core_types::{NilOrVal, Round, SignedMessage, Timeout, TimeoutKind, VoteType};
use knotwork_identity::MinuteHash;

use crate::{
    Entry, Message, Minute, Proposal, Step, Vote,
    context::{Cast, Mark, Ours, Proposed},
};

pub(super) fn wait_of(timeout: Timeout) -> Option<(u32, Option<Step>)> {
    let round = timeout.round.as_u32()?;
    match timeout.kind {
        TimeoutKind::Propose => Some((round, None)),
        TimeoutKind::Prevote => Some((round, Some(Step::Prevote))),
        TimeoutKind::Precommit => Some((round, Some(Step::Precommit))),
        TimeoutKind::Rebroadcast | TimeoutKind::FinalizeHeight(_) => None,
    }
}

pub(super) fn timeout(round: u32, step: Option<Step>) -> Timeout {
    let round = Round::new(round);
    match step {
        None => Timeout::propose(round),
        Some(Step::Prevote) => Timeout::prevote(round),
        Some(Step::Precommit) => Timeout::precommit(round),
    }
}

pub(super) fn step_of(kind: VoteType) -> Step {
    match kind {
        VoteType::Prevote => Step::Prevote,
        VoteType::Precommit => Step::Precommit,
    }
}

pub(super) fn minute_of(value: &NilOrVal<MinuteHash>) -> Option<MinuteHash> {
    match value {
        NilOrVal::Nil => None,
        NilOrVal::Val(hash) => Some(*hash),
    }
}

pub(super) fn message_of(message: SignedConsensusMsg<Ours>) -> Message {
    match message {
        SignedConsensusMsg::Vote(SignedMessage { message: cast, signature }) => {
            Message::Vote(vote_of(&cast, &signature))
        }
        SignedConsensusMsg::Proposal(SignedMessage { message: proposed, signature }) => {
            Message::Proposal(proposal_of(proposed, &signature))
        }
    }
}

fn vote_of(cast: &Cast, mark: &Mark) -> Vote {
    Vote {
        height: cast.height.0,
        round: cast.round.as_u32().unwrap_or(0),
        step: step_of(cast.step),
        minute: minute_of(&cast.value),
        node: cast.voter.0,
        signature: mark.0,
    }
}

fn proposal_of(proposed: Proposed, mark: &Mark) -> Proposal {
    Proposal {
        height: proposed.height.0,
        round: proposed.round.as_u32().unwrap_or(0),
        lock: proposed.lock.as_u32(),
        minute: proposed.value.minute,
        hash: proposed.value.hash,
        node: proposed.voter.0,
        signature: mark.0,
    }
}

/// What the engine wants written down, in our form. It wants nothing else written.
pub(super) fn entry_of(input: Input<Ours>) -> Option<Entry> {
    match input {
        Input::Vote(SignedMessage { message, signature }) => {
            Some(Entry::Took(Message::Vote(vote_of(&message, &signature))))
        }
        Input::Proposal(SignedMessage { message, signature }) => {
            Some(Entry::Took(Message::Proposal(proposal_of(message, &signature))))
        }
        Input::ProposedValue(proposed, _) => Some(Entry::Composed {
            round: proposed.round.as_u32().unwrap_or(0),
            minute: Box::new(Minute::clone(&proposed.value.minute)),
        }),
        Input::PolkaCertificate(polka) => Some(Entry::Supported {
            round: polka.round.as_u32().unwrap_or(0),
            minute: polka.value_id,
            votes: polka.polka_signatures.iter().map(|vote| (vote.address.0, vote.signature.0)).collect(),
        }),
        Input::TimeoutElapsed(timeout) => wait_of(timeout).map(|(round, step)| Entry::Waited { round, step }),
        _ => None,
    }
}
