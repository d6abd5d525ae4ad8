//! Lists of words, such as tags: a new version of a list becomes the entries added and taken away.

use automerge::{ObjId, ObjType, ROOT, ReadDoc as _, transaction::Transactable as _};
use knotwork_ledger::{Pen, PenError};
use similar::{Algorithm, DiffOp, capture_diff_slices};

/// Turns the list under `name` into `wanted` by adding and taking away what differs; makes the list if there is none.
///
/// # Errors
/// When the document can take no more.
pub(crate) fn edit_list(pen: &mut Pen<'_>, name: &'static str, wanted: &[String]) -> Result<(), PenError> {
    let standing = entries_of(pen, name);
    let steps = capture_diff_slices(Algorithm::Myers, &standing, wanted);
    // From the end to the beginning, so that the places before a step stay what they are.
    for step in steps.into_iter().rev().filter(|step| !matches!(step, DiffOp::Equal { .. })) {
        let (old, mut new) = (step.old_range(), &wanted[step.new_range()]);
        let mut delete = old.len();
        let mut at = old.start;
        while delete > 0 || !new.is_empty() {
            let (now, later) = new.split_at(fitting(new));
            write_entries(pen, name, at, delete, now)?;
            at += now.len();
            new = later;
            delete = 0;
        }
    }
    Ok(())
}

fn write_entries(
    pen: &mut Pen<'_>,
    name: &'static str,
    at: usize,
    delete: usize,
    insert: &[String],
) -> Result<(), PenError> {
    let list = list_of(pen, name);
    pen.write(|document| {
        let list = match &list {
            Some(list) => list.clone(),
            None => document.put_object(ROOT, name, ObjType::List)?,
        };
        for _ in 0..delete {
            document.delete(&list, at)?;
        }
        for (place, entry) in insert.iter().enumerate() {
            document.insert(&list, at + place, entry.as_str())?;
        }
        Ok(())
    })
}

fn list_of(pen: &Pen<'_>, name: &'static str) -> Option<ObjId> {
    match pen.document().get(ROOT, name) {
        Ok(Some((automerge::Value::Object(ObjType::List), list))) => Some(list),
        _ => None,
    }
}

/// The entries in order; what is no text is an empty entry, so that places agree.
fn entries_of(pen: &Pen<'_>, name: &'static str) -> Vec<String> {
    let Some(list) = list_of(pen, name) else { return Vec::new() };
    let document = pen.document();
    (0..document.length(&list))
        .map(|place| match document.get(&list, place) {
            Ok(Some((automerge::Value::Scalar(value), _))) => value.as_str().unwrap_or_default().to_owned(),
            _ => String::new(),
        })
        .collect()
}

/// How many of the first entries fit into one change.
fn fitting(entries: &[String]) -> usize {
    let mut bytes = 0;
    let fitting = entries.iter().take_while(|entry| {
        bytes += entry.len() + 8;
        bytes <= crate::text::PIECE_BYTES_MAX
    });
    fitting.count().max(usize::from(!entries.is_empty()))
}
