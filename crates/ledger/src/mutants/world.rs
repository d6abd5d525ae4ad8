//! The admitted changes that mutants are made from and are given to build on, with all their operations laid open.

use std::{collections::BTreeMap, sync::Arc};

use knotwork_identity::{ActorId, ChangeId};

use super::apart::draft_of;
use crate::{
    CheckedChange, DocumentHeader,
    draft::{Draft, DraftOperation},
};

/// Changes, each after its dependencies, and their operations.
#[derive(Debug, Clone)]
pub(super) struct World {
    pub(super) header: DocumentHeader,
    pub(super) changes: Vec<Arc<CheckedChange>>,
    pub(super) operations: Vec<Known>,
    places: BTreeMap<ChangeId, usize>,
}

/// The name of an operation; the actor is left out for operations of the draft that is being made.
pub(super) type Name = (Option<ActorId>, u64);

/// An operation with its references made out.
#[derive(Debug, Clone)]
pub(super) struct Known {
    /// The place of its change.
    pub(super) change: usize,
    pub(super) name: Name,
    pub(super) action: u64,
    pub(super) insert: bool,
    /// `None` for the root.
    pub(super) object: Option<Name>,
    pub(super) place: Place,
}

/// Where in its object an operation works.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Place {
    Key(Vec<u8>),
    /// An element; of an insertion, the operation itself.
    Element(Name),
    Nowhere,
}

impl World {
    pub(super) fn new(header: DocumentHeader) -> Self {
        Self { header, changes: Vec::new(), operations: Vec::new(), places: BTreeMap::new() }
    }

    pub(super) fn add(&mut self, change: Arc<CheckedChange>) {
        let place = self.changes.len();
        let draft = draft_of(&change);
        let known = known_operations(&draft, place, Some(change.actor()));
        self.operations.extend(known);
        self.places.insert(change.id(), place);
        self.changes.push(change);
    }

    /// Which changes a change with these dependencies builds on, by place.
    pub(super) fn past(&self, dependencies: &[ChangeId]) -> Vec<bool> {
        let mut past = vec![false; self.changes.len()];
        let mut waiting = dependencies.to_vec();
        while let Some(id) = waiting.pop() {
            if let Some(place) = self.places.get(&id)
                && !std::mem::replace(&mut past[*place], true)
            {
                waiting.extend(self.changes[*place].dependencies());
            }
        }
        past
    }

    /// The counter that the first operation on these dependencies must have.
    pub(super) fn start(&self, dependencies: &[ChangeId]) -> u64 {
        let known = dependencies.iter().filter_map(|id| self.places.get(id));
        known.map(|place| u64::from(self.changes[*place].chunk().last()) + 1).max().unwrap_or(1)
    }

    /// The changes that none builds on.
    pub(super) fn heads(&self) -> Vec<ChangeId> {
        let mut heads: Vec<_> = self.changes.iter().map(|change| change.id()).collect();
        heads.retain(|id| !self.changes.iter().any(|change| change.dependencies().contains(id)));
        heads.sort_unstable();
        heads
    }
}

/// The operations of a draft, as far as they can be made out. `own` is its actor, once it has one.
pub(super) fn known_operations(draft: &Draft, change: usize, own: Option<ActorId>) -> Vec<Known> {
    let name = |actor: u64, counter: u64| (if actor == 0 { own } else { draft.actor(actor) }, counter);
    let known = |(operation, counter): (&DraftOperation, u64)| Known {
        change,
        name: (own, counter),
        action: operation.action,
        insert: operation.insert,
        object: match operation.object {
            (Some(actor), Some(counter)) => Some(name(actor, counter)),
            _ => None,
        },
        place: match (&operation.key, operation.element) {
            (Some(key), _) => Place::Key(key.clone()),
            _ if operation.insert => Place::Element((own, counter)),
            (None, (Some(actor), Some(counter))) => Place::Element(name(actor, counter as u64)),
            _ => Place::Nowhere,
        },
    };
    // A mutated draft may begin with the last number there is.
    let counters = (0..).map(|place| draft.start.wrapping_add(place));
    draft.operations.iter().zip(counters).map(known).collect()
}
