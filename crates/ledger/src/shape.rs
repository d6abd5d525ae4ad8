//! What an operation must be whatever the change builds on: which keys, values and predecessors go with which action.

use crate::{
    operation::{Record, ValueKind, Verb},
    operations::Operations,
    rejection::{OperationFault, Rejection},
};

/// Checks every operation on its own.
pub(crate) fn check(operations: &Operations) -> Result<(), Rejection> {
    for (index, record) in operations.records().iter().enumerate() {
        check_operation(operations, index, record).map_err(|fault| Rejection::Operation { index, fault })?;
    }
    Ok(())
}

fn check_operation(operations: &Operations, index: usize, record: &Record) -> Result<(), OperationFault> {
    let predecessors = operations.predecessors_of(index);
    if record.insert && (record.key_is_text || !predecessors.is_empty() || record.verb == Verb::Delete) {
        return Err(OperationFault::Insert);
    }
    if !record.insert && !record.key_is_text && record.key_counter == 0 {
        return Err(OperationFault::Head);
    }
    // An element has a value for as long as it can be seen, so that whoever changes it replaces something.
    let replaces = record.verb == Verb::Delete || !(record.insert || record.key_is_text);
    if replaces && predecessors.is_empty() {
        return Err(OperationFault::ReplacesNothing);
    }
    if record.verb != Verb::Set && record.value_kind != ValueKind::Null {
        return Err(OperationFault::NeedlessValue);
    }
    // By counter and then by actor: the change's own actor comes with higher counters than any ancestor's, so that the
    // order of the indices is the order of the actors.
    if predecessors.is_sorted_by(|a, b| a < b) { Ok(()) } else { Err(OperationFault::PredecessorOrder) }
}
