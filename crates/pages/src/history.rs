//! The history of a resource: who changed what, what differs between two states, and how to bring an old one back.

use axum::{
    extract::Path,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use knotwork_commands::{HistoryEntry, PastResource};
use knotwork_documents::{Date, Piece, ResourceView, compare_texts};
use knotwork_identity::ChangeId;
use maud::{Markup, html};

use crate::{
    dates,
    layout::{Page, form},
    library::contributor,
    limits,
    markdown::markdown,
    resource::{find, heads_of, heads_text, read, shown_title},
    resource_form,
    visit::{MemberPosted, MemberVisit, Visit},
};

/// Shows all changes; or, with `from` and `to`, what differs; or, with `at`, one state.
pub(crate) async fn show(visit: MemberVisit, Path(id): Path<String>) -> Response {
    let entry = match find(&visit, &id).await {
        Ok(entry) => entry,
        Err(response) => return response,
    };
    if visit.query.has("at") {
        return show_state(&visit, &entry.view).await;
    }
    if visit.query.has("from") {
        return show_comparison(&visit, &entry.view).await;
    }
    let document = entry.view.id;
    let changes = match visit.read(move |node| node.resource_history(&document)).await {
        Ok(changes) => changes,
        Err(error) => return visit.failure(&error),
    };
    let total = changes.len();
    let page = visit.query.word("page").parse().unwrap_or(1_usize).clamp(1, limits::PAGE_NUMBER_MAX);
    let shown: Vec<&HistoryEntry> = changes.iter().rev().skip((page - 1) * limits::PAGE).take(limits::PAGE).collect();
    let path = format!("/library/{document}/history");
    let content = html! {
        p { (visit.text("history-about")) }
        div .scroll { table .stack {
            caption { (visit.text_with("changes-count", &[("count", total.into())])) }
            thead { tr { th scope="col" { (visit.text("when")) } th scope="col" { (visit.text("who")) } th scope="col" { (visit.text("what")) } th scope="col" { (visit.text("look")) } } }
            tbody {
                @for entry in shown {
                    @let when = dates::moment(&visit, entry.change.time);
                    tr {
                        td data-name=(visit.text("when")) { (when) }
                        td data-name=(visit.text("who")) { (contributor(&visit, &entry.by)) }
                        td data-name=(visit.text("what")) {
                            (touched(&visit, entry))
                            @if !entry.stands { div .facts { (visit.text("not-counted")) } }
                        }
                        td data-name=(visit.text("look")) { a href={ (path) "?at=" (heads_text(&[entry.change.id])) } { (visit.text("see-what-changed")) span .unseen { ": " (when) } } }
                    }
                }
            }
        } }
        (crate::layout::pagination(&visit, page, total.div_ceil(limits::PAGE), |page| format!("{path}?page={page}")))
        @if total > 1 { (compare_form(&visit, &path, &changes)) }
    };
    let title = visit.text_with("history-of", &[("title", shown_title(&visit, &entry.view).into())]);
    let back = format!("/library/{document}");
    visit.answer(StatusCode::OK, Page { title: &title, content, faulty: false, back: Some(&back) })
}

/// Brings an old state back, as a new change.
pub(crate) async fn restore(Path(id): Path<String>, MemberPosted { visit, fields }: MemberPosted) -> Response {
    let entry = match find(&visit, &id).await {
        Ok(entry) => entry,
        Err(response) => return response,
    };
    let (document, heads) = (entry.view.id, heads_of(fields.get("at")));
    match visit.handle().restore_resource(document, heads, &visit.signer()).await {
        Ok(_) => Redirect::to(&format!("/library/{document}?done=restored")).into_response(),
        Err(error) => visit.failure(&error),
    }
}

/// What differs between two states.
async fn show_comparison(visit: &MemberVisit, now: &ResourceView) -> Response {
    let (document, from, to) = (now.id, heads_of(visit.query.get("from")), heads_of(visit.query.get("to")));
    let answer =
        visit.read(move |node| Ok((node.resource_at(&document, &from)?, node.resource_at(&document, &to)?))).await;
    let (from, to) = match answer {
        Ok(answer) => answer,
        Err(error) => return visit.failure(&error),
    };
    let content = html! {
        p { (visit.text("comparison-about")) }
        @if !(from.stands && to.stands) { (not_counted(visit)) }
        h2 { (visit.text("what-differs")) }
        (differences(visit, &from.entry.view, &to.entry.view))
    };
    let title = visit.text_with("comparison-of", &[("title", shown_title(visit, now).into())]);
    let back = format!("/library/{document}/history");
    visit.answer(StatusCode::OK, Page { title: &title, content, faulty: false, back: Some(&back) })
}

/// Asks for two versions of the newest.
fn compare_form(visit: &Visit, path: &str, changes: &[HistoryEntry]) -> Markup {
    let newest: Vec<&HistoryEntry> = changes.iter().rev().take(COMPARED_MAX).collect();
    let choice = |name: &str, label: &str, chosen: usize| {
        html! {
            div .question {
                label for=(name) { (visit.text(label)) }
                select id=(name) name=(name) {
                    @for (place, entry) in newest.iter().enumerate() {
                        option value=(heads_text(&[entry.change.id])) selected[place == chosen] {
                            (changes.len() - place) ": " (dates::moment(visit, entry.change.time))
                            @if let Some(name) = &entry.by.name { ", " (name) }
                            @if !entry.stands { ", " (visit.text("not-counted-short")) }
                        }
                    }
                }
            }
        }
    };
    html! {
        h2 { (visit.text("compare-two")) }
        form .questions method="get" action=(path) {
            (choice("from", "compare-from", 1))
            (choice("to", "compare-to", 0))
            button .second type="submit" { (visit.text("compare")) }
        }
    }
}

/// One state, and what its last change did.
async fn show_state(visit: &MemberVisit, now: &ResourceView) -> Response {
    let (document, heads) = (now.id, heads_of(visit.query.get("at")));
    let wanted = heads.clone();
    let answer = visit
        .read(move |node| {
            let state = node.resource_at(&document, &wanted)?;
            let history = node.resource_history(&document)?;
            let before: Vec<ChangeId> = history
                .iter()
                .filter(|entry| wanted.contains(&entry.change.id))
                .flat_map(|entry| entry.change.dependencies.clone())
                .collect();
            let before = if before.is_empty() { None } else { Some(node.resource_at(&document, &before)?) };
            Ok((state, before))
        })
        .await;
    let (PastResource { entry: state, stands }, before) = match answer {
        Ok(answer) => answer,
        Err(error) => return visit.failure(&error),
    };
    let content = html! {
        @if !stands { (not_counted(visit)) }
        @if let Some(before) = &before {
            h2 { (visit.text("what-changed")) }
            (differences(visit, &before.entry.view, &state.view))
        } @else {
            div .note { p { (visit.text("first-version")) } }
        }
        h2 { (visit.text("how-it-was")) }
        (read(visit, &state, markdown))
        @if stands && state.view.heads != now.heads {
            (form(visit, &format!("/library/{document}/restore"), "questions", html! {
                input type="hidden" name="at" value=(heads_text(&heads));
                p { (visit.text("restore-about")) }
                button type="submit" { (visit.text("restore")) }
            }))
        }
    };
    let title = visit.text_with("version-of", &[("title", shown_title(visit, &state.view).into())]);
    let back = format!("/library/{document}/history");
    visit.answer(StatusCode::OK, Page { title: &title, content, faulty: false, back: Some(&back) })
}

fn differences(visit: &Visit, before: &ResourceView, after: &ResourceView) -> Markup {
    let day = |date: Option<Date>| date.map(dates::date).unwrap_or_default();
    let lines = |entries: &[String]| entries.iter().map(|entry| format!("{entry}\n")).collect::<String>();
    let fields = [
        ("field-title", before.title.clone(), after.title.clone()),
        ("kind", before.kind.word().to_owned(), after.kind.word().to_owned()),
        ("field-summary", before.summary.clone(), after.summary.clone()),
        ("field-body", before.body.clone(), after.body.clone()),
        ("tags", lines(&before.tags), lines(&after.tags)),
        ("links", lines(&before.links), lines(&after.links)),
        ("licence", before.licence.clone(), after.licence.clone()),
        ("language", before.language.clone(), after.language.clone()),
        ("field-reviewed", day(before.reviewed), day(after.reviewed)),
        ("field-review_due", day(before.review_due), day(after.review_due)),
    ];
    changed_texts(visit, &fields)
}

/// What differs between texts, each with its name, before and after.
pub(crate) fn changed_texts(visit: &Visit, texts: &[(&str, String, String)]) -> Markup {
    let changed: Vec<_> = texts.iter().filter(|(_, before, after)| before != after).collect();
    html! {
        @if changed.is_empty() { p { (visit.text("nothing-changed")) } }
        @for (name, before, after) in &changed {
            h3 { (visit.text(name)) }
            div .compare { @for piece in compare_texts(before, after) { (shown_piece(visit, &piece)) } }
        }
    }
}

fn shown_piece(visit: &Visit, piece: &Piece) -> Markup {
    html! {
        @match piece {
            Piece::Same(text) => (text),
            // Those who do not see colours are told in words.
            Piece::Removed(text) => del { span .unseen { (visit.text("taken-away")) " " } (text) span .unseen { " " (visit.text("until-here")) " " } },
            Piece::Added(text) => ins { span .unseen { (visit.text("put-in")) " " } (text) span .unseen { " " (visit.text("until-here")) " " } },
            Piece::Skipped(lines) => span .facts { (visit.text_with("lines-skipped", &[("count", (*lines).into())])) "\n" },
        }
    }
}

/// Says that what is shown does not stand.
fn not_counted(visit: &Visit) -> Markup {
    html! { div .warning { p { (visit.text("not-counted")) } p { (visit.text("not-counted-about")) } } }
}

fn touched(visit: &Visit, entry: &HistoryEntry) -> Markup {
    let known = |field: &&String| resource_form::NAMES.contains(&field.as_str());
    let names: Vec<String> =
        entry.change.fields.iter().filter(known).map(|field| visit.text(&format!("field-{field}"))).collect();
    html! { @if names.is_empty() { (visit.text("brought-together")) } @else { (names.join(", ")) } }
}

/// The newest changes, between which a reader can choose two to compare.
const COMPARED_MAX: usize = 200;
