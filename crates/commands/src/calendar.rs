//! The calendar: which decisions are still to close, and when. It is kept in memory, so that every page can ask.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use knotwork_documents::{View, kinds};
use knotwork_identity::{DocumentId, TermsHash, Timestamp};

use crate::{CommandError, NodeHandle, follow::Follower};

/// What is known of the ends of decisions.
#[derive(Default)]
pub(crate) struct Calendar {
    known: Mutex<Known>,
    /// Held by whoever hands out reminders.
    pub(crate) reminding: Mutex<()>,
}

/// When a decision opens and closes, by the latest of its terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Term {
    pub(crate) decision: DocumentId,
    /// The hash of those terms.
    pub(crate) terms: TermsHash,
    pub(crate) opens: Timestamp,
    /// As they say, or later, as whoever is asked anew has time to answer.
    pub(crate) open_until: Timestamp,
}

#[derive(Default)]
struct Known {
    follower: Follower,
    terms: BTreeMap<DocumentId, Term>,
}

impl Calendar {
    /// The decisions that are still to close and of which this is so, the first to close first. One may have closed before
    /// its time, as everyone has answered: that is not looked at here.
    pub(crate) fn find(
        &self,
        handle: &NodeHandle,
        is_wanted: impl Fn(&Term) -> bool,
    ) -> Result<Vec<Term>, CommandError> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let Known { follower, terms } = &mut *known;
        if follower.begins_anew(handle) {
            terms.clear();
        }
        if !follower.is_current(handle) {
            follower.catch_up(handle, kinds::DECISION, |document| {
                match latest(handle, document)? {
                    Some(term) => terms.insert(*document, term),
                    None => terms.remove(document),
                };
                Ok(())
            })?;
        }
        // What has closed by its terms may be open for whoever is asked anew: what is final is not.
        let (now, agreed, status) = (handle.now(), handle.agreed(), handle.status());
        terms.retain(|decision, _| agreed.minute_of(decision).is_none());
        let anew = |term: &Term| status.open_until.get(&term.decision).map_or(Timestamp::NONE, |until| *until);
        let ends = terms.values().map(|term| Term { open_until: term.open_until.max(anew(term)), ..term.clone() });
        let mut found: Vec<Term> = ends.filter(|term| now < term.open_until && is_wanted(term)).collect();
        found.sort_by_key(|term| (term.open_until, term.decision));
        Ok(found)
    }
}

/// The latest terms of a decision, unless it is final.
fn latest(handle: &NodeHandle, document: &DocumentId) -> Result<Option<Term>, CommandError> {
    let Some(View::Paper(view)) = handle.any_view(document)? else { return Ok(None) };
    let head = handle.head_of(&view)?.filter(|head| head.minuted.is_none());
    Ok(head.map(|head| Term {
        decision: *document,
        terms: head.hash,
        opens: head.terms.opens,
        open_until: head.terms.closes,
    }))
}
