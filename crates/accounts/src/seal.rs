//! Sealing: a member's secret under a passphrase or a token.
//!
//! Argon2id (RFC 9106) makes 64 bytes of a passphrase: of one half only a hash is kept, which tells whether a passphrase
//! is right, and the other is the key of an AEAD (XChaCha20-Poly1305). A token is random and long: a hash makes its key.

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::{
    Key, KeyInit as _, XChaCha20Poly1305, XNonce,
    aead::{Aead as _, Payload},
};
use knotwork_identity::{SecretKey, from_text, sha256, to_text};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::{AccountError, Random, passphrase::normal};

/// What is kept of a passphrase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Lock {
    salt: String,
    /// Kibibytes, passes and lanes, so that they can be raised.
    memory: u32,
    passes: u32,
    lanes: u32,
    check: String,
}

/// A secret that only its key opens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sealed {
    nonce: String,
    bytes: String,
}

/// The key of sealed secrets.
pub(crate) struct SealKey(Zeroizing<[u8; 32]>);

impl Lock {
    /// A new lock for a passphrase, and the key that it gives. Takes time and memory.
    pub(crate) fn new(passphrase: &str, random: Random<'_>) -> Result<(Self, SealKey), AccountError> {
        let mut salt = [0; 16];
        random(&mut salt);
        let mut lock =
            Self { salt: to_text(&salt), memory: MEMORY_KIB, passes: PASSES, lanes: LANES, check: String::new() };
        let (check, key) = lock.derive(passphrase)?;
        lock.check = to_text(&check);
        Ok((lock, key))
    }

    /// The key, if the passphrase is right. Takes time and memory.
    pub(crate) fn open(&self, passphrase: &str) -> Result<Option<SealKey>, AccountError> {
        let (check, key) = self.derive(passphrase)?;
        let expected = from_text::<32>(&self.check).map_err(|error| AccountError::Damaged(error.to_string()))?;
        Ok(bool::from(check.ct_eq(&expected)).then_some(key))
    }

    /// Takes as long as [`Lock::open`], for a name that nobody has.
    pub(crate) fn pretend(passphrase: &str) -> Result<(), AccountError> {
        let lock =
            Self { salt: to_text(&[0; 16]), memory: MEMORY_KIB, passes: PASSES, lanes: LANES, check: String::new() };
        lock.derive(passphrase).map(drop)
    }

    fn derive(&self, passphrase: &str) -> Result<([u8; 32], SealKey), AccountError> {
        let damaged = |error: &dyn std::fmt::Display| AccountError::Damaged(error.to_string());
        let salt = from_text::<16>(&self.salt).map_err(|error| damaged(&error))?;
        let mut made = Zeroizing::new([0; 64]);
        // What is kept could have been changed: it must not decide how much memory is taken.
        if self.memory > MEMORY_KIB * 8 || self.passes > PASSES * 8 || self.lanes > LANES * 8 {
            return Err(damaged(&"its parameters are not ones that were ever used"));
        }
        let parameters =
            Params::new(self.memory, self.passes, self.lanes, Some(64)).map_err(|error| damaged(&error))?;
        Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters)
            .hash_password_into(normal(passphrase).as_bytes(), &salt, made.as_mut_slice())
            .map_err(|error| damaged(&error))?;
        let mut key = Zeroizing::new([0; 32]);
        key.copy_from_slice(&made[32..]);
        Ok((sha256(&[b"knotwork/passphrase/1", &made[..32]]), SealKey(key)))
    }
}

impl SealKey {
    /// The key that a token gives.
    pub(crate) fn of_token(token: &str) -> Self {
        Self(Zeroizing::new(sha256(&[b"knotwork/token-seal/1", token.as_bytes()])))
    }

    /// Seals a member's key for one purpose.
    pub(crate) fn seal(&self, secret: &SecretKey, purpose: &str, random: Random<'_>) -> Result<Sealed, AccountError> {
        let mut nonce = [0; 24];
        random(&mut nonce);
        let seed = secret.to_seed();
        let payload = Payload { msg: seed.as_slice(), aad: purpose.as_bytes() };
        let bytes = self.cipher().encrypt(&XNonce::from(nonce), payload);
        let bytes = bytes.map_err(|_| AccountError::Damaged("a key cannot be sealed".into()))?;
        Ok(Sealed { nonce: to_text(&nonce), bytes: to_text(&bytes) })
    }

    /// Opens what was sealed for this purpose.
    pub(crate) fn unseal(&self, sealed: &Sealed, purpose: &str) -> Result<SecretKey, AccountError> {
        let damaged = || AccountError::Damaged("a sealed key does not open".into());
        let nonce = from_text::<24>(&sealed.nonce).map_err(|_| damaged())?;
        let bytes = from_text::<48>(&sealed.bytes).map_err(|_| damaged())?;
        let payload = Payload { msg: &bytes, aad: purpose.as_bytes() };
        let seed = Zeroizing::new(self.cipher().decrypt(&XNonce::from(nonce), payload).map_err(|_| damaged())?);
        let seed: &[u8; 32] = seed.as_slice().try_into().map_err(|_| damaged())?;
        Ok(SecretKey::from_seed(seed))
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&Key::from(*self.0))
    }
}

/// What RFC 9106 and OWASP give for a small machine.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    fn counting() -> impl FnMut(&mut [u8]) {
        let mut next = 0_u8;
        move |bytes: &mut [u8]| {
            for byte in bytes {
                next = next.wrapping_add(1);
                *byte = next;
            }
        }
    }

    #[test]
    fn a_passphrase_opens_what_it_sealed_and_no_other_does() {
        let (secret, mut random) = (SecretKey::from_seed(&[7; 32]), counting());
        let (lock, key) = Lock::new("four plain words here", &mut random).expect("made");
        let sealed = key.seal(&secret, "a", &mut random).expect("sealed");
        let kept = serde_json::to_string(&(&lock, &sealed)).expect("plain");
        assert!(!kept.contains(&to_text(&[7; 32])[1..]), "{kept}");
        let again = lock.open("four plain words here").expect("sound").expect("right");
        assert_eq!(again.unseal(&sealed, "a").expect("opens").public(), secret.public());
        assert!(again.unseal(&sealed, "b").is_err(), "sealed for something else");
        assert!(lock.open("four plain words her").expect("sound").is_none());
        assert!(SealKey::of_token("x").unseal(&sealed, "a").is_err());
    }

    #[test]
    fn what_was_tampered_with_does_not_open_and_takes_no_memory() {
        let mut random = counting();
        let (lock, key) = Lock::new("four plain words here", &mut random).expect("made");
        let sealed = key.seal(&SecretKey::from_seed(&[7; 32]), "a", &mut random).expect("sealed");
        let other = Sealed { bytes: to_text(&[9; 48]), ..sealed.clone() };
        assert!(key.unseal(&other, "a").is_err());
        assert!(key.unseal(&Sealed { bytes: "x".into(), ..sealed }, "a").is_err());
        assert!(Lock { memory: u32::MAX, ..lock }.open("x").is_err());
    }
}
