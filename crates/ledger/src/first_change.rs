//! The first change of a document, written straight from what is to stand in it, without Automerge: it is many times
//! quicker, and thousands come in one import.

use knotwork_identity::{SecretKey, Timestamp};

use crate::{
    CheckedChange, DocumentHeader, FirstView, Pen, PenError, Scalar,
    draft::{self, Draft, DraftOperation},
};

/// The signed change that makes a document of `view`. It has passed the gate, and [`crate::first_view`] gives `view`
/// back. A view with nothing in it makes no change.
///
/// # Errors
/// When it is too large for one change; nothing has been written then.
pub fn first_change(
    header: DocumentHeader,
    key: &SecretKey,
    time: Timestamp,
    view: &FirstView,
) -> Result<Option<CheckedChange>, PenError> {
    let draft = Draft {
        dependencies: Vec::new(),
        sequence: 1,
        start: 1,
        time: time.milliseconds() as i64,
        message: Vec::new(),
        other_actors: Vec::new(),
        operations: operations(view),
        extra: Vec::new(),
    };
    if draft.operations.is_empty() {
        return Ok(None);
    }
    let mut pen = Pen::new(header, key, time);
    pen.sign_draft(&draft)?;
    Ok(pen.finish().0.pop())
}

fn operations(view: &FirstView) -> Vec<DraftOperation> {
    let mut rows: Vec<DraftOperation> = view.scalars.iter().map(|(key, value)| put(ROOT, key, value)).collect();
    for (key, values) in &view.maps {
        let object = make(&mut rows, key, MAKE_MAP);
        rows.extend(values.iter().map(|(key, value)| put(object, key, value)));
    }
    for (key, values) in &view.lists {
        let object = make(&mut rows, key, MAKE_LIST);
        for value in values {
            let (value_kind, value) = value_of(value);
            insert(&mut rows, object, value_kind, value);
        }
    }
    for (key, text) in &view.texts {
        let object = make(&mut rows, key, MAKE_TEXT);
        let mut buffer = [0; 4];
        for character in text.chars() {
            insert(&mut rows, object, STRING, character.encode_utf8(&mut buffer).as_bytes().to_vec());
        }
    }
    rows
}

/// An object's reference: the change's own actor and the counter of what made it; none for the root.
type ObjectReference = (Option<u64>, Option<u64>);

fn put(object: ObjectReference, key: &str, value: &Scalar) -> DraftOperation {
    let (value_kind, value) = value_of(value);
    DraftOperation { key: Some(key.as_bytes().to_vec()), action: SET, value_kind, value, ..row(object) }
}

/// Makes an object in the root. Counters begin with 1.
fn make(rows: &mut Vec<DraftOperation>, key: &str, action: u64) -> ObjectReference {
    rows.push(DraftOperation { key: Some(key.as_bytes().to_vec()), action, ..row(ROOT) });
    (Some(0), Some(rows.len() as u64))
}

/// Inserts at the end of the object that the last rows work on.
fn insert(rows: &mut Vec<DraftOperation>, object: ObjectReference, value_kind: u8, value: Vec<u8>) {
    let last = rows.len() as i64;
    let element = if object.1 == Some(last as u64) { (None, Some(0)) } else { (Some(0), Some(last)) };
    rows.push(DraftOperation { element, insert: true, action: SET, value_kind, value, ..row(object) });
}

fn row(object: ObjectReference) -> DraftOperation {
    DraftOperation {
        object,
        element: (None, None),
        key: None,
        insert: false,
        action: SET,
        value_kind: 0,
        value: Vec::new(),
        predecessors: Vec::new(),
    }
}

fn value_of(value: &Scalar) -> (u8, Vec<u8>) {
    draft::value_of(&value.to_automerge())
}

const ROOT: ObjectReference = (None, None);
const MAKE_MAP: u64 = 0;
const SET: u64 = 1;
const MAKE_LIST: u64 = 2;
const MAKE_TEXT: u64 = 4;
const STRING: u8 = 6;
