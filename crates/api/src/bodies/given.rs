//! How values of bodies are read: those that are there, and words of a list.

use serde::{Deserialize, Deserializer, de::Error as _};

/// A value that is there. Null reads as a wrong type, not as a field left out.
pub(crate) fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(reader: D) -> Result<Option<T>, D::Error> {
    T::deserialize(reader).map(Some)
}

/// One of `words`. Read as a text first, so that what is no text at all is a wrong type like any other.
pub(crate) fn word<'de, D: Deserializer<'de>, T>(
    reader: D,
    from_word: impl FnOnce(&str) -> Option<T>,
    words: &'static [&'static str],
) -> Result<T, D::Error> {
    let word = String::deserialize(reader)?;
    from_word(&word).ok_or_else(|| D::Error::unknown_variant(&word, words))
}
