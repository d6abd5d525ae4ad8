//! Fields that are replaced as a whole, in the forms that the kinds of documents about people and organisations share.
//!
//! A writer keeps to a form, and a reader brings whatever stands in the document to it, so that no page has to think of
//! what somebody could have written there.

use std::collections::{BTreeMap, HashSet};

use automerge::{ROOT, ReadDoc as _, ScalarValue, transaction::Transactable as _};
use knotwork_identity::{DocumentId, is_steering};
use knotwork_ledger::{Pen, PenError};

use crate::{
    Date, FieldError,
    content::Content,
    resource::{check_list, check_text, limits::CONFLICT_VALUES_MAX},
};

/// A field of a document: its name and the form of what stands in it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    form: Form,
}

#[derive(Debug, Clone, Copy)]
enum Form {
    Line { bytes_max: usize },
    Prose { bytes_max: usize },
    Lines { entries_max: usize, bytes_max: usize },
    Website { bytes_max: usize },
    Date,
    Document,
}

impl Field {
    /// One line of text, in which every character is shown.
    pub(crate) const fn line(name: &'static str, bytes_max: usize) -> Self {
        Self { name, form: Form::Line { bytes_max } }
    }

    /// A text of several lines.
    pub(crate) const fn prose(name: &'static str, bytes_max: usize) -> Self {
        Self { name, form: Form::Prose { bytes_max } }
    }

    /// A list in one string, an entry a line.
    pub(crate) const fn lines(name: &'static str, entries_max: usize, bytes_max: usize) -> Self {
        Self { name, form: Form::Lines { entries_max, bytes_max } }
    }

    /// The address of a page on the web.
    pub(crate) const fn website(name: &'static str, bytes_max: usize) -> Self {
        Self { name, form: Form::Website { bytes_max } }
    }

    /// A day.
    pub(crate) const fn date(name: &'static str) -> Self {
        Self { name, form: Form::Date }
    }

    /// The id of a document, as text.
    pub(crate) const fn document(name: &'static str) -> Self {
        Self { name, form: Form::Document }
    }

    /// Checks what somebody wants to write; nothing and an empty text are right in every form.
    pub(crate) fn check(&self, text: Option<&str>) -> Result<(), FieldError> {
        let Self { name: field, form } = *self;
        let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(()) };
        let is_right = |right: bool, form| if right { Ok(()) } else { Err(FieldError::Form { field, form }) };
        match form {
            Form::Line { bytes_max } => {
                check_text(field, text, bytes_max)?;
                check_steering(field, text, is_steering)
            }
            Form::Prose { bytes_max } => {
                check_text(field, text, bytes_max)?;
                check_steering(field, &text.replace("\r\n", "\n"), is_no_prose)
            }
            Form::Website { bytes_max } => {
                check_text(field, text, bytes_max)?;
                is_right(is_website(text), "an address such as https://example.org")
            }
            Form::Date => is_right(text.parse::<Date>().is_ok(), "a date such as 2026-03-31"),
            Form::Document => is_right(text.parse::<DocumentId>().is_ok(), "the id of a document"),
            Form::Lines { .. } => {
                let entries: Vec<String> = text.lines().map(str::to_owned).collect();
                self.check_entries(Some(&entries))
            }
        }
    }

    /// The same for a field that is a list.
    pub(crate) fn check_entries(&self, entries: Option<&[String]>) -> Result<(), FieldError> {
        let (Some(entries), Form::Lines { entries_max, bytes_max }) = (entries, self.form) else { return Ok(()) };
        check_list(self.name, entries, entries_max, bytes_max)?;
        entries.iter().try_for_each(|entry| check_steering(self.name, entry, is_steering))
    }

    /// What is shown of a text that stands in the field.
    pub(crate) fn fit(&self, text: &str) -> String {
        self.form.shown(text).unwrap_or_default()
    }

    /// What the field says, or nothing.
    pub(crate) fn read(&self, content: &Content) -> String {
        self.standing(content).next().unwrap_or_default()
    }

    /// The entries of a field that is a list.
    pub(crate) fn read_entries(&self, content: &Content) -> Vec<String> {
        self.read(content).lines().map(str::to_owned).collect()
    }

    /// All that stands in the field, in its form, the winner first.
    fn standing(&self, content: &Content) -> impl Iterator<Item = String> {
        content.words(self.name).filter_map(|word| self.form.shown(word))
    }
}

impl Form {
    /// What is shown of a text that stands in a field of this form; nothing where it is as if it were of another type.
    fn shown(self, text: &str) -> Option<String> {
        match self {
            Self::Line { bytes_max } => Some(cut(text.chars().filter(|character| !is_steering(*character)), bytes_max)),
            Self::Prose { bytes_max } => {
                Some(cut(text.chars().filter(|character| !is_no_prose(*character)), bytes_max))
            }
            Self::Lines { entries_max, bytes_max } => {
                let shown =
                    |entry: &str| entry.chars().filter(|character| !is_steering(*character)).collect::<String>();
                let entries = text.split('\n').map(|entry| shown(entry).trim().to_owned());
                let entries = entries.filter(|entry| !entry.is_empty() && entry.len() <= bytes_max).take(entries_max);
                Some(entries.collect::<Vec<_>>().join("\n"))
            }
            Self::Website { bytes_max } => (text.len() <= bytes_max && is_website(text)).then(|| text.to_owned()),
            Self::Date => text.parse::<Date>().ok().map(|_| text.to_owned()),
            Self::Document => text.parse::<DocumentId>().ok().map(|_| text.to_owned()),
        }
    }
}

/// The fields that were given different values at the same time, with these, the shown one first.
pub(crate) fn conflicts(fields: &[Field], content: &Content) -> BTreeMap<String, Vec<String>> {
    let all = fields.iter().map(|field| (field.name.to_owned(), distinct(field.standing(content))));
    all.filter(|(_, values)| values.len() > 1).collect()
}

/// Each value once, as many as are shown.
pub(crate) fn distinct(values: impl Iterator<Item = String>) -> Vec<String> {
    let mut seen = HashSet::new();
    values.filter(|value| seen.insert(value.clone())).take(CONFLICT_VALUES_MAX).collect()
}

/// The first word of a field that can be read as such a value.
pub(crate) fn parsed<T: std::str::FromStr>(content: &Content, name: &str) -> Option<T> {
    content.words(name).find_map(|word| word.parse().ok())
}

/// Sets fields at the root where they differ, or where different values stand (which settles the conflict), in one change
/// or none.
pub(crate) fn write_values(pen: &mut Pen<'_>, values: Vec<(&'static str, ScalarValue)>) -> Result<(), PenError> {
    pen.write(|document| {
        for (name, value) in values {
            let standing = document.get_all(ROOT, name)?;
            let same = match standing.as_slice() {
                [] => is_empty(&value),
                all => all.iter().all(|(standing, _)| standing.as_scalar().is_some_and(|standing| *standing == value)),
            };
            if !same {
                document.put(ROOT, name, value)?;
            }
        }
        Ok(())
    })
}

/// Whether bytes stand in a field of the document.
pub(crate) fn has_bytes(pen: &Pen<'_>, name: &str) -> bool {
    let standing = pen.document().get_all(ROOT, name).unwrap_or_default();
    standing.iter().any(|(value, _)| value.is_bytes())
}

/// A text as it is written: line ends as one character.
pub(crate) fn prose(text: &str) -> ScalarValue {
    text.replace("\r\n", "\n").into()
}

/// A list as it is written: an entry a line, without blank ones.
pub(crate) fn lines(entries: &[String]) -> ScalarValue {
    entries.iter().map(|entry| entry.trim()).filter(|entry| !entry.is_empty()).collect::<Vec<_>>().join("\n").into()
}

fn is_empty(value: &ScalarValue) -> bool {
    match value {
        ScalarValue::Str(text) => text.is_empty(),
        ScalarValue::Boolean(flag) => !flag,
        _ => false,
    }
}

fn check_steering(field: &'static str, text: &str, unfit: fn(char) -> bool) -> Result<(), FieldError> {
    if text.contains(unfit) { Err(FieldError::Steering { field }) } else { Ok(()) }
}

/// Directions are turned in prose by those who write two scripts in one line; lines of their own keep that from reaching
/// further.
fn is_no_prose(character: char) -> bool {
    character.is_control() && character != '\n' && character != '\t'
}

/// Whether a page may link to an address: what a browser runs in place of opening is none.
fn is_website(text: &str) -> bool {
    let begins = |scheme: &str| {
        let (start, rest) = text.split_at_checked(scheme.len()).unwrap_or_default();
        start.eq_ignore_ascii_case(scheme) && !rest.is_empty()
    };
    (begins("https://") || begins("http://")) && !text.contains(|character| is_steering(character) || character == ' ')
}

fn cut(characters: impl Iterator<Item = char>, bytes_max: usize) -> String {
    let mut text = String::new();
    for character in characters {
        if text.len() + character.len_utf8() > bytes_max {
            break;
        }
        text.push(character);
    }
    text
}
