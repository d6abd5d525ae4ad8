//! The header of a document: what names it for good. It knows kinds by number only.

use std::fmt;

use knotwork_identity::{
    Decode, DecodeError, DocumentId, Encode, NetworkId, Nonce, PublicKey, Reader, SpaceId, Writer, encode, sha256,
};

/// The only format of documents and changes that this version understands.
pub const FORMAT: u8 = 1;

/// The number of a document's schema. The gate admits every number; what one means is not known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kind(pub u16);

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// What a document is, before anything is in it. Its hash is the document's id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocumentHeader {
    /// The format of the document's changes: [`FORMAT`], or one that is not understood yet.
    pub format: u8,
    /// The network that the document belongs to.
    pub network: NetworkId,
    /// The space in which its changes are reconciled.
    pub space: SpaceId,
    /// The number of its schema.
    pub kind: Kind,
    /// The one key whose changes it takes; without one it takes any member's.
    pub owner: Option<PublicKey>,
    /// What tells it from other documents of the same kind, space and owner.
    pub nonce: Nonce,
}

impl DocumentHeader {
    /// The document's id: SHA-256("knotwork/document/1" ‖ the canonical header).
    #[must_use]
    pub fn id(&self) -> DocumentId {
        DocumentId(sha256(&[b"knotwork/document/1", &encode(self)]))
    }
}

impl Encode for DocumentHeader {
    fn encode(&self, writer: &mut Writer) {
        writer.u8(self.format);
        self.network.encode(writer);
        self.space.encode(writer);
        writer.u16(self.kind.0);
        writer.option(self.owner.as_ref());
        self.nonce.encode(writer);
    }
}

impl Decode for DocumentHeader {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            format: reader.u8()?,
            network: NetworkId::decode(reader)?,
            space: SpaceId::decode(reader)?,
            kind: Kind(reader.u16()?),
            owner: reader.option()?,
            nonce: Nonce::decode(reader)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use knotwork_identity::decode_exact;

    #[test]
    fn headers_round_trip_and_every_field_changes_the_id() {
        let header = DocumentHeader {
            format: FORMAT,
            network: NetworkId([1; 32]),
            space: SpaceId::Commons,
            kind: Kind(7),
            owner: None,
            nonce: Nonce([2; 16]),
        };
        let variants = [
            header.clone(),
            DocumentHeader { format: 2, ..header.clone() },
            DocumentHeader { network: NetworkId([3; 32]), ..header.clone() },
            DocumentHeader { space: SpaceId::Roster, ..header.clone() },
            DocumentHeader { kind: Kind(8), ..header.clone() },
            DocumentHeader { owner: Some(PublicKey([4; 32])), ..header.clone() },
            DocumentHeader { nonce: Nonce([5; 16]), ..header },
        ];
        let mut ids = Vec::new();
        for variant in variants {
            assert_eq!(decode_exact::<DocumentHeader>(&encode(&variant)), Ok(variant.clone()));
            ids.push(variant.id());
        }
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 7);
    }
}
