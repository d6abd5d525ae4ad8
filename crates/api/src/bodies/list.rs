//! A list in an edit: all that it shall be, or what to put on it and to take off it.

use std::fmt;

use knotwork_documents::FieldError;
use serde::{
    Deserialize, Deserializer,
    de::value::{MapAccessDeserializer, SeqAccessDeserializer},
};
use utoipa::ToSchema;

/// What a list shall become.
#[derive(Debug, Clone, PartialEq, Eq, ToSchema)]
#[schema(as = ListEdit)]
#[serde(untagged)]
pub(crate) enum ListEdit {
    /// All entries that there shall be. Only what differs from what is there is added and taken away.
    All(Vec<String>),
    /// What to add and to take away; the other entries stay, whoever put them there meanwhile.
    Steps(ListSteps),
}

/// Steps from what a caller saw to what the list shall be. They can be sent again: an entry that is there is not added,
/// and one that is gone is not missed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListSteps {
    /// Entries to add at the end, where they are not there yet.
    #[serde(default)]
    #[schema(example = json!(["methods"]))]
    add: Vec<String>,
    /// Entries to take away, every one that reads so.
    #[serde(default)]
    remove: Vec<String>,
}

impl ListEdit {
    /// Whether what it gives depends on what is there.
    pub(crate) fn is_relative(&self) -> bool {
        matches!(self, Self::Steps(_))
    }

    /// The whole list, where these entries are there now.
    ///
    /// # Errors
    /// When there are more steps than `field` may have entries.
    pub(crate) fn onto(self, there: &[String], field: &'static str, most: usize) -> Result<Vec<String>, FieldError> {
        let ListSteps { add, remove } = match self {
            Self::All(entries) => return Ok(entries),
            Self::Steps(steps) => steps,
        };
        if let Some(found) = [add.len(), remove.len()].into_iter().find(|found| *found > most) {
            return Err(FieldError::TooMany { field, found, limit: most });
        }
        let mut entries: Vec<String> = there.iter().filter(|entry| !remove.contains(entry)).cloned().collect();
        for entry in add {
            if !entries.contains(&entry) {
                entries.push(entry);
            }
        }
        Ok(entries)
    }
}

/// By hand, so that a fault is named with its place: what serde derives says only that no form fits.
impl<'de> Deserialize<'de> for ListEdit {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        reader.deserialize_any(Visitor)
    }
}

struct Visitor;

impl<'de> serde::de::Visitor<'de> for Visitor {
    type Value = ListEdit;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list, or an object with `add` and `remove`")
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, entries: A) -> Result<ListEdit, A::Error> {
        Deserialize::deserialize(SeqAccessDeserializer::new(entries)).map(ListEdit::All)
    }

    fn visit_map<A: serde::de::MapAccess<'de>>(self, fields: A) -> Result<ListEdit, A::Error> {
        Deserialize::deserialize(MapAccessDeserializer::new(fields)).map(ListEdit::Steps)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &str) -> Vec<String> {
        words.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn steps_keep_what_they_do_not_name_and_can_be_taken_again() {
        let steps = ListEdit::Steps(ListSteps { add: words("c b c"), remove: words("a x") });
        let once = steps.clone().onto(&words("a b a d"), "tags", 3).expect("few steps");
        assert_eq!(once, words("b d c"));
        assert_eq!(steps.onto(&once, "tags", 3).expect("few steps"), once);
        assert_eq!(ListEdit::All(words("b")).onto(&words("a"), "tags", 3).expect("a list"), words("b"));
    }

    #[test]
    fn more_steps_than_a_list_has_entries_are_refused_before_they_are_taken() {
        let many = || vec![String::new(); 4];
        for steps in [ListSteps { add: many(), remove: Vec::new() }, ListSteps { add: Vec::new(), remove: many() }] {
            let refused = ListEdit::Steps(steps).onto(&[], "tags", 3);
            assert_eq!(refused, Err(FieldError::TooMany { field: "tags", found: 4, limit: 3 }));
        }
    }
}
