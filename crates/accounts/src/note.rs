//! Notes: what a member keeps at this node and shares with nobody, such as drafts.

use knotwork_identity::PersonId;

use crate::{
    AccountError, Accounts, limits,
    record::{Entry, gone, names},
};

impl Accounts {
    /// A note of a person.
    ///
    /// # Errors
    /// When the cupboard fails.
    pub fn note(&self, person: &PersonId, name: &str) -> Result<Option<String>, AccountError> {
        let bytes = self.cupboard.get(&note_name(person, name)?)?;
        bytes.map(text).transpose()
    }

    /// Writes a note, or takes it away.
    ///
    /// # Errors
    /// When it is too long, or there are too many.
    pub fn set_note(&self, person: &PersonId, name: &str, value: Option<&str>) -> Result<(), AccountError> {
        let entry = note_name(person, name)?;
        if value.is_some_and(|value| value.len() > limits::NOTE_BYTES_MAX) {
            return Err(AccountError::Note);
        }
        let _writing = self.lock();
        if value.is_some() && self.cupboard.get(&entry)?.is_none() {
            let found = self.cupboard.list(&format!("{}{person}/", names::NOTE))?.len();
            if found >= limits::NOTES_MAX {
                return Err(AccountError::TooMany { what: "drafts and notes", found });
            }
        }
        Ok(self.cupboard.put(&[(entry, value.map(|value| value.as_bytes().to_vec()))])?)
    }

    /// The notes of a person whose names begin with `prefix`: what follows it, and what they say.
    ///
    /// # Errors
    /// When the cupboard fails.
    pub fn notes(&self, person: &PersonId, prefix: &str) -> Result<Vec<(String, String)>, AccountError> {
        let whole = format!("{}{person}/{prefix}", names::NOTE);
        let entries = self.cupboard.list(&whole)?;
        entries.into_iter().map(|(name, bytes)| Ok((name[whole.len()..].to_owned(), text(bytes)?))).collect()
    }

    /// What takes all notes of a person away.
    pub(crate) fn without_notes(&self, person: &PersonId) -> Result<Vec<Entry>, AccountError> {
        let notes = self.cupboard.list(&format!("{}{person}/", names::NOTE))?;
        Ok(notes.into_iter().map(|(name, _)| gone(name)).collect())
    }
}

fn note_name(person: &PersonId, name: &str) -> Result<String, AccountError> {
    let fits = !name.is_empty()
        && name.len() <= limits::NOTE_NAME_BYTES_MAX
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'/'));
    if fits { Ok(format!("{}{person}/{name}", names::NOTE)) } else { Err(AccountError::Note) }
}

fn text(bytes: Vec<u8>) -> Result<String, AccountError> {
    String::from_utf8(bytes).map_err(|error| AccountError::Damaged(error.to_string()))
}
