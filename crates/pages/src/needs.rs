//! What needs you: the few things that wait for this member, and for nobody else.

use axum::response::Response;
use knotwork_accounts::State;
use knotwork_commands::{OwnProfile, ResourceEntry, RoleEntry, RoleRequestEntry, ends_soon};
use maud::html;

use crate::{
    layout::done,
    limits,
    notices::{Notice, Notices},
    roles,
    visit::MemberVisit,
};

/// Shows them.
pub(crate) async fn show(visit: MemberVisit) -> Response {
    // What a newcomer said of themself is published once a steward has confirmed.
    if let Err(error) = visit.handle().settle_in(&visit.member).await {
        return visit.failure(&error);
    }
    let member = visit.member.clone();
    let answer = visit
        .read(move |node| {
            let notices = Notices::of(node, &member.person)?;
            let profile = node.own_profile(&member)?;
            let drafts = node.notes(&member.person, "draft/")?.len();
            let waiting = if member.steward {
                node.all_accounts()?.iter().filter(|account| account.state == State::Waiting).count()
            } else {
                0
            };
            let in_conflict = node.resources_in_conflict(&member.person, CONFLICTS_SHOWN)?;
            let requests = node.requests_to(&member)?;
            let today = node.today();
            let ending: Vec<RoleEntry> = node
                .roles()?
                .into_iter()
                .filter(|entry| entry.view.person == member.person && ends_soon(&entry.view, today))
                .collect();
            Ok(Waiting { notices, profile, drafts, newcomers: waiting, in_conflict, requests, ending })
        })
        .await;
    let Waiting { notices, profile, mut drafts, newcomers: waiting, mut in_conflict, mut requests, mut ending } =
        match answer {
            Ok(answer) => answer,
            Err(error) => return visit.failure(&error),
        };
    // What a member does not want to be told of is not there for this page.
    if !notices.wants(Notice::Drafts) {
        drafts = 0;
    }
    if !notices.wants(Notice::Conflicts) {
        in_conflict.clear();
    }
    if !notices.wants(Notice::Requests) {
        requests.clear();
    }
    if !notices.wants(Notice::Ending) {
        ending.clear();
    }
    let bare = notices.wants(Notice::Profile)
        && ["post", "skills", "offers"].iter().all(|field| profile.fields.get(field).trim().is_empty());
    let nothing =
        waiting == 0 && in_conflict.is_empty() && drafts == 0 && requests.is_empty() && ending.is_empty() && !bare;
    let content = html! {
        @if visit.query.word("done") == "declined" { (done(&visit, &visit.text("request-declined"))) }
        p { (visit.text_with("hello", &[("name", profile.fields.name.into())])) }
        @if nothing { p { (visit.text("needs-nothing")) } }
        ul .list {
            @if waiting > 0 {
                li {
                    h2 { a href="/settings/colleagues" { (visit.text_with("newcomers-wait", &[("count", waiting.into())])) } }
                    p { (visit.text("newcomers-about")) }
                }
            }
            @for entry in requests.iter().take(limits::PAGE) {
                li {
                    h2 { a href={ "/role-requests/" (entry.view.id) } { (visit.text_with("request-title", &[("role", roles::name(&visit, entry.view.role).into())])) } }
                    p { bdi { (entry.from_name.clone().unwrap_or_else(|| visit.text("somebody"))) } " " (visit.text("asks-you")) " " (roles::with_topic(&visit, entry.view.role, &entry.view.topic)) "." }
                }
            }
            @for entry in ending.iter().take(limits::PAGE) {
                li {
                    h2 { a href={ "/roles/" (entry.view.id) } { (visit.text("your-role-ends")) } }
                    p { (roles::with_topic(&visit, entry.view.role, &entry.view.topic)) ". " (visit.text("your-role-ends-about")) }
                }
            }
            @for entry in &in_conflict {
                li {
                    h2 { a href={ "/library/" (entry.view.id) } { bdi { (entry.view.title) } } }
                    p { (visit.text("conflict-needs-you")) }
                }
            }
            @if drafts > 0 {
                li {
                    h2 { a href="/library/drafts" { (visit.text_with("drafts-count", &[("count", drafts.into())])) } }
                    p { (visit.text("drafts-about")) }
                }
            }
            @if bare {
                li {
                    h2 { a href="/profile/edit" { (visit.text("profile-bare")) } }
                    p { (visit.text("profile-bare-about")) }
                }
            }
        }
        h2 { (visit.text("what-now")) }
        ul {
            li { a href="/library" { (visit.text("find-in-library")) } }
            li { a href="/library/add" { (visit.text("add-resource")) } }
            li { a href="/settings/invitations" { (visit.text("invite-colleague")) } }
        }
    };
    visit.page(&visit.text("needs-you"), content)
}

/// What waits for the member.
struct Waiting {
    notices: Notices,
    profile: OwnProfile,
    drafts: usize,
    newcomers: usize,
    in_conflict: Vec<ResourceEntry>,
    requests: Vec<RoleRequestEntry>,
    /// The member's own roles that end soon.
    ending: Vec<RoleEntry>,
}

const CONFLICTS_SHOWN: usize = 20;
