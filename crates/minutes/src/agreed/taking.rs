//! Taking in what a minute says: whether it fits, and what it changes.

use std::{collections::BTreeSet, sync::Arc};

use knotwork_governance::{Effect, Said, SignedNode, Stands, Word, acceptance_bytes};
use knotwork_identity::PublicKey;

use crate::{
    Agreed, CharterInForce, Gone, Minute, Misfit, Outcome, Parting, Party, Signers, limits,
    planted::{self, Bug},
    signers::Signer,
};

impl Agreed {
    pub(super) fn check_place(&self, minute: &Minute) -> Result<(), Misfit> {
        if minute.network != self.network {
            return Err(Misfit::Network);
        }
        if minute.height != self.height + 1 || minute.previous != self.hash {
            return Err(Misfit::Place { height: minute.height, expected: self.height + 1 });
        }
        Ok(())
    }

    /// Statements of enough signing organisations, signed by them, and of them all the ballots.
    pub(super) fn check_statements(&self, outcome: &Outcome) -> Result<(), Misfit> {
        if outcome.statements.len() < self.signers.quorum() && !planted::is(Bug::FewStatements) {
            let (found, needed) = (outcome.statements.len(), self.signers.quorum());
            return Err(Misfit::FewStatements { found, needed });
        }
        if !outcome.is_union() {
            return Err(Misfit::NotTheUnion);
        }
        for statement in outcome.closing_statements() {
            let signs = self.signers.verifier(&statement.node);
            if signs.is_none_or(|verifier| statement.verify_with(verifier, self.network).is_err()) {
                return Err(Misfit::Statement(statement.node));
            }
        }
        Ok(())
    }

    pub(super) fn take_word(&mut self, word: &Word) -> Result<(), Misfit> {
        let organisation = word.organisation;
        word.verify(self.network).map_err(|_| Misfit::Signature(organisation))?;
        let charter = self.charter().digest;
        let height = self.height + 1;
        let party = self.parties.get_mut(&organisation).ok_or(Misfit::NotOnRoster(organisation))?;
        if word.number <= party.word {
            return Err(Misfit::SaidBefore(organisation));
        }
        party.word = word.number;
        match word.said {
            Said::Accept(accepted) => {
                if party.accepted || accepted != charter {
                    return Err(Misfit::NothingToAccept(organisation));
                }
                party.accepted = true;
                // Whoever was carried over has been in for longer.
                party.since = if party.since == 0 { height } else { party.since };
            }
            Said::Leave(stands) => self.end(organisation, stands, Parting::Left)?,
            Said::Rest(until) => {
                if party.resting.is_some() {
                    return Err(Misfit::RestsAlready(organisation));
                }
                party.resting = Some(Some(until));
            }
            Said::Return => {
                if party.resting.take().is_none() {
                    return Err(Misfit::DoesNotRest(organisation));
                }
            }
            Said::Node { node, host } => self.place(organisation, node, host, Says::Itself)?,
        }
        self.settle()
    }

    pub(super) fn take_outcome(&mut self, outcome: &Outcome) -> Result<(), Misfit> {
        if self.decided.contains_key(&outcome.decision) {
            return Err(Misfit::Decided(outcome.decision));
        }
        for effect in &outcome.effects {
            self.take_effect(effect)?;
        }
        if outcome.effects.is_empty() { Ok(()) } else { self.settle() }
    }

    pub(super) fn take_effect(&mut self, effect: &Effect) -> Result<(), Misfit> {
        let height = self.height + 1;
        match *effect {
            Effect::Admit { organisation, node, host, acceptance } => {
                if self.parties.contains_key(&organisation) {
                    return Err(Misfit::OnRoster(organisation));
                }
                if self.parties.len() >= limits::PARTIES_MAX {
                    return Err(Misfit::Full);
                }
                let bytes = acceptance_bytes(
                    self.network,
                    organisation,
                    node.map(|node| node.key),
                    host,
                    self.charter().digest,
                );
                organisation.verify(&bytes, &acceptance).map_err(|_| Misfit::Signature(organisation))?;
                let word = self.gone.remove(&organisation).map_or(0, |gone| gone.word);
                let party = Party { node: None, host: None, accepted: true, resting: None, since: height, word };
                self.parties.insert(organisation, party);
                self.place(organisation, node, host, Says::Others)
            }
            Effect::Remove { organisation, stands } => self.end(organisation, stands, Parting::Removed),
            Effect::Rest { organisation } => {
                let party = self.parties.get_mut(&organisation).ok_or(Misfit::NotOnRoster(organisation))?;
                if party.resting.is_some() {
                    return Err(Misfit::RestsAlready(organisation));
                }
                party.resting = Some(None);
                Ok(())
            }
            Effect::Charter { document, digest, rules } => {
                self.charters.push(CharterInForce { document: Some(document), digest, rules, since: height });
                Ok(())
            }
            Effect::Node { organisation, node } => self.place(organisation, Some(node), None, Says::Others),
            Effect::Stage(stage) => {
                self.stage = stage;
                Ok(())
            }
        }
    }

    fn end(&mut self, organisation: PublicKey, stands: Stands, how: Parting) -> Result<(), Misfit> {
        let party = self.parties.remove(&organisation).ok_or(Misfit::NotOnRoster(organisation))?;
        let until = self.height + 1;
        self.gone.insert(organisation, Gone { since: party.since, until, how, stands, word: party.word });
        Ok(())
    }

    /// Gives an organisation a node of its own, or a host.
    fn place(
        &mut self,
        organisation: PublicKey,
        node: Option<SignedNode>,
        host: Option<PublicKey>,
        says: Says,
    ) -> Result<(), Misfit> {
        if node.is_some_and(|node| node.verify(self.network, organisation).is_err()) {
            return Err(Misfit::NotItsNode(organisation));
        }
        let node = node.map(|node| node.key);
        let keys = node.iter().any(|node| {
            self.parties.iter().any(|(key, party)| key == node || party.node == Some(*node) && *key != organisation)
        });
        // A node that once spoke for somebody never speaks for another: its signatures would be mistaken. One of its own
        // that it gave up comes back by its own word alone: others may know that its key was stolen.
        let own = self.parties.get(&organisation).and_then(|party| party.node);
        let comes_back = |whose: &PublicKey| says == Says::Itself && *whose == organisation;
        let used = node
            .iter()
            .any(|node| own != Some(*node) && self.nodes_ever.get(node).is_some_and(|whose| !comes_back(whose)));
        if keys || used || node == Some(organisation) {
            return Err(Misfit::NodeKey(organisation));
        }
        let hosted = host.is_some_and(|host| {
            host != organisation && self.parties.get(&host).is_some_and(|party| party.node.is_some() && party.accepted)
        });
        if node.is_some() == host.is_some() || host.is_some() != hosted {
            return Err(Misfit::Host(organisation));
        }
        let party = self.parties.get_mut(&organisation).ok_or(Misfit::NotOnRoster(organisation))?;
        if (party.node, party.host) == (node, host) {
            return Err(Misfit::NothingChanges(organisation));
        }
        (party.node, party.host) = (node, host);
        self.nodes_ever.extend(node.map(|node| (node, organisation)));
        Ok(())
    }

    /// After a change of the roster: there has to be somebody who signs. Whose host has gone, or has no node any more, is on
    /// the roster without either until it names another: it must not be able to keep its host.
    pub(super) fn settle(&mut self) -> Result<(), Misfit> {
        self.count_signers(self.height + 1);
        if self.signers.is_empty() {
            return Err(Misfit::NobodySigns);
        }
        let hosts: BTreeSet<PublicKey> =
            self.parties.iter().filter(|(_, party)| party.node.is_some()).map(|(key, _)| *key).collect();
        for party in self.parties.values_mut() {
            party.host = party.host.filter(|host| hosts.contains(host));
        }
        Ok(())
    }

    /// Counts anew who signs and who is asked, from the minute of this height on.
    pub(super) fn count_signers(&mut self, height: u64) {
        let signing = self.parties.iter().filter(|(_, party)| party.accepted && party.resting.is_none());
        let asked: BTreeSet<PublicKey> = signing.clone().map(|(key, _)| *key).collect();
        if *self.asked_at(height) != asked {
            self.asked.insert(height, Arc::new(asked));
        }
        let signers = signing.filter_map(|(key, party)| Some(Signer { organisation: *key, node: party.node? }));
        self.signers = Arc::new(Signers::new(signers.collect()));
    }
}

/// Who says where an organisation has its node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Says {
    /// It does.
    Itself,
    /// A decision does.
    Others,
}
