//! Reminders: which decisions close before long and wait for this member's answer, said once above the next page that they
//! open.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, Method, request},
    middleware::Next,
    response::Response,
};
use knotwork_commands::{Reminder, Whom};
use maud::{Markup, html};

use crate::{dates, limits, state::Pages, visit::Visit};

/// What a member is to be told above the page that they ask for.
pub(crate) async fn due(visit: &Visit, parts: &request::Parts) -> Vec<Reminder> {
    let Some(member) = visit.member.as_ref().filter(|_| parts.method == Method::GET && !is_ahead(&parts.headers))
    else {
        return Vec::new();
    };
    let whom = Whom::member(member);
    // No page fails for want of a reminder.
    visit.read(move |node| node.reminders(whom)).await.unwrap_or_else(|error| {
        tracing::error!(%error, "what a member is to be reminded of cannot be looked up");
        Vec::new()
    })
}

/// The notice; nothing where there is nothing to say.
pub(crate) fn notice(visit: &Visit, reminders: &[Reminder]) -> Markup {
    let (listed, more) = reminders.split_at(reminders.len().min(limits::REMINDERS_LISTED_MAX));
    let line = |reminder: &Reminder| {
        let when = dates::moment(visit, Some(reminder.open_until));
        html! {
            (visit.text_with("reminder-by", &[("when", when.into())])) " "
            a href={ "/decisions/" (reminder.decision) } { bdi { (reminder.title) } }
        }
    };
    html! {
        @if !reminders.is_empty() {
            section .note aria-labelledby="reminder" {
                h2 #reminder { (visit.text("reminder")) }
                @match listed {
                    [only] => p { (line(only)) },
                    listed => ul { @for reminder in listed { li { (line(reminder)) } } },
                }
                @if !more.is_empty() {
                    p { a href="/needs" { (visit.text_with("and-more", &[("count", more.len().into())])) } }
                }
                p { (visit.text("reminder-once")) }
            }
        }
    }
}

/// What a page has said, for whoever sends the page.
#[derive(Clone)]
pub(crate) struct Said(pub(crate) Vec<Reminder>);

/// Notes what a page has said once the page is made, so that one that fails has said nothing. Two pages that are opened at
/// the same moment may both say it: that is better than neither.
pub(crate) async fn note(State(pages): State<Pages>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if let Some(Said(reminders)) = response.extensions_mut().remove() {
        let noted = tokio::task::spawn_blocking(move || pages.handle.note_reminded(&reminders)).await;
        match noted {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "that a member was reminded is not noted: they will be again"),
            Err(error) => tracing::error!(%error, "that a member was reminded is not noted: they will be again"),
        }
    }
    response
}

/// Whether a browser fetches a page before anybody has asked to see it.
fn is_ahead(headers: &HeaderMap) -> bool {
    let purposes = ["sec-purpose", "purpose"].iter().flat_map(|name| headers.get_all(*name));
    purposes.filter_map(|value| value.to_str().ok()).any(|purpose| purpose.contains("prefetch"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_a_browser_fetches_ahead_says_nothing() {
        let says = |name: &'static str, value: &str| {
            is_ahead(&HeaderMap::from_iter([(name.parse().expect("a name"), value.parse().expect("a value"))]))
        };
        assert!(says("sec-purpose", "prefetch;prerender") && says("purpose", "prefetch"));
        assert!(!says("sec-fetch-mode", "navigate") && !is_ahead(&HeaderMap::new()));
    }
}
