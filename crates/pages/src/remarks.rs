//! Remarks: comments, and questions with their answers, on a decision or an entry of the library; and beside the outcome of a
//! decision what follows from it and why somebody disagrees.

use axum::{
    extract::Path,
    response::{IntoResponse, Redirect, Response},
};
use knotwork_commands::{CommandError, CommentDraft, CommentEntry, NodeHandle};
use knotwork_documents::CommentKind;
use knotwork_identity::DocumentId;
use maud::{Markup, html};

use crate::{
    dates, decision, errors,
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

/// What was said on a document.
///
/// # Errors
/// When the store cannot be read.
pub(crate) fn on(node: &NodeHandle, document: &DocumentId) -> Result<Vec<Remark>, CommandError> {
    of(node, node.comments(document)?)
}

/// Of what was said, each with the answers to it.
///
/// # Errors
/// When the store cannot be read.
pub(crate) fn of(node: &NodeHandle, said: Vec<CommentEntry>) -> Result<Vec<Remark>, CommandError> {
    let mut remarks: Vec<Remark> = Vec::new();
    for entry in said {
        let is_question = entry.view.kind == CommentKind::Question;
        let answers = if is_question { node.comments(&entry.view.id)? } else { Vec::new() };
        remarks.push(Remark { entry, answers });
    }
    remarks.sort_by_key(|remark| (remark.entry.view.created, remark.entry.view.id));
    Ok(remarks)
}

/// Something on which remarks are made.
pub(crate) struct Place<'a> {
    /// The document.
    pub(crate) on: DocumentId,
    /// Where it is shown.
    pub(crate) path: String,
    /// As what the reader may say something.
    pub(crate) kinds: Vec<CommentKind>,
    /// What was said.
    pub(crate) remarks: &'a [Remark],
}

/// Says something on a decision.
pub(crate) async fn say(Path(id): Path<String>, MemberPosted { visit, fields }: MemberPosted) -> Response {
    let shown = match decision::find(&visit, &id).await {
        Ok(shown) => shown,
        Err(response) => return response,
    };
    match take(&visit, &shown.place(&visit), &fields).await {
        Ok(response) => response,
        Err(faults) => decision::answer(&visit, &shown, &fields, &faults),
    }
}

/// Takes back what the reader said on a decision.
pub(crate) async fn withdraw(Path(id): Path<String>, posted: MemberPosted) -> Response {
    take_back("/decisions", &id, posted).await
}

/// Says what the reader has written on something.
///
/// # Errors
/// What is wrong with it.
pub(crate) async fn take(visit: &MemberVisit, place: &Place<'_>, fields: &Fields) -> Result<Response, Faults> {
    let kind: Option<CommentKind> = fields.get("kind").parse().ok();
    let kind = kind.filter(|kind| *kind == CommentKind::Answer || place.kinds.contains(kind));
    let kind = kind.ok_or_else(|| Faults::one("kind", visit.text("choose-remark")))?;
    let on = match kind {
        CommentKind::Answer => match place.question(fields.get("question")) {
            Some(question) => question,
            None => return Ok(errors::missing(visit)),
        },
        _ => place.on,
    };
    let text = fields.get("text").trim().to_owned();
    if text.is_empty() {
        return Err(Faults::one("text", visit.text("write-remark")));
    }
    let nonce = visit.form_nonce(fields.get("key"));
    let draft = CommentDraft { kind, text, due: None };
    match visit.handle().comment(&visit.member, on, draft, nonce).await {
        Ok(_) => Ok(Redirect::to(&format!("{}?done=said#remarks", place.path)).into_response()),
        Err(CommandError::Field(error)) => Err(Faults::one(error.field(), errors::field_sentence(visit, &error))),
        Err(error) => Ok(visit.failure(&error)),
    }
}

/// Takes back what the reader said on the thing of this id that is shown below a path.
pub(crate) async fn take_back(below: &str, id: &str, MemberPosted { visit, fields }: MemberPosted) -> Response {
    let Ok(on) = id.parse::<DocumentId>() else { return errors::missing(&visit) };
    let Ok(remark) = fields.word("remark").parse::<DocumentId>() else { return errors::missing(&visit) };
    match visit.handle().withdraw_comment(&visit.member, &remark).await {
        Ok(()) => Redirect::to(&format!("{below}/{on}?done=withdrawn#remarks")).into_response(),
        Err(error) => visit.failure(&error),
    }
}

/// All remarks, and a form to say something.
pub(crate) fn shown(visit: &MemberVisit, place: &Place<'_>, fields: &Fields, faults: &Faults) -> Markup {
    let path = &place.path;
    let kinds = place.kinds.iter();
    let answers: Vec<(String, String, Option<String>)> =
        kinds.map(|kind| (kind.word().to_owned(), name(visit, *kind), Some(about(visit, *kind)))).collect();
    html! {
        h2 #remarks { (visit.text("remarks")) }
        @if place.remarks.is_empty() { p { (visit.text("no-remarks")) } }
        ul .list {
            @for remark in place.remarks {
                li {
                    (one(visit, path, &remark.entry))
                    @if !remark.answers.is_empty() { ul .list { @for answer in &remark.answers { li { (one(visit, path, answer)) } } } }
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

impl Place<'_> {
    /// The question of this id that was asked here.
    fn question(&self, wanted: &str) -> Option<DocumentId> {
        let wanted: DocumentId = wanted.parse().ok()?;
        let is_it = |entry: &CommentEntry| entry.view.kind == CommentKind::Question && entry.view.id == wanted;
        self.remarks.iter().any(|remark| is_it(&remark.entry)).then_some(wanted)
    }
}

fn name(visit: &Visit, kind: CommentKind) -> String {
    visit.text(&format!("remark-{}", kind.word()))
}

fn about(visit: &Visit, kind: CommentKind) -> String {
    visit.text(&format!("remark-about-{}", kind.word()))
}
