//! Voice: which member speaks for this organisation in decisions, as a steward gave it and the member accepted.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use knotwork_accounts::{Account, State};
use knotwork_commands::{CommandError, MandateEntry, MandateState};
use knotwork_documents::Date;
use knotwork_identity::{DocumentId, PersonId, Timestamp};
use maud::{Markup, html};

use crate::{
    dates, errors,
    form::{Faults, Fields},
    layout::{Input, Kind, Page, done, error_summary, form, input, radios},
    visit::{MemberPosted, MemberVisit, Visit, local_path},
};

/// Shows who speaks, and to stewards how to change it.
pub(crate) async fn show(visit: MemberVisit) -> Response {
    let mut fields = Fields::default();
    fields.set("until", usual_until(visit.handle().now()).map(|until| until.to_string()).unwrap_or_default());
    answer(&visit, &fields, &Faults::default()).await
}

/// Gives the organisation's voice to a member.
pub(crate) async fn give(MemberPosted { visit, fields }: MemberPosted) -> Response {
    let mut faults = Faults::default();
    let person = fields.get("person").parse::<PersonId>().ok();
    if person.is_none() {
        faults.add("person", visit.text("choose-person"));
    }
    let until = fields.word("until").parse::<Date>().ok().filter(|until| *until > visit.handle().today());
    if until.is_none() {
        faults.add("until", visit.text("until-wrong"));
    }
    let (Some(person), Some(until)) = (person, until.and_then(Date::start)) else {
        return answer(&visit, &fields, &faults).await;
    };
    match visit.handle().give_mandate(&visit.member, Some(person), until).await {
        Ok(_) => Redirect::to("/voice?done=given").into_response(),
        Err(CommandError::Decision(error)) => {
            let sentence = errors::sentence(&error.into());
            answer(&visit, &fields, &Faults::one("person", sentence)).await
        }
        Err(error) => visit.failure(&error),
    }
}

/// Takes the organisation's voice back from everybody.
pub(crate) async fn take_back(MemberPosted { visit, .. }: MemberPosted) -> Response {
    match visit.handle().give_mandate(&visit.member, None, visit.handle().now()).await {
        Ok(_) => Redirect::to("/voice?done=taken-back").into_response(),
        Err(error) => visit.failure(&error),
    }
}

/// The member's answer: accepts what was offered, declines it, or lays it down.
pub(crate) async fn reply(MemberPosted { visit, fields }: MemberPosted) -> Response {
    let Ok(mandate) = fields.word("mandate").parse::<DocumentId>() else { return errors::missing(&visit) };
    let (accepted, done) = match fields.get("do") {
        "accept" => (true, "accepted"),
        "decline" => (false, "declined"),
        _ => (false, "laid-down"),
    };
    match visit.handle().answer_mandate(&visit.member, mandate, accepted).await {
        Ok(()) => Redirect::to(&format!("/voice?done={done}")).into_response(),
        Err(error) => visit.failure(&error),
    }
}

/// A steward speaks for the organisation themself: given and accepted in one step.
pub(crate) async fn speak(MemberPosted { visit, fields }: MemberPosted) -> Response {
    match visit.handle().take_voice(&visit.member).await {
        Ok(()) => back_to(&fields),
        Err(error) => visit.failure(&error),
    }
}

fn back_to(fields: &Fields) -> Response {
    let next = local_path(fields.get("next"));
    let path = if next == "/" { "/voice?done=accepted".to_owned() } else { format!("{next}?done=voice") };
    Redirect::to(&path).into_response()
}

async fn answer(visit: &MemberVisit, fields: &Fields, faults: &Faults) -> Response {
    let steward = visit.member.steward;
    let found = visit
        .read(move |node| {
            let mandates = node.mandates(&node.organisation_key())?;
            let accounts = if steward { node.all_accounts()? } else { Vec::new() };
            let people = node.people()?;
            let own = node.organisation_key();
            let mut colleagues: Vec<(Account, String)> = Vec::new();
            for account in accounts.into_iter().filter(|account| account.state == State::Active) {
                let name = people.name_of(&account.person, &own).unwrap_or_else(|| account.sign_in_name.clone());
                colleagues.push((account, name));
            }
            Ok((mandates, colleagues))
        })
        .await;
    let (mandates, colleagues) = match found {
        Ok(found) => found,
        Err(error) => return visit.failure(&error),
    };
    let own = |entry: &&MandateEntry| entry.mandate.person == Some(visit.member.person);
    let current: Vec<&MandateEntry> = mandates.iter().filter(|entry| is_current(entry)).collect();
    let organisation = visit.handle().organisation_name();
    let content = html! {
        (error_summary(visit, faults))
        @let said = match visit.query.word("done") {
            "given" => "voice-given",
            "taken-back" => "voice-taken-back",
            "accepted" => "voice-taken",
            "declined" => "voice-declined",
            "laid-down" => "voice-laid-down",
            _ => "",
        };
        @if !said.is_empty() && faults.is_empty() { (done(visit, &visit.text(said))) }
        p { (visit.text("voice-about")) }
        p { a href="/stand-in" { (visit.text("stand-in")) } }
        @if current.is_empty() { p { strong { (visit.text_with("nobody-speaks", &[("organisation", organisation.clone().into())])) } } }
        @else {
            ul .list { @for entry in &current { li { (speaker(visit, entry)) } } }
        }
        @for entry in current.iter().copied().filter(own) { (own_mandate(visit, entry)) }
        @if steward {
            h2 { (visit.text("give-voice")) }
            (form(visit, "/voice/give", "questions", html! {
                (radios("person", &visit.text("who-shall-speak"), None, &answers(&colleagues), fields, faults))
                (input(&Input { name: "until", label: &visit.text("voice-until"), hint: Some(&visit.text("voice-until-hint")), kind: Kind::Date, autocomplete: None }, fields, faults))
                button type="submit" { (visit.text("give-voice")) }
            }))
            @if !current.is_empty() {
                h2 { (visit.text("take-voice-back")) }
                p { (visit.text("take-voice-back-about")) }
                (form(visit, "/voice/take-back", "questions", html! { button .second type="submit" { (visit.text("take-voice-back")) } }))
            }
        } @else { p { (visit.text("stewards-give-voice")) } }
    };
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let title = visit.text_with("who-speaks", &[("organisation", organisation.into())]);
    visit.answer(status, Page { title: &title, content, faulty: !faults.is_empty(), back: Some("/decisions") })
}

/// What a member is offered, and how to answer; or how to lay down what they hold.
pub(crate) fn own_mandate(visit: &Visit, entry: &MandateEntry) -> Markup {
    let button = |action: &str, text: &str, class: &str| {
        html! { button .(class) type="submit" name="do" value=(action) { (visit.text(text)) } }
    };
    html! {
        div .note {
            @if entry.state == MandateState::Offered { p { (visit.text("voice-offered")) } } @else { p { (visit.text("voice-held")) } }
            (form(visit, "/voice/answer", "plain", html! {
                input type="hidden" name="mandate" value=(entry.document);
                @if entry.state == MandateState::Offered { (button("accept", "accept-voice", "first")) (button("decline", "decline-voice", "second")) }
                @else { (button("lay-down", "lay-voice-down", "second")) }
            }))
        }
    }
}

fn speaker(visit: &Visit, entry: &MandateEntry) -> Markup {
    let until = [("day", dates::day(visit, Some(entry.mandate.until)).into())];
    html! {
        h2 {
            @match (&entry.name, entry.mandate.person) {
                (Some(name), Some(person)) => a href={ "/people/" (person) } { bdi { (name) } },
                _ => (visit.text("somebody")),
            }
        }
        p .facts {
            (visit.text_with("speaks-until", &until)) " "
            @if entry.state == MandateState::Offered { (visit.text("not-accepted-yet")) }
        }
    }
}

fn answers(colleagues: &[(Account, String)]) -> Vec<(String, String, Option<String>)> {
    colleagues.iter().map(|(account, name)| (account.person.to_string(), name.clone(), None)).collect()
}

fn is_current(entry: &MandateEntry) -> bool {
    matches!(entry.state, MandateState::Offered | MandateState::Held)
}

/// A year from now.
fn usual_until(now: Timestamp) -> Option<Date> {
    Timestamp::from_milliseconds(now.milliseconds() + YEAR_MILLISECONDS).map(Date::of)
}

const YEAR_MILLISECONDS: u64 = 365 * 86_400_000;
