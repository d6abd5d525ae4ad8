//! Roles: who does what for the network for a time; taking one on, changing until when it lasts, laying it down.

use axum::{
    extract::Path,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use knotwork_commands::{CommandError, RoleEntry, ends_soon, unheld};
use knotwork_documents::{Date, RoleEdit, RoleName, RoleView};
use knotwork_identity::DocumentId;
use maud::{Markup, html};

use crate::{
    dates, errors,
    form::{Faults, Fields},
    layout::{Input, Kind, Page, Row, done, error_summary, form, input, pagination, radios, summary},
    limits,
    visit::{MemberPosted, MemberVisit, Visit},
};

/// All roles with some of those who hold them, and first the reader's own; or, with `role`, all who hold that one.
pub(crate) async fn show(visit: MemberVisit) -> Response {
    if let Some(role) = RoleName::from_word(visit.query.get("role")) {
        return show_holders(&visit, role).await;
    }
    let member = visit.member.clone();
    let answer = visit.read(move |node| Ok((node.roles()?, node.requests_by(&member)?))).await;
    let (roles, asked) = match answer {
        Ok(answer) => answer,
        Err(error) => return visit.failure(&error),
    };
    let today = visit.handle().today();
    let current: Vec<&RoleEntry> =
        roles.iter().filter(|entry| !knotwork_commands::is_over(&entry.view, today)).collect();
    let own: Vec<&&RoleEntry> = current.iter().filter(|entry| entry.view.person == visit.member.person).collect();
    let nobody = unheld(&roles, today);
    let content = html! {
        @match visit.query.get("done") {
            "taken" => (done(&visit, &visit.text("role-taken-on"))),
            "changed" => (done(&visit, &visit.text("role-changed"))),
            "laid-down" => (done(&visit, &visit.text("role-laid-down"))),
            "asked" => (done(&visit, &visit.text("role-asked"))),
            "withdrawn" => (done(&visit, &visit.text("request-taken-back"))),
            _ => {},
        }
        p { (visit.text("roles-about")) }
        p { a .button href="/roles/take-on" { (visit.text("take-on-role")) } }
        h2 { (visit.text("your-roles")) }
        @if own.is_empty() { p { (visit.text("no-roles-of-yours")) } }
        ul .list {
            @for entry in &own {
                li {
                    h3 { (scoped_name(&visit, &entry.view)) }
                    p .facts { (times(&visit, &entry.view, today)) }
                    p { a href={ "/roles/" (entry.view.id) } { (visit.text("change-or-lay-down")) span .unseen { ": " (scoped_name(&visit, &entry.view)) } } }
                }
            }
        }
        @if !asked.is_empty() {
            h2 { (visit.text("you-asked")) }
            ul .list {
                // The newest stand last.
                @for entry in asked.iter().rev().take(limits::PAGE) {
                    li {
                        h3 {
                            @match &entry.person_name {
                                Some(name) => a href={ "/people/" (entry.view.person) } { bdi { (name) } },
                                None => (visit.text("somebody")),
                            }
                            ": " (with_topic(&visit, entry.view.role, &entry.view.topic))
                        }
                        p .facts { (if entry.taken_on { visit.text("request-taken-on") } else { visit.text("request-open") }) }
                        @if !entry.taken_on && entry.view.owner == visit.member.public_key() {
                            (form(&visit, &format!("/role-requests/{}/withdraw", entry.view.id), "plain", html! {
                                button .link type="submit" { (visit.text("take-request-back")) }
                            }))
                        }
                    }
                }
            }
        }
        h2 { (visit.text("all-roles")) }
        @for role in RoleName::ALL {
            h3 { (name(&visit, role)) }
            p { (visit.text(&format!("role-about-{}", role.word()))) }
            @if nobody.contains(&role) { p { strong { (visit.text("role-unheld")) } } }
            @let holders: Vec<&&RoleEntry> = current.iter().filter(|entry| entry.view.role == role).collect();
            ul { @for entry in holders.iter().take(HOLDERS_SHOWN) { (holder(&visit, entry, today)) } }
            @if holders.len() > HOLDERS_SHOWN {
                p { a href={ "/roles?role=" (role.word()) } { (visit.text_with("all-holders", &[("count", holders.len().into()), ("role", name(&visit, role).into())])) } }
            }
        }
    };
    visit.page(&visit.text("roles"), content)
}

/// Everybody who holds a role, in pages.
async fn show_holders(visit: &MemberVisit, role: RoleName) -> Response {
    let roles = match visit.read(|node| node.roles()).await {
        Ok(roles) => roles,
        Err(error) => return visit.failure(&error),
    };
    let today = visit.handle().today();
    let holds = |entry: &&RoleEntry| entry.view.role == role && !knotwork_commands::is_over(&entry.view, today);
    let holders: Vec<&RoleEntry> = roles.iter().filter(holds).collect();
    let page = visit.query.word("page").parse().unwrap_or(1_usize).clamp(1, limits::PAGE_NUMBER_MAX);
    let shown = holders.iter().skip((page - 1) * limits::PAGE).take(limits::PAGE);
    let content = html! {
        p { (visit.text(&format!("role-about-{}", role.word()))) }
        @if holders.is_empty() { p { strong { (visit.text("role-unheld")) } } }
        ul { @for entry in shown { (holder(visit, entry, today)) } }
        (pagination(visit, page, holders.len().div_ceil(limits::PAGE), |page| format!("/roles?role={}&page={page}", role.word())))
    };
    let title = name(visit, role);
    visit.answer(StatusCode::OK, Page { title: &title, content, faulty: false, back: Some("/roles") })
}

/// Asks which role a member takes on; from a role request, it is chosen already.
pub(crate) async fn show_take_on(visit: MemberVisit) -> Response {
    let mut fields = Fields::default();
    fields.set("key", visit.handle().random_text());
    fields.set("since", visit.handle().today().to_string());
    for name in ["role", "topic", "request"] {
        if visit.query.has(name) {
            fields.set(name, visit.query.word(name));
        }
    }
    ask(&visit, &fields, &Faults::default())
}

/// Takes it on.
pub(crate) async fn take_on(MemberPosted { visit, fields }: MemberPosted) -> Response {
    let Some(role) = RoleName::from_word(fields.get("role")) else {
        return ask(&visit, &fields, &Faults::one("role", visit.text("choose-role")));
    };
    let edit = RoleEdit {
        role: Some(role),
        topic: Some(fields.word("topic").to_owned()),
        since: Some(fields.word("since").to_owned()),
        until: Some(fields.word("until").to_owned()),
        request: fields.word("request").parse().ok(),
        ..RoleEdit::default()
    };
    let nonce = visit.form_nonce(fields.get("key"));
    let began = visit.handle().role_began_as(&visit.member, edit.clone(), nonce);
    if began == Ok(Some(false)) {
        return ask(&visit, &visit.with_fresh_key(fields), &Faults::one("role", visit.text("sent-before")));
    }
    match visit.handle().take_on_role(&visit.member, edit, nonce).await {
        Ok(_) => Redirect::to("/roles?done=taken").into_response(),
        Err(error) => match faults_of(&visit, &error) {
            Some(faults) => ask(&visit, &fields, &faults),
            None => visit.failure(&error),
        },
    }
}

/// One role of the reader's own: until when, and how to lay it down.
pub(crate) async fn show_own(visit: MemberVisit, Path(id): Path<String>) -> Response {
    match own(&visit, &id).await {
        Ok(view) => {
            let mut fields = Fields::default();
            fields.set("until", view.until.map(|until| until.to_string()).unwrap_or_default());
            ask_change(&visit, &view, &fields, &Faults::default())
        }
        Err(response) => response,
    }
}

/// Changes until when a role lasts.
pub(crate) async fn change(Path(id): Path<String>, MemberPosted { visit, fields }: MemberPosted) -> Response {
    let view = match own(&visit, &id).await {
        Ok(view) => view,
        Err(response) => return response,
    };
    match visit.handle().extend_role(&visit.member, view.id, fields.word("until").to_owned()).await {
        Ok(()) => Redirect::to("/roles?done=changed").into_response(),
        Err(error) => match faults_of(&visit, &error) {
            Some(faults) => ask_change(&visit, &view, &fields, &faults),
            None => visit.failure(&error),
        },
    }
}

/// Lays a role down.
pub(crate) async fn lay_down(Path(id): Path<String>, MemberPosted { visit, .. }: MemberPosted) -> Response {
    let view = match own(&visit, &id).await {
        Ok(view) => view,
        Err(response) => return response,
    };
    match visit.handle().lay_down_role(&visit.member, view.id).await {
        Ok(()) => Redirect::to("/roles?done=laid-down").into_response(),
        Err(error) => visit.failure(&error),
    }
}

/// A role's name.
pub(crate) fn name(visit: &Visit, role: RoleName) -> String {
    visit.text(&format!("role-{}", role.word()))
}

/// A role's name with what it is about.
pub(crate) fn with_topic(visit: &Visit, role: RoleName, topic: &str) -> Markup {
    html! { (name(visit, role)) @if !topic.trim().is_empty() { " (" bdi { (topic) } ")" } }
}

/// The roles of a person, for their page; nothing where there are none.
pub(crate) fn list(visit: &Visit, roles: &[RoleEntry]) -> Markup {
    let today = visit.handle().today();
    html! {
        ul { @for entry in roles.iter().take(limits::PAGE) { li { (scoped_name(visit, &entry.view)) span .facts { ". " (times(visit, &entry.view, today)) } } } }
    }
}

/// The answers of the question which role it is.
pub(crate) fn choices(visit: &Visit) -> Vec<(String, String, Option<String>)> {
    let about = |role: RoleName| Some(visit.text(&format!("role-about-{}", role.word())));
    RoleName::ALL.into_iter().map(|role| (role.word().to_owned(), name(visit, role), about(role))).collect()
}

/// What is wrong with the answers; `None` where the fault is not in them.
pub(crate) fn faults_of(visit: &Visit, error: &CommandError) -> Option<Faults> {
    match error {
        CommandError::Field(error) => Some(Faults::one(error.field(), errors::field_sentence(visit, error))),
        CommandError::Role(_) => Some(Faults::one("role", errors::sentence(error))),
        _ => None,
    }
}

fn scoped_name(visit: &Visit, view: &RoleView) -> Markup {
    let network = view.topic.trim().is_empty();
    html! { (with_topic(visit, view.role, &view.topic)) @if network { ", " (visit.text("whole-network")) } }
}

fn times(visit: &Visit, view: &RoleView, today: Date) -> String {
    let mut parts = Vec::new();
    if let Some(since) = view.since {
        parts.push(visit.text_with("role-since", &[("day", dates::date(since).into())]));
    }
    match view.until {
        Some(until) => parts.push(visit.text_with("role-until", &[("day", dates::date(until).into())])),
        None => parts.push(visit.text("role-open")),
    }
    if ends_soon(view, today) {
        parts.push(visit.text("role-ends-soon"));
    }
    parts.join(" ")
}

fn holder(visit: &Visit, entry: &RoleEntry, today: Date) -> Markup {
    html! {
        li {
            @match &entry.name {
                Some(name) => a href={ "/people/" (entry.view.person) } { bdi { (name) } },
                None => (visit.text("somebody")),
            }
            ", " bdi { (entry.organisation) } ": "
            @if entry.view.topic.trim().is_empty() { (visit.text("whole-network")) } @else { bdi { (entry.view.topic) } }
            ". " span .facts { (times(visit, &entry.view, today)) }
        }
    }
}

/// A role of the reader's own.
async fn own(visit: &MemberVisit, id: &str) -> Result<RoleView, Response> {
    let Ok(document) = id.parse::<DocumentId>() else { return Err(errors::missing(visit)) };
    let member = visit.member.clone();
    visit.read(move |node| node.own_role(&member, &document)).await.map_err(|error| visit.failure(&error))
}

fn ask(visit: &Visit, fields: &Fields, faults: &Faults) -> Response {
    let optional = |name: &str| format!("{} {}", visit.text(name), visit.text("optional"));
    let line = |name, label: &str, hint: &str, kind| {
        input(&Input { name, label, hint: Some(&visit.text(hint)), kind, autocomplete: None }, fields, faults)
    };
    let content = html! {
        (error_summary(visit, faults))
        @if !fields.get("request").is_empty() { div .note { p { (visit.text("accepting-about")) } } }
        p { (visit.text("take-on-about")) }
        (form(visit, "/roles/take-on", "questions", html! {
            input type="hidden" name="key" value=(fields.get("key"));
            input type="hidden" name="request" value=(fields.get("request"));
            (radios("role", &visit.text("which-role"), None, &choices(visit), fields, faults))
            (line("topic", &optional("field-topic"), "topic-hint", Kind::Line))
            (line("since", &optional("field-since"), "since-hint", Kind::Date))
            (line("until", &optional("field-until"), "until-hint", Kind::Date))
            button type="submit" { (visit.text("take-on-role")) }
            a .button.second href="/roles" { (visit.text("cancel")) }
        }))
    };
    answer(visit, &visit.text("take-on-role"), content, faults)
}

fn ask_change(visit: &Visit, view: &RoleView, fields: &Fields, faults: &Faults) -> Response {
    let today = visit.handle().today();
    let until = format!("{} {}", visit.text("field-until"), visit.text("optional"));
    let rows = [Row {
        name: visit.text("role"),
        value: html! { (scoped_name(visit, view)) br; span .facts { (times(visit, view, today)) } },
        change: None,
    }];
    let content = html! {
        (error_summary(visit, faults))
        (summary(&rows))
        h2 { (visit.text("change-until")) }
        (form(visit, &format!("/roles/{}", view.id), "questions", html! {
            (input(&Input { name: "until", label: &until, hint: Some(&visit.text("until-hint")), kind: Kind::Date, autocomplete: None }, fields, faults))
            button type="submit" { (visit.text("save")) }
        }))
        h2 { (visit.text("lay-down")) }
        p { (visit.text("lay-down-about")) }
        (form(visit, &format!("/roles/{}/lay-down", view.id), "questions", html! {
            button .second type="submit" { (visit.text("lay-down")) }
        }))
    };
    answer(visit, &visit.text("your-role"), content, faults)
}

fn answer(visit: &Visit, title: &str, content: Markup, faults: &Faults) -> Response {
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    visit.answer(status, Page { title, content, faulty: !faults.is_empty(), back: Some("/roles") })
}

/// How many of those who hold a role are shown beside the others.
const HOLDERS_SHOWN: usize = 10;
