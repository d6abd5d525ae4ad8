//! The library: find what others have shared.

use axum::response::Response;
use knotwork_commands::{ContributorView, FoundResources, LibraryMarks, LibraryOrder, LibraryQuery, ResourceEntry};
use knotwork_documents::ResourceKind;
use maud::{Markup, html};

use crate::{
    dates,
    form::{Faults, Fields},
    layout::{Input, Kind, input, pagination},
    limits,
    visit::{MemberVisit, Visit},
};

/// A page of what a search finds; the address has the whole search.
pub(crate) async fn show(visit: MemberVisit) -> Response {
    let search = Search::of(&visit.query);
    let query = search.query();
    let answer = visit
        .read(move |node| Ok((node.find_resources(&query)?, node.library_marks(TAGS_OFFERED, LANGUAGES_OFFERED)?)))
        .await;
    let (found, offered) = match answer {
        Ok(answer) => answer,
        Err(error) => return visit.failure(&error),
    };
    let content = html! {
        p { a .button href="/library/add" { (visit.text("add-resource")) } " " a href="/library/drafts" { (visit.text("my-drafts")) } }
        (search_form(&visit, &search, &offered))
        (results(&visit, &search, &found))
    };
    visit.page(&visit.text("library"), content)
}

/// Who wrote something, by name and organisation.
pub(crate) fn contributor(visit: &Visit, by: &ContributorView) -> Markup {
    let organisation = by.organisation.clone().unwrap_or_else(|| visit.text("unknown-organisation"));
    html! {
        @match (by.automatic, &by.person, &by.name) {
            (true, ..) => { (visit.text("automatic")) }
            (_, Some(person), Some(name)) => a href={ "/people/" (person) } { bdi { (name) } },
            (_, Some(_), None) if by.left => { (visit.text("former-member")) }
            (_, _, _) => { (visit.text("somebody")) }
        }
        ", "
        @if by.left && by.name.is_some() {
            (visit.text_with("no-longer-at-lower", &[("organisation", organisation.into())]))
        } @else {
            bdi { (organisation) }
        }
    }
}

/// The name of a kind of resource.
pub(crate) fn kind_name(visit: &Visit, kind: ResourceKind) -> String {
    visit.text(&format!("kind-{}", kind.word()))
}

/// A link to all resources with a tag.
pub(crate) fn tag_link(tag: &str) -> Markup {
    let encoded: String = form_urlencoded::byte_serialize(tag.as_bytes()).collect();
    html! { a href={ "/library?tag=" (encoded) } { bdi { (tag) } } }
}

/// What is looked for.
struct Search {
    words: String,
    tags: Vec<String>,
    kinds: Vec<ResourceKind>,
    language: String,
    newest: bool,
    page: usize,
}

impl Search {
    fn of(query: &Fields) -> Self {
        let words = query.word("words");
        let page = query.word("page").parse().unwrap_or(1).clamp(1, limits::PAGE_NUMBER_MAX);
        let short = |text: &str| text[..text.floor_char_boundary(WORDS_BYTES_MAX)].to_owned();
        Self {
            words: short(words),
            language: short(query.word("language")),
            tags: query
                .all("tag")
                .map(str::trim)
                .filter(|tag| !tag.is_empty())
                .take(TAGS_MAX)
                .map(str::to_owned)
                .collect(),
            kinds: query.all("kind").filter_map(ResourceKind::from_word).take(ResourceKind::ALL.len()).collect(),
            newest: query.word("sort") == "changed",
            page,
        }
    }

    fn query(&self) -> LibraryQuery {
        LibraryQuery {
            words: self.words.clone(),
            tags: self.tags.clone(),
            kinds: self.kinds.clone(),
            language: self.language.clone(),
            order: if self.newest { LibraryOrder::Changed } else { LibraryOrder::Title },
            from: (self.page - 1) * limits::PAGE,
            limit: limits::PAGE,
        }
    }

    fn path(&self, page: usize) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if !self.words.is_empty() {
            query.append_pair("words", &self.words);
        }
        for tag in &self.tags {
            query.append_pair("tag", tag);
        }
        for kind in &self.kinds {
            query.append_pair("kind", kind.word());
        }
        if !self.language.is_empty() {
            query.append_pair("language", &self.language);
        }
        if self.newest {
            query.append_pair("sort", "changed");
        }
        if page > 1 {
            query.append_pair("page", &page.to_string());
        }
        format!("/library?{}", query.finish())
    }

    fn is_narrowed(&self) -> bool {
        !self.tags.is_empty() || !self.kinds.is_empty() || !self.language.is_empty() || self.newest
    }
}

fn search_form(visit: &Visit, search: &Search, LibraryMarks { tags, languages }: &LibraryMarks) -> Markup {
    let mut fields = Fields::default();
    fields.set("words", search.words.clone());
    // A tag that is looked for stays among those that are offered, however rare it is.
    let rare =
        search.tags.iter().filter(|tag| !tags.iter().any(|(known, _)| known == *tag)).map(|tag| (tag.clone(), None));
    let offered: Vec<(String, Option<usize>)> =
        rare.chain(tags.iter().map(|(tag, count)| (tag.clone(), Some(*count)))).collect();
    html! {
        form method="get" action="/library" role="search" {
            div .search {
                (input(&Input { name: "words", label: &visit.text("find-in-library"), hint: None, kind: Kind::Line, autocomplete: None }, &fields, &Faults::default()))
                button type="submit" { (visit.text("find")) }
            }
            details .filters open[search.is_narrowed()] {
                summary { (visit.text("filters")) }
                fieldset .question {
                    legend { (visit.text("kind")) }
                    @for kind in ResourceKind::ALL {
                        div .answer {
                            input type="checkbox" id={ "kind-" (kind.word()) } name="kind" value=(kind.word()) checked[search.kinds.contains(&kind)];
                            label for={ "kind-" (kind.word()) } { (kind_name(visit, kind)) }
                        }
                    }
                }
                @if !offered.is_empty() {
                    fieldset .question {
                        legend { (visit.text("tags")) }
                        @for (place, (tag, count)) in offered.iter().enumerate() {
                            div .answer {
                                input type="checkbox" id={ "tag-" (place) } name="tag" value=(tag) checked[search.tags.contains(tag)];
                                label for={ "tag-" (place) } { bdi { (tag) } @if let Some(count) = count { " (" (count) ")" } }
                            }
                        }
                    }
                }
                @if !languages.is_empty() {
                    div .question {
                        label for="language" { (visit.text("language")) }
                        select id="language" name="language" {
                            option value="" { (visit.text("any-language")) }
                            @for language in languages { option value=(language) selected[search.language.eq_ignore_ascii_case(language)] { (language) } }
                        }
                    }
                }
                fieldset .question {
                    legend { (visit.text("order")) }
                    @for (value, name) in [("title", "sort-title"), ("changed", "sort-changed")] {
                        div .answer {
                            input type="radio" id=(name) name="sort" value=(value) checked[search.newest == (value == "changed")];
                            label for=(name) { (visit.text(name)) }
                        }
                    }
                }
                button .second type="submit" { (visit.text("use-filters")) }
                @if search.is_narrowed() || !search.words.is_empty() { a href="/library" { (visit.text("clear-search")) } }
            }
        }
    }
}

fn results(visit: &Visit, search: &Search, found: &FoundResources) -> Markup {
    let pages = found.total.div_ceil(limits::PAGE);
    let nothing = if search.is_narrowed() || !search.words.is_empty() { "nothing-found" } else { "library-empty" };
    html! {
        h2 { (visit.text_with("found", &[("count", found.total.into())])) }
        @if found.items.is_empty() { p { (visit.text(nothing)) } }
        ul .list { @for entry in &found.items { (result(visit, entry)) } }
        (pagination(visit, search.page, pages, |page| search.path(page)))
    }
}

fn result(visit: &Visit, ResourceEntry { view, contributors }: &ResourceEntry) -> Markup {
    let summary = &view.summary[..view.summary.floor_char_boundary(SUMMARY_BYTES_SHOWN)];
    html! {
        li {
            h3 { a href={ "/library/" (view.id) } { bdi { (view.title) } } }
            @if !summary.is_empty() { p { bdi { (summary) } @if summary.len() < view.summary.len() { "…" } } }
            p .facts {
                (kind_name(visit, view.kind)) ". "
                @if view.changed.is_some() { (visit.text_with("changed-on", &[("day", dates::day(visit, view.changed).into())])) ". " }
                @if let Some(first) = contributors.first() { (visit.text("by")) " " (contributor(visit, first)) "." }
            }
        }
    }
}

const TAGS_OFFERED: usize = 12;
const LANGUAGES_OFFERED: usize = 40;
const TAGS_MAX: usize = 20;
const WORDS_BYTES_MAX: usize = 400;
const SUMMARY_BYTES_SHOWN: usize = 300;
