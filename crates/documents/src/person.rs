//! What a person says of themself: owned by the person's key, a document for each circle of readers.

use automerge::ScalarValue;
use knotwork_identity::{DocumentId, NetworkId, Nonce, PersonId, PublicKey, SpaceId, Timestamp, sha256};
use knotwork_ledger::{DocumentHeader, FORMAT, Pen};
use serde::{Deserialize, Serialize};

use crate::{
    FieldError, WriteError,
    content::Content,
    field::{Field, lines, prose, write_values},
    kinds,
    resource::Signed,
};

/// What a person says of themself. Fields that are not for the readers of a document are empty in it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PersonFields {
    /// What the person is called.
    pub name: String,
    /// Pronouns.
    pub pronouns: String,
    /// What the person does at their organisation.
    pub post: String,
    /// Languages, one on a line.
    pub languages: String,
    /// Skills, one on a line.
    pub skills: String,
    /// Interests, one on a line.
    pub interests: String,
    /// What the person can offer.
    pub offers: String,
    /// Lived experience, where the person chooses to tell of it.
    pub experience: String,
    /// Ways to get in touch, one on a line.
    pub contact: String,
    /// Whether the person is named on their organisation's page.
    pub listed: bool,
}

/// A person's profile, read only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonView {
    /// The document.
    pub id: DocumentId,
    /// Whether it is for the person's own organisation alone, and not for the whole network.
    pub internal: bool,
    /// The key that owns it. Whether it is a key of this person is for the reader to check.
    pub owner: PublicKey,
    /// Whom it is about.
    pub person: PersonId,
    /// What it says.
    pub fields: PersonFields,
    /// The latest time that a change of it claims.
    pub changed: Option<Timestamp>,
}

/// What a profile shall say: all of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonEdit {
    /// Whom it is about.
    pub person: PersonId,
    /// What it shall say.
    pub fields: PersonFields,
}

/// The limits of a profile's fields, in bytes of UTF-8 or in entries.
pub mod limits {
    /// The longest name, pronouns or post.
    pub const LINE_BYTES_MAX: usize = 200;
    /// The most entries of a list.
    pub const ENTRIES_MAX: usize = 50;
    /// The longest entry of a list.
    pub const ENTRY_BYTES_MAX: usize = 200;
    /// The longest text.
    pub const PROSE_BYTES_MAX: usize = 5_000;
}

impl PersonFields {
    /// The names of all fields, in the order in which they are asked for.
    pub const NAMES: [&str; 9] =
        ["name", "pronouns", "post", "languages", "skills", "interests", "offers", "experience", "contact"];

    /// The field of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        match name {
            "name" => &self.name,
            "pronouns" => &self.pronouns,
            "post" => &self.post,
            "languages" => &self.languages,
            "skills" => &self.skills,
            "interests" => &self.interests,
            "offers" => &self.offers,
            "experience" => &self.experience,
            "contact" => &self.contact,
            _ => "",
        }
    }

    /// Sets the field of a name; a name that is none sets nothing.
    pub fn set(&mut self, name: &str, value: String) {
        let field = match name {
            "name" => &mut self.name,
            "pronouns" => &mut self.pronouns,
            "post" => &mut self.post,
            "languages" => &mut self.languages,
            "skills" => &mut self.skills,
            "interests" => &mut self.interests,
            "offers" => &mut self.offers,
            "experience" => &mut self.experience,
            "contact" => &mut self.contact,
            _ => return,
        };
        *field = value;
    }

    /// How long the field of a name may be, in bytes, with its line ends.
    #[must_use]
    pub fn limit(name: &str) -> usize {
        match name {
            "name" | "pronouns" | "post" => limits::LINE_BYTES_MAX,
            "offers" | "experience" => limits::PROSE_BYTES_MAX,
            _ => limits::ENTRIES_MAX * (limits::ENTRY_BYTES_MAX + 1),
        }
    }

    /// Checks every field against its form and its limit.
    ///
    /// # Errors
    /// Names the first field that breaks one.
    pub fn check(&self) -> Result<(), FieldError> {
        FIELDS.iter().try_for_each(|field| field.check(Some(self.get(field.name))))
    }
}

impl PersonView {
    pub(crate) fn new(header: &DocumentHeader, content: &Content, signed: &Signed) -> Option<Self> {
        let (owner, person) = (header.owner?, PersonId(content.bytes(PERSON)?.try_into().ok()?));
        if *header != PersonEdit::header(header.network, header.space, owner, &person) {
            return None;
        }
        let mut fields = PersonFields { listed: content.flag(LISTED), ..PersonFields::default() };
        for field in FIELDS {
            fields.set(field.name, field.read(content));
        }
        let internal = header.space != SpaceId::Commons;
        Some(Self { id: header.id(), internal, owner, person, fields, changed: signed.last })
    }
}

impl PersonEdit {
    /// The header of a person's profile for the readers of a space. It follows from the person and the key, so that two
    /// devices which make it at once make the same document.
    #[must_use]
    pub fn header(network: NetworkId, space: SpaceId, owner: PublicKey, person: &PersonId) -> DocumentHeader {
        let digest = sha256(&[b"knotwork/profile/1", &person.0]);
        let mut nonce = [0; 16];
        nonce.copy_from_slice(&digest[..16]);
        DocumentHeader {
            format: FORMAT,
            network,
            space,
            kind: kinds::PERSON_PROFILE,
            owner: Some(owner),
            nonce: Nonce(nonce),
        }
    }

    /// Checks every field against its limit.
    ///
    /// # Errors
    /// Names the first field that breaks one.
    pub fn check(&self) -> Result<(), FieldError> {
        self.fields.check()
    }

    /// Writes what differs as a further change on the document that the pen has open.
    ///
    /// # Errors
    /// When a field breaks a limit, or the document can take no more.
    pub fn write(&self, pen: &mut Pen<'_>) -> Result<(), WriteError> {
        self.check()?;
        let mut values = vec![(PERSON, ScalarValue::Bytes(self.person.0.to_vec()))];
        for field in FIELDS {
            let text = self.fields.get(field.name);
            let value = match field.name {
                "name" | "pronouns" | "post" => text.into(),
                "offers" | "experience" => prose(text),
                _ => lines(&text.lines().map(str::to_owned).collect::<Vec<_>>()),
            };
            values.push((field.name, value));
        }
        values.push((LISTED, self.fields.listed.into()));
        Ok(write_values(pen, values)?)
    }
}

const PERSON: &str = "person";
const LISTED: &str = "listed";
const FIELDS: [Field; 9] = [
    Field::line("name", limits::LINE_BYTES_MAX),
    Field::line("pronouns", limits::LINE_BYTES_MAX),
    Field::line("post", limits::LINE_BYTES_MAX),
    Field::lines("languages", limits::ENTRIES_MAX, limits::ENTRY_BYTES_MAX),
    Field::lines("skills", limits::ENTRIES_MAX, limits::ENTRY_BYTES_MAX),
    Field::lines("interests", limits::ENTRIES_MAX, limits::ENTRY_BYTES_MAX),
    Field::prose("offers", limits::PROSE_BYTES_MAX),
    Field::prose("experience", limits::PROSE_BYTES_MAX),
    Field::lines("contact", limits::ENTRIES_MAX, limits::ENTRY_BYTES_MAX),
];

#[cfg(test)]
mod tests {
    use automerge::{ROOT, transaction::Transactable as _};
    use knotwork_identity::SecretKey;
    use knotwork_ledger::History;

    use super::*;
    use crate::View;

    fn key() -> SecretKey {
        SecretKey::from_seed(&[1; 32])
    }

    fn header(space: SpaceId) -> DocumentHeader {
        PersonEdit::header(NetworkId([9; 32]), space, key().public(), &PersonId([5; 16]))
    }

    fn edit(name: &str, post: &str) -> PersonEdit {
        let fields = PersonFields { name: name.into(), post: post.into(), ..PersonFields::default() };
        PersonEdit { person: PersonId([5; 16]), fields }
    }

    fn view(history: &History) -> Option<PersonView> {
        match View::of_history(history).expect("sound") {
            Some(View::Person(view)) => Some(*view),
            _ => None,
        }
    }

    fn written(history: Option<History>, edit: &PersonEdit) -> History {
        let (key, time) = (key(), Timestamp::NONE);
        let mut pen = match history {
            None => Pen::new(header(SpaceId::Commons), &key, time),
            Some(history) => Pen::open(history, &key, time).expect("opens"),
        };
        edit.write(&mut pen).expect("written");
        pen.finish().1
    }

    #[test]
    fn a_profile_says_what_was_written_and_an_edit_touches_what_differs() {
        let first = written(None, &edit("Ada", "Nurse"));
        assert_eq!(view(&first).expect("a profile").fields, edit("Ada", "Nurse").fields);
        let again = written(Some(first.clone()), &edit("Ada", "Nurse"));
        assert_eq!(again.len(), 1, "nothing differed");
        let second = written(Some(first), &edit("Ada Byrne", ""));
        assert_eq!(view(&second).expect("a profile").fields, edit("Ada Byrne", "").fields);
    }

    #[test]
    fn two_devices_that_make_it_at_once_make_the_same_document() {
        let (one, two) = (written(None, &edit("Ada", "")), written(None, &edit("Ada", "Nurse")));
        let mut both = one.clone();
        for change in two.changes() {
            both.admit(change.clone()).expect("sound");
        }
        let view = view(&both).expect("a profile");
        assert_eq!((view.fields.name.as_str(), view.fields.post.as_str()), ("Ada", "Nurse"));
    }

    #[test]
    fn a_profile_under_another_header_is_not_shown() {
        let (key, other) = (key(), PersonEdit { person: PersonId([6; 16]), ..edit("Ada", "") });
        for (header, edit, shown) in [
            (header(SpaceId::Commons), edit("Ada", ""), true),
            (header(SpaceId::Organisation(key.public())), edit("Ada", ""), true),
            (header(SpaceId::Roster), edit("Ada", ""), false),
            (header(SpaceId::Commons), other, false),
            (DocumentHeader { nonce: Nonce([3; 16]), ..header(SpaceId::Commons) }, edit("Ada", ""), false),
        ] {
            let mut pen = Pen::new(header.clone(), &key, Timestamp::NONE);
            edit.write(&mut pen).expect("written");
            assert_eq!(view(&pen.finish().1).is_some(), shown, "{header:?}");
        }
    }

    #[test]
    fn fields_are_checked_at_their_limits_and_what_is_longer_is_shown_cut() {
        let list = |entries: usize| vec!["é".repeat(limits::ENTRY_BYTES_MAX / 2); entries].join("\n");
        for name in PersonFields::NAMES {
            let mut fields = PersonFields::default();
            let is_list = PersonFields::limit(name) > limits::PROSE_BYTES_MAX;
            let full = |more: usize| match is_list {
                true => list(limits::ENTRIES_MAX + more),
                false => "é".repeat(PersonFields::limit(name) / 2 + more),
            };
            fields.set(name, full(0));
            assert_eq!(fields.check(), Ok(()));
            fields.set(name, full(1));
            assert_eq!(fields.check().expect_err("too long").field(), name);
            fields.set(name, "a\u{0}b".into());
            assert_eq!(fields.check().expect_err("unseen").field(), name);
        }
        let key = key();
        let mut pen = Pen::new(header(SpaceId::Commons), &key, Timestamp::NONE);
        pen.write(|document| {
            document.put(ROOT, PERSON, ScalarValue::Bytes(vec![5; 16]))?;
            document.put(ROOT, "post", 7_i64)?;
            document.put(ROOT, "name", "é".repeat(5_000))
        })
        .expect("written");
        let view = view(&pen.finish().1).expect("a profile");
        assert_eq!((view.fields.name.len(), view.fields.post.as_str()), (limits::LINE_BYTES_MAX, ""));
    }
}
