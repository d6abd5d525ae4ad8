//! Whose keys are whose, for those who read: who wrote something, and for which organisation.

use knotwork_identity::PublicKey;
use knotwork_replica::Roster as _;

use crate::{ContributorView, NodeHandle};

impl NodeHandle {
    pub(crate) fn contributor(&self, key: &PublicKey) -> ContributorView {
        // Owned: what is asked below looks at the status too, and whoever holds it twice can wait for its writer for good.
        let authors = self.status().authors.clone();
        match authors.get(key) {
            // A key of no person: a node's, or an organisation's own.
            None => ContributorView {
                organisation: self.organisation_of_key(key).map(|organisation| self.name_of(&organisation)),
                person: None,
                name: None,
                automatic: false,
                left: false,
            },
            Some(author) => {
                let person = author.person.filter(|_| !author.automatic);
                // Of what machines wrote there is nobody to be looked up.
                let people = person.and_then(|_| self.people().ok());
                let people = people.as_ref().zip(person.as_ref());
                ContributorView {
                    organisation: Some(self.name_of(&author.organisation)),
                    person: author.person,
                    name: people.and_then(|(people, person)| people.name_of(person, &author.organisation)),
                    automatic: author.automatic,
                    // Of an organisation that has gone nobody's key goes on, and nobody has left it for that.
                    left: people.is_some_and(|(people, person)| people.has_left(person, &author.organisation))
                        && !self.agreed().gone().contains_key(&author.organisation),
                }
            }
        }
    }

    pub(crate) fn name_of(&self, organisation: &PublicKey) -> String {
        self.roster_name_of(organisation).unwrap_or_else(|| organisation.to_string())
    }

    pub(crate) fn roster_name_of(&self, organisation: &PublicKey) -> Option<String> {
        self.roster().name_of(organisation)
    }

    /// The organisation whose a key is that is no person's and no service's.
    fn organisation_of_key(&self, key: &PublicKey) -> Option<PublicKey> {
        let (first, last) = ((*key, PublicKey([0; 32])), (*key, PublicKey([0xFF; 32])));
        let certifiers = self.status().certifiers.clone();
        let own = || self.agreed().was_ever_on(key).then_some(*key);
        let certified = || certifiers.range(first..=last).next().map(|(_, organisation)| *organisation);
        self.organisation_of_node(key).or_else(certified).or_else(own)
    }
}
