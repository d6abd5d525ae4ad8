//! Beginning a temperature check: the question, what there is to know, and for how long.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use knotwork_commands::{CommandError, TemperatureDraft};
use knotwork_governance::{TemperatureCheck, TemperatureError};
use knotwork_identity::DocumentId;
use maud::html;

use crate::{
    decision_form::check_text,
    errors,
    form::{Faults, Fields},
    layout::{Input, Kind, Page, error_summary, form, input},
    temperature::place_of,
    visit::{MemberPosted, MemberVisit},
};

/// Shows the questions.
pub(crate) async fn show(visit: MemberVisit) -> Response {
    let mut fields = Fields::default();
    fields.set("key", visit.handle().random_text());
    fields.set("days", DAYS_USUAL);
    if visit.query.has("about") {
        let about = visit.query.word("about");
        let Ok(document) = about.parse::<DocumentId>() else { return errors::missing(&visit) };
        fields.set("about", about);
        match visit.read(move |node| Ok(place_of(node, &document))).await {
            Ok(Some((_, title))) => fields.set("question", title),
            Ok(None) => return errors::missing(&visit),
            Err(error) => return visit.failure(&error),
        }
    }
    ask(&visit, &fields, &Faults::default())
}

/// Asks everyone.
pub(crate) async fn begin(MemberPosted { visit, fields }: MemberPosted) -> Response {
    let mut faults = Faults::default();
    if fields.get("question").trim().is_empty() {
        faults.add("question", visit.text("enter-temperature-question"));
    }
    check_text(&visit, &fields, "question", TemperatureCheck::QUESTION_BYTES_MAX, &mut faults);
    check_text(&visit, &fields, "text", TemperatureCheck::TEXT_BYTES_MAX, &mut faults);
    let days = fields.word("days").parse().ok().filter(|days| (1..=TemperatureCheck::DAYS_MAX).contains(days));
    if days.is_none() {
        let limit = [("limit", TemperatureCheck::DAYS_MAX.into())];
        faults.add("days", visit.text_with("temperature-days-wrong", &limit));
    }
    let Some(days) = days.filter(|_| faults.is_empty()) else { return ask(&visit, &fields, &faults) };
    let draft = TemperatureDraft {
        question: fields.get("question").to_owned(),
        text: fields.get("text").to_owned(),
        about: fields.word("about").parse().ok(),
        days,
    };
    let nonce = visit.form_nonce(fields.get("key"));
    let asked = match visit.handle().ask_temperature(&visit.member, draft.clone(), nonce).await {
        Ok(id) => visit.read(move |node| node.temperature_check(&id)).await,
        Err(CommandError::Temperature(TemperatureError::Steering(name))) => {
            let error = TemperatureError::Steering(name).into();
            return ask(&visit, &fields, &Faults::one(name, errors::sentence(&error)));
        }
        Err(error) => Err(error),
    };
    match asked {
        // By the way back to a form that was sent: what differs now would be lost.
        Ok(entry) if !entry.is_of(&draft) => {
            let faults = Faults::one("question", visit.text("sent-before"));
            ask(&visit, &visit.with_fresh_key(fields), &faults)
        }
        Ok(entry) => Redirect::to(&format!("/temperature/{}?done=asked", entry.id)).into_response(),
        Err(error) => visit.failure(&error),
    }
}

fn ask(visit: &MemberVisit, fields: &Fields, faults: &Faults) -> Response {
    let question = |name, label: &str, hint: &str, kind| {
        input(&Input { name, label, hint: Some(&visit.text(hint)), kind, autocomplete: None }, fields, faults)
    };
    let text = format!("{} {}", visit.text("temperature-text"), visit.text("optional"));
    let content = html! {
        (error_summary(visit, faults))
        p { (visit.text("temperature-about")) }
        (form(visit, "/temperature/new", "questions", html! {
            @for name in ["key", "about"] { input type="hidden" name=(name) value=(fields.get(name)); }
            (question("question", &visit.text("temperature-question"), "temperature-question-hint", Kind::Line))
            (question("text", &text, "temperature-text-hint", Kind::Lines(8)))
            (question("days", &visit.text("temperature-days"), "temperature-days-hint", Kind::Number))
            button type="submit" { (visit.text("ask-everyone")) }
            a .button.second href="/temperature" { (visit.text("cancel")) }
        }))
    };
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let title = visit.text("start-temperature");
    visit.answer(status, Page { title: &title, content, faulty: !faults.is_empty(), back: Some("/temperature") })
}

const DAYS_USUAL: &str = "7";
