//! Which decisions follow which, and which of them took the place of one.

use std::collections::BTreeSet;

use knotwork_documents::kinds;
use knotwork_governance::{Terms, Voter};
use knotwork_identity::{DocumentId, PublicKey};

use crate::{CommandError, DecisionHead, NodeHandle, handle::storage_error};

impl NodeHandle {
    /// The decisions that follow a document: an earlier decision, a temperature check, or a text that was drafted together.
    /// The first of them, and no more than so many.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn decisions_following(&self, document: &DocumentId, most: usize) -> Result<Vec<DecisionHead>, CommandError> {
        let label = document.to_string();
        let listed = self.storage().list(kinds::DECISION, Some(&label), None, most).map_err(storage_error)?;
        let mut heads = Vec::with_capacity(listed.len());
        for key in listed {
            heads.extend(self.decision_head(&key.document)?.filter(|head| head.terms.follows == Some(*document)));
        }
        Ok(heads)
    }

    /// The decision that took the place of one with these terms, if any: it follows it, came to something, and asked everyone
    /// who was asked before and could be asked again, for themself or as their organisation. That somebody says that theirs
    /// follows it says nothing.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn renewed_by(&self, decision: &DocumentId, terms: &Terms) -> Result<Option<DocumentId>, CommandError> {
        let (agreed, people) = (self.agreed(), self.people()?);
        let mut renewing = None;
        self.each_listed(kinds::DECISION, Some(&decision.to_string()), |document| {
            if renewing.is_none()
                && let Some(head) = self.decision_head(document)?
                && head.terms.follows == Some(*decision)
                && self.was_agreed(document)?
            {
                let asked = agreed.asked_at(head.terms.as_of);
                let could_be = |voter: &Voter| match voter {
                    // Whoever rests is not asked, and has not been left out.
                    Voter::Organisation(organisation) => asked.contains(organisation),
                    Voter::Person(organisation, person) => {
                        asked.contains(organisation) && !people.has_left(person, organisation)
                    }
                };
                let organisations: BTreeSet<PublicKey> =
                    head.terms.electorate.voters().map(|voter| *voter.organisation()).collect();
                let is_other_unit =
                    std::mem::discriminant(&head.terms.electorate) != std::mem::discriminant(&terms.electorate);
                let is_asked = |voter: Voter| {
                    head.terms.electorate.place(&voter).is_some()
                        || is_other_unit && organisations.contains(voter.organisation())
                };
                renewing = terms.electorate.voters().filter(could_be).all(is_asked).then_some(*document);
            }
            Ok(())
        })?;
        Ok(renewing)
    }
}
