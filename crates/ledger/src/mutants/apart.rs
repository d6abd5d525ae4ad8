//! Changes taken apart for mutation.

use knotwork_identity::ActorId;

use crate::{
    CheckedChange, Key, Object, Reference,
    draft::{Draft, DraftOperation},
};

/// The parts of a change that the gate has decoded.
pub(super) fn draft_of(change: &CheckedChange) -> Draft {
    let chunk = change.chunk();
    let bytes = &change.signed().chunk;
    let list = change.operations();
    let records = list.decoded().records();
    let operations = list.iter().zip(records).map(|(operation, record)| {
        let start = usize::from(record.value_start);
        DraftOperation {
            object: match operation.object {
                Object::Root => (None, None),
                Object::Made(Reference { counter, actor }) => (Some(actor.into()), Some(counter.into())),
            },
            element: match operation.key {
                Key::Map(_) => (None, None),
                Key::Head => (None, Some(0)),
                Key::Element(Reference { counter, actor }) => (Some(actor.into()), Some(counter.into())),
            },
            key: if let Key::Map(key) = operation.key { Some(key.as_bytes().to_vec()) } else { None },
            insert: operation.insert,
            action: record.verb as u64,
            value_kind: record.value_kind as u8,
            value: bytes[start..start + usize::from(record.value_length)].to_vec(),
            predecessors: operation
                .predecessors
                .iter()
                .map(|predecessor| (predecessor.actor.into(), predecessor.counter.into()))
                .collect(),
        }
    });
    Draft {
        dependencies: chunk.dependencies().to_vec(),
        sequence: 1,
        start: chunk.start().into(),
        time: chunk.time().milliseconds() as i64,
        message: Vec::new(),
        other_actors: chunk.other_actors().to_vec(),
        operations: operations.collect(),
        extra: Vec::new(),
    }
}

/// The index of an actor in a draft, which lists it at the end if it is not there yet.
pub(super) fn index_of(draft: &mut Draft, actor: ActorId) -> u64 {
    let found = draft.other_actors.iter().position(|other| *other == actor);
    let place = found.unwrap_or_else(|| {
        draft.other_actors.push(actor);
        draft.other_actors.len() - 1
    });
    place as u64 + 1
}

/// Puts predecessors into their order, and leaves out what stands twice.
pub(super) fn tidy_predecessors(draft: &mut Draft) {
    for operation in &mut draft.operations {
        operation.predecessors.sort_unstable_by_key(|(actor, counter)| (*counter, *actor));
        operation.predecessors.dedup();
    }
}
