//! Places where so many values stand side by side that one change cannot replace them all: whoever replaces a value
//! names it, and with it the actor that put it there.

use crate::draft::{Draft, DraftOperation};

/// Takes most of the predecessors out of the operations of an edit that is too large for one change, and returns the
/// deletions that are to come before it instead, each a change of its own. Their dependencies and counters are open.
///
/// What people see until the edit comes stays: of each place, the values that win are the last to go.
pub(crate) fn take_out(edit: &mut Draft) -> Vec<Draft> {
    let mut deletions = Vec::new();
    for place in 0..edit.operations.len() {
        let operation = &mut edit.operations[place];
        let losing = operation.predecessors.len().saturating_sub(KEPT_MAX);
        // Ascending, so that the last are those that win.
        let taken: Vec<_> = operation.predecessors.drain(..losing).collect();
        let operation = operation.clone();
        for batch in batches(&taken) {
            let deletion = DraftOperation {
                insert: false,
                action: DELETE,
                value_kind: 0,
                value: Vec::new(),
                predecessors: batch.to_vec(),
                ..operation.clone()
            };
            let mut draft = Draft { operations: vec![deletion], ..edit.clone() };
            draft.tidy_actors();
            deletions.push(draft);
        }
    }
    edit.tidy_actors();
    deletions
}

/// Parts that each fit into a change.
fn batches(predecessors: &[(u64, i64)]) -> impl Iterator<Item = &[(u64, i64)]> {
    let mut rest = predecessors;
    std::iter::from_fn(move || {
        let mut actors: Vec<u64> = Vec::new();
        let fits = |(actor, _): &&(u64, i64)| match actors.binary_search(actor) {
            Ok(_) => true,
            Err(place) => {
                actors.insert(place, *actor);
                actors.len() <= BATCH_ACTORS_MAX
            }
        };
        let length = rest.iter().take(BATCH_MAX).take_while(fits).count();
        let (batch, after) = rest.split_at(length);
        rest = after;
        (!batch.is_empty()).then_some(batch)
    })
}

/// How many values an edit still replaces itself in each place, once others have gone before it.
const KEPT_MAX: usize = 20;
/// How many values one deletion takes, and of how many changes: each costs 33 bytes, and each value a few.
const BATCH_MAX: usize = 4_000;
const BATCH_ACTORS_MAX: usize = 1_000;
const DELETE: u64 = 3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_keep_the_order_and_the_bounds() {
        let predecessors: Vec<_> = (0..10_000).map(|at| ((at % 2_500) as u64 + 1, i64::from(at))).collect();
        let batches: Vec<_> = batches(&predecessors).collect();
        assert_eq!(batches.concat(), predecessors);
        for batch in batches {
            let mut actors: Vec<_> = batch.iter().map(|(actor, _)| actor).collect();
            actors.sort_unstable();
            actors.dedup();
            assert!(batch.len() <= BATCH_MAX && actors.len() <= BATCH_ACTORS_MAX);
        }
        assert_eq!(super::batches(&[]).count(), 0);
    }
}
