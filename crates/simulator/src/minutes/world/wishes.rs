//! What organisations want: to decide, to come, to go, to rest.

use std::collections::BTreeSet;

use knotwork_governance::{
    BindingRules, ClosingStatement, Effect, Ratio, Said, SignedNode, Stage, Stands, Word, acceptance_bytes,
};
use knotwork_identity::{ChangeId, CharterDigest, DocumentId, PublicKey, SecretKey, Timestamp};
use knotwork_minutes::{Agreed, Matter};

use super::{Happening, World};
use crate::{
    Breach,
    minutes::papers::{Paper, Papers},
};

/// What is under way.
#[derive(Debug, Default)]
pub(crate) struct Wishes {
    /// A change of who signs: one at a time, so that liars are never too many.
    changing: Option<Changing>,
    /// The numbers of words.
    word: u64,
    made: u64,
}

#[derive(Debug)]
enum Changing {
    Word(Box<Word>),
    Decision(DocumentId),
}

impl Wishes {
    /// The network is reconvened: what was under way in it is not any more, and people want other things.
    pub(super) fn begin_anew(&mut self) {
        self.changing = None;
        self.made = 0;
    }

    /// Whether who signs may be about to change.
    pub(super) fn is_changing(&self) -> bool {
        self.changing.is_some()
    }
}

impl World {
    /// Somebody wants something.
    pub(super) fn wish(&mut self) -> Result<(), Breach> {
        if !self.stormy {
            return Ok(());
        }
        let every = self.scenario.wish_every;
        let next = self.dice.between(every / 4, every * 2);
        self.agenda.after(next, Happening::Wish);
        // The storm may be long; a few dozen matters say it all.
        if self.wishes.made >= self.scenario.wishes_max {
            return Ok(());
        }
        self.wishes.made += 1;
        let agreed = self.watch.latest().clone();
        let is_over = self.wishes.changing.as_ref().is_none_or(|changing| match changing {
            Changing::Word(word) => {
                agreed.is_over(&Matter::Word((**word).clone())) || !agreed.parties().contains_key(&word.organisation)
            }
            Changing::Decision(id) => agreed.minute_of(id).is_some(),
        });
        if !is_over || self.dice.chance(350) {
            let effects = match self.dice.below(6) {
                0 => vec![Effect::Stage(*self.dice.pick(&Stage::ALL))],
                1 => vec![self.charter()],
                _ => Vec::new(),
            };
            return self.decide(&agreed, effects).map(|_| ());
        }
        self.wishes.changing = None;
        self.change(&agreed)
    }

    /// The first organisation changes something that everyone has to know, and everyone does at once. Gives when.
    pub(crate) fn want_something(&mut self) -> Result<u64, Breach> {
        let agreed = self.watch.latest().clone();
        let rests =
            agreed.parties().get(&self.cast.organisations[0].public()).is_some_and(|party| party.resting.is_some());
        if rests {
            return Err(Breach::new("the first organisation rests"));
        }
        self.want(0)
    }

    /// A node opens a decision that closes at once. Gives when everyone knows.
    pub(crate) fn want(&mut self, place: usize) -> Result<u64, Breach> {
        let id = DocumentId(self.dice.bytes());
        let now = self.agenda.now();
        let network = self.watch.latest().network();
        let paper = self.papers.open((network, id), Vec::new(), BTreeSet::new(), now);
        self.publish(paper, place)?;
        Ok(now + 2)
    }

    /// Somebody comes, goes, rests, is back, or has another node.
    fn change(&mut self, agreed: &Agreed) -> Result<(), Breach> {
        let place = self.dice.index(self.cast.organisations.len());
        if self.away == Some(place) {
            return Ok(());
        }
        let organisation = self.cast.organisations[place].public();
        let is_liar = !self.nodes[place].is_honest();
        let signers = agreed.signers().len();
        let may_lose = signers > 1 && self.faulty() <= (signers - 2) / 3;
        let stands = Stands { count: 0, digest: self.dice.bytes() };
        let Some(party) = agreed.parties().get(&organisation) else {
            if is_liar {
                return Ok(());
            }
            let node = self.nodes[place].public();
            if agreed.node_was_ever_on(&node) {
                return Ok(());
            }
            let bytes = acceptance_bytes(agreed.network(), organisation, Some(node), None, agreed.charter().digest);
            let acceptance = self.cast.organisations[place].sign(&bytes);
            let node = Some(SignedNode::sign(agreed.network(), organisation, &self.cast.nodes[place]));
            return self.decide_change(agreed, Effect::Admit { organisation, node, host: None, acceptance });
        };
        if !party.accepted {
            // A liar waits until there are enough others.
            if is_liar && self.faulty() > signers / 3 {
                return Ok(());
            }
            return self.speak(agreed, place, Said::Accept(agreed.charter().digest));
        }
        if party.resting.is_some() {
            return self.speak(agreed, place, Said::Return);
        }
        if is_liar || !may_lose {
            return Ok(());
        }
        match self.dice.below(6) {
            0 => self.speak(agreed, place, Said::Leave(stands)),
            1 | 2 => self.speak(agreed, place, Said::Rest(Timestamp::MAX)),
            3 => self.decide_change(agreed, Effect::Remove { organisation, stands }),
            4 => self.decide_change(agreed, Effect::Rest { organisation }),
            _ => {
                // Its own, where another has taken its place, or one that never was anybody's.
                let own = &self.cast.nodes[place];
                let spares = &self.cast.nodes[self.cast.organisations.len()..];
                let mut others = std::iter::once(own).chain(spares);
                let is_free = |other: &&SecretKey| match agreed.organisation_of_node_ever(&other.public()) {
                    Some(whose) => whose == organisation && party.node != Some(other.public()),
                    None => true,
                };
                match others.find(is_free) {
                    Some(other) => {
                        let node = Some(SignedNode::sign(agreed.network(), organisation, other));
                        self.speak(agreed, place, Said::Node { node, host: None })
                    }
                    None => Ok(()),
                }
            }
        }
    }

    fn charter(&mut self) -> Effect {
        let share = Ratio::new(2, 3);
        let rules = BindingRules { admit: share, remove: share, amend: Ratio::new(1, 2), review_months: 6 };
        Effect::Charter { document: DocumentId(self.dice.bytes()), digest: CharterDigest(self.dice.bytes()), rules }
    }

    pub(super) fn speak(&mut self, agreed: &Agreed, place: usize, said: Said) -> Result<(), Breach> {
        self.wishes.word += 1;
        let number = 1_000 + self.wishes.word;
        let word = Word::say(agreed.network(), &self.cast.organisations[place], number, said);
        self.trace.note(self.agenda.now(), format_args!("organisation {place} says {said:?}"));
        self.wishes.changing = Some(Changing::Word(Box::new(word.clone())));
        let paper = self.papers.add(Paper::Word(word));
        self.publish(paper, place)
    }

    fn decide_change(&mut self, agreed: &Agreed, effect: Effect) -> Result<(), Breach> {
        let id = self.decide(agreed, vec![effect])?;
        self.wishes.changing = Some(Changing::Decision(id));
        Ok(())
    }

    /// A decision is opened, and those who are asked answer in time, late, or not at all.
    fn decide(&mut self, agreed: &Agreed, effects: Vec<Effect>) -> Result<DocumentId, Breach> {
        let now = self.agenda.now();
        let electorate = agreed.asked_at(agreed.height()).as_ref().clone();
        let id = DocumentId(self.dice.bytes());
        let closes = now + self.dice.between(20_000, 600_000);
        let decision = self.papers.decisions.len();
        self.trace.note(now, format_args!("decision {decision} is opened, with {} effects", effects.len()));
        let voters = self.organisations_of(&electorate);
        let paper = self.papers.open((agreed.network(), id), effects, electorate, closes);
        let from = self.dice.index(self.nodes.len());
        let from = if self.away == Some(from) { (from + 1) % self.nodes.len() } else { from };
        self.publish(paper, from)?;
        for organisation in voters {
            let at = match self.dice.below(10) {
                0 => continue,
                1 => closes + self.dice.below(60_000),
                _ => self.dice.between(now, closes),
            };
            let yes = self.dice.chance(750);
            self.agenda.at(at, Happening::Cast { organisation, decision, yes });
        }
        for node in 0..self.nodes.len() {
            let at = (closes as i64 - self.nodes[node].wrong_by).max(0) as u64;
            self.agenda.at(at, Happening::Look { node });
        }
        Ok(id)
    }

    fn organisations_of(&self, electorate: &BTreeSet<PublicKey>) -> Vec<usize> {
        let keys = self.cast.organisations.iter().enumerate();
        keys.filter(|(_, key)| electorate.contains(&key.public())).map(|(place, _)| place).collect()
    }

    pub(super) fn cast_ballot(&mut self, organisation: usize, decision: usize, yes: bool) -> Result<(), Breach> {
        if self.away == Some(organisation) {
            return Ok(());
        }
        let key = self.cast.organisations[organisation].public();
        let id = self.fresh_ballot();
        let paper = self.papers.add(Paper::Ballot { decision, id, organisation: key, yes });
        self.publish(paper, organisation)
    }

    /// What a liar says about which ballots it held: nothing, something else to each, ballots that came late or that
    /// nobody has, or the truth.
    pub(super) fn lying_statements(&mut self, place: usize, truth: &ClosingStatement) -> Result<(), Breach> {
        if self.nodes[place].liar.as_mut().is_some_and(crate::minutes::liar::Liar::withholds) {
            return Ok(());
        }
        let network = self.watch.latest().network();
        let key = self.nodes[place].key.clone();
        let make = |ballots: Vec<ChangeId>| ClosingStatement::make(network, &key, truth.decision, truth.terms, ballots);
        let all = all_ballots(&self.papers, &truth.decision);
        let statements = match self.dice.below(5) {
            0 => vec![make(Vec::new())],
            1 => vec![make(all)],
            2 => vec![make(truth.ballots.iter().copied().chain([self.fresh_ballot()]).collect())],
            3 => vec![truth.clone(), make(all.into_iter().take(1).collect())],
            _ => vec![truth.clone()],
        };
        for statement in statements {
            let paper = self.papers.add(Paper::Statement(statement));
            self.publish(paper, place)?;
        }
        Ok(())
    }
}

fn all_ballots(papers: &Papers, decision: &DocumentId) -> Vec<ChangeId> {
    let all: BTreeSet<usize> = (0..papers.papers.len()).collect();
    let Some(place) = papers.decision(decision) else { return Vec::new() };
    papers.ballots_held(place, &all).into_iter().map(|(id, _)| id).collect()
}
