//! Certificates: an organisation vouches for the keys of one person, or of its own service.
//!
//! A key counts from the first admitted change that names it, for good: what a certificate says later takes nothing
//! away, so that every node agrees in whatever order changes come. Ending a key is the work of a revocation.

use std::collections::BTreeMap;

use automerge::{ROOT, ReadDoc as _, ScalarValue, transaction::Transactable as _};
use knotwork_identity::{NetworkId, Nonce, PersonId, PublicKey, SecretKey, Signature, SpaceId, Timestamp, sha256};
use knotwork_ledger::{Action, CheckedChange, DocumentHeader, FORMAT, Key, Object, Pen, PenError, ScalarRef};

use crate::{WriteError, kinds};

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
    /// When each of them was added, as the organisation claims.
    pub since: Vec<Timestamp>,
}

/// Gives a person a key, beside those that they have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateEdit {
    /// The person.
    pub person: PersonId,
    /// The key.
    pub key: PublicKey,
    /// What the key signed to take part: [`Certificate::proof`].
    pub proof: Signature,
}

impl Certificate {
    /// What the changes of a certificate document say, or `None` where they say nothing yet.
    #[must_use]
    pub fn read<'a>(header: &DocumentHeader, changes: impl Iterator<Item = &'a CheckedChange>) -> Option<Self> {
        let said = Said::in_changes(header, changes);
        Self::checked(header, said.person?, said)
    }

    /// What one more change adds to a certificate of which it was read before whose it is: the keys in this change alone,
    /// so that a document of many changes is not checked anew with each. `service` is what was read before; a change that
    /// makes it one changes what is said of all keys, and gives `None`: then all are to be read.
    #[must_use]
    pub fn read_further(
        header: &DocumentHeader,
        change: &CheckedChange,
        person: PersonId,
        service: bool,
    ) -> Option<Self> {
        let said = Said::in_changes(header, std::iter::once(change));
        if said.service && !service {
            return None;
        }
        Self::checked(header, person, Said { service, ..said })
    }

    /// The keys whose signatures are right.
    fn checked(header: &DocumentHeader, person: PersonId, said: Said) -> Option<Self> {
        let organisation = header.owner?;
        let Said { service, candidates, .. } = said;
        let message = message(header.network, &organisation, &person);
        let mut added: BTreeMap<PublicKey, Timestamp> = BTreeMap::new();
        for (key, signature, time) in candidates {
            if key.verify(&message, &signature).is_ok() {
                // Of a key that was added twice every node tells the same time.
                added.entry(key).and_modify(|since| *since = (*since).min(time)).or_insert(time);
            }
        }
        let (keys, since) = added.into_iter().unzip();
        Some(Self { organisation, person, service, keys, since })
    }

    /// The header of the certificate that an organisation gives a person.
    #[must_use]
    pub fn header(network: NetworkId, organisation: PublicKey, person: &PersonId) -> DocumentHeader {
        DocumentHeader {
            format: FORMAT,
            network,
            space: SpaceId::Roster,
            kind: kinds::CERTIFICATE,
            owner: Some(organisation),
            nonce: nonce(person),
        }
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
        let mut pen = Pen::new(Self::header(network, organisation.public(), &person), organisation, time);
        pen.write(|document| {
            document.put(ROOT, PERSON, ScalarValue::Bytes(person.0.to_vec()))?;
            if service {
                document.put(ROOT, SERVICE, true)?;
            }
            document.put(ROOT, key.public().to_string(), ScalarValue::Bytes(proof.0.to_vec()))
        })?;
        Ok(pen.finish().0)
    }

    /// What a key signs to take part: with it the organisation can write the certificate later.
    #[must_use]
    pub fn proof(network: NetworkId, organisation: &PublicKey, person: &PersonId, key: &SecretKey) -> Signature {
        key.sign(&message(network, organisation, person))
    }
}

impl CertificateEdit {
    /// Writes the key as a further change on the certificate that the pen has open; nothing where it has the key already.
    ///
    /// # Errors
    /// When the document can take no more.
    pub fn write(&self, pen: &mut Pen<'_>) -> Result<(), WriteError> {
        let name = self.key.to_string();
        pen.write(|document| {
            if document.get(ROOT, PERSON)?.is_none() {
                document.put(ROOT, PERSON, ScalarValue::Bytes(self.person.0.to_vec()))?;
            }
            match document.get(ROOT, &name)? {
                Some(_) => Ok(()),
                None => document.put(ROOT, &name, ScalarValue::Bytes(self.proof.0.to_vec())),
            }
        })?;
        Ok(())
    }
}

/// What the changes of a certificate document say, before any signature is checked.
#[derive(Default)]
struct Said {
    person: Option<PersonId>,
    service: bool,
    candidates: Vec<(PublicKey, Signature, Timestamp)>,
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
                            said.candidates.push((key, Signature(signature), change.time()));
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
        let (keys, since) = (vec![key(2).public()], vec![Timestamp::NONE]);
        let expected = Certificate { organisation: key(1).public(), person, service: true, keys, since };
        assert_eq!(certificate, expected);
    }

    #[test]
    fn nobody_is_certified_without_taking_part() {
        let (network, person) = (NetworkId([9; 32]), PersonId([5; 16]));
        let header = Certificate::header(network, key(1).public(), &person);
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
        let right = Certificate::header(NetworkId([9; 32]), key(1).public(), &person);
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

    #[test]
    fn a_key_is_added_beside_the_first_and_once_and_the_earliest_time_counts() {
        let (network, person, organisation) = (NetworkId([9; 32]), PersonId([5; 16]), key(1));
        let time = |milliseconds| Timestamp::from_milliseconds(milliseconds).expect("small");
        let edit = |seed: u8| CertificateEdit {
            person,
            key: key(seed).public(),
            proof: Certificate::proof(network, &organisation.public(), &person, &key(seed)),
        };
        let header = Certificate::header(network, organisation.public(), &person);
        let mut pen = Pen::new(header.clone(), &organisation, time(10));
        edit(2).write(&mut pen).expect("small");
        let (first, history) = pen.finish();
        let mut pen = Pen::open(history.clone(), &organisation, time(20)).expect("it opens");
        edit(3).write(&mut pen).expect("small");
        let (second, whole) = pen.finish();
        // Beside it, as from a copy of the node: the same key, and another time.
        let mut pen = Pen::open(history, &organisation, time(15)).expect("it opens");
        edit(3).write(&mut pen).expect("small");
        let (beside, _) = pen.finish();
        let all = [first, second, beside].concat();
        let certificate = Certificate::read(&header, all.iter()).expect("complete");
        // Read change by change it is the same, all in all.
        let mut further: BTreeMap<PublicKey, Timestamp> = BTreeMap::new();
        for change in &all {
            let read = Certificate::read_further(&header, change, person, false).expect("a certificate");
            assert_eq!((read.person, read.service, read.keys.len()), (person, false, 1));
            further
                .entry(read.keys[0])
                .and_modify(|since| *since = (*since).min(read.since[0]))
                .or_insert(read.since[0]);
        }
        let whole_since: BTreeMap<PublicKey, Timestamp> =
            certificate.keys.iter().copied().zip(certificate.since.iter().copied()).collect();
        assert_eq!(further, whole_since);
        let machine = Certificate::write(network, &organisation, person, &key(9), true, time(5)).expect("small");
        assert_eq!(Certificate::read_further(&header, &machine[0], person, false), None, "it changes what all are");
        assert!(Certificate::read_further(&header, &machine[0], person, true).is_some());
        let since: BTreeMap<PublicKey, Timestamp> =
            certificate.keys.iter().copied().zip(certificate.since.iter().copied()).collect();
        assert_eq!(since, BTreeMap::from([(key(2).public(), time(10)), (key(3).public(), time(15))]));
        let mut pen = Pen::open(whole, &organisation, time(30)).expect("it opens");
        edit(3).write(&mut pen).expect("nothing is to be done");
        assert!(pen.finish().0.is_empty());
    }
}
