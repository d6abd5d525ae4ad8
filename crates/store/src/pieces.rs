//! How a value stands in sled: whole after a zero, or, when it is long, its length after a one and its bytes in pieces
//! under keys of their own.

use knotwork_replica::StorageError;

/// What stands under the key of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Head<'a> {
    /// The value itself.
    Whole(&'a [u8]),
    /// The length of a value that is in pieces.
    Long(usize),
}

impl Head<'_> {
    /// How many pieces the value has beside its head.
    pub(crate) fn count(self) -> usize {
        match self {
            Self::Whole(_) => 0,
            Self::Long(length) => count(length),
        }
    }
}

/// What to store under the key of `value`.
pub(crate) fn stored(value: &[u8]) -> Vec<u8> {
    if value.len() <= PIECE_BYTES {
        [&[WHOLE], value].concat()
    } else {
        [&[LONG][..], &(value.len() as u32).to_be_bytes()].concat()
    }
}

/// Reads what [`stored`] made.
///
/// # Errors
/// [`StorageError::Damaged`] when the bytes are nothing that it makes.
pub(crate) fn head(stored: &[u8]) -> Result<Head<'_>, StorageError> {
    match stored.split_first() {
        Some((&WHOLE, value)) => Ok(Head::Whole(value)),
        Some((&LONG, length)) => {
            let length = length.try_into().map(u32::from_be_bytes).map_err(|_| damaged("its length is cut off"))?;
            let length = length as usize;
            if (PIECE_BYTES + 1..=crate::VALUE_BYTES_MAX).contains(&length) {
                Ok(Head::Long(length))
            } else {
                Err(damaged("its length is not that of a long value"))
            }
        }
        _ => Err(damaged("it begins with neither zero nor one")),
    }
}

/// The pieces of a long value in their order, none of one that is not long.
pub(crate) fn cut(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    let long = if value.len() > PIECE_BYTES { value } else { &[] };
    long.chunks(PIECE_BYTES)
}

/// How many pieces [`cut`] makes of a value.
pub(crate) fn count_of(value: &[u8]) -> usize {
    if value.len() > PIECE_BYTES { count(value.len()) } else { 0 }
}

/// How many pieces a long value of `length` bytes has.
pub(crate) fn count(length: usize) -> usize {
    length.div_ceil(PIECE_BYTES)
}

pub(crate) fn damaged(why: &str) -> StorageError {
    StorageError::Damaged(format!("a stored value cannot be read: {why}"))
}

/// The longest value that is kept whole, and the size of the pieces of longer ones. A page of sled has at most 20
/// entries, and one of more than 128 KiB goes to a file of its own.
pub(crate) const PIECE_BYTES: usize = 4000;

const WHOLE: u8 = 0;
const LONG: u8 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_its_head_and_its_pieces() {
        for length in [0, 1, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 2 * PIECE_BYTES, 2 * PIECE_BYTES + 1] {
            let value: Vec<u8> = (0..length).map(|byte| byte as u8).collect();
            let stored = stored(&value);
            let read = match head(&stored).expect("it was just made") {
                Head::Whole(value) => value.to_vec(),
                Head::Long(found) => {
                    assert_eq!(found, length);
                    cut(&value).flatten().copied().collect()
                }
            };
            assert_eq!(read, value);
            assert_eq!(cut(&value).count(), count_of(&value));
            assert_eq!(head(&stored).expect("as above").count(), count_of(&value));
        }
    }

    #[test]
    fn other_bytes_are_damage() {
        for bytes in
            [&[][..], &[2], &[1], &[1, 0, 0], &[1, 0, 0, 0, 1], &[1, 255, 255, 255, 255], &[1, 0, 0, 255, 0, 0]]
        {
            assert!(matches!(head(bytes), Err(StorageError::Damaged(_))), "{bytes:?}");
        }
    }
}
