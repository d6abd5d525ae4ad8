//! Which revocations count: those whose list is complete, whose organisation certified the key, and which no other
//! replaces. What comes out is the same in whatever order revocations, parts and certificates came.
//!
//! Where an organisation has gone, the minute names what stands of it by its number and hash. Whoever asked for that has
//! listed it, as a revocation of the organisation's own key; such a list counts for all its keys, whoever wrote it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use knotwork_documents::{Revocation, RevocationPart, kinds};
use knotwork_governance::Stands;
use knotwork_identity::{ChangeId, DocumentId, PublicKey};
use knotwork_ledger::{CheckedChange, Kind};

use crate::{Departure, Standing, StorageError, authors::Authors, standing::Listed};

/// The revocations that have been admitted, and what stands by them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Revocations {
    known: Arc<BTreeMap<DocumentId, Known>>,
    by_key: Arc<BTreeMap<PublicKey, BTreeSet<DocumentId>>>,
    /// The revocation of every part that was read, and of the next that is awaited.
    parts: Arc<BTreeMap<DocumentId, DocumentId>>,
    standing: Standing,
    /// Revocations that are to be read.
    unread: BTreeMap<DocumentId, Reading>,
    /// Keys of which certificates have said something new.
    certified: BTreeSet<PublicKey>,
    /// The organisations that have gone.
    departures: Arc<BTreeMap<PublicKey, Departure>>,
    /// Organisations of whose keys other changes may stand than before.
    moved: BTreeSet<PublicKey>,
}

/// A revocation with as much of its list as is there, from the first part on.
#[derive(Debug, Clone)]
struct Known {
    said: Revocation,
    parts: Vec<Arc<[ChangeId]>>,
    /// Its list, once that is complete.
    listed: Option<Arc<Listed>>,
}

/// From where on a revocation is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// From the part that was awaited.
    On,
    /// From the beginning, as something in it may have changed.
    Anew,
}

/// Gives the changes of a document, none where it does not exist.
pub(crate) type ChangesOf<'a> = &'a mut dyn FnMut(&DocumentId) -> Result<Vec<Arc<CheckedChange>>, StorageError>;

impl Revocations {
    /// Which changes stand.
    pub(crate) fn standing(&self) -> &Standing {
        &self.standing
    }

    /// Notes that a document has changed.
    pub(crate) fn note(&mut self, document: DocumentId, kind: Kind) {
        if kind == kinds::REVOCATION {
            self.unread.insert(document, Reading::Anew);
        } else if kind == kinds::REVOCATION_PART
            && let Some(revocation) = self.parts.get(&document)
        {
            let awaited = self.known.get(revocation).is_some_and(|known| known.awaited() == Some(document));
            let reading = if awaited { Reading::On } else { Reading::Anew };
            let unread = self.unread.entry(*revocation).or_insert(reading);
            if reading == Reading::Anew {
                *unread = reading;
            }
        }
    }

    /// Notes that a certificate of an organisation gives keys to somebody.
    pub(crate) fn note_certified(&mut self, organisation: &PublicKey, keys: &[PublicKey]) {
        let has_gone = self.departures.contains_key(organisation);
        // One that somebody else vouches for now may stand again.
        let may_change = |key: &&PublicKey| has_gone || self.by_key.contains_key(key) || self.standing.is_revoked(key);
        self.certified.extend(keys.iter().filter(may_change));
    }

    /// Notes which organisations have gone.
    pub(crate) fn note_departures(&mut self, departures: BTreeMap<PublicKey, Departure>) {
        if *self.departures == departures {
            return;
        }
        let before = std::mem::replace(&mut self.departures, Arc::new(departures));
        for organisation in before.keys().chain(self.departures.keys()) {
            if before.get(organisation) != self.departures.get(organisation) {
                self.moved.insert(*organisation);
            }
        }
        // The nodes of one that has come back stand again.
        self.certified.extend(before.values().flat_map(|departure| &departure.nodes));
    }

    /// Reads what has changed. Gives the keys of which other changes stand than before.
    ///
    /// # Errors
    /// When the store cannot be read. What was to be read is then read the next time.
    pub(crate) fn take_effect(
        &mut self,
        authors: &Authors,
        changes_of: ChangesOf<'_>,
    ) -> Result<Vec<PublicKey>, StorageError> {
        while let Some((document, reading)) = self.unread.first_key_value().map(|(key, value)| (*key, *value)) {
            // Should it fail halfway, what was read of it is not to be gone on from.
            self.unread.insert(document, Reading::Anew);
            self.read(document, reading, changes_of)?;
            self.unread.remove(&document);
        }
        for organisation in std::mem::take(&mut self.moved) {
            self.certified.insert(organisation);
            self.certified.extend(authors.keys_of(&organisation));
            self.certified.extend(self.departures.get(&organisation).into_iter().flat_map(|gone| &gone.nodes));
        }
        let mut changed = Vec::new();
        for key in std::mem::take(&mut self.certified) {
            let lists = self.counting(&key, authors);
            if self.standing.set(key, lists) {
                changed.push(key);
            }
        }
        Ok(changed)
    }

    fn read(&mut self, document: DocumentId, reading: Reading, changes_of: ChangesOf<'_>) -> Result<(), StorageError> {
        let before = Arc::make_mut(&mut self.known).remove(&document);
        if let Some(before) = &before {
            self.look_again_at(before.said.key);
        }
        let mut known = match before {
            Some(before) if reading == Reading::On => before,
            before => {
                if let Some(before) = before {
                    self.forget(&before);
                }
                let changes = changes_of(&document)?;
                let said = changes
                    .first()
                    .and_then(|first| Revocation::read(first.header(), changes.iter().map(AsRef::as_ref)));
                let Some(said) = said else { return Ok(()) };
                Arc::make_mut(&mut self.by_key).entry(said.key).or_default().insert(document);
                self.look_again_at(said.key);
                Known { said, parts: Vec::new(), listed: None }
            }
        };
        while let Some(part) = known.awaited() {
            Arc::make_mut(&mut self.parts).insert(part, document);
            let changes = changes_of(&part)?;
            let read = changes
                .first()
                .and_then(|first| RevocationPart::read(first.header(), changes.iter().map(AsRef::as_ref)));
            match read {
                Some(read) if known.goes_on_with(&read) => known.parts.push(read.ids.into()),
                _ => break,
            }
        }
        known.complete();
        Arc::make_mut(&mut self.known).insert(document, known);
        Ok(())
    }

    fn look_again_at(&mut self, key: PublicKey) {
        self.certified.insert(key);
        if self.departures.contains_key(&key) {
            self.moved.insert(key);
        }
    }

    /// Forgets where a revocation was to be found.
    fn forget(&mut self, known: &Known) {
        let parts = Arc::make_mut(&mut self.parts);
        for number in 0..=known.parts.len() {
            parts.remove(&known.said.part_header(number as u32).id());
        }
        let by_key = Arc::make_mut(&mut self.by_key);
        if let Some(documents) = by_key.get_mut(&known.said.key) {
            documents.remove(&known.said.document);
            if documents.is_empty() {
                by_key.remove(&known.said.key);
            }
        }
    }

    /// The revocation of a key by an organisation that another one is to replace: of several the first by id.
    pub(crate) fn to_replace(&self, key: &PublicKey, organisation: &PublicKey) -> Option<&Revocation> {
        let documents = self.by_key.get(key).into_iter().flatten();
        let complete: Vec<&Revocation> = documents
            .filter_map(|document| self.known.get(document))
            .filter(|known| known.listed.is_some() && known.said.organisation == *organisation)
            .map(|known| &known.said)
            .collect();
        let is_replaced = |said: &Revocation| complete.iter().any(|other| other.replaces == Some(said.document));
        complete.iter().copied().find(|said| !is_replaced(said))
    }

    /// A complete list of just these changes of an organisation.
    pub(crate) fn lists_already(&self, organisation: &PublicKey, stands: &BTreeSet<ChangeId>) -> Option<DocumentId> {
        let documents = self.by_key.get(organisation).into_iter().flatten();
        let complete = documents.filter_map(|document| self.known.get(document)).filter(|known| known.listed.is_some());
        let mut same = complete.filter(|known| known.said.lists(stands.iter()));
        same.next().map(|known| known.said.document)
    }

    /// The lists of the revocations of a key that count.
    fn counting(&self, key: &PublicKey, authors: &Authors) -> Vec<Arc<Listed>> {
        let documents = self.by_key.get(key).into_iter().flatten();
        let mut complete: BTreeMap<PublicKey, Vec<(&Revocation, &Arc<Listed>)>> = BTreeMap::new();
        for known in documents.filter_map(|document| self.known.get(document)) {
            if let Some(listed) = &known.listed
                && authors.was_certified_by(key, &known.said.organisation)
            {
                complete.entry(known.said.organisation).or_default().push((&known.said, listed));
            }
        }
        let mut lists = Vec::new();
        for revocations in complete.into_values() {
            let replaced: BTreeSet<DocumentId> = revocations
                .iter()
                .filter_map(|(said, _)| said.replaces.filter(|replaced| *replaced != said.document))
                .collect();
            let mut counting: Vec<_> =
                revocations.iter().filter(|(said, _)| !replaced.contains(&said.document)).collect();
            if counting.is_empty() {
                // They replace each other in a ring. No key comes back that way.
                counting = revocations.iter().collect();
            }
            lists.extend(counting.into_iter().map(|(_, listed)| Arc::clone(listed)));
        }
        lists.extend(self.left_of(key, authors));
        lists
    }

    /// What stands of the organisations that had a key and have gone, as far as the lists are complete. A key that one in
    /// good standing gave to somebody as well is not theirs alone, and loses nothing by it.
    fn left_of(&self, key: &PublicKey, authors: &Authors) -> Option<Arc<Listed>> {
        let own =
            self.departures.iter().filter(|(organisation, gone)| *organisation == key || gone.nodes.contains(key));
        let mut of: Vec<&PublicKey> = own.map(|(organisation, _)| organisation).collect();
        of.extend(authors.certifiers_of(key));
        if of.iter().any(|organisation| !self.departures.contains_key(organisation)) {
            return None;
        }
        // What any of them leaves behind stands.
        let mut lists = of.into_iter().filter_map(|organisation| self.list_of(organisation));
        let first = lists.next()?;
        Some(lists.fold(first, |all, list| Arc::new(all.with(&list))))
    }

    /// The list of what stands of an organisation that has gone, if it is here.
    fn list_of(&self, organisation: &PublicKey) -> Option<Arc<Listed>> {
        self.list(organisation, &self.departures.get(organisation)?.stands)
    }

    /// A complete list of what stands of an organisation, of this number and hash.
    pub(crate) fn list(&self, organisation: &PublicKey, stands: &Stands) -> Option<Arc<Listed>> {
        if stands.count == 0 {
            return Some(Arc::new(Listed { parts: Vec::new(), digest: stands.digest }));
        }
        let documents = self.by_key.get(organisation).into_iter().flatten();
        let listed = documents.filter_map(|document| self.known.get(document)?.listed.as_ref());
        let mut fitting = listed.filter(|listed| listed.digest == stands.digest && listed.len() as u64 == stands.count);
        fitting.next().cloned()
    }
}

impl Known {
    /// The part that is read next.
    fn awaited(&self) -> Option<DocumentId> {
        let number = self.parts.len();
        (number < self.said.parts()).then(|| self.said.part_header(number as u32).id())
    }

    /// Whether what a part says can be what comes next in the list.
    fn goes_on_with(&self, part: &RevocationPart) -> bool {
        let last = self.parts.last().and_then(|ids| ids.last());
        part.ids.len() == self.said.ids_in_part(self.parts.len() as u32)
            && last.is_none_or(|last| part.ids.first().is_some_and(|first| last < first))
    }

    fn complete(&mut self) {
        let complete = self.awaited().is_none() && self.said.lists(self.parts.iter().flat_map(|ids| ids.iter()));
        self.listed = complete.then(|| Arc::new(Listed { parts: self.parts.clone(), digest: self.said.digest }));
    }
}
