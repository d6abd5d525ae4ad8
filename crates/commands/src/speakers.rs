//! Speakers: with which voices the members of this organisation may answer, by their mandates and by standing in.

use std::collections::BTreeSet;

use knotwork_governance::{Electorate, Terms, Voter};
use knotwork_identity::{ChangeId, PersonId, PublicKey};

use crate::{CommandError, DelegationEntry, DelegationState, MandateEntry, MandateState, NodeHandle};

/// What gives members of this organisation their voices now, read once for as many members and decisions as are asked about.
pub(crate) struct Speakers {
    organisation: PublicKey,
    /// Whether the organisation is not in the network any more: then nobody has a voice that could be counted.
    is_outside: bool,
    /// The mandates that are held.
    mandates: Vec<MandateEntry>,
    /// The delegations that are in force.
    delegations: Vec<DelegationEntry>,
}

impl NodeHandle {
    /// Who speaks with which voice at this organisation now.
    pub(crate) fn speakers(&self) -> Result<Speakers, CommandError> {
        let organisation = self.organisation_key();
        let mut mandates = self.mandates(&organisation)?;
        mandates.retain(|entry| entry.state == MandateState::Held);
        let mut delegations = self.delegations(&organisation)?;
        delegations.retain(|entry| entry.state == DelegationState::InForce);
        let is_outside = self.outside().is_some();
        Ok(Speakers { organisation, is_outside, mandates, delegations })
    }
}

impl Speakers {
    /// The voices with which a person who signs with this key may answer: the organisation's, if they have a mandate, their
    /// own, and those of colleagues for whom they stand in; each once. None where nothing of theirs could be counted.
    pub(crate) fn voices(&self, person: &PersonId, key: &PublicKey, terms: &Terms) -> Vec<Voter> {
        if self.is_outside {
            return Vec::new();
        }
        let own = self.organisation;
        let is_asked = |voter: &Voter| terms.electorate.place(voter).is_some();
        let has_mandate = self.mandates.iter().any(|entry| entry.is_held_by(person, key));
        let of_all = has_mandate.then_some(Voter::Organisation(own));
        let mut voices: Vec<Voter> = of_all.into_iter().chain([Voter::Person(own, *person)]).filter(is_asked).collect();
        for (voter, _) in self.stood_in(person, terms) {
            if !voices.contains(&voter) {
                voices.push(voter);
            }
        }
        voices
    }

    /// The voices with which a person may answer in the place of colleagues, each with the change that gives it.
    pub(crate) fn stood_in(&self, person: &PersonId, terms: &Terms) -> Vec<(Voter, ChangeId)> {
        let own = self.organisation;
        let held: BTreeSet<ChangeId> = self.mandates.iter().map(|entry| entry.change).collect();
        let theirs = self.delegations.iter();
        let theirs = theirs.filter(|entry| entry.delegation.stand_in == *person && entry.delegation.is_for(terms));
        let voices = theirs.filter_map(|DelegationEntry { delegation, change, .. }| {
            let voter = match terms.electorate {
                Electorate::Persons(_) => Voter::Person(own, delegation.person),
                Electorate::Organisations(_) => {
                    delegation.voices.iter().any(|voice| held.contains(voice)).then_some(Voter::Organisation(own))?
                }
            };
            terms.electorate.place(&voter).map(|_| (voter, *change))
        });
        voices.collect()
    }
}
