//! An organisation's standing in the network: since when it is in, whether it rests, and what it may say for itself: that
//! it rests, is back, or leaves.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use knotwork_accounts::AccountError;
use knotwork_commands::{CommandError, NodeEntry, NodeState};
use knotwork_documents::Date;
use knotwork_governance::Said;
use knotwork_identity::PublicKey;
use knotwork_minutes::{Parting, Party};
use maud::{Markup, html};

use crate::{
    dates,
    form::{Faults, Fields},
    layout::{Input, Kind, Page, done, error_summary, form, input, tick},
    methods, parting,
    visit::{MemberPosted, MemberVisit, Visit},
};

/// On the page of an organisation; with its nodes, where it is the reader's own.
pub(crate) fn shown(visit: &MemberVisit, key: &PublicKey, nodes: &[NodeEntry]) -> Markup {
    let agreed = visit.handle().agreed();
    let is_own = *key == visit.handle().organisation_key();
    html! {
        h2 { (visit.text("standing")) }
        @if let Some(party) = agreed.parties().get(key) {
            p { (since(visit, party)) " " (rests(visit, party)) }
            @if party.node.is_none() { p { (home(visit, party)) } }
            @if nodes.len() > 1 { (several(visit, nodes)) }
            // Who hosts with another, or rests, states and signs nothing that could hold it up.
            @if agreed.signers().are_all_needed() && party.node.is_some() && party.resting.is_none() { p { (visit.text("few-cannot-remove")) } }
        } @else if let Some(gone) = agreed.gone().get(key) {
            p { (visit.text_with(went(gone.how), &[("number", gone.until.into())])) }
        }
        @if is_own && visit.member.steward { p { a href="/organisation/rest" { (visit.text("rest-or-return")) } } }
        (parting::links(visit, key))
    }
}

/// The nodes of the reader's organisation, where it has or had several.
fn several(visit: &Visit, nodes: &[NodeEntry]) -> Markup {
    let state = |entry: &NodeEntry| match entry.state {
        NodeState::Signs => "node-signs",
        NodeState::Served => "node-served",
        NodeState::Asks => "node-asks-in",
        NodeState::Ended => "node-ended",
    };
    let reached = |entry: &NodeEntry| match (entry.is_this, entry.connected) {
        (true, _) => "node-this",
        (false, true) => "node-connected",
        (false, false) => "node-away",
    };
    html! {
        h3 { (visit.text("nodes")) }
        div .scroll { table .stack {
            thead { tr { @for name in ["node-key", "node-does", "node-reached"] { th scope="col" { (visit.text(name)) } } } }
            tbody {
                @for entry in nodes {
                    tr {
                        th scope="row" { code { (entry.node.to_string()[..12]) "…" } }
                        td data-name=(visit.text("node-does")) { (visit.text(state(entry))) }
                        td data-name=(visit.text("node-reached")) { (visit.text(reached(entry))) }
                    }
                }
            }
        } }
    }
}

/// The text that says how an organisation went, with which minute.
pub(crate) fn went(how: Parting) -> &'static str {
    match how {
        Parting::Left => "organisation-left",
        Parting::Removed => "was-removed",
        Parting::LeftBehind => "was-left-behind",
    }
}

/// What resting means, and how to begin and end it.
pub(crate) async fn show_rest(visit: MemberVisit) -> Response {
    ask(&visit, &Fields::default(), &Faults::default())
}

/// Says that the organisation rests, or that it is back.
pub(crate) async fn rest(MemberPosted { visit, fields }: MemberPosted) -> Response {
    let said = if fields.get("do") == "return" {
        Said::Return
    } else {
        let until = fields.word("until").parse::<Date>().ok().filter(|until| *until > visit.handle().today());
        match until.and_then(Date::start) {
            Some(until) => Said::Rest(until),
            None => return ask(&visit, &fields, &Faults::one("until", visit.text("until-wrong"))),
        }
    };
    match visit.handle().say(&visit.member, said).await {
        Ok(()) => Redirect::to("/organisation/rest?done=said").into_response(),
        Err(error) => visit.failure(&error),
    }
}

fn ask(visit: &MemberVisit, fields: &Fields, faults: &Faults) -> Response {
    if !visit.member.steward {
        return visit.failure(&CommandError::Account(AccountError::NotASteward));
    }
    let own = visit.handle().organisation_key();
    let agreed = visit.handle().agreed();
    let party = agreed.parties().get(&own);
    let resting = party.is_some_and(|party| party.resting.is_some());
    let alone = agreed.signers().len() <= 1;
    let content = html! {
        (error_summary(visit, faults))
        @if visit.query.has("done") && faults.is_empty() { (done(visit, &visit.text("word-said"))) }
        @if let Some(party) = party { p { (rests(visit, party)) } }
        @if resting {
            p { (visit.text("return-about")) }
            (form(visit, "/organisation/rest", "questions", html! {
                button type="submit" name="do" value="return" { (visit.text("return")) }
            }))
        } @else if alone {
            p { (visit.text("alone-cannot-rest")) }
        } @else {
            div .warning {
                p { (visit.text("rest-about")) }
                ul { @for sentence in ["rest-not-asked", "rest-not-signing", "rest-keeps"] { li { (visit.text(sentence)) } } }
            }
            (form(visit, "/organisation/rest", "questions", html! {
                (input(&Input { name: "until", label: &visit.text("rests-until"), hint: Some(&visit.text("rests-until-hint")), kind: Kind::Date, autocomplete: None }, fields, faults))
                button type="submit" name="do" value="rest" { (visit.text("rest")) }
            }))
        }
        h2 { (visit.text("leaving-network")) }
        p { (visit.text("leaving-network-about")) }
        @if party.is_some() && !alone { p { a href="/organisation/leave" { (visit.text("leave-network")) } } }
        p { (visit.text_with("removal-about", &[("fraction", methods::fraction(visit, agreed.charter().rules.remove).into())])) }
    };
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let path = format!("/organisations/{own}");
    let title = visit.text("rest-or-return");
    visit.answer(status, Page { title: &title, content, faulty: !faults.is_empty(), back: Some(&path) })
}

/// What leaving means.
pub(crate) async fn show_leave(visit: MemberVisit) -> Response {
    ask_leave(&visit, &Fields::default(), &Faults::default())
}

/// Says that the organisation leaves the network.
pub(crate) async fn leave(MemberPosted { visit, fields }: MemberPosted) -> Response {
    let own = visit.handle().organisation_key();
    let path = format!("/organisations/{own}");
    if !visit.handle().agreed().parties().contains_key(&own) {
        return Redirect::to(&path).into_response();
    }
    if fields.get("sure") != "yes" {
        return ask_leave(&visit, &fields, &Faults::one("sure", visit.text("leave-say-sure")));
    }
    match visit.handle().leave_network(&visit.member).await {
        Ok(()) => Redirect::to(&format!("{path}?word=said")).into_response(),
        Err(error) => visit.failure(&error),
    }
}

fn ask_leave(visit: &MemberVisit, fields: &Fields, faults: &Faults) -> Response {
    if !visit.member.steward {
        return visit.failure(&CommandError::Account(AccountError::NotASteward));
    }
    let standing = match visit.handle().minutes_standing() {
        Ok(standing) => standing,
        Err(error) => return visit.failure(&error),
    };
    let host = visit.handle().is_hosted().then(|| visit.handle().host_name());
    let numbers = [("needed", standing.needed.into()), ("reachable", standing.reachable.into())];
    let content = html! {
        (error_summary(visit, faults))
        div .warning {
            p { (visit.text("leave-about")) }
            ul {
                @if let Some(host) = &host {
                    li { (visit.text("not-asked-any-more")) }
                    li { (visit.text_with("leave-hosted", &[("host", host.clone().into())])) }
                    li { (visit.text("leave-stays-hosted")) }
                } @else {
                    @for sentence in ["leave-not-asked", "leave-not-served", "leave-stays"] { li { (visit.text(sentence)) } }
                }
                li { (visit.text("leave-back")) }
            }
        }
        p { (visit.text_with(if host.is_some() { "leave-signatures-hosted" } else { "leave-signatures" }, &numbers)) }
        (form(visit, "/organisation/leave", "questions", html! {
            (tick("sure", "yes", &visit.text("leave-sure"), fields, faults))
            button type="submit" { (visit.text("leave-now")) }
            a .button.second href="/organisation/rest" { (visit.text("cancel")) }
        }))
    };
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let title = visit.text("leave-network");
    visit.answer(status, Page { title: &title, content, faulty: !faults.is_empty(), back: Some("/organisation/rest") })
}

fn since(visit: &Visit, party: &Party) -> String {
    match (party.since, party.accepted) {
        (_, false) => visit.text("has-not-accepted"),
        (0, true) => visit.text("in-since-beginning"),
        (minute, true) => visit.text_with("in-since-minute", &[("number", minute.into())]),
    }
}

/// Whose node the members of an organisation use that has none of its own.
fn home(visit: &Visit, party: &Party) -> String {
    match &party.host {
        Some(host) => visit.text_with("hosted-by", &[("host", visit.handle().organisation_called(host).into())]),
        None => visit.text("hosted-by-nobody"),
    }
}

fn rests(visit: &Visit, party: &Party) -> String {
    match party.resting {
        None => visit.text("rests-not"),
        Some(None) => visit.text("rests"),
        Some(Some(until)) => {
            let day = dates::day(visit, Some(until));
            visit.text_with("rests-about-until", &[("day", day.into())])
        }
    }
}
