//! Documents at the edge of what the limits allow, made to be as costly as they can be.

use std::sync::Arc;

use knotwork_identity::ChangeId;

use super::forge::{DELETE, Forge, MAKE_LIST, MAKE_MAP, insert, make, pad, set};
use crate::{CheckedChange, Rejection, draft::DraftOperation};

/// The names of the extremes, for [`extreme`].
pub const EXTREMES: &[&str] = &[
    "values side by side",
    "many replacements",
    "insertions at the head",
    "the same deletions",
    "changes at the same time",
    "a long chain",
    "objects in objects",
    "a braid",
    "a map of many keys",
    "long keys in runs",
];

/// The changes of one extreme document, `1 / share` of what the limits allow; each comes after its dependencies.
///
/// # Errors
/// When a change does not pass the first part of the gate, which is a fault of the extreme.
pub fn extreme(name: &str, share: usize) -> Result<Vec<Arc<CheckedChange>>, Rejection> {
    let mut forge = Forge::default();
    let large = 65_000;
    let chunks = 32 / share;
    match name {
        "values side by side" => {
            for _ in 0..chunks {
                forge.on_heads(std::iter::repeat_n(set("x"), large))?;
            }
        }
        "many replacements" => {
            let first = forge.on_heads(std::iter::repeat_n(set("x"), 60_000))?;
            let named = || (1..=60_000).map(|counter| (1, counter)).collect::<Vec<_>>();
            for _ in 0..chunks {
                forge.on(&[first], [DraftOperation { predecessors: named(), ..set("x") }].into_iter(), 1)?;
            }
        }
        "insertions at the head" => {
            forge.on_heads([make("x", MAKE_LIST)].into_iter())?;
            for _ in 0..chunks {
                forge.on_heads(std::iter::repeat_n(insert(1, 1, None), large))?;
            }
        }
        "the same deletions" => {
            let list = [make("x", MAKE_LIST)]
                .into_iter()
                .chain((0..large as i64).map(|at| insert(0, 1, (at > 0).then_some(1 + at))));
            let first = forge.on_heads(list)?;
            let delete = |counter: i64| DraftOperation {
                element: (Some(1), Some(counter)),
                insert: false,
                action: DELETE,
                predecessors: vec![(1, counter)],
                ..insert(1, 1, None)
            };
            for _ in 0..chunks {
                forge.on(&[first], (2..large as i64 + 2).map(delete), 1)?;
            }
        }
        "changes at the same time" => return fan(9_999 / share),
        "a long chain" => return chain(9_999 / share, 200),
        "objects in objects" => {
            for _ in 0..chunks {
                let start = forge.next_start();
                forge.on_heads((0..15_000).map(|at| match at % 4 {
                    0 => make("x", MAKE_MAP),
                    _ => DraftOperation { object: (Some(0), Some(start + at - 1)), ..make("x", MAKE_MAP) },
                }))?;
            }
        }
        "a braid" => {
            let mut layer: Vec<ChangeId> = Vec::new();
            for _ in 0..3_968 / 64 / share {
                let next = (0..64).map(|_| forge.on(&layer, [set("x")].into_iter(), 0));
                layer = next.collect::<Result<Vec<_>, _>>()?;
            }
        }
        "long keys in runs" => {
            // All limits of a document but that of its changes at once: so many of these are 8 MiB, 2^21 operations and
            // as many predecessors, and 128 MiB of keys.
            let (rows, key) = (15_000, "k".repeat(63));
            let named = |at: i64| DraftOperation { predecessors: vec![(1, at + 1)], ..set(&key) };
            forge.on_heads(std::iter::repeat_n(set(&key), rows).chain([pad(58_000)]))?;
            for _ in 1..(138 / share).max(2) {
                forge.on_heads((0..rows as i64).map(named).chain([pad(60_000)]))?;
            }
        }
        _ => {
            for place in 0..100 / share {
                let keys = (0..5_000).map(|key| format!("{key:x}{place:x}"));
                forge.on_heads(keys.map(|key| set(&key)))?;
            }
        }
    }
    Ok(forge.made)
}

/// Changes that were all made at the same time, each of one operation.
///
/// # Errors
/// As [`extreme`].
pub fn fan(changes: usize) -> Result<Vec<Arc<CheckedChange>>, Rejection> {
    let mut forge = Forge::default();
    for _ in 0..changes {
        forge.on(&[], [set("x")].into_iter(), 0)?;
    }
    Ok(forge.made)
}

/// Changes of so many operations, each on the one before.
///
/// # Errors
/// As [`extreme`].
pub fn chain(changes: usize, operations: usize) -> Result<Vec<Arc<CheckedChange>>, Rejection> {
    let mut forge = Forge::default();
    for _ in 0..changes {
        forge.on_heads(std::iter::repeat_n(set("x"), operations))?;
    }
    Ok(forge.made)
}
