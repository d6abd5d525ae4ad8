//! The member's own profile: what it says, and who sees each part of it.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use knotwork_commands::{Audience, CommandError, OwnProfile};
use knotwork_documents::PersonFields;
use maud::{Markup, html};

use crate::{
    errors,
    form::{Faults, Fields},
    layout::{Input, Kind, Page, Row, change_link, done, error_summary, form, input, summary, tick},
    people::lines,
    visit::{MemberPosted, MemberVisit, Visit},
};

/// Shows it.
pub(crate) async fn show(visit: MemberVisit) -> Response {
    let profile = match visit.handle().own_profile(&visit.member) {
        Ok(profile) => profile,
        Err(error) => return visit.failure(&error),
    };
    let rows: Vec<Row> = PersonFields::NAMES
        .into_iter()
        .map(|name| {
            let value = profile.fields.get(name);
            let title = visit.text(&format!("field-{name}"));
            let value = html! {
                @if value.trim().is_empty() { (visit.text("nothing")) } @else { (lines(value)) }
                br;
                span .facts { (shown_to(&visit, profile.audience(name))) }
            };
            Row { change: Some((format!("/profile/edit#{name}"), change_link(&visit, &title))), name: title, value }
        })
        .collect();
    let content = html! {
        @if visit.query.has("done") { (done(&visit, &visit.text("profile-saved"))) }
        p { (visit.text("profile-about")) }
        (summary(&rows))
        p { (visit.text(if profile.fields.listed { "you-are-listed" } else { "you-are-not-listed" })) }
        p { a .button href="/profile/edit" { (visit.text("edit-profile")) } a .button.second href={ "/people/" (visit.member.person) } { (visit.text("as-others-see")) } a .button.second href="/stand-in" { (visit.text("stand-in")) } }
    };
    visit.page(&visit.text("my-profile"), content)
}

/// The questions.
pub(crate) async fn show_edit(visit: MemberVisit) -> Response {
    match visit.handle().own_profile(&visit.member) {
        Ok(profile) => {
            let mut fields = Fields::default();
            for name in PersonFields::NAMES {
                fields.set(name, profile.fields.get(name));
                fields.set(&audience_field(name), profile.audience(name).word());
            }
            if profile.fields.listed {
                fields.set("listed", "yes");
            }
            if shows_experience(&profile) {
                fields.set(CONSENT, "yes");
            }
            ask(&visit, &fields, &Faults::default())
        }
        Err(error) => visit.failure(&error),
    }
}

/// Takes the answers.
pub(crate) async fn edit(MemberPosted { visit, fields }: MemberPosted) -> Response {
    let mut profile = OwnProfile::default();
    let mut faults = Faults::default();
    for name in PersonFields::NAMES {
        profile.fields.set(name, fields.get(name).trim().to_owned());
        let audience = Audience::from_word(fields.get(&audience_field(name)));
        profile.audiences.push(audience.unwrap_or_else(|| Audience::default_of(name)));
    }
    profile.fields.listed = fields.get("listed") == "yes";
    if shows_experience(&profile) && fields.get(CONSENT) != "yes" {
        faults.add(CONSENT, visit.text("experience-consent-missing"));
    }
    if profile.fields.name.is_empty() {
        faults.add("name", visit.text("enter-full-name"));
    }
    if !faults.is_empty() {
        return ask(&visit, &fields, &faults);
    }
    match visit.handle().set_own_profile(&visit.member, &profile).await {
        Ok(()) => Redirect::to("/profile?done=yes").into_response(),
        Err(CommandError::Field(error)) => {
            let sentence = errors::field_sentence(&visit, &error);
            ask(&visit, &fields, &Faults::one(error.field(), sentence))
        }
        Err(error) => visit.failure(&error),
    }
}

fn ask(visit: &Visit, fields: &Fields, faults: &Faults) -> Response {
    let content = html! {
        (error_summary(visit, faults))
        p { (visit.text("profile-edit-about")) }
        (form(visit, "/profile/edit", "questions", html! {
            @for name in PersonFields::NAMES {
                (question(visit, name, fields, faults))
                @if name == "experience" { (tick(CONSENT, "yes", &visit.text("experience-consent"), fields, faults)) }
            }
            (tick("listed", "yes", &visit.text("listed"), fields, faults))
            button type="submit" { (visit.text("save")) }
            a .button.second href="/profile" { (visit.text("cancel")) }
        }))
    };
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let title = visit.text("edit-profile");
    visit.answer(status, Page { title: &title, content, faulty: !faults.is_empty(), back: Some("/profile") })
}

fn question(visit: &Visit, name: &str, fields: &Fields, faults: &Faults) -> Markup {
    let label = visit.text(&format!("field-{name}"));
    let shown = if name == "name" { label.clone() } else { format!("{label} {}", visit.text("optional")) };
    let (kind, hint) = match name {
        "name" | "pronouns" | "post" => (Kind::Line, None),
        "offers" => (Kind::Lines(4), Some(visit.text("offers-hint"))),
        "experience" => (Kind::Lines(4), Some(visit.text("experience-hint"))),
        _ => (Kind::Lines(3), Some(visit.text("a-line-each"))),
    };
    let autocomplete = (name == "name").then_some("name");
    let audience = audience_field(name);
    html! {
        (input(&Input { name, label: &shown, hint: hint.as_deref(), kind, autocomplete }, fields, faults))
        div .question {
            label for=(audience) { (visit.text_with("who-sees", &[("field", label.into())])) }
            select id=(audience) name=(audience) {
                @for offered in Audience::ALL {
                    option value=(offered.word()) selected[fields.get(&audience) == offered.word()] { (visit.text(&format!("shown-to-{}", offered.word()))) }
                }
            }
        }
    }
}

/// Whether the profile shows lived experience to anybody, for which the person consents by itself.
fn shows_experience(profile: &OwnProfile) -> bool {
    !profile.fields.experience.trim().is_empty() && profile.audience("experience") != Audience::Nobody
}

fn shown_to(visit: &Visit, audience: Audience) -> String {
    visit.text_with("shown-to", &[("whom", visit.text(&format!("shown-to-{}", audience.word())).into())])
}

fn audience_field(name: &str) -> String {
    format!("{name}-shown-to")
}

const CONSENT: &str = "experience-consent";
