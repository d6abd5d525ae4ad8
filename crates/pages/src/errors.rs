//! Pages for what did not work: what it was, and what to do next.

use axum::{http::StatusCode, response::Response};
use knotwork_accounts::AccountError;
use knotwork_commands::{CommandError, DecisionError, RoleError};
use knotwork_documents::FieldError;
use knotwork_governance::TemperatureError;
use maud::{Markup, html};

use crate::{departed, form::BodyFault, layout::Page, visit::Visit};

/// There is no such page.
pub(crate) async fn not_found(visit: Visit) -> Response {
    missing(&visit)
}

/// There is no such thing.
pub(crate) fn missing(visit: &Visit) -> Response {
    let content = html! {
        p { (visit.text("not-found-why")) }
        p { (visit.text("not-found-next")) }
        (ways(visit))
    };
    say(visit, StatusCode::NOT_FOUND, &visit.text("not-found"), content)
}

/// A page is asked for in a way that it has not.
pub(crate) async fn wrong_method(visit: Visit) -> Response {
    let content = html! { p { (visit.text("wrong-method-why")) } (ways(&visit)) };
    say(&visit, StatusCode::METHOD_NOT_ALLOWED, &visit.text("wrong-method"), content)
}

/// The body of a form cannot be read.
pub(crate) fn unread(visit: &Visit, fault: BodyFault) -> Response {
    let (status, why) = match fault {
        BodyFault::TooLong => (StatusCode::PAYLOAD_TOO_LARGE, visit.text("form-too-long")),
        BodyFault::NotAForm => (StatusCode::UNSUPPORTED_MEDIA_TYPE, visit.text("form-no-form")),
        BodyFault::Lost => (StatusCode::REQUEST_TIMEOUT, visit.text("form-lost")),
    };
    say(visit, status, &visit.text("form-not-read"), html! { p { (why) } })
}

/// A form was not made for this browser, or long ago.
pub(crate) fn foreign_form(visit: &Visit) -> Response {
    let content = html! {
        p { (visit.text("form-foreign-why")) }
        p { (visit.text("form-foreign-next")) }
    };
    say(visit, StatusCode::FORBIDDEN, &visit.text("form-not-read"), content)
}

/// The node could not do something.
pub(crate) fn failure(visit: &Visit, error: &CommandError) -> Response {
    let status = match error {
        CommandError::NotFound(_)
        | CommandError::Account(AccountError::NotFound(_))
        | CommandError::Decision(DecisionError::NoInvitation) => return missing(visit),
        CommandError::Departed(gone) => return departed::page(visit, gone),
        CommandError::Account(AccountError::NotASteward | AccountError::Waiting) => StatusCode::FORBIDDEN,
        CommandError::Field(_) | CommandError::Account(_) => StatusCode::UNPROCESSABLE_ENTITY,
        CommandError::Role(RoleError::NotYours) => StatusCode::FORBIDDEN,
        CommandError::Role(_) => StatusCode::CONFLICT,
        CommandError::Decision(
            DecisionError::NoVoice | DecisionError::NotAsked | DecisionError::Heard | DecisionError::NotYours,
        ) => StatusCode::FORBIDDEN,
        CommandError::Outside(_) => StatusCode::CONFLICT,
        CommandError::Decision(
            DecisionError::AskedAlready
            | DecisionError::AnsweredThemself
            | DecisionError::Outranked
            | DecisionError::Closed
            | DecisionError::TermsClosed
            | DecisionError::NoObjection
            | DecisionError::ObjectionChanged
            | DecisionError::InvitationsFull(_)
            | DecisionError::NotSayable(_)
            | DecisionError::RenewsAlready(_),
        ) => StatusCode::CONFLICT,
        CommandError::Temperature(TemperatureError::NotOpen) => StatusCode::CONFLICT,
        CommandError::Decision(_) | CommandError::Temperature(_) => StatusCode::UNPROCESSABLE_ENTITY,
        CommandError::Stale { .. }
        | CommandError::DoesNotStand
        | CommandError::DocumentFull(_)
        | CommandError::NotAdmitted(_) => StatusCode::CONFLICT,
        CommandError::DiskFull => StatusCode::INSUFFICIENT_STORAGE,
        CommandError::KeyEnded => StatusCode::FORBIDDEN,
        CommandError::Busy | CommandError::Uncertified | CommandError::Stopping => StatusCode::SERVICE_UNAVAILABLE,
        CommandError::Failed(_) => {
            tracing::error!(%error, "a page failed within the node");
            StatusCode::INTERNAL_SERVER_ERROR
        }
    };
    let content = html! {
        p { (sentence(error)) }
        // Whoever may not do something may not do it in a moment either.
        @if status != StatusCode::FORBIDDEN && !matches!(error, CommandError::NotAdmitted(_)) { p { (visit.text("failure-next")) } }
    };
    say(visit, status, &visit.text("failure"), content)
}

/// What went wrong, as a sentence.
pub(crate) fn sentence(error: &CommandError) -> String {
    let text = error.to_string();
    let mut characters = text.chars();
    let first: String = characters.next().map(|first| first.to_uppercase().collect()).unwrap_or_default();
    format!("{first}{}.", characters.as_str())
}

/// What is wrong with a field, and what to do about it.
pub(crate) fn field_sentence(visit: &Visit, error: &FieldError) -> String {
    let field = || visit.text(&format!("field-{}", error.field()));
    match error {
        FieldError::NoTitle | FieldError::Missing { .. } => {
            visit.text_with("field-missing", &[("field", field().into())])
        }
        FieldError::TooLong { limit, .. } => {
            visit.text_with("field-too-long", &[("field", field().into()), ("limit", (*limit).into())])
        }
        FieldError::TooMany { limit, .. } => {
            visit.text_with("field-too-many", &[("field", field().into()), ("limit", (*limit).into())])
        }
        FieldError::Form { form, .. } => {
            visit.text_with("field-form", &[("field", field().into()), ("form", (*form).into())])
        }
        FieldError::Steering { .. } => visit.text_with("field-steering", &[("field", field().into())]),
        FieldError::Before { other, .. } => {
            let other = visit.text(&format!("field-{other}"));
            visit.text_with("field-before", &[("field", field().into()), ("other", other.into())])
        }
        FieldError::Separator { .. } => visit.text("tag-separator"),
    }
}

fn say(visit: &Visit, status: StatusCode, title: &str, content: Markup) -> Response {
    visit.answer(status, Page { title, content, faulty: false, back: None })
}

fn ways(visit: &Visit) -> Markup {
    html! {
        ul {
            li { a href="/" { (visit.text("start-page")) } }
            li { a href="/library" { (visit.text("library")) } }
            li { a href="/help" { (visit.text("help")) } }
        }
    }
}
