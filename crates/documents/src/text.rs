//! Texts: a new version of a text becomes the few insertions and deletions that lead to it.

use automerge::{ObjId, ObjType, ROOT, ReadDoc as _, transaction::Transactable as _};
use knotwork_ledger::{Pen, PenError, Splice};
use similar::DiffOp;

use crate::difference::steps;

/// Turns the text under `name` into `wanted`, touching only what differs; makes the text if there is none. A long edit
/// becomes several changes. Where several values stand there, it settles that: a new text takes the place of all.
///
/// # Errors
/// When the document can take no more.
pub(crate) fn edit_text(pen: &mut Pen<'_>, name: &'static str, wanted: &str) -> Result<(), PenError> {
    let Some(text) = only_text(pen, name) else {
        pen.write(|document| document.put_object(ROOT, name, ObjType::Text))?;
        return append_text(pen, name, wanted);
    };
    let standing = pen.document().text(&text)?;
    pen.splice_text(&text, &splices(&standing, wanted))
}

/// Adds to the end of the text under `name`, where there is one.
///
/// # Errors
/// When the document can take no more.
pub(crate) fn append_text(pen: &mut Pen<'_>, name: &'static str, more: &str) -> Result<(), PenError> {
    let Some(text) = only_text(pen, name) else { return Ok(()) };
    let at = pen.document().length(&text);
    pen.splice_text(&text, &[Splice { at, delete: 0, insert: more }])
}

/// The text under `name`, where nothing else stands there.
fn only_text(pen: &Pen<'_>, name: &'static str) -> Option<ObjId> {
    match pen.document().get_all(ROOT, name).ok()?.as_slice() {
        [(automerge::Value::Object(ObjType::Text), text)] => Some(text.clone()),
        _ => None,
    }
}

/// The replacements that turn `before` into `after`, ascending.
fn splices<'a>(before: &str, after: &'a str) -> Vec<Splice<'a>> {
    let (before, after, skipped) = trim(before, after);
    if before.is_empty() && after.is_empty() {
        return Vec::new();
    }
    let (old, new) = (words(before), words(after));
    let mut splices: Vec<Splice<'a>> = Vec::new();
    // How far the steps have come in either text: characters of the one, bytes of the other.
    let (mut at, mut from) = (skipped, 0);
    for step in steps(&old, &new) {
        let delete = old[step.old_range()].iter().map(|token| token.chars().count()).sum();
        let end = from + new[step.new_range()].iter().map(|token| token.len()).sum::<usize>();
        if !matches!(step, DiffOp::Equal { .. }) {
            splices.push(Splice { at, delete, insert: &after[from..end] });
        }
        (at, from) = (at + delete, end);
    }
    splices
}

/// Cuts off what two texts have in common at both ends; also gives the characters cut off before.
fn trim<'b, 'a>(before: &'b str, after: &'a str) -> (&'b str, &'a str, usize) {
    let (mut common, mut characters) = (0, 0);
    for (left, right) in before.chars().zip(after.chars()) {
        if left != right {
            break;
        }
        common += left.len_utf8();
        characters += 1;
    }
    let (before, after) = (&before[common..], &after[common..]);
    let tail: usize = before
        .chars()
        .rev()
        .zip(after.chars().rev())
        .take_while(|(left, right)| left == right)
        .map(|(left, _)| left.len_utf8())
        .sum();
    (&before[..before.len() - tail], &after[..after.len() - tail], characters)
}

/// Runs of letters and digits, and every other character by itself.
pub(crate) fn words(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = if first.is_alphanumeric() {
            rest.find(|character: char| !character.is_alphanumeric()).unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        let (token, after) = rest.split_at(end);
        tokens.push(token);
        rest = after;
    }
    tokens
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn apply(before: &str, splices: &[Splice<'_>]) -> String {
        let mut characters: Vec<char> = before.chars().collect();
        for splice in splices.iter().rev() {
            characters.splice(splice.at..splice.at + splice.delete, splice.insert.chars());
        }
        characters.into_iter().collect()
    }

    proptest! {
        #[test]
        fn the_replacements_lead_to_the_new_text(before in "[ab\u{e9}\u{1f600} \n]{0,80}", after in "[ab\u{e9}\u{1f600} \n]{0,80}") {
            prop_assert_eq!(apply(&before, &splices(&before, &after)), after);
        }
    }

    #[test]
    fn a_small_edit_of_a_long_text_is_small() {
        let before = "one two three\n".repeat(10_000);
        let after = format!("{}four{}", &before[..70_000], &before[70_000..]);
        let found = splices(&before, &after);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].delete, found[0].insert), (0, "four"));
    }

    #[test]
    fn words_that_are_scattered_over_a_long_text_are_replaced_alone() {
        let word = |number: usize| format!("word{} and the rest of it. ", number * 7_919 % 60_000);
        let before: String = (0..60_000).map(word).collect();
        let changed = |number: usize| if number % 75 == 3 { "Something else. ".into() } else { word(number) };
        let after: String = (0..60_000).map(changed).collect();
        let found = splices(&before, &after);
        assert_eq!(apply(&before, &found), after);
        assert!(found.iter().map(|splice| splice.delete).sum::<usize>() < 800 * 40, "{}", found.len());
    }

    #[test]
    fn a_text_turned_inside_out_is_replaced_at_once() {
        let before: String = (0..100_000).map(|number| if number % 7 == 0 { '\n' } else { 'x' }).collect();
        let after: String = (0..100_000).map(|number| if number % 5 == 0 { '\n' } else { 'y' }).collect();
        assert_eq!(apply(&before, &splices(&before, &after)), after);
    }
}
