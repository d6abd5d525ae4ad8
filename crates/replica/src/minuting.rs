//! The replica's part in the minutes: what waits is told to them, what they want kept is kept, and what they agree on
//! becomes the roster.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use knotwork_documents::{Edit, Paper, PaperEdit, View, kinds};
use knotwork_governance::{ClosingStatement, Electorate, Said, Stands, Voter, Word};
use knotwork_identity::{ChangeId, DocumentId, Genesis, Nonce, PublicKey, SecretKey, TermsHash, decode_exact, encode};
use knotwork_ledger::Kind;
use knotwork_minutes::{
    Agreed, Disk, Entry, Event as MinutesEvent, Frame, FrameError, Kept, Matter, Minute, Minutes, Outcome, Proof,
    Records, Standing, Voice, Weighed, Work, read_minute,
};
use rand_core::Rng as _;

use crate::{
    AgreedRoster, Basis, Batch, Effect, Now, Receipt, Refusal, Replica, Reply, Roster, Storage, StorageError, Target,
    counting::{self, Uncounted},
    deciding::{Deciding, Open},
    limits,
    revocations::Revocations,
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
    minutes: Minutes,
    deciding: Deciding,
    roster: Arc<AgreedRoster>,
    /// How many entries of the log are kept.
    log: u64,
    /// Whether the storage says that the disk is a copy.
    copied: bool,
    /// What the statements come to of each decision for which there are enough.
    outcomes: BTreeMap<(DocumentId, TermsHash), Outcome>,
    /// Whose the last matter was that was minuted: it is the others' turn.
    served: Option<PublicKey>,
    /// Nodes that left the roster and are still heard of the minute that they left with, until when.
    farewells: BTreeMap<PublicKey, u64>,
    /// When the next decision closes by this node's clock, in milliseconds of the clock that never goes back.
    closes: Option<u64>,
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
        let copied = storage.local(COPIED)?.is_some();
        let disk = if copied { Disk::Copy } else { Disk::Same };
        roster.turn(agreed.clone());
        let mut deciding = Deciding::default();
        for kind in PAPERS {
            each_change(storage, kind, &mut |change| deciding.learn(change))?;
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
        if let Some(minuting) = &self.minuting {
            minuting.roster.call(organisation, name);
        }
    }

    /// Takes in what an admitted change says about decisions.
    pub(crate) fn learn_paper(&mut self, change: &knotwork_ledger::CheckedChange) {
        if let Some(minuting) = &mut self.minuting {
            minuting.deciding.learn(change);
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
        let released = minuting.copied && minuting.minutes.standing().voice == Voice::Free;
        if work.is_empty() && !released {
            return (Vec::new(), false);
        }
        let mut local = Vec::new();
        if released {
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
    pub(crate) fn say_word(&mut self, now: Now, token: u64, said: Said) {
        let result = self.write_word(now, said);
        self.pending.replies.push(Reply { token, result });
    }

    fn write_word(&mut self, now: Now, said: Said) -> Result<Receipt, Refusal> {
        let none = || Refusal::Failed("this node takes no part in the minutes".into());
        let minuting = self.minuting.as_ref().ok_or_else(none)?;
        let agreed = minuting.minutes.agreed();
        let key = self.config.organisation.clone();
        let number = minuting.deciding.next_word(&key.public(), agreed);
        let word = Word::say(self.config.network, &key, number, said);
        agreed.fits(&Matter::Word(word.clone())).map_err(|misfit| Refusal::Failed(misfit.to_string()))?;
        self.write_paper(now, Paper::Word(word), &key)
    }

    fn write_paper(&mut self, now: Now, paper: Paper, key: &SecretKey) -> Result<Receipt, Refusal> {
        let header = paper.header(self.config.network, key.public(), Nonce([0; 16]));
        let edit = Edit::from(PaperEdit::new(paper));
        self.edit(now, &Target::Of(header), &edit, key, Basis::Now, now.wall)
    }

    /// Which matters wait, and which statements this node has to make.
    fn note_what_waits(&mut self, now: Now) {
        let Some(minuting) = &mut self.minuting else { return };
        let Some(touched) = minuting.deciding.take_news() else { return };
        self.accept_if_founder(now);
        self.state_what_closed(now, &touched);
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
                let by_signers: Vec<ClosingStatement> =
                    statements.values().filter(|statement| agreed.signers().has(&statement.node)).cloned().collect();
                if by_signers.len() < quorum {
                    continue;
                }
                let storage = self.storage.as_ref();
                match counting::outcome_of_sound(storage, agreed, *decision, *hash, by_signers, quorum) {
                    Ok(outcome) => _ = outcomes.insert((*decision, *hash), outcome),
                    Err(Uncounted::Lacking) => {}
                    Err(error) => tracing::debug!(?error, %decision, "a decision cannot be minuted"),
                }
            }
        }
        for outcome in outcomes.values() {
            let owner = minuting.deciding.get(&outcome.decision).and_then(Open::owner);
            let organisation = owner.map_or(PublicKey([0; 32]), |owner| self.authors.organisation_of(&owner));
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
            Matter::Outcome(outcome) => {
                let owner = self.minuting.as_ref()?.deciding.get(&outcome.decision)?.owner()?;
                Some(self.authors.organisation_of(&owner))
            }
        }
    }

    /// A founder that has not accepted does so when its node starts: joining was its acceptance of what the genesis says.
    /// Of a charter that came later nobody knows yet what it thinks.
    fn accept_if_founder(&mut self, now: Now) {
        let Some(minuting) = &self.minuting else { return };
        let agreed = minuting.minutes.agreed();
        let own = self.config.organisation.public();
        let charter = agreed.charter();
        let waits = agreed.parties().get(&own).is_some_and(|party| !party.accepted) && charter.since == 0;
        let accept = Said::Accept(charter.digest);
        if waits
            && !minuting.deciding.waits(&own, &accept)
            && let Err(error) = self.write_word(now, accept)
        {
            tracing::error!(%error, "this organisation's acceptance cannot be written");
        }
    }

    /// Makes this node's statements on decisions that have closed by its clock, or that everyone has answered without
    /// standing in the way.
    fn state_what_closed(&mut self, now: Now, touched: &BTreeSet<DocumentId>) {
        let Some(minuting) = &self.minuting else { return };
        let own = self.config.node.public();
        let signers = minuting.minutes.agreed().signers();
        if !signers.has(&own) {
            return;
        }
        let organisation = self.config.organisation.public();
        let all_needed = signers.are_all_needed();
        let mut due = Vec::new();
        let mut closes: Option<u64> = None;
        for (decision, open) in minuting.deciding.open() {
            let Some((hash, asked)) = open.latest() else { continue };
            if open.statements.get(&hash).is_some_and(|statements| statements.contains_key(&own)) {
                continue;
            }
            // Where every organisation has to sign, none takes part in its own removal.
            if all_needed && asked.silences.contains(&organisation) {
                continue;
            }
            let left = asked.closes.milliseconds().saturating_sub(now.wall.milliseconds());
            // Each voter has a ballot of their own: until there are so many, none has to be read.
            let may_be_answered = touched.contains(decision) && open.ballots.len() >= asked.voters;
            let answered = may_be_answered && self.has_everyone_answered(decision, hash, &open.ballots);
            if left == 0 || answered {
                match self.ballots_held(*decision, hash, &open.ballots) {
                    Ok(ballots) => due.push((*decision, hash, ballots)),
                    Err(error) => tracing::error!(?error, %decision, "ballots cannot be read; nothing is stated"),
                }
            } else {
                let at = now.milliseconds + left;
                closes = Some(closes.map_or(at, |closes| closes.min(at)));
            }
        }
        let node = self.config.node.clone();
        for (decision, hash, ballots) in due {
            let statement = ClosingStatement::make(self.config.network, &node, decision, hash, ballots);
            if let Err(error) = self.write_paper(now, Paper::ClosingStatement(statement), &node) {
                tracing::error!(%error, %decision, "this organisation's closing statement cannot be written");
            }
        }
        if let Some(minuting) = &mut self.minuting {
            minuting.closes = closes;
        }
    }

    /// The ballots under these terms that this node shows and that could count.
    fn ballots_held(
        &self,
        decision: DocumentId,
        terms: TermsHash,
        documents: &BTreeSet<DocumentId>,
    ) -> Result<Vec<ChangeId>, Uncounted> {
        let mut heads = Vec::new();
        for document in documents {
            let standing = self.revocations.standing();
            if let Ok(Some(View::Paper(view))) = crate::view_in(self.storage.as_ref(), document, standing) {
                let cast = view.sheets.iter().filter(|sheet| {
                    view.heads.contains(&sheet.change)
                        && matches!(&sheet.paper, Paper::Ballot(ballot) if ballot.terms == terms)
                });
                heads.extend(cast.map(|sheet| sheet.change));
            }
        }
        counting::holding(self.storage.as_ref(), decision, terms, &heads)
    }

    fn has_everyone_answered(&self, decision: &DocumentId, hash: TermsHash, documents: &BTreeSet<DocumentId>) -> bool {
        let Some(minuting) = &self.minuting else { return false };
        let Ok(heads) = self.ballots_held(*decision, hash, documents) else { return false };
        let agreed = minuting.minutes.agreed();
        let Ok(counted) = counting::count(self.storage.as_ref(), agreed, *decision, hash, &heads) else { return false };
        let asked = counted.terms.electorate.len();
        if counted.voters.len() < asked || !counted.spoiled.is_empty() {
            return false;
        }
        // An objection or a block is there to be talked about until the end.
        counted.voters.values().all(|change| {
            let ballot = self.storage.change(change).ok().flatten().and_then(counting::checked);
            ballot.and_then(|change| Paper::read(&change)).is_some_and(|paper| match paper {
                Paper::Ballot(ballot) => !ballot.position.is_block(),
                _ => false,
            })
        })
    }

    fn minutes_effects(&mut self, work: Work) -> Vec<Effect> {
        for (peer, reason) in work.faults {
            self.part_from(peer, reason);
        }
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

    /// A minute is final: the roster is what it says from now on.
    fn take_up_roster(&mut self, now: Now) {
        let Some(minuting) = &mut self.minuting else { return };
        let agreed = minuting.minutes.agreed().clone();
        minuting.deciding.settle(&agreed);
        // Who signs, and how many have to, may be others now.
        minuting.deciding.touch_all();
        let before = minuting.roster.nodes();
        let known: Vec<PublicKey> = minuting.roster.organisations();
        minuting.roster.turn(agreed);
        let roster = minuting.roster.clone();
        self.revocations.note_departures(roster.departures());
        self.heed_revocations();
        let nodes = roster.nodes();
        if nodes == before {
            return;
        }
        let own = self.config.node.public();
        let others: Vec<PublicKey> = nodes.iter().filter(|node| **node != own).copied().collect();
        let left: Vec<PublicKey> = self.peers.keys().filter(|peer| !nodes.contains(peer)).copied().collect();
        for peer in left {
            let was_connected = self.peers.get(&peer).is_some_and(|peer| peer.connected);
            self.disconnected(now, peer);
            self.peers.remove(&peer);
            if let (true, Some(minuting)) = (was_connected, &mut self.minuting) {
                minuting.farewells.insert(peer, now.milliseconds + limits::FAREWELL_MILLISECONDS);
            }
        }
        for node in &others {
            self.peers.entry(*node).or_insert_with(|| crate::peer::Peer::new(*node));
        }
        self.tell_roster();
        // What waited for these to be known may be looked at now.
        let new = roster.organisations().into_iter().filter(|organisation| !known.contains(organisation));
        let keys: Vec<PublicKey> = new.chain(nodes.into_iter().filter(|node| !before.contains(node))).collect();
        let mut released = Vec::new();
        for key in keys {
            released.extend(self.held.release(crate::held::Awaited::Author(key)));
        }
        self.let_go(now, released);
    }

    /// Says with whom there are to be connections.
    fn tell_roster(&mut self) {
        let Some(minuting) = &self.minuting else { return };
        let own = self.config.node.public();
        let nodes = self.roster.nodes().into_iter().chain(minuting.farewells.keys().copied());
        let nodes = nodes.filter(|node| *node != own).collect();
        self.pending.effects.push(Effect::Roster { nodes });
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

/// Answers the minutes from the storage and what stands.
struct Archive<'a> {
    storage: &'a dyn Storage,
    revocations: &'a Revocations,
}

impl Records for Archive<'_> {
    fn has_list(&self, organisation: &PublicKey, stands: &Stands) -> bool {
        self.revocations.list(organisation, stands).is_some()
    }

    fn weigh(&self, agreed: &Agreed, outcome: &Outcome) -> Weighed {
        let statements = outcome.closing_statements();
        match counting::outcome(self.storage, agreed, outcome.decision, outcome.terms, &statements) {
            Ok(expected) if expected == *outcome => Weighed::Right,
            Ok(_) => Weighed::Wrong("it is not what the ballots come to".into()),
            Err(Uncounted::Lacking) => Weighed::Lacking,
            Err(Uncounted::Wrong(reason)) => Weighed::Wrong(reason),
            Err(Uncounted::Storage(error)) => {
                tracing::error!(%error, "ballots cannot be read");
                Weighed::Lacking
            }
        }
    }

    fn minute(&self, height: u64) -> Option<Vec<u8>> {
        self.storage.local(&minute_name(height)).ok().flatten()
    }
}

/// What the kept minutes make of a network. Each is verified.
pub(crate) fn agreed_in(genesis: &Genesis, storage: &dyn Storage) -> Result<Agreed, StorageError> {
    let mut agreed = Agreed::founded(genesis);
    while let Some((minute, proof)) = minute_in(storage, agreed.height() + 1)? {
        let height = minute.height;
        agreed
            .follow(&minute, &proof)
            .map_err(|error| StorageError::Damaged(format!("minute {height} does not hold: {error}")))?;
    }
    Ok(agreed)
}

/// A kept minute with its proof.
///
/// # Errors
/// When the storage cannot be read, or holds something else there.
pub fn minute_in(storage: &dyn Storage, height: u64) -> Result<Option<(Minute, Proof)>, StorageError> {
    let Some(kept) = storage.local(&minute_name(height))? else { return Ok(None) };
    let read = read_minute(&kept);
    read.map(Some).ok_or_else(|| StorageError::Damaged(format!("what is kept as minute {height} is none")))
}

/// Keeps minutes that somebody handed over, in their order from the first. Each is verified first, and nothing is kept
/// where one does not hold.
///
/// # Errors
/// When the storage cannot take them, or one does not hold.
pub fn keep_minutes(genesis: &Genesis, storage: &dyn Storage, minutes: &[Vec<u8>]) -> Result<Agreed, StorageError> {
    let mut agreed = Agreed::founded(genesis);
    let mut local = Vec::with_capacity(minutes.len());
    for kept in minutes {
        let height = agreed.height() + 1;
        let wrong = |reason: String| StorageError::Damaged(format!("minute {height} does not hold: {reason}"));
        let (minute, proof) = read_minute(kept).ok_or_else(|| wrong("its bytes are none".into()))?;
        agreed.follow(&minute, &proof).map_err(|error| wrong(error.to_string()))?;
        local.push((minute_name(height), Some(kept.clone())));
    }
    storage.commit(&Batch { local, ..Batch::default() })?;
    storage.sync()?;
    Ok(agreed)
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

/// Who of an electorate speaks for this organisation or person is not asked here; this is everyone who is asked.
#[must_use]
pub fn voters_of(electorate: &Electorate) -> Vec<Voter> {
    (0..).map_while(|place| electorate.voter(place)).collect()
}

fn log_name(number: u64) -> String {
    format!("{LOG}{number:010}")
}

fn minute_name(height: u64) -> String {
    format!("minutes/kept/{height:016}")
}

/// Kinds of papers that say what waits.
const PAPERS: [Kind; 4] = [kinds::WORD, kinds::CLOSING_STATEMENT, kinds::DECISION, kinds::BALLOT];
const LOG: &str = "minutes/log/";
const COPIED: &str = "minutes/copied";
