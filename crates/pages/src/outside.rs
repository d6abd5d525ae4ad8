//! Outside: what stands above every page of an organisation that is not in the network any more.

use maud::{Markup, html};

use crate::{standing, visit::Visit};

/// Since when it is not, and what that means; nothing while it is in the network.
pub(crate) fn notice(visit: &Visit) -> Markup {
    let Some(outside) = visit.handle().outside() else { return html! {} };
    let went = visit.text_with(standing::went(outside.how), &[("number", outside.since.into())]);
    html! {
        div .warning {
            p { (visit.text("outside")) " " a href={ "/minutes/" (outside.since) } { (went) } }
            p { (visit.text("outside-about")) }
        }
    }
}
