//! The replica's part in the minutes: what waits is told to them, what they want kept is kept, and what they agree on
//! becomes the roster.

use std::{collections::BTreeMap, sync::Arc};

use knotwork_documents::{Edit, Paper, PaperEdit, kinds};
use knotwork_governance::{Said, Word};
use knotwork_identity::{ChangeId, DocumentId, Lineage, Nonce, PublicKey, SecretKey, TermsHash, decode_exact, encode};
use knotwork_ledger::Kind;
use knotwork_minutes::{
    Disk, Entry, Event as MinutesEvent, Frame, FrameError, Kept, Matter, Minutes, Outcome, Standing, Voice, Work,
    read_minute,
};
use rand_core::Rng as _;

use crate::{
    AgreedRoster, Basis, Batch, Effect, Now, Receipt, Refusal, Replica, Reply, Roster, Storage, StorageError, Target,
    archive::Archive,
    counting::{self, Uncounted},
    deciding::{Deciding, Open, Since},
    kept_minutes::{LOG, agreed_in, log_name, minute_name},
    limits,
};

/// Notes in a storage that it may not be what was written last. Until those with whom it makes minutes have told it what it
/// may have forgotten, a node says nothing about minutes, however often it is started before that.
///
/// # Errors
/// When the storage cannot take it.
pub fn mark_copied(storage: &dyn Storage) -> Result<(), StorageError> {
    storage.commit(&Batch { local: vec![(COPIED.to_owned(), Some(Vec::new()))], ..Batch::default() })?;
    storage.sync()
}

/// The minutes of a replica, with what is derived for them.
pub(crate) struct Minuting {
    pub(crate) minutes: Minutes,
    pub(crate) deciding: Deciding,
    pub(crate) roster: Arc<AgreedRoster>,
    /// How many entries of the log are kept.
    log: u64,
    /// Whether the storage says that the disk is a copy.
    copied: bool,
    /// What the statements come to of each decision for which there are enough.
    outcomes: BTreeMap<(DocumentId, TermsHash), Outcome>,
    /// Whose the last matter was that was minuted: it is the others' turn.
    served: Option<PublicKey>,
    /// Nodes that left the roster and are still heard of the minute that they left with, until when.
    pub(crate) farewells: BTreeMap<PublicKey, u64>,
    /// When the next decision closes by this node's clock, in milliseconds of the clock that never goes back.
    pub(crate) closes: Option<u64>,
}

impl Minuting {
    /// Goes on with what a storage holds.
    pub(crate) fn open(
        roster: &Arc<AgreedRoster>,
        node: &SecretKey,
        seed: [u8; 32],
        storage: &dyn Storage,
    ) -> Result<Self, StorageError> {
        let agreed = agreed_in(roster.genesis(), storage)?;
        let mut log = Vec::new();
        for (name, bytes) in storage.locals(LOG)? {
            let entry = decode_exact::<Entry>(&bytes);
            log.push(entry.map_err(|error| StorageError::Damaged(format!("{name}: {error}")))?);
        }
        if !log.is_empty() {
            tracing::info!(entries = log.len(), "the minute that was being agreed on is gone on with");
        }
        let copied = storage.local(COPIED)?.is_some();
        let disk = if copied { Disk::Copy } else { Disk::Same };
        roster.turn(agreed.clone());
        let mut deciding = Deciding::default();
        for kind in PAPERS {
            each_change(storage, kind, &mut |change| deciding.learn(change, agreed.network(), Since::TheStart))?;
        }
        deciding.settle(&agreed);
        deciding.touch_all();
        let kept = log.len() as u64;
        let minutes = Minutes::open(Kept { agreed, log, disk }, node.clone(), seed);
        let roster = roster.clone();
        Ok(Self {
            minutes,
            deciding,
            roster,
            log: kept,
            copied,
            outcomes: BTreeMap::new(),
            served: None,
            farewells: BTreeMap::new(),
            closes: None,
        })
    }
}

impl Replica {
    /// The network that this replica is in, and the one that documents name.
    #[must_use]
    pub fn lineage(&self) -> Lineage {
        let origin = self.config.network;
        let present = self.minuting.as_ref().map_or(origin, |minuting| minuting.minutes.agreed().network());
        Lineage { origin, present }
    }

    /// Where the minutes stand; `None` where this replica takes no part in them.
    #[must_use]
    pub fn minutes(&self) -> Option<Standing> {
        self.minuting.as_ref().map(|minuting| minuting.minutes.standing())
    }

    pub(crate) fn minutes_frame(&mut self, now: Now, peer: PublicKey, frame: Frame) {
        self.minutes_event(now, MinutesEvent::Frame { peer, frame });
    }

    pub(crate) fn malformed_minutes(&mut self, peer: PublicKey, error: &FrameError) {
        self.part_from(peer, format!("it sent something about minutes that is none: {error}"));
    }

    pub(crate) fn minutes_event(&mut self, now: Now, event: MinutesEvent) {
        let Some(minuting) = &mut self.minuting else { return };
        let archive = Archive { storage: self.storage.as_ref(), revocations: &self.revocations };
        minuting.minutes.handle(now.milliseconds, event, &archive);
    }

    /// When the minutes want to be woken.
    pub(crate) fn minutes_wake(&self) -> Option<u64> {
        let minuting = self.minuting.as_ref()?;
        let farewells = minuting.farewells.values().copied().min();
        minuting.minutes.next_wake().into_iter().chain(minuting.closes).chain(farewells).min()
    }

    /// The time has come that the minutes, or the end of a decision, waited for.
    pub(crate) fn wake_minutes(&mut self, now: Now) {
        let Some(minuting) = &mut self.minuting else { return };
        if minuting.minutes.next_wake().is_some_and(|at| at <= now.milliseconds) {
            self.minutes_event(now, MinutesEvent::Wake);
        }
        if let Some(minuting) = &mut self.minuting
            && minuting.closes.is_some_and(|at| at <= now.milliseconds)
        {
            minuting.closes = None;
            minuting.deciding.look_again();
        }
        if let Some(minuting) = &mut self.minuting
            && minuting.farewells.values().any(|until| *until <= now.milliseconds)
        {
            minuting.farewells.retain(|_, until| *until > now.milliseconds);
            self.tell_roster();
        }
    }

    /// A key was certified: ballots by it may count now.
    pub(crate) fn touch_decisions(&mut self) {
        if let Some(minuting) = &mut self.minuting {
            minuting.deciding.touch_all();
        }
    }

    /// Takes in what an organisation is called.
    pub(crate) fn learn_name(&mut self, organisation: PublicKey, name: String) {
        let Some(minuting) = &self.minuting else { return };
        // Whoever has gone keeps the name that it had.
        let is_on = minuting.roster.organisations().contains(&organisation);
        if is_on || minuting.roster.name_of(&organisation).is_none() {
            minuting.roster.call(organisation, name);
        }
    }

    /// Takes in what an admitted change says about decisions.
    pub(crate) fn learn_paper(&mut self, change: &knotwork_ledger::CheckedChange) {
        if let Some(minuting) = &mut self.minuting {
            let network = minuting.minutes.agreed().network();
            minuting.deciding.learn(change, network, Since::Now);
        }
    }

    /// After a commit: tells the minutes what waits, keeps what they want kept, and gives what is to be sent once it is on
    /// the disk. Says whether something was written.
    pub(crate) fn turn_minutes(&mut self, now: Now) -> (Vec<Effect>, bool) {
        if self.minuting.is_none() {
            return (Vec::new(), false);
        }
        self.note_what_waits(now);
        let Some(minuting) = &mut self.minuting else { return (Vec::new(), false) };
        let work = minuting.minutes.take();
        let free = *minuting.minutes.voice() == Voice::Free;
        let released = minuting.copied && free;
        if work.is_empty() && !released {
            return (Vec::new(), false);
        }
        let mut local = Vec::new();
        if work.copied && !free {
            minuting.copied = true;
            local.push((COPIED.to_owned(), Some(Vec::new())));
        } else if released {
            minuting.copied = false;
            local.push((COPIED.to_owned(), None));
        }
        if work.forget {
            local.extend((0..minuting.log).map(|number| (log_name(number), None)));
            minuting.log = 0;
        }
        for entry in &work.log {
            local.retain(|(name, _)| *name != log_name(minuting.log));
            local.push((log_name(minuting.log), Some(encode(entry))));
            minuting.log += 1;
        }
        for (height, kept) in &work.minuted {
            local.push((minute_name(*height), Some(kept.clone())));
        }
        let wrote = !local.is_empty();
        if wrote && let Err(error) = self.storage.commit(&Batch { local, ..Batch::default() }) {
            tracing::error!(%error, "what the minutes want kept cannot be written; nothing is said");
            self.open_minutes_again(now);
            return (Vec::new(), false);
        }
        if let Some(served) = work.minuted.last().and_then(|(_, kept)| self.whose(kept))
            && let Some(minuting) = &mut self.minuting
        {
            minuting.served = Some(served);
        }
        let changed = !work.minuted.is_empty();
        let effects = self.minutes_effects(work);
        if changed {
            self.take_up_roster(now);
        }
        (effects, wrote)
    }

    /// After a batch that failed: what was not kept must not be gone on with.
    pub(crate) fn open_minutes_again(&mut self, now: Now) {
        let Some(minuting) = &self.minuting else { return };
        let roster = minuting.roster.clone();
        let mut seed = [0; 32];
        self.random.fill_bytes(&mut seed);
        match Minuting::open(&roster, &self.config.node, seed, self.storage.as_ref()) {
            Ok(again) => {
                let farewells = self.minuting.take().map(|minuting| minuting.farewells).unwrap_or_default();
                self.minuting = Some(Minuting { farewells, ..again });
                let connected: Vec<PublicKey> =
                    self.peers.values().filter(|peer| peer.connected).map(|peer| peer.node).collect();
                for peer in connected {
                    self.minutes_event(now, MinutesEvent::Connected { peer });
                }
            }
            Err(error) => {
                tracing::error!(%error, "this node takes no part in the minutes until it is started again");
                self.minuting = None;
            }
        }
    }

    /// An organisation says something for itself.
    pub(crate) fn say_word(&mut self, now: Now, token: u64, said: Said, key: &SecretKey) {
        let result = self.write_word(now, said, key);
        self.pending.replies.push(Reply { token, result });
    }

    fn write_word(&mut self, now: Now, said: Said, key: &SecretKey) -> Result<Receipt, Refusal> {
        let none = || Refusal::Failed("this node takes no part in the minutes".into());
        let minuting = self.minuting.as_ref().ok_or_else(none)?;
        let agreed = minuting.minutes.agreed();
        let number = minuting.deciding.next_word(&key.public(), agreed);
        let word = Word::say(agreed.network(), key, number, said);
        agreed.fits(&Matter::Word(word.clone())).map_err(|misfit| Refusal::Failed(misfit.to_string()))?;
        self.write_paper(now, Paper::Word(word), key)
    }

    pub(crate) fn write_paper(&mut self, now: Now, paper: Paper, key: &SecretKey) -> Result<Receipt, Refusal> {
        let header = paper.header(self.config.network, key.public(), Nonce([0; 16]));
        let edit = Edit::from(PaperEdit::new(paper));
        self.edit(now, &Target::Of(header), &edit, key, Basis::Now, now.wall)
    }

    /// Which matters wait, and which statements this node has to make.
    fn note_what_waits(&mut self, now: Now) {
        let Some(minuting) = &mut self.minuting else { return };
        let Some(touched) = minuting.deciding.take_news() else { return };
        minuting.deciding.date(now, &touched);
        self.accept_if_founder(now);
        let made = self.state_what_closed(now, &touched);
        let Some(minuting) = &mut self.minuting else { return };
        let agreed = minuting.minutes.agreed();
        let mut queues: BTreeMap<PublicKey, Vec<Matter>> = BTreeMap::new();
        for word in minuting.deciding.words() {
            let (queue, matter) = (queues.entry(word.organisation).or_default(), Matter::Word(word.clone()));
            if queue.is_empty() && agreed.fits(&matter).is_ok() {
                queue.push(matter);
            }
        }
        let quorum = agreed.signers().quorum();
        let outcomes = &mut minuting.outcomes;
        outcomes.retain(|(decision, _), _| agreed.minute_of(decision).is_none() && !touched.contains(decision));
        for (decision, open) in minuting.deciding.open().filter(|(decision, _)| touched.contains(decision)) {
            for (hash, statements) in &open.statements {
                let by_signers: Vec<&ChangeId> = statements
                    .iter()
                    .filter(|(node, _)| agreed.signers().has(node))
                    .map(|(_, change)| change)
                    .collect();
                if by_signers.len() < quorum {
                    continue;
                }
                let storage = self.storage.as_ref();
                let kept = by_signers.into_iter().filter_map(|id| counting::statement_in(storage, id).transpose());
                let own = made.iter().filter(|made| made.decision == *decision && made.terms == *hash).cloned().map(Ok);
                let statements: Result<Vec<_>, StorageError> = kept.chain(own).collect();
                let outcome = statements.map_err(Uncounted::from).and_then(|statements| {
                    counting::outcome_of_sound(storage, agreed, *decision, *hash, statements, quorum)
                });
                match outcome {
                    Ok(outcome) => _ = outcomes.insert((*decision, *hash), outcome),
                    Err(Uncounted::Lacking) => {}
                    Err(error) => tracing::debug!(?error, %decision, "a decision cannot be minuted"),
                }
            }
        }
        for outcome in outcomes.values() {
            let owner = minuting.deciding.get(&outcome.decision).and_then(Open::owner);
            let organisation =
                owner.map_or(PublicKey([0; 32]), |owner| self.authors.organisation_of(&owner, self.roster.as_ref()));
            queues.entry(organisation).or_default().push(Matter::Outcome(outcome.clone()));
        }
        let matters = in_turn(queues, minuting.served.as_ref());
        self.minutes_event(now, MinutesEvent::Waiting(matters));
        self.minutes_event(now, MinutesEvent::Arrived);
    }

    /// Whose the matter of a minute is: whoever says the word, or opened the decision.
    fn whose(&self, kept: &[u8]) -> Option<PublicKey> {
        match read_minute(kept)?.0.matter {
            Matter::Word(word) => Some(word.organisation),
            Matter::Reconvened(reconvening) => Some(reconvening.first),
            Matter::Outcome(outcome) => {
                let owner = self.minuting.as_ref()?.deciding.get(&outcome.decision)?.owner()?;
                Some(self.authors.organisation_of(&owner, self.roster.as_ref()))
            }
        }
    }

    /// A founder that has not accepted does so when its node starts: joining was its acceptance of what the genesis says,
    /// and so was going along with those who reconvened. Of a charter that came later nobody knows yet what it thinks.
    fn accept_if_founder(&mut self, now: Now) {
        let Some(minuting) = &self.minuting else { return };
        let agreed = minuting.minutes.agreed();
        let key = self.config.organisation.clone();
        let own = key.public();
        let charter = agreed.charter();
        let is_known = charter.since <= agreed.began();
        let waits = is_known && agreed.parties().get(&own).is_some_and(|party| !party.accepted);
        let accept = Said::Accept(charter.digest);
        if waits
            && !minuting.deciding.waits(&own, &accept)
            && let Err(error) = self.write_word(now, accept, &key)
        {
            tracing::error!(%error, "this organisation's acceptance cannot be written");
        }
    }

    fn minutes_effects(&mut self, work: Work) -> Vec<Effect> {
        for (peer, reason) in work.faults {
            self.part_from(peer, reason);
        }
        work.elsewhere.into_iter().for_each(|peer| self.leave_alone(peer));
        let sends = work.sends.into_iter();
        sends.map(|(peer, frame)| Effect::Minutes { peer, frame: frame.to_bytes() }).collect()
    }

    fn part_from(&mut self, peer: PublicKey, reason: String) {
        tracing::warn!(?peer, %reason, "a peer is at fault");
        if let Some(known) = self.peers.get_mut(&peer) {
            known.fault = Some(reason.clone());
        }
        let back_off_milliseconds = limits::FAULT_BACK_OFF_MILLISECONDS;
        self.pending.effects.push(Effect::Disconnect { peer, reason, back_off_milliseconds });
    }
}

/// What waits of each organisation, one after the other and as many as are tried at once, beginning with the organisation
/// after the one that was served last: whoever has ever so much to say keeps nobody waiting for long.
fn in_turn(queues: BTreeMap<PublicKey, Vec<Matter>>, served: Option<&PublicKey>) -> Vec<Matter> {
    let (before, after): (Vec<_>, Vec<_>) =
        queues.into_iter().partition(|(organisation, _)| served.is_some_and(|served| organisation <= served));
    let mut queues: Vec<_> = after.into_iter().chain(before).map(|(_, queue)| queue.into_iter()).collect();
    let mut matters = Vec::new();
    while matters.len() < limits::MATTERS_MAX {
        let round: Vec<Matter> = queues.iter_mut().filter_map(Iterator::next).collect();
        if round.is_empty() {
            break;
        }
        matters.extend(round);
    }
    matters.truncate(limits::MATTERS_MAX);
    matters
}

/// Calls `each` for every change of every listed document of a kind.
fn each_change(
    storage: &dyn Storage,
    kind: Kind,
    each: &mut dyn FnMut(&knotwork_ledger::CheckedChange),
) -> Result<(), StorageError> {
    let mut after = None;
    loop {
        let keys = storage.list(kind, None, after.as_ref(), 256)?;
        for key in &keys {
            for change in storage.changes_of(&key.document)?.into_iter().filter_map(counting::checked) {
                each(&change);
            }
        }
        match keys.into_iter().last() {
            None => return Ok(()),
            last => after = last,
        }
    }
}

/// Kinds of papers that say what waits.
const PAPERS: [Kind; 4] = [kinds::WORD, kinds::CLOSING_STATEMENT, kinds::DECISION, kinds::BALLOT];
const COPIED: &str = "minutes/copied";
