//! Proposing another charter: all that it says as questions, then what would change, and only then a decision opens.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use knotwork_commands::{CommandError, DecisionDraft};
use knotwork_governance::Charter;
use maud::html;

use crate::{
    charter::{differences, refusal},
    charter_questions,
    decision_form::{Preview, check_text},
    errors,
    form::{Faults, Fields},
    layout::{Input, Kind, Page, error_summary, form, input, summary},
    visit::{MemberPosted, MemberVisit, Visit},
};

/// The questions, with what the charter in force says.
pub(crate) async fn show(visit: MemberVisit) -> Response {
    let charter = match in_force(&visit).await {
        Ok(charter) => charter,
        Err(response) => return response,
    };
    let mut fields = Fields::default();
    fields.set("key", visit.handle().random_text());
    charter_questions::fill(&mut fields, &charter);
    ask(&visit, &fields, &Faults::default())
}

/// Takes the answers: shows what would change, or opens the decision.
pub(crate) async fn propose(MemberPosted { visit, fields }: MemberPosted) -> Response {
    let before = match in_force(&visit).await {
        Ok(charter) => charter,
        Err(response) => return response,
    };
    let step = fields.get("step");
    if step == "change" {
        return ask(&visit, &fields, &Faults::default());
    }
    let mut faults = Faults::default();
    if fields.get("why").trim().is_empty() {
        faults.add("why", visit.text("enter-why"));
    }
    check_text(&visit, &fields, "why", WHY_BYTES_MAX, &mut faults);
    let charter = charter_questions::read(&visit, &fields, &mut faults);
    let Some(charter) = charter.filter(|_| faults.is_empty()) else { return ask(&visit, &fields, &faults) };
    if charter == before {
        return ask(&visit, &fields, &Faults::one("purpose", visit.text("charter-unchanged")));
    }
    if step != "open" {
        return check(&visit, &fields, &before, charter).await;
    }
    let nonce = visit.form_nonce(fields.get("key"));
    match visit.handle().open_decision(&visit.member, draft(&visit, &fields, &before, charter), nonce).await {
        Ok(decision) => Redirect::to(&format!("/decisions/{decision}?done=opened")).into_response(),
        Err(error) => refused(&visit, &fields, &error),
    }
}

async fn in_force(visit: &MemberVisit) -> Result<Charter, Response> {
    let entry = visit.read(|node| node.charter()).await.map_err(|error| visit.failure(&error))?;
    entry.charter.ok_or_else(|| errors::missing(visit))
}

fn ask(visit: &Visit, fields: &Fields, faults: &Faults) -> Response {
    let why = Input {
        name: "why",
        label: &visit.text("charter-why"),
        hint: Some(&visit.text("charter-why-hint")),
        kind: Kind::Lines(4),
        autocomplete: None,
    };
    let content = html! {
        (error_summary(visit, faults))
        p { (visit.text("change-charter-about")) }
        (form(visit, "/charter/change", "questions", html! {
            input type="hidden" name="key" value=(fields.get("key"));
            (input(&why, fields, faults))
            (charter_questions::shown(visit, fields, faults))
            button type="submit" name="step" value="check" { (visit.text("continue")) }
            a .button.second href="/charter" { (visit.text("cancel")) }
        }))
    };
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let title = visit.text("propose-change");
    visit.answer(status, Page { title: &title, content, faulty: !faults.is_empty(), back: Some("/charter") })
}

async fn check(visit: &MemberVisit, fields: &Fields, before: &Charter, after: Charter) -> Response {
    let draft = draft(visit, fields, before, after.clone());
    let member = visit.member.clone();
    let preview = visit
        .read(move |node| {
            let terms = node.preview_decision(&member, draft)?;
            Ok((Preview::of(node, &terms)?, terms))
        })
        .await;
    let (preview, terms) = match preview {
        Ok(preview) => preview,
        Err(error) => return refused(visit, fields, &error),
    };
    let content = html! {
        p { (visit.text("check-decision-about")) }
        h2 { (visit.text("what-would-change")) }
        (differences(visit, before, &after))
        h2 { (visit.text("how-it-is-decided")) }
        (summary(&preview.rows(visit, &terms)))
        (form(visit, "/charter/change", "questions", html! {
            @for name in ["key", "why"] { input type="hidden" name=(name) value=(fields.get(name)); }
            (charter_questions::hidden(fields))
            button type="submit" name="step" value="open" { (visit.text("open-decision")) }
            button .second type="submit" name="step" value="change" { (visit.text("change-answers")) }
        }))
    };
    let title = visit.text("check-decision");
    visit.answer(StatusCode::OK, Page { title: &title, content, faulty: false, back: Some("/charter") })
}

/// What is to be decided: another charter, by the usual ways of the one before.
fn draft(visit: &Visit, fields: &Fields, before: &Charter, after: Charter) -> DecisionDraft {
    let (title, why) = (visit.text("charter-decision-title"), fields.get("why").trim().to_owned());
    visit.handle().charter_draft(before, title, why, after)
}

fn refused(visit: &Visit, fields: &Fields, error: &CommandError) -> Response {
    match refusal(error) {
        Some(sentence) => ask(visit, fields, &Faults::one("purpose", sentence)),
        None => visit.failure(error),
    }
}

/// As long as the text of a decision may be.
const WHY_BYTES_MAX: usize = knotwork_governance::Terms::TEXT_BYTES_MAX;
