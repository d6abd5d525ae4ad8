//! One organisation: what it says of itself, and who of it agreed to be named.

use axum::{
    extract::Path,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use knotwork_accounts::AccountError;
use knotwork_commands::{CommandError, OrganisationEntry};
use knotwork_documents::OrganisationEdit;
use knotwork_identity::{PublicKey, sha256, to_text};
use maud::{Markup, html};

use crate::{
    errors,
    form::{Faults, Fields},
    layout::{Input, Kind, Page, Row, done, error_summary, form, input, pagination, summary},
    limits,
    markdown::is_safe_link,
    parting,
    people::lines,
    standing,
    visit::{MemberPosted, MemberVisit, Visit},
};

/// Shows it.
pub(crate) async fn show(visit: MemberVisit, Path(key): Path<String>) -> Response {
    let Ok(key) = key.parse::<PublicKey>() else { return errors::missing(&visit) };
    let may_let_rest = parting::may_let_rest(&visit, &key);
    let found = visit.read(move |node| {
        let is_silent = may_let_rest && node.is_silent(&key)?;
        let nodes = if key == node.organisation_key() { node.nodes()? } else { Vec::new() };
        Ok((node.organisation(&key)?, node.listed_members(&key)?, nodes, is_silent))
    });
    let (entry, members, nodes, is_silent) = match found.await {
        Ok((Some(entry), members, nodes, is_silent)) => (entry, members, nodes, is_silent),
        Ok((None, ..)) => return errors::missing(&visit),
        Err(error) => return visit.failure(&error),
    };
    let page = visit.query.word("page").parse().unwrap_or(1_usize).clamp(1, limits::PAGE_NUMBER_MAX);
    let is_own = entry.key == visit.handle().organisation_key();
    let content = html! {
        @if visit.query.has("done") { (done(&visit, &visit.text("organisation-saved"))) }
        @if visit.query.has("word") { (done(&visit, &visit.text("word-said"))) }
        @if is_silent { (parting::silence(&visit, &entry.key)) }
        (profile(&visit, &entry))
        (standing::shown(&visit, &entry.key, &nodes))
        h2 { (visit.text("listed-members")) }
        @if members.is_empty() { p { (visit.text("no-listed-members")) } }
        ul .list {
            @for member in members.iter().skip((page - 1) * limits::PAGE).take(limits::PAGE) {
                li {
                    h3 { a href={ "/people/" (member.person) } { bdi { (member.fields.name) } } }
                    @if !member.fields.post.is_empty() { p .facts { bdi { (member.fields.post) } } }
                }
            }
        }
        (pagination(&visit, page, members.len().div_ceil(limits::PAGE), |page| format!("/organisations/{key}?page={page}")))
        p { a href={ "/people?organisation=" (entry.key) } { (visit.text("everybody-of-organisation")) } }
        @if is_own && visit.member.steward {
            p { a .button href="/organisation/edit" { (visit.text("edit-organisation")) } }
        }
    };
    visit.answer(StatusCode::OK, Page { title: &entry.name, content, faulty: false, back: Some("/people") })
}

/// The questions about the reader's own organisation.
pub(crate) async fn show_edit(visit: MemberVisit) -> Response {
    if !visit.member.steward {
        return visit.failure(&CommandError::Account(AccountError::NotASteward));
    }
    let key = visit.handle().organisation_key();
    let entry = match visit.read(move |node| node.organisation(&key)).await {
        Ok(entry) => entry,
        Err(error) => return visit.failure(&error),
    };
    let mut fields = Fields::default();
    if let Some(profile) = entry.and_then(|entry| entry.profile) {
        fields.set("about", profile.about);
        fields.set("sectors", profile.sectors.join("\n"));
        fields.set("places", profile.places.join("\n"));
        fields.set("website", profile.website);
    }
    for name in NAMES {
        let seen = digest(fields.get(name));
        fields.set(&seen_field(name), seen);
    }
    ask(&visit, &fields, &Faults::default())
}

/// Takes the answers: those that differ from what the steward saw, so that what another wrote meanwhile stays.
pub(crate) async fn edit(MemberPosted { visit, fields }: MemberPosted) -> Response {
    let differs = |name: &str| digest(fields.get(name)) != fields.get(&seen_field(name));
    let line = |name: &str| differs(name).then(|| fields.get(name).trim().to_owned());
    let list =
        |name: &str| differs(name).then(|| fields.get(name).lines().map(|line| line.trim().to_owned()).collect());
    let edit = OrganisationEdit {
        name: None,
        about: line("about"),
        sectors: list("sectors"),
        places: list("places"),
        website: line("website"),
    };
    match visit.handle().edit_organisation(&visit.member, edit).await {
        Ok(()) => {
            Redirect::to(&format!("/organisations/{}?done=yes", visit.handle().organisation_key())).into_response()
        }
        Err(CommandError::Field(error)) => {
            ask(&visit, &fields, &Faults::one(error.field(), errors::field_sentence(&visit, &error)))
        }
        Err(error) => visit.failure(&error),
    }
}

fn profile(visit: &Visit, entry: &OrganisationEntry) -> Markup {
    let Some(profile) = &entry.profile else { return html! { p { (visit.text("organisation-says-nothing")) } } };
    let row = |name: &str, value: Markup| Row { name: visit.text(name), value, change: None };
    let list = |entries: &[String]| html! { ul { @for entry in entries { li { bdi { (entry) } } } } };
    let mut rows = Vec::new();
    if !profile.sectors.is_empty() {
        rows.push(row("field-sectors", list(&profile.sectors)));
    }
    if !profile.places.is_empty() {
        rows.push(row("field-places", list(&profile.places)));
    }
    if is_safe_link(&profile.website) {
        rows.push(row(
            "field-website",
            html! { a href=(profile.website) rel="noopener nofollow" { bdi { (profile.website) } } },
        ));
    }
    html! {
        @if profile.about.trim().is_empty() && rows.is_empty() { p { (visit.text("organisation-says-nothing")) } }
        @if !profile.about.trim().is_empty() { p { (lines(&profile.about)) } }
        @if !rows.is_empty() { (summary(&rows)) }
    }
}

/// What tells an answer from others, to see whether it was changed.
fn digest(answer: &str) -> String {
    to_text(&sha256(&[answer.trim().as_bytes()])[..16])
}

fn seen_field(name: &str) -> String {
    format!("{name}-seen")
}

fn ask(visit: &Visit, fields: &Fields, faults: &Faults) -> Response {
    let question = |name: &str, hint: &str, kind| {
        let label = format!("{} {}", visit.text(&format!("field-{name}")), visit.text("optional"));
        input(&Input { name, label: &label, hint: Some(&visit.text(hint)), kind, autocomplete: None }, fields, faults)
    };
    let path = format!("/organisations/{}", visit.handle().organisation_key());
    let content = html! {
        (error_summary(visit, faults))
        p { (visit.text("edit-organisation-about")) }
        (form(visit, "/organisation/edit", "questions", html! {
            @for name in NAMES { input type="hidden" name=(seen_field(name)) value=(fields.get(&seen_field(name))); }
            (question("about", "about-hint", Kind::Lines(6)))
            (question("sectors", "sectors-hint", Kind::Lines(3)))
            (question("places", "places-hint", Kind::Lines(3)))
            (question("website", "website-hint", Kind::Line))
            button type="submit" { (visit.text("save")) }
            a .button.second href=(path) { (visit.text("cancel")) }
        }))
    };
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let title = visit.text("edit-organisation");
    visit.answer(status, Page { title: &title, content, faulty: !faults.is_empty(), back: Some(&path) })
}

const NAMES: [&str; 4] = ["about", "sectors", "places", "website"];
