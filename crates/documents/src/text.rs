//! Texts: a new version of a text becomes the few insertions and deletions that lead to it.

use automerge::{ObjId, ObjType, ROOT, ReadDoc as _, transaction::Transactable as _};
use knotwork_ledger::{Pen, PenError};
use similar::{Algorithm, DiffOp, capture_diff_slices};

/// Turns the text under `name` into `wanted`, touching only what differs; makes the text if there is none. A long edit
/// becomes several changes.
///
/// # Errors
/// When the document can take no more.
pub(crate) fn edit_text(pen: &mut Pen<'_>, name: &'static str, wanted: &str) -> Result<(), PenError> {
    let standing = match text_of(pen, name) {
        Some(text) => pen.document().text(&text).unwrap_or_default(),
        None => String::new(),
    };
    // From the end to the beginning, so that the positions before an edit stay what they are.
    for splice in splices(&standing, wanted).into_iter().rev() {
        write_splice(pen, name, &splice)?;
    }
    Ok(())
}

/// Adds a piece to the end of the text under `name`.
///
/// # Errors
/// When the document can take no more.
pub(crate) fn append_text(pen: &mut Pen<'_>, name: &'static str, piece: &str) -> Result<(), PenError> {
    let at = text_of(pen, name).map_or(0, |text| pen.document().length(&text));
    write_splice(pen, name, &Splice { at, delete: 0, insert: piece })
}

/// A text in pieces that each fit into a change.
pub(crate) fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (piece, after) = rest.split_at(rest.floor_char_boundary(PIECE_BYTES_MAX));
        rest = after;
        Some(piece)
    })
}

/// One replacement: at a place, in characters of the text before any replacement.
#[derive(Debug, PartialEq, Eq)]
struct Splice<'a> {
    at: usize,
    delete: usize,
    insert: &'a str,
}

/// The replacements that turn `before` into `after`, ascending.
fn splices<'a>(before: &str, after: &'a str) -> Vec<Splice<'a>> {
    let (before, after, skipped) = trim(before, after);
    if before.is_empty() && after.is_empty() {
        return Vec::new();
    }
    for tokens in [words, lines] {
        let (old, new) = (tokens(before), tokens(after));
        if old.len() + new.len() <= TOKENS_MAX {
            return splices_of(&old, &new, after, skipped);
        }
    }
    vec![Splice { at: skipped, delete: before.chars().count(), insert: after }]
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

fn splices_of<'a>(old: &[&str], new: &[&str], after: &'a str, skipped: usize) -> Vec<Splice<'a>> {
    let characters = |tokens: &[&str]| tokens.iter().map(|token| token.chars().count()).sum::<usize>();
    let bytes = |tokens: &[&str]| tokens.iter().map(|token| token.len()).sum::<usize>();
    capture_diff_slices(Algorithm::Myers, old, new)
        .into_iter()
        .filter(|step| !matches!(step, DiffOp::Equal { .. }))
        .map(|step| {
            let (old_range, new_range) = (step.old_range(), step.new_range());
            let start = bytes(&new[..new_range.start]);
            Splice {
                at: skipped + characters(&old[..old_range.start]),
                delete: characters(&old[old_range]),
                insert: &after[start..start + bytes(&new[new_range])],
            }
        })
        .collect()
}

/// Runs of letters and digits, and every other character by itself.
fn words(text: &str) -> Vec<&str> {
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

fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

fn text_of(pen: &Pen<'_>, name: &'static str) -> Option<ObjId> {
    match pen.document().get(ROOT, name) {
        Ok(Some((automerge::Value::Object(ObjType::Text), text))) => Some(text),
        _ => None,
    }
}

fn write_splice(pen: &mut Pen<'_>, name: &'static str, splice: &Splice<'_>) -> Result<(), PenError> {
    if splice.delete + splice.insert.len() <= SMALL_MAX {
        return write_step(pen, name, splice.at, splice.delete, splice.insert);
    }
    let mut left = splice.delete;
    let mut deletions_max = DELETIONS_MAX;
    while left > 0 {
        let delete = left.min(deletions_max);
        match write_step(pen, name, splice.at, delete, "") {
            // A change lists the authors of what it deletes, and here they are too many for one.
            Err(PenError::TooLarge(_)) if delete > 1 => deletions_max = delete / 2,
            result => {
                result?;
                left -= delete;
            }
        }
    }
    let mut at = splice.at;
    for piece in pieces(splice.insert) {
        write_step(pen, name, at, 0, piece)?;
        at += piece.chars().count();
    }
    Ok(())
}

fn write_step(pen: &mut Pen<'_>, name: &'static str, at: usize, delete: usize, insert: &str) -> Result<(), PenError> {
    let text = text_of(pen, name);
    pen.write(|document| {
        let text = match &text {
            Some(text) => text.clone(),
            None => document.put_object(ROOT, name, ObjType::Text)?,
        };
        document.splice_text(&text, at, delete.cast_signed(), insert)
    })
}

/// The most bytes of text that one change inserts. With what else a change holds it stays below 60 KiB.
pub(crate) const PIECE_BYTES_MAX: usize = 40_000;

/// The most characters that one change deletes, below the most operations that it may have. Runs cost next to nothing.
const DELETIONS_MAX: usize = 60_000;

/// A replacement of at most so many characters and bytes goes into one change.
const SMALL_MAX: usize = 1_000;

/// The most words or lines that are compared; beyond it the differing part is replaced as a whole.
const TOKENS_MAX: usize = 4_000;

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

        #[test]
        fn pieces_make_up_the_text(text in "[a\u{1f600}]{0,30}", times in 0_usize..5_000) {
            let long = text.repeat(times.min(2_000));
            prop_assert_eq!(pieces(&long).collect::<String>(), long.clone());
            prop_assert!(pieces(&long).all(|piece| piece.len() <= PIECE_BYTES_MAX && !piece.is_empty()));
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
    fn a_text_turned_inside_out_is_replaced_at_once() {
        let before: String = (0..100_000).map(|number| if number % 7 == 0 { '\n' } else { 'x' }).collect();
        let after: String = (0..100_000).map(|number| if number % 5 == 0 { '\n' } else { 'y' }).collect();
        assert_eq!(apply(&before, &splices(&before, &after)), after);
    }
}
