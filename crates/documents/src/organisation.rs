//! What an organisation signs about itself: that it accepts the network, and its profile.

use automerge::{ROOT, ScalarValue, transaction::Transactable as _};
use knotwork_identity::{NetworkId, Nonce, PublicKey, SecretKey, SpaceId, Timestamp, sha256};
use knotwork_ledger::{CheckedChange, DocumentHeader, FORMAT, Kind, Pen, PenError};
use serde::{Deserialize, Serialize};

use crate::{content::Content, kinds};

/// What an organisation says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganisationView {
    /// Its key, which owns the profile.
    pub organisation: PublicKey,
    /// Its name.
    pub name: String,
}

impl OrganisationView {
    pub(crate) fn new(header: &DocumentHeader, content: &Content) -> Option<Self> {
        Some(Self { organisation: header.owner?, name: content.word(NAME)?.to_owned() })
    }
}

/// Writes an organisation's acceptance of the network.
///
/// # Errors
/// None in practice: it is far below every limit.
pub fn write_acceptance(
    network: NetworkId,
    organisation: &SecretKey,
    time: Timestamp,
) -> Result<Vec<CheckedChange>, PenError> {
    let header = header(network, kinds::ACCEPTANCE, organisation.public());
    let mut pen = Pen::new(header, organisation, time);
    pen.write(|document| document.put(ROOT, ACCEPTS, ScalarValue::Bytes(network.0.to_vec())))?;
    Ok(pen.finish().0)
}

/// Whether the content of an acceptance says that the network is accepted.
#[must_use]
pub(crate) fn accepts(header: &DocumentHeader, content: &Content) -> bool {
    content.bytes(ACCEPTS) == Some(&header.network.0)
}

/// Writes an organisation's first profile.
///
/// # Errors
/// None in practice: a name is far below every limit.
pub fn write_profile(
    network: NetworkId,
    organisation: &SecretKey,
    name: &str,
    time: Timestamp,
) -> Result<Vec<CheckedChange>, PenError> {
    let header = header(network, kinds::ORGANISATION_PROFILE, organisation.public());
    let mut pen = Pen::new(header, organisation, time);
    pen.write(|document| document.put(ROOT, NAME, name))?;
    Ok(pen.finish().0)
}

/// The header of a document of which an owner has one.
pub(crate) fn header(network: NetworkId, kind: Kind, owner: PublicKey) -> DocumentHeader {
    let digest = sha256(&[b"knotwork/single/1", &kind.0.to_be_bytes()]);
    let mut nonce = [0; 16];
    nonce.copy_from_slice(&digest[..16]);
    DocumentHeader { format: FORMAT, network, space: SpaceId::Roster, kind, owner: Some(owner), nonce: Nonce(nonce) }
}

const ACCEPTS: &str = "accepts";
const NAME: &str = "name";
