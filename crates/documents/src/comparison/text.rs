//! What differs between two texts.

use std::mem::take;

use serde::{Deserialize, Serialize};
use similar::DiffOp;

use crate::{
    difference::{Budget, steps_within},
    text::words,
};

/// A line of a comparison, or several that are not shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Line {
    /// A line; the piece that ends it has a line break at its end, but for a text's last line.
    Shown(Vec<Piece>),
    /// So many lines that are the same in both texts.
    Skipped(usize),
}

/// A piece of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Piece {
    /// In both texts.
    Same(String),
    /// In the later text alone.
    Added(String),
    /// In the earlier text alone.
    Removed(String),
}

/// Compares two texts. The pieces that are the same or removed, with the lines skipped, are the earlier text; those that are
/// the same or added, with the lines skipped, the later one.
#[must_use]
pub fn compare_texts(before: &str, after: &str) -> Vec<Line> {
    let (old, new): (Vec<&str>, Vec<&str>) =
        (before.split_inclusive('\n').collect(), after.split_inclusive('\n').collect());
    let mut budget = Budget::default();
    let steps = steps_within(&old, &new, &mut budget);
    let last = steps.len().saturating_sub(1);
    let mut lines = Vec::new();
    for (at, step) in steps.iter().enumerate() {
        let (gone, come) = (&old[step.old_range()], &new[step.new_range()]);
        if matches!(step, DiffOp::Equal { .. }) {
            let (context_before, context_after) =
                (if at == 0 { 0 } else { CONTEXT_LINES }, if at == last { 0 } else { CONTEXT_LINES });
            push_same(&mut lines, come, context_before, context_after);
        } else {
            push_changed(&mut lines, &gone.concat(), &come.concat(), &mut budget);
        }
    }
    lines
}

/// Lines that are the same, with those in the middle left out.
fn push_same(lines: &mut Vec<Line>, same: &[&str], context_before: usize, context_after: usize) {
    let shown = |line: &&str| Line::Shown(vec![Piece::Same((*line).to_owned())]);
    // Where the words "3 lines" would stand in the place of three lines, the lines are better.
    if same.len() < context_before + context_after + SKIPPED_LINES_MIN {
        lines.extend(same.iter().map(shown));
        return;
    }
    lines.extend(same[..context_before].iter().map(shown));
    lines.push(Line::Skipped(same.len() - context_before - context_after));
    lines.extend(same[same.len() - context_after..].iter().map(shown));
}

/// Lines of which some words differ, or all.
fn push_changed(lines: &mut Vec<Line>, gone: &str, come: &str, budget: &mut Budget) {
    let mut pieces = Pieces::default();
    let (old, new) = (words(gone), words(come));
    let steps = steps_within(&old, &new, budget);
    let kept: usize = steps
        .iter()
        .filter(|step| matches!(step, DiffOp::Equal { .. }))
        .flat_map(|step| &old[step.old_range()])
        .filter(|word| tells(word))
        .map(|word| word.len())
        .sum();
    let all = |words: &[&str]| words.iter().filter(|word| tells(word)).map(|word| word.len()).sum::<usize>();
    // Where little stays, the words that happen to stand in both only make it hard to read.
    if kept * KEPT_PART < all(&old).max(all(&new)) {
        pieces.change(gone, come);
    } else {
        for step in steps {
            let (gone, come) = (old[step.old_range()].concat(), new[step.new_range()].concat());
            match step {
                DiffOp::Equal { .. } => pieces.keep(&come),
                _ => pieces.change(&gone, &come),
            }
        }
    }
    pieces.into_lines(lines);
}

/// Pieces in their order, those that are of one sort together.
#[derive(Default)]
struct Pieces {
    done: Vec<Piece>,
    removed: String,
    added: String,
    /// What is the same after them, as long as it has no word in it: if more changes come, it goes and comes with them.
    between: String,
}

impl Pieces {
    fn change(&mut self, gone: &str, come: &str) {
        let between = take(&mut self.between);
        self.removed.push_str(&between);
        self.removed.push_str(gone);
        self.added.push_str(&between);
        self.added.push_str(come);
    }

    fn keep(&mut self, same: &str) {
        let is_changing = !self.removed.is_empty() || !self.added.is_empty();
        // Only between words of one line that both went and came is a space nothing to keep.
        if is_changing && !tells(same) && !same.contains('\n') && self.between.is_empty() {
            self.between.push_str(same);
            return;
        }
        self.settle();
        self.push(Piece::Same(same.to_owned()));
    }

    fn settle(&mut self) {
        let (removed, added, between) = (take(&mut self.removed), take(&mut self.added), take(&mut self.between));
        self.push(Piece::Removed(removed));
        self.push(Piece::Added(added));
        self.push(Piece::Same(between));
    }

    fn push(&mut self, piece: Piece) {
        match (self.done.last_mut(), &piece) {
            (_, piece) if piece.text().is_empty() => {}
            (Some(Piece::Same(last)), Piece::Same(text)) => last.push_str(text),
            _ => self.done.push(piece),
        }
    }

    /// The pieces, cut after every line break.
    fn into_lines(mut self, lines: &mut Vec<Line>) {
        self.settle();
        let mut line = Vec::new();
        for piece in self.done {
            let make = match piece {
                Piece::Same(_) => Piece::Same,
                Piece::Added(_) => Piece::Added,
                Piece::Removed(_) => Piece::Removed,
            };
            for part in piece.text().split_inclusive('\n') {
                line.push(make(part.to_owned()));
                if part.ends_with('\n') {
                    lines.push(Line::Shown(take(&mut line)));
                }
            }
        }
        if !line.is_empty() {
            lines.push(Line::Shown(line));
        }
    }
}

impl Piece {
    /// The text of the piece.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Same(text) | Self::Added(text) | Self::Removed(text) => text,
        }
    }
}

/// Whether there is something to read in it, and not only space and punctuation.
fn tells(text: &str) -> bool {
    text.contains(char::is_alphanumeric)
}

/// The lines that are shown before and after those that differ.
const CONTEXT_LINES: usize = 2;
/// The fewest lines that are skipped.
const SKIPPED_LINES_MIN: usize = 3;
/// Less than one part in so many of the longer passage must stay for it to be shown as another passage.
const KEPT_PART: usize = 3;
