//! Everything that a document shows, as text: to compare documents, and to make Automerge read all of them.

use std::fmt::Write as _;

use automerge::{Automerge, ObjId, ObjType, ROOT, ReadDoc, Value};

/// What the document shows, with every value that stands beside another, and where each came from.
#[must_use]
pub fn state(document: &Automerge) -> String {
    let mut out = String::new();
    let mut heads = document.get_heads();
    heads.sort_unstable();
    let _ = writeln!(out, "{heads:?}");
    show(document, &ROOT, ObjType::Map, &mut out);
    out
}

fn show(document: &Automerge, object: &ObjId, kind: ObjType, out: &mut String) {
    match kind {
        ObjType::Map | ObjType::Table => {
            for key in document.keys(object).collect::<Vec<_>>() {
                let _ = write!(out, "{key:?}: ");
                show_all(document, document.get_all(object, key.as_str()), out);
            }
        }
        ObjType::List => {
            for place in 0..document.length(object) {
                show_all(document, document.get_all(object, place), out);
            }
        }
        ObjType::Text => {
            let _ = writeln!(out, "{} {:?}", document.length(object), document.text(object));
            for place in 0..document.length(object) {
                show_all(document, document.get_all(object, place), out);
            }
        }
    }
}

fn show_all(
    document: &Automerge,
    values: Result<Vec<(Value<'_>, ObjId)>, automerge::AutomergeError>,
    out: &mut String,
) {
    match values {
        Err(error) => {
            let _ = writeln!(out, "{error}");
        }
        Ok(values) => {
            for (value, id) in values {
                match value {
                    Value::Scalar(scalar) => {
                        let _ = writeln!(out, "{scalar:?} {id}");
                    }
                    Value::Object(kind) => {
                        let _ = writeln!(out, "{kind:?} {id} [");
                        show(document, &id, kind, out);
                        out.push_str("]\n");
                    }
                }
            }
        }
    }
}
