//! What falls with a removal, on the page of the decision: what the list of what stays leaves out of what this node holds.

use knotwork_commands::{Falling, Touched, TouchedDocument, TouchedKind, WhatFalls};
use maud::{Markup, html};

use crate::visit::Visit;

/// What falls, with the documents that it touches.
pub(crate) fn shown(visit: &Visit, organisation: &str, falling: &Falling) -> Markup {
    let named = |name: &str| visit.text_with(name, &[("organisation", organisation.into())]);
    html! {
        h2 { (named("falling")) }
        @match falling {
            Falling::Unlisted => div .note { p { (named("falling-unlisted")) } },
            Falling::Looking { looked_at, of } => div .note {
                p { (visit.text_with("falling-looking", &[("looked", (*looked_at).into()), ("of", (*of).into())])) }
            },
            Falling::TooMuch => div .note { p { (named("falling-too-much")) } },
            Falling::Counted(counted) => (counts(visit, organisation, counted)),
        }
    }
}

fn counts(visit: &Visit, organisation: &str, counted: &WhatFalls) -> Markup {
    let WhatFalls { held, fall, touched } = counted;
    let held_here =
        visit.text_with("falling-held", &[("organisation", organisation.into()), ("count", (*held).into())]);
    html! {
        @if *fall == 0 {
            div .note { p { (held_here) " " (visit.text_with("falling-nothing", &[("count", (*held).into())])) } }
        } @else {
            div .warning {
                p { (held_here) " " (visit.text_with("falling-some", &[("stand", (held - fall).into()), ("fall", (*fall).into())])) }
                p { (visit.text("falling-why")) }
            }
            @match touched {
                Some(touched) => (documents(visit, *fall, touched)),
                None => p { (visit.text("falling-not-looked-up")) },
            }
        }
    }
}

fn documents(visit: &Visit, fall: usize, touched: &Touched) -> Markup {
    let Touched { later, others, documents, more } = touched;
    html! {
        ul {
            li { (visit.text_with("falling-later", &[("count", (*later).into()), ("fall", fall.into())])) }
            li { (visit.text_with("falling-others", &[("count", (*others).into())])) }
        }
        @if !documents.is_empty() {
            h3 { (visit.text("falling-documents")) }
            ul { @for document in documents { li { (line(visit, document)) } } }
            @if *more > 0 { p { (visit.text_with("and-more", &[("count", (*more).into())])) } }
        }
    }
}

fn line(visit: &Visit, document: &TouchedDocument) -> Markup {
    let (kind, path) = match document.what {
        TouchedKind::Resource => ("falling-resource", Some(format!("/library/{}", document.id))),
        TouchedKind::Decision => ("falling-decision", Some(format!("/decisions/{}", document.id))),
        TouchedKind::TemperatureCheck => ("falling-temperature", Some(format!("/temperature/{}", document.id))),
        TouchedKind::Comment(on) => ("falling-comment", Some(format!("/decisions/{on}"))),
        TouchedKind::CommentOnResource(on) => ("falling-comment", Some(format!("/library/{on}"))),
        TouchedKind::Profile(person) => ("falling-profile", Some(format!("/people/{person}"))),
        TouchedKind::Role => ("falling-role", Some("/roles".to_owned())),
        TouchedKind::Other => ("falling-other", None),
    };
    let kind = visit.text(kind);
    html! {
        (kind) ": "
        @match (path, document.title.is_empty()) {
            (Some(path), false) => a href=(path) { bdi { (document.title) } },
            (Some(path), true) => a href=(path) { (visit.text("falling-unnamed")) },
            (None, _) => (visit.text("falling-unnamed")),
        }
        ". " (visit.text(if document.vanishes { "falling-vanishes" } else { "falling-changes" }))
    }
}
