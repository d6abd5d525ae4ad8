//! Proposals that change something for everyone and have a form of their own: why, whom it might harm, how it would be
//! decided, and opening the decision once.

use axum::response::{IntoResponse, Redirect, Response};
use knotwork_commands::{CommandError, DecisionDraft, DecisionState, NodeHandle};
use knotwork_governance::{Effect, Terms};
use knotwork_identity::DocumentId;
use maud::{Markup, html};

use crate::{
    charter::refusal,
    decision_form::{Preview, check_text},
    form::{Faults, Fields},
    layout::{Input, Kind, input, summary},
    visit::{MemberVisit, Visit},
};

/// What is proposed.
#[derive(Debug, Clone)]
pub(crate) struct Proposal {
    /// What the decision is called; what is too long is cut.
    pub(crate) title: String,
    pub(crate) effect: Effect,
}

/// What would follow if somebody opened the decision now.
pub(crate) struct Prospect {
    pub(crate) terms: Terms,
    preview: Preview,
    /// Open decisions that would change the same.
    open: Vec<(DocumentId, String)>,
}

impl Proposal {
    /// What would follow, by the charter's usual method.
    ///
    /// # Errors
    /// When nobody could decide so, or the store cannot be read.
    pub(crate) async fn prospect(&self, visit: &MemberVisit) -> Result<Prospect, CommandError> {
        let (proposal, member) = (self.clone(), visit.member.clone());
        let look = move |node: &NodeHandle| {
            let mut draft = proposal.draft(node, &Fields::default())?;
            // Why it is proposed is not written yet.
            draft.text.clone_from(&proposal.title);
            let terms = node.preview_decision(&member, draft)?;
            let preview = Preview::of(node, &terms)?;
            let changes_it = |effect: &Effect| is_same(effect, &proposal.effect);
            let decisions = node.decisions()?.into_iter();
            let open = decisions
                .filter(|entry| entry.state == DecisionState::Open && entry.terms.effects.iter().any(changes_it));
            Ok(Prospect { terms, preview, open: open.map(|entry| (entry.id, entry.terms.title)).collect() })
        };
        visit.read(look).await
    }

    /// Opens the decision and leads to its page. Sent twice with one key, it is opened once.
    ///
    /// # Errors
    /// What has to be put right before it can be opened; the form then needs another key.
    pub(crate) async fn open(&self, visit: &MemberVisit, fields: &Fields) -> Result<Response, Faults> {
        let nonce = visit.form_nonce(fields.get("key"));
        let (proposal, member, answers) = (self.clone(), visit.member.clone(), fields.clone());
        let prepared = visit
            .read(move |node| {
                let draft = proposal.draft(node, &answers)?;
                Ok((node.decision_began_as(&member, draft.clone(), nonce)?, draft))
            })
            .await;
        let opened = match prepared {
            // By the way back to a form that was sent: what differs now would be lost.
            Ok((Some(false), _)) => return Err(Faults::one("why", visit.text("sent-before"))),
            Ok((_, draft)) => visit.handle().open_decision(&visit.member, draft, nonce).await,
            Err(error) => Err(error),
        };
        match opened {
            Ok(decision) => Ok(Redirect::to(&format!("/decisions/{decision}?done=opened")).into_response()),
            Err(error) => match refusal(&error) {
                Some(sentence) => Err(Faults::one("why", sentence)),
                None => Ok(visit.failure(&error)),
            },
        }
    }

    fn draft(&self, node: &NodeHandle, fields: &Fields) -> Result<DecisionDraft, CommandError> {
        let charter = node.usual_charter()?;
        let (title, text) = (Terms::fitting_title(&self.title), fields.get("why").trim().to_owned());
        let mut draft = node.usual_draft(&charter, title, text, self.effect.clone());
        draft.left_out = fields.get("left-out").trim().to_owned();
        Ok(draft)
    }
}

impl Prospect {
    /// Open decisions about the same, so that nobody opens another unknowing, and how this one would be taken.
    pub(crate) fn shown(&self, visit: &Visit) -> Markup {
        html! {
            @for (decision, title) in &self.open {
                div .note { p { (visit.text("proposed-already")) " " a href={ "/decisions/" (decision) } { bdi { (title) } } } }
            }
            h2 { (visit.text("how-it-is-decided")) }
            (summary(&self.preview.rows(visit, &self.terms)))
        }
    }
}

/// The questions that every such proposal asks, and the key of its form.
pub(crate) fn questions(visit: &Visit, fields: &Fields, faults: &Faults) -> Markup {
    let question = |name, label: &str, hint: &str, rows| {
        let kind = Kind::Lines(rows);
        input(&Input { name, label, hint: Some(&visit.text(hint)), kind, autocomplete: None }, fields, faults)
    };
    let left_out = format!("{} {}", visit.text("who-is-left-out"), visit.text("optional"));
    html! {
        input type="hidden" name="key" value=(fields.get("key"));
        (question("why", &visit.text("charter-why"), "charter-why-hint", 5))
        (question("left-out", &left_out, "left-out-hint", 4))
    }
}

/// What is wrong with the answers to [`questions`].
pub(crate) fn check(visit: &Visit, fields: &Fields) -> Faults {
    let mut faults = Faults::default();
    if fields.get("why").trim().is_empty() {
        faults.add("why", visit.text("enter-why"));
    }
    check_text(visit, fields, "why", Terms::TEXT_BYTES_MAX, &mut faults);
    check_text(visit, fields, "left-out", Terms::SUMMARY_BYTES_MAX, &mut faults);
    faults
}

/// The fields of a form that nobody has filled in.
pub(crate) fn blank(visit: &MemberVisit) -> Fields {
    visit.with_fresh_key(Fields::default())
}

/// Whether two effects change the same. What stands of an organisation is counted anew each time.
fn is_same(one: &Effect, other: &Effect) -> bool {
    match (one, other) {
        (Effect::Remove { organisation, .. }, Effect::Remove { organisation: same, .. }) => organisation == same,
        (Effect::Stage(_), Effect::Stage(_)) | (Effect::Charter { .. }, Effect::Charter { .. }) => true,
        (one, other) => one == other,
    }
}

#[cfg(test)]
mod tests {
    use knotwork_governance::{Stage, Stands};
    use knotwork_identity::PublicKey;

    use super::*;

    #[test]
    fn what_is_proposed_already_is_known_again() {
        let organisation = PublicKey([1; 32]);
        let remove = |count| Effect::Remove { organisation, stands: Stands { count, digest: [0; 32] } };
        assert!(is_same(&remove(1), &remove(2)));
        assert!(is_same(&Effect::Stage(Stage::Dormant), &Effect::Stage(Stage::Emerging)));
        assert!(!is_same(&remove(1), &Effect::Rest { organisation }));
        assert!(!is_same(&Effect::Rest { organisation }, &Effect::Rest { organisation: PublicKey([2; 32]) }));
    }
}
