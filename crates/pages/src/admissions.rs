//! Admissions: inviting an organisation, taking its application, and opening the decision to admit it. For stewards.

use axum::{
    extract::Path,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use knotwork_accounts::AccountError;
use knotwork_commands::{AdmissionEntry, AdmissionState, CommandError, DecisionError, InvitationEntry};
use knotwork_identity::PublicKey;
use maud::{Markup, html};

use crate::{
    dates, errors,
    form::Faults,
    layout::{Page, done, error_summary, form, form_with_file},
    visit::{MemberPosted, MemberVisit, Visit},
};

/// The organisations that have applied, and how to invite another.
pub(crate) async fn show(visit: MemberVisit) -> Response {
    answer(&visit, &Faults::default()).await
}

/// Gives an invitation as a file.
pub(crate) async fn invite(MemberPosted { visit, .. }: MemberPosted) -> Response {
    let member = visit.member.clone();
    let made = visit
        .read(move |node| {
            let addresses = node.own_addresses()?;
            node.invite_organisation(&member, addresses)
        })
        .await;
    match made {
        Ok(invitation) => {
            let mut response = invitation.to_bytes().into_response();
            let headers = response.headers_mut();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
            headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static(FILE));
            response
        }
        Err(error) => visit.failure(&error),
    }
}

/// Takes an invitation back. One that is gone already is as good as taken back.
pub(crate) async fn take_back(MemberPosted { visit, fields }: MemberPosted) -> Response {
    let (member, id) = (visit.member.clone(), fields.get("id").to_owned());
    match visit.read(move |node| node.take_back_invitation(&member, &id)).await {
        Ok(()) | Err(CommandError::Decision(DecisionError::NoInvitation)) => {
            Redirect::to("/admissions?done=taken-back").into_response()
        }
        Err(error) => visit.failure(&error),
    }
}

/// Takes an application that came as a file.
pub(crate) async fn receive(MemberPosted { visit, fields }: MemberPosted) -> Response {
    if let Err(response) = check_steward(&visit) {
        return response;
    }
    let bytes = fields.file("application").to_vec();
    if bytes.is_empty() {
        return answer(&visit, &Faults::one("application", visit.text("choose-file"))).await;
    }
    match visit.read(move |node| node.receive_application(&bytes)).await {
        Ok(_) => Redirect::to("/admissions?done=received").into_response(),
        Err(error @ CommandError::Decision(DecisionError::Application(_))) => {
            answer(&visit, &Faults::one("application", errors::sentence(&error))).await
        }
        Err(error) => visit.failure(&error),
    }
}

/// Opens a decision to admit an organisation.
pub(crate) async fn decide(Path(key): Path<String>, MemberPosted { visit, fields }: MemberPosted) -> Response {
    if let Err(response) = check_steward(&visit) {
        return response;
    }
    let Ok(key) = key.parse::<PublicKey>() else { return errors::missing(&visit) };
    let nonce = visit.form_nonce(fields.get("key"));
    match visit.handle().open_admission(&visit.member, &key, nonce).await {
        Ok(decision) => Redirect::to(&format!("/decisions/{decision}?done=opened")).into_response(),
        Err(error) => visit.failure(&error),
    }
}

async fn answer(visit: &MemberVisit, faults: &Faults) -> Response {
    if let Err(response) = check_steward(visit) {
        return response;
    }
    let member = visit.member.clone();
    let (entries, open) =
        match visit.read(move |node| Ok((node.admissions()?, node.network_invitations(&member)?))).await {
            Ok(found) => found,
            Err(error) => return visit.failure(&error),
        };
    let fault = faults.of("application");
    let content = html! {
        (error_summary(visit, faults))
        @if visit.query.word("done") == "received" && faults.is_empty() { (done(visit, &visit.text("application-received"))) }
        @if visit.query.word("done") == "taken-back" && faults.is_empty() { (done(visit, &visit.text("network-invitation-taken-back"))) }
        p { (visit.text("admissions-about")) }
        ol {
            @for step in ["admission-step-invite", "admission-step-apply", "admission-step-decide"] { li { (visit.text(step)) } }
        }
        h2 { (visit.text("applications")) }
        @if entries.is_empty() { p { (visit.text("no-applications")) } }
        ul .list { @for entry in &entries { li { (application(visit, entry)) } } }
        h2 { (visit.text("invite-organisation")) }
        p { (visit.text("invite-organisation-about")) }
        (form(visit, "/admissions/invite", "questions", html! { button type="submit" { (visit.text("download-invitation")) } }))
        @if !open.is_empty() {
            h2 { (visit.text("open-invitations")) }
            ul .list { @for invitation in &open { li { (invited(visit, invitation, &entries)) } } }
        }
        h2 { (visit.text("hand-in-application")) }
        (form_with_file(visit, "/admissions/receive", html! {
            div .question .wrong[fault.is_some()] {
                label for="application" { (visit.text("application-file")) }
                p .hint #application-hint { (visit.text("application-file-hint")) }
                @if let Some(fault) = fault { p .fault #application-fault { span .unseen { (visit.text("error-prefix")) } (fault) } }
                input #application type="file" name="application" aria-invalid=[fault.map(|_| "true")]
                    aria-describedby=(if fault.is_some() { "application-hint application-fault" } else { "application-hint" });
            }
            button .second type="submit" { (visit.text("hand-in-application")) }
        }))
    };
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let title = visit.text("admissions");
    visit.answer(status, Page { title: &title, content, faulty: !faults.is_empty(), back: Some("/decisions") })
}

/// An invitation with which an organisation may still apply.
fn invited(visit: &Visit, invitation: &InvitationEntry, entries: &[AdmissionEntry]) -> Markup {
    let made = dates::moment(visit, Some(invitation.made));
    let ends = dates::day(visit, Some(invitation.ends));
    let name = |key: PublicKey| {
        let entry = entries.iter().find(|entry| entry.application.organisation == key);
        entry.map_or_else(|| visit.handle().organisation_called(&key), |entry| entry.application.name.clone())
    };
    html! {
        p { (visit.text_with("invitation-times", &[("made", made.clone().into()), ("ends", ends.into())])) }
        p {
            @match invitation.organisation {
                Some(key) => (visit.text_with("network-invitation-of", &[("name", name(key).into())])),
                None => (visit.text("network-invitation-unused")),
            }
        }
        (form(visit, "/admissions/take-back", "plain", html! {
            input type="hidden" name="id" value=(invitation.id);
            button .link type="submit" { (visit.text("withdraw-invitation")) span .unseen { ": " (made) } }
        }))
    }
}

fn application(visit: &Visit, entry: &AdmissionEntry) -> Markup {
    let (name, key) = (&entry.application.name, entry.application.organisation);
    let may_open = matches!(entry.state, AdmissionState::Waiting | AdmissionState::NotAdmitted(_));
    html! {
        h3 { bdi { (name) } }
        p .facts { (visit.text("organisation-key")) " " code { (key) } }
        @if let Some(host) = entry.application.seat.host() {
            p { (visit.text_with("admission-hosted", &[("host", visit.handle().organisation_called(&host).into())])) }
        }
        p {
            @match entry.state {
                AdmissionState::Waiting => (visit.text("admission-waiting")),
                AdmissionState::Deciding(decision) => a href={ "/decisions/" (decision) } { (visit.text("admission-deciding")) span .unseen { ": " (name) } },
                AdmissionState::NotAdmitted(decision) => a href={ "/decisions/" (decision) } { (visit.text("admission-not-admitted")) span .unseen { ": " (name) } },
                AdmissionState::Admitted => a href={ "/organisations/" (key) } { (visit.text("admission-admitted")) span .unseen { ": " (name) } },
                AdmissionState::Outdated if entry.application.seat.host().is_some() => (visit.text("admission-outdated-hosted")),
                AdmissionState::Outdated => (visit.text("admission-outdated")),
                AdmissionState::Gone => (visit.text("admission-gone")),
            }
        }
        @if may_open {
            (form(visit, &format!("/admissions/{key}/decide"), "plain", html! {
                input type="hidden" name="key" value=(visit.handle().random_text());
                button type="submit" { (visit.text("open-admission")) span .unseen { ": " (name) } }
            }))
        }
    }
}

fn check_steward(visit: &MemberVisit) -> Result<(), Response> {
    if visit.member.steward { Ok(()) } else { Err(visit.failure(&CommandError::Account(AccountError::NotASteward))) }
}

const FILE: &str = "attachment; filename=\"invitation.knotwork\"";
