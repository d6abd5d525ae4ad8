//! The directory: who is in the network, by name. Derived, kept in memory, and brought up to date when it is asked.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use knotwork_documents::{PersonFields, PersonView, View, kinds};
use knotwork_identity::{DocumentId, PersonId, PublicKey, Timestamp};
use knotwork_replica::Author;

use crate::{CommandError, NodeHandle, follow::Follower};

/// A person as others see them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonEntry {
    /// The person.
    pub person: PersonId,
    /// The key of the organisation that vouches for the person.
    pub organisation_key: PublicKey,
    /// Its name.
    pub organisation: String,
    /// What the person shows to whoever asks. Without a name, nobody knows it here.
    pub fields: PersonFields,
    /// Whether the person is no longer at the organisation: it has ended all their keys.
    pub left: bool,
    /// When the person got another key than the first, as the organisation claims.
    pub new_key_since: Option<Timestamp>,
}

/// Everybody who is certified and has a profile here.
#[derive(Debug, Default)]
pub struct People {
    /// From A to Z by name. Those who have left are among them.
    pub all: Vec<PersonEntry>,
    /// Where each person of each organisation is.
    places: BTreeMap<(PersonId, PublicKey), usize>,
    left: BTreeSet<(PersonId, PublicKey)>,
}

impl People {
    /// A person. Where several organisations say that they have a person of this id, it is one of them: whoever knows
    /// which is meant asks [`People::of`].
    #[must_use]
    pub fn get(&self, person: &PersonId) -> Option<&PersonEntry> {
        let (_, place) = self.places.range((*person, LEAST)..).next().filter(|((found, _), _)| found == person)?;
        self.all.get(*place)
    }

    /// A person of an organisation. No other organisation has a say in what it tells.
    #[must_use]
    pub fn of(&self, person: &PersonId, organisation: &PublicKey) -> Option<&PersonEntry> {
        self.places.get(&(*person, *organisation)).and_then(|place| self.all.get(*place))
    }

    /// What a person of an organisation is called, where a profile tells it here.
    #[must_use]
    pub fn name_of(&self, person: &PersonId, organisation: &PublicKey) -> Option<String> {
        self.of(person, organisation).map(|entry| entry.fields.name.clone())
    }

    /// Whether a person was at an organisation, and is no longer, with a profile or without.
    #[must_use]
    pub fn has_left(&self, person: &PersonId, organisation: &PublicKey) -> bool {
        self.left.contains(&(*person, *organisation))
    }

    fn new(all: Vec<PersonEntry>, left: BTreeSet<(PersonId, PublicKey)>) -> Self {
        let places =
            all.iter().enumerate().map(|(place, entry)| ((entry.person, entry.organisation_key), place)).collect();
        Self { all, places, left }
    }
}

/// What is known of people.
#[derive(Default)]
pub(crate) struct Directory {
    state: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    follower: Follower,
    profiles: BTreeMap<DocumentId, PersonView>,
    /// By lower-case name, made anew when something changed.
    people: Arc<People>,
    /// Whose keys were certified then, and which had ended.
    authors: Arc<BTreeMap<PublicKey, Author>>,
    stale: bool,
}

impl NodeHandle {
    /// Everybody who is certified and has a profile here, from A to Z by name.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn people(&self) -> Result<Arc<People>, CommandError> {
        let mut known = self.directory().state();
        known.take_in(self)?;
        let authors = self.status().authors.clone();
        if known.stale || !Arc::ptr_eq(&known.authors, &authors) {
            known.people = Arc::new(entries(self, &known.profiles, &authors));
            known.authors = authors;
            known.stale = false;
        }
        Ok(Arc::clone(&known.people))
    }

    /// What a person shows here, if they have a profile.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn profile_of(&self, person: &PersonId) -> Result<Option<PersonEntry>, CommandError> {
        let people = self.people()?;
        // Of whoever has a place at this node, only this organisation tells.
        let own = people.of(person, &self.organisation_key());
        Ok(own.or_else(|| people.get(person)).cloned())
    }
}

impl Known {
    /// Brings what is known of profiles up to date.
    fn take_in(&mut self, handle: &NodeHandle) -> Result<(), CommandError> {
        let mut follower = std::mem::take(&mut self.follower);
        if follower.begins_anew(handle) {
            self.profiles.clear();
            self.stale = true;
        }
        let result = follower.catch_up(handle, kinds::PERSON_PROFILE, |document| self.look_at(handle, document));
        self.follower = follower;
        result
    }

    fn look_at(&mut self, handle: &NodeHandle, document: &DocumentId) -> Result<(), CommandError> {
        self.stale = true;
        match handle.any_view(document)? {
            Some(View::Person(view)) => {
                self.profiles.insert(*document, *view);
            }
            _ => {
                self.profiles.remove(document);
            }
        }
        Ok(())
    }
}

impl Directory {
    fn state(&self) -> MutexGuard<'_, Known> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The people of profiles whose keys are theirs.
fn entries(
    handle: &NodeHandle,
    profiles: &BTreeMap<DocumentId, PersonView>,
    authors: &BTreeMap<PublicKey, Author>,
) -> People {
    let keys = keys_of(authors);
    // Of each person one profile for each circle of readers counts: that of the key which goes on, or went on longest. A
    // field that was taken back there does not come back from an older key's.
    let mut counting: BTreeMap<(PersonId, PublicKey, bool), (Author, &PersonView)> = BTreeMap::new();
    for view in profiles.values() {
        let Some(author) = authors.get(&view.owner).filter(|author| author.person == Some(view.person)) else {
            continue;
        };
        // What somebody shows to their own organisation is kept here for every organisation whose members use this node.
        if view.internal && author.organisation != handle.organisation_key() {
            continue;
        }
        let place = counting.entry((view.person, author.organisation, view.internal)).or_insert((*author, view));
        if rank(author, view) < rank(&place.0, place.1) {
            *place = (*author, view);
        }
    }
    let mut people: BTreeMap<(PersonId, PublicKey), PersonEntry> = BTreeMap::new();
    for (author, view) in counting.into_values() {
        let entry = people.entry((view.person, author.organisation)).or_insert_with(|| {
            let keys = keys.get(&(view.person, author.organisation)).copied().unwrap_or_default();
            PersonEntry {
                person: view.person,
                organisation_key: author.organisation,
                organisation: handle.name_of(&author.organisation),
                fields: PersonFields::default(),
                left: keys.left(),
                new_key_since: keys.newest.filter(|_| keys.all > 1),
            }
        });
        entry.fields.listed |= view.fields.listed && !view.internal;
        // A field stands in one of a person's documents; where it is in two, the network's is what others see.
        for name in PersonFields::NAMES {
            let value = view.fields.get(name);
            if !value.is_empty() && (entry.fields.get(name).is_empty() || !view.internal) {
                entry.fields.set(name, value.to_owned());
            }
        }
    }
    let mut all: Vec<PersonEntry> = people.into_values().filter(|entry| !entry.fields.name.trim().is_empty()).collect();
    all.sort_by_cached_key(|entry| (entry.fields.name.to_lowercase(), entry.person, entry.organisation_key));
    let left = keys.into_iter().filter(|(_, keys)| keys.left()).map(|(whose, _)| whose).collect();
    People::new(all, left)
}

/// Not more than any key.
const LEAST: PublicKey = PublicKey([0; 32]);

/// The least counts.
fn rank(author: &Author, view: &PersonView) -> (bool, Reverse<Timestamp>, Reverse<Option<Timestamp>>, DocumentId) {
    (author.revoked, Reverse(author.since), Reverse(view.changed), view.id)
}

/// The keys that an organisation gave a person.
#[derive(Debug, Clone, Copy, Default)]
struct Keys {
    all: usize,
    going_on: usize,
    /// When the last of them was added.
    newest: Option<Timestamp>,
}

impl Keys {
    fn left(&self) -> bool {
        self.all > 0 && self.going_on == 0
    }
}

fn keys_of(authors: &BTreeMap<PublicKey, Author>) -> BTreeMap<(PersonId, PublicKey), Keys> {
    let mut keys: BTreeMap<(PersonId, PublicKey), Keys> = BTreeMap::new();
    for author in authors.values().filter(|author| !author.automatic) {
        let Some(person) = author.person else { continue };
        let keys = keys.entry((person, author.organisation)).or_default();
        keys.all += 1;
        keys.going_on += usize::from(!author.revoked);
        keys.newest = keys.newest.max(Some(author.since));
    }
    keys
}
