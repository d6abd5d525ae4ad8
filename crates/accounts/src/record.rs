//! Records: how what is kept is named and written.

use serde::{Serialize, de::DeserializeOwned};

use crate::{AccountError, Cupboard};

/// What is to be written under a name; `None` takes it away.
pub(crate) type Entry = (String, Option<Vec<u8>>);

/// A record under a name.
pub(crate) fn read<T: DeserializeOwned>(cupboard: &dyn Cupboard, name: &str) -> Result<Option<T>, AccountError> {
    cupboard.get(name)?.map(|bytes| parse(&bytes)).transpose()
}

/// All records under names that begin with a prefix, with what follows it.
pub(crate) fn list<T: DeserializeOwned>(
    cupboard: &dyn Cupboard,
    prefix: &str,
) -> Result<Vec<(String, T)>, AccountError> {
    let entries = cupboard.list(prefix)?;
    entries.into_iter().map(|(name, bytes)| Ok((name[prefix.len()..].to_owned(), parse(&bytes)?))).collect()
}

/// An entry to be written.
pub(crate) fn entry<T: Serialize>(name: String, value: &T) -> Entry {
    // Records are plain texts and numbers, which always have a JSON form.
    (name, Some(serde_json::to_vec(value).unwrap_or_default()))
}

/// An entry to be taken away.
pub(crate) fn gone(name: String) -> Entry {
    (name, None)
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, AccountError> {
    serde_json::from_slice(bytes).map_err(|error| AccountError::Damaged(error.to_string()))
}

/// The beginnings of names.
pub(crate) mod names {
    pub(crate) const SET_UP: &str = "account/set-up";
    pub(crate) const SETTINGS: &str = "account/settings";
    pub(crate) const ACCOUNT: &str = "account/of/";
    pub(crate) const SIGN_IN_NAME: &str = "account/name/";
    pub(crate) const SESSION: &str = "account/session/";
    pub(crate) const INVITATION: &str = "account/invitation/";
    pub(crate) const TOKEN: &str = "account/token/";
    pub(crate) const RESET: &str = "account/reset/";
    pub(crate) const FORMER: &str = "account/former/";
    pub(crate) const NOTE: &str = "account/note/";
}
