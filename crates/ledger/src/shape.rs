//! What an operation must be whatever the change builds on: which keys, values and predecessors go with which action.

use crate::{
    chunk::Chunk,
    operation::{Record, ValueKind, Verb},
    rejection::{OperationFault, Rejection},
};

/// Checks every operation on its own.
pub(crate) fn check(chunk: &Chunk) -> Result<(), Rejection> {
    for (index, record) in chunk.records().iter().enumerate() {
        check_operation(chunk, index, record).map_err(|fault| Rejection::Operation { index, fault })?;
    }
    Ok(())
}

fn check_operation(chunk: &Chunk, index: usize, record: &Record) -> Result<(), OperationFault> {
    let predecessors = chunk.predecessors_of(index);
    if record.key_is_text && record.key_counter >> 16 == 0 {
        return Err(OperationFault::EmptyKey);
    }
    if record.insert && (record.key_is_text || !predecessors.is_empty() || record.verb == Verb::Delete) {
        return Err(OperationFault::Insert);
    }
    if !record.insert && !record.key_is_text && record.key_counter == 0 {
        return Err(OperationFault::Head);
    }
    if record.verb == Verb::Delete && predecessors.is_empty() {
        return Err(OperationFault::DeletesNothing);
    }
    if record.verb != Verb::Set && record.value_kind != ValueKind::Null {
        return Err(OperationFault::NeedlessValue);
    }
    // By counter and then by actor: the change's own actor comes with higher counters than any ancestor's, so that the
    // order of the indices is the order of the actors.
    if predecessors.is_sorted_by(|a, b| a < b) { Ok(()) } else { Err(OperationFault::PredecessorOrder) }
}
