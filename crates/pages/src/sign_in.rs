//! Signing in and out.

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use knotwork_commands::{CommandError, NodeHandle};
use maud::{Markup, html};
use zeroize::Zeroizing;

use crate::{
    errors,
    form::{Faults, Fields},
    layout::{Input, Kind, Page, error_summary, form, input},
    visit::{Posted, Visit, local_path},
};

/// The form.
pub(crate) async fn show(visit: Visit) -> Response {
    if visit.member.is_some() {
        return Redirect::to(local_path(visit.query.get("next"))).into_response();
    }
    if visit.handle().waits_to_be_admitted() {
        // Where it says that nothing can be done yet.
        return Redirect::to("/").into_response();
    }
    let mut fields = Fields::default();
    fields.set("next", local_path(visit.query.get("next")));
    let content = html! {
        @if visit.query.has("ended") { div .note { p { (visit.text("session-ended")) } } }
        (questions(&visit, &fields, &Faults::default()))
    };
    visit.page(&visit.text("sign-in"), content)
}

/// Signs in.
pub(crate) async fn sign_in(Posted { visit, fields }: Posted) -> Response {
    let name = fields.word("name").to_owned();
    let passphrase = Zeroizing::new(fields.get("passphrase").to_owned());
    let mut faults = Faults::default();
    if name.is_empty() {
        faults.add("name", visit.text("enter-sign-in-name"));
    }
    if passphrase.is_empty() {
        faults.add("passphrase", visit.text("enter-passphrase"));
    }
    if faults.is_empty() {
        let signed_in_there = match visit.handle().at_home(&name) {
            Ok(home) => home.sign_in(name, passphrase, visit.browser.clone()).await,
            Err(error) => Err(error),
        };
        match signed_in_there {
            Ok(token) => return signed_in(&visit, &token, local_path(fields.get("next"))),
            Err(error @ CommandError::Account(_)) => faults.add("name", errors::sentence(&error)),
            Err(error) => return visit.failure(&error),
        }
    }
    let title = visit.text("sign-in");
    let content = questions(&visit, &fields, &faults);
    visit.answer(StatusCode::UNPROCESSABLE_ENTITY, Page { title: &title, content, faulty: true, back: None })
}

/// Signs out, here and now.
pub(crate) async fn sign_out(Posted { visit, .. }: Posted) -> Response {
    if let Some(session) = visit.member.as_ref().and_then(|member| member.session.clone()) {
        let ended = visit
            .handle()
            .keeping(move |accounts, _, _| accounts.end_session(&session.account.person, &session.id))
            .await;
        if let Err(error) = ended {
            return visit.failure(&error);
        }
    }
    let mut response = Redirect::to("/").into_response();
    if let Some(cookie) = visit.no_session_cookie() {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// Leads somebody on who is signed in from now on.
pub(crate) fn signed_in(visit: &Visit, token: &str, target: &str) -> Response {
    let mut response = Redirect::to(target).into_response();
    if let Some(cookie) = visit.session_cookie(token) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

fn questions(visit: &Visit, fields: &Fields, faults: &Faults) -> Markup {
    let names: Vec<String> = visit.handle().hosted_handles().iter().map(NodeHandle::organisation_name).collect();
    let hosted = names.join(", ");
    html! {
        (error_summary(visit, faults))
        @if !hosted.is_empty() { p { (visit.text_with("sign-in-hosted", &[("organisations", hosted.into())])) } }
        (form(visit, "/sign-in", "questions", html! {
            input type="hidden" name="next" value=(fields.get("next"));
            (input(&Input { name: "name", label: &visit.text("sign-in-name"), hint: None, kind: Kind::Line, autocomplete: Some("username") }, fields, faults))
            (input(&Input { name: "passphrase", label: &visit.text("passphrase"), hint: None, kind: Kind::Secret, autocomplete: Some("current-password") }, fields, faults))
            button type="submit" { (visit.text("sign-in")) }
        }))
        h2 { (visit.text("forgotten")) }
        p { (visit.text("forgotten-next")) }
    }
}
