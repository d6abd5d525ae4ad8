//! Lists of words, such as tags: a new version of a list becomes the entries added and taken away.

use automerge::{ObjId, ObjType, ROOT, ReadDoc as _, ScalarValueRef, ValueRef, transaction::Transactable as _};
use knotwork_ledger::{Pen, PenError};
use similar::DiffOp;

use crate::difference::steps;

/// Turns the list under `name` into `wanted` by adding and taking away what differs, in as few changes as hold it. Where
/// there is no list, or several values stand, or a list of which little would stay is longer than any that a writer
/// makes, a new list takes the place of all.
///
/// # Errors
/// When the document can take no more.
pub(crate) fn edit_list(pen: &mut Pen<'_>, name: &'static str, wanted: &[String]) -> Result<(), PenError> {
    let Some(list) = only_list(pen, name) else { return write_anew(pen, name, wanted) };
    if pen.document().length(&list) > STANDING_MAX {
        return write_anew(pen, name, wanted);
    }
    let standing = entries_of(pen, &list);
    let (old, new): (Vec<&str>, Vec<&str>) =
        (standing.iter().map(String::as_str).collect(), wanted.iter().map(String::as_str).collect());
    let mut edits = Vec::new();
    // From the end to the beginning, so that the places before a step stay what they are.
    for step in steps(&old, &new).into_iter().rev().filter(|step| !matches!(step, DiffOp::Equal { .. })) {
        let at = step.old_range().start;
        edits.extend(step.old_range().map(|_| Edit::Delete { at }));
        edits.extend(insertions(at, &wanted[step.new_range()]));
    }
    write_all(pen, &list, &edits)
}

/// One step, at a place in the list as the steps before have made it.
enum Edit<'a> {
    Delete { at: usize },
    Insert { at: usize, entry: &'a str },
}

impl Edit<'_> {
    /// What it takes up in a change, at the most: another author's id, and where it is.
    fn bytes(&self) -> usize {
        match self {
            Self::Delete { .. } => 60,
            Self::Insert { entry, .. } => entry.len() + 60,
        }
    }
}

fn insertions(at: usize, entries: &[String]) -> impl Iterator<Item = Edit<'_>> {
    entries.iter().enumerate().map(move |(place, entry)| Edit::Insert { at: at + place, entry })
}

fn write_anew(pen: &mut Pen<'_>, name: &'static str, wanted: &[String]) -> Result<(), PenError> {
    pen.write(|document| document.put_object(ROOT, name, ObjType::List))?;
    match only_list(pen, name) {
        Some(list) => write_all(pen, &list, &insertions(0, wanted).collect::<Vec<_>>()),
        None => Ok(()),
    }
}

fn write_all(pen: &mut Pen<'_>, list: &ObjId, edits: &[Edit<'_>]) -> Result<(), PenError> {
    let mut rest = edits;
    while !rest.is_empty() {
        let (now, later) = rest.split_at(fitting(rest));
        pen.write(|document| {
            now.iter().try_for_each(|edit| match edit {
                Edit::Delete { at } => document.delete(list, *at),
                Edit::Insert { at, entry } => document.insert(list, *at, *entry),
            })
        })?;
        rest = later;
    }
    Ok(())
}

/// How many of the first edits fit into one change.
fn fitting(edits: &[Edit<'_>]) -> usize {
    let mut bytes = 0;
    let fitting = edits.iter().take_while(|edit| {
        bytes += edit.bytes();
        bytes <= EDITS_BYTES_MAX
    });
    fitting.count().max(1)
}

/// The list under `name`, where nothing else stands there.
fn only_list(pen: &Pen<'_>, name: &'static str) -> Option<ObjId> {
    match pen.document().get_all(ROOT, name).ok()?.as_slice() {
        [(automerge::Value::Object(ObjType::List), list)] => Some(list.clone()),
        _ => None,
    }
}

/// The entries in order; what is no text is an empty entry, so that places agree.
fn entries_of(pen: &Pen<'_>, list: &ObjId) -> Vec<String> {
    let entries = pen.document().list_range(list, ..);
    entries
        .map(|entry| match entry.value {
            ValueRef::Scalar(ScalarValueRef::Str(word)) => word.into_owned(),
            _ => String::new(),
        })
        .collect()
}

/// The longest list that is compared with what it shall be.
const STANDING_MAX: usize = 4_000;
/// The most bytes of edits in one change. With what else a change holds it stays below 60 KiB.
const EDITS_BYTES_MAX: usize = 54_000;
