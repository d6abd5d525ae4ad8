//! The admitted changes of one document, and the gate's verdict on the next.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use knotwork_identity::{ActorId, ChangeId, DocumentId};

use crate::{
    CheckedChange, DocumentHeader,
    decodings::Decodings,
    gate::{self, Admissible, Admitted},
    order::in_order,
    past::{RecentPasts, Totals},
    planted::{self, Bug},
    rejection::Rejection,
    texts::Texts,
};

/// The admitted changes of one document. Every change in it comes after its dependencies.
#[derive(Debug, Clone)]
pub struct History {
    header: DocumentHeader,
    document: DocumentId,
    entries: Vec<Entry>,
    by_id: BTreeMap<ChangeId, u32>,
    by_actor: BTreeMap<ActorId, u32>,
    heads: BTreeSet<ChangeId>,
    totals: Totals,
    texts: Texts,
    pasts: RecentPasts,
    decodings: Decodings,
    entries_bytes: usize,
}

/// An admitted change, with its references made out.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) change: Arc<CheckedChange>,
    /// Places of the changes that it builds on directly.
    pub(crate) dependencies: Box<[u32]>,
    /// Places of the changes that it names by actor: first its own, then its other actors'.
    pub(crate) actors: Box<[u32]>,
}

/// What the gate says of a change that it does not reject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It has been admitted.
    Admitted,
    /// It had been admitted before.
    AlreadyAdmitted,
    /// It builds on changes that have not been admitted yet. They are named here, in ascending order; offer it again
    /// when they have.
    Held {
        /// The dependencies that are missing.
        missing: Vec<ChangeId>,
    },
}

impl History {
    /// The history of a document before its first change.
    #[must_use]
    pub fn new(header: DocumentHeader) -> Self {
        Self {
            document: header.id(),
            header,
            entries: Vec::new(),
            by_id: BTreeMap::new(),
            by_actor: BTreeMap::new(),
            heads: BTreeSet::new(),
            totals: Totals::default(),
            texts: Texts::default(),
            pasts: RecentPasts::default(),
            decodings: Decodings::default(),
            entries_bytes: 0,
        }
    }

    /// The part of the gate that looks at what a change builds on. The verdict is a function of the change and its
    /// ancestors: on every node that has those it is the same, in whatever order they came.
    ///
    /// # Errors
    /// The reason, when the change must be refused for good. The history is then as it was.
    pub fn admit(&mut self, change: Arc<CheckedChange>) -> Result<Verdict, Rejection> {
        if change.document() != self.document {
            return Err(Rejection::OtherDocument { expected: self.document, found: change.document() });
        }
        if self.by_id.contains_key(&change.id()) {
            return Ok(Verdict::AlreadyAdmitted);
        }
        let mut dependencies = Vec::with_capacity(change.dependencies().len());
        let mut missing = Vec::new();
        for dependency in change.dependencies() {
            match self.by_id.get(dependency) {
                Some(index) => dependencies.push(*index),
                None => missing.push(*dependency),
            }
        }
        if !missing.is_empty() && !planted::is(Bug::MissingDependencies) {
            return Ok(Verdict::Held { missing });
        }
        let builds_on_all = change.dependencies().iter().eq(&self.heads);
        let admissible = gate::judge(self.admitted(), change, dependencies.into(), builds_on_all)?;
        self.enter(admissible);
        Ok(Verdict::Admitted)
    }

    /// The document's header.
    #[must_use]
    pub fn header(&self) -> &DocumentHeader {
        &self.header
    }

    /// The document's id.
    #[must_use]
    pub fn document(&self) -> DocumentId {
        self.document
    }

    /// Whether a change has been admitted.
    #[must_use]
    pub fn contains(&self, id: &ChangeId) -> bool {
        self.by_id.contains_key(id)
    }

    /// An admitted change.
    #[must_use]
    pub fn get(&self, id: &ChangeId) -> Option<&Arc<CheckedChange>> {
        self.by_id.get(id).map(|index| &self.entries[*index as usize].change)
    }

    /// How many changes have been admitted.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether none has.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The changes that no admitted one builds on, in ascending order.
    #[must_use]
    pub fn heads(&self) -> Vec<ChangeId> {
        self.heads.iter().copied().collect()
    }

    /// The admitted changes in the order of their admission on this node, in which each comes after its dependencies.
    pub fn changes(&self) -> impl ExactSizeIterator<Item = &Arc<CheckedChange>> + DoubleEndedIterator + Clone {
        self.entries.iter().map(|entry| &entry.change)
    }

    /// The admitted changes in the order that every node has them in: each after its dependencies, and of those that could
    /// come next always the one with the lowest id.
    pub fn in_order(&self) -> impl ExactSizeIterator<Item = &Arc<CheckedChange>> {
        in_order(&self.entries, None).into_iter().map(|index| &self.entries[index as usize].change)
    }

    /// The part of the history that these changes build on, they themselves included: the document as somebody saw it who
    /// saw these heads. `None` where one of them has not been admitted.
    #[must_use]
    pub fn past_of(&self, heads: &[ChangeId]) -> Option<Self> {
        let mut wanted = vec![false; self.entries.len()];
        for head in heads {
            *wanted.get_mut(self.index_of(head)? as usize)? = true;
        }
        // Each change comes after its dependencies.
        for index in (0..self.entries.len()).rev() {
            if wanted[index] {
                for dependency in &self.entries[index].dependencies {
                    wanted[*dependency as usize] = true;
                }
            }
        }
        let mut past = Self::new(self.header.clone());
        for (entry, _) in self.entries.iter().zip(wanted).filter(|(_, wanted)| *wanted) {
            // The verdict is a function of the change and its ancestors, which are all there.
            past.admit(Arc::clone(&entry.change)).ok()?;
        }
        Some(past)
    }

    /// The part of the history that stands: the changes for which `stands` holds and whose dependencies all stand. Where
    /// that is all of it, nothing is copied.
    #[must_use]
    pub fn standing(&self, stands: impl Fn(&CheckedChange) -> bool) -> Cow<'_, Self> {
        let Some(first) = self.entries.iter().position(|entry| !stands(&entry.change)) else {
            return Cow::Borrowed(self);
        };
        let mut part = Self::new(self.header.clone());
        let mut fallen = vec![false; self.entries.len()];
        // Each change comes after its dependencies.
        for (index, entry) in self.entries.iter().enumerate() {
            let falls =
                index >= first && (!stands(&entry.change) || entry.dependencies.iter().any(|on| fallen[*on as usize]));
            // The verdict is a function of the change and its ancestors, which are all there.
            fallen[index] = falls || part.admit(Arc::clone(&entry.change)) != Ok(Verdict::Admitted);
        }
        Cow::Owned(part)
    }

    /// About how much memory this takes, in bytes, with the changes in it.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        size_of::<Self>()
            + self.entries_bytes
            + self.entries.len() * INDEX_BYTES
            + self.texts.heap_bytes()
            + self.pasts.heap_bytes()
            + self.decodings.heap_bytes()
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub(crate) fn index_of(&self, id: &ChangeId) -> Option<u32> {
        self.by_id.get(id).copied()
    }

    pub(crate) fn totals(&self) -> Totals {
        self.totals
    }

    pub(crate) fn texts(&self) -> &Texts {
        &self.texts
    }

    /// How many times an admitted change was decoded again.
    #[cfg(test)]
    pub(crate) fn decoded_count(&self) -> usize {
        self.decodings.count
    }

    /// What the gate looks at.
    fn admitted(&mut self) -> Admitted<'_> {
        Admitted {
            entries: &self.entries,
            by_actor: &self.by_actor,
            totals: self.totals,
            texts: &self.texts,
            pasts: &mut self.pasts,
            decodings: &mut self.decodings,
        }
    }

    fn enter(&mut self, Admissible { entry, texts }: Admissible) {
        let index = self.entries.len() as u32;
        let change = &entry.change;
        for dependency in change.dependencies() {
            self.heads.remove(dependency);
        }
        self.heads.insert(change.id());
        self.by_id.insert(change.id(), index);
        self.by_actor.insert(change.actor(), index);
        self.totals = self.totals.with(change);
        self.texts.enter(index, texts);
        self.entries_bytes += change.memory_bytes() + size_of_val(&*entry.dependencies) + size_of_val(&*entry.actors);
        self.entries.push(entry);
    }
}

/// What the two indexes and the list take for each change.
const INDEX_BYTES: usize = 2 * (32 + 4) * 3 / 2 + size_of::<Entry>();
