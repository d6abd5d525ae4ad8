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
        let Said { person, service, candidates } = Said::in_changes(header, changes);
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

    /// Whose keys a certificate document is about, or `None` where it is no certificate, or says so not yet.
    pub(crate) fn person_of<'a>(
        header: &DocumentHeader,
        changes: impl Iterator<Item = &'a CheckedChange>,
    ) -> Option<PersonId> {
        Said::in_changes(header, changes).person
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
        let proof = Self::proof(network, &organisation.public(), &person, key);
        Self::write_certificate(network, organisation, person, (&key.public(), &proof), service, time)
    }

    /// What a key signs to take part: with it the organisation can write the certificate later.
    #[must_use]
    pub fn proof(network: NetworkId, organisation: &PublicKey, person: &PersonId, key: &SecretKey) -> Signature {
        key.sign(&message(network, organisation, person))
    }

    /// Writes a new certificate for one person, whose key has signed before that it takes part.
    ///
    /// # Errors
    /// None in practice: a certificate is far below every limit.
    pub fn write_proven(
        network: NetworkId,
        organisation: &SecretKey,
        person: PersonId,
        key: &PublicKey,
        proof: &Signature,
        time: Timestamp,
    ) -> Result<Vec<CheckedChange>, PenError> {
        Self::write_certificate(network, organisation, person, (key, proof), false, time)
    }

    fn write_certificate(
        network: NetworkId,
        organisation: &SecretKey,
        person: PersonId,
        (key, proof): (&PublicKey, &Signature),
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
        let mut pen = Pen::new(header, organisation, time);
        pen.write(|document| {
            document.put(ROOT, PERSON, ScalarValue::Bytes(person.0.to_vec()))?;
            if service {
                document.put(ROOT, SERVICE, true)?;
            }
            document.put(ROOT, key.to_string(), ScalarValue::Bytes(proof.0.to_vec()))
        })?;
        Ok(pen.finish().0)
    }
}

/// What the changes of a certificate document say, before any signature is checked.
#[derive(Default)]
struct Said {
    person: Option<PersonId>,
    service: bool,
    candidates: Vec<(PublicKey, Signature)>,
}

impl Said {
    fn in_changes<'a>(header: &DocumentHeader, changes: impl Iterator<Item = &'a CheckedChange>) -> Self {
        let mut said = Self::default();
        if header.kind != kinds::CERTIFICATE || header.space != SpaceId::Roster || header.owner.is_none() {
            return said;
        }
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
                        said.person = said.person.or(named.filter(|person| nonce(person) == header.nonce));
                    }
                    (SERVICE, ScalarRef::Boolean(true)) => said.service = true,
                    (key, ScalarRef::Bytes(bytes)) => {
                        if let (Ok(key), Ok(signature)) = (key.parse(), bytes.try_into()) {
                            said.candidates.push((key, Signature(signature)));
                        }
                    }
                    _ => {}
                }
            }
        }
        said
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

    /// What a certificate for key 2 says under another header, with a second key and a service added later.
    fn read_under(header: DocumentHeader, owner: u8) -> Option<Certificate> {
        let (network, person) = (NetworkId([9; 32]), PersonId([5; 16]));
        let organisation = key(owner);
        let mut pen = Pen::new(header, &organisation, Timestamp::NONE);
        let signed = |seed: u8| {
            let signature = key(seed).sign(&message(network, &key(1).public(), &person));
            (key(seed).public().to_string(), ScalarValue::Bytes(signature.0.to_vec()))
        };
        for seed in [2, 3] {
            let (name, signature) = signed(seed);
            pen.write(|document| {
                document.put(ROOT, PERSON, ScalarValue::Bytes(person.0.to_vec()))?;
                document.put(ROOT, name, signature)
            })
            .expect("small");
        }
        let (changes, history) = pen.finish();
        let read = Certificate::read(history.header(), changes.iter());
        assert_eq!(Certificate::read(history.header(), changes.iter().rev()), read, "in whatever order they come");
        read
    }

    #[test]
    fn a_person_can_have_several_keys_in_the_one_document_that_is_theirs() {
        let person = PersonId([5; 16]);
        let right = DocumentHeader {
            format: FORMAT,
            network: NetworkId([9; 32]),
            space: SpaceId::Roster,
            kind: kinds::CERTIFICATE,
            owner: Some(key(1).public()),
            nonce: nonce(&person),
        };
        let mut keys = vec![key(2).public(), key(3).public()];
        keys.sort_unstable();
        let certificate = read_under(right.clone(), 1).expect("complete");
        assert_eq!((certificate.keys, certificate.person), (keys, person));
        for wrong in [
            DocumentHeader { nonce: nonce(&PersonId([6; 16])), ..right.clone() },
            DocumentHeader { space: SpaceId::Commons, ..right.clone() },
            DocumentHeader { kind: kinds::ACCEPTANCE, ..right.clone() },
            DocumentHeader { owner: None, ..right.clone() },
        ] {
            assert_eq!(read_under(wrong, 1), None);
        }
        // Another organisation copies the signatures, and another network's: they were made for neither.
        let copied = DocumentHeader { owner: Some(key(4).public()), ..right.clone() };
        assert_eq!(read_under(copied, 4).map(|certificate| certificate.keys), Some(Vec::new()));
        let elsewhere = DocumentHeader { network: NetworkId([8; 32]), ..right };
        assert_eq!(read_under(elsewhere, 1).map(|certificate| certificate.keys), Some(Vec::new()));
    }
}
