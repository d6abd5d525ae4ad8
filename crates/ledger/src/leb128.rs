//! LEB128 numbers, of which only the shortest form is read. This knows nothing of what is numbered.

use crate::rejection::ChunkError;

/// Reads from the front of a byte slice, never past its end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cursor<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0 }
    }

    /// How many bytes have been read.
    pub(crate) const fn position(&self) -> usize {
        self.position
    }

    pub(crate) const fn is_at_end(&self) -> bool {
        self.position == self.bytes.len()
    }

    pub(crate) fn take(&mut self, length: usize) -> Result<&'a [u8], ChunkError> {
        let end = self.position.checked_add(length).ok_or(ChunkError::EndsEarly)?;
        let taken = self.bytes.get(self.position..end).ok_or(ChunkError::EndsEarly)?;
        self.position = end;
        Ok(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], ChunkError> {
        let taken = self.take(N)?;
        taken.try_into().map_err(|_| ChunkError::EndsEarly)
    }

    /// Reads an unsigned number in its shortest form.
    #[inline]
    pub(crate) fn unsigned(&mut self) -> Result<u64, ChunkError> {
        let mut value = 0_u64;
        let mut shift = 0;
        loop {
            let byte = *self.bytes.get(self.position).ok_or(ChunkError::EndsEarly)?;
            self.position += 1;
            let digit = u64::from(byte & 0x7f);
            // The tenth byte has room for one bit.
            if shift == 63 && digit > 1 {
                return Err(ChunkError::Number);
            }
            value |= digit << shift;
            if byte & 0x80 == 0 {
                // A last byte of zero adds nothing, unless it is the only one.
                return if byte == 0 && shift != 0 { Err(ChunkError::Number) } else { Ok(value) };
            }
            shift += 7;
            if shift > 63 {
                return Err(ChunkError::Number);
            }
        }
    }

    /// Reads a signed number in its shortest form.
    #[inline]
    pub(crate) fn signed(&mut self) -> Result<i64, ChunkError> {
        let mut value = 0_i64;
        let mut shift = 0;
        let mut previous = 0_u8;
        loop {
            let byte = *self.bytes.get(self.position).ok_or(ChunkError::EndsEarly)?;
            self.position += 1;
            // The tenth byte has room for the sign alone.
            if shift == 63 && byte != 0 && byte != 0x7f {
                return Err(ChunkError::Number);
            }
            value |= i64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                // A last byte that only repeats the sign of the one before adds nothing.
                let repeats = (byte == 0 && previous & 0x40 == 0) || (byte == 0x7f && previous & 0x40 != 0);
                if shift > 7 && repeats {
                    return Err(ChunkError::Number);
                }
                if shift < 64 && byte & 0x40 != 0 {
                    value |= -1_i64 << shift;
                }
                return Ok(value);
            }
            if shift > 63 {
                return Err(ChunkError::Number);
            }
            previous = byte;
        }
    }
}

/// Appends the shortest form of an unsigned number.
pub(crate) fn write_unsigned(out: &mut Vec<u8>, mut value: u64) {
    loop {
        let digit = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            out.push(digit);
            return;
        }
        out.push(digit | 0x80);
    }
}

/// Appends the shortest form of a signed number.
pub(crate) fn write_signed(out: &mut Vec<u8>, mut value: i64) {
    loop {
        let digit = (value & 0x7f) as u8;
        value >>= 7;
        if (value == 0 && digit & 0x40 == 0) || (value == -1 && digit & 0x40 != 0) {
            out.push(digit);
            return;
        }
        out.push(digit | 0x80);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_round_trip(unsigned: u64, signed: i64, bits in 0_u32..64) {
            for value in [unsigned >> bits, u64::MAX, 0] {
                let mut bytes = Vec::new();
                write_unsigned(&mut bytes, value);
                prop_assert_eq!(Cursor::new(&bytes).unsigned(), Ok(value));
            }
            for value in [signed >> bits, i64::MAX, i64::MIN, 0, -1, 63, 64, -64, -65] {
                let mut bytes = Vec::new();
                write_signed(&mut bytes, value);
                prop_assert_eq!(Cursor::new(&bytes).signed(), Ok(value));
            }
        }

        #[test]
        fn what_can_be_read_is_what_would_be_written(bytes in proptest::collection::vec(any::<u8>(), 1..12)) {
            let mut cursor = Cursor::new(&bytes);
            if let Ok(value) = cursor.unsigned() {
                let mut again = Vec::new();
                write_unsigned(&mut again, value);
                prop_assert_eq!(&again[..], &bytes[..cursor.position()]);
            }
            let mut cursor = Cursor::new(&bytes);
            if let Ok(value) = cursor.signed() {
                let mut again = Vec::new();
                write_signed(&mut again, value);
                prop_assert_eq!(&again[..], &bytes[..cursor.position()]);
            }
        }
    }

    #[test]
    fn longer_forms_are_refused() {
        for bytes in [&[0x80, 0x00][..], &[0xff, 0x80, 0x00], &[0x80; 11]] {
            assert!(Cursor::new(bytes).unsigned().is_err());
        }
        for bytes in [&[0x80, 0x00][..], &[0xff, 0x7f], &[0xc0, 0x7f], &[0xbf, 0x00], &[0xff; 11]] {
            assert!(Cursor::new(bytes).signed().is_err(), "{bytes:?}");
        }
        assert_eq!(Cursor::new(&[0x80]).unsigned(), Err(ChunkError::EndsEarly));
        assert_eq!(Cursor::new(&[]).signed(), Err(ChunkError::EndsEarly));
    }
}
