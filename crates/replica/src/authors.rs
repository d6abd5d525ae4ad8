//! Whose key is whose: the certificates that have been admitted.

use std::{collections::BTreeMap, sync::Arc};

use knotwork_documents::Certificate;
use knotwork_identity::PublicKey;

use crate::{Author, Roster};

/// The keys that may author changes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Authors {
    certified: Arc<BTreeMap<PublicKey, Author>>,
}

impl Authors {
    /// Takes in what a certificate says; gives the keys that were not known before. A certificate of an organisation
    /// that was never on the roster counts for nothing.
    pub(crate) fn learn(&mut self, certificate: &Certificate, roster: &dyn Roster) -> Vec<PublicKey> {
        if !roster.was_ever_on(&certificate.organisation) {
            return Vec::new();
        }
        let author = Author {
            organisation: certificate.organisation,
            person: Some(certificate.person),
            automatic: certificate.service,
        };
        let mut new = Vec::new();
        for key in &certificate.keys {
            let known = self.certified.get(key);
            // Of two organisations that certify one key the smaller is shown, on every node alike.
            if known.is_none_or(|known| {
                author.organisation < known.organisation
                    || (known.organisation == author.organisation && author.automatic)
            }) {
                if known.is_none() {
                    new.push(*key);
                }
                Arc::make_mut(&mut self.certified).insert(*key, author);
            }
        }
        new
    }

    /// Whether changes by a key may be admitted: certified, or an organisation's or node's own.
    pub(crate) fn knows(&self, key: &PublicKey, roster: &dyn Roster) -> bool {
        self.certified.contains_key(key) || roster.was_ever_on(key) || roster.node_was_ever_on(key)
    }

    /// Everything known, for readers.
    pub(crate) fn all(&self) -> Arc<BTreeMap<PublicKey, Author>> {
        self.certified.clone()
    }
}
