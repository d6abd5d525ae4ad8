//! Remarks on a decision: comments, questions with their answers, and beside the outcome what follows from it and why
//! somebody disagrees.

use axum::{
    extract::Path,
    response::{IntoResponse, Redirect, Response},
};
use knotwork_commands::{CommandError, CommentEntry, NodeHandle};
use knotwork_documents::CommentKind;
use knotwork_identity::DocumentId;
use maud::{Markup, html};

use crate::{
    dates,
    decision::{self, Shown},
    errors,
    form::{Faults, Fields},
    layout::{Input, Kind, form, input, radios},
    library::contributor,
    people::lines,
    visit::{MemberPosted, MemberVisit, Visit},
};

/// Something that was said, and what was answered to it.
pub(crate) struct Remark {
    entry: CommentEntry,
    answers: Vec<CommentEntry>,
}

/// What was said on a decision.
///
/// # Errors
/// When the store cannot be read.
pub(crate) fn on(node: &NodeHandle, decision: &DocumentId) -> Result<Vec<Remark>, CommandError> {
    let mut remarks: Vec<Remark> = Vec::new();
    for entry in node.comments(decision)? {
        let is_question = entry.view.kind == CommentKind::Question;
        let answers = if is_question { node.comments(&entry.view.id)? } else { Vec::new() };
        remarks.push(Remark { entry, answers });
    }
    remarks.sort_by_key(|remark| (remark.entry.view.created, remark.entry.view.id));
    Ok(remarks)
}

/// Says something.
pub(crate) async fn say(Path(id): Path<String>, MemberPosted { visit, fields }: MemberPosted) -> Response {
    let shown = match decision::find(&visit, &id).await {
        Ok(shown) => shown,
        Err(response) => return response,
    };
    let kind: Option<CommentKind> = fields.get("kind").parse().ok();
    let Some(kind) = kind.filter(|kind| {
        *kind == CommentKind::Answer || visit.handle().sayable(&visit.member, &shown.entry).contains(kind)
    }) else {
        return decision::answer(&visit, &shown, &fields, &Faults::one("kind", visit.text("choose-remark")));
    };
    let on = match kind {
        CommentKind::Answer => match question_of(&shown, fields.get("question")) {
            Some(question) => question,
            None => return errors::missing(&visit),
        },
        _ => shown.entry.id,
    };
    let text = fields.get("text").trim().to_owned();
    if text.is_empty() {
        return decision::answer(&visit, &shown, &fields, &Faults::one("text", visit.text("write-remark")));
    }
    let nonce = visit.form_nonce(fields.get("key"));
    match visit.handle().comment(&visit.member, on, kind, text, nonce).await {
        Ok(_) => Redirect::to(&format!("/decisions/{}?done=said#remarks", shown.entry.id)).into_response(),
        Err(CommandError::Field(error)) => {
            let faults = Faults::one(error.field(), errors::field_sentence(&visit, &error));
            decision::answer(&visit, &shown, &fields, &faults)
        }
        Err(error) => visit.failure(&error),
    }
}

/// Takes back what the reader said.
pub(crate) async fn withdraw(Path(id): Path<String>, MemberPosted { visit, fields }: MemberPosted) -> Response {
    let Ok(decision) = id.parse::<DocumentId>() else { return errors::missing(&visit) };
    let Ok(remark) = fields.word("remark").parse::<DocumentId>() else { return errors::missing(&visit) };
    match visit.handle().withdraw_comment(&visit.member, &remark).await {
        Ok(()) => Redirect::to(&format!("/decisions/{decision}?done=withdrawn#remarks")).into_response(),
        Err(error) => visit.failure(&error),
    }
}

/// All remarks, and a form to say something.
pub(crate) fn shown(
    visit: &MemberVisit,
    decision: &Shown,
    remarks: &[Remark],
    fields: &Fields,
    faults: &Faults,
) -> Markup {
    let path = format!("/decisions/{}", decision.entry.id);
    let kinds = visit.handle().sayable(&visit.member, &decision.entry);
    let answers: Vec<(String, String, Option<String>)> =
        kinds.iter().map(|kind| (kind.word().to_owned(), name(visit, *kind), Some(about(visit, *kind)))).collect();
    html! {
        h2 #remarks { (visit.text("remarks")) }
        @if remarks.is_empty() { p { (visit.text("no-remarks")) } }
        ul .list {
            @for remark in remarks {
                li {
                    (one(visit, &path, &remark.entry))
                    @if !remark.answers.is_empty() { ul .list { @for answer in &remark.answers { li { (one(visit, &path, answer)) } } } }
                    @if remark.entry.view.kind == CommentKind::Question {
                        @let id = format!("answer-{}", remark.entry.view.id);
                        details {
                            summary { (visit.text("answer-question")) }
                            (form(visit, &format!("{path}/remarks"), "questions", html! {
                                input type="hidden" name="key" value=(visit.handle().random_text());
                                input type="hidden" name="kind" value=(CommentKind::Answer.word());
                                input type="hidden" name="question" value=(remark.entry.view.id);
                                div .question { label for=(id) { (visit.text("your-answer")) } textarea id=(id) name="text" rows="3" {} }
                                button .second type="submit" { (visit.text("answer-question")) }
                            }))
                        }
                    }
                }
            }
        }
        h3 { (visit.text("say-something")) }
        (form(visit, &format!("{path}/remarks"), "questions", html! {
            input type="hidden" name="key" value=(visit.handle().random_text());
            (radios("kind", &visit.text("what-kind-of-remark"), None, &answers, fields, faults))
            (input(&Input { name: "text", label: &visit.text("remark-text"), hint: Some(&visit.text("remark-hint")), kind: Kind::Lines(4), autocomplete: None }, fields, faults))
            button .second type="submit" { (visit.text("say-it")) }
        }))
    }
}

fn one(visit: &MemberVisit, path: &str, entry: &CommentEntry) -> Markup {
    let view = &entry.view;
    html! {
        p { strong { (name(visit, view.kind)) } ": " (lines(&view.text)) }
        p .facts { (contributor(visit, &entry.by)) ", " (dates::moment(visit, view.created)) }
        @if view.owner == visit.member.public_key() {
            (form(visit, &format!("{path}/remarks/withdraw"), "plain", html! {
                input type="hidden" name="remark" value=(view.id);
                button .link type="submit" { (visit.text("take-remark-back")) span .unseen { ": " (dates::moment(visit, view.created)) } }
            }))
        }
    }
}

fn question_of(shown: &Shown, wanted: &str) -> Option<DocumentId> {
    let wanted: DocumentId = wanted.parse().ok()?;
    shown.questions().any(|question| question == wanted).then_some(wanted)
}

impl Remark {
    /// The question that it is, if it is one.
    pub(crate) fn question(&self) -> Option<DocumentId> {
        (self.entry.view.kind == CommentKind::Question).then_some(self.entry.view.id)
    }
}

fn name(visit: &Visit, kind: CommentKind) -> String {
    visit.text(&format!("remark-{}", kind.word()))
}

fn about(visit: &Visit, kind: CommentKind) -> String {
    visit.text(&format!("remark-about-{}", kind.word()))
}
