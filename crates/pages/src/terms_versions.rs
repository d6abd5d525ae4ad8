//! The versions of a decision's terms, and what differs between two of them.

use knotwork_commands::TermsVersion;
use knotwork_governance::Charter;
use knotwork_identity::TermsHash;
use maud::{Markup, html};

use crate::{charter, dates, history::changed_texts, methods, visit::Visit};

/// A list of them, the latest first, each but the first with a link to what it changed.
pub(crate) fn list(visit: &Visit, path: &str, versions: &[TermsVersion], in_force: TermsHash) -> Markup {
    html! {
        ul {
            @for (place, version) in versions.iter().enumerate() {
                li {
                    (visit.text_with("version-number", &[("version", version.terms.version.into())]))
                    ", " (dates::moment(visit, version.time))
                    @if version.hash == in_force { " " strong { (visit.text("in-force")) } }
                    @if let Some(before) = versions.get(place + 1) {
                        ". " a href={ (path) "/versions?from=" (before.hash) "&to=" (version.hash) } {
                            (visit.text("see-what-changed"))
                            span .unseen { " " (visit.text_with("version-number", &[("version", version.terms.version.into())])) }
                        }
                    }
                }
            }
        }
    }
}

/// What differs between two of them, with the charters that they propose.
pub(crate) fn comparison(
    visit: &Visit,
    before: &TermsVersion,
    after: &TermsVersion,
    charters: Option<&(Charter, Charter)>,
) -> Markup {
    let moment = |version: &TermsVersion| dates::moment(visit, Some(version.terms.closes));
    let day = |version: &TermsVersion| version.terms.review.map(|day| dates::day(visit, Some(day))).unwrap_or_default();
    let effects = |version: &TermsVersion| {
        let effects: Vec<String> = version.terms.effects.iter().map(|effect| methods::effect(visit, effect)).collect();
        effects.join("\n")
    };
    let mut texts = vec![
        ("field-title", before.terms.title.clone(), after.terms.title.clone()),
        ("field-text", before.terms.text.clone(), after.terms.text.clone()),
        ("field-summary", before.terms.summary.clone(), after.terms.summary.clone()),
        ("who-is-left-out", before.terms.left_out.clone(), after.terms.left_out.clone()),
        ("options", before.terms.options.join("\n"), after.terms.options.join("\n")),
        ("open-until", moment(before), moment(after)),
        ("review-on", day(before), day(after)),
        ("what-it-changes", effects(before), effects(after)),
    ];
    texts.extend(charters.into_iter().flat_map(|(before, after)| charter::compared(visit, before, after)));
    let numbers = [("before", before.terms.version.into()), ("after", after.terms.version.into())];
    html! {
        p { (visit.text_with("versions-compared", &numbers)) }
        h2 { (visit.text("what-differs")) }
        (changed_texts(visit, &texts))
    }
}
