//! The network's agreement and privacy notice, which everybody accepts before the first use.

use axum::response::{IntoResponse, Redirect, Response};
use knotwork_commands::AGREEMENT_VERSION;
use maud::{Markup, html};

use crate::{
    layout::form,
    markdown::{markdown, markdown_of_page},
    visit::{Posted, Visit},
};

/// The texts alone.
pub(crate) async fn show_text(visit: Visit) -> Response {
    let content = texts(&visit, markdown_of_page);
    visit.page(&visit.text("agreement-and-privacy"), content)
}

/// Asks a member to accept a newer version.
pub(crate) async fn show(visit: Visit) -> Response {
    let Some(member) = &visit.member else { return Redirect::to("/sign-in").into_response() };
    if member.agreed {
        return Redirect::to("/agreement/text").into_response();
    }
    let content = html! {
        p { (visit.text("agreement-new")) }
        (texts(&visit, markdown_of_page))
        (form(&visit, "/agreement", "questions", html! { button type="submit" { (visit.text("i-agree")) } }))
    };
    visit.page(&visit.text("agreement-and-privacy"), content)
}

/// Notes that a member accepts.
pub(crate) async fn accept(Posted { visit, .. }: Posted) -> Response {
    let Some(member) = &visit.member else { return Redirect::to("/sign-in").into_response() };
    let person = member.person;
    let accepted = visit
        .handle()
        .keeping(move |accounts, now, _| accounts.accept_agreement(&person, AGREEMENT_VERSION, now))
        .await;
    match accepted {
        Ok(_) => Redirect::to("/needs").into_response(),
        Err(error) => visit.failure(&error),
    }
}

/// Both texts with their version, in a section of a page.
pub(crate) fn section(visit: &Visit) -> Markup {
    texts(visit, markdown)
}

fn texts(visit: &Visit, markdown: impl Fn(&str) -> Markup) -> Markup {
    html! {
        div .note {
            (markdown(include_str!("../texts/agreement.en.md")))
            (markdown(include_str!("../texts/privacy.en.md")))
            p .small { (visit.text_with("agreement-version", &[("version", AGREEMENT_VERSION.into())])) }
        }
    }
}
