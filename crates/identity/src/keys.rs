//! Ed25519 keys and signatures (RFC 8032), verified strictly.

use std::fmt;

use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::{Decode, DecodeError, Encode, Reader, Writer, ids::id};

id! {
    /// A public key: of an organisation, a node, a member or a service. Any 32 bytes can be written here; whether they
    /// are a point on the curve shows when a signature is checked.
    PublicKey, 32
}

/// A secret key. It is wiped from memory when dropped, and has no text form.
#[derive(Clone)]
pub struct SecretKey(SigningKey);

impl SecretKey {
    /// The key made from 32 random bytes.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// The 32 bytes that the key was made from, to keep them in a file.
    #[must_use]
    pub fn to_seed(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }

    /// Signs a message.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Signature {
        Signature(self.0.sign(message).to_bytes())
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SecretKey(of {:?})", self.public())
    }
}

/// A signature: 64 bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature(pub [u8; 64]);

impl fmt::Debug for Signature {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Signature({:02x}{:02x}…)", self.0[0], self.0[1])
    }
}

impl Encode for Signature {
    fn encode(&self, writer: &mut Writer) {
        writer.fixed(&self.0);
    }
}

impl Decode for Signature {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.array().map(Self)
    }
}

impl PublicKey {
    /// Prepares this key for checking many signatures.
    ///
    /// # Errors
    /// When the bytes are not a point on the curve, or one of small order.
    pub fn verifier(&self) -> Result<Verifier, SignatureError> {
        let key = VerifyingKey::from_bytes(&self.0).map_err(|_| SignatureError)?;
        if key.is_weak() { Err(SignatureError) } else { Ok(Verifier(key)) }
    }

    /// Checks one signature by this key, strictly: no key of small order, no second form of a signature.
    ///
    /// # Errors
    /// When the signature is not one.
    pub fn verify(&self, message: &[u8], signature: &Signature) -> Result<(), SignatureError> {
        self.verifier()?.verify(message, signature)
    }
}

/// A public key with its point decompressed, which takes a tenth of the time of a check.
#[derive(Debug, Clone)]
pub struct Verifier(VerifyingKey);

impl Verifier {
    /// Checks one signature, strictly.
    ///
    /// # Errors
    /// When the signature is not one.
    pub fn verify(&self, message: &[u8], signature: &Signature) -> Result<(), SignatureError> {
        let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
        self.0.verify_strict(message, &signature).map_err(|_| SignatureError)
    }
}

/// The signature was not made by the key that it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the signature was not made by the key that it names")]
pub struct SignatureError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_holds_for_its_key_and_message_alone() {
        let key = SecretKey::from_seed(&[1; 32]);
        let other = SecretKey::from_seed(&[2; 32]);
        let signature = key.sign(b"message");
        assert_eq!(key.public().verify(b"message", &signature), Ok(()));
        assert_eq!(key.public().verify(b"massage", &signature), Err(SignatureError));
        assert_eq!(other.public().verify(b"message", &signature), Err(SignatureError));
        for bit in 0..512 {
            let mut flipped = signature;
            flipped.0[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(key.public().verify(b"message", &flipped), Err(SignatureError));
        }
    }

    #[test]
    fn keys_of_small_order_verify_nothing() {
        // The neutral element, with which a lax check accepts R = 0, s = 0 for any message.
        let mut neutral = [0; 32];
        neutral[0] = 1;
        let mut signature = Signature([0; 64]);
        signature.0[0] = 1;
        assert_eq!(PublicKey(neutral).verify(b"anything", &signature), Err(SignatureError));
        assert_eq!(PublicKey([0xff; 32]).verify(b"anything", &signature), Err(SignatureError));
    }

    #[test]
    fn a_secret_key_does_not_print_itself() {
        let key = SecretKey::from_seed(&[3; 32]);
        assert_eq!(format!("{key:?}"), format!("SecretKey(of {:?})", key.public()));
    }
}
