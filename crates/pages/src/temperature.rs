//! Temperature checks: how people feel about something before it is decided, with who could find out what in plain words.

use axum::{
    extract::Path,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use knotwork_commands::{NodeHandle, TemperatureEntry, TemperatureState};
use knotwork_governance::{Feeling, Feelings, TemperatureAnswer, TemperatureCounts};
use knotwork_identity::DocumentId;
use maud::{Markup, html};

use crate::{
    dates, errors,
    form::{Faults, Fields},
    layout::{Page, Row, done, error_summary, form, pagination, radios, summary, tick},
    library::contributor,
    limits,
    people::lines,
    visit::{MemberPosted, MemberVisit, Visit},
};

/// A temperature check with everything that its page shows to one reader.
struct Shown {
    entry: TemperatureEntry,
    own: Option<TemperatureAnswer>,
    /// Where what it is about is shown, and what that is called.
    about: Option<(String, String)>,
    /// The decisions that were begun from it, with their titles.
    decisions: Vec<(DocumentId, String)>,
}

/// Shows all of them.
pub(crate) async fn show(visit: MemberVisit) -> Response {
    let page = visit.query.word("page").parse().unwrap_or(1_usize).clamp(1, limits::PAGE_NUMBER_MAX);
    let entries = match visit.read(|node| node.temperature_checks()).await {
        Ok(entries) => entries,
        Err(error) => return visit.failure(&error),
    };
    let (question, how) = (visit.text("temperature-question"), visit.text("how-it-stands"));
    let content = html! {
        p { (visit.text("temperature-about")) }
        p { a .button href="/temperature/new" { (visit.text("start-temperature")) } }
        @if entries.is_empty() { p { (visit.text("no-temperatures")) } }
        @else {
            div .scroll { table .stack {
                caption { (visit.text_with("temperatures-count", &[("count", entries.len().into())])) }
                thead { tr { th scope="col" { (question) } th scope="col" { (how) } } }
                tbody {
                    @for entry in entries.iter().skip((page - 1) * limits::PAGE).take(limits::PAGE) {
                        tr {
                            th scope="row" { a href={ "/temperature/" (entry.id) } { bdi { (entry.check.question) } } }
                            td data-name=(how) { (state(&visit, entry)) }
                        }
                    }
                }
            } }
        }
        (pagination(&visit, page, entries.len().div_ceil(limits::PAGE), |page| format!("/temperature?page={page}")))
    };
    let title = visit.text("temperatures");
    visit.answer(StatusCode::OK, Page { title: &title, content, faulty: false, back: Some("/decisions") })
}

/// Shows one.
pub(crate) async fn show_one(visit: MemberVisit, Path(id): Path<String>) -> Response {
    match find(&visit, &id).await {
        Ok(shown) => {
            let mut fields = Fields::default();
            if let Some(own) = shown.own {
                fields.set("feeling", own.feeling.word());
                if own.alone {
                    fields.set("alone", "1");
                }
            }
            page(&visit, &shown, &fields, &Faults::default())
        }
        Err(response) => response,
    }
}

/// Takes an answer.
pub(crate) async fn answer(Path(id): Path<String>, MemberPosted { visit, fields }: MemberPosted) -> Response {
    let shown = match find(&visit, &id).await {
        Ok(shown) => shown,
        Err(response) => return response,
    };
    let Ok(feeling) = fields.get("feeling").parse::<Feeling>() else {
        return page(&visit, &shown, &fields, &Faults::one("feeling", visit.text("choose-feeling")));
    };
    let answer = TemperatureAnswer { feeling, alone: fields.get("alone") == "1" };
    let (id, member) = (shown.entry.id, visit.member.clone());
    match visit.read(move |node| node.answer_temperature(&member, &id, answer)).await {
        Ok(()) => Redirect::to(&format!("/temperature/{id}?done=answered")).into_response(),
        Err(error) => visit.failure(&error),
    }
}

/// How a temperature check stands, in a few words.
fn state(visit: &Visit, entry: &TemperatureEntry) -> String {
    let at = |name: &str, time| visit.text_with(name, &[("when", dates::moment(visit, Some(time)).into())]);
    match (entry.state, &entry.feelings) {
        (TemperatureState::Announced, _) => at("state-announced", entry.check.opens),
        (TemperatureState::Open, _) => at("state-open", entry.check.closes),
        (TemperatureState::Closed, None) => visit.text("temperature-too-few"),
        (TemperatureState::Closed, Some(feelings)) => {
            visit.text_with("temperature-answers", &[("count", feelings.total().into())])
        }
    }
}

async fn find(visit: &MemberVisit, id: &str) -> Result<Shown, Response> {
    let Ok(document) = id.parse::<DocumentId>() else { return Err(errors::missing(visit)) };
    let member = visit.member.clone();
    let found = visit
        .read(move |node| {
            let entry = node.temperature_check(&document)?;
            let decisions = node.decisions_following(&document, limits::PAGE)?.into_iter();
            Ok(Shown {
                own: node.own_temperature(&member, &entry)?,
                about: entry.check.about.and_then(|about| place_of(node, &about)),
                decisions: decisions.map(|head| (head.id, head.terms.title)).collect(),
                entry,
            })
        })
        .await;
    found.map_err(|error| visit.failure(&error))
}

/// Where a document is shown that a temperature check is about, and what it is called.
pub(crate) fn place_of(node: &NodeHandle, about: &DocumentId) -> Option<(String, String)> {
    if let Ok(entry) = node.resource(about) {
        return Some((format!("/library/{about}"), entry.view.title));
    }
    node.decision(about).ok().map(|entry| (format!("/decisions/{about}"), entry.terms.title))
}

fn page(visit: &MemberVisit, shown: &Shown, fields: &Fields, faults: &Faults) -> Response {
    let (entry, check) = (&shown.entry, &shown.entry.check);
    let row = |name: &str, value: Markup| Row { name: visit.text(name), value, change: None };
    let mut rows = vec![
        row("asked-by", contributor(visit, &entry.by)),
        row(
            if entry.state == TemperatureState::Closed { "was-open-until" } else { "open-until" },
            html! { (dates::moment(visit, Some(check.closes))) },
        ),
    ];
    if let Some((path, title)) = &shown.about {
        rows.push(row("temperature-is-about", html! { a href=(path) { bdi { (title) } } }));
    }
    let content = html! {
        (error_summary(visit, faults))
        @match visit.query.word("done") {
            "asked" => (done(visit, &visit.text("temperature-asked"))),
            "answered" if entry.state == TemperatureState::Open => (done(visit, &visit.text("temperature-answered"))),
            _ => {},
        }
        p .state { strong .tag { (state(visit, entry)) } }
        @if !check.text.is_empty() { p { (lines(&check.text)) } }
        (summary(&rows))
        @match entry.state {
            TemperatureState::Announced => {},
            TemperatureState::Open => (ask(visit, shown, fields, faults)),
            TemperatureState::Closed => (result(visit, entry.feelings.as_ref())),
        }
        h2 { (visit.text("temperature-then")) }
        p { (visit.text("temperature-binds-nobody")) }
        @if !shown.decisions.is_empty() {
            p { (visit.text("temperature-decisions")) }
            ul { @for (id, title) in &shown.decisions { li { a href={ "/decisions/" (id) } { bdi { (title) } } } } }
        }
        p { a .button.second href={ "/decisions/new?temperature=" (entry.id) } { (visit.text("decide-on-this")) } }
    };
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let title = &check.question;
    visit.answer(status, Page { title, content, faulty: !faults.is_empty(), back: Some("/temperature") })
}

fn ask(visit: &Visit, shown: &Shown, fields: &Fields, faults: &Faults) -> Markup {
    let feelings: Vec<(String, String, Option<String>)> =
        Feeling::ALL.iter().map(|feeling| (feeling.word().to_owned(), called(visit, *feeling), None)).collect();
    let few = [("count", TemperatureCounts::TOGETHER_MIN.into())];
    html! {
        h2 { (visit.text("your-temperature")) }
        (form(visit, &format!("/temperature/{}/answer", shown.entry.id), "questions", html! {
            (radios("feeling", &visit.text("how-do-you-feel"), None, &feelings, fields, faults))
            (tick("alone", "1", &visit.text_with("temperature-alone", &few), fields, faults))
            div .note {
                h3 { (visit.text("who-can-find-out")) }
                ul {
                    li { (visit.text("find-out-own-node")) }
                    li { (visit.text_with("find-out-other-nodes", &few)) }
                    li { (visit.text_with("find-out-few", &few)) }
                    li { (visit.text("find-out-same")) }
                    li { (visit.text("find-out-pages")) }
                }
            }
            button type="submit" { (visit.text(if shown.own.is_some() { "change-your-answer" } else { "give-your-answer" })) }
        }))
    }
}

fn result(visit: &Visit, feelings: Option<&Feelings>) -> Markup {
    let (feeling, count) = (visit.text("feeling"), visit.text("how-many"));
    html! {
        h2 { (visit.text("how-people-feel")) }
        @match feelings {
            None => p { (visit.text("temperature-too-few-about")) },
            Some(feelings) => div .scroll { table .stack {
                caption { (visit.text_with("temperature-answers", &[("count", feelings.total().into())])) }
                thead { tr { th scope="col" { (feeling) } th scope="col" { (count) } } }
                tbody {
                    @for one in Feeling::ALL {
                        tr {
                            th scope="row" { (called(visit, one)) }
                            td data-name=(count) { (feelings.of(one)) }
                        }
                    }
                }
            } },
        }
        p { (visit.text("temperature-late")) }
        p { (visit.text("temperature-forgotten")) }
    }
}

/// What a feeling is called.
fn called(visit: &Visit, feeling: Feeling) -> String {
    visit.text(&format!("feeling-{feeling}"))
}
