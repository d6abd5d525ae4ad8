//! Keys, ids and canonical bytes: the values that every other part of Knotwork is made of.
//!
//! Nothing here knows what a change, a document or a peer is. There is no clock and no randomness: a key is made from
//! 32 bytes that the caller drew, and a time is a number that the caller read.

mod address;
mod card;
mod encoding;
mod genesis;
mod ids;
mod keys;
mod lineage;
mod space;
mod steering;
mod timestamp;

pub use address::{AddressError, check_address};
pub use card::{Card, CardError};
pub use encoding::{Decode, DecodeError, Encode, Reader, Writer, decode_exact, encode};
pub use genesis::{Genesis, GenesisError};
pub use ids::{
    ActorId, ChangeId, CharterDigest, DocumentId, IdError, MinuteHash, NetworkId, Nonce, PersonId, TermsHash,
    bytes_from_text, from_text, to_text,
};
pub use keys::{PublicKey, SecretKey, Signature, SignatureError, Verifier};
pub use lineage::Lineage;
pub use space::SpaceId;
pub use steering::is_steering;
pub use timestamp::Timestamp;

/// SHA-256 over the concatenation of `parts`.
#[must_use]
pub fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    use sha2::Digest as _;
    let mut hasher = sha2::Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().into()
}
