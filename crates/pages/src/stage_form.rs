//! Proposing to say where the network stands: whether it begins, is in full work, or sleeps.

use axum::{http::StatusCode, response::Response};
use knotwork_governance::{Effect, Stage};
use maud::html;

use crate::{
    charter::stage_name,
    form::{Faults, Fields},
    layout::{Page, error_summary, form, radios},
    proposal::{self, Proposal},
    visit::{MemberPosted, MemberVisit, Visit},
};

/// Where it stands now, and the questions.
pub(crate) async fn show(visit: MemberVisit) -> Response {
    ask(&visit, &proposal::blank(&visit), &Faults::default()).await
}

/// Opens the decision.
pub(crate) async fn propose(MemberPosted { visit, fields }: MemberPosted) -> Response {
    let mut faults = Faults::default();
    let stage = others(&visit).into_iter().find(|stage| stage_name(*stage) == fields.get("stage"));
    if stage.is_none() {
        faults.add("stage", visit.text("choose-stage"));
    }
    for (field, sentence) in proposal::check(&visit, &fields).iter() {
        faults.add(field, sentence);
    }
    let Some(stage) = stage.filter(|_| faults.is_empty()) else { return ask(&visit, &fields, &faults).await };
    match proposal(&visit, stage).open(&visit, &fields).await {
        Ok(response) => response,
        Err(faults) => ask(&visit, &visit.with_fresh_key(fields), &faults).await,
    }
}

async fn ask(visit: &MemberVisit, fields: &Fields, faults: &Faults) -> Response {
    // How it is decided does not depend on the stage.
    let prospect = match proposal(visit, Stage::Dormant).prospect(visit).await {
        Ok(prospect) => prospect,
        Err(error) => return visit.failure(&error),
    };
    let answers: Vec<(String, String, Option<String>)> = others(visit)
        .into_iter()
        .map(|stage| (stage_name(stage).to_owned(), visit.text(stage_name(stage)), None))
        .collect();
    let now = visit.text(stage_name(visit.handle().agreed().stage()));
    let content = html! {
        (error_summary(visit, faults))
        p { (visit.text("stage-about")) }
        p { (visit.text_with("stage-now", &[("stage", now.into())])) }
        (prospect.shown(visit))
        h2 { (visit.text("your-proposal")) }
        (form(visit, "/charter/stage", "questions", html! {
            (radios("stage", &visit.text("which-stage"), None, &answers, fields, faults))
            (proposal::questions(visit, fields, faults))
            button type="submit" { (visit.text("open-decision")) }
            a .button.second href="/charter" { (visit.text("cancel")) }
        }))
    };
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let title = visit.text("propose-stage");
    visit.answer(status, Page { title: &title, content, faulty: !faults.is_empty(), back: Some("/charter") })
}

/// The stages in which it is not.
fn others(visit: &Visit) -> Vec<Stage> {
    let now = visit.handle().agreed().stage();
    Stage::ALL.into_iter().filter(|stage| *stage != now).collect()
}

fn proposal(visit: &Visit, stage: Stage) -> Proposal {
    let named = [("stage", visit.text(stage_name(stage)).into())];
    Proposal { title: visit.text_with("stage-title", &named), effect: Effect::Stage(stage) }
}
