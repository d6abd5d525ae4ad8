//! The charter: what the network is for and how it works, how old that agreement is, and the versions before it.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use knotwork_commands::{CharterEntry, CharterVersion, CommandError, DecisionError, NodeHandle};
use knotwork_governance::{Charter, Method, NetworkFunction, NetworkKind, Said, Stage};
use knotwork_identity::CharterDigest;
use maud::{Markup, html};

use crate::{
    dates, errors,
    history::changed_texts,
    layout::{Page, Row, done, form, summary},
    methods,
    people::lines,
    visit::{MemberPosted, MemberVisit, Visit},
};

/// Shows the charter in force.
pub(crate) async fn show(visit: MemberVisit) -> Response {
    let found = visit.read(|node| Ok((node.charter()?, node.charter_versions()?))).await;
    let (entry, versions) = match found {
        Ok(found) => found,
        Err(error) => return visit.failure(&error),
    };
    let content = html! {
        p { (age(&visit, &entry)) }
        @if visit.query.has("accepted") { (done(&visit, &visit.text("word-said"))) }
        @if may_accept(&visit) { (acceptance(&visit, &entry)) }
        @if is_due(visit.handle(), &entry) { (renewal(&visit)) }
        @match &entry.charter {
            Some(charter) => (read(&visit, charter)),
            None => p { (visit.text("charter-has-not-arrived")) },
        }
        p { a .button href="/charter/change" { (visit.text("propose-change")) } }
        p { a href="/charter/stage" { (visit.text("propose-stage")) } }
        @if versions.len() > 1 {
            h2 { (visit.text("charter-versions")) }
            ul {
                @for (place, version) in versions.iter().enumerate() {
                    li {
                        (since(&visit, version.since))
                        @if let Some(before) = versions.get(place + 1) {
                            ". " a href={ "/charter/versions?from=" (before.digest) "&to=" (version.digest) } { (visit.text("see-what-changed")) span .unseen { ": " (since(&visit, version.since)) } }
                        }
                    }
                }
            }
        }
    };
    visit.answer(
        StatusCode::OK,
        Page { title: &visit.text("charter"), content, faulty: false, back: Some("/decisions") },
    )
}

/// What differs between two charters that were in force; the last two where nothing else is asked for.
pub(crate) async fn show_versions(visit: MemberVisit) -> Response {
    let versions = match visit.read(|node| node.charter_versions()).await {
        Ok(versions) => versions,
        Err(error) => return visit.failure(&error),
    };
    let find = |name: &str, default: usize| {
        let wanted: Option<CharterDigest> = visit.query.word(name).parse().ok();
        let found = wanted.and_then(|digest| versions.iter().find(|version| version.digest == digest));
        found.or(versions.get(default)).or(versions.last())
    };
    let (Some(after), Some(before)) = (find("to", 0), find("from", 1)) else { return errors::missing(&visit) };
    let content = html! {
        p { (since(&visit, before.since)) " → " (since(&visit, after.since)) }
        h2 { (visit.text("what-differs")) }
        @match both(before, after) {
            Some((before, after)) => (differences(&visit, before, after)),
            None => p { (visit.text("charter-has-not-arrived")) },
        }
    };
    let title = visit.text("charter-comparison");
    visit.answer(StatusCode::OK, Page { title: &title, content, faulty: false, back: Some("/charter") })
}

/// Accepts the charter in force for a founder that came after it was changed.
pub(crate) async fn accept(MemberPosted { visit, fields }: MemberPosted) -> Response {
    let Ok(read) = fields.get("charter").parse::<CharterDigest>() else { return errors::missing(&visit) };
    match visit.handle().say(&visit.member, Said::Accept(read)).await {
        Ok(()) => Redirect::to("/charter?accepted=yes").into_response(),
        Err(error) => visit.failure(&error),
    }
}

/// Whether the reader's organisation is on the roster, has not accepted, and the reader may do it.
fn may_accept(visit: &MemberVisit) -> bool {
    let own = visit.handle().organisation_key();
    visit.member.steward && visit.handle().agreed().parties().get(&own).is_some_and(|party| !party.accepted)
}

fn acceptance(visit: &Visit, entry: &CharterEntry) -> Markup {
    html! {
        div .warning {
            h2 { (visit.text("charter-not-accepted")) }
            p { (visit.text("charter-not-accepted-about")) }
            @if entry.charter.is_some() {
                (form(visit, "/charter/accept", "plain", html! {
                    input type="hidden" name="charter" value=(entry.digest);
                    button type="submit" { (visit.text("charter-accept")) }
                }))
            }
        }
    }
}

/// Opens a decision whether the charter still holds: the same text, agreed anew.
pub(crate) async fn renew(MemberPosted { visit, fields }: MemberPosted) -> Response {
    let charter = match visit.read(|node| node.charter()).await {
        Ok(entry) => entry.charter,
        Err(error) => return visit.failure(&error),
    };
    let Some(charter) = charter else { return errors::missing(&visit) };
    let nonce = visit.form_nonce(fields.get("key"));
    // Whatever the usual way: whether everybody can still live with it is what is asked.
    let (title, text) = (visit.text("renewal-title"), visit.text("renewal-text"));
    let mut draft = visit.handle().charter_draft(&charter, title, text, charter.clone());
    draft.method = Method::Consent;
    match visit.handle().open_decision(&visit.member, draft, nonce).await {
        Ok(decision) => Redirect::to(&format!("/decisions/{decision}?done=opened")).into_response(),
        Err(error) => visit.failure(&error),
    }
}

/// How old the agreement is, and when it is looked at again.
pub(crate) fn age(visit: &Visit, entry: &CharterEntry) -> String {
    let mut sentences = vec![match entry.agreed {
        Some(agreed) => {
            let values = [
                ("ago", dates::ago(visit, agreed, visit.handle().now()).into()),
                ("day", dates::day(visit, Some(agreed)).into()),
            ];
            visit.text_with(if entry.since == 0 { "charter-first-on" } else { "charter-agreed" }, &values)
        }
        None => visit.text("charter-first"),
    }];
    if let Some(due) = entry.review_due {
        sentences.push(visit.text_with("charter-review", &[("day", dates::date(due).into())]));
    }
    sentences.join(" ")
}

/// Whether it is time to look at the agreement again.
pub(crate) fn is_due(node: &NodeHandle, entry: &CharterEntry) -> bool {
    entry.review_due.is_some_and(|due| due <= node.today())
}

/// An offer to ask everyone whether the charter still holds.
pub(crate) fn renewal(visit: &Visit) -> Markup {
    html! {
        div .warning {
            h2 { (visit.text("renewal-due")) }
            p { (visit.text("renewal-about")) }
            (form(visit, "/charter/renew", "plain", html! {
                input type="hidden" name="key" value=(visit.handle().random_text());
                button type="submit" { (visit.text("renew")) }
            }))
        }
    }
}

/// What a charter says.
pub(crate) fn read(visit: &Visit, charter: &Charter) -> Markup {
    let rules = &charter.rules;
    let row = |name: &str, value: Markup| Row { name: visit.text(name), value, change: None };
    let share = |ratio| html! { (visit.text_with("of-organisations", &[("fraction", methods::fraction(visit, ratio).into())])) };
    let text =
        |text: &str| html! { @if text.trim().is_empty() { (visit.text("nothing-said")) } @else { (lines(text)) } };
    let list = |names: Vec<String>| html! { @if names.is_empty() { (visit.text("nothing-said")) } @else { ul .plain { @for name in names { li { (name) } } } } };
    let months = [("count", rules.review_months.into())];
    let rows = [
        row("charter-purpose", text(&charter.purpose)),
        row("charter-kinds", list(charter.kinds.iter().map(|kind| visit.text(kind_name(*kind))).collect())),
        row("charter-functions", list(charter.functions.iter().map(|one| visit.text(function_name(*one))).collect())),
        row("charter-ways", text(&charter.ways_of_working)),
        row("charter-values", text(&charter.values)),
        row("charter-disagreement", text(&charter.disagreement)),
        row(
            "charter-method",
            html! { (methods::name(visit, &charter.usual_method)) ". " (visit.text_with("usually-open", &[("count", charter.usual_days.into())])) },
        ),
        row("charter-admit", share(rules.admit)),
        row("charter-remove", share(rules.remove)),
        row("charter-amend", share(rules.amend)),
        row("charter-reviewed", html! { (visit.text_with("every-months", &months)) }),
        row("charter-stage", html! { (visit.text(stage_name(visit.handle().agreed().stage()))) }),
    ];
    summary(&rows)
}

/// What differs between two charters.
pub(crate) fn differences(visit: &Visit, before: &Charter, after: &Charter) -> Markup {
    changed_texts(visit, &compared(visit, before, after))
}

/// What two charters say, text by text.
pub(crate) fn compared(visit: &Visit, before: &Charter, after: &Charter) -> Vec<(&'static str, String, String)> {
    let (before, after) = (texts(visit, before), texts(visit, after));
    before.into_iter().zip(after).map(|((name, before), (_, after))| (name, before, after)).collect()
}

fn texts(visit: &Visit, charter: &Charter) -> [(&'static str, String); 11] {
    let kinds: Vec<String> = charter.kinds.iter().map(|kind| visit.text(kind_name(*kind))).collect();
    let functions: Vec<String> = charter.functions.iter().map(|one| visit.text(function_name(*one))).collect();
    let method = methods::name(visit, &charter.usual_method);
    let days = visit.text_with("usually-open", &[("count", charter.usual_days.into())]);
    let rules = &charter.rules;
    [
        ("charter-purpose", charter.purpose.clone()),
        ("charter-kinds", kinds.join("\n")),
        ("charter-functions", functions.join("\n")),
        ("charter-ways", charter.ways_of_working.clone()),
        ("charter-values", charter.values.clone()),
        ("charter-disagreement", charter.disagreement.clone()),
        ("charter-method", format!("{method}. {days}")),
        ("charter-admit", methods::fraction(visit, rules.admit)),
        ("charter-remove", methods::fraction(visit, rules.remove)),
        ("charter-amend", methods::fraction(visit, rules.amend)),
        ("charter-reviewed", visit.text_with("every-months", &[("count", rules.review_months.into())])),
    ]
}

/// The name of a stage's text.
pub(crate) const fn stage_name(stage: Stage) -> &'static str {
    match stage {
        Stage::PreEmergent => "stage-pre-emergent",
        Stage::Emerging => "stage-emerging",
        Stage::Established => "stage-established",
        Stage::Dormant => "stage-dormant",
    }
}

/// The name of a kind's text, which forms use as its word.
pub(crate) const fn kind_name(kind: NetworkKind) -> &'static str {
    match kind {
        NetworkKind::Learning => "network-learning",
        NetworkKind::Agency => "network-agency",
        NetworkKind::Advocacy => "network-advocacy",
        NetworkKind::Managed => "network-managed",
        NetworkKind::Social => "network-social",
        NetworkKind::SocialMovement => "network-movement",
    }
}

/// The name of a function's text, which forms use as its word.
pub(crate) const fn function_name(function: NetworkFunction) -> &'static str {
    match function {
        NetworkFunction::CommunityBuilding => "function-community",
        NetworkFunction::Filtering => "function-filtering",
        NetworkFunction::Amplifying => "function-amplifying",
        NetworkFunction::Facilitating => "function-facilitating",
        NetworkFunction::Providing => "function-providing",
        NetworkFunction::Convening => "function-convening",
    }
}

/// What is wrong with the terms of a decision, as a sentence; `None` where the fault is another.
pub(crate) fn refusal(error: &CommandError) -> Option<String> {
    matches!(error, CommandError::Decision(DecisionError::Terms { .. }) | CommandError::Field(_))
        .then(|| errors::sentence(error))
}

fn since(visit: &Visit, minute: u64) -> String {
    match minute {
        0 => visit.text("since-the-beginning"),
        minute => visit.text_with("since-minute", &[("number", minute.into())]),
    }
}

fn both<'a>(before: &'a CharterVersion, after: &'a CharterVersion) -> Option<(&'a Charter, &'a Charter)> {
    before.charter.as_ref().zip(after.charter.as_ref())
}
