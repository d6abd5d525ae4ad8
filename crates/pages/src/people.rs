//! People and organisations, from A to Z.

use axum::{extract::Path, http::StatusCode, response::Response};
use knotwork_commands::{PersonEntry, is_over};
use knotwork_documents::PersonFields;
use knotwork_identity::{PersonId, PublicKey};
use maud::{Markup, html};

use crate::{
    dates, errors,
    form::{Faults, Fields},
    layout::{Input, Kind, Page, Row, input, pagination, summary},
    leaving, limits, roles,
    visit::{MemberVisit, Visit},
};

/// Everybody whose name, post, skills or organisation have what is looked for.
pub(crate) async fn show(visit: MemberVisit) -> Response {
    let (people, organisations) = match visit.read(|node| Ok((node.people()?, node.organisations()?))).await {
        Ok(answer) => answer,
        Err(error) => return visit.failure(&error),
    };
    let words = visit.query.word("words");
    let words = &words[..words.floor_char_boundary(WORDS_BYTES_MAX)];
    let wanted: Vec<String> = words.to_lowercase().split_whitespace().map(str::to_owned).collect();
    let organisation = visit.query.word("organisation").parse::<PublicKey>().ok();
    let is_of = |entry: &PersonEntry| organisation.is_none_or(|key| entry.organisation_key == key);
    let is_found = |entry: &&PersonEntry| !entry.left && is_of(entry) && fits(entry, &wanted);
    let found: Vec<&PersonEntry> = people.all.iter().filter(is_found).collect();
    let page = visit.query.word("page").parse().unwrap_or(1_usize).clamp(1, limits::PAGE_NUMBER_MAX);
    let path = |page: usize| {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if !words.is_empty() {
            query.append_pair("words", words);
        }
        if let Some(key) = organisation {
            query.append_pair("organisation", &key.to_string());
        }
        format!("/people?{}", query.append_pair("page", &page.to_string()).finish())
    };
    let mut fields = Fields::default();
    fields.set("words", words);
    let content = html! {
        form .search method="get" action="/people" role="search" {
            (input(&Input { name: "words", label: &visit.text("find-people"), hint: Some(&visit.text("find-people-hint")), kind: Kind::Line, autocomplete: None }, &fields, &Faults::default()))
            button type="submit" { (visit.text("find")) }
        }
        @if let Some(entry) = organisations.iter().find(|entry| Some(entry.key) == organisation) {
            p { (visit.text("people-of")) " " a href={ "/organisations/" (entry.key) } { bdi { (entry.name) } } ". " a href="/people" { (visit.text("everybody")) } }
        } @else if words.is_empty() {
            (letters(&visit, &found))
            h2 { (visit.text("organisations")) }
            ul { @for organisation in &organisations { li { a href={ "/organisations/" (organisation.key) } { bdi { (organisation.name) } } } } }
        }
        h2 { (visit.text_with("people-found", &[("count", found.len().into())])) }
        @if found.is_empty() { p { (visit.text("nobody-found")) } }
        ul .list { @for entry in found.iter().skip((page - 1) * limits::PAGE).take(limits::PAGE) { (row(entry)) } }
        (pagination(&visit, page, found.len().div_ceil(limits::PAGE), path))
    };
    visit.page(&visit.text("people"), content)
}

/// One person.
pub(crate) async fn show_person(visit: MemberVisit, Path(person): Path<String>) -> Response {
    let Ok(person) = person.parse::<PersonId>() else { return errors::missing(&visit) };
    let answer = visit
        .read(move |node| {
            let mut roles = node.roles()?;
            let today = node.today();
            let profile = node.profile_of(&person)?;
            let organisation = profile.as_ref().map(|entry| entry.organisation_key);
            roles.retain(|entry| {
                entry.view.person == person
                    && Some(entry.organisation_key) == organisation
                    && !is_over(&entry.view, today)
            });
            Ok((profile, roles))
        })
        .await;
    let (entry, roles) = match answer {
        Ok((Some(entry), roles)) => (entry, roles),
        Ok((None, _)) => return errors::missing(&visit),
        Err(error) => return visit.failure(&error),
    };
    let organisation = html! {
        @if visit.handle().agreed().gone().contains_key(&entry.organisation_key) {
            a href={ "/organisations/" (entry.organisation_key) } { (visit.text_with("gone-from-network", &[("organisation", entry.organisation.clone().into())])) }
        } @else if entry.left {
            (visit.text_with("no-longer-at", &[("organisation", entry.organisation.clone().into())]))
        } @else {
            a href={ "/organisations/" (entry.organisation_key) } { bdi { (entry.organisation) } }
        }
    };
    let mut rows = vec![Row { name: visit.text("organisation"), value: organisation, change: None }];
    if let Some(since) = entry.new_key_since.filter(|_| !entry.left) {
        let value = html! {
            (dates::day(&visit, Some(since)))
            br;
            span .facts { (visit.text("new-key-about")) }
        };
        rows.push(Row { name: visit.text("new-key-since"), value, change: None });
    }
    for name in PersonFields::NAMES.into_iter().filter(|name| *name != "name") {
        let value = entry.fields.get(name);
        if !value.trim().is_empty() {
            rows.push(Row { name: visit.text(&format!("field-{name}")), value: lines(value), change: None });
        }
    }
    let stewards = match leaving::for_stewards(&visit, &entry) {
        Ok(stewards) => stewards,
        Err(error) => return visit.failure(&error),
    };
    let content = html! {
        (summary(&rows))
        @if !roles.is_empty() { h2 { (visit.text("roles")) } (roles::list(&visit, &roles)) }
        @if entry.person != visit.member.person && !entry.left { p { a .button.second href={ "/people/" (entry.person) "/ask" } { (visit.text("ask-for-role")) } } }
        (stewards)
        @if entry.person == visit.member.person { p { a .button.second href="/profile" { (visit.text("my-profile")) } } }
    };
    visit.answer(StatusCode::OK, Page { title: &entry.fields.name, content, faulty: false, back: Some("/people") })
}

/// Text with the lines that it was typed in.
pub(crate) fn lines(text: &str) -> Markup {
    html! { @for (place, line) in text.lines().enumerate() { @if place > 0 { br; } bdi { (line) } } }
}

fn row(entry: &PersonEntry) -> Markup {
    html! {
        li {
            h3 { a href={ "/people/" (entry.person) } { bdi { (entry.fields.name) } } }
            p .facts { @if !entry.fields.post.is_empty() { bdi { (entry.fields.post) } ", " } bdi { (entry.organisation) } }
        }
    }
}

/// Links to where the names with a letter begin.
fn letters(visit: &Visit, people: &[&PersonEntry]) -> Markup {
    let place = |letter: char| {
        people.iter().position(|entry| entry.fields.name.trim().to_lowercase().starts_with(letter.to_ascii_lowercase()))
    };
    html! {
        nav aria-label=(visit.text("letters")) {
            ul .letters {
                @for letter in 'A'..='Z' {
                    li {
                        @match place(letter) {
                            Some(place) => a href={ "/people?page=" (place / limits::PAGE + 1) } { (letter) },
                            None => span { (letter) span .unseen { " " (visit.text("no-names")) } },
                        }
                    }
                }
            }
        }
    }
}

fn fits(entry: &PersonEntry, wanted: &[String]) -> bool {
    if wanted.is_empty() {
        return true;
    }
    let fields = &entry.fields;
    let said = [&fields.name, &fields.post, &fields.skills, &fields.interests, &fields.languages, &entry.organisation];
    let said = said.map(|text| text.to_lowercase()).join("\n");
    wanted.iter().all(|word| said.contains(word.as_str()))
}

const WORDS_BYTES_MAX: usize = 200;
