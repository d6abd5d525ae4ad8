//! Coming to an account: the first one by the set-up code, all others by an invitation.

use axum::{
    extract::Path,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use knotwork_accounts::AccountError;
use knotwork_commands::{CommandError, Newcomer, Right};
use maud::{Markup, html};
use zeroize::Zeroizing;

use crate::{
    agreement, errors,
    form::{Faults, Fields},
    layout::{Input, Kind, Page, error_summary, form, input, tick},
    sign_in::signed_in,
    visit::{Posted, Visit},
};

/// Where the set-up code is typed in.
pub(crate) async fn show_set_up(visit: Visit) -> Response {
    match visit.handle().awaits_set_up() {
        Ok(true) => {}
        Ok(false) => return Redirect::to("/sign-in").into_response(),
        Err(error) => return visit.failure(&error),
    }
    if let Err(error) = visit.handle().check_admitted() {
        return visit.failure(&error);
    }
    let code = visit.query.word("code");
    let right = Right::SetUp(code.to_owned());
    if !code.is_empty() && visit.handle().check_right(&right).is_ok() {
        return Redirect::to(&format!("/set-up/{}", percent(code))).into_response();
    }
    let mut faults = Faults::default();
    if visit.query.has("code") {
        faults.add("code", errors::sentence(&CommandError::Account(AccountError::SetUpToken)));
    }
    let content = html! {
        (error_summary(&visit, &faults))
        p { (visit.text("set-up-about")) }
        form method="get" action="/set-up" novalidate {
            (input(&Input { name: "code", label: &visit.text("set-up-code"), hint: Some(&visit.text("set-up-code-hint")), kind: Kind::Line, autocomplete: None }, &visit.query, &faults))
            button type="submit" { (visit.text("continue")) }
        }
    };
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let title = visit.text("set-up-node");
    visit.answer(status, Page { title: &title, content, faulty: !faults.is_empty(), back: Some("/") })
}

/// The form of the first member.
pub(crate) async fn show_set_up_form(visit: Visit, Path(token): Path<String>) -> Response {
    let right = Right::SetUp(token);
    let checked = visit.handle().check_admitted().and_then(|()| visit.handle().check_right(&right));
    if let Err(error) = checked {
        return refused(&visit, &error);
    }
    let mut fields = Fields::default();
    fields.set("full-name", visit.handle().first_member_name().unwrap_or_default());
    ask(&visit, &right, &fields, &Faults::default())
}

/// Makes the first account.
pub(crate) async fn set_up(Path(token): Path<String>, posted: Posted) -> Response {
    join_by(posted, Right::SetUp(token)).await
}

/// The form of somebody who was invited.
pub(crate) async fn show_join(visit: Visit, Path(text): Path<String>) -> Response {
    let right = Right::Invitation(text);
    match visit.handle().check_right(&right) {
        Ok(()) => ask(&visit, &right, &Fields::default(), &Faults::default()),
        Err(error) => refused(&visit, &error),
    }
}

/// Makes the account of somebody who was invited.
pub(crate) async fn join(Path(text): Path<String>, posted: Posted) -> Response {
    join_by(posted, Right::Invitation(text)).await
}

/// What somebody sees whom no steward has confirmed yet.
pub(crate) async fn show_waiting(visit: Visit) -> Response {
    match &visit.member {
        None => Redirect::to("/sign-in").into_response(),
        Some(member) if !member.waiting => Redirect::to("/needs").into_response(),
        Some(_) => {
            let content = html! {
                p { (visit.text("waiting-about")) }
                p { (visit.text("waiting-next")) }
                p { a .button.second href="/waiting" { (visit.text("look-again")) } }
            };
            visit.page(&visit.text("waiting"), content)
        }
    }
}

async fn join_by(Posted { visit, fields }: Posted, right: Right) -> Response {
    if let Err(error) = visit.handle().check_right(&right) {
        // Sent twice, the second time by the same person: the account is there, and its passphrase was typed.
        return match again(&visit, &fields, &error).await {
            Some(response) => response,
            None => refused(&visit, &error),
        };
    }
    let faults = check(&visit, &fields);
    if !faults.is_empty() {
        return ask(&visit, &right, &fields, &faults);
    }
    let newcomer = Newcomer {
        sign_in_name: fields.word("name").to_owned(),
        passphrase: Zeroizing::new(fields.get("passphrase").to_owned()),
        name: fields.word("full-name").to_owned(),
    };
    match visit.handle().join(right.clone(), newcomer, visit.browser.clone()).await {
        Ok(token) => signed_in(&visit, &token, "/needs"),
        Err(error) => {
            let field = match &error {
                CommandError::Account(
                    AccountError::PassphraseShort | AccountError::PassphraseLong | AccountError::PassphraseCommon,
                ) => "passphrase",
                CommandError::Account(AccountError::SignInName | AccountError::SignInNameTaken) => "name",
                CommandError::Field(_) => "full-name",
                _ => return refused(&visit, &error),
            };
            ask(&visit, &right, &fields, &Faults::one(field, errors::sentence(&error)))
        }
    }
}

/// Signs in whoever sent the form that made their account once more.
async fn again(visit: &Visit, fields: &Fields, error: &CommandError) -> Option<Response> {
    let used = matches!(error, CommandError::Account(AccountError::InvitationUsed | AccountError::SetUpToken));
    if !used || !check(visit, fields).is_empty() {
        return None;
    }
    let passphrase = Zeroizing::new(fields.get("passphrase").to_owned());
    let token = visit.handle().sign_in(fields.word("name").to_owned(), passphrase, visit.browser.clone()).await.ok()?;
    Some(signed_in(visit, &token, "/needs"))
}

fn check(visit: &Visit, fields: &Fields) -> Faults {
    let mut faults = Faults::default();
    if fields.word("full-name").is_empty() {
        faults.add("full-name", visit.text("enter-full-name"));
    }
    if fields.word("name").is_empty() {
        faults.add("name", visit.text("enter-sign-in-name"));
    }
    if fields.get("passphrase").is_empty() {
        faults.add("passphrase", visit.text("enter-new-passphrase"));
    }
    if !fields.has("agree") {
        faults.add("agree", visit.text("must-agree"));
    }
    faults
}

fn ask(visit: &Visit, right: &Right, fields: &Fields, faults: &Faults) -> Response {
    let (action, title) = match right {
        Right::SetUp(token) => (format!("/set-up/{}", percent(token)), visit.text("set-up-first")),
        Right::Invitation(text) => (format!("/join/{}", percent(text)), visit.text("join-title")),
    };
    let content = html! {
        (error_summary(visit, faults))
        p { (visit.text_with("join-about", &[("organisation", visit.handle().organisation_name().into()), ("network", visit.handle().network_name().into())])) }
        (form(visit, &action, "questions", questions(visit, fields, faults)))
    };
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    visit.answer(status, Page { title: &title, content, faulty: !faults.is_empty(), back: None })
}

fn questions(visit: &Visit, fields: &Fields, faults: &Faults) -> Markup {
    html! {
        (input(&Input { name: "full-name", label: &visit.text("full-name"), hint: Some(&visit.text("full-name-hint")), kind: Kind::Line, autocomplete: Some("name") }, fields, faults))
        (input(&Input { name: "name", label: &visit.text("sign-in-name"), hint: Some(&visit.text("sign-in-name-hint")), kind: Kind::Line, autocomplete: Some("username") }, fields, faults))
        (input(&Input { name: "passphrase", label: &visit.text("passphrase"), hint: Some(&visit.text("passphrase-hint")), kind: Kind::Secret, autocomplete: Some("new-password") }, fields, faults))
        h2 { (visit.text("agreement-and-privacy")) }
        (agreement::section(visit))
        (tick("agree", "yes", &visit.text("i-agree"), fields, faults))
        button type="submit" { (visit.text("make-account")) }
    }
}

fn refused(visit: &Visit, error: &CommandError) -> Response {
    let status = match error {
        CommandError::Account(AccountError::InvitationUsed | AccountError::InvitationEnded) => StatusCode::GONE,
        CommandError::Account(AccountError::InvitationUnknown | AccountError::SetUpToken) => StatusCode::NOT_FOUND,
        _ => return visit.failure(error),
    };
    let title = visit.text("link-does-not-work");
    let content = html! {
        p { (errors::sentence(error)) }
        p { a href="/sign-in" { (visit.text("sign-in")) } }
    };
    visit.answer(status, Page { title: &title, content, faulty: false, back: None })
}

/// Text as a part of a path.
pub(crate) fn percent(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}
