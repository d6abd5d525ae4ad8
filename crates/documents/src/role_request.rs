//! One person asks another to take on a role. The answer is a role that names the request.

use std::collections::BTreeMap;

use automerge::ScalarValue;
use knotwork_identity::{ChangeId, DocumentId, NetworkId, Nonce, PersonId, PublicKey, Timestamp};
use knotwork_ledger::{DocumentHeader, Pen};
use serde::{Deserialize, Serialize};

use crate::{
    FieldError, RoleName, WriteError,
    content::Content,
    field::{self, Field, has_bytes, parsed, prose, write_values},
    kinds,
    resource::Signed,
    role::{self, ROLE, TOPIC},
};

/// A role request, read only. Whether the owner is a key of the person who asks is for the reader to check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleRequestView {
    /// The document.
    pub id: DocumentId,
    /// The key that signs it.
    pub owner: PublicKey,
    /// Who is asked.
    pub person: PersonId,
    /// Who asks, as the owner says.
    pub from: PersonId,
    /// The role.
    pub role: RoleName,
    /// What it is about; empty for the whole network.
    pub topic: String,
    /// What the asker wants to say with it.
    pub note: String,
    /// Whether it was taken back.
    pub withdrawn: bool,
    /// The earliest time that a change in this view claims; none where none claims one.
    pub created: Option<Timestamp>,
    /// The latest time that a change in this view claims.
    pub changed: Option<Timestamp>,
    /// What tells this version from others: the changes on which none builds yet, sorted.
    pub heads: Vec<ChangeId>,
    /// Fields to which different values were given at the same time, with all of them, the shown one first.
    pub conflicts: BTreeMap<String, Vec<String>>,
}

impl RoleRequestView {
    pub(crate) fn new(header: &DocumentHeader, content: &Content, signed: Signed) -> Option<Self> {
        Some(Self {
            id: header.id(),
            owner: header.owner?,
            person: content.arrays(PERSON).next().map(PersonId)?,
            from: content.arrays(FROM).next().map(PersonId)?,
            role: parsed(content, ROLE)?,
            topic: TOPIC.read(content),
            note: NOTE.read(content),
            withdrawn: content.flag(WITHDRAWN),
            created: signed.first,
            changed: signed.last,
            heads: signed.heads,
            conflicts: field::conflicts(&FIELDS, content),
        })
    }
}

/// The fields of a role request to change, each with what it shall be; the others stay.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RoleRequestEdit {
    /// Who is asked. The first edit of a document needs it.
    pub person: Option<PersonId>,
    /// Who asks. The first edit of a document needs it.
    pub from: Option<PersonId>,
    /// The role. The first edit of a document needs it.
    pub role: Option<RoleName>,
    /// What it is about: one line; empty for the whole network.
    pub topic: Option<String>,
    /// What the asker wants to say with it.
    pub note: Option<String>,
    /// Whether it is taken back.
    pub withdrawn: Option<bool>,
}

impl RoleRequestEdit {
    /// The header of the document that a new role request becomes.
    #[must_use]
    pub fn header(network: NetworkId, owner: PublicKey, nonce: Nonce) -> DocumentHeader {
        role::owned(network, kinds::ROLE_REQUEST, owner, nonce)
    }

    /// Checks every given field against its form and its limit.
    ///
    /// # Errors
    /// Names the first field that breaks one.
    pub fn check(&self) -> Result<(), FieldError> {
        TOPIC.check(self.topic.as_deref())?;
        NOTE.check(self.note.as_deref())
    }

    /// Writes the edit as a further change on the document that the pen has open; none where nothing differs.
    ///
    /// # Errors
    /// When a field breaks a rule, when a new document would lack a person or the role, or when the document can take no
    /// more.
    pub fn write(&self, pen: &mut Pen<'_>) -> Result<(), WriteError> {
        self.check()?;
        let is_new = !has_bytes(pen, PERSON);
        let needed = [(PERSON, self.person.is_some()), (FROM, self.from.is_some()), (ROLE, self.role.is_some())];
        if let Some((field, _)) = needed.into_iter().find(|(_, given)| is_new && !given) {
            return Err(FieldError::Missing { field }.into());
        }
        let mut values = Vec::new();
        values.extend(self.person.map(|person| (PERSON, ScalarValue::Bytes(person.0.to_vec()))));
        values.extend(self.from.map(|person| (FROM, ScalarValue::Bytes(person.0.to_vec()))));
        values.extend(self.role.map(|role| (ROLE, role.word().into())));
        values.extend(self.topic.as_deref().map(|topic| (TOPIC.name, topic.into())));
        values.extend(self.note.as_deref().map(|note| (NOTE.name, prose(note))));
        values.extend(self.withdrawn.map(|withdrawn| (WITHDRAWN, withdrawn.into())));
        Ok(write_values(pen, values)?)
    }
}

/// The limits of a role request's fields, in bytes of UTF-8.
pub mod limits {
    pub use crate::role::limits::TOPIC_BYTES_MAX;
    /// The longest note.
    pub const NOTE_BYTES_MAX: usize = 2_000;
}

const PERSON: &str = "person";
const FROM: &str = "from";
const WITHDRAWN: &str = "withdrawn";
const NOTE: Field = Field::prose("note", limits::NOTE_BYTES_MAX);
const FIELDS: [Field; 3] = [Field::line(ROLE, limits::TOPIC_BYTES_MAX), TOPIC, NOTE];
