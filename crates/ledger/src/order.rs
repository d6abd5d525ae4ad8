//! The order of changes that every node has, in whatever order they came: dependencies first, and of those that are free
//! to come next the one with the lowest id.

use std::{cmp::Reverse, collections::BinaryHeap};

use crate::{history::Entry, past::Past};

/// The places of all changes `within`, or of all there are, in that order.
pub(crate) fn in_order(entries: &[Entry], within: Option<&Past>) -> Vec<u32> {
    let mut dependants: Vec<Vec<u32>> = vec![Vec::new(); entries.len()];
    let mut waits_for: Vec<u32> = Vec::with_capacity(entries.len());
    let mut free = BinaryHeap::new();
    for (index, entry) in entries.iter().enumerate() {
        let index = index as u32;
        waits_for.push(entry.dependencies.len() as u32);
        if within.is_some_and(|past| !past.contains(index)) {
            continue;
        }
        entry.dependencies.iter().for_each(|dependency| dependants[*dependency as usize].push(index));
        if entry.dependencies.is_empty() {
            free.push(Reverse((entry.change.id(), index)));
        }
    }
    let mut ordered = Vec::with_capacity(entries.len());
    while let Some(Reverse((_, index))) = free.pop() {
        ordered.push(index);
        for dependant in &dependants[index as usize] {
            waits_for[*dependant as usize] -= 1;
            if waits_for[*dependant as usize] == 0 {
                free.push(Reverse((entries[*dependant as usize].change.id(), *dependant)));
            }
        }
    }
    ordered
}
