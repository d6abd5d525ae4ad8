//! Ids: 32 (or 16) bytes that name one thing for good, and their text form.

use data_encoding::{BASE32_NOPAD, Encoding};
use thiserror::Error;

/// The text form of an id or key: the multibase prefix `b` and lower-case base32 without padding.
#[must_use]
pub fn to_text(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(1 + BASE32_NOPAD.encode_len(bytes.len()));
    text.push(MULTIBASE_BASE32_LOWER);
    base32().encode_append(bytes, &mut text);
    text
}

/// Reads the text form of an id or key of `N` bytes.
///
/// # Errors
/// When the prefix, the alphabet or the length is wrong.
pub fn from_text<const N: usize>(text: &str) -> Result<[u8; N], IdError> {
    let digits = text.strip_prefix(MULTIBASE_BASE32_LOWER).ok_or(IdError::Prefix)?;
    // The length is checked first, so that a huge string costs nothing.
    if digits.len() != BASE32_NOPAD.encode_len(N) {
        return Err(IdError::Length { found: text.len(), expected: 1 + BASE32_NOPAD.encode_len(N) });
    }
    let bytes = base32().decode(digits.as_bytes()).map_err(|_| IdError::Alphabet)?;
    bytes.try_into().map_err(|_| IdError::Alphabet)
}

/// Reads any number of bytes from the text form that [`to_text`] gives them.
///
/// # Errors
/// When the prefix or the alphabet is wrong.
pub fn bytes_from_text(text: &str) -> Result<Vec<u8>, IdError> {
    let digits = text.strip_prefix(MULTIBASE_BASE32_LOWER).ok_or(IdError::Prefix)?;
    base32().decode(digits.as_bytes()).map_err(|_| IdError::Alphabet)
}

/// Why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum IdError {
    /// It does not begin with `b`.
    #[error("an id begins with \"b\"")]
    Prefix,
    /// It has another length.
    #[error("an id of this kind has {expected} characters, and this has {found}")]
    Length {
        /// The characters found.
        found: usize,
        /// The characters that such an id has.
        expected: usize,
    },
    /// It holds a character outside a-z and 2-7, or its last character carries stray bits.
    #[error("an id is written with the letters a to z and the digits 2 to 7")]
    Alphabet,
}

/// Declares an id: a newtype over bytes with canonical, text and serde forms.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $length:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; $length]);

        impl $name {
            /// The bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; $length] {
                &self.0
            }
        }

        impl $crate::Encode for $name {
            fn encode(&self, writer: &mut $crate::Writer) {
                writer.fixed(&self.0);
            }
        }

        impl $crate::Decode for $name {
            fn decode(reader: &mut $crate::Reader<'_>) -> Result<Self, $crate::DecodeError> {
                reader.array().map(Self)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(&$crate::to_text(&self.0))
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                // Enough to tell ids apart in a trace.
                formatter.write_str(&$crate::to_text(&self.0)[..9])
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::IdError;

            fn from_str(text: &str) -> Result<Self, $crate::IdError> {
                $crate::from_text(text).map(Self)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&$crate::to_text(&self.0))
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'_, str> as serde::Deserialize>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

pub(crate) use id;

id! {
    /// A network: SHA-256 over its genesis.
    NetworkId, 32
}
id! {
    /// A document: SHA-256 over its header.
    DocumentId, 32
}
id! {
    /// A change: Automerge's own hash of its chunk.
    ChangeId, 32
}
id! {
    /// The Automerge actor of one change, derived from the change's content.
    ActorId, 32
}
id! {
    /// A person, for good: random and opaque, kept when the person moves to another organisation.
    PersonId, 16
}
id! {
    /// What tells two documents of one kind and owner apart.
    Nonce, 16
}
id! {
    /// The frozen terms of a decision: SHA-256 over them.
    TermsHash, 32
}
id! {
    /// A charter's text and rules: SHA-256 over them.
    CharterDigest, 32
}
id! {
    /// A minute: SHA-256 over it.
    MinuteHash, 32
}

/// RFC 4648 base32, lower case, without padding.
fn base32() -> &'static Encoding {
    static BASE32: std::sync::LazyLock<Encoding> = std::sync::LazyLock::new(|| {
        let mut specification = data_encoding::Specification::new();
        specification.symbols.push_str("abcdefghijklmnopqrstuvwxyz234567");
        specification.encoding().expect("the alphabet has 32 different symbols")
    });
    &BASE32
}

const MULTIBASE_BASE32_LOWER: char = 'b';

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_round_trips() {
        for byte in 0..=255 {
            let id = ChangeId([byte; 32]);
            assert_eq!(id.to_string().parse(), Ok(id));
            assert_eq!(id.to_string().len(), 53);
        }
    }

    #[test]
    fn other_forms_of_the_same_bytes_are_refused() {
        let text = ChangeId([7; 32]).to_string();
        assert_eq!(text.to_uppercase().parse::<ChangeId>(), Err(IdError::Prefix));
        assert_eq!(format!("b{}", text[1..].to_uppercase()).parse::<ChangeId>(), Err(IdError::Alphabet));
        assert!(matches!(format!("{text}=").parse::<ChangeId>(), Err(IdError::Length { .. })));
        // 256 bits leave four stray bits in the last character; they must be zero.
        let mut stray = text;
        stray.pop();
        stray.push('p');
        assert_eq!(stray.parse::<ChangeId>(), Err(IdError::Alphabet));
        assert_eq!("".parse::<ChangeId>(), Err(IdError::Prefix));
    }
}
