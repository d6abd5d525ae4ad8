//! Which decisions follow one, and what it follows itself.

use knotwork_commands::{CommandError, DecisionEntry, DecisionHead, DecisionState, NodeHandle};
use knotwork_identity::DocumentId;
use maud::{Markup, html};

use crate::visit::Visit;

/// A decision that says that it follows another.
pub(crate) struct Following {
    id: DocumentId,
    title: String,
    how: How,
}

/// What came of it for the one that it follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    /// It took its place.
    Renews,
    /// That is not known yet.
    IsOpen,
    /// Nothing: what was decided before stays.
    CameToNothing,
    /// Nothing was decided before either.
    Follows,
}

impl Following {
    /// Whether it took the place of the other.
    pub(crate) fn renews(&self) -> bool {
        self.how == How::Renews
    }

    /// A sentence with a link to it.
    pub(crate) fn shown(&self, visit: &Visit) -> Markup {
        let text = match self.how {
            How::Renews => "followed-by",
            How::IsOpen => "is-asked-anew",
            How::CameToNothing => "was-asked-anew",
            How::Follows => "was-followed-by",
        };
        html! { (visit.text(text)) " " a href={ "/decisions/" (self.id) } { bdi { (self.title) } } }
    }
}

/// The decisions that follow one.
pub(crate) fn of(node: &NodeHandle, entry: &DecisionEntry) -> Result<Vec<Following>, CommandError> {
    let renewing = node.renewed_by(&entry.id, &entry.terms)?;
    let mut heads = node.decisions_following(&entry.id, crate::limits::PAGE)?;
    if let Some(renewing) = renewing.filter(|id| heads.iter().all(|head| head.id != *id)) {
        heads.extend(node.decision_head(&renewing)?);
    }
    let holds = node.was_agreed(&entry.id)? && !entry.minuted.as_ref().is_some_and(|it| it.is_overtaken(&entry.terms));
    let how = |head: &DecisionHead| match head.state {
        _ if renewing == Some(head.id) => How::Renews,
        DecisionState::Open => How::IsOpen,
        DecisionState::Final | DecisionState::Lapsed if holds => How::CameToNothing,
        DecisionState::Closed | DecisionState::Final | DecisionState::Lapsed => How::Follows,
    };
    Ok(heads.into_iter().map(|head| Following { how: how(&head), id: head.id, title: head.terms.title }).collect())
}

/// Where a document is shown that a decision follows, and what it is.
pub(crate) fn what_is_followed(node: &NodeHandle, id: &DocumentId) -> (String, &'static str) {
    if node.temperature_check(id).is_ok() {
        (format!("/temperature/{id}"), "earlier-temperature")
    } else if node.resource(id).is_ok() {
        (format!("/library/{id}"), "earlier-draft")
    } else {
        (format!("/decisions/{id}"), "earlier-decision")
    }
}
