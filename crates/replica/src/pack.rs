//! Packs: changes of one space as they travel.
//!
//! A pack carries nothing that its receiver can derive: no network, space, document id, change id, actor or checksum.
//! An author's key and a document's header stand once. The whole is compressed. See `docs/protocol/reconciliation.md`.

use std::collections::HashSet;

use knotwork_identity::{DecodeError, NetworkId, Nonce, PublicKey, Reader, Signature, SpaceId, Writer, sha256};
use knotwork_ledger::{
    Checked, DocumentHeader, FORMAT, Kind, Rejection, SignedChange, Verifiers, limits::CHANGE_BYTES_MAX, restore, strip,
};
use thiserror::Error;

use crate::limits;

/// Gathers changes of one space into a pack.
#[derive(Debug, Default)]
pub struct Packer {
    authors: Vec<PublicKey>,
    body: Writer,
    body_len: usize,
    signatures: Vec<Signature>,
    last_header: Option<DocumentHeader>,
}

impl Packer {
    /// Adds a change.
    pub fn add(&mut self, change: &SignedChange) {
        let header = &change.header;
        let author = match self.authors.iter().position(|known| *known == change.author) {
            Some(index) => index,
            None => {
                self.authors.push(change.author);
                self.authors.len() - 1
            }
        };
        let stripped = if header.format == FORMAT { strip(&change.chunk).ok() } else { None };
        let same_document = self.last_header.as_ref() == Some(header);
        let mut flags = 0;
        flags |= if same_document { SAME_DOCUMENT } else { 0 };
        flags |= if header.owner.is_some() { OWNED } else { 0 };
        flags |= if stripped.is_none() { WHOLE_CHUNK } else { 0 };
        let chunk = stripped.as_deref().unwrap_or(&change.chunk);
        self.body.u8(flags);
        if !same_document {
            self.body.u8(header.format);
            self.body.u16(header.kind.0);
            self.body.fixed(&header.nonce.0);
            self.last_header = Some(header.clone());
        }
        // A pack has fewer changes than a u16 counts, and so fewer authors.
        self.body.u16(u16::try_from(author).unwrap_or(u16::MAX));
        self.body.bytes(chunk);
        self.body_len += chunk.len() + FIXED_BYTES;
        self.signatures.push(change.signature);
    }

    /// How many changes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.signatures.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.signatures.is_empty()
    }

    /// Whether the pack should be sent before `next` more bytes are added.
    #[must_use]
    pub fn is_full(&self, next: usize, bytes: usize) -> bool {
        !self.is_empty() && (self.body_len + next + FIXED_BYTES > bytes || self.len() == limits::PACK_CHANGES_MAX)
    }

    /// The pack.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.length(self.authors.len());
        for author in &self.authors {
            writer.fixed(&author.0);
        }
        writer.length(self.signatures.len());
        writer.fixed(&self.body.into_bytes());
        for signature in &self.signatures {
            writer.fixed(&signature.0);
        }
        // Compressing into memory cannot fail.
        zstd::bulk::compress(&writer.into_bytes(), COMPRESSION_LEVEL).unwrap_or_default()
    }
}

/// Takes a pack apart and checks every change in it, signatures included.
///
/// # Errors
/// At the first change that is rejected, or where the bytes are no pack.
pub(crate) fn unpack(
    bytes: &[u8],
    network: NetworkId,
    space: SpaceId,
    verifiers: &mut Verifiers,
) -> Result<Vec<Checked>, PackError> {
    let plain = zstd::bulk::decompress(bytes, limits::UNPACKED_BYTES_MAX).map_err(|_| PackError::Compression)?;
    let mut reader = Reader::new(&plain);
    let authors = (0..reader.length("authors", limits::PACK_CHANGES_MAX)?)
        .map(|_| reader.array().map(PublicKey))
        .collect::<Result<Vec<_>, _>>()?;
    let count = reader.length("changes", limits::PACK_CHANGES_MAX)?;
    let signatures_len = count * 64;
    let records_len = reader.remaining().checked_sub(signatures_len).ok_or(DecodeError::EndsEarly)?;
    let mut records = Reader::new(reader.fixed(records_len)?);
    let mut last_header = None;
    let mut changes = Vec::with_capacity(count);
    let mut seen = HashSet::with_capacity(count);
    for _ in 0..count {
        let mut change = read_record(&mut records, network, space, &authors, &mut last_header)?;
        // Before the signature: repeated, a change packs to next to nothing and would cost a check each time.
        if !seen.insert(sha256(&[change.header.id().as_bytes(), &change.chunk])) {
            return Err(PackError::Repeated);
        }
        change.signature = Signature(reader.array()?);
        changes.push(change.check(verifiers)?);
    }
    records.finish()?;
    reader.finish()?;
    Ok(changes)
}

/// Why bytes are no pack of valid changes.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PackError {
    /// They cannot be decompressed within the limit.
    #[error("packed changes cannot be unpacked within {max} bytes", max = limits::UNPACKED_BYTES_MAX)]
    Compression,
    /// A change stands in them more than once.
    #[error("a change stands twice in one pack")]
    Repeated,
    /// They are malformed.
    #[error("packed changes are malformed: {0}")]
    Malformed(#[from] DecodeError),
    /// A change is rejected.
    #[error("a change is rejected: {0}")]
    Rejected(#[from] Rejection),
}

/// Reads one change without its signature.
fn read_record(
    records: &mut Reader<'_>,
    network: NetworkId,
    space: SpaceId,
    authors: &[PublicKey],
    last_header: &mut Option<DocumentHeader>,
) -> Result<SignedChange, PackError> {
    let flags = records.u8()?;
    if flags & !(SAME_DOCUMENT | OWNED | WHOLE_CHUNK) != 0 {
        return Err(DecodeError::NotCanonical("flags").into());
    }
    let described = if flags & SAME_DOCUMENT == 0 {
        Some((records.u8()?, Kind(records.u16()?), Nonce(records.array()?)))
    } else {
        None
    };
    let author = *authors.get(usize::from(records.u16()?)).ok_or(DecodeError::NotCanonical("author"))?;
    let owner = (flags & OWNED != 0).then_some(author);
    let header = match described {
        Some((format, kind, nonce)) => DocumentHeader { format, network, space, kind, owner, nonce },
        None => last_header.clone().filter(|last| last.owner == owner).ok_or(DecodeError::NotCanonical("document"))?,
    };
    *last_header = Some(header.clone());
    let chunk = records.bytes("chunk", CHANGE_BYTES_MAX)?;
    let chunk = if flags & WHOLE_CHUNK == 0 { restore(&header.id(), &author, chunk)? } else { chunk.to_vec() };
    Ok(SignedChange { header, author, chunk, signature: Signature([0; 64]) })
}

const SAME_DOCUMENT: u8 = 1;
/// Owned documents take changes by their owner alone, so the author is the owner.
const OWNED: u8 = 2;
/// The chunk is of another format, and stands as it is.
const WHOLE_CHUNK: u8 = 4;

/// What a change costs besides its chunk, at most: flags, header, author, length, signature, and the author's key.
const FIXED_BYTES: usize = 1 + 19 + 2 + 4 + 64 + 32;

/// Fast, and within a few per cent of the best for changes, whose signatures and ids do not compress.
const COMPRESSION_LEVEL: i32 = 3;

#[cfg(test)]
mod tests {
    use knotwork_documents::ResourceDraft;
    use knotwork_identity::{SecretKey, Timestamp};

    use super::*;

    const NETWORK: NetworkId = NetworkId([7; 32]);

    fn change(number: u8) -> SignedChange {
        let draft = ResourceDraft { title: format!("Title {number}"), ..ResourceDraft::default() };
        let key = SecretKey::from_seed(&[1; 32]);
        let written = draft.write(NETWORK, Nonce([number; 16]), &key, Timestamp::NONE).expect("within the limits");
        written[0].signed().clone()
    }

    fn unpacked(changes: &[SignedChange]) -> Result<usize, PackError> {
        let mut packer = Packer::default();
        changes.iter().for_each(|change| packer.add(change));
        unpack(&packer.finish(), NETWORK, SpaceId::Commons, &mut Verifiers::new(8)).map(|changes| changes.len())
    }

    #[test]
    fn a_change_stands_once_in_a_pack() {
        let (one, two) = (change(1), change(2));
        assert_eq!(unpacked(&[one.clone(), two.clone()]), Ok(2));
        assert_eq!(unpacked(&[one.clone(), two, one.clone()]), Err(PackError::Repeated));
        // Found before any signature is looked at.
        let mut forged = one.clone();
        forged.signature = Signature([0; 64]);
        assert!(matches!(unpacked(&[forged.clone()]), Err(PackError::Rejected(_))));
        assert_eq!(unpacked(&vec![one; 2_000]), Err(PackError::Repeated));
    }
}
