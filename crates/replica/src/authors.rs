//! Whose key is whose: the certificates that have been admitted.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use knotwork_documents::Certificate;
use knotwork_identity::{DocumentId, PersonId, PublicKey, Timestamp};
use knotwork_ledger::{CheckedChange, History};

use crate::{Author, Roster};

/// The keys that may author changes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Authors {
    certified: Arc<BTreeMap<PublicKey, Author>>,
    /// Every key with every organisation that certified it.
    certifiers: Arc<BTreeSet<(PublicKey, PublicKey)>>,
    /// The certificates that have been read: whose each is, and whether it is a service's.
    read: Arc<BTreeMap<DocumentId, (PersonId, bool)>>,
}

impl Authors {
    /// Takes in what a certificate says; gives the keys that were not known before. A certificate of an organisation
    /// that was never on the roster counts for nothing.
    pub(crate) fn learn(&mut self, certificate: &Certificate, roster: &dyn Roster) -> Vec<PublicKey> {
        if !roster.was_ever_on(&certificate.organisation) {
            return Vec::new();
        }
        let mut new = Vec::new();
        for (key, since) in certificate.keys.iter().zip(&certificate.since) {
            let author = Author {
                organisation: certificate.organisation,
                person: Some(certificate.person),
                automatic: certificate.service,
                since: *since,
                revoked: false,
            };
            let certifier = (*key, certificate.organisation);
            if !self.certifiers.contains(&certifier) {
                Arc::make_mut(&mut self.certifiers).insert(certifier);
            }
            let known = self.certified.get(key);
            // Of two certificates for one key the same is shown on every node, in whatever order they came.
            if known.is_none_or(|known| rank(&author) < rank(known)) {
                if known.is_none() {
                    new.push(*key);
                }
                let revoked = known.is_some_and(|known| known.revoked);
                Arc::make_mut(&mut self.certified).insert(*key, Author { revoked, ..author });
            }
        }
        new
    }

    /// Takes in what a further change of a certificate says, which `history` has among its changes; gives the certificate
    /// with the keys that had to be read for that, and those that were not known before.
    pub(crate) fn learn_change(
        &mut self,
        history: &History,
        change: &CheckedChange,
        roster: &dyn Roster,
    ) -> Option<(Certificate, Vec<PublicKey>)> {
        let header = change.header();
        let known = self.read.get(&change.document()).copied();
        let further = known.and_then(|(person, service)| Certificate::read_further(header, change, person, service));
        let certificate = further.or_else(|| Certificate::read(header, history.changes().map(AsRef::as_ref)))?;
        let new = self.learn_document(change.document(), &certificate, roster);
        Some((certificate, new))
    }

    /// Takes in a certificate that was read, of this document.
    pub(crate) fn learn_document(
        &mut self,
        document: DocumentId,
        certificate: &Certificate,
        roster: &dyn Roster,
    ) -> Vec<PublicKey> {
        let says = (certificate.person, certificate.service);
        if self.read.get(&document) != Some(&says) {
            Arc::make_mut(&mut self.read).insert(document, says);
        }
        self.learn(certificate, roster)
    }

    /// Whether changes by a key may be admitted: certified, or an organisation's or node's own.
    pub(crate) fn knows(&self, key: &PublicKey, roster: &dyn Roster) -> bool {
        self.certified.contains_key(key) || roster.was_ever_on(key) || roster.node_was_ever_on(key)
    }

    /// Whether an organisation gave a key to somebody, also where the word of another counts.
    pub(crate) fn was_certified_by(&self, key: &PublicKey, organisation: &PublicKey) -> bool {
        self.certifiers.contains(&(*key, *organisation))
    }

    /// The organisation whose a key is: that which certified it, or the key itself.
    pub(crate) fn organisation_of(&self, key: &PublicKey) -> PublicKey {
        self.certified.get(key).map_or(*key, |author| author.organisation)
    }

    /// The organisations that gave a key to somebody.
    pub(crate) fn certifiers_of(&self, key: &PublicKey) -> impl Iterator<Item = &PublicKey> {
        let (first, last) = ((*key, PublicKey([0; 32])), (*key, PublicKey([0xFF; 32])));
        self.certifiers.range(first..=last).map(|(_, organisation)| organisation)
    }

    /// The keys that an organisation gave to somebody.
    pub(crate) fn keys_of(&self, organisation: &PublicKey) -> impl Iterator<Item = &PublicKey> {
        self.certifiers.iter().filter(move |(_, of)| of == organisation).map(|(key, _)| key)
    }

    /// Notes whether a key has been revoked.
    pub(crate) fn set_revoked(&mut self, key: &PublicKey, revoked: bool) {
        if self.certified.get(key).is_some_and(|author| author.revoked != revoked)
            && let Some(author) = Arc::make_mut(&mut self.certified).get_mut(key)
        {
            author.revoked = revoked;
        }
    }

    /// Every key with every organisation that certified it, for readers.
    pub(crate) fn all_certifiers(&self) -> Arc<BTreeSet<(PublicKey, PublicKey)>> {
        self.certifiers.clone()
    }

    /// Everything known, for readers.
    pub(crate) fn all(&self) -> Arc<BTreeMap<PublicKey, Author>> {
        self.certified.clone()
    }
}

/// The least of what certificates say of a key counts. Whatever says that a key is a machine's comes first.
fn rank(author: &Author) -> (PublicKey, bool, Option<PersonId>, Timestamp) {
    (author.organisation, !author.automatic, author.person, author.since)
}

#[cfg(test)]
mod tests {
    use knotwork_identity::{Card, Genesis, SecretKey, Timestamp};

    use super::*;
    use crate::AgreedRoster;

    #[test]
    fn certificates_say_the_same_in_whatever_order_they_come() {
        let [first, second, member] = [1, 2, 3].map(|seed| SecretKey::from_seed(&[seed; 32]));
        let card = |key: &SecretKey| Card {
            name: "A".into(),
            organisation: key.public(),
            node: key.public(),
            addresses: Vec::new(),
        };
        let founders = vec![card(&first), card(&second)];
        let genesis = Genesis { nonce: [7; 32], name: "N".into(), purpose: "P".into(), founders };
        let network = genesis.network();
        let roster = AgreedRoster::founded(genesis);
        let mut certificates = Vec::new();
        for organisation in [&first, &second] {
            for (person, service) in [(5, false), (4, false), (9, true), (8, true)] {
                let person = PersonId([person; 16]);
                let changes = Certificate::write(network, organisation, person, &member, service, Timestamp::NONE)
                    .expect("small");
                let header = changes[0].header().clone();
                certificates.push(Certificate::read(&header, changes.iter()).expect("just written"));
            }
        }
        let learnt = |certificates: &[Certificate]| {
            let mut authors = Authors::default();
            for certificate in certificates {
                authors.learn(certificate, &roster);
            }
            authors.all()[&member.public()]
        };
        let expected = learnt(&certificates);
        assert_eq!((expected.automatic, expected.person), (true, Some(PersonId([8; 16]))));
        for start in 0..certificates.len() {
            let mut turned = certificates.clone();
            turned.rotate_left(start);
            assert_eq!(learnt(&turned), expected);
            turned.reverse();
            assert_eq!(learnt(&turned), expected);
        }
    }
}
