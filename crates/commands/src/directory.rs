//! The directory: who is in the network, by name. Derived, kept in memory, and brought up to date when it is asked.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use knotwork_documents::{PersonFields, PersonView, View, kinds};
use knotwork_identity::{DocumentId, PersonId, PublicKey};
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
}

/// Everybody who is certified and has a profile here.
#[derive(Debug, Default)]
pub struct People {
    /// From A to Z by name.
    pub all: Vec<PersonEntry>,
    places: HashMap<PersonId, usize>,
}

impl People {
    /// A person.
    #[must_use]
    pub fn get(&self, person: &PersonId) -> Option<&PersonEntry> {
        self.places.get(person).and_then(|place| self.all.get(*place))
    }

    fn new(all: Vec<PersonEntry>) -> Self {
        let places = all.iter().enumerate().map(|(place, entry)| (entry.person, place)).collect();
        Self { all, places }
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
    /// How many keys were certified then.
    authors: usize,
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
        if known.stale || known.authors != authors.len() {
            known.people = Arc::new(People::new(entries(self, &known.profiles, &authors)));
            known.authors = authors.len();
            known.stale = false;
        }
        Ok(Arc::clone(&known.people))
    }

    /// What a person shows here, if they have a profile.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn profile_of(&self, person: &PersonId) -> Result<Option<PersonEntry>, CommandError> {
        Ok(self.people()?.get(person).cloned())
    }
}

impl Known {
    /// Brings what is known of profiles up to date.
    fn take_in(&mut self, handle: &NodeHandle) -> Result<(), CommandError> {
        let mut follower = std::mem::take(&mut self.follower);
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
) -> Vec<PersonEntry> {
    let mut people: BTreeMap<PersonId, PersonEntry> = BTreeMap::new();
    for view in profiles.values() {
        let Some(author) = authors.get(&view.owner).filter(|author| author.person == Some(view.person)) else {
            continue;
        };
        let entry = people.entry(view.person).or_insert_with(|| PersonEntry {
            person: view.person,
            organisation_key: author.organisation,
            organisation: handle.name_of(&author.organisation),
            fields: PersonFields::default(),
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
    let mut people: Vec<PersonEntry> =
        people.into_values().filter(|entry| !entry.fields.name.trim().is_empty()).collect();
    people.sort_by_cached_key(|entry| (entry.fields.name.to_lowercase(), entry.person));
    people
}
