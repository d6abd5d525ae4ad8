//! Reconvening: the file with which organisations go on without those who are gone for good. For stewards.

use std::collections::BTreeSet;

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use knotwork_accounts::AccountError;
use knotwork_identity::PublicKey;
use maud::{Markup, html};

use crate::{
    form::{Faults, Fields},
    layout::{Page, error_summary, form},
    visit::{MemberPosted, MemberVisit},
};

/// What it means, and the question who is left behind.
pub(crate) async fn show(visit: MemberVisit) -> Response {
    ask(&visit, &Fields::default(), &Faults::default())
}

/// Gives the file.
pub(crate) async fn download(MemberPosted { visit, fields }: MemberPosted) -> Response {
    let without: BTreeSet<PublicKey> = fields.all(LEFT).filter_map(|key| key.parse().ok()).collect();
    if without.is_empty() {
        return ask(&visit, &fields, &Faults::one(LEFT, visit.text("choose-left-behind")));
    }
    match visit.handle().reconvene(&visit.member, &without).await {
        Ok(reconvened) => {
            let headers = [(header::CONTENT_TYPE, "application/octet-stream"), (header::CONTENT_DISPOSITION, FILE)];
            (headers, reconvened.file).into_response()
        }
        Err(error) => visit.failure(&error),
    }
}

fn ask(visit: &MemberVisit, fields: &Fields, faults: &Faults) -> Response {
    if !visit.member.steward {
        return visit.failure(&AccountError::NotASteward.into());
    }
    let standing = match visit.handle().minutes_standing() {
        Ok(standing) => standing,
        Err(error) => return visit.failure(&error),
    };
    let counts = [
        ("reachable", standing.reachable.into()),
        ("signing", standing.signing.into()),
        ("needed", standing.needed.into()),
    ];
    let content = html! {
        (error_summary(visit, faults))
        p { (visit.text("reconvene-about")) }
        div .note {
            p { (visit.text_with("reconvene-now", &counts)) }
            @if standing.reachable >= standing.needed { p { (visit.text("reconvene-not-needed")) } }
        }
        p { (visit.text("reconvene-stays")) }
        p { (visit.text("reconvene-no-way-back")) }
        p { (visit.text("reconvene-choice")) }
        h2 { (visit.text("reconvene-steps")) }
        ol { @for step in ["reconvene-step-file", "reconvene-step-send", "reconvene-step-enter"] { li { (visit.text(step)) } } }
        @if visit.handle().agreed().parties().len() > 1 {
            (form(visit, "/minutes/reconvene", "questions", html! {
                (others(visit, fields, faults))
                button type="submit" { (visit.text("download-reconvening")) }
                a .button.second href="/minutes" { (visit.text("cancel")) }
            }))
        } @else {
            p { (visit.text("nobody-to-leave-behind")) }
        }
    };
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let title = visit.text("reconvene");
    visit.answer(status, Page { title: &title, content, faulty: !faults.is_empty(), back: Some("/minutes") })
}

/// A box for each other organisation on the roster.
fn others(visit: &MemberVisit, fields: &Fields, faults: &Faults) -> Markup {
    let node = visit.handle();
    let (agreed, status, own) = (node.agreed(), node.status(), node.organisation_key());
    let is_reached = |key: &PublicKey| {
        let their = agreed.parties().get(key).and_then(|party| party.node);
        status.peers.iter().any(|peer| Some(peer.node) == their && peer.connected)
    };
    let mut named: Vec<(String, PublicKey)> =
        agreed.parties().keys().filter(|key| **key != own).map(|key| (node.organisation_called(key), *key)).collect();
    named.sort_by_cached_key(|(name, _)| name.to_lowercase());
    let fault = faults.of(LEFT);
    let described = if fault.is_some() { "left-hint left-fault" } else { "left-hint" };
    html! {
        fieldset .question .wrong[fault.is_some()] aria-describedby=(described) {
            legend { (visit.text("who-is-left-behind")) }
            p .hint #left-hint { (visit.text("who-is-left-behind-hint")) }
            @if let Some(fault) = fault { p .fault #left-fault { span .unseen { (visit.text("error-prefix")) } (fault) } }
            @for (place, (name, key)) in named.iter().enumerate() {
                // The first has the name alone, so that the summary leads to it.
                @let id = if place == 0 { LEFT.to_owned() } else { format!("{LEFT}-{place}") };
                @let word = key.to_string();
                @let unreached = !is_reached(key);
                div .answer {
                    input type="checkbox" id=(id) name=(LEFT) value=(word) checked[fields.all(LEFT).any(|ticked| ticked == word)]
                        aria-describedby=[unreached.then(|| format!("{id}-about"))];
                    label for=(id) { bdi { (name) } }
                    @if unreached { span .hint id={ (id) "-about" } { (visit.text("is-unreached")) } }
                }
            }
        }
    }
}

const LEFT: &str = "left";
const FILE: &str = "attachment; filename=\"reconvened.minutes\"";
