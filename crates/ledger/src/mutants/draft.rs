//! A chunk taken apart so that anything in it can be changed, and put together again in its canonical form.

use std::collections::BTreeMap;

use knotwork_identity::{ActorId, ChangeId};

use super::columns::{write_counters, write_flags, write_runs};
use crate::{
    CheckedChange, Key, Object, Reference,
    leb128::{write_signed, write_unsigned},
};

/// A chunk's parts. Every combination can be written, sensible or not.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) dependencies: Vec<ChangeId>,
    pub(super) sequence: u64,
    pub(super) start: u64,
    pub(super) time: i64,
    pub(super) message: Vec<u8>,
    pub(super) other_actors: Vec<ActorId>,
    pub(super) operations: Vec<DraftOperation>,
    pub(super) extra: Vec<u8>,
}

/// One operation's row, in the columns' own terms. References name actors by index, 0 being the change's own.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct DraftOperation {
    pub(super) object: (Option<u64>, Option<u64>),
    pub(super) element: (Option<u64>, Option<i64>),
    pub(super) key: Option<Vec<u8>>,
    pub(super) insert: bool,
    pub(super) action: u64,
    /// The value's type, 0 to 15.
    pub(super) value_kind: u8,
    pub(super) value: Vec<u8>,
    pub(super) predecessors: Vec<(u64, i64)>,
}

impl Draft {
    pub(super) fn of(change: &CheckedChange) -> Self {
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
        Self {
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

    /// The chunk's body without its actor, as it travels.
    pub(super) fn to_stripped(&self) -> Vec<u8> {
        let mut out = Vec::new();
        write_unsigned(&mut out, self.dependencies.len() as u64);
        self.dependencies.iter().for_each(|dependency| out.extend_from_slice(&dependency.0));
        write_unsigned(&mut out, self.sequence);
        write_unsigned(&mut out, self.start);
        write_signed(&mut out, self.time);
        write_unsigned(&mut out, self.message.len() as u64);
        out.extend_from_slice(&self.message);
        write_unsigned(&mut out, self.other_actors.len() as u64);
        for actor in &self.other_actors {
            write_unsigned(&mut out, 32);
            out.extend_from_slice(&actor.0);
        }
        let columns = self.columns();
        write_unsigned(&mut out, columns.len() as u64);
        for (specification, bytes) in &columns {
            write_unsigned(&mut out, *specification);
            write_unsigned(&mut out, bytes.len() as u64);
        }
        columns.iter().for_each(|(_, bytes)| out.extend_from_slice(bytes));
        out.extend_from_slice(&self.extra);
        out
    }

    fn columns(&self) -> Vec<(u64, Vec<u8>)> {
        let rows = &self.operations;
        let predecessors = || rows.iter().flat_map(|row| &row.predecessors);
        let number = |out: &mut Vec<u8>, value: &u64| write_unsigned(out, *value);
        let text = |out: &mut Vec<u8>, value: &&[u8]| {
            write_unsigned(out, value.len() as u64);
            out.extend_from_slice(value);
        };
        let mut columns = vec![
            (0x01, write_runs(rows.iter().map(|row| row.object.0), number)),
            (0x02, write_runs(rows.iter().map(|row| row.object.1), number)),
            (0x11, write_runs(rows.iter().map(|row| row.element.0), number)),
            (0x13, write_counters(rows.iter().map(|row| row.element.1))),
            (0x15, write_runs(rows.iter().map(|row| row.key.as_deref()), text)),
            (0x34, write_flags(rows.iter().map(|row| row.insert))),
            (0x42, write_runs(rows.iter().map(|row| Some(row.action)), number)),
            (0x56, write_runs(rows.iter().map(|row| Some(row.value_meta())), number)),
            (0x57, rows.iter().flat_map(|row| row.value.iter().copied()).collect()),
            (0x70, write_runs(rows.iter().map(|row| Some(row.predecessors.len() as u64)), number)),
            (0x71, write_runs(predecessors().map(|(actor, _)| Some(*actor)), number)),
            (0x73, write_counters(predecessors().map(|(_, counter)| Some(*counter)))),
        ];
        columns.retain(|(_, bytes)| !bytes.is_empty());
        columns
    }

    /// The actor that an index stands for; `None` for the change's own, or one that is not listed.
    pub(super) fn actor(&self, index: u64) -> Option<ActorId> {
        self.other_actors.get(usize::try_from(index).ok()?.checked_sub(1)?).copied()
    }

    /// The index of an actor, which is listed at the end if it is not there yet.
    pub(super) fn index_of(&mut self, actor: ActorId) -> u64 {
        let found = self.other_actors.iter().position(|other| *other == actor);
        let place = found.unwrap_or_else(|| {
            self.other_actors.push(actor);
            self.other_actors.len() - 1
        });
        place as u64 + 1
    }

    /// Lists the other actors as they must be, and makes the operations follow.
    pub(super) fn tidy_actors(&mut self) {
        let mut used = BTreeMap::new();
        self.clone().operations.iter_mut().flat_map(DraftOperation::actors_mut).for_each(|index| {
            if let Some(actor) = self.actor(*index) {
                used.insert(actor, 0);
            }
        });
        used.values_mut().zip(1..).for_each(|(place, index)| *place = index);
        let before = self.clone();
        for index in self.operations.iter_mut().flat_map(DraftOperation::actors_mut) {
            if let Some(actor) = before.actor(*index) {
                *index = used[&actor];
            }
        }
        self.other_actors = used.into_keys().collect();
    }

    /// Puts predecessors into their order, and leaves out what stands twice.
    pub(super) fn tidy_predecessors(&mut self) {
        for operation in &mut self.operations {
            operation.predecessors.sort_unstable_by_key(|(actor, counter)| (*counter, *actor));
            operation.predecessors.dedup();
        }
    }
}

impl DraftOperation {
    fn value_meta(&self) -> u64 {
        (self.value.len() as u64) << 4 | u64::from(self.value_kind)
    }

    /// Every actor's index in it.
    pub(super) fn actors_mut(&mut self) -> impl Iterator<Item = &mut u64> {
        let Self { object, element, predecessors, .. } = self;
        object.0.iter_mut().chain(element.0.iter_mut()).chain(predecessors.iter_mut().map(|(actor, _)| actor))
    }
}
