//! A reconvening: how organisations go on together when too many of the others are gone for good.
//!
//! It stands as a minute after the last one of the network before, and nobody signs it but whoever reconvenes: nothing can
//! be agreed there any more. From it on the network has another id. Whoever goes along accepts anew.

use knotwork_governance::Stands;
use knotwork_identity::{
    Decode, DecodeError, Encode, MinuteHash, NetworkId, PublicKey, Reader, SecretKey, Signature, SignatureError,
    Writer, encode, sha256,
};

use crate::{Minute, limits};

/// Who goes on from the last minute, and without whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reconvening {
    /// Who reconvenes. It signs alone until another has accepted.
    pub first: PublicKey,
    /// Who is carried over, the first among them; ascending.
    pub carried: Vec<PublicKey>,
    /// Who is left behind, and what stands of what it wrote; ascending.
    pub left: Vec<(PublicKey, Stands)>,
    /// By the key of the first.
    pub signature: Signature,
}

/// Where in the minutes a reconvening stands: network, number, and hash of the minute before.
pub(crate) type Place = (NetworkId, u64, MinuteHash);

impl Reconvening {
    /// Signs one, for this place in the minutes. Both lists are ascending.
    pub(crate) fn sign(
        place: Place,
        first: &SecretKey,
        carried: Vec<PublicKey>,
        left: Vec<(PublicKey, Stands)>,
    ) -> Self {
        let mut reconvening = Self { first: first.public(), carried, left, signature: Signature([0; 64]) };
        reconvening.signature = first.sign(&reconvening.signed_bytes(place));
        reconvening
    }

    /// Checks that whoever reconvenes has signed it for this place.
    ///
    /// # Errors
    /// When it has not.
    pub(crate) fn verify(&self, place: Place) -> Result<(), SignatureError> {
        self.first.verify(&self.signed_bytes(place), &self.signature)
    }

    /// The id of the network from this minute on: SHA-256("knotwork/reconvened/1" ‖ the canonical minute).
    #[must_use]
    pub fn network(minute: &Minute) -> NetworkId {
        NetworkId(sha256(&[b"knotwork/reconvened/1", &encode(minute)]))
    }

    fn signed_bytes(&self, (network, height, previous): Place) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.fixed(b"knotwork/reconvene/1");
        network.encode(&mut writer);
        writer.u64(height);
        previous.encode(&mut writer);
        self.encode_lists(&mut writer);
        writer.into_bytes()
    }

    fn encode_lists(&self, writer: &mut Writer) {
        self.first.encode(writer);
        writer.length(self.carried.len());
        self.carried.iter().for_each(|organisation| organisation.encode(writer));
        writer.length(self.left.len());
        for (organisation, stands) in &self.left {
            organisation.encode(writer);
            stands.encode(writer);
        }
    }
}

impl Encode for Reconvening {
    fn encode(&self, writer: &mut Writer) {
        self.encode_lists(writer);
        self.signature.encode(writer);
    }
}

impl Decode for Reconvening {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let first = PublicKey::decode(reader)?;
        let carried = (0..reader.length("carried", limits::PARTIES_MAX)?)
            .map(|_| PublicKey::decode(reader))
            .collect::<Result<Vec<_>, _>>()?;
        let left = (0..reader.length("left", limits::PARTIES_MAX)?)
            .map(|_| Ok((PublicKey::decode(reader)?, Stands::decode(reader)?)))
            .collect::<Result<Vec<_>, DecodeError>>()?;
        let ordered = carried.is_sorted_by(|a, b| a < b) && left.is_sorted_by(|(a, _), (b, _)| a < b);
        if !ordered {
            return Err(DecodeError::NotCanonical("reconvening"));
        }
        Ok(Self { first, carried, left, signature: Signature::decode(reader)? })
    }
}
