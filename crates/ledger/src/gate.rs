//! The part of the gate that looks at what a change builds on: counters, references, slots and the document's limits.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use knotwork_identity::ActorId;

use crate::{
    CheckedChange,
    decodings::Decodings,
    history::Entry,
    limits::NESTING_MAX,
    operation::{Record, Reference, Verb},
    operations::Operations,
    past::{Past, RecentPasts, Totals},
    rejection::{OperationFault, Rejection},
    texts::{Growth, Texts},
};

/// What the gate looks at: the admitted changes of a document, and what is remembered of looking at them before.
pub(crate) struct Admitted<'a> {
    pub(crate) entries: &'a [Entry],
    pub(crate) by_actor: &'a BTreeMap<ActorId, u32>,
    /// What all of them add up to.
    pub(crate) totals: Totals,
    pub(crate) texts: &'a Texts,
    pub(crate) pasts: &'a mut RecentPasts,
    pub(crate) decodings: &'a mut Decodings,
}

/// A change that may enter the history, and what it does to the length of texts.
pub(crate) struct Admissible {
    pub(crate) entry: Entry,
    pub(crate) texts: Vec<(OperationId, Growth)>,
}

/// An operation, by the place of its change in the history and its own place in the change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct OperationId {
    change: u32,
    index: u32,
}

/// Judges a change whose dependencies have all been admitted. `builds_on_all` says that they are the heads, so that
/// everything admitted is an ancestor.
pub(crate) fn judge(
    admitted: Admitted<'_>,
    change: Arc<CheckedChange>,
    dependencies: Box<[u32]>,
    builds_on_all: bool,
) -> Result<Admissible, Rejection> {
    let Admitted { entries, by_actor, totals, texts, pasts, decodings } = admitted;
    check_start(entries, &change, &dependencies)?;
    let names_ancestors = !change.chunk().other_actors().is_empty();
    let fits = totals.with(&change).check();
    // Where the whole set is within the limits and no ancestor is named, nothing is asked of the past.
    let past = if builds_on_all || (fits.is_ok() && !names_ancestors) {
        None
    } else {
        Some(pasts.of(entries, &dependencies)?)
    };
    if fits.is_err() {
        past.map_or(totals, |past| past.totals).with(&change).check()?;
    }
    let actors = actors(by_actor, &change, entries.len() as u32, past)?;
    let entry = Entry { change, dependencies, actors };
    let growths = {
        let operations = entry.change.operations();
        let growths = Judge::new(entries, decodings, &entry, operations.decoded()).judge();
        decodings.trim();
        growths?
    };
    for (text, growth) in &growths {
        texts.check(*text, *growth, past)?;
    }
    Ok(Admissible { entry, texts: growths })
}

/// The first counter is one more than the highest among the ancestors, which is one of the dependencies'.
fn check_start(entries: &[Entry], change: &CheckedChange, dependencies: &[u32]) -> Result<(), Rejection> {
    let last = dependencies.iter().map(|index| entries[*index as usize].change.chunk().last()).max();
    let expected = last.unwrap_or(0) + 1;
    let found = change.chunk().start();
    if found == expected { Ok(()) } else { Err(Rejection::StartOperation { found, expected }) }
}

/// The places of the changes that a change names by actor, its own first. All of them must be ancestors; without `past`,
/// every admitted change is one.
fn actors(
    by_actor: &BTreeMap<ActorId, u32>,
    change: &CheckedChange,
    own: u32,
    past: Option<&Past>,
) -> Result<Box<[u32]>, Rejection> {
    let others = change.chunk().other_actors();
    let mut places = Vec::with_capacity(1 + others.len());
    places.push(own);
    for actor in others {
        let place = by_actor.get(actor).filter(|place| past.is_none_or(|past| past.contains(**place)));
        places.push(*place.ok_or(Rejection::UnknownActor(*actor))?);
    }
    Ok(places.into())
}

/// Makes out what the operations of one change refer to. All changes that it names are known to be ancestors.
struct Judge<'a> {
    entries: &'a [Entry],
    decodings: &'a mut Decodings,
    entry: &'a Entry,
    own: &'a Operations,
    own_place: u32,
    /// The object that the operation before worked on: mostly it is the same.
    object: (Reference, Target),
    growths: BTreeMap<OperationId, Growth>,
    replaced: Vec<OperationId>,
}

/// An object that operations work on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Target {
    object: Container,
    kind: Verb,
}

/// The root, or what an operation made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Container {
    Root,
    Made(OperationId),
}

impl<'a> Judge<'a> {
    fn new(entries: &'a [Entry], decodings: &'a mut Decodings, entry: &'a Entry, own: &'a Operations) -> Self {
        Self {
            entries,
            decodings,
            entry,
            own,
            own_place: entry.actors[0],
            object: (ROOT, Target { object: Container::Root, kind: Verb::MakeMap }),
            growths: BTreeMap::new(),
            replaced: Vec::new(),
        }
    }

    fn judge(mut self) -> Result<Vec<(OperationId, Growth)>, Rejection> {
        for (index, record) in self.own.records().iter().enumerate() {
            self.check(index as u32, record).map_err(|fault| Rejection::Operation { index, fault })?;
        }
        // Within one change nothing is replaced twice.
        self.replaced.sort_unstable();
        if self.replaced.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(self.replaced_before());
        }
        Ok(self.growths.into_iter().collect())
    }

    fn check(&mut self, index: u32, record: &Record) -> Result<(), OperationFault> {
        let target = self.target(index, record)?;
        let element = if record.key_is_text == (target.kind == Verb::MakeMap) {
            self.element(index, record, target)?
        } else {
            return Err(OperationFault::WrongKey);
        };
        let mut removed = 0;
        for predecessor in self.own.predecessors_of(index as usize) {
            let id = self.resolve(*predecessor, index)?;
            let replaced = self.record(id);
            self.check_slot(id, &replaced, record, target, element)?;
            removed += u64::from(replaced.value_length);
            self.replaced.push(id);
        }
        if record.verb.is_make() && self.depth(target.object) >= NESTING_MAX {
            return Err(OperationFault::TooDeep);
        }
        if target.kind == Verb::MakeText {
            self.check_character(record)?;
            if let Container::Made(text) = target.object {
                let growth = self.growths.entry(text).or_default();
                growth.added += u32::from(record.value_length);
                growth.removed += removed;
            }
        }
        Ok(())
    }

    /// The object that an operation works on.
    fn target(&mut self, index: u32, record: &Record) -> Result<Target, OperationFault> {
        let reference = record.object();
        if reference == self.object.0 {
            return Ok(self.object.1);
        }
        let target = if reference == ROOT {
            Target { object: Container::Root, kind: Verb::MakeMap }
        } else {
            let id = self.resolve(reference, index)?;
            let kind = self.record(id).verb;
            if !kind.is_make() {
                return Err(OperationFault::NotAnObject);
            }
            Target { object: Container::Made(id), kind }
        };
        self.object = (reference, target);
        Ok(target)
    }

    /// The element that an operation names, which must be one of the object's. A map has none, nor has the head.
    fn element(&mut self, index: u32, record: &Record, target: Target) -> Result<Option<OperationId>, OperationFault> {
        let Some(element) = record.element() else { return Ok(None) };
        let id = self.resolve(element, index)?;
        let inserted = self.record(id);
        if inserted.insert && self.container(id.change, &inserted) == target.object {
            Ok(Some(id))
        } else {
            Err(OperationFault::NotAnElement)
        }
    }

    /// Whether what is replaced stands in the place that `record` works on.
    fn check_slot(
        &mut self,
        id: OperationId,
        replaced: &Record,
        record: &Record,
        target: Target,
        element: Option<OperationId>,
    ) -> Result<(), OperationFault> {
        let same_object = self.container(id.change, replaced) == target.object;
        let same_place = if record.key_is_text {
            replaced.key_is_text
                && replaced.key_text(self.bytes(id.change)) == record.key_text(self.bytes(self.own_place))
        } else if replaced.insert {
            Some(id) == element
        } else {
            let own = replaced.element().and_then(|reference| self.made_out(id.change, reference));
            element.is_some() && own == element
        };
        if same_object && same_place && replaced.verb != Verb::Delete { Ok(()) } else { Err(OperationFault::OtherSlot) }
    }

    /// Into a text characters are inserted one by one, and from it they are deleted. Automerge takes longer strings too,
    /// and then deletes the whole of one for whoever deletes a part. Characters are not replaced in their place: no editor
    /// does it, and Automerge 0.12 panics when one of two such replacements goes.
    fn check_character(&self, record: &Record) -> Result<(), OperationFault> {
        let inserts = record.insert && record.verb == Verb::Set;
        let character = inserts && record.scalar(self.bytes(self.own_place)).as_str().is_some_and(is_one_character);
        if character || record.verb == Verb::Delete { Ok(()) } else { Err(OperationFault::NotACharacter) }
    }

    /// How deep an object is: the root is at 0.
    fn depth(&mut self, mut object: Container) -> u8 {
        let mut depth = 0;
        // Each step leads to an earlier operation, and no admitted one is deeper than the limit.
        while let Container::Made(id) = object
            && depth < NESTING_MAX
        {
            depth += 1;
            let made = self.record(id);
            object = self.container(id.change, &made);
        }
        depth
    }

    /// Makes out a reference of the change that is judged, from its operation at `index`.
    #[inline]
    fn resolve(&self, reference: Reference, index: u32) -> Result<OperationId, OperationFault> {
        let change = self.entry.actors[usize::from(reference.actor)];
        let (start, length) = if change == self.own_place {
            (self.entry.change.chunk().start(), index)
        } else {
            let chunk = self.entries[change as usize].change.chunk();
            (chunk.start(), chunk.operation_count())
        };
        match reference.counter.checked_sub(start) {
            Some(index) if index < length => Ok(OperationId { change, index }),
            _ => Err(OperationFault::Unresolved),
        }
    }

    #[inline]
    fn record(&mut self, id: OperationId) -> Record {
        if id.change == self.own_place {
            self.own.records()[id.index as usize]
        } else {
            self.decodings.record(self.entries, id.change, id.index)
        }
    }

    /// The object that an operation of `change` works on, which has been made out before.
    #[inline]
    fn container(&self, change: u32, record: &Record) -> Container {
        self.made_out(change, record.object()).map_or(Container::Root, Container::Made)
    }

    /// A reference of `change`, which has been made out before. The root and the head are none.
    #[inline]
    fn made_out(&self, change: u32, reference: Reference) -> Option<OperationId> {
        if reference == ROOT {
            return None;
        }
        let entry = if change == self.own_place { self.entry } else { &self.entries[change as usize] };
        let change = entry.actors[usize::from(reference.actor)];
        let made = if change == self.own_place { self.entry } else { &self.entries[change as usize] };
        Some(OperationId { change, index: reference.counter - made.change.chunk().start() })
    }

    fn bytes(&self, change: u32) -> &'a [u8] {
        let entry = if change == self.own_place { self.entry } else { &self.entries[change as usize] };
        &entry.change.signed().chunk
    }

    /// Names the first operation that replaces what one before it has replaced: the same on every node.
    fn replaced_before(&self) -> Rejection {
        let mut seen = BTreeSet::new();
        let mut repeats = |predecessor: &Reference| !seen.insert(self.made_out(self.own_place, *predecessor));
        let mut rows = 0..self.own.records().len();
        let index = rows.find(|index| self.own.predecessors_of(*index).iter().any(&mut repeats)).unwrap_or(0);
        Rejection::Operation { index, fault: OperationFault::ReplacedBefore }
    }
}

/// Whether a string is a single Unicode scalar value.
fn is_one_character(text: &str) -> bool {
    let mut characters = text.chars();
    characters.next().is_some() && characters.next().is_none()
}

/// How a record names the root, and the head of a list.
const ROOT: Reference = Reference { counter: 0, actor: 0 };

#[cfg(test)]
mod tests;
