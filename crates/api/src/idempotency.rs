//! Sending again: a request with an idempotency key makes one document, however often it is sent.

use axum::http::HeaderMap;
use knotwork_identity::{Nonce, PublicKey, sha256};

use crate::{limits, problem::Problem};

/// The nonce of the document that a request with an idempotency key makes: the same key gives the same document.
///
/// # Errors
/// When the key is given twice, or has no form that is taken.
pub(crate) fn idempotency_nonce(key_of: &PublicKey, headers: &HeaderMap) -> Result<Option<Nonce>, Problem> {
    let mut lines = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(key) = lines.next() else { return Ok(None) };
    let key = key.as_bytes();
    let visible = key.iter().all(u8::is_ascii_graphic);
    if lines.next().is_some() || key.is_empty() || key.len() > limits::IDEMPOTENCY_KEY_MAX || !visible {
        let limit = limits::IDEMPOTENCY_KEY_MAX;
        let detail = format!("Idempotency-Key must be given once and have 1 to {limit} visible ASCII characters");
        return Err(Problem::malformed(detail).field("Idempotency-Key").limit(limit));
    }
    let digest = sha256(&[b"knotwork/idempotency/1", key_of.as_bytes(), key]);
    let mut nonce = [0; 16];
    nonce.copy_from_slice(&digest[..16]);
    Ok(Some(Nonce(nonce)))
}

/// Refuses a key where none is taken: what is sent again changes nothing there anyway.
///
/// # Errors
/// When the request has one.
pub(crate) fn no_key(headers: &HeaderMap) -> Result<(), Problem> {
    if headers.contains_key(IDEMPOTENCY_KEY) {
        let detail = "an edit takes no Idempotency-Key: send it again without one; what is there already is no change";
        return Err(Problem::malformed(detail).field("Idempotency-Key"));
    }
    Ok(())
}

const IDEMPOTENCY_KEY: &str = "idempotency-key";
