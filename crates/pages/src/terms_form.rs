//! Changing the terms of an open decision: other words, a later closing, and the objections that they integrate.

use axum::{
    extract::Path,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use knotwork_commands::{CommandError, DecisionError, DecisionState, ObjectionEntry, ObjectionState};
use knotwork_documents::Date;
use knotwork_governance::Terms;
use knotwork_identity::ChangeId;
use maud::html;

use crate::{
    answers, charter_questions,
    closing::{ask_closing, read_closing},
    decision::{self, Shown},
    decision_form::check_text,
    errors,
    form::{Faults, Fields},
    layout::{Input, Kind, Page, error_summary, form, input},
    people::lines,
    visit::{MemberPosted, MemberVisit},
};

/// The questions, with what the terms say now.
pub(crate) async fn show(visit: MemberVisit, Path(id): Path<String>) -> Response {
    let shown = match own(&visit, &id).await {
        Ok(shown) => shown,
        Err(response) => return response,
    };
    let (terms, mut fields) = (&shown.entry.terms, Fields::default());
    for (name, text) in
        [("title", &terms.title), ("text", &terms.text), ("summary", &terms.summary), ("left-out", &terms.left_out)]
    {
        fields.set(name, text.clone());
    }
    if let Some((_, proposed)) = &shown.charters {
        charter_questions::fill(&mut fields, proposed);
    }
    let minutes = terms.closes.milliseconds() % DAY / 60_000;
    fields.set("closes-day", Date::of(terms.closes).to_string());
    fields.set("closes-time", format!("{:02}:{:02}", minutes / 60, minutes % 60));
    ask(&visit, &shown, &fields, &Faults::default())
}

/// Changes the terms.
pub(crate) async fn change(Path(id): Path<String>, MemberPosted { visit, fields }: MemberPosted) -> Response {
    let shown = match own(&visit, &id).await {
        Ok(shown) => shown,
        Err(response) => return response,
    };
    // Two that change at once: whoever did not see the other's version is shown it first.
    if fields.get("terms") != shown.entry.hash.to_string() {
        return ask(&visit, &shown, &fields, &Faults::one("title", visit.text("terms-have-changed")));
    }
    let mut faults = Faults::default();
    for (name, missing) in [("title", "enter-title"), ("text", "enter-text")] {
        if fields.get(name).trim().is_empty() {
            faults.add(name, visit.text(missing));
        }
    }
    check_text(&visit, &fields, "title", Terms::TITLE_BYTES_MAX, &mut faults);
    check_text(&visit, &fields, "text", Terms::TEXT_BYTES_MAX, &mut faults);
    check_text(&visit, &fields, "summary", Terms::SUMMARY_BYTES_MAX, &mut faults);
    check_text(&visit, &fields, "left-out", Terms::SUMMARY_BYTES_MAX, &mut faults);
    let closes = read_closing(&visit, &fields, &mut faults);
    let before = shown.entry.terms.closes.milliseconds() / 60_000;
    if closes.is_some_and(|closes| closes.milliseconds() / 60_000 < before) {
        faults.add("closes-day", visit.text("closes-earlier"));
    }
    let proposed = shown.charters.as_ref().map(|(_, proposed)| proposed);
    let charter = proposed.and_then(|_| charter_questions::read(&visit, &fields, &mut faults));
    let Some(closes) = closes.filter(|_| faults.is_empty()) else { return ask(&visit, &shown, &fields, &faults) };
    let charter = charter.filter(|charter| Some(charter) != proposed);
    let integrates: Vec<ChangeId> = fields.all("integrates").filter_map(|change| change.parse().ok()).collect();
    let word = |name: &str| fields.get(name).trim().to_owned();
    let (title, text, summary, left_out) = (word("title"), word("text"), word("summary"), word("left-out"));
    let change = move |terms: &mut Terms| {
        (terms.title, terms.text, terms.summary, terms.left_out) = (title, text, summary, left_out);
        terms.closes = closes;
    };
    match visit.handle().change_terms(&visit.member, &shown.entry.id, change, charter, integrates).await {
        Ok(()) => Redirect::to(&format!("/decisions/{}?done=changed", shown.entry.id)).into_response(),
        Err(error @ CommandError::Decision(DecisionError::Terms { field: Some("charter"), .. })) => {
            ask(&visit, &shown, &fields, &Faults::one("purpose", errors::sentence(&error)))
        }
        Err(error @ CommandError::Decision(DecisionError::Terms { .. } | DecisionError::NoObjection)) => {
            ask(&visit, &shown, &fields, &Faults::one("title", errors::sentence(&error)))
        }
        Err(error) => visit.failure(&error),
    }
}

/// The decision, where the reader may change its terms.
async fn own(visit: &MemberVisit, id: &str) -> Result<Shown, Response> {
    let shown = decision::find(visit, id).await?;
    if shown.entry.owner != visit.member.public_key() {
        return Err(visit.failure(&DecisionError::NotYours.into()));
    }
    match shown.entry.state {
        DecisionState::Open => Ok(shown),
        DecisionState::Closed | DecisionState::Lapsed | DecisionState::Final => {
            Err(visit.failure(&DecisionError::TermsClosed.into()))
        }
    }
}

fn ask(visit: &MemberVisit, shown: &Shown, fields: &Fields, faults: &Faults) -> Response {
    let path = format!("/decisions/{}", shown.entry.id);
    let optional = |name: &str| format!("{} {}", visit.text(name), visit.text("optional"));
    let question = |name, label: &str, hint: &str, kind| {
        input(&Input { name, label, hint: Some(&visit.text(hint)), kind, autocomplete: None }, fields, faults)
    };
    let hidden = answers::hidden(visit, shown);
    let is_open = |objection: &&ObjectionEntry| {
        matches!(objection.state, ObjectionState::Open | ObjectionState::NotQualified) && hidden.is_none()
    };
    let objections: Vec<&ObjectionEntry> = shown.objections.iter().filter(is_open).collect();
    let content = html! {
        (error_summary(visit, faults))
        div .warning { p { (visit.text("everyone-is-asked-anew")) } }
        (form(visit, &format!("{path}/change"), "questions", html! {
            input type="hidden" name="terms" value=(shown.entry.hash);
            (question("title", &visit.text("field-title"), "decision-title-hint", Kind::Line))
            (question("text", &visit.text("decision-text"), "decision-text-hint", Kind::Lines(10)))
            (question("summary", &optional("field-summary"), "decision-summary-hint", Kind::Lines(3)))
            (question("left-out", &optional("who-is-left-out"), "left-out-hint", Kind::Lines(4)))
            @if shown.charters.is_some() {
                h2 { (visit.text("charter-proposed")) }
                (charter_questions::shown(visit, fields, faults))
            }
            @if let Some(hidden) = &hidden { p { (hidden) } }
            @if !objections.is_empty() {
                fieldset .question {
                    legend { (visit.text("which-objections")) }
                    p .hint { (visit.text("which-objections-hint")) }
                    @for objection in &objections {
                        @let id = format!("integrates-{}", objection.change);
                        div .answer {
                            input type="checkbox" id=(id) name="integrates" value=(objection.change) aria-describedby={ (id) "-about" }
                                checked[fields.all("integrates").any(|ticked| ticked == objection.change.to_string())];
                            label for=(id) { (visit.text_with("objection-of", &[("name", objection.name.clone().into())])) }
                            span .hint id={ (id) "-about" } { (lines(&objection.reason)) }
                        }
                    }
                }
            }
            (ask_closing(visit, fields, faults))
            button type="submit" { (visit.text("change-and-ask-anew")) }
            a .button.second href=(path) { (visit.text("cancel")) }
        }))
    };
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let title = visit.text("change-terms");
    visit.answer(status, Page { title: &title, content, faulty: !faults.is_empty(), back: Some(&path) })
}

const DAY: u64 = 86_400_000;
