//! One resource: read it, talk about it, and settle what is said in two ways.

use axum::{
    extract::Path,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use knotwork_commands::{NodeHandle, ResourceEntry};
use knotwork_documents::{Date, ResourceEdit, ResourceKind, ResourceView};
use knotwork_identity::{ChangeId, DocumentId, from_text, sha256, to_text};
use maud::{Markup, html};

use crate::{
    dates, errors,
    form::{Faults, Fields},
    layout::{Page, Row, done, error_summary, form, summary},
    library::{contributor, kind_name, tag_link},
    limits,
    markdown::{is_safe_link, markdown_of_page},
    remarks::{self, Place, Remark},
    visit::{MemberPosted, MemberVisit, Visit},
};

/// An entry with what is said and decided about it.
struct Shown {
    entry: ResourceEntry,
    remarks: Vec<Remark>,
    /// The decisions that were opened with this text, by id and title.
    decisions: Vec<(DocumentId, String)>,
}

impl Shown {
    fn place(&self) -> Place<'_> {
        let on = self.entry.view.id;
        let kinds = NodeHandle::SAYABLE_ON_RESOURCES.to_vec();
        Place { on, path: format!("/library/{on}"), kinds, remarks: &self.remarks }
    }
}

/// Shows it.
pub(crate) async fn show(visit: MemberVisit, Path(id): Path<String>) -> Response {
    match with_remarks(&visit, &id).await {
        Ok(shown) => answer(&visit, &shown, &Fields::default(), &Faults::default()),
        Err(response) => response,
    }
}

/// Says something on it.
pub(crate) async fn say(Path(id): Path<String>, MemberPosted { visit, fields }: MemberPosted) -> Response {
    let shown = match with_remarks(&visit, &id).await {
        Ok(shown) => shown,
        Err(response) => return response,
    };
    match remarks::take(&visit, &shown.place(), &fields).await {
        Ok(response) => response,
        Err(faults) => answer(&visit, &shown, &fields, &faults),
    }
}

/// Takes back what the reader said on it.
pub(crate) async fn withdraw(Path(id): Path<String>, posted: MemberPosted) -> Response {
    remarks::take_back("/library", &id, posted).await
}

fn answer(visit: &MemberVisit, shown: &Shown, fields: &Fields, faults: &Faults) -> Response {
    let view = &shown.entry.view;
    let content = html! {
        (error_summary(visit, faults))
        @match visit.query.get("done") {
            "added" => (done(visit, &visit.text("resource-added"))),
            "edited" => (done(visit, &visit.text("resource-edited"))),
            "merged" => (done(visit, &visit.text("resource-merged"))),
            "settled" => (done(visit, &visit.text("resource-settled"))),
            "restored" => (done(visit, &visit.text("resource-restored"))),
            "said" => (done(visit, &visit.text("remark-said"))),
            "withdrawn" => (done(visit, &visit.text("remark-taken-back"))),
            _ => {},
        }
        (watched(visit, view))
        (conflicts(visit, view))
        (read(visit, &shown.entry, markdown_of_page))
        p {
            a .button href={ "/library/" (view.id) "/edit" } { (visit.text("edit-this")) }
            a .button.second href={ "/library/" (view.id) "/history" } { (visit.text("history")) }
            a .button.second href={ "/library/add?from=" (view.id) } { (visit.text("adapt-this")) }
            a .button.second href={ "/temperature/new?about=" (view.id) } { (visit.text("ask-how-people-feel")) }
            a .button.second href={ "/decisions/new?from=" (view.id) } { (visit.text("decide-on-this")) }
        }
        @if !shown.decisions.is_empty() {
            h2 { (visit.text("decisions-about-this")) }
            ul { @for (id, title) in &shown.decisions { li { a href={ "/decisions/" (id) } { bdi { (title) } } } } }
        }
        (remarks::shown(visit, &shown.place(), fields, faults))
    };
    let title = shown_title(visit, view);
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    visit.answer(status, Page { title: &title, content, faulty: !faults.is_empty(), back: Some("/library") })
}

async fn with_remarks(visit: &Visit, id: &str) -> Result<Shown, Response> {
    let entry = find(visit, id).await?;
    let document = entry.view.id;
    let found = visit.read(move |node| {
        let decisions = node.decisions_following(&document, limits::PAGE)?.into_iter();
        let decisions = decisions.map(|head| (head.id, head.terms.title)).collect();
        Ok((remarks::on(node, &document)?, decisions))
    });
    let (remarks, decisions) = found.await.map_err(|error| visit.failure(&error))?;
    Ok(Shown { entry, remarks, decisions })
}

/// Settles a field that is said in two ways.
pub(crate) async fn settle(Path(id): Path<String>, MemberPosted { visit, fields }: MemberPosted) -> Response {
    let entry = match find(&visit, &id).await {
        Ok(entry) => entry,
        Err(response) => return response,
    };
    let field = fields.get("field");
    let chosen = fields.get("value").parse::<usize>().ok();
    let value = chosen.and_then(|place| entry.view.conflicts.get(field)?.get(place)).cloned();
    let Some(value) = value else {
        // Somebody else has settled it meanwhile, or nothing was chosen: the page shows how it stands.
        return Redirect::to(&format!("/library/{}", entry.view.id)).into_response();
    };
    let list = |value: String| {
        value.split(';').map(|entry| entry.trim().to_owned()).filter(|entry| !entry.is_empty()).collect()
    };
    let mut edit = ResourceEdit::default();
    match field {
        "title" => edit.title = Some(value),
        "summary" => edit.summary = Some(value),
        "body" => edit.body = Some(value),
        "kind" => edit.kind = Some(ResourceKind::from_word(&value).unwrap_or_default()),
        "licence" => edit.licence = Some(value),
        "language" => edit.language = Some(value),
        "reviewed" => edit.reviewed = Some(value),
        "review_due" => edit.review_due = Some(value),
        "adapted_from" => edit.adapted_from = Some(value),
        "tags" => edit.tags = Some(list(value)),
        "links" => edit.links = Some(list(value)),
        _ => return errors::missing(&visit),
    }
    match visit.handle().edit_resource(entry.view.id, edit, None, &visit.signer()).await {
        Ok(_) => Redirect::to(&format!("/library/{}?done=settled", entry.view.id)).into_response(),
        Err(error) => visit.failure(&error),
    }
}

/// The resource that a path names.
///
/// # Errors
/// The page that says why not.
pub(crate) async fn find(visit: &Visit, id: &str) -> Result<ResourceEntry, Response> {
    let Ok(document) = id.parse::<DocumentId>() else { return Err(errors::missing(visit)) };
    visit.read(move |node| node.resource(&document)).await.map_err(|error| visit.failure(&error))
}

/// The title, or that there is none.
pub(crate) fn shown_title(visit: &Visit, view: &ResourceView) -> String {
    if view.title.trim().is_empty() { visit.text("no-title") } else { view.title.clone() }
}

/// Tells one state of a resource from all others.
pub(crate) fn version(view: &ResourceView) -> String {
    let parts: Vec<&[u8]> = view.heads.iter().map(|head| head.0.as_slice()).collect();
    to_text(&sha256(&parts)[..16])
}

/// Heads as a part of an address or a form.
pub(crate) fn heads_text(heads: &[ChangeId]) -> String {
    heads.iter().map(|head| to_text(&head.0)).collect::<Vec<_>>().join(".")
}

/// The heads in such a text; none where it is no such text.
pub(crate) fn heads_of(text: &str) -> Vec<ChangeId> {
    let heads: Option<Vec<ChangeId>> =
        text.split('.').take(HEADS_MAX).map(|head| from_text::<32>(head).ok().map(ChangeId)).collect();
    heads.unwrap_or_default()
}

/// What a resource says, with its text as the page has place for it.
pub(crate) fn read(
    visit: &Visit,
    ResourceEntry { view, contributors }: &ResourceEntry,
    markdown: impl Fn(&str) -> Markup,
) -> Markup {
    let body = &view.body[..view.body.floor_char_boundary(limits::RENDERED_BYTES_MAX)];
    let row = |name: &str, value: Markup| Row { name: visit.text(name), value, change: None };
    let mut rows = vec![row("kind", html! { (kind_name(visit, view.kind)) })];
    if !view.tags.is_empty() {
        rows.push(row("tags", html! { ul .tags { @for tag in &view.tags { li { (tag_link(tag)) } } } }));
    }
    if !view.links.is_empty() {
        rows.push(row("links", html! { ul { @for link in &view.links { li { (shown_link(link)) } } } }));
    }
    if !view.licence.is_empty() {
        rows.push(row("licence", html! { bdi { (view.licence) } }));
    }
    if !view.language.is_empty() {
        rows.push(row("language", html! { bdi { (view.language) } }));
    }
    if let Some(reviewed) = view.reviewed {
        rows.push(row("field-reviewed", html! { (dates::date(reviewed)) }));
    }
    if let Some(due) = view.review_due {
        let overdue = view.is_review_overdue(Date::of(visit.handle().now()));
        rows.push(row(
            "field-review_due",
            html! { (dates::date(due)) @if overdue { " " strong { (visit.text("review-overdue")) } } },
        ));
    }
    if let Some(source) = view.adapted_from {
        rows.push(row("field-adapted_from", adapted_from(visit, source)));
    }
    rows.push(row("contributors", html! { ul { @for by in contributors { li { (contributor(visit, by)) } } } }));
    rows.push(row("added", html! { (dates::day(visit, view.created)) }));
    rows.push(row("last-changed", html! { (dates::day(visit, view.changed)) @if view.is_ahead(visit.handle().now()) { " " (visit.text("time-ahead")) } }));
    html! {
        @if view.left_out > 0 { div .warning { p { (visit.text_with("left-out", &[("count", view.left_out.into())])) } } }
        @if !view.summary.is_empty() { p { strong { bdi { (view.summary) } } } }
        (markdown(body))
        @if body.len() < view.body.len() { div .note { p { (visit.text("body-cut")) } } }
        h2 { (visit.text("about-this")) }
        (summary(&rows))
    }
}

/// A link to the resource that another was made from, if it is here.
fn adapted_from(visit: &Visit, source: DocumentId) -> Markup {
    html! {
        @match visit.handle().resource(&source) {
            Ok(entry) => a href={ "/library/" (source) } { bdi { (shown_title(visit, &entry.view)) } },
            Err(_) => (visit.text("source-not-here")),
        }
    }
}

fn shown_link(link: &str) -> Markup {
    html! {
        @if is_safe_link(link) { a href=(link) rel="noopener nofollow" { bdi { (link) } } } @else { bdi { (link) } }
    }
}

/// Says that the resource has changed since the page was opened, when it does.
fn watched(visit: &Visit, view: &ResourceView) -> Markup {
    html! {
        div .note hidden data-watch={ "/library/" (view.id) "/watch" } data-version=(version(view)) {
            p role="status" data-announce=(visit.text("changed-elsewhere")) {}
            p { a href={ "/library/" (view.id) } { (visit.text("show-new")) } }
        }
    }
}

fn conflicts(visit: &Visit, view: &ResourceView) -> Markup {
    html! {
        @for (field, values) in &view.conflicts {
            div .warning {
                h2 { (visit.text_with("conflict", &[("field", visit.text(&format!("field-{field}")).into())])) }
                p { (visit.text("conflict-about")) }
                (form(visit, &format!("/library/{}/settle", view.id), "questions", html! {
                    input type="hidden" name="field" value=(field);
                    fieldset .question {
                        legend { (visit.text("conflict-choose")) }
                        @for (place, value) in values.iter().enumerate() {
                            @let id = format!("conflict-{field}-{place}");
                            @let short = &value[..value.floor_char_boundary(CONFLICT_BYTES_SHOWN)];
                            div .answer {
                                input type="radio" id=(id) name="value" value=(place);
                                label for=(id) { bdi { (short) @if short.len() < value.len() { "…" } @if value.is_empty() { (visit.text("nothing")) } } }
                            }
                        }
                    }
                    button type="submit" { (visit.text("settle")) }
                }))
            }
        }
    }
}

const CONFLICT_BYTES_SHOWN: usize = 1_000;
/// A document has no more heads than a change can build on.
const HEADS_MAX: usize = 64;
