//! Certificates: an organisation vouches for the keys of one person, or of its own service.
//!
//! A key counts from the first admitted change that names it, for good: what a certificate says later takes nothing
//! away, so that every node agrees in whatever order changes come. Ending a key is the work of a revocation.

use automerge::{ROOT, ScalarValue, transaction::Transactable as _};
use knotwork_identity::{NetworkId, Nonce, PersonId, PublicKey, SecretKey, Signature, SpaceId, Timestamp, sha256};
use knotwork_ledger::{Action, CheckedChange, DocumentHeader, FORMAT, Key, Object, Pen, PenError, ScalarRef};

use crate::kinds;

/// What a certificate says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// The organisation that vouches.
    pub organisation: PublicKey,
    /// The person, or the service.
    pub person: PersonId,
    /// Whether this is a service, which signs what comes in by a machine's token.
    pub service: bool,
    /// The keys, each of which signed that it takes part; sorted.
    pub keys: Vec<PublicKey>,
}

impl Certificate {
    /// What the changes of a certificate document say, or `None` where they say nothing yet.
    #[must_use]
    pub fn read<'a>(header: &DocumentHeader, changes: impl Iterator<Item = &'a CheckedChange>) -> Option<Self> {
        let organisation = header.owner?;
        if header.kind != kinds::CERTIFICATE || header.space != SpaceId::Roster {
            return None;
        }
        let mut person = None;
        let mut service = false;
        let mut candidates: Vec<(PublicKey, Signature)> = Vec::new();
        for change in changes {
            for operation in change.operations().iter() {
                let (Object::Root, Key::Map(name), Action::Set(value)) =
                    (operation.object, operation.key, operation.action)
                else {
                    continue;
                };
                match (name, value) {
                    (PERSON, ScalarRef::Bytes(bytes)) => {
                        let named = bytes.try_into().ok().map(PersonId);
                        person = person.or(named.filter(|person| nonce(person) == header.nonce));
                    }
                    (SERVICE, ScalarRef::Boolean(true)) => service = true,
                    (key, ScalarRef::Bytes(bytes)) => {
                        if let (Ok(key), Ok(signature)) = (key.parse(), bytes.try_into()) {
                            candidates.push((key, Signature(signature)));
                        }
                    }
                    _ => {}
                }
            }
        }
        let person = person?;
        let message = message(header.network, &organisation, &person);
        let mut keys: Vec<PublicKey> = candidates
            .into_iter()
            .filter(|(key, signature)| key.verify(&message, signature).is_ok())
            .map(|(key, _)| key)
            .collect();
        keys.sort_unstable();
        keys.dedup();
        Some(Self { organisation, person, service, keys })
    }

    /// Writes a new certificate for one person and key, signed by both.
    ///
    /// # Errors
    /// None in practice: a certificate is far below every limit.
    pub fn write(
        network: NetworkId,
        organisation: &SecretKey,
        person: PersonId,
        key: &SecretKey,
        service: bool,
        time: Timestamp,
    ) -> Result<Vec<CheckedChange>, PenError> {
        let owner = organisation.public();
        let header = DocumentHeader {
            format: FORMAT,
            network,
            space: SpaceId::Roster,
            kind: kinds::CERTIFICATE,
            owner: Some(owner),
            nonce: nonce(&person),
        };
        let signature = key.sign(&message(network, &owner, &person));
        let mut pen = Pen::new(header, organisation, time);
        pen.write(|document| {
            document.put(ROOT, PERSON, ScalarValue::Bytes(person.0.to_vec()))?;
            if service {
                document.put(ROOT, SERVICE, true)?;
            }
            document.put(ROOT, key.public().to_string(), ScalarValue::Bytes(signature.0.to_vec()))
        })?;
        Ok(pen.finish().0)
    }
}

/// The nonce of a person's certificate, so that an organisation has one for each person.
fn nonce(person: &PersonId) -> Nonce {
    let digest = sha256(&[b"knotwork/certificate/nonce/1", &person.0]);
    let mut nonce = [0; 16];
    nonce.copy_from_slice(&digest[..16]);
    Nonce(nonce)
}

/// What a key signs to take part.
fn message(network: NetworkId, organisation: &PublicKey, person: &PersonId) -> Vec<u8> {
    [b"knotwork/certificate/1".as_slice(), &network.0, &organisation.0, &person.0].concat()
}

const PERSON: &str = "person";
const SERVICE: &str = "service";

#[cfg(test)]
mod tests {
    use super::*;

    fn key(seed: u8) -> SecretKey {
        SecretKey::from_seed(&[seed; 32])
    }

    #[test]
    fn a_certificate_says_who_and_with_which_key() {
        let person = PersonId([5; 16]);
        let changes =
            Certificate::write(NetworkId([9; 32]), &key(1), person, &key(2), true, Timestamp::NONE).expect("small");
        let certificate = Certificate::read(changes[0].header(), changes.iter()).expect("complete");
        let expected =
            Certificate { organisation: key(1).public(), person, service: true, keys: vec![key(2).public()] };
        assert_eq!(certificate, expected);
    }

    #[test]
    fn nobody_is_certified_without_taking_part() {
        let (network, person) = (NetworkId([9; 32]), PersonId([5; 16]));
        let header = DocumentHeader {
            format: FORMAT,
            network,
            space: SpaceId::Roster,
            kind: kinds::CERTIFICATE,
            owner: Some(key(1).public()),
            nonce: nonce(&person),
        };
        let organisation = key(1);
        // Another organisation's invitation is signed, not this one's.
        let signature = key(2).sign(&message(network, &key(3).public(), &person));
        let mut pen = Pen::new(header, &organisation, Timestamp::NONE);
        pen.write(|document| {
            document.put(ROOT, PERSON, ScalarValue::Bytes(person.0.to_vec()))?;
            document.put(ROOT, key(2).public().to_string(), ScalarValue::Bytes(signature.0.to_vec()))
        })
        .expect("small");
        let (changes, _) = pen.finish();
        let certificate = Certificate::read(changes[0].header(), changes.iter()).expect("names a person");
        assert!(certificate.keys.is_empty());
    }
}
