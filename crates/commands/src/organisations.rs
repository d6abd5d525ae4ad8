//! Organisations: who is in the network, and what each says of itself.

use knotwork_documents::{OrganisationEdit, OrganisationView, View};
use knotwork_identity::{PersonId, PublicKey};
use knotwork_replica::{Basis, Roster as _, Target};

use crate::{CommandError, Member, NodeHandle, PersonEntry, Signer};

/// An organisation of the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganisationEntry {
    /// Its key.
    pub key: PublicKey,
    /// The name under which it is in the network. Its profile does not change that: nobody takes another's name.
    pub name: String,
    /// What it says of itself, if that has arrived here.
    pub profile: Option<OrganisationView>,
}

impl NodeHandle {
    /// All organisations, from A to Z by name.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn organisations(&self) -> Result<Vec<OrganisationEntry>, CommandError> {
        let roster = self.roster();
        let entries: Result<Vec<OrganisationEntry>, CommandError> =
            roster.organisations().into_iter().map(|key| self.organisation_entry(key)).collect();
        let mut entries = entries?;
        entries.sort_by_cached_key(|entry| (entry.name.to_lowercase(), entry.key));
        Ok(entries)
    }

    /// The organisations that were in the network and have gone, from A to Z by name.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn organisations_gone(&self) -> Result<Vec<OrganisationEntry>, CommandError> {
        let agreed = self.agreed();
        let entries: Result<Vec<_>, _> = agreed.gone().keys().map(|key| self.organisation_entry(*key)).collect();
        let mut entries = entries?;
        entries.sort_by_cached_key(|entry| (entry.name.to_lowercase(), entry.key));
        Ok(entries)
    }

    /// One organisation; `None` where it is not in the network.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn organisation(&self, key: &PublicKey) -> Result<Option<OrganisationEntry>, CommandError> {
        if !self.roster().was_ever_on(key) {
            return Ok(None);
        }
        self.organisation_entry(*key).map(Some)
    }

    /// The members of an organisation who agreed to be named on its page, from A to Z.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn listed_members(&self, organisation: &PublicKey) -> Result<Vec<PersonEntry>, CommandError> {
        let people = self.people()?;
        let is_listed =
            |entry: &&PersonEntry| entry.organisation_key == *organisation && entry.fields.listed && !entry.left;
        let listed = people.all.iter().filter(is_listed);
        Ok(listed.cloned().collect())
    }

    /// Changes what this organisation says of itself. That is the stewards' to write, and its name is not in it.
    ///
    /// # Errors
    /// When the member is no steward, a field breaks a rule, or the node cannot write.
    pub async fn edit_organisation(&self, member: &Member, edit: OrganisationEdit) -> Result<(), CommandError> {
        self.check_steward(&member.person)?;
        let header = OrganisationEdit::header(self.origin(), self.organisation_key());
        let edit = OrganisationEdit { name: Some(self.organisation_name()), ..edit };
        let signer = Signer::Member(Box::new(self.organisation_secret().clone()));
        self.edit(Target::Of(header), edit.into(), Basis::Now, &signer).await.map(drop)
    }

    /// Whether a member looks after this node, as it stands now.
    pub(crate) fn check_steward(&self, person: &PersonId) -> Result<(), CommandError> {
        let account = self.accounts().account(person)?;
        if account.is_some_and(|account| account.steward) {
            Ok(())
        } else {
            Err(knotwork_accounts::AccountError::NotASteward.into())
        }
    }

    fn organisation_entry(&self, key: PublicKey) -> Result<OrganisationEntry, CommandError> {
        let profile = match self.any_view(&OrganisationEdit::header(self.origin(), key).id())? {
            Some(View::Organisation(view)) => Some(view),
            _ => None,
        };
        Ok(OrganisationEntry { key, name: self.name_of(&key), profile })
    }
}
