//! The engine of agreement for one height, behind an interface of our own.
//!
//! What goes in is admitted messages, minutes of our own making and waits that are over; what comes out is what to write
//! down, what to say, how long to wait and, once, the final minute. The engine is Tendermint's algorithm as Malachite
//! implements it; it takes every proposal for valid, so nothing reaches it that has not been found so.

mod translation;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use arc_malachitebft_core_consensus::{
    self as core, Effect, Input, LocallyProposedValue, Params, ProposedValue, Resumable as _, Resume, State,
    ThresholdParams, ValuePayload, process,
};
use arc_malachitebft_core_types::{
    self as engine, NilOrVal, PolkaCertificate, PolkaSignature, Round, SignedMessage, ThresholdParam, Validity,
    ValueOrigin, VoteExtensionPolicy, VoteType,
};
use knotwork_identity::{MinuteHash, NetworkId, PublicKey, Signature};

use crate::{
    Agreed, Entry, Message, Minute, Proof, Signers, Step,
    context::{Cast, Height, Mark, Ours, Proposed, Value, Voter, Voters},
    limits,
    machine::translation::{entry_of, message_of, minute_of, step_of, timeout, wait_of},
    message::{proposal_bytes, vote_bytes},
    planted::{self, Bug},
    signer::{Pen, Refused, Slot, Spoken},
};

/// One height in progress.
pub(crate) struct Machine {
    network: NetworkId,
    height: u64,
    signers: Arc<Signers>,
    state: State<Ours>,
    minutes: BTreeMap<MinuteHash, Arc<Minute>>,
    /// The round for which the engine wants a minute of ours.
    wanted: Option<u32>,
    /// Prevotes that were taken in as one.
    supported: BTreeSet<(u32, MinuteHash)>,
    replaying: bool,
}

/// What a step of the engine gives to do, in order.
#[derive(Debug)]
pub(crate) enum Doing {
    /// Write this down before anything that follows is said.
    Write(Entry),
    /// Say this to the others.
    Say(Message),
    /// Wait, and say when it is over.
    Wait { round: u32, step: Option<Step>, milliseconds: u64 },
    /// Stop waiting for this, or for everything.
    StopWaiting(Option<(u32, Option<Step>)>),
    /// This minute is final.
    Final(Arc<Minute>, Proof),
}

impl Machine {
    /// Makes the machine of the next height, with what its log holds, and goes on from there.
    pub(crate) fn start(agreed: &Agreed, pen: &mut Pen, log: Vec<Entry>) -> Result<(Self, Vec<Doing>), Stopped> {
        let log = if planted::is(Bug::BegunAnew) { Vec::new() } else { log };
        let height = agreed.height() + 1;
        let signers = agreed.signers().clone();
        let threshold_params = if planted::is(Bug::HalfIsEnough) {
            ThresholdParams { quorum: ThresholdParam::new(49, 100), honest: ThresholdParam::new(1, 3) }
        } else {
            ThresholdParams::default()
        };
        let params = Params {
            address: Voter(pen.public()),
            threshold_params,
            value_payload: ValuePayload::ProposalOnly,
            enabled: true,
        };
        let voters = Voters::new(signers.clone());
        let state = State::new(Ours, Height(height), voters.clone(), params, 0, 0);
        let mut machine = Self {
            network: agreed.network(),
            height,
            signers,
            state,
            minutes: BTreeMap::new(),
            wanted: None,
            supported: BTreeSet::new(),
            replaying: false,
        };
        pen.turn_to(height);
        let composed: Vec<u32> = log
            .iter()
            .filter_map(|entry| match entry {
                Entry::Composed { round, .. } => Some(*round),
                _ => None,
            })
            .collect();
        let log = machine.recall(pen, log);
        machine.replaying = !log.is_empty();
        if machine.replaying {
            machine.state.index_wal_entries(&log);
        }
        let mut doings = Vec::new();
        let policy = VoteExtensionPolicy::default();
        machine.run(pen, Input::StartHeight(Height(height), voters, machine.replaying, None, policy), &mut doings)?;
        for input in log {
            machine.run(pen, input, &mut doings)?;
        }
        machine.state.reset_entries_index();
        machine.replaying = false;
        // What was composed before the restart was proposed, too: both are written in one batch.
        machine.wanted = machine.wanted.filter(|round| !composed.contains(round));
        Ok((machine, doings))
    }

    /// Takes in a message that was found good.
    pub(crate) fn take(&mut self, pen: &mut Pen, message: &Message) -> Result<Vec<Doing>, Stopped> {
        let mut doings = Vec::new();
        let input = self.input(message);
        self.run(pen, input, &mut doings)?;
        Ok(doings)
    }

    /// Proposes a minute for the round that wants one.
    pub(crate) fn propose(&mut self, pen: &mut Pen, minute: Minute) -> Result<Vec<Doing>, Stopped> {
        let Some(round) = self.wanted.take() else { return Ok(Vec::new()) };
        let value = self.value(Arc::new(minute));
        let mut doings = Vec::new();
        let input = Input::Propose(LocallyProposedValue::new(Height(self.height), Round::new(round), value));
        self.run(pen, input, &mut doings)?;
        Ok(doings)
    }

    /// Takes in prevotes of an earlier round as one.
    pub(crate) fn support(
        &mut self,
        pen: &mut Pen,
        round: u32,
        minute: MinuteHash,
        votes: Vec<(PublicKey, Signature)>,
    ) -> Result<Vec<Doing>, Stopped> {
        let mut doings = Vec::new();
        if self.supported.insert((round, minute)) {
            self.run(pen, Input::PolkaCertificate(self.polka(round, minute, votes)), &mut doings)?;
        }
        Ok(doings)
    }

    fn polka(&self, round: u32, minute: MinuteHash, votes: Vec<(PublicKey, Signature)>) -> PolkaCertificate<Ours> {
        let signatures = votes.into_iter().map(|(node, mark)| PolkaSignature::new(Voter(node), Mark(mark)));
        PolkaCertificate {
            height: Height(self.height),
            round: Round::new(round),
            value_id: minute,
            polka_signatures: signatures.collect(),
        }
    }

    /// A wait is over.
    pub(crate) fn waited(&mut self, pen: &mut Pen, round: u32, step: Option<Step>) -> Result<Vec<Doing>, Stopped> {
        let mut doings = Vec::new();
        self.run(pen, Input::TimeoutElapsed(timeout(round, step)), &mut doings)?;
        Ok(doings)
    }

    /// Whether a minute of ours is wanted.
    pub(crate) fn wants_minute(&self) -> bool {
        self.wanted.is_some()
    }

    /// The round in progress.
    pub(crate) fn round(&self) -> u32 {
        self.state.round().as_u32().unwrap_or(0)
    }

    pub(crate) fn height(&self) -> u64 {
        self.height
    }

    /// Puts what was signed back into the pen, and turns the rest of the log into the engine's inputs.
    fn recall(&mut self, pen: &mut Pen, mut log: Vec<Entry>) -> Vec<Input<Ours>> {
        if planted::is(Bug::Disorder) {
            log.reverse();
        }
        let mut inputs = Vec::new();
        for entry in log {
            match entry {
                Entry::Signed { round, step, lock, minute } => {
                    pen.recall(Slot { round, step }, Spoken { lock, minute });
                }
                Entry::Took(message) if planted::is(Bug::NoLock) && message.node() != pen.public() => {}
                Entry::Took(message) => inputs.push(self.input(&message)),
                Entry::Composed { round, minute } => {
                    let value = self.value(Arc::new(*minute));
                    let proposed = ProposedValue {
                        height: Height(self.height),
                        round: Round::new(round),
                        valid_round: Round::Nil,
                        proposer: Voter(pen.public()),
                        value,
                        validity: Validity::Valid,
                    };
                    inputs.push(Input::ProposedValue(proposed, ValueOrigin::Consensus));
                }
                Entry::Supported { round, minute, votes } => {
                    self.supported.insert((round, minute));
                    inputs.push(Input::PolkaCertificate(self.polka(round, minute, votes)));
                }
                Entry::Waited { round, step } => inputs.push(Input::TimeoutElapsed(timeout(round, step))),
            }
        }
        inputs
    }

    fn value(&mut self, minute: Arc<Minute>) -> Value {
        let hash = minute.hash();
        self.minutes.insert(hash, minute.clone());
        Value { hash, minute }
    }

    fn input(&mut self, message: &Message) -> Input<Ours> {
        match message {
            Message::Proposal(proposal) => {
                self.minutes.insert(proposal.hash, proposal.minute.clone());
                let proposed = Proposed {
                    height: Height(proposal.height),
                    round: Round::new(proposal.round),
                    value: Value { hash: proposal.hash, minute: proposal.minute.clone() },
                    lock: proposal.lock.map_or(Round::Nil, Round::new),
                    voter: Voter(proposal.node),
                };
                Input::Proposal(SignedMessage::new(proposed, Mark(proposal.signature)))
            }
            Message::Vote(vote) => {
                let cast = Cast {
                    step: match vote.step {
                        Step::Prevote => VoteType::Prevote,
                        Step::Precommit => VoteType::Precommit,
                    },
                    height: Height(vote.height),
                    round: Round::new(vote.round),
                    value: vote.minute.map_or(NilOrVal::Nil, NilOrVal::Val),
                    voter: Voter(vote.node),
                };
                Input::Vote(SignedMessage::new(cast, Mark(vote.signature)))
            }
        }
    }

    fn run(&mut self, pen: &mut Pen, input: Input<Ours>, doings: &mut Vec<Doing>) -> Result<(), Stopped> {
        let mut host = Host {
            network: self.network,
            signers: &self.signers,
            minutes: &self.minutes,
            pen,
            doings,
            wanted: &mut self.wanted,
            replaying: self.replaying,
            refused: None,
        };
        let state = &mut self.state;
        let result: Result<(), core::Error<Ours>> =
            process!(input: input, state: state, metrics: &(), with: effect => host.act(effect));
        match (host.refused, result) {
            (Some(refused), _) => Err(Stopped(refused.to_string())),
            (None, Err(error)) => Err(Stopped(error.to_string())),
            (None, Ok(())) => Ok(()),
        }
    }
}

/// The engine cannot go on at this height.
#[derive(Debug)]
pub(crate) struct Stopped(pub(crate) String);

/// Acts on the engine's effects.
struct Host<'a> {
    network: NetworkId,
    signers: &'a Signers,
    minutes: &'a BTreeMap<MinuteHash, Arc<Minute>>,
    pen: &'a mut Pen,
    doings: &'a mut Vec<Doing>,
    wanted: &'a mut Option<u32>,
    replaying: bool,
    refused: Option<Refused>,
}

impl Host<'_> {
    fn act(&mut self, effect: Effect<Ours>) -> Result<Resume<Ours>, Refused> {
        Ok(match effect {
            Effect::CancelAllTimeouts(resume) => {
                self.doings.push(Doing::StopWaiting(None));
                resume.resume_with(())
            }
            Effect::CancelTimeout(timeout, resume) => {
                if let Some(wait) = wait_of(timeout) {
                    self.doings.push(Doing::StopWaiting(Some(wait)));
                }
                resume.resume_with(())
            }
            Effect::ScheduleTimeout(timeout, resume) => {
                if let Some((round, step)) = wait_of(timeout) {
                    self.doings.push(Doing::Wait { round, step, milliseconds: wait_milliseconds(round, step) });
                }
                resume.resume_with(())
            }
            Effect::StartRound(_, _, _, _, resume) => {
                *self.wanted = None;
                resume.resume_with(())
            }
            Effect::PublishConsensusMsg(message, resume) => {
                // What comes up again while the log is read goes to whoever lacks it when tallies are compared.
                if !self.replaying {
                    self.doings.push(Doing::Say(message_of(message)));
                }
                resume.resume_with(())
            }
            // Whoever lacks a message gets it by comparing tallies.
            Effect::PublishLivenessMsg(_, resume)
            | Effect::RepublishVote(_, resume)
            | Effect::RepublishRoundCertificate(_, resume)
            | Effect::RestreamProposal(_, _, _, _, _, resume)
            | Effect::CertVerifiedSyncValue(_, _, resume)
            | Effect::CertRejectedSyncValue(_, _, _, resume)
            | Effect::Finalize(_, _, _, resume) => resume.resume_with(()),
            Effect::GetValue(_, round, _, resume) => {
                *self.wanted = round.as_u32();
                resume.resume_with(())
            }
            Effect::Decide(certificate, _, resume) => {
                if let Some(minute) = self.minutes.get(&certificate.value_id) {
                    let mut signatures: Vec<_> = certificate
                        .commit_signatures
                        .iter()
                        .map(|commit| (commit.address.0, commit.signature.0))
                        .collect();
                    signatures.sort_by_key(|(node, _)| *node);
                    signatures.dedup_by_key(|(node, _)| *node);
                    let round = certificate.round.as_u32().unwrap_or(0);
                    self.doings.push(Doing::Final(minute.clone(), Proof { round, signatures }));
                }
                resume.resume_with(())
            }
            Effect::SignVote(cast, resume) => {
                let slot = Slot { round: cast.round.as_u32().unwrap_or(0), step: Some(step_of(cast.step)) };
                let spoken = Spoken { lock: None, minute: minute_of(&cast.value) };
                let mark = self.sign(cast.height, slot, spoken)?;
                resume.resume_with(SignedMessage::new(cast, mark))
            }
            Effect::SignProposal(proposed, resume) => {
                let slot = Slot { round: proposed.round.as_u32().unwrap_or(0), step: None };
                let spoken = Spoken { lock: proposed.lock.as_u32(), minute: Some(proposed.value.hash) };
                let mark = self.sign(proposed.height, slot, spoken)?;
                resume.resume_with(SignedMessage::new(proposed, mark))
            }
            // What somebody says was checked before it was handed in; what comes off the disk is checked here.
            Effect::VerifySignature(_, _, resume) if !self.replaying => resume.resume_with(true),
            Effect::VerifySignature(message, node, resume) => {
                let signed = match &message.message {
                    core::ConsensusMsg::Vote(cast) => self.vote_bytes(cast),
                    core::ConsensusMsg::Proposal(proposed) => self.proposal_bytes(proposed),
                };
                resume.resume_with(self.is_signed(&node, &signed, &message.signature))
            }
            Effect::VerifyCommitCertificate(certificate, _, _, resume) => {
                // Every precommit in it was checked when it was taken in; a minute's proof is checked again before it is
                // written.
                _ = certificate;
                resume.resume_with(Ok(()))
            }
            // Every prevote in it was checked when it was taken in.
            Effect::VerifyPolkaCertificate(_, _, _, resume) => resume.resume_with(Ok(())),
            Effect::VerifyExtendedCommitCertificate(_, _, _, _, resume)
            | Effect::VerifyRoundCertificate(_, _, _, resume) => {
                // None is ever handed in.
                resume.resume_with(Err(engine::CertificateError::UnknownValidator(Voter(self.pen.public()))))
            }
            Effect::WalAppend(_, input, resume) => {
                if let (false, Some(entry)) = (self.replaying, entry_of(input)) {
                    self.doings.push(Doing::Write(entry));
                }
                resume.resume_with(())
            }
            Effect::ExtendVote(_, _, _, _, resume) => resume.resume_with(None),
            Effect::VerifyVoteExtension(_, _, _, _, _, _, resume) => {
                resume.resume_with(Err(core::VoteExtensionError::InvalidVoteExtension))
            }
        })
    }

    fn sign(&mut self, height: Height, slot: Slot, spoken: Spoken) -> Result<Mark, Refused> {
        match self.pen.sign(height.0, slot, spoken) {
            Ok((signature, new)) => {
                if new {
                    self.doings.push(Doing::Write(Entry::signed(slot, spoken)));
                }
                Ok(Mark(signature))
            }
            Err(refused) => {
                self.refused = Some(refused);
                Err(refused)
            }
        }
    }

    fn is_signed(&self, node: &PublicKey, bytes: &[u8], mark: &Mark) -> bool {
        self.signers.verifier(node).is_some_and(|verifier| verifier.verify(bytes, &mark.0).is_ok())
    }

    fn vote_bytes(&self, cast: &Cast) -> Vec<u8> {
        let round = cast.round.as_u32().unwrap_or(0);
        vote_bytes(self.network, cast.height.0, round, step_of(cast.step), minute_of(&cast.value))
    }

    fn proposal_bytes(&self, proposed: &Proposed) -> Vec<u8> {
        let round = proposed.round.as_u32().unwrap_or(0);
        proposal_bytes(self.network, proposed.height.0, round, proposed.lock.as_u32(), proposed.value.hash)
    }
}

/// How long to wait in a round, in milliseconds.
fn wait_milliseconds(round: u32, step: Option<Step>) -> u64 {
    let (base, more) = match step {
        None => limits::PROPOSE_MILLISECONDS,
        Some(_) => limits::VOTE_MILLISECONDS,
    };
    base.saturating_add(more.saturating_mul(u64::from(round))).min(limits::WAIT_MILLISECONDS_MAX)
}
