//! A forgotten passphrase: the link that a steward makes, and the page behind it.

use axum::{extract::Path, http::StatusCode, response::Response};
use knotwork_accounts::AccountError;
use knotwork_commands::CommandError;
use knotwork_identity::PersonId;
use maud::html;
use zeroize::Zeroizing;

use crate::{
    errors,
    form::{Faults, Fields},
    join::percent,
    layout::{Input, Kind, Page, error_summary, form, input},
    sign_in::signed_in,
    visit::{MemberPosted, Posted, Visit},
};

/// Makes a link for a colleague, and shows it once.
pub(crate) async fn make_link(Path(person): Path<String>, MemberPosted { visit, .. }: MemberPosted) -> Response {
    let Ok(person) = person.parse::<PersonId>() else { return errors::missing(&visit) };
    let (text, name) = match visit.handle().reset_link(Some(visit.member.person), person).await {
        Ok((text, _)) => match visit.handle().account(&person) {
            Ok(account) => (text, account.map(|account| account.sign_in_name).unwrap_or_default()),
            Err(error) => return visit.failure(&error),
        },
        Err(error) => return visit.failure(&error),
    };
    let link = format!("http://{}/reset/{text}", visit.host);
    let content = html! {
        div .done role="status" {
            h2 { (visit.text_with("reset-link-made", &[("name", name.clone().into())])) }
            p { (visit.text_with("reset-link-once", &[("name", name.into())])) }
            p { code .secret { (link) } }
        }
    };
    let title = visit.text("reset-link");
    visit.answer(StatusCode::OK, Page { title: &title, content, faulty: false, back: Some("/settings/colleagues") })
}

/// Asks whoever has a link for another passphrase.
pub(crate) async fn show(visit: Visit, Path(text): Path<String>) -> Response {
    ask(&visit, &text, &Faults::default())
}

/// Takes it, and signs in.
pub(crate) async fn reset(Path(text): Path<String>, Posted { visit, fields }: Posted) -> Response {
    let passphrase = Zeroizing::new(fields.get("passphrase").to_owned());
    if passphrase.is_empty() {
        return ask(&visit, &text, &Faults::one("passphrase", visit.text("enter-new-passphrase")));
    }
    match visit.handle().reset(text.clone(), passphrase, visit.browser.clone()).await {
        Ok(token) => signed_in(&visit, &token, "/needs"),
        Err(
            error @ CommandError::Account(
                AccountError::PassphraseShort | AccountError::PassphraseLong | AccountError::PassphraseCommon,
            ),
        ) => ask(&visit, &text, &Faults::one("passphrase", errors::sentence(&error))),
        Err(error) => refused(&visit, &error),
    }
}

fn ask(visit: &Visit, text: &str, faults: &Faults) -> Response {
    let account = match visit.handle().check_reset(text) {
        Ok(account) => account,
        Err(error) => return refused(visit, &error),
    };
    let organisation = visit.handle().organisation_name();
    let whose = [("name", account.sign_in_name.into()), ("organisation", organisation.into())];
    let content = html! {
        (error_summary(visit, faults))
        p { (visit.text_with("reset-about", &whose)) }
        p { (visit.text("reset-key")) }
        (form(visit, &format!("/reset/{}", percent(text)), "questions", html! {
            (input(&Input { name: "passphrase", label: &visit.text("new-passphrase"), hint: Some(&visit.text("passphrase-hint")), kind: Kind::Secret, autocomplete: Some("new-password") }, &Fields::default(), faults))
            button type="submit" { (visit.text("use-passphrase")) }
        }))
    };
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let title = visit.text("reset-title");
    visit.answer(status, Page { title: &title, content, faulty: !faults.is_empty(), back: None })
}

/// What somebody sees whose link does not work, with what to do.
fn refused(visit: &Visit, error: &CommandError) -> Response {
    let status = match error {
        CommandError::Account(AccountError::ResetUsed | AccountError::ResetEnded) => StatusCode::GONE,
        CommandError::Account(AccountError::ResetUnknown) => StatusCode::NOT_FOUND,
        _ => return visit.failure(error),
    };
    let content = html! {
        p { (errors::sentence(error)) }
        p { a href="/sign-in" { (visit.text("sign-in")) } }
    };
    let title = visit.text("link-does-not-work");
    visit.answer(status, Page { title: &title, content, faulty: false, back: None })
}
