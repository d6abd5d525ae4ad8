//! Answers to a decision, and the objections among them, as far as the reader may see them.

use knotwork_commands::{EarlierPositions, ObjectionEntry, ObjectionState, PositionEntry, Visible};
use knotwork_governance::Terms;
use maud::{Markup, html};

use crate::{dates, decision::Shown, library::contributor, people::lines, positions, visit::Visit};

/// Every answer with its reason, or when the reader will see them.
pub(crate) fn table(visit: &Visit, shown: &Shown) -> Markup {
    let entry = &shown.entry;
    if let Some(hidden) = hidden(visit, shown) {
        return html! { p { (hidden) } };
    }
    if entry.positions.is_empty() {
        return html! { p { (visit.text("no-positions")) } };
    }
    rows(visit, shown, &entry.terms, &entry.positions, entry.answered())
}

/// What was answered to versions that are not in force, folded away.
pub(crate) fn earlier(visit: &Visit, shown: &Shown) -> Markup {
    html! {
        @for EarlierPositions { terms, positions } in shown.earlier.iter().filter(|_| hidden(visit, shown).is_none()) {
            details {
                summary { (visit.text_with("earlier-answers", &[("version", terms.version.into())])) }
                (rows(visit, shown, terms, positions, positions.len()))
            }
        }
    }
}

fn rows(visit: &Visit, shown: &Shown, terms: &Terms, positions: &[PositionEntry], count: usize) -> Markup {
    let late = if shown.entry.minuted.is_some() { "is-late" } else { "is-late-so-far" };
    let (who, what, why) = (visit.text("voter"), visit.text("position"), visit.text("reason"));
    html! {
        div .scroll { table .stack {
            caption { (visit.text_with("positions-count", &[("count", count.into())])) }
            thead { tr { th scope="col" { (who) } th scope="col" { (what) } th scope="col" { (why) } } }
            tbody {
                @for position in positions {
                    tr {
                        th scope="row" { bdi { (position.name) } }
                        td data-name=(what) {
                            (positions::shown(visit, terms, &position.position))
                            @if position.spoiled { " " strong { (visit.text("is-spoiled")) } }
                            @if position.late { " " strong { (visit.text(late)) } }
                            @if !position.stands { " " span .facts { (visit.text("is-counted-still")) } }
                        }
                        td data-name=(why) {
                            @if position.reason.is_empty() { (visit.text("no-reason")) } @else { (lines(&position.reason)) }
                            div .facts { (contributor(visit, &position.by)) ", " (dates::moment(visit, position.time)) }
                            @if let Some(stood_in) = &position.stood_in {
                                @let name = stood_in.name.clone().unwrap_or_else(|| visit.text("somebody"));
                                div .facts { (visit.text_with("stood-in-for", &[("name", name.into()), ("day", dates::day(visit, Some(stood_in.until)).into())])) }
                            }
                            @for place in &position.not_qualified {
                                @if let Some(name) = shown.names.get(*place as usize) { div .facts { (visit.text_with("finds-no-argument", &[("name", name.clone().into())])) } }
                            }
                        }
                    }
                }
            }
        } }
    }
}

/// Which colleague has given an answer, for those whose answer it is; nothing where it is their own.
pub(crate) fn stood_in(visit: &Visit, position: &PositionEntry) -> Markup {
    let name = position.by.name.clone().unwrap_or_else(|| visit.text("somebody"));
    html! {
        @if position.stood_in.is_some() { (visit.text_with("answered-by-stand-in", &[("name", name.into())])) }
    }
}

/// The objections, under whichever terms they were made, and what became of each.
pub(crate) fn objections(visit: &Visit, shown: &Shown) -> Markup {
    if hidden(visit, shown).is_some() || shown.objections.is_empty() {
        return html! {};
    }
    html! {
        h2 { (visit.text("objections")) }
        ul .list {
            @for objection in &shown.objections {
                li {
                    h3 { bdi { (objection.name) } ": " (objection_state(visit, objection)) }
                    p { (lines(&objection.reason)) }
                    p .facts { (contributor(visit, &objection.by)) ", " (dates::moment(visit, objection.time)) ". " (visit.text_with("on-version", &[("version", objection.version.into())])) }
                }
            }
        }
    }
}

/// What became of an objection, in a few words.
fn objection_state(visit: &Visit, objection: &ObjectionEntry) -> String {
    match objection.state {
        ObjectionState::Open => visit.text("objection-open"),
        ObjectionState::Stood => visit.text("objection-stood"),
        ObjectionState::NotQualified => visit.text("objection-not-qualified"),
        ObjectionState::Integrated(version) => visit.text_with("objection-integrated", &[("version", version.into())]),
        ObjectionState::Withdrawn => visit.text("objection-withdrawn"),
        ObjectionState::Earlier => visit.text("objection-earlier"),
        ObjectionState::Late => visit.text("objection-late"),
    }
}

/// Why the reader does not see positions, if so, and when they will.
pub(crate) fn hidden(visit: &Visit, shown: &Shown) -> Option<String> {
    match shown.visible {
        Visible::Now => None,
        Visible::AfterOwn => Some(visit.text("hidden-until-own")),
        Visible::AfterClosing => {
            let closes = dates::moment(visit, Some(shown.entry.open_until));
            Some(visit.text_with("hidden-until-closed", &[("when", closes.into())]))
        }
    }
}
