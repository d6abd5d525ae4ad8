//! What a person shows of themselves: to the whole network, or to their organisation.

use std::collections::{BTreeMap, HashSet};

use automerge::ScalarValue;
use knotwork_identity::{ChangeId, DocumentId, NetworkId, Nonce, PersonId, PublicKey, SpaceId, Timestamp, sha256};
use knotwork_ledger::{DocumentHeader, FORMAT, Pen};
use serde::{Deserialize, Serialize};

use crate::{
    FieldError, WriteError,
    content::Content,
    field::{self, Field, has_bytes, lines, prose, write_values},
    kinds,
    resource::Signed,
};

/// A person's profile, read only. Whether the owner is a key of that person is for the reader to check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonProfileView {
    /// The document.
    pub id: DocumentId,
    /// The key that signs it.
    pub owner: PublicKey,
    /// The organisation that alone is shown it; none where the whole network is.
    pub organisation: Option<PublicKey>,
    /// Whose profile it is, as its owner says.
    pub person: PersonId,
    /// What they are called.
    pub name: String,
    /// How they are spoken of.
    pub pronouns: String,
    /// What they do where they work.
    pub post: String,
    /// The languages they speak.
    pub languages: Vec<String>,
    /// What they can do.
    pub skills: Vec<String>,
    /// What they would like to hear about.
    pub interests: Vec<String>,
    /// What they can help with.
    pub offers: String,
    /// What they have lived through or done.
    pub experience: String,
    /// Ways to reach them.
    pub contact: Vec<String>,
    /// Whether they are named on their organisation's page.
    pub listed: bool,
    /// The earliest time that a change in this view claims; none where none claims one.
    pub created: Option<Timestamp>,
    /// The latest time that a change in this view claims.
    pub changed: Option<Timestamp>,
    /// What tells this version from others: the changes on which none builds yet, sorted.
    pub heads: Vec<ChangeId>,
    /// Fields to which different values were given at the same time, with all of them, the shown one first.
    pub conflicts: BTreeMap<String, Vec<String>>,
}

impl PersonProfileView {
    /// The space of the document that it is the view of.
    #[must_use]
    pub fn space(&self) -> SpaceId {
        self.organisation.map_or(SpaceId::Commons, SpaceId::Organisation)
    }

    pub(crate) fn new(header: &DocumentHeader, content: &Content, signed: Signed) -> Option<Self> {
        let organisation = match header.space {
            SpaceId::Commons => None,
            SpaceId::Organisation(organisation) => Some(organisation),
            SpaceId::Roster | SpaceId::Circle(_) => return None,
        };
        Some(Self {
            id: header.id(),
            owner: header.owner?,
            organisation,
            person: person_of(header, content)?,
            name: NAME.read(content),
            pronouns: PRONOUNS.read(content),
            post: POST.read(content),
            languages: LANGUAGES.read_entries(content),
            skills: SKILLS.read_entries(content),
            interests: INTERESTS.read_entries(content),
            offers: OFFERS.read(content),
            experience: EXPERIENCE.read(content),
            contact: CONTACT.read_entries(content),
            listed: content.flag(LISTED),
            created: signed.first,
            changed: signed.last,
            heads: signed.heads,
            conflicts: field::conflicts(&FIELDS, content),
        })
    }
}

/// The fields of a profile to change, each with what it shall be; the others stay.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ProfileEdit {
    /// Whose profile it is. The first edit of a document needs it, and those after it do not.
    pub person: Option<PersonId>,
    /// What they are called: one line.
    pub name: Option<String>,
    /// How they are spoken of: one line.
    pub pronouns: Option<String>,
    /// What they do where they work: one line.
    pub post: Option<String>,
    /// The languages they speak. Blank entries are left out, of this list and of the others.
    pub languages: Option<Vec<String>>,
    /// What they can do.
    pub skills: Option<Vec<String>>,
    /// What they would like to hear about.
    pub interests: Option<Vec<String>>,
    /// What they can help with.
    pub offers: Option<String>,
    /// What they have lived through or done.
    pub experience: Option<String>,
    /// Ways to reach them.
    pub contact: Option<Vec<String>>,
    /// Whether they are named on their organisation's page.
    pub listed: Option<bool>,
}

impl ProfileEdit {
    /// The header of a person's profile: in the commons, or in the space of their organisation. A further generation is a
    /// new document after the one before has been erased.
    #[must_use]
    pub fn header(
        network: NetworkId,
        space: SpaceId,
        owner: PublicKey,
        person: PersonId,
        generation: u8,
    ) -> DocumentHeader {
        DocumentHeader {
            format: FORMAT,
            network,
            space,
            kind: kinds::PERSON_PROFILE,
            owner: Some(owner),
            nonce: nonce(&person, generation),
        }
    }

    /// Checks every given field against its form and its limit.
    ///
    /// # Errors
    /// Names the first field that breaks one.
    pub fn check(&self) -> Result<(), FieldError> {
        NAME.check(self.name.as_deref())?;
        PRONOUNS.check(self.pronouns.as_deref())?;
        POST.check(self.post.as_deref())?;
        LANGUAGES.check_entries(self.languages.as_deref())?;
        SKILLS.check_entries(self.skills.as_deref())?;
        INTERESTS.check_entries(self.interests.as_deref())?;
        OFFERS.check(self.offers.as_deref())?;
        EXPERIENCE.check(self.experience.as_deref())?;
        CONTACT.check_entries(self.contact.as_deref())
    }

    /// Writes the edit as a further change on the document that the pen has open; none where nothing differs.
    ///
    /// # Errors
    /// When a field breaks a rule, when the document names no person yet and this does not either, or when the document
    /// can take no more.
    pub fn write(&self, pen: &mut Pen<'_>) -> Result<(), WriteError> {
        self.check()?;
        if self.person.is_none() && !has_bytes(pen, PERSON) {
            return Err(FieldError::Missing { field: PERSON }.into());
        }
        let texts = [(NAME, &self.name), (PRONOUNS, &self.pronouns), (POST, &self.post)];
        let proses = [(OFFERS, &self.offers), (EXPERIENCE, &self.experience)];
        let lists = [
            (LANGUAGES, &self.languages),
            (SKILLS, &self.skills),
            (INTERESTS, &self.interests),
            (CONTACT, &self.contact),
        ];
        let mut values = Vec::new();
        values.extend(self.person.map(|person| (PERSON, ScalarValue::Bytes(person.0.to_vec()))));
        values.extend(texts.into_iter().filter_map(|(field, text)| Some((field.name, text.as_deref()?.into()))));
        values.extend(proses.into_iter().filter_map(|(field, text)| Some((field.name, prose(text.as_deref()?)))));
        values.extend(lists.into_iter().filter_map(|(field, list)| Some((field.name, lines(list.as_deref()?)))));
        values.extend(self.listed.map(|listed| (LISTED, listed.into())));
        Ok(write_values(pen, values)?)
    }
}

/// The limits of a profile's fields, in bytes of UTF-8 or in entries.
pub mod limits {
    /// The longest name, pronouns or post.
    pub const LINE_BYTES_MAX: usize = 200;
    /// The longest account of what somebody can help with, or has lived through.
    pub const PROSE_BYTES_MAX: usize = 5_000;
    /// The most languages, skills, interests or ways to reach somebody.
    pub const ENTRIES_MAX: usize = 50;
    /// The longest of them.
    pub const ENTRY_BYTES_MAX: usize = 200;
    /// The most person ids in one profile that are tried, where several stand.
    pub const PERSONS_TRIED_MAX: usize = 64;
}

/// The person that stands in the document and that its nonce is derived from.
fn person_of(header: &DocumentHeader, content: &Content) -> Option<PersonId> {
    let mut seen = HashSet::new();
    let mut persons =
        content.arrays(PERSON).filter(|person| seen.insert(*person)).take(limits::PERSONS_TRIED_MAX).map(PersonId);
    persons.find(|person| (0..=u8::MAX).any(|generation| nonce(person, generation) == header.nonce))
}

/// The nonce of a person's profile, so that a key has one for each space and generation.
fn nonce(person: &PersonId, generation: u8) -> Nonce {
    let digest = sha256(&[b"knotwork/profile/1", &person.0, &u32::from(generation).to_be_bytes()]);
    let mut nonce = [0; 16];
    nonce.copy_from_slice(&digest[..16]);
    Nonce(nonce)
}

const PERSON: &str = "person";
const LISTED: &str = "listed";
const NAME: Field = Field::line("name", limits::LINE_BYTES_MAX);
const PRONOUNS: Field = Field::line("pronouns", limits::LINE_BYTES_MAX);
const POST: Field = Field::line("post", limits::LINE_BYTES_MAX);
const LANGUAGES: Field = Field::lines("languages", limits::ENTRIES_MAX, limits::ENTRY_BYTES_MAX);
const SKILLS: Field = Field::lines("skills", limits::ENTRIES_MAX, limits::ENTRY_BYTES_MAX);
const INTERESTS: Field = Field::lines("interests", limits::ENTRIES_MAX, limits::ENTRY_BYTES_MAX);
const OFFERS: Field = Field::prose("offers", limits::PROSE_BYTES_MAX);
const EXPERIENCE: Field = Field::prose("experience", limits::PROSE_BYTES_MAX);
const CONTACT: Field = Field::lines("contact", limits::ENTRIES_MAX, limits::ENTRY_BYTES_MAX);
const FIELDS: [Field; 9] = [NAME, PRONOUNS, POST, LANGUAGES, SKILLS, INTERESTS, OFFERS, EXPERIENCE, CONTACT];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nonce_is_what_the_kinds_table_says() {
        let nonce = |generation| nonce(&PersonId([5; 16]), generation).0;
        assert_eq!(nonce(0), 0x73f8_e2a3_17b2_6ae7_5ba3_f3d6_f785_4191_u128.to_be_bytes());
        assert_eq!(nonce(255), 0x1506_d8e1_1024_14c9_4f6d_8ae7_e291_a5af_u128.to_be_bytes());
    }
}
