//! What a person does for the network, for a time, as they say themselves.

use std::{collections::BTreeMap, str::FromStr};

use automerge::ScalarValue;
use knotwork_identity::{ChangeId, DocumentId, NetworkId, Nonce, PersonId, PublicKey, SpaceId, Timestamp};
use knotwork_ledger::{DocumentHeader, FORMAT, Kind, Pen};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{
    Date, FieldError, WriteError,
    content::Content,
    field::{self, Field, has_bytes, parsed, write_values},
    kinds,
    resource::Signed,
};

/// What somebody can be for a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RoleName {
    /// Brings people together who should know of each other.
    Connector,
    /// Looks after how the network works.
    NetworkGuardian,
    /// Keeps an undertaking going.
    CoOrdinator,
    /// Leads meetings and learning.
    Facilitator,
    /// Knows a subject.
    Expert,
    /// Gives leave, money or protection.
    Sponsor,
    /// Speaks for an organisation.
    OrganisationalRepresentative,
    /// Takes part.
    Participant,
}

impl RoleName {
    /// All roles, in the order in which they are offered.
    pub const ALL: [Self; 8] = [
        Self::Connector,
        Self::NetworkGuardian,
        Self::CoOrdinator,
        Self::Facilitator,
        Self::Expert,
        Self::Sponsor,
        Self::OrganisationalRepresentative,
        Self::Participant,
    ];

    /// The word that stands in the document.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Connector => "connector",
            Self::NetworkGuardian => "network-guardian",
            Self::CoOrdinator => "co-ordinator",
            Self::Facilitator => "facilitator",
            Self::Expert => "expert",
            Self::Sponsor => "sponsor",
            Self::OrganisationalRepresentative => "organisational-representative",
            Self::Participant => "participant",
        }
    }

    /// The role of a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }
}

impl FromStr for RoleName {
    type Err = RoleNameError;

    fn from_str(word: &str) -> Result<Self, RoleNameError> {
        Self::from_word(word).ok_or(RoleNameError)
    }
}

/// A word names no role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("that is no role that this version knows")]
pub struct RoleNameError;

/// A role of a person, read only. Whether the owner is a key of that person is for the reader to check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleView {
    /// The document.
    pub id: DocumentId,
    /// What tells it from the owner's other roles; where it goes on from a role by another key, the beginning of that
    /// role's id.
    pub nonce: Nonce,
    /// The key that signs it.
    pub owner: PublicKey,
    /// Whose role it is, as its owner says.
    pub person: PersonId,
    /// The role.
    pub role: RoleName,
    /// What it is about; empty for the whole network.
    pub topic: String,
    /// From when.
    pub since: Option<Date>,
    /// Until when it is meant to last; none where that is open.
    pub until: Option<Date>,
    /// When it was laid down; none while it was not.
    pub ended: Option<Date>,
    /// The role request that it answers.
    pub request: Option<DocumentId>,
    /// The earliest time that a change in this view claims; none where none claims one.
    pub created: Option<Timestamp>,
    /// The latest time that a change in this view claims.
    pub changed: Option<Timestamp>,
    /// What tells this version from others: the changes on which none builds yet, sorted.
    pub heads: Vec<ChangeId>,
    /// Fields to which different values were given at the same time, with all of them, the shown one first.
    pub conflicts: BTreeMap<String, Vec<String>>,
}

impl RoleView {
    /// Whether the role is held on that day: begun, neither run out nor laid down. The days named are among it, but for the
    /// one on which it was laid down.
    #[must_use]
    pub fn is_held(&self, today: Date) -> bool {
        self.since.is_none_or(|since| since <= today)
            && self.until.is_none_or(|until| today <= until)
            && self.ended.is_none_or(|ended| today < ended)
    }

    pub(crate) fn new(header: &DocumentHeader, content: &Content, signed: Signed) -> Option<Self> {
        Some(Self {
            id: header.id(),
            nonce: header.nonce,
            owner: header.owner?,
            person: content.arrays(PERSON).next().map(PersonId)?,
            role: parsed(content, ROLE)?,
            topic: TOPIC.read(content),
            since: parsed(content, SINCE.name),
            until: parsed(content, UNTIL.name),
            ended: parsed(content, ENDED.name),
            request: content.arrays(REQUEST).next().map(DocumentId),
            created: signed.first,
            changed: signed.last,
            heads: signed.heads,
            conflicts: field::conflicts(&FIELDS, content),
        })
    }
}

/// The fields of a role to change, each with what it shall be; the others stay.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RoleEdit {
    /// Whose role it is. The first edit of a document needs it.
    pub person: Option<PersonId>,
    /// The role. The first edit of a document needs it.
    pub role: Option<RoleName>,
    /// What it is about: one line; empty for the whole network.
    pub topic: Option<String>,
    /// From when: `YYYY-MM-DD`, or empty.
    pub since: Option<String>,
    /// Until when it is meant to last: `YYYY-MM-DD`, or empty where that is open.
    pub until: Option<String>,
    /// When it is laid down: `YYYY-MM-DD`, or empty.
    pub ended: Option<String>,
    /// The role request that it answers.
    pub request: Option<DocumentId>,
}

impl RoleEdit {
    /// The header of the document that a new role becomes.
    #[must_use]
    pub fn header(network: NetworkId, owner: PublicKey, nonce: Nonce) -> DocumentHeader {
        owned(network, kinds::ROLE, owner, nonce)
    }

    /// Checks every given field against its form and its limit, and that the role does not run out before it begins where
    /// both are given.
    ///
    /// # Errors
    /// Names the first field that breaks a rule.
    pub fn check(&self) -> Result<(), FieldError> {
        TOPIC.check(self.topic.as_deref())?;
        SINCE.check(self.since.as_deref())?;
        UNTIL.check(self.until.as_deref())?;
        ENDED.check(self.ended.as_deref())?;
        let date = |text: &Option<String>| text.as_deref().and_then(|text| text.parse::<Date>().ok());
        match (date(&self.since), date(&self.until)) {
            (Some(since), Some(until)) if until < since => {
                Err(FieldError::Before { field: UNTIL.name, other: SINCE.name })
            }
            _ => Ok(()),
        }
    }

    /// Writes the edit as a further change on the document that the pen has open; none where nothing differs.
    ///
    /// # Errors
    /// When a field breaks a rule, when the document names no person or no role yet and this does not either, or when the
    /// document can take no more.
    pub fn write(&self, pen: &mut Pen<'_>) -> Result<(), WriteError> {
        self.check()?;
        let is_new = !has_bytes(pen, PERSON);
        if is_new && self.person.is_none() {
            return Err(FieldError::Missing { field: PERSON }.into());
        }
        if is_new && self.role.is_none() {
            return Err(FieldError::Missing { field: ROLE }.into());
        }
        let texts = [(TOPIC, &self.topic), (SINCE, &self.since), (UNTIL, &self.until), (ENDED, &self.ended)];
        let mut values = Vec::new();
        values.extend(self.person.map(|person| (PERSON, ScalarValue::Bytes(person.0.to_vec()))));
        values.extend(self.role.map(|role| (ROLE, role.word().into())));
        values.extend(texts.into_iter().filter_map(|(field, text)| Some((field.name, text.as_deref()?.into()))));
        values.extend(self.request.map(|request| (REQUEST, ScalarValue::Bytes(request.0.to_vec()))));
        Ok(write_values(pen, values)?)
    }
}

/// The limits of a role's fields, in bytes of UTF-8.
pub mod limits {
    /// The longest topic.
    pub const TOPIC_BYTES_MAX: usize = 200;
}

/// The header of a document in the commons that one key writes.
pub(crate) fn owned(network: NetworkId, kind: Kind, owner: PublicKey, nonce: Nonce) -> DocumentHeader {
    DocumentHeader { format: FORMAT, network, space: SpaceId::Commons, kind, owner: Some(owner), nonce }
}

pub(crate) const ROLE: &str = "role";
pub(crate) const TOPIC: Field = Field::line("topic", limits::TOPIC_BYTES_MAX);
const PERSON: &str = "person";
const REQUEST: &str = "request";
const SINCE: Field = Field::date("since");
const UNTIL: Field = Field::date("until");
const ENDED: Field = Field::date("ended");
const FIELDS: [Field; 5] = [Field::line(ROLE, limits::TOPIC_BYTES_MAX), TOPIC, SINCE, UNTIL, ENDED];
