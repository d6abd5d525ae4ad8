//! A chunk in parts, put together in its canonical form. Every combination of parts can be written, sensible or not: the
//! gate judges what comes of it.

use std::collections::BTreeMap;

use knotwork_identity::{ActorId, ChangeId};

use automerge::{ExpandedChange, ObjType, ScalarValue, legacy};

use crate::{
    leb128::{write_signed, write_unsigned},
    write_columns::{write_counters, write_flags, write_runs},
};

/// A chunk's parts. Every combination can be written, sensible or not.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub(crate) dependencies: Vec<ChangeId>,
    pub(crate) sequence: u64,
    pub(crate) start: u64,
    pub(crate) time: i64,
    pub(crate) message: Vec<u8>,
    pub(crate) other_actors: Vec<ActorId>,
    pub(crate) operations: Vec<DraftOperation>,
    pub(crate) extra: Vec<u8>,
}

/// One operation's row, in the columns' own terms. References name actors by index, 0 being the change's own.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct DraftOperation {
    pub(crate) object: (Option<u64>, Option<u64>),
    pub(crate) element: (Option<u64>, Option<i64>),
    pub(crate) key: Option<Vec<u8>>,
    pub(crate) insert: bool,
    pub(crate) action: u64,
    /// The value's type, 0 to 15.
    pub(crate) value_kind: u8,
    pub(crate) value: Vec<u8>,
    pub(crate) predecessors: Vec<(u64, i64)>,
}

impl Draft {
    /// The parts of a change that Automerge has made. It can be larger than any that the gate takes.
    pub(crate) fn of_expanded(change: &ExpandedChange) -> Self {
        let mut draft = Self {
            dependencies: change.deps.iter().map(|hash| ChangeId(hash.0)).collect(),
            sequence: change.seq,
            start: change.start_op.get(),
            time: change.time,
            message: change.message.clone().unwrap_or_default().into_bytes(),
            other_actors: Vec::new(),
            operations: Vec::new(),
            extra: change.extra_bytes.clone(),
        };
        // Actors of other lengths are none of ours; the gate refuses what becomes of them.
        let actor_of = |actor: &automerge::ActorId| ActorId(actor.to_bytes().try_into().unwrap_or([0; 32]));
        let mut places = BTreeMap::from([(actor_of(&change.actor_id), 0)]);
        let mut index = |id: &legacy::OpId| {
            let (actor, next) = (actor_of(id.actor()), places.len() as u64);
            *places.entry(actor).or_insert_with(|| {
                draft.other_actors.push(actor);
                next
            })
        };
        for operation in &change.operations {
            let row = DraftOperation::of_expanded(operation, &mut index);
            draft.operations.push(row);
        }
        draft.tidy_actors();
        draft
    }

    /// The chunk's body without its actor, as it travels.
    pub(crate) fn to_stripped(&self) -> Vec<u8> {
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
    pub(crate) fn actor(&self, index: u64) -> Option<ActorId> {
        self.other_actors.get(usize::try_from(index).ok()?.checked_sub(1)?).copied()
    }

    /// Lists the other actors as they must be, and makes the operations follow.
    pub(crate) fn tidy_actors(&mut self) {
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

    /// Puts the draft on other dependencies, where its first counter is `start`, and its references to itself with it.
    pub(crate) fn move_to(&mut self, dependencies: Vec<ChangeId>, start: u64) {
        let difference = start.wrapping_sub(self.start);
        self.dependencies = dependencies;
        self.start = start;
        for operation in &mut self.operations {
            let shift = |counter: &mut i64| *counter = counter.wrapping_add_unsigned(difference);
            if let (Some(0), Some(counter)) = &mut operation.object {
                *counter = counter.wrapping_add(difference);
            }
            if let (Some(0), Some(counter)) = &mut operation.element {
                shift(counter);
            }
            operation.predecessors.iter_mut().filter(|(actor, _)| *actor == 0).for_each(|(_, counter)| shift(counter));
        }
    }
}

impl DraftOperation {
    fn of_expanded(operation: &legacy::Op, index: &mut impl FnMut(&legacy::OpId) -> u64) -> Self {
        let (value_kind, value) = operation.primitive_value().as_ref().map(value_of).unwrap_or_default();
        Self {
            object: match &operation.obj {
                legacy::ObjectId::Root => (None, None),
                legacy::ObjectId::Id(id) => (Some(index(id)), Some(id.counter())),
            },
            element: match &operation.key {
                legacy::Key::Map(_) => (None, None),
                legacy::Key::Seq(legacy::ElementId::Head) => (None, Some(0)),
                legacy::Key::Seq(legacy::ElementId::Id(id)) => (Some(index(id)), Some(id.counter() as i64)),
            },
            key: match &operation.key {
                legacy::Key::Map(key) => Some(key.as_bytes().to_vec()),
                legacy::Key::Seq(_) => None,
            },
            insert: operation.insert,
            action: match operation.action {
                legacy::OpType::Make(ObjType::Map) => 0,
                legacy::OpType::Put(_) => 1,
                legacy::OpType::Make(ObjType::List) => 2,
                legacy::OpType::Delete => 3,
                legacy::OpType::Make(ObjType::Text) => 4,
                legacy::OpType::Increment(_) => 5,
                legacy::OpType::Make(ObjType::Table) => 6,
                legacy::OpType::MarkBegin(_) | legacy::OpType::MarkEnd(_) => 7,
            },
            value_kind,
            value,
            predecessors: operation.pred.iter().map(|id| (index(id), id.counter() as i64)).collect(),
        }
    }

    fn value_meta(&self) -> u64 {
        (self.value.len() as u64) << 4 | u64::from(self.value_kind)
    }

    /// Every actor's index in it.
    pub(crate) fn actors_mut(&mut self) -> impl Iterator<Item = &mut u64> {
        let Self { object, element, predecessors, .. } = self;
        object.0.iter_mut().chain(element.0.iter_mut()).chain(predecessors.iter_mut().map(|(actor, _)| actor))
    }
}

/// The type and the bytes of a value. Types that the gate does not take have their number and no bytes.
pub(crate) fn value_of(value: &ScalarValue) -> (u8, Vec<u8>) {
    let mut bytes = Vec::new();
    let kind = match value {
        ScalarValue::Null => 0,
        ScalarValue::Boolean(false) => 1,
        ScalarValue::Boolean(true) => 2,
        ScalarValue::Uint(value) => {
            write_unsigned(&mut bytes, *value);
            3
        }
        ScalarValue::Int(value) => {
            write_signed(&mut bytes, *value);
            4
        }
        ScalarValue::F64(value) => {
            bytes.extend_from_slice(&value.to_le_bytes());
            5
        }
        ScalarValue::Str(value) => {
            bytes.extend_from_slice(value.as_bytes());
            6
        }
        ScalarValue::Bytes(value) => {
            bytes.extend_from_slice(value);
            7
        }
        ScalarValue::Counter(_) => 8,
        ScalarValue::Timestamp(value) => {
            write_signed(&mut bytes, *value);
            9
        }
        ScalarValue::Unknown { type_code, .. } => *type_code,
    };
    (kind, bytes)
}
