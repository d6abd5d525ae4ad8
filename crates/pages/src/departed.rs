//! Departed: what members are told whose organisation was hosted here, and does not use this node any more.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use knotwork_commands::{Departed, DepartedSeat, Outside};
use maud::{Markup, html};

use crate::{layout::Page, standing, visit::Visit};

/// Instead of every page that they ask for.
pub(crate) async fn show(visit: Visit) -> Response {
    match visit.handle().departed() {
        Some(departed) => page(&visit, &departed),
        // It has come back meanwhile.
        None => Redirect::to("/").into_response(),
    }
}

/// Where their organisation is now, and what they can do.
pub(crate) fn page(visit: &Visit, departed: &Departed) -> Response {
    let said = |name: &str| {
        let names = [("organisation", departed.organisation.clone().into()), ("host", departed.host.clone().into())];
        visit.text_with(name, &names)
    };
    let content = match &departed.seat {
        DepartedSeat::Outside(outside) => gone(visit, outside, said),
        DepartedSeat::OwnNode => html! {
            p { (said("departed-own-node")) }
            p { (said("departed-ask")) }
        },
        DepartedSeat::Host(other) => html! {
            p { (visit.text_with("departed-host", &[("host", other.clone().into())])) }
            p { (said("departed-ask")) }
        },
        DepartedSeat::Nowhere => html! {
            p { (said("departed-nowhere")) }
            p { (said("departed-key")) }
        },
    };
    let title = said("departed");
    visit.answer(StatusCode::FORBIDDEN, Page { title: &title, content, faulty: false, back: None })
}

fn gone(visit: &Visit, outside: &Outside, said: impl Fn(&str) -> String) -> Markup {
    let went = visit.text_with(standing::went(outside.how), &[("number", outside.since.into())]);
    html! {
        p { (visit.text("outside")) " " (went) }
        p { (said("departed-stays")) }
        p { (said("departed-back")) " " (said("departed-key")) }
    }
}
