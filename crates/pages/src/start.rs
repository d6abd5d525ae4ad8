//! The start page: what this is, and where to begin.

use axum::{
    http::header,
    response::{IntoResponse, Redirect, Response},
};
use maud::html;

use crate::{
    layout::done,
    texts::Language,
    visit::{Posted, Visit, local_path},
};

/// Shows it. Those who are signed in are led to what needs them.
pub(crate) async fn show(visit: Visit) -> Response {
    if visit.member.is_some() {
        return Redirect::to("/needs").into_response();
    }
    let node = visit.handle();
    let awaits = match node.awaits_set_up() {
        Ok(awaits) => awaits,
        Err(error) => return visit.failure(&error),
    };
    let purpose = match node.network_purpose() {
        Ok(purpose) => purpose,
        Err(error) => return visit.failure(&error),
    };
    if node.waits_to_be_admitted() {
        return show_waiting(&visit, &purpose);
    }
    let content = html! {
        @if visit.query.has("closed") { (done(&visit, &visit.text("account-is-closed"))) }
        p { bdi { (purpose) } }
        p { (visit.text("start-about")) }
        @if awaits {
            p { (visit.text("start-set-up")) }
            p { a .button href="/set-up" { (visit.text("set-up-node")) } }
        } @else {
            p { a .button href="/sign-in" { (visit.text("sign-in")) } }
            h2 { (visit.text("no-account-yet")) }
            p { (visit.text("no-account-next")) }
        }
    };
    visit.page(node.network_name(), content)
}

/// Nothing can be done here before the others have decided.
fn show_waiting(visit: &Visit, purpose: &str) -> Response {
    let node = visit.handle();
    let names = [("organisation", node.organisation_name().into()), ("network", node.network_name().to_owned().into())];
    let content = html! {
        p { bdi { (purpose) } }
        p { (visit.text_with("start-waits", &names)) }
        p { (visit.text("start-waits-next")) }
    };
    visit.page(node.network_name(), content)
}

/// Keeps a choice of language.
pub(crate) async fn choose_language(Posted { visit, fields }: Posted) -> Response {
    let target = local_path(fields.get("next")).to_owned();
    let mut response = Redirect::to(&target).into_response();
    if let Some(cookie) =
        Language::from_tag(fields.get("language")).and_then(|language| visit.language_cookie(language))
    {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}
