//! The minutes: what was agreed, number by number, who signed it, and where they stand.

use axum::{extract::Path, http::StatusCode, response::Response};
use knotwork_commands::{MinuteEntry, MinutesStanding, NodeHandle, UnstatedDecision};
use knotwork_governance::{Method, Said, Terms};
use knotwork_identity::PublicKey;
use knotwork_minutes::{Matter, Minute, Outcome, Reconvening, Standing, Verdict, Voice};
use maud::{Markup, html};

use crate::{
    dates, errors,
    layout::{Page, Row, summary},
    limits, methods, positions, tallies,
    visit::{MemberVisit, Visit},
};

/// A minute with what can be said of it here.
struct Shown {
    entry: MinuteEntry,
    /// The terms of the decision that it is about, where they are here.
    terms: Option<Terms>,
    /// Who signed, by name.
    signed_by: Vec<String>,
}

/// Where the minutes stand, and the minutes themselves, the latest first.
pub(crate) async fn show(visit: MemberVisit) -> Response {
    let below: Option<u64> = visit.query.word("below").parse().ok();
    let found = visit
        .read(move |node| {
            let entries = node.minutes_before(below, limits::PAGE)?;
            let shown: Result<Vec<Shown>, _> = entries.into_iter().map(|entry| read(node, entry)).collect();
            Ok((shown?, node.minutes_standing()?, node.unstated_decisions()?))
        })
        .await;
    let (shown, standing, unstated) = match found {
        Ok(found) => found,
        Err(error) => return visit.failure(&error),
    };
    let (what, hash) = (visit.text("what"), visit.text("minute-hash"));
    let lowest = shown.last().map(|shown| shown.entry.minute.height).filter(|height| *height > 1);
    let content = html! {
        p { (visit.text("minutes-about")) }
        (where_they_stand(&visit, &standing, &unstated))
        @if shown.is_empty() { p { (visit.text("no-minutes")) } } @else {
            div .scroll { table .stack {
                caption { (visit.text("minutes")) }
                thead { tr { th scope="col" { (visit.text("number")) } th scope="col" { (what) } th scope="col" { (hash) } } }
                tbody {
                    @for one in &shown {
                        @let height = one.entry.minute.height;
                        tr {
                            th .brief scope="row" { a href={ "/minutes/" (height) } { (visit.text_with("minute-number", &[("number", height.into())])) } }
                            td data-name=(what) { (summed_up(&visit, one)) }
                            td .brief data-name=(hash) { code { (&one.entry.hash.to_string()[..HASH_SHOWN]) "…" } }
                        }
                    }
                }
            } }
        }
        @if let Some(lowest) = lowest { p { a href={ "/minutes?below=" (lowest) } { (visit.text("earlier-minutes")) } } }
        @if visit.member.steward && standing.signing > 1 && visit.handle().outside().is_none() { p { a href="/minutes/reconvene" { (visit.text("reconvene")) } } }
    };
    let title = visit.text("minutes");
    visit.answer(StatusCode::OK, Page { title: &title, content, faulty: false, back: Some("/decisions") })
}

/// One minute, in plain words.
pub(crate) async fn show_one(visit: MemberVisit, Path(height): Path<String>) -> Response {
    let Ok(height) = height.parse::<u64>() else { return errors::missing(&visit) };
    let found = visit.read(move |node| node.minute(height)?.map(|entry| read(node, entry)).transpose()).await;
    let shown = match found {
        Ok(Some(shown)) => shown,
        Ok(None) => return errors::missing(&visit),
        Err(error) => return visit.failure(&error),
    };
    let minute = &shown.entry.minute;
    let row = |name: &str, value: Markup| Row { name: visit.text(name), value, change: None };
    let mut rows = vec![row("what", summed_up(&visit, &shown))];
    match &minute.matter {
        Matter::Word(word) => {
            rows.push(row("word-number", html! { (word.number) }));
            if let Said::Rest(until) = word.said {
                rows.push(row("rests-until", html! { (dates::day(&visit, Some(until))) }));
            }
        }
        Matter::Outcome(outcome) => rows.extend(outcome_rows(&visit, outcome, shown.terms.as_ref())),
        Matter::Reconvened(reconvening) => rows.extend(reconvening_rows(&visit, minute, reconvening)),
    }
    let signed = match minute.matter {
        Matter::Reconvened(_) => html! { (visit.text("each-accepts-anew")) },
        _ => html! { ul .plain { @for name in &shown.signed_by { li { bdi { (name) } } } } },
    };
    rows.push(row("signed-by", signed));
    rows.push(row("minute-hash", html! { code { (shown.entry.hash) } }));
    rows.push(row("minute-before", html! {
        @if height > 1 { a href={ "/minutes/" (height - 1) } { (visit.text_with("minute-number", &[("number", (height - 1).into())])) } br; }
        code { (minute.previous) }
    }));
    let content = html! { (summary(&rows)) };
    let title = visit.text_with("minute-number", &[("number", height.into())]);
    visit.answer(StatusCode::OK, Page { title: &title, content, faulty: false, back: Some("/minutes") })
}

fn read(node: &NodeHandle, entry: MinuteEntry) -> Result<Shown, knotwork_commands::CommandError> {
    let terms = match &entry.minute.matter {
        Matter::Outcome(outcome) => node.terms(&outcome.decision, outcome.terms)?,
        Matter::Word(_) | Matter::Reconvened(_) => None,
    };
    let nodes = entry.proof.signatures.iter().map(|(node, _)| *node);
    let signed_by = nodes.map(|key| signer(node, &key)).collect();
    Ok(Shown { entry, terms, signed_by })
}

/// The organisation for which a node signed, by name.
fn signer(node: &NodeHandle, key: &PublicKey) -> String {
    let organisation = node.organisation_of_node(key);
    organisation.map_or_else(|| key.to_string(), |organisation| node.organisation_called(&organisation))
}

fn summed_up(visit: &Visit, shown: &Shown) -> Markup {
    match &shown.entry.minute.matter {
        Matter::Word(word) => {
            let name = match word.said {
                Said::Accept(_) => "word-accept",
                Said::Leave(_) => "word-leave",
                Said::Rest(_) => "word-rest",
                Said::Return => "word-return",
                Said::Node { node: Some(_), .. } => "word-node",
                Said::Node { node: None, .. } => "word-host",
            };
            let called = visit.handle().organisation_called(&word.organisation);
            html! { (visit.text_with(name, &[("organisation", called.into())])) }
        }
        Matter::Outcome(outcome) => html! {
            @match &shown.terms {
                Some(terms) => { a href={ "/decisions/" (outcome.decision) } { bdi { (terms.title) } } ": " (tallies::verdict(visit, terms, outcome.verdict)) },
                None => (visit.text("decision-not-here")),
            }
        },
        Matter::Reconvened(reconvening) => {
            let called = visit.handle().organisation_called(&reconvening.first);
            html! { (visit.text_with("minute-reconvened", &[("organisation", called.into())])) }
        }
    }
}

/// Who was carried over and who was left behind. Nobody has signed it: each organisation accepts for itself.
fn reconvening_rows(visit: &Visit, minute: &Minute, reconvening: &Reconvening) -> Vec<Row> {
    let names = |organisations: Vec<&PublicKey>| {
        let called = |organisation: &&PublicKey| visit.handle().organisation_called(organisation);
        let names: Vec<String> = organisations.iter().map(called).collect();
        html! { ul .plain { @for name in names { li { bdi { (name) } } } } }
    };
    let row = |name: &str, value: Markup| Row { name: visit.text(name), value, change: None };
    vec![
        row("carried-over", names(reconvening.carried.iter().collect())),
        row("left-behind", names(reconvening.left.iter().map(|(organisation, _)| organisation).collect())),
        row("network-from-then", html! { code { (Reconvening::network(minute)) } }),
    ]
}

fn outcome_rows(visit: &Visit, outcome: &Outcome, terms: Option<&Terms>) -> Vec<Row> {
    let row = |name: &str, value: Markup| Row { name: visit.text(name), value, change: None };
    let names = terms.map(|terms| positions::counted(visit, terms)).unwrap_or_default();
    // What a number is of: of scores, a minute holds how many voters gave one.
    let unit = terms.and_then(|terms| match terms.rules.method {
        Method::Score { .. } => Some(visit.text("how-many-scored")),
        Method::Ranked { .. } => Some(visit.text("first-ranks")),
        _ => None,
    });
    let mut rows = vec![
        row(
            "counts",
            html! {
                @if let Some(unit) = unit { p { (unit) } }
                ul .plain {
                    @for (place, count) in outcome.counts.iter().enumerate() {
                        li { @if let Some(name) = names.get(place) { bdi { (name) } ": " } (count) }
                    }
                }
            },
        ),
        row("ballots-counted", html! { (outcome.ballots.len()) }),
        row(
            "statements-by",
            html! {
                ul .plain { @for held in &outcome.statements { li { bdi { (signer(visit.handle(), &held.node)) } } } }
            },
        ),
    ];
    if !outcome.effects.is_empty() && outcome.verdict == Verdict::Adopted {
        rows.push(row(
            "what-it-changed",
            html! { ul .plain { @for effect in &outcome.effects { li { (methods::effect(visit, effect)) } } } },
        ));
    }
    rows
}

/// Where the minutes stand on this node.
fn where_they_stand(visit: &Visit, standing: &MinutesStanding, unstated: &[UnstatedDecision]) -> Markup {
    let values = [("needed", standing.needed.into()), ("signing", standing.signing.into())];
    let Some(own) = &standing.standing else {
        return html! { div .note { p { (visit.text("minutes-not-kept")) } } };
    };
    if visit.handle().outside().is_some() {
        let final_up_to = visit.text_with("final-up-to", &[("number", own.height.into())]);
        return html! { div .note { p { (final_up_to) } p { (visit.text("minutes-outside")) } } };
    }
    let called = |keys: &std::collections::BTreeSet<PublicKey>| {
        keys.iter().map(|key| visit.handle().organisation_called(key)).collect::<Vec<_>>().join(", ")
    };
    html! {
        (alarm(visit, &own.diverged, "minutes-differ", "minutes-differ-about"))
        (alarm(visit, &own.contradicting, "node-contradicts-itself", "node-contradicts-itself-about"))
        div .note {
            p { (visit.text_with("final-up-to", &[("number", own.height.into())])) " " (visit.text_with("minute-signatures", &values)) }
            @match &own.progress {
                Some(progress) => {
                    p { (visit.text_with("in-progress", &[("number", progress.height.into())])) }
                    @if !progress.awaited.is_empty() { p { (visit.text_with("waits-for-signatures", &[("names", called(&progress.awaited).into())])) } }
                },
                // What waits to be stated is no matter of the minutes yet, and waits all the same.
                None if own.waiting == 0 && !unstated.is_empty() => {},
                None => p { (visit.text_with("waiting-matters", &[("count", own.waiting.into())])) },
            }
            @for one in unstated {
                p {
                    (visit.text("has-closed")) " " a href={ "/decisions/" (one.decision) } { bdi { (one.title) } } ". "
                    (visit.text_with("waits-for-statements", &[("names", one.names.join(", ").into())]))
                }
            }
            @if !standing.unreached.is_empty() { p { (visit.text_with("cannot-reach", &[("names", standing.unreached.join(", ").into())])) } }
            @if let Some(silence) = silence(visit, own) { p { strong { (silence) } } }
        }
    }
}

/// Says which nodes did what no honest one does.
fn alarm(visit: &Visit, nodes: &std::collections::BTreeSet<PublicKey>, title: &str, about: &str) -> Markup {
    let names: Vec<String> = nodes.iter().map(|node| signer(visit.handle(), node)).collect();
    html! {
        @if !names.is_empty() {
            div .warning role="alert" {
                h2 { (visit.text(title)) }
                p { (visit.text_with(about, &[("names", names.join(", ").into())])) }
            }
        }
    }
}

/// Why this node says nothing, if so.
fn silence(visit: &Visit, standing: &Standing) -> Option<String> {
    match &standing.voice {
        Voice::Unasked | Voice::Free => None,
        Voice::Asking { answered } => Some(visit.text_with("node-asks", &[("count", answered.len().into())])),
        Voice::Mute { until, reason } => {
            let values = [("number", (*until).into()), ("reason", reason.clone().into())];
            Some(visit.text_with("node-is-mute", &values))
        }
    }
}

/// How many characters of a hash are shown in a table.
const HASH_SHOWN: usize = 12;
