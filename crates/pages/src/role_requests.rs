//! Asking somebody to take on a role, and the answer of whoever is asked: no reason is owed, and "not now" is private.

use axum::{
    extract::Path,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use knotwork_commands::{PersonEntry, RoleRequestEntry};
use knotwork_documents::{RoleName, RoleRequestEdit};
use knotwork_identity::{DocumentId, PersonId};
use maud::html;

use crate::{
    errors,
    form::{Faults, Fields},
    layout::{Input, Kind, Page, error_summary, form, input, radios},
    people::lines,
    roles::{choices, faults_of, name, with_topic},
    visit::{MemberPosted, MemberVisit, Visit},
};

/// Asks for what somebody shall be asked.
pub(crate) async fn show_ask(visit: MemberVisit, Path(person): Path<String>) -> Response {
    match person_of(&visit, &person).await {
        Ok(person) => {
            let mut fields = Fields::default();
            fields.set("key", visit.handle().random_text());
            ask(&visit, &person, &fields, &Faults::default())
        }
        Err(response) => response,
    }
}

/// Asks somebody.
pub(crate) async fn send(Path(person): Path<String>, MemberPosted { visit, fields }: MemberPosted) -> Response {
    let person = match person_of(&visit, &person).await {
        Ok(person) => person,
        Err(response) => return response,
    };
    let Some(role) = RoleName::from_word(fields.get("role")) else {
        return ask(&visit, &person, &fields, &Faults::one("role", visit.text("choose-role")));
    };
    let edit = RoleRequestEdit {
        person: Some(person.person),
        role: Some(role),
        topic: Some(fields.word("topic").to_owned()),
        note: Some(fields.get("note").trim().to_owned()),
        ..RoleRequestEdit::default()
    };
    let nonce = visit.form_nonce(fields.get("key"));
    let began = visit.handle().request_began_as(&visit.member, edit.clone(), nonce);
    if began == Ok(Some(false)) {
        return ask(&visit, &person, &visit.with_fresh_key(fields), &Faults::one("role", visit.text("sent-before")));
    }
    match visit.handle().ask_for_role(&visit.member, edit, nonce).await {
        Ok(_) => Redirect::to("/roles?done=asked").into_response(),
        Err(error) => match faults_of(&visit, &error) {
            Some(faults) => ask(&visit, &person, &fields, &faults),
            None => visit.failure(&error),
        },
    }
}

/// What the reader is asked.
pub(crate) async fn show(visit: MemberVisit, Path(id): Path<String>) -> Response {
    let entry = match request_to(&visit, &id).await {
        Ok(entry) => entry,
        Err(response) => return response,
    };
    let request = &entry.view;
    let accept = form_urlencoded::Serializer::new(String::new())
        .append_pair("role", request.role.word())
        .append_pair("topic", &request.topic)
        .append_pair("request", &request.id.to_string())
        .finish();
    let content = html! {
        p {
            @match &entry.from_name {
                Some(name) => a href={ "/people/" (request.from) } { bdi { (name) } },
                None => (visit.text("somebody")),
            }
            " " (visit.text("asks-you")) " " strong { (with_topic(&visit, request.role, &request.topic)) } "."
        }
        p { (visit.text(&format!("role-about-{}", request.role.word()))) }
        @if !request.note.trim().is_empty() { blockquote { p { (lines(&request.note)) } } }
        p { (visit.text("request-choice")) }
        p { a .button href={ "/roles/take-on?" (accept) } { (visit.text("take-on-role")) } }
        (form(&visit, &format!("/role-requests/{}/decline", request.id), "questions", html! {
            button .second type="submit" { (visit.text("not-now")) }
        }))
    };
    let title = visit.text_with("request-title", &[("role", name(&visit, request.role).into())]);
    visit.answer(StatusCode::OK, Page { title: &title, content, faulty: false, back: Some("/needs") })
}

/// "Not now." Said twice, it is said.
pub(crate) async fn decline(Path(id): Path<String>, MemberPosted { visit, .. }: MemberPosted) -> Response {
    let Ok(document) = id.parse::<DocumentId>() else { return errors::missing(&visit) };
    match visit.handle().decline_request(&visit.member, &document).await {
        Ok(()) => Redirect::to("/needs?done=declined").into_response(),
        Err(error) => visit.failure(&error),
    }
}

/// Takes a request back.
pub(crate) async fn withdraw(Path(id): Path<String>, MemberPosted { visit, .. }: MemberPosted) -> Response {
    let Ok(document) = id.parse::<DocumentId>() else { return errors::missing(&visit) };
    match visit.handle().withdraw_request(&visit.member, &document).await {
        Ok(()) => Redirect::to("/roles?done=withdrawn").into_response(),
        Err(error) => visit.failure(&error),
    }
}

fn ask(visit: &Visit, person: &PersonEntry, fields: &Fields, faults: &Faults) -> Response {
    let optional = |name: &str| format!("{} {}", visit.text(name), visit.text("optional"));
    let question = |name, label: &str, hint: &str, kind| {
        input(&Input { name, label, hint: Some(&visit.text(hint)), kind, autocomplete: None }, fields, faults)
    };
    let path = format!("/people/{}", person.person);
    let content = html! {
        (error_summary(visit, faults))
        p { (visit.text("ask-about")) }
        (form(visit, &format!("{path}/ask"), "questions", html! {
            input type="hidden" name="key" value=(fields.get("key"));
            (radios("role", &visit.text("which-role"), None, &choices(visit), fields, faults))
            (question("topic", &optional("field-topic"), "topic-hint", Kind::Line))
            (question("note", &optional("field-note"), "note-hint", Kind::Lines(4)))
            button type="submit" { (visit.text("ask")) }
            a .button.second href=(path) { (visit.text("cancel")) }
        }))
    };
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let title = visit.text_with("ask-person", &[("name", person.fields.name.clone().into())]);
    visit.answer(status, Page { title: &title, content, faulty: !faults.is_empty(), back: Some(&path) })
}

async fn person_of(visit: &Visit, person: &str) -> Result<PersonEntry, Response> {
    let Ok(person) = person.parse::<PersonId>() else { return Err(errors::missing(visit)) };
    match visit.read(move |node| node.profile_of(&person)).await {
        Ok(entry) => entry.filter(|entry| !entry.left).ok_or_else(|| errors::missing(visit)),
        Err(error) => Err(visit.failure(&error)),
    }
}

/// A request that waits for the reader's answer.
async fn request_to(visit: &MemberVisit, id: &str) -> Result<RoleRequestEntry, Response> {
    let Ok(document) = id.parse::<DocumentId>() else { return Err(errors::missing(visit)) };
    let member = visit.member.clone();
    match visit.read(move |node| node.requests_to(&member)).await {
        Ok(waiting) => {
            let found = waiting.into_iter().find(|entry| entry.view.id == document);
            found.ok_or_else(|| errors::missing(visit))
        }
        Err(error) => Err(visit.failure(&error)),
    }
}
