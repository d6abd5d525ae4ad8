//! Comparing two texts so that a person can read what changed.

use similar::DiffOp;

use crate::{difference::steps, text::words};

/// A piece of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// In both.
    Same(String),
    /// Only in the text before.
    Removed(String),
    /// Only in the text after.
    Added(String),
    /// So many lines that are the same in both.
    Skipped(usize),
}

/// What changed between two texts, by words; long stretches that stayed are left out.
#[must_use]
pub fn compare_texts(before: &str, after: &str) -> Vec<Piece> {
    let (old, new) = (words(before), words(after));
    let mut pieces = Vec::new();
    for step in steps(&old, &new) {
        let (removed, added) = (old[step.old_range()].concat(), new[step.new_range()].concat());
        match step {
            DiffOp::Equal { .. } => push(&mut pieces, Piece::Same(added)),
            _ => {
                push(&mut pieces, Piece::Removed(removed));
                push(&mut pieces, Piece::Added(added));
            }
        }
    }
    let last = pieces.len().saturating_sub(1);
    pieces.into_iter().enumerate().flat_map(|(place, piece)| shortened(piece, place == 0, place == last)).collect()
}

/// Adds a piece to the one before it where both are of one kind.
fn push(pieces: &mut Vec<Piece>, piece: Piece) {
    match (pieces.last_mut(), piece) {
        (_, Piece::Same(text) | Piece::Removed(text) | Piece::Added(text)) if text.is_empty() => {}
        (Some(Piece::Same(before)), Piece::Same(text))
        | (Some(Piece::Removed(before)), Piece::Removed(text))
        | (Some(Piece::Added(before)), Piece::Added(text)) => before.push_str(&text),
        (_, piece) => pieces.push(piece),
    }
}

/// A long stretch that stayed, with only the lines next to what changed.
fn shortened(piece: Piece, is_first: bool, is_last: bool) -> Vec<Piece> {
    let Piece::Same(text) = piece else { return vec![piece] };
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let (head, tail) = (if is_first { 0 } else { CONTEXT_LINES }, if is_last { 0 } else { CONTEXT_LINES });
    let Some(skipped) = lines.len().checked_sub(head + tail).filter(|skipped| *skipped > CONTEXT_LINES) else {
        return vec![Piece::Same(text)];
    };
    let (first, last) = (lines[..head].concat(), lines[lines.len() - tail..].concat());
    let mut pieces = Vec::new();
    push(&mut pieces, Piece::Same(first));
    pieces.push(Piece::Skipped(skipped));
    if !last.is_empty() {
        pieces.push(Piece::Same(last));
    }
    pieces
}

/// How many lines are shown around what changed.
const CONTEXT_LINES: usize = 3;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_changed_word_is_shown_with_the_lines_around_it() {
        let lines = |word: &str| format!("{}The {word} ends here.\n{}", "before\n".repeat(20), "after\n".repeat(20));
        let pieces = compare_texts(&lines("story"), &lines("tale"));
        assert_eq!(pieces[0], Piece::Skipped(18));
        assert!(pieces.contains(&Piece::Removed("story".into())) && pieces.contains(&Piece::Added("tale".into())));
        assert!(matches!(pieces.last(), Some(Piece::Skipped(_))), "{pieces:?}");
        assert!(compare_texts("", "").is_empty());
    }

    proptest! {
        #[test]
        fn the_pieces_lead_from_one_text_to_the_other(before in "[ab \n]{0,40}", after in "[ab \n]{0,40}") {
            let pieces = compare_texts(&before, &after);
            prop_assume!(!pieces.iter().any(|piece| matches!(piece, Piece::Skipped(_))));
            let of = |wanted: fn(&Piece) -> Option<&str>| pieces.iter().filter_map(wanted).collect::<String>();
            let old = of(|piece| match piece {
                Piece::Same(text) | Piece::Removed(text) => Some(text),
                _ => None,
            });
            let new = of(|piece| match piece {
                Piece::Same(text) | Piece::Added(text) => Some(text),
                _ => None,
            });
            prop_assert_eq!((old, new), (before, after));
        }
    }
}
