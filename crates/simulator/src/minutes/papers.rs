//! Documents, as far as minutes need them: terms, ballots, closing statements and words, and who has which.

use std::collections::{BTreeMap, BTreeSet};

use knotwork_governance::{ClosingStatement, Effect, Stands, Word};
use knotwork_identity::{ChangeId, DocumentId, NetworkId, PublicKey, TermsHash};
use knotwork_minutes::{
    Agreed, Matter, Outcome, Records, Verdict, Weighed,
    planted::{self, Bug},
};

use super::disk::Disk;

/// One document.
#[derive(Debug, Clone)]
pub(crate) enum Paper {
    /// The terms of a decision.
    Terms(usize),
    /// A ballot in it.
    Ballot { decision: usize, id: ChangeId, organisation: PublicKey, yes: bool },
    /// A node's closing statement.
    Statement(ClosingStatement),
    /// An organisation's word.
    Word(Word),
}

/// A decision.
#[derive(Debug, Clone)]
pub(crate) struct Decision {
    pub(crate) id: DocumentId,
    /// In which it was opened: once that is reconvened, it lapses.
    pub(crate) network: NetworkId,
    pub(crate) terms: TermsHash,
    pub(crate) effects: Vec<Effect>,
    pub(crate) electorate: BTreeSet<PublicKey>,
    /// By the true time, in milliseconds.
    pub(crate) closes: u64,
    paper: usize,
}

/// Every document that there is.
#[derive(Debug, Default)]
pub(crate) struct Papers {
    pub(crate) papers: Vec<Paper>,
    pub(crate) decisions: Vec<Decision>,
    ballots: BTreeMap<ChangeId, usize>,
    by_id: BTreeMap<DocumentId, usize>,
}

impl Papers {
    /// Adds a document; gives its number.
    pub(crate) fn add(&mut self, paper: Paper) -> usize {
        let place = self.papers.len();
        if let Paper::Ballot { id, .. } = &paper {
            self.ballots.insert(*id, place);
        }
        self.papers.push(paper);
        place
    }

    /// Adds a decision; gives the number of its terms.
    pub(crate) fn open(
        &mut self,
        (network, id): (NetworkId, DocumentId),
        effects: Vec<Effect>,
        electorate: BTreeSet<PublicKey>,
        closes: u64,
    ) -> usize {
        let paper = self.papers.len();
        let place = self.decisions.len();
        self.by_id.insert(id, place);
        self.decisions.push(Decision { id, network, terms: TermsHash(id.0), effects, electorate, closes, paper });
        self.add(Paper::Terms(place))
    }

    pub(crate) fn decision(&self, id: &DocumentId) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    /// The ballots of a decision among these documents.
    pub(crate) fn ballots_held(&self, decision: usize, held: &BTreeSet<usize>) -> Vec<(ChangeId, PublicKey)> {
        let ballots = held.iter().filter_map(|place| match &self.papers[*place] {
            Paper::Ballot { decision: of, id, organisation, .. } if *of == decision => Some((*id, *organisation)),
            _ => None,
        });
        ballots.collect()
    }

    /// What ballots come to. An organisation with two has none.
    pub(crate) fn count(&self, decision: &Decision, ballots: &[ChangeId]) -> (Vec<u64>, Verdict, Vec<Effect>) {
        let mut votes: BTreeMap<PublicKey, Vec<bool>> = BTreeMap::new();
        for ballot in ballots {
            if let Some(Paper::Ballot { organisation, yes, .. }) = self.ballots.get(ballot).map(|at| &self.papers[*at])
                && decision.electorate.contains(organisation)
            {
                votes.entry(*organisation).or_default().push(*yes);
            }
        }
        let of = |wanted: bool| votes.values().filter(|said| said.as_slice() == [wanted]).count() as u64;
        let (yes, no) = (of(true), of(false));
        let verdict = if yes > no { Verdict::Adopted } else { Verdict::NotAdopted };
        let effects = if verdict == Verdict::Adopted { decision.effects.clone() } else { Vec::new() };
        (vec![yes, no], verdict, effects)
    }

    /// Whether an outcome is right, for somebody who has these documents; none for somebody who has all.
    pub(crate) fn weigh(&self, outcome: &Outcome, held: Option<&BTreeSet<usize>>) -> Weighed {
        let has = |place: &usize| held.is_none_or(|held| held.contains(place));
        let Some(decision) = self.decision(&outcome.decision).map(|place| &self.decisions[place]) else {
            return Weighed::Lacking;
        };
        if !has(&decision.paper) {
            return Weighed::Lacking;
        }
        for ballot in &outcome.ballots {
            match self.ballots.get(ballot) {
                Some(place) if has(place) => match &self.papers[*place] {
                    Paper::Ballot { decision: of, .. } if self.decisions[*of].id == outcome.decision => {}
                    _ => return Weighed::Wrong("a ballot of another decision".into()),
                },
                _ => return Weighed::Lacking,
            }
        }
        let right = self.count(decision, &outcome.ballots);
        if outcome.terms != decision.terms
            || (&outcome.counts, &outcome.verdict, &outcome.effects) != (&right.0, &right.1, &right.2)
        {
            return Weighed::Wrong("other counts".into());
        }
        Weighed::Right
    }

    /// What somebody with these documents can have minuted.
    pub(crate) fn matters(&self, agreed: &Agreed, held: &BTreeSet<usize>) -> Vec<Matter> {
        let mut matters = Vec::new();
        let mut statements: BTreeMap<DocumentId, Vec<ClosingStatement>> = BTreeMap::new();
        for place in held {
            match &self.papers[*place] {
                Paper::Word(word) => matters.push(Matter::Word(word.clone())),
                Paper::Statement(statement)
                    if agreed.minute_of(&statement.decision).is_none() && agreed.signers().has(&statement.node) =>
                {
                    statements.entry(statement.decision).or_default().push(statement.clone());
                }
                _ => {}
            }
        }
        for (id, mut of) in statements {
            let Some(decision) = self.decision(&id).map(|place| &self.decisions[place]) else { continue };
            let here = |ballot: &ChangeId| self.ballots.get(ballot).is_some_and(|place| held.contains(place));
            of.retain(|statement| statement.terms == decision.terms && statement.ballots.iter().all(here));
            let nodes: BTreeSet<PublicKey> = of.iter().map(|statement| statement.node).collect();
            // A mistake that is planted.
            let needed = if planted::is(Bug::FewStatements) { 1 } else { agreed.signers().quorum() };
            if decision.network != agreed.network() || !held.contains(&decision.paper) || nodes.len() < needed {
                continue;
            }
            let empty = Outcome::of(decision.id, decision.terms, &of, (Vec::new(), Verdict::NotDecided, Vec::new()));
            let came_to = self.count(decision, &empty.ballots);
            matters.push(Matter::Outcome(Outcome::of(decision.id, decision.terms, &of, came_to)));
        }
        matters.retain(|matter| !agreed.is_over(matter));
        matters
    }
}

/// What one node answers.
pub(crate) struct Desk<'a> {
    pub(crate) papers: &'a Papers,
    pub(crate) held: &'a BTreeSet<usize>,
    pub(crate) disk: &'a Disk,
}

impl Records for Desk<'_> {
    fn has_list(&self, _: &PublicKey, _: &Stands) -> bool {
        true
    }

    fn weigh(&self, _agreed: &Agreed, outcome: &Outcome) -> Weighed {
        self.papers.weigh(outcome, Some(self.held))
    }

    fn minute(&self, height: u64) -> Option<Vec<u8>> {
        self.disk.minute(height)
    }
}
