//! Who does what because of a decision: what people take on themselves, and say that it is done. Nobody is given anything to
//! do.

use axum::{
    extract::Path,
    response::{IntoResponse, Redirect, Response},
};
use knotwork_commands::{CommandError, CommentDraft, CommentEntry};
use knotwork_documents::{CommentKind, Date};
use knotwork_identity::DocumentId;
use maud::{Markup, html};

use crate::{
    dates,
    decision::{self, Shown},
    errors,
    form::{Faults, Fields},
    layout::{Input, Kind, form, input},
    library::contributor,
    people::lines,
    visit::{MemberPosted, MemberVisit},
};

/// Takes something on.
pub(crate) async fn take_on(Path(id): Path<String>, MemberPosted { visit, fields }: MemberPosted) -> Response {
    let shown = match decision::find(&visit, &id).await {
        Ok(shown) => shown,
        Err(response) => return response,
    };
    let due = fields.word("due");
    let mut faults = Faults::default();
    if fields.get("task").trim().is_empty() {
        faults.add("task", visit.text("write-task"));
    }
    if !due.is_empty() && due.parse::<Date>().is_err() {
        faults.add("due", visit.text("due-wrong"));
    }
    if !faults.is_empty() {
        return decision::answer(&visit, &shown, &fields, &faults);
    }
    let draft = CommentDraft {
        kind: CommentKind::Task,
        text: fields.get("task").trim().to_owned(),
        due: (!due.is_empty()).then(|| due.to_owned()),
    };
    let nonce = visit.form_nonce(fields.get("key"));
    match visit.handle().comment(&visit.member, shown.entry.id, draft, nonce).await {
        Ok(_) => back(&shown.entry.id, "taken-on"),
        Err(CommandError::Field(error)) => {
            let field = if error.field() == "text" { "task" } else { error.field() };
            let faults = Faults::one(field, errors::field_sentence(&visit, &error));
            decision::answer(&visit, &shown, &fields, &faults)
        }
        Err(error) => visit.failure(&error),
    }
}

/// Says that something is done, or is not after all.
pub(crate) async fn settle(Path(id): Path<String>, MemberPosted { visit, fields }: MemberPosted) -> Response {
    let Ok(decision) = id.parse::<DocumentId>() else { return errors::missing(&visit) };
    let Ok(task) = fields.word("task").parse::<DocumentId>() else { return errors::missing(&visit) };
    let done = fields.get("done") == "yes";
    match visit.handle().set_task_done(&visit.member, &task, done).await {
        Ok(()) => back(&decision, if done { "task-done" } else { "task-not-done" }),
        Err(error) => visit.failure(&error),
    }
}

/// What people have taken on, and a form to take something on; nothing while the decision is open.
pub(crate) fn shown(visit: &MemberVisit, decision: &Shown, fields: &Fields, faults: &Faults) -> Markup {
    if !decision.entry.state.is_over() {
        return html! {};
    }
    let path = format!("/decisions/{}", decision.entry.id);
    html! {
        h2 #tasks { (visit.text("who-does-what")) }
        @if decision.tasks.is_empty() { p { (visit.text("no-tasks")) } }
        ul .list { @for task in &decision.tasks { li { (one(visit, &path, task)) } } }
        h3 { (visit.text("take-something-on")) }
        (form(visit, &format!("{path}/tasks"), "questions", html! {
            input type="hidden" name="key" value=(visit.handle().random_text());
            (input(&Input { name: "task", label: &visit.text("what-you-will-do"), hint: Some(&visit.text("remark-hint")), kind: Kind::Line, autocomplete: None }, fields, faults))
            (input(&Input { name: "due", label: &format!("{} {}", visit.text("until-when"), visit.text("optional")), hint: None, kind: Kind::Date, autocomplete: None }, fields, faults))
            button .second type="submit" { (visit.text("take-it-on")) }
        }))
    }
}

fn one(visit: &MemberVisit, path: &str, task: &CommentEntry) -> Markup {
    let view = &task.view;
    let is_late = !view.done && view.due.is_some_and(|due| due < visit.handle().today());
    let (button, done) = if view.done { ("task-is-not-done", "no") } else { ("task-is-done", "yes") };
    html! {
        p {
            strong .tag { (visit.text(if view.done { "task-state-done" } else { "task-state-open" })) } " "
            (lines(&view.text))
        }
        p .facts {
            (contributor(visit, &task.by))
            @if let Some(due) = view.due {
                ", " (visit.text_with("task-due", &[("day", dates::date(due).into())]))
                @if is_late { " " strong { (visit.text("task-late")) } }
            }
        }
        @if view.owner == visit.member.public_key() {
            (form(visit, &format!("{path}/tasks/settle"), "plain", html! {
                input type="hidden" name="task" value=(view.id);
                button .link type="submit" name="done" value=(done) { (visit.text(button)) span .unseen { ": " (beginning(&view.text)) } }
            }))
            (form(visit, &format!("{path}/remarks/withdraw"), "plain", html! {
                input type="hidden" name="remark" value=(view.id);
                button .link type="submit" { (visit.text("take-remark-back")) span .unseen { ": " (beginning(&view.text)) } }
            }))
        }
    }
}

/// How a text begins that names a task where there is no room for all of it.
pub(crate) fn beginning(text: &str) -> String {
    let begins = &text[..text.floor_char_boundary(BEGINNING_BYTES)];
    if begins.len() < text.len() { format!("{begins}…") } else { text.to_owned() }
}

fn back(decision: &DocumentId, done: &str) -> Response {
    Redirect::to(&format!("/decisions/{decision}?done={done}#tasks")).into_response()
}

/// About two lines of a heading.
const BEGINNING_BYTES: usize = 150;
