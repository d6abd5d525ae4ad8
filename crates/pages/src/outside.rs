//! Outside: what stands above every page of an organisation that is not in the network any more.

use maud::{Markup, html};

use crate::{standing, visit::Visit};

/// Since when it is not, and what that means; or that the others do not serve its node, which knows nothing more. Nothing while
/// it is in the network.
pub(crate) fn notice(visit: &Visit) -> Markup {
    let Some(outside) = visit.handle().outside() else { return turned_away(visit) };
    let went = visit.text_with(standing::went(outside.how), &[("number", outside.since.into())]);
    html! {
        div .warning {
            p { (visit.text("outside")) " " a href={ "/minutes/" (outside.since) } { (went) } }
            p { (visit.text("outside-about")) }
        }
    }
}

fn turned_away(visit: &Visit) -> Markup {
    let Some(turned_away) = visit.handle().turned_away() else { return html! {} };
    html! {
        div .warning {
            p { (visit.text_with("turned-away", &[("names", turned_away.by.join(", ").into())])) }
            p { (visit.text("turned-away-about")) }
        }
    }
}
