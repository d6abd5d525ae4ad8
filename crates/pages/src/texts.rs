//! Texts: every word on the pages, by name, in the reader's language.
//!
//! English is complete. Another language may have a part of the texts; what it lacks is shown in English.

use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};
use std::sync::LazyLock;
use unic_langid::LanguageIdentifier;

/// A language in which pages are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Language {
    /// English, complete.
    #[default]
    English,
    /// Welsh: the frame of the pages.
    Welsh,
}

impl Language {
    /// All languages, in the order in which they are offered.
    pub(crate) const ALL: [Self; 2] = [Self::English, Self::Welsh];

    /// The language of a tag (BCP 47), by its first part.
    pub(crate) fn from_tag(tag: &str) -> Option<Self> {
        let first = tag.split(['-', '_']).next()?;
        Self::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(first))
    }

    /// The first language of an `Accept-Language` header that there is.
    pub(crate) fn accepted(header: &str) -> Option<Self> {
        let mut wanted: Vec<(u16, &str)> = header
            .split(',')
            .take(ACCEPTED_MAX)
            .filter_map(|part| {
                let mut pieces = part.split(';');
                let tag = pieces.next()?.trim();
                let weight =
                    pieces.find_map(|piece| piece.trim().strip_prefix("q=")).map_or(Some(1.0), |q| q.parse().ok())?;
                // A weight has at most three digits after the point.
                Some(((1_000.0_f32 * weight) as u16, tag))
            })
            .filter(|(weight, _)| *weight > 0)
            .collect();
        wanted.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
        wanted.into_iter().find_map(|(_, tag)| Self::from_tag(tag))
    }

    /// The tag.
    pub(crate) const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Welsh => "cy",
        }
    }

    /// What the language calls itself.
    pub(crate) const fn own_name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Welsh => "Cymraeg",
        }
    }

    const fn source(self) -> &'static str {
        match self {
            Self::English => include_str!("../texts/en.ftl"),
            Self::Welsh => include_str!("../texts/cy.ftl"),
        }
    }
}

/// The text with this name.
pub(crate) fn text(language: Language, name: &str) -> String {
    text_with(language, name, &[])
}

/// The text with this name, and these values in their places.
pub(crate) fn text_with(language: Language, name: &str, values: &[(&str, FluentValue<'_>)]) -> String {
    let mut arguments = FluentArgs::new();
    for (key, value) in values {
        arguments.set(*key, value.clone());
    }
    let found = formatted(language, name, &arguments).or_else(|| formatted(Language::English, name, &arguments));
    found.unwrap_or_else(|| {
        tracing::error!(name, "a text is missing");
        name.to_owned()
    })
}

fn formatted(language: Language, name: &str, arguments: &FluentArgs<'_>) -> Option<String> {
    let bundle = bundle(language);
    let pattern = bundle.get_message(name)?.value()?;
    let mut faults = Vec::new();
    let text = bundle.format_pattern(pattern, Some(arguments), &mut faults);
    if !faults.is_empty() {
        tracing::error!(name, ?faults, "a text lacks a value");
    }
    Some(text.into_owned())
}

fn bundle(language: Language) -> &'static Bundle {
    match language {
        Language::English => &ENGLISH,
        Language::Welsh => &WELSH,
    }
}

fn load(language: Language) -> Bundle {
    // A fault in a file is found by the test that reads all of them; what is sound in it is shown.
    let resource = FluentResource::try_new(language.source().to_owned()).unwrap_or_else(|(resource, _)| resource);
    let tag: LanguageIdentifier = language.tag().parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![tag]);
    // Pages isolate names by elements; invisible characters would be copied with the text.
    bundle.set_use_isolating(false);
    bundle.add_resource_overriding(resource);
    bundle
}

type Bundle = FluentBundle<FluentResource>;

static ENGLISH: LazyLock<Bundle> = LazyLock::new(|| load(Language::English));
static WELSH: LazyLock<Bundle> = LazyLock::new(|| load(Language::Welsh));

/// How many languages of a header are looked at.
const ACCEPTED_MAX: usize = 16;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn names(language: Language) -> BTreeSet<String> {
        let source = language.source();
        FluentResource::try_new(source.to_owned()).unwrap_or_else(|(_, faults)| panic!("{language:?}: {faults:?}"));
        let names = source.lines().filter(|line| line.starts_with(|first: char| first.is_ascii_lowercase()));
        let mut seen = BTreeSet::new();
        for line in names {
            let name = line.split('=').next().unwrap_or_default().trim().to_owned();
            assert!(seen.insert(name.clone()), "{language:?} has {name} twice");
        }
        seen
    }

    #[test]
    fn every_text_of_another_language_is_one_of_english() {
        let english = names(Language::English);
        let welsh = names(Language::Welsh);
        assert!(welsh.is_subset(&english), "{:?}", welsh.difference(&english).collect::<Vec<_>>());
        assert!(welsh.len() > 10);
    }

    /// Reads the sources for the names of texts, so that none is missing and none is left over.
    #[test]
    fn every_text_that_is_asked_for_is_there_and_every_one_is_asked_for() {
        let english = names(Language::English);
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut sources = String::new();
        let mut folders = vec![folder];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("readable") {
                let path = entry.expect("readable").path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    sources.push_str(&std::fs::read_to_string(path).expect("readable"));
                }
            }
        }
        let mut asked = BTreeSet::new();
        for call in ["text(\"", "text_with(\"", "problem(\"", "named(\""] {
            for (at, _) in sources.match_indices(call) {
                let rest = &sources[at + call.len()..];
                asked.insert(rest[..rest.find('"').expect("closed")].to_owned());
            }
        }
        let missing: Vec<_> = asked.difference(&english).filter(|name| !name.is_empty()).collect();
        assert!(missing.is_empty(), "not in en.ftl: {missing:?}");
        let unused: Vec<_> = english.iter().filter(|name| !sources.contains(&format!("\"{name}\""))).collect();
        let unused: Vec<_> =
            unused.into_iter().filter(|name| !MADE_NAMES.iter().any(|made| name.starts_with(made))).collect();
        assert!(unused.is_empty(), "nobody asks for {unused:?}");
    }

    /// Beginnings of names that are put together from a word, such as that of a kind.
    const MADE_NAMES: &[&str] = &[
        "kind-",
        "role-",
        "role-about-",
        "shown-to-",
        "error-",
        "field-",
        "sort-",
        "scope-",
        "notice-",
        "method-",
        "needed-",
        "position-",
        "positions-shown-",
        "reasons-",
        "remark-",
        "decision-kind-",
        "feeling-",
    ];

    #[test]
    fn the_readers_language_is_taken_from_what_the_browser_accepts() {
        assert_eq!(Language::accepted("cy"), Some(Language::Welsh));
        assert_eq!(Language::accepted("fr, en-GB;q=0.8, cy;q=0.9"), Some(Language::Welsh));
        assert_eq!(Language::accepted("cy;q=0, en"), Some(Language::English));
        assert_eq!(Language::accepted("fr;q=x, ;;;,=,q=9"), None);
        assert_eq!(text(Language::Welsh, "library"), "Llyfrgell");
        assert_ne!(text(Language::English, "library"), text(Language::Welsh, "library"));
    }
}
