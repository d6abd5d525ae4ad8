//! Whose key is whose: the certificates of people, services and nodes that have been admitted.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use knotwork_documents::{Certificate, Paper};
use knotwork_governance::NodeCertificate;
use knotwork_identity::{DocumentId, PersonId, PublicKey, Timestamp};
use knotwork_ledger::{CheckedChange, History};

use crate::{Author, FurtherNodes, Roster, limits};

/// The keys that may author changes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Authors {
    certified: Arc<BTreeMap<PublicKey, Author>>,
    /// Every key with every organisation that certified it.
    certifiers: Arc<BTreeSet<(PublicKey, PublicKey)>>,
    /// Every node with every organisation that certified it, and whether it is to be served.
    nodes: Arc<BTreeMap<PublicKey, BTreeMap<PublicKey, bool>>>,
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

    /// Takes in that a change of a node's certificate makes a key a node's, which counts for good; gives the organisation and
    /// the node where that was not known.
    pub(crate) fn learn_node(&mut self, change: &CheckedChange, roster: &dyn Roster) -> Option<(PublicKey, PublicKey)> {
        let organisation = change.header().owner?;
        let Paper::NodeCertificate(NodeCertificate { node, .. }) = Paper::read(change)? else { return None };
        if self.certifiers.contains(&(node.key, organisation)) || !roster.vouches(&organisation, &node) {
            return None;
        }
        Arc::make_mut(&mut self.certifiers).insert((node.key, organisation));
        Arc::make_mut(&mut self.nodes).entry(node.key).or_default().insert(organisation, false);
        Some((organisation, node.key))
    }

    /// Takes in whether a node is to be served, which is what its certificate says last.
    pub(crate) fn learn_served(&mut self, certificate: &History) {
        let Some(organisation) = certificate.header().owner else { return };
        let said = certificate.in_order().filter_map(|change| match Paper::read(change)? {
            Paper::NodeCertificate(certificate) => Some(certificate),
            _ => None,
        });
        let Some(NodeCertificate { node, served }) = said.last() else { return };
        let known = self.nodes.get(&node.key).and_then(|by| by.get(&organisation));
        if known.is_some_and(|known| *known != served) {
            Arc::make_mut(&mut self.nodes).entry(node.key).or_default().insert(organisation, served);
        }
    }

    /// The nodes that are to be served as their organisations say, each with those: of one organisation not more than the
    /// first by key up to the limit, the one that signs for it among them.
    pub(crate) fn served_nodes(&self) -> FurtherNodes {
        let mut served: BTreeMap<PublicKey, BTreeSet<PublicKey>> = BTreeMap::new();
        let mut counts: BTreeMap<PublicKey, usize> = BTreeMap::new();
        for (node, by) in self.nodes.iter() {
            for (organisation, _) in by.iter().filter(|(_, served)| **served) {
                let count = counts.entry(*organisation).or_default();
                *count += 1;
                if *count <= limits::NODES_MAX {
                    served.entry(*node).or_default().insert(*organisation);
                }
            }
        }
        Arc::new(served)
    }

    /// Whether changes by a key may be admitted: certified, or an organisation's or node's own.
    pub(crate) fn knows(&self, key: &PublicKey, roster: &dyn Roster) -> bool {
        self.certified.contains_key(key) || roster.was_ever_on(key) || self.knows_node(key, roster)
    }

    /// Whether a key is that of a node, as an organisation or the minutes said once.
    pub(crate) fn knows_node(&self, key: &PublicKey, roster: &dyn Roster) -> bool {
        self.nodes.contains_key(key) || roster.node_was_ever_on(key)
    }

    /// Whether an organisation gave a key to somebody, also where the word of another counts.
    pub(crate) fn was_certified_by(&self, key: &PublicKey, organisation: &PublicKey) -> bool {
        self.certifiers.contains(&(*key, *organisation))
    }

    /// The organisation whose a key is: that which certified it, as a person's or a node's, or whose node it was by the
    /// minutes; or the key itself.
    pub(crate) fn organisation_of(&self, key: &PublicKey, roster: &dyn Roster) -> PublicKey {
        let certified = self.certified.get(key).map(|author| author.organisation);
        let certified =
            certified.or_else(|| roster.named_ever(key)).or_else(|| self.certifiers_of(key).next().copied());
        certified.unwrap_or(*key)
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
    use knotwork_documents::PaperEdit;
    use knotwork_governance::SignedNode;
    use knotwork_identity::{Card, Genesis, NetworkId, Nonce, SecretKey, Timestamp, sha256};
    use knotwork_ledger::Pen;

    use super::*;
    use crate::AgreedRoster;

    /// A network that these found, each with a node whose key is made from its own.
    fn circle(organisations: &[&SecretKey]) -> (NetworkId, AgreedRoster) {
        let node = |key: &SecretKey| SecretKey::from_seed(&sha256(&[&key.public().0])).public();
        let card = |key: &&SecretKey| Card {
            name: "A".into(),
            organisation: key.public(),
            node: node(key),
            addresses: Vec::new(),
        };
        let founders = organisations.iter().map(card).collect();
        let genesis = Genesis { nonce: [7; 32], name: "N".into(), purpose: "P".into(), founders };
        (genesis.network(), AgreedRoster::founded(genesis))
    }

    #[test]
    fn certificates_say_the_same_in_whatever_order_they_come() {
        let [first, second, member] = [1, 2, 3].map(|seed| SecretKey::from_seed(&[seed; 32]));
        let (network, roster) = circle(&[&first, &second]);
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

    /// The certificate that an organisation gives a node, saying these one after the other.
    fn certified(network: NetworkId, organisation: &SecretKey, node: SignedNode, served: &[bool]) -> History {
        let header = Paper::NodeCertificate(NodeCertificate { node, served: true });
        let header = header.header(network, organisation.public(), Nonce([0; 16]));
        let mut pen = Pen::new(header, organisation, Timestamp::NONE);
        for served in served {
            let said = Paper::NodeCertificate(NodeCertificate { node, served: *served });
            PaperEdit::new(said).write(&mut pen).expect("small");
        }
        pen.finish().1
    }

    fn learn(authors: &mut Authors, certificate: &History, roster: &AgreedRoster) {
        for change in certificate.changes() {
            authors.learn_node(change, roster);
        }
        authors.learn_served(certificate);
    }

    #[test]
    fn a_node_is_known_for_good_and_served_as_its_organisation_said_last() {
        let [own, other, node] = [1, 2, 3].map(|seed| SecretKey::from_seed(&[seed; 32]));
        let (network, roster) = circle(&[&own, &other]);
        let signed = SignedNode::sign(network, own.public(), &node);
        for said in [&[true][..], &[true, false], &[false, true], &[true, false, true, false]] {
            let mut authors = Authors::default();
            assert!(!authors.knows(&node.public(), &roster));
            learn(&mut authors, &certified(network, &own, signed, said), &roster);
            assert!(authors.knows(&node.public(), &roster), "{said:?}");
            assert!(authors.was_certified_by(&node.public(), &own.public()));
            let serves = *said.last().expect("there is one");
            assert!(roster.serve_also(authors.served_nodes()) || !serves);
            assert_eq!(roster.organisation_of(&node.public()), serves.then(|| own.public()), "{said:?}");
            roster.serve_also(FurtherNodes::default());
        }
        // Nobody is named who has not signed, nor for a network that this one does not go back to, nor by a stranger.
        let stranger = SecretKey::from_seed(&[9; 32]);
        for (by, node) in [
            (&other, signed),
            (&own, SignedNode::sign(NetworkId([9; 32]), own.public(), &node)),
            (&stranger, SignedNode::sign(network, stranger.public(), &node)),
        ] {
            let mut authors = Authors::default();
            learn(&mut authors, &certified(network, by, node, &[true]), &roster);
            assert!(authors.served_nodes().is_empty());
            assert!(!authors.knows(&node.key, &roster));
        }
        // Of one organisation so many are served and no more.
        let mut authors = Authors::default();
        for seed in 0..=limits::NODES_MAX {
            let node = SecretKey::from_seed(&[u8::try_from(seed).expect("few") + 100; 32]);
            let signed = SignedNode::sign(network, own.public(), &node);
            learn(&mut authors, &certified(network, &own, signed, &[true]), &roster);
        }
        roster.serve_also(authors.served_nodes());
        assert_eq!(roster.nodes().len(), 2 + limits::NODES_MAX);
    }

    #[test]
    fn a_certified_node_is_its_organisations_and_no_others() {
        let [first, second, node] = [1, 2, 3].map(|seed| SecretKey::from_seed(&[seed; 32]));
        let (_, roster) = circle(&[&first, &second]);
        let served = |by: &[(&SecretKey, PublicKey)]| {
            let mut all: BTreeMap<PublicKey, BTreeSet<PublicKey>> = BTreeMap::new();
            for (organisation, node) in by {
                all.entry(*node).or_default().insert(organisation.public());
            }
            roster.serve_also(Arc::new(all));
        };
        // Both certify it, and it has signed for both.
        served(&[(&first, node.public()), (&second, node.public())]);
        let least = first.public().min(second.public());
        assert_eq!(roster.organisation_of(&node.public()), Some(least));
        // One that minutes name is that organisation's, and an organisation's key is no node's.
        let named = roster.agreed().parties()[&first.public()].node.expect("it has one");
        served(&[(&second, named), (&second, first.public())]);
        assert_eq!(roster.organisation_of(&named), Some(first.public()));
        assert_eq!(roster.organisation_of(&first.public()), None);
        assert_eq!(roster.nodes().len(), 2);
    }
}
