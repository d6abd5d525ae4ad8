//! Help: how things work, in a few words each.

use axum::response::Response;
use maud::html;

use crate::visit::Visit;

/// Shows it.
pub(crate) async fn show(visit: Visit) -> Response {
    let content = html! {
        @for (title, text) in TOPICS { h2 { (visit.text(title)) } p { (visit.text(text)) } }
    };
    visit.page(&visit.text("help"), content)
}

const TOPICS: [(&str, &str); 6] = [
    ("help-what", "help-what-text"),
    ("help-copies", "help-copies-text"),
    ("help-conflicts", "help-conflicts-text"),
    ("help-back", "help-back-text"),
    ("help-seen", "help-seen-text"),
    ("help-who", "help-who-text"),
];
