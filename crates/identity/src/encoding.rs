//! Canonical bytes: one value has exactly one form.
//!
//! Integers are big-endian and of fixed width; byte strings and lists have a `u32` length before them; an `Option` is
//! one byte, 0 or 1, and then the value. See `docs/protocol/identity.md`.

use thiserror::Error;

/// A value that has a canonical form.
pub trait Encode {
    /// Appends the canonical form of `self`.
    fn encode(&self, writer: &mut Writer);
}

/// A value that can be read back from its canonical form.
pub trait Decode: Sized {
    /// Reads one value.
    ///
    /// # Errors
    /// When the bytes end early or are not the canonical form of any value.
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError>;
}

/// The canonical form of `value`.
#[must_use]
pub fn encode(value: &impl Encode) -> Vec<u8> {
    let mut writer = Writer::default();
    value.encode(&mut writer);
    writer.into_bytes()
}

/// Reads a value that must take up all of `bytes`.
///
/// # Errors
/// As [`Decode::decode`], and when bytes are left over.
pub fn decode_exact<T: Decode>(bytes: &[u8]) -> Result<T, DecodeError> {
    let mut reader = Reader::new(bytes);
    let value = T::decode(&mut reader)?;
    reader.finish()?;
    Ok(value)
}

/// Why bytes are not a canonical form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// The bytes end inside a value.
    #[error("the bytes end early")]
    EndsEarly,
    /// Bytes are left after the value.
    #[error("{0} bytes are left over")]
    LeftOver(usize),
    /// A tag, flag or text that no value has.
    #[error("not a canonical {0}")]
    NotCanonical(&'static str),
    /// A length above what the field may hold.
    #[error("{field} is {found} long, and the limit is {limit}")]
    TooLong {
        /// The field's name.
        field: &'static str,
        /// The length that the bytes claim.
        found: usize,
        /// The most that is allowed.
        limit: usize,
    },
}

/// Builds canonical bytes.
#[derive(Debug, Default)]
pub struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    /// Appends one byte.
    pub fn u8(&mut self, value: u8) {
        self.bytes.push(value);
    }

    /// Appends two bytes, big-endian.
    pub fn u16(&mut self, value: u16) {
        self.bytes.extend_from_slice(&value.to_be_bytes());
    }

    /// Appends four bytes, big-endian.
    pub fn u32(&mut self, value: u32) {
        self.bytes.extend_from_slice(&value.to_be_bytes());
    }

    /// Appends eight bytes, big-endian.
    pub fn u64(&mut self, value: u64) {
        self.bytes.extend_from_slice(&value.to_be_bytes());
    }

    /// Appends bytes of a length that the reader knows.
    pub fn fixed(&mut self, value: &[u8]) {
        self.bytes.extend_from_slice(value);
    }

    /// Appends a length and the bytes.
    ///
    /// # Panics
    /// Above `u32::MAX` bytes, which no limit of Knotwork allows.
    pub fn bytes(&mut self, value: &[u8]) {
        self.length(value.len());
        self.fixed(value);
    }

    /// Appends the length of a list or string.
    ///
    /// # Panics
    /// Above `u32::MAX`, which no limit of Knotwork allows.
    pub fn length(&mut self, length: usize) {
        self.u32(u32::try_from(length).expect("no limit allows four gigabytes"));
    }

    /// Appends a flag and the value, if there is one.
    pub fn option<T: Encode>(&mut self, value: Option<&T>) {
        match value {
            None => self.u8(0),
            Some(value) => {
                self.u8(1);
                value.encode(self);
            }
        }
    }

    /// The bytes so far.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

/// Takes canonical bytes apart.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Starts at the first byte.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Reads one byte.
    ///
    /// # Errors
    /// When no byte is left.
    pub fn u8(&mut self) -> Result<u8, DecodeError> {
        Ok(self.array::<1>()?[0])
    }

    /// Reads two bytes, big-endian.
    ///
    /// # Errors
    /// When fewer are left.
    pub fn u16(&mut self) -> Result<u16, DecodeError> {
        Ok(u16::from_be_bytes(self.array()?))
    }

    /// Reads four bytes, big-endian.
    ///
    /// # Errors
    /// When fewer are left.
    pub fn u32(&mut self) -> Result<u32, DecodeError> {
        Ok(u32::from_be_bytes(self.array()?))
    }

    /// Reads eight bytes, big-endian.
    ///
    /// # Errors
    /// When fewer are left.
    pub fn u64(&mut self) -> Result<u64, DecodeError> {
        Ok(u64::from_be_bytes(self.array()?))
    }

    /// Reads exactly `length` bytes.
    ///
    /// # Errors
    /// When fewer are left.
    pub fn fixed(&mut self, length: usize) -> Result<&'a [u8], DecodeError> {
        let (head, rest) = self.rest.split_at_checked(length).ok_or(DecodeError::EndsEarly)?;
        self.rest = rest;
        Ok(head)
    }

    /// Reads exactly `N` bytes.
    ///
    /// # Errors
    /// When fewer are left.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let (head, rest) = self.rest.split_first_chunk::<N>().ok_or(DecodeError::EndsEarly)?;
        self.rest = rest;
        Ok(*head)
    }

    /// Reads a length of at most `limit` and as many bytes.
    ///
    /// # Errors
    /// When the length is above the limit, or fewer bytes are left.
    pub fn bytes(&mut self, field: &'static str, limit: usize) -> Result<&'a [u8], DecodeError> {
        let length = self.length(field, limit)?;
        self.fixed(length)
    }

    /// Reads a length of at most `limit` and as many bytes of UTF-8.
    ///
    /// # Errors
    /// As [`Reader::bytes`], and when the bytes are not UTF-8.
    pub fn text(&mut self, field: &'static str, limit: usize) -> Result<&'a str, DecodeError> {
        std::str::from_utf8(self.bytes(field, limit)?).map_err(|_| DecodeError::NotCanonical(field))
    }

    /// Reads the length of a list or string.
    ///
    /// # Errors
    /// When it is above the limit.
    pub fn length(&mut self, field: &'static str, limit: usize) -> Result<usize, DecodeError> {
        let found = self.u32()? as usize;
        if found > limit { Err(DecodeError::TooLong { field, found, limit }) } else { Ok(found) }
    }

    /// Reads a flag and, where it is set, the value.
    ///
    /// # Errors
    /// When the flag is neither 0 nor 1, or the value cannot be read.
    pub fn option<T: Decode>(&mut self) -> Result<Option<T>, DecodeError> {
        match self.u8()? {
            0 => Ok(None),
            1 => T::decode(self).map(Some),
            _ => Err(DecodeError::NotCanonical("option")),
        }
    }

    /// How many bytes are left.
    #[must_use]
    pub fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// Checks that nothing is left.
    ///
    /// # Errors
    /// When something is.
    pub fn finish(self) -> Result<(), DecodeError> {
        match self.rest.len() {
            0 => Ok(()),
            left => Err(DecodeError::LeftOver(left)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_checked_before_bytes_are_taken() {
        let mut writer = Writer::default();
        writer.bytes(b"abc");
        let bytes = writer.into_bytes();
        assert_eq!(Reader::new(&bytes).bytes("field", 3), Ok(&b"abc"[..]));
        let too_long = DecodeError::TooLong { field: "field", found: 3, limit: 2 };
        assert_eq!(Reader::new(&bytes).bytes("field", 2), Err(too_long));
        assert_eq!(Reader::new(&bytes[..6]).bytes("field", 3), Err(DecodeError::EndsEarly));
        assert!(Reader::new(&[0xff; 8]).bytes("field", 9).is_err());
    }

    #[test]
    fn left_over_bytes_and_odd_flags_are_refused() {
        assert_eq!(Reader::new(&[1]).finish(), Err(DecodeError::LeftOver(1)));
        assert_eq!(Reader::new(&[2]).option::<crate::Timestamp>(), Err(DecodeError::NotCanonical("option")));
    }
}
