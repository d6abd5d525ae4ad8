//! Leaving: a steward closes the account of somebody who has left, or a member their own. First it is said what that
//! does.

use axum::{
    extract::Path,
    http::{StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use knotwork_accounts::{AccountError, State};
use knotwork_commands::{CommandError, PersonEntry};
use knotwork_identity::PersonId;
use maud::{Markup, html};

use crate::{
    errors,
    form::{Faults, Fields},
    layout::{Page, error_summary, form, radios},
    visit::{MemberPosted, MemberVisit, Visit},
};

/// Whose account is to be closed, and from where.
struct Leaver {
    person: PersonId,
    /// The profile's name, or else the sign-in name.
    name: String,
    own: bool,
}

/// Asks a steward about somebody who has left.
pub(crate) async fn show(visit: MemberVisit, Path(person): Path<String>) -> Response {
    match leaver(&visit, &person) {
        Ok(leaver) => ask(&visit, &leaver, &Fields::default(), &Faults::default()),
        Err(response) => response,
    }
}

/// Closes the account of somebody who has left.
pub(crate) async fn close(Path(person): Path<String>, MemberPosted { visit, fields }: MemberPosted) -> Response {
    // Sent twice, it is done.
    let gone = |id: PersonId| visit.member.steward && visit.handle().has_left(&id) == Ok(true);
    match leaver(&visit, &person) {
        Ok(leaver) => close_of(&visit, &leaver, &fields).await,
        Err(_) if person.parse().is_ok_and(gone) => Redirect::to("/settings/colleagues?done=yes").into_response(),
        Err(response) => response,
    }
}

/// Asks a member who wants to leave.
pub(crate) async fn show_own(visit: MemberVisit) -> Response {
    ask(&visit, &own(&visit), &Fields::default(), &Faults::default())
}

/// Closes the member's own account.
pub(crate) async fn close_own(MemberPosted { visit, fields }: MemberPosted) -> Response {
    close_of(&visit, &own(&visit), &fields).await
}

/// Takes the profile of somebody who left from view.
pub(crate) async fn erase_profile(Path(person): Path<String>, MemberPosted { visit, .. }: MemberPosted) -> Response {
    let Ok(person) = person.parse::<PersonId>() else { return errors::missing(&visit) };
    match visit.handle().erase_profile(visit.member.person, person).await {
        Ok(()) => Redirect::to("/settings/colleagues?done=yes").into_response(),
        Err(error) => visit.failure(&error),
    }
}

/// What stewards can do about a person of their organisation, on the person's page.
pub(crate) fn for_stewards(visit: &MemberVisit, entry: &PersonEntry) -> Result<Markup, CommandError> {
    let person = entry.person;
    if !visit.member.steward || person == visit.member.person {
        return Ok(html! {});
    }
    let is_member = visit.handle().account(&person)?.is_some_and(|account| account.state == State::Active);
    let has_left = !is_member && visit.handle().has_left(&person)?;
    Ok(html! {
        @if is_member || has_left { h2 { (visit.text("for-stewards")) } }
        @if is_member { (acts(visit, &person, &entry.fields.name)) }
        @if has_left {
            p { (visit.text("leaving-erase-about")) }
            (form(visit, &format!("/people/{person}/erase"), "plain", html! {
                button .second type="submit" { (visit.text("erase-profile")) }
            }))
        }
    })
}

/// The ways to a link for a new passphrase, and to closing an account.
pub(crate) fn acts(visit: &Visit, person: &PersonId, name: &str) -> Markup {
    html! {
        (form(visit, &format!("/people/{person}/reset-link"), "plain", html! {
            button .link type="submit" { (visit.text("make-reset-link")) span .unseen { ": " (name) } }
        }))
        p { a href={ "/people/" (person) "/left" } { (visit.text("person-left")) span .unseen { ": " (name) } } }
    }
}

fn own(visit: &MemberVisit) -> Leaver {
    Leaver { person: visit.member.person, name: visit.member.sign_in_name.clone(), own: true }
}

/// The member of this organisation whom a steward means.
fn leaver(visit: &MemberVisit, person: &str) -> Result<Leaver, Response> {
    if !visit.member.steward {
        return Err(visit.failure(&CommandError::Account(AccountError::NotASteward)));
    }
    let Ok(person) = person.parse::<PersonId>() else { return Err(errors::missing(visit)) };
    let found = visit.handle().account(&person).and_then(|account| Ok((account, visit.handle().profile_of(&person)?)));
    match found {
        Ok((Some(account), profile)) => {
            let name = profile.map_or(account.sign_in_name, |entry| entry.fields.name);
            Ok(Leaver { person, name, own: person == visit.member.person })
        }
        Ok((None, _)) => Err(errors::missing(visit)),
        Err(error) => Err(visit.failure(&error)),
    }
}

async fn close_of(visit: &MemberVisit, leaver: &Leaver, fields: &Fields) -> Response {
    let erase = match fields.get("profile") {
        "keep" => false,
        "erase" => true,
        _ => return ask(visit, leaver, fields, &Faults::one("profile", visit.text("choose-profile"))),
    };
    match visit.handle().close_account(visit.member.person, leaver.person, erase).await {
        Ok(()) if leaver.own => closed(visit),
        Ok(()) => Redirect::to("/settings/colleagues?done=yes").into_response(),
        Err(error) => visit.failure(&error),
    }
}

/// The last page that somebody sees.
fn closed(visit: &MemberVisit) -> Response {
    let mut response = Redirect::to("/?closed=yes").into_response();
    if let Some(cookie) = visit.no_session_cookie() {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

fn ask(visit: &MemberVisit, leaver: &Leaver, fields: &Fields, faults: &Faults) -> Response {
    let organisation = visit.handle().organisation_name();
    let (title, action, back) = if leaver.own {
        (visit.text("close-account"), "/settings/close".to_owned(), "/settings")
    } else {
        let title = visit.text_with("has-left", &[("name", leaver.name.clone().into())]);
        (title, format!("/people/{}/left", leaver.person), "/settings/colleagues")
    };
    let answer = |value: &str, text: &str, about: &str| (value.to_owned(), visit.text(text), Some(visit.text(about)));
    let answers =
        [answer("keep", "profile-keep", "profile-keep-about"), answer("erase", "erase-profile", "leaving-erase-about")];
    let content = html! {
        (error_summary(visit, faults))
        p { (if leaver.own { visit.text("close-own-about") } else { visit.text("close-other-about") }) }
        p { (visit.text_with("leaving-stays", &[("organisation", organisation.into())])) }
        (form(visit, &action, "questions", html! {
            (radios("profile", &visit.text("what-of-profile"), None, &answers, fields, faults))
            button type="submit" { (visit.text("close-this-account")) }
            a .button.second href=(back) { (visit.text("cancel")) }
        }))
    };
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    visit.answer(status, Page { title: &title, content, faulty: !faults.is_empty(), back: Some(back) })
}
