//! Standing in: a member who is away asks a colleague to answer in their place; the colleague accepts, and either ends it.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use knotwork_commands::{CommandError, DecisionError, DelegationEntry, DelegationState, PersonEntry};
use knotwork_documents::Date;
use knotwork_identity::{DocumentId, PersonId, Timestamp};
use maud::{Markup, html};

use crate::{
    dates, errors,
    form::{Faults, Fields},
    layout::{Input, Kind, Page, done, error_summary, form, input, radios},
    visit::{MemberPosted, MemberVisit},
};

/// Shows who stands in for whom, and how to ask, accept and end it.
pub(crate) async fn show(visit: MemberVisit) -> Response {
    let mut fields = Fields::default();
    fields.set("until", usual_last_day(visit.handle().now()).map(|day| day.to_string()).unwrap_or_default());
    answer(&visit, &fields, &Faults::default()).await
}

/// Asks a colleague.
pub(crate) async fn ask(MemberPosted { visit, fields }: MemberPosted) -> Response {
    let mut faults = Faults::default();
    let person = fields.get("person").parse::<PersonId>().ok();
    if person.is_none() {
        faults.add("person", visit.text("choose-person"));
    }
    let until = fields.word("until").parse::<Date>().ok().filter(|until| *until >= visit.handle().today());
    let until = until.and_then(Date::start).and_then(end_of_day);
    if until.is_none() {
        faults.add("until", visit.text("until-wrong"));
    }
    let (Some(person), Some(until)) = (person, until) else { return answer(&visit, &fields, &faults).await };
    match visit.handle().ask_to_stand_in(&visit.member, person, until).await {
        Ok(_) => Redirect::to("/stand-in?done=asked").into_response(),
        Err(CommandError::Decision(error)) => {
            let field = if error == DecisionError::LastDay { "until" } else { "person" };
            let sentence = errors::sentence(&error.into());
            answer(&visit, &fields, &Faults::one(field, sentence)).await
        }
        Err(error) => visit.failure(&error),
    }
}

/// Accepts what was asked, or declines or ends it.
pub(crate) async fn reply(MemberPosted { visit, fields }: MemberPosted) -> Response {
    let Ok(delegation) = fields.word("delegation").parse::<DocumentId>() else { return errors::missing(&visit) };
    let accepted = fields.get("do") == "accept";
    match visit.handle().answer_delegation(&visit.member, delegation, accepted).await {
        Ok(()) => {
            Redirect::to(&format!("/stand-in?done={}", if accepted { "accepted" } else { "ended" })).into_response()
        }
        Err(error) => visit.failure(&error),
    }
}

async fn answer(visit: &MemberVisit, fields: &Fields, faults: &Faults) -> Response {
    let member = visit.member.clone();
    let found = visit
        .read(move |node| {
            let own = node.organisation_key();
            let mut entries = node.delegations(&own)?;
            entries.retain(DelegationEntry::is_current);
            let people = node.people()?;
            let is_colleague =
                |one: &&PersonEntry| one.organisation_key == own && one.person != member.person && !one.left;
            Ok((entries, people.all.iter().filter(is_colleague).cloned().collect::<Vec<_>>()))
        })
        .await;
    let (entries, colleagues) = match found {
        Ok(found) => found,
        Err(error) => return visit.failure(&error),
    };
    let is_away = entries.iter().any(|entry| entry.delegation.person == visit.member.person);
    let answers: Vec<(String, String, Option<String>)> =
        colleagues.iter().map(|one| (one.person.to_string(), one.fields.name.clone(), None)).collect();
    let content = html! {
        (error_summary(visit, faults))
        @let said = match visit.query.word("done") {
            "asked" => "stand-in-asked",
            "accepted" => "stand-in-accepted",
            "ended" => "stand-in-ended",
            _ => "",
        };
        @if !said.is_empty() && faults.is_empty() { (done(visit, &visit.text(said))) }
        p { (visit.text("stand-in-about")) }
        @if entries.is_empty() { p { strong { (visit.text("stand-in-nobody")) } } }
        @else { ul .list { @for entry in &entries { li { (one(visit, entry)) } } } }
        h2 { (visit.text("ask-to-stand-in")) }
        @if is_away { p { (visit.text("stand-in-end-first")) } }
        @else if colleagues.is_empty() { p { (visit.text("stand-in-no-colleague")) } }
        @else {
            (form(visit, "/stand-in", "questions", html! {
                (radios("person", &visit.text("who-shall-stand-in"), None, &answers, fields, faults))
                (input(&Input { name: "until", label: &visit.text("stand-in-last-day"), hint: Some(&visit.text("stand-in-last-day-hint")), kind: Kind::Date, autocomplete: None }, fields, faults))
                button type="submit" { (visit.text("ask-to-stand-in")) }
            }))
        }
    };
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let title = visit.text("stand-in");
    visit.answer(status, Page { title: &title, content, faulty: !faults.is_empty(), back: Some("/profile") })
}

/// Who stands in for whom until when, with what the reader may do about it.
fn one(visit: &MemberVisit, entry: &DelegationEntry) -> Markup {
    let called = |name: &Option<String>| name.clone().unwrap_or_else(|| visit.text("somebody"));
    let names = [("stand-in", called(&entry.stand_in_name).into()), ("name", called(&entry.name).into())];
    let until = [("day", dates::day(visit, Some(entry.delegation.until)).into())];
    let is_asked = entry.delegation.stand_in == visit.member.person;
    let is_offered = is_asked && entry.state == DelegationState::Asked;
    html! {
        h2 { (visit.text_with("stands-in-for", &names)) }
        p .facts {
            (visit.text_with("stands-in-until", &until))
            @if entry.state == DelegationState::Asked { " " (visit.text("stand-in-not-accepted")) }
        }
        @if is_asked || entry.delegation.person == visit.member.person {
            (form(visit, "/stand-in/answer", "plain", html! {
                input type="hidden" name="delegation" value=(entry.document);
                @if is_offered {
                    button type="submit" name="do" value="accept" { (visit.text("accept-voice")) }
                    button .second type="submit" name="do" value="end" { (visit.text("decline-voice")) }
                } @else { button .second type="submit" name="do" value="end" { (visit.text("end-stand-in")) } }
            }))
        }
    }
}

/// The last moment of the day that begins then.
fn end_of_day(start: Timestamp) -> Option<Timestamp> {
    Timestamp::from_milliseconds(start.milliseconds() + DAY_MILLISECONDS - 1)
}

/// A week from now.
fn usual_last_day(now: Timestamp) -> Option<Date> {
    Timestamp::from_milliseconds(now.milliseconds() + 7 * DAY_MILLISECONDS).map(Date::of)
}

const DAY_MILLISECONDS: u64 = 86_400_000;
