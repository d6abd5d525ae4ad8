//! What the minutes ask of the storage.

use knotwork_governance::Stands;
use knotwork_identity::PublicKey;
use knotwork_minutes::{Agreed, Outcome, Records, Weighed};

use crate::{
    Storage,
    counting::{self, Uncounted},
    kept_minutes::minute_name,
    revocations::Revocations,
};

/// Answers the minutes from the storage and what stands.
pub(crate) struct Archive<'a> {
    pub(crate) storage: &'a dyn Storage,
    pub(crate) revocations: &'a Revocations,
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
