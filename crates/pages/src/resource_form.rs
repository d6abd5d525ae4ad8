//! Adding a resource and editing one: the questions, and the answers once more before anything is shared.

use axum::{
    extract::Path,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use knotwork_commands::CommandError;
use knotwork_documents::{Date, FieldError, ResourceDraft, ResourceEdit, ResourceKind, ResourceView, resource::limits};
use knotwork_replica::{Basis, Target};
use maud::{Markup, html};
use serde::{Deserialize, Serialize};

use crate::{
    dates, errors,
    form::{Faults, Fields},
    layout::{Input, Kind, Page, Row, change_link, error_summary, form, input, radios, summary},
    library::kind_name,
    markdown::markdown_of_page,
    resource::{find, heads_of, heads_text, shown_title},
    visit::{MemberPosted, MemberVisit, Visit},
};

/// The questions of a new resource: empty, from a draft, or from a resource that is to be adapted.
pub(crate) async fn show_add(visit: MemberVisit) -> Response {
    let draft = visit.query.word("draft").to_owned();
    let mut fields = Fields::default();
    fields.set("key", visit.handle().random_text());
    if visit.query.has("from") {
        let entry = match find(&visit, visit.query.word("from")).await {
            Ok(entry) => entry,
            Err(response) => return response,
        };
        Draft::adapting(&entry.view).fill(&mut fields);
    }
    if !draft.is_empty() {
        let kept = match visit.handle().note(&visit.member.person, &draft_name(&draft)) {
            Ok(kept) => kept,
            Err(error) => return visit.failure(&error),
        };
        let Some(kept) = kept.and_then(|text| serde_json::from_str::<Draft>(&text).ok()) else {
            return errors::missing(&visit);
        };
        kept.fill(&mut fields);
        fields.set("key", draft);
    }
    ask_new(&visit, &fields, &Faults::default())
}

/// Takes the answers: shows them once more, keeps them as a draft, or shares the resource.
pub(crate) async fn add(MemberPosted { visit, fields }: MemberPosted) -> Response {
    let answers = Answers::of(&fields);
    match fields.get("step") {
        "draft" => keep_draft(&visit, &fields).await,
        "change" => ask_new(&visit, &fields, &Faults::default()),
        step => {
            let draft = answers.draft();
            if let Err(error) = draft.check() {
                return ask_new(&visit, &fields, &field_fault(&visit, &error));
            }
            if step != "share" {
                return check(&visit, &fields, &draft);
            }
            let nonce = visit.form_nonce(fields.get("key"));
            let made = visit.handle().create_resource(draft.clone(), Some(nonce), None, &visit.signer()).await;
            match made {
                // By the way back to a form that was sent: what differs now would be lost.
                Ok(written)
                    if !written.new && visit.handle().was_made_from(&draft, nonce, &visit.signer()) == Ok(false) =>
                {
                    let faults = Faults::one("title", visit.text("sent-before"));
                    ask_new(&visit, &visit.with_fresh_key(fields), &faults)
                }
                Ok(written) => {
                    // The draft has done its work. If that fails, it is only in the way.
                    let name = draft_name(fields.get("key"));
                    if let Err(error) = visit.handle().keep_note(&visit.member.person, &name, None).await {
                        tracing::debug!(%error, "a draft stays that is shared");
                    }
                    Redirect::to(&format!("/library/{}?done=added", written.document)).into_response()
                }
                Err(CommandError::Field(error)) => ask_new(&visit, &fields, &field_fault(&visit, &error)),
                Err(error) => visit.failure(&error),
            }
        }
    }
}

/// The member's drafts.
pub(crate) async fn show_drafts(visit: MemberVisit) -> Response {
    let drafts = match visit.handle().notes(&visit.member.person, "draft/") {
        Ok(drafts) => drafts,
        Err(error) => return visit.failure(&error),
    };
    let drafts: Vec<(String, Draft)> =
        drafts.into_iter().filter_map(|(name, text)| Some((name, serde_json::from_str(&text).ok()?))).collect();
    let content = html! {
        p { (visit.text("drafts-about")) }
        @if drafts.is_empty() { p { (visit.text("no-drafts")) } }
        ul .list {
            @for (name, draft) in &drafts {
                li { h2 { a href={ "/library/add?draft=" (name) } { bdi { @if draft.title.trim().is_empty() { (visit.text("no-title")) } @else { (draft.title) } } } } }
            }
        }
        p { a .button href="/library/add" { (visit.text("add-resource")) } }
    };
    let title = visit.text("my-drafts");
    visit.answer(StatusCode::OK, Page { title: &title, content, faulty: false, back: Some("/library") })
}

/// The questions of a resource that exists, with what it says.
pub(crate) async fn show_edit(visit: MemberVisit, Path(id): Path<String>) -> Response {
    let entry = match find(&visit, &id).await {
        Ok(entry) => entry,
        Err(response) => return response,
    };
    let mut fields = Fields::default();
    Draft::of(&entry.view).fill(&mut fields);
    fields.set("seen", heads_text(&entry.view.heads));
    ask_edit(&visit, &entry.view, &fields, &Faults::default())
}

/// Writes the edit on what the member saw: what others have written since stays beside it.
pub(crate) async fn edit(Path(id): Path<String>, MemberPosted { visit, fields }: MemberPosted) -> Response {
    let entry = match find(&visit, &id).await {
        Ok(entry) => entry,
        Err(response) => return response,
    };
    let seen = heads_of(fields.get("seen"));
    let document = entry.view.id;
    let before = {
        let seen = seen.clone();
        visit.read(move |node| node.resource_at(&document, &seen)).await
    };
    let (before, basis) = match before {
        Ok(before) => (before.entry.view, Basis::Seen(seen.clone())),
        Err(CommandError::NotFound(_)) => (entry.view.clone(), Basis::Now),
        Err(error) => return visit.failure(&error),
    };
    let edit = Answers::of(&fields).edit(&before);
    if let Err(error) = edit.check() {
        return ask_edit(&visit, &entry.view, &fields, &field_fault(&visit, &error));
    }
    let merged = entry.view.heads != before.heads;
    match visit.handle().edit(Target::Existing(document), edit.into(), basis, &visit.signer()).await {
        Ok(_) => {
            let done = if merged { "merged" } else { "edited" };
            Redirect::to(&format!("/library/{document}?done={done}")).into_response()
        }
        Err(CommandError::Field(error)) => ask_edit(&visit, &entry.view, &fields, &field_fault(&visit, &error)),
        Err(error) => visit.failure(&error),
    }
}

/// A draft as it is kept at this node.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Draft {
    title: String,
    kind: String,
    summary: String,
    body: String,
    links: String,
    tags: String,
    licence: String,
    language: String,
    reviewed: String,
    review_due: String,
    adapted_from: String,
}

impl Draft {
    fn of(view: &ResourceView) -> Self {
        Self {
            title: view.title.clone(),
            kind: view.kind.word().to_owned(),
            summary: view.summary.clone(),
            body: view.body.clone(),
            links: view.links.join("\n"),
            tags: view.tags.join("\n"),
            licence: view.licence.clone(),
            language: view.language.clone(),
            reviewed: view.reviewed.map(|date| date.to_string()).unwrap_or_default(),
            review_due: view.review_due.map(|date| date.to_string()).unwrap_or_default(),
            adapted_from: view.adapted_from.map(|id| id.to_string()).unwrap_or_default(),
        }
    }

    /// What somebody begins with who makes their own from a resource.
    fn adapting(view: &ResourceView) -> Self {
        let adapted_from = view.id.to_string();
        Self { adapted_from, reviewed: String::new(), review_due: String::new(), ..Self::of(view) }
    }

    fn of_fields(fields: &Fields) -> Self {
        let mut draft = Self::default();
        for (name, value) in NAMES.into_iter().zip(draft.values()) {
            *value = fields.get(name).to_owned();
        }
        draft
    }

    fn fill(mut self, fields: &mut Fields) {
        for (name, value) in NAMES.into_iter().zip(self.values()) {
            fields.set(name, std::mem::take(value));
        }
    }

    /// In the order of [`NAMES`].
    fn values(&mut self) -> [&mut String; 11] {
        [
            &mut self.title,
            &mut self.kind,
            &mut self.summary,
            &mut self.body,
            &mut self.links,
            &mut self.tags,
            &mut self.licence,
            &mut self.language,
            &mut self.reviewed,
            &mut self.review_due,
            &mut self.adapted_from,
        ]
    }
}

/// What was answered.
struct Answers<'a>(&'a Fields);

impl<'a> Answers<'a> {
    fn of(fields: &'a Fields) -> Self {
        Self(fields)
    }

    fn draft(&self) -> ResourceDraft {
        let word = |name| self.0.word(name).to_owned();
        ResourceDraft {
            title: word("title"),
            summary: word("summary"),
            body: self.0.get("body").to_owned(),
            kind: self.kind(),
            links: self.list("links"),
            tags: self.list("tags"),
            licence: word("licence"),
            language: word("language"),
            reviewed: word("reviewed"),
            review_due: word("review_due"),
            adapted_from: word("adapted_from"),
        }
    }

    /// What differs from what the member saw.
    fn edit(&self, before: &ResourceView) -> ResourceEdit {
        let now = self.draft();
        let text = |new: String, old: &str| (new != old.trim()).then_some(new);
        let day = |new: String, old: Option<Date>| text(new, &old.map(|date| date.to_string()).unwrap_or_default());
        ResourceEdit {
            title: text(now.title, &before.title),
            summary: text(now.summary, &before.summary),
            body: (now.body != before.body.replace("\r\n", "\n")).then_some(now.body),
            kind: (now.kind != before.kind).then_some(now.kind),
            links: (now.links != before.links).then_some(now.links),
            tags: (now.tags != before.tags).then_some(now.tags),
            licence: text(now.licence, &before.licence),
            language: text(now.language, &before.language),
            reviewed: day(now.reviewed, before.reviewed),
            review_due: day(now.review_due, before.review_due),
            // What a resource was made from is asked for where it is made.
            adapted_from: None,
        }
    }

    fn kind(&self) -> ResourceKind {
        ResourceKind::from_word(self.0.get("kind")).unwrap_or_default()
    }

    fn list(&self, name: &str) -> Vec<String> {
        self.0.get(name).lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
    }
}

fn ask_new(visit: &Visit, fields: &Fields, faults: &Faults) -> Response {
    let content = html! {
        (error_summary(visit, faults))
        @if !fields.get("adapted_from").is_empty() { div .note { p { (visit.text("adapting-about")) } } }
        (form(visit, "/library/add", "questions", html! {
            input type="hidden" name="key" value=(fields.get("key"));
            input type="hidden" name="adapted_from" value=(fields.get("adapted_from"));
            (questions(visit, fields, faults))
            button type="submit" name="step" value="check" { (visit.text("continue")) }
            button .second type="submit" name="step" value="draft" { (visit.text("keep-draft")) }
        }))
    };
    answer(visit, &visit.text("add-resource"), content, faults, "/library")
}

fn ask_edit(visit: &Visit, view: &ResourceView, fields: &Fields, faults: &Faults) -> Response {
    let path = format!("/library/{}", view.id);
    let content = html! {
        div .note hidden data-watch={ (path) "/watch" } data-version=(crate::resource::version(view)) {
            p role="status" data-announce=(visit.text("changed-while-editing")) {}
        }
        (error_summary(visit, faults))
        (form(visit, &format!("{path}/edit"), "questions", html! {
            input type="hidden" name="seen" value=(fields.get("seen"));
            (questions(visit, fields, faults))
            button type="submit" { (visit.text("save")) }
            a .button.second href=(path) { (visit.text("cancel")) }
        }))
    };
    let title = visit.text_with("edit-title", &[("title", shown_title(visit, view).into())]);
    answer(visit, &title, content, faults, &path)
}

fn answer(visit: &Visit, title: &str, content: Markup, faults: &Faults, back: &str) -> Response {
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    visit.answer(status, Page { title, content, faulty: !faults.is_empty(), back: Some(back) })
}

fn questions(visit: &Visit, fields: &Fields, faults: &Faults) -> Markup {
    let optional = |name: &str| format!("{} {}", visit.text(name), visit.text("optional"));
    let kinds: Vec<(String, String, Option<String>)> =
        ResourceKind::ALL.iter().map(|kind| (kind.word().to_owned(), kind_name(visit, *kind), None)).collect();
    let ask = |name, label: &str, hint: Option<&str>, kind| {
        let hint = hint.map(|hint| visit.text(hint));
        input(&Input { name, label, hint: hint.as_deref(), kind, autocomplete: None }, fields, faults)
    };
    html! {
        (ask("title", &visit.text("field-title"), Some("title-hint"), Kind::Line))
        (radios("kind", &optional("kind"), None, &kinds, fields, faults))
        (ask("summary", &optional("field-summary"), Some("summary-hint"), Kind::Lines(3)))
        (ask("body", &optional("field-body"), Some("body-hint"), Kind::Lines(12)))
        (ask("tags", &optional("tags"), Some("tags-hint"), Kind::Lines(4)))
        (ask("links", &optional("links"), Some("links-hint"), Kind::Lines(3)))
        (ask("licence", &optional("licence"), Some("licence-hint"), Kind::Line))
        (ask("language", &optional("language"), Some("language-hint"), Kind::Short))
        (ask("reviewed", &optional("field-reviewed"), Some("reviewed-hint"), Kind::Date))
        (ask("review_due", &optional("field-review_due"), Some("review-due-hint"), Kind::Date))
    }
}

/// The answers once more, to be shared or changed.
fn check(visit: &Visit, fields: &Fields, draft: &ResourceDraft) -> Response {
    let row = |name: &str, field: &str, value: Markup| Row {
        name: visit.text(name),
        value,
        change: Some((format!("#change-{field}"), change_link(visit, &visit.text(name)))),
    };
    let none = visit.text("nothing");
    let text = |value: &str| html! { @if value.trim().is_empty() { (none) } @else { bdi { (value) } } };
    let list = |values: &[String]| html! { @if values.is_empty() { (none) } @else { ul { @for value in values { li { bdi { (value) } } } } } };
    let mut rows = vec![
        row("field-title", "title", text(&draft.title)),
        row("kind", "kind", html! { (kind_name(visit, draft.kind)) }),
        row("field-summary", "summary", text(&draft.summary)),
        row(
            "field-body",
            "body",
            html! { @if draft.body.trim().is_empty() { (none) } @else { (markdown_of_page(&draft.body)) } },
        ),
        row("tags", "tags", list(&draft.tags)),
        row("links", "links", list(&draft.links)),
        row("licence", "licence", text(&draft.licence)),
        row("language", "language", text(&draft.language)),
        row("field-reviewed", "reviewed", text(&dates::written(&draft.reviewed))),
        row("field-review_due", "review_due", text(&dates::written(&draft.review_due))),
    ];
    // One button leads back to all questions: a link could not carry what was typed.
    for row in &mut rows {
        row.change = None;
    }
    let content = html! {
        (summary(&rows))
        p { (visit.text("check-about")) }
        (form(visit, "/library/add", "questions", html! {
            @for name in NAMES.into_iter().chain(["key"]) {
                @if name == "body" { textarea name=(name) hidden aria-hidden="true" tabindex="-1" { "\n" (fields.get(name)) } }
                @else { input type="hidden" name=(name) value=(fields.get(name)); }
            }
            button type="submit" name="step" value="share" { (visit.text("share-now")) }
            button .second type="submit" name="step" value="change" { (visit.text("change-answers")) }
            button .second type="submit" name="step" value="draft" { (visit.text("keep-draft")) }
        }))
    };
    answer(visit, &visit.text("check-answers"), content, &Faults::default(), "/library")
}

async fn keep_draft(visit: &MemberVisit, fields: &Fields) -> Response {
    // The names of keys are ours: whatever else came keeps to the form of one.
    let key: String =
        fields.get("key").chars().filter(|character| character.is_ascii_alphanumeric()).take(KEY_CHARS_MAX).collect();
    let key = if key.is_empty() { visit.handle().random_text() } else { key };
    let text = serde_json::to_string(&Draft::of_fields(fields)).unwrap_or_default();
    match visit.handle().keep_note(&visit.member.person, &draft_name(&key), Some(text)).await {
        Ok(()) => Redirect::to("/library/drafts").into_response(),
        Err(error) => ask_new(visit, fields, &Faults::one("title", errors::sentence(&error))),
    }
}

fn draft_name(key: &str) -> String {
    format!("draft/{}", key.to_ascii_lowercase())
}

fn field_fault(visit: &Visit, error: &FieldError) -> Faults {
    let sentence = match error {
        FieldError::NoTitle => visit.text("enter-title"),
        error => errors::field_sentence(visit, error),
    };
    Faults::one(error.field(), sentence)
}

/// The questions, in their order: a resource's fields by name.
pub(crate) const NAMES: [&str; 11] = [
    "title",
    "kind",
    "summary",
    "body",
    "links",
    "tags",
    "licence",
    "language",
    "reviewed",
    "review_due",
    "adapted_from",
];
const KEY_CHARS_MAX: usize = 60;
const _: () = assert!(limits::BODY_BYTES_MAX * 3 < crate::limits::FORM_BYTES_MAX);
