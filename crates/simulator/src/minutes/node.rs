//! One node: real minutes, a disk, the documents that it has, and its clocks.

use std::collections::BTreeSet;

use knotwork_governance::ClosingStatement;
use knotwork_identity::{Genesis, PublicKey, SecretKey, sha256};
use knotwork_minutes::{Agreed, Event, Minutes, Work};

use super::{
    disk::Disk,
    liar::Liar,
    papers::{Decision, Desk, Paper, Papers},
};
use crate::Breach;

/// A node.
pub(crate) struct Node {
    pub(crate) place: usize,
    pub(crate) key: SecretKey,
    /// None while it is down.
    pub(crate) minutes: Option<Minutes>,
    pub(crate) disk: Disk,
    /// A copy of the disk that may be restored.
    pub(crate) copy: Option<Disk>,
    pub(crate) held: BTreeSet<usize>,
    pub(crate) liar: Option<Liar>,
    /// Whether its organisation was left behind when the network was reconvened.
    pub(crate) left: bool,
    /// How wrong its clock is, in milliseconds.
    pub(crate) wrong_by: i64,
    /// Decisions for which it has made its statement.
    stated: BTreeSet<usize>,
    /// What was said to wait, as a hash.
    told: [u8; 32],
    pub(crate) starts: u64,
    pub(crate) wake_planned: Option<u64>,
    /// How many documents it had when that was said last.
    arrived: usize,
}

impl Node {
    pub(crate) fn new(place: usize, key: SecretKey, disk: Disk, liar: Option<Liar>, wrong_by: i64) -> Self {
        Self {
            place,
            key,
            minutes: None,
            disk,
            copy: None,
            held: BTreeSet::new(),
            liar,
            left: false,
            wrong_by,
            stated: BTreeSet::new(),
            told: [0; 32],
            starts: 0,
            wake_planned: None,
            arrived: 0,
        }
    }

    pub(crate) fn is_honest(&self) -> bool {
        self.liar.is_none()
    }

    pub(crate) fn public(&self) -> PublicKey {
        self.key.public()
    }

    /// What is agreed here; none while it is down.
    pub(crate) fn agreed(&self) -> Option<&Agreed> {
        self.minutes.as_ref().map(Minutes::agreed)
    }

    /// Starts with what is on the disk.
    pub(crate) fn start(&mut self, seed: u64, genesis: &Genesis) -> Result<(), Breach> {
        let kept = self.disk.open(genesis).map_err(|breach| breach.of_node(self.place))?;
        self.starts += 1;
        let random =
            sha256(&[b"random", &seed.to_be_bytes(), &(self.place as u64).to_be_bytes(), &self.starts.to_be_bytes()]);
        self.minutes = Some(Minutes::open(kept, self.key.clone(), random));
        self.told = [0; 32];
        self.wake_planned = None;
        self.arrived = 0;
        Ok(())
    }

    /// Its clock that never goes back: each node's begins elsewhere.
    pub(crate) fn steady(&self, now: u64) -> u64 {
        now + self.place as u64 * 1_000_003
    }

    /// Hands in what happened.
    pub(crate) fn handle(&mut self, now: u64, event: Event, papers: &Papers) -> Work {
        let steady = self.steady(now);
        let desk = Desk { papers, held: &self.held, disk: &self.disk };
        let Some(minutes) = &mut self.minutes else { return Work::default() };
        minutes.handle(steady, event, &desk);
        minutes.take()
    }

    /// When it wants to be woken, in true time.
    pub(crate) fn wakes_at(&self) -> Option<u64> {
        let at = self.minutes.as_ref()?.next_wake()?;
        Some(at.saturating_sub(self.place as u64 * 1_000_003))
    }

    /// The closing statements that are due.
    pub(crate) fn statements_due(&mut self, now: u64, papers: &Papers) -> Vec<ClosingStatement> {
        let Some(agreed) = self.agreed() else { return Vec::new() };
        if !agreed.signers().has(&self.public()) {
            return Vec::new();
        }
        let network = agreed.network();
        let clock = now as i64 + self.wrong_by;
        let mut due = Vec::new();
        for (place, decision) in papers.decisions.iter().enumerate() {
            let lapsed = decision.network != network;
            if lapsed || self.stated.contains(&place) || !self.has_terms(papers, place) {
                continue;
            }
            let ballots = papers.ballots_held(place, &self.held);
            let voted: BTreeSet<PublicKey> = ballots.iter().map(|(_, organisation)| *organisation).collect();
            let answered = decision.electorate.is_subset(&voted);
            if clock >= decision.closes as i64 || answered || self.most_have_stated(agreed, papers, decision) {
                let ids = ballots.into_iter().map(|(id, _)| id).collect();
                due.push((place, ClosingStatement::make(network, &self.key, decision.id, decision.terms, ids)));
            }
        }
        self.stated.extend(due.iter().map(|(place, _)| *place));
        due.into_iter().map(|(_, statement)| statement).collect()
    }

    /// Whether most of those who sign have made their statements: then it is this clock that is behind.
    fn most_have_stated(&self, agreed: &Agreed, papers: &Papers, decision: &Decision) -> bool {
        let stated: BTreeSet<PublicKey> = self
            .held
            .iter()
            .filter_map(|place| match &papers.papers[*place] {
                Paper::Statement(statement) if statement.decision == decision.id => Some(statement.node),
                _ => None,
            })
            .filter(|node| agreed.signers().has(node))
            .collect();
        2 * stated.len() > agreed.signers().len()
    }

    /// What waits here, if it is something else than what was said last; and whether documents have come since.
    pub(crate) fn news(&mut self, papers: &Papers) -> Vec<Event> {
        let Some(agreed) = self.agreed() else { return Vec::new() };
        let mut events = Vec::new();
        let matters = papers.matters(agreed, &self.held);
        let bytes: Vec<Vec<u8>> = matters.iter().map(|matter| agreed.next(matter.clone()).to_bytes()).collect();
        let parts: Vec<&[u8]> = bytes.iter().map(Vec::as_slice).collect();
        let told = sha256(&parts);
        if self.arrived != self.held.len() {
            self.arrived = self.held.len();
            events.push(Event::Arrived);
        }
        if told != self.told {
            self.told = told;
            events.push(Event::Waiting(matters));
        }
        events
    }

    fn has_terms(&self, papers: &Papers, decision: usize) -> bool {
        self.held.iter().any(|place| matches!(papers.papers[*place], Paper::Terms(of) if of == decision))
    }
}
