//! Cursors: where the next page of a listing begins, as text that means nothing to its bearer.

use data_encoding::BASE64URL_NOPAD;
use knotwork_documents::Listing;
use knotwork_identity::{DocumentId, sha256};
use knotwork_replica::ListingKey;

use crate::problem::Problem;

/// The cursor of the page after this key: version, length of the order, order, document, checksum.
pub(crate) fn to_cursor(key: &ListingKey) -> String {
    let mut bytes = Vec::with_capacity(CURSOR_BYTES_MAX);
    bytes.push(VERSION);
    // A listing's order has at most 64 bytes.
    bytes.push(u8::try_from(key.order.len()).unwrap_or(u8::MAX));
    bytes.extend_from_slice(&key.order);
    bytes.extend_from_slice(key.document.as_bytes());
    bytes.extend_from_slice(&checksum(&bytes));
    BASE64URL_NOPAD.encode(&bytes)
}

/// The key that a cursor stands for.
///
/// # Errors
/// When this node, or one of this version, did not make it.
pub(crate) fn from_cursor(cursor: &str) -> Result<ListingKey, Problem> {
    read(cursor).ok_or_else(|| {
        let detail = "this cursor is not one that a listing gave: leave it out to begin at the first page";
        Problem::malformed(detail).field("cursor")
    })
}

fn read(cursor: &str) -> Option<ListingKey> {
    // The length first, so that a long text costs nothing.
    if cursor.len() > BASE64URL_NOPAD.encode_len(CURSOR_BYTES_MAX) {
        return None;
    }
    let bytes = BASE64URL_NOPAD.decode(cursor.as_bytes()).ok()?;
    let (content, found) = bytes.split_last_chunk::<CHECKSUM_BYTES>()?;
    if *found != checksum(content) {
        return None;
    }
    let [VERSION, length, rest @ ..] = content else { return None };
    let (order, document) = rest.split_at_checked(usize::from(*length))?;
    let document = DocumentId(document.try_into().ok()?);
    (order.len() <= Listing::ORDER_BYTES_MAX).then(|| ListingKey { order: order.to_vec(), document })
}

fn checksum(content: &[u8]) -> [u8; CHECKSUM_BYTES] {
    let [a, b, c, d, ..] = sha256(&[b"knotwork/cursor/1", content]);
    [a, b, c, d]
}

const VERSION: u8 = 1;
const CHECKSUM_BYTES: usize = 4;
const CURSOR_BYTES_MAX: usize = 2 + Listing::ORDER_BYTES_MAX + 32 + CHECKSUM_BYTES;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_names_its_key_and_every_other_text_is_refused() {
        for length in [0, 1, 63, 64] {
            let key = ListingKey { order: vec![0xc3; length], document: DocumentId([9; 32]) };
            let cursor = to_cursor(&key);
            assert_eq!(read(&cursor), Some(key));
            for place in 0..cursor.len() {
                let mut other = cursor.clone().into_bytes();
                other[place] = if other[place] == b'A' { b'B' } else { b'A' };
                assert_eq!(read(std::str::from_utf8(&other).expect("ASCII")), None, "changed at {place}");
                assert_eq!(read(&cursor[..place]), None, "cut at {place}");
            }
            assert_eq!(read(&format!("{cursor}=")), None);
            assert_eq!(read(&format!("{cursor}AAAA")), None);
        }
        assert_eq!(read(&"A".repeat(100_000)), None);
    }

    #[test]
    fn an_order_beyond_the_limit_is_refused_also_with_a_right_checksum() {
        let key = ListingKey { order: vec![1; 65], document: DocumentId([9; 32]) };
        assert_eq!(read(&to_cursor(&key)), None);
    }
}
