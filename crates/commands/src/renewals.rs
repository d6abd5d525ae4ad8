//! Which decisions follow which, and which of them took the place of one.

use knotwork_documents::kinds;
use knotwork_governance::Terms;
use knotwork_identity::DocumentId;

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
    /// who was asked before and is still in the network. That somebody says that theirs follows it says nothing.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn renewed_by(&self, decision: &DocumentId, terms: &Terms) -> Result<Option<DocumentId>, CommandError> {
        let agreed = self.agreed();
        let mut renewing = None;
        self.each_listed(kinds::DECISION, Some(&decision.to_string()), |document| {
            if renewing.is_none()
                && let Some(head) = self.decision_head(document)?
                && head.terms.follows == Some(*decision)
                && self.was_agreed(document)?
            {
                let mut still =
                    terms.electorate.voters().filter(|voter| agreed.parties().contains_key(voter.organisation()));
                renewing = still.all(|voter| head.terms.electorate.place(&voter).is_some()).then_some(*document);
            }
            Ok(())
        })?;
        Ok(renewing)
    }
}
