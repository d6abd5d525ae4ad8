//! Hosted organisations: those whose members use this node, each with a key, accounts and a voice of its own.
//!
//! A handle asks for one organisation at a time. What it certifies, mandates and says is signed with that organisation's key,
//! and its accounts are on a shelf of their own: so members of one never act for another.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
};

use knotwork_accounts::{AccountError, Accounts};
use knotwork_documents::{write_acceptance, write_profile};
use knotwork_governance::{Application, Said};
use knotwork_identity::{PublicKey, SecretKey, Timestamp};
use knotwork_minutes::Party;

use crate::{
    Command, CommandError, DecisionError, NodeHandle, NodeParts, Right, cupboard::LocalValues, directory::Directory,
};

/// The key of an organisation that this node hosts, or is to host.
#[derive(Debug, Clone)]
pub struct HostedKey {
    /// What it is called.
    pub name: String,
    /// Its key.
    pub key: SecretKey,
}

/// An organisation whose key this node keeps for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostedEntry {
    /// Its key.
    pub organisation: PublicKey,
    /// What it is called.
    pub name: String,
    /// How it stands.
    pub state: HostedState,
    /// How many accounts its members have here.
    pub members: usize,
}

/// How an organisation stands whose key this node keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostedState {
    /// It is not on the roster yet.
    Applies,
    /// Its members use this node.
    Hosted,
    /// It has a node of its own, or another host.
    Elsewhere,
    /// It was on the roster and is not any more.
    Gone,
}

/// An organisation at this node: its key, and the accounts of its members.
pub(crate) struct Household {
    organisation: SecretKey,
    name: String,
    /// Stands before the names of the node's own values that are this household's.
    shelf: String,
    accounts: Accounts,
    /// What its members see of people: of what others show to their own organisation alone, nothing.
    directory: Directory,
    /// Whether what it signs on coming in has been written.
    settled: AtomicBool,
}

/// All organisations beside the node's own whose keys it keeps.
pub(crate) struct Households {
    read: Box<dyn Fn() -> Result<Vec<HostedKey>, String> + Send + Sync>,
    known: RwLock<BTreeMap<PublicKey, Arc<Household>>>,
}

impl Household {
    /// That of the organisation whose node it is.
    pub(crate) fn own(parts: &NodeParts) -> Self {
        let shelf = LocalValues::new(parts.storage.clone(), String::new());
        let organisation = parts.organisation.clone();
        let accounts = Accounts::new(Arc::new(shelf));
        let (directory, settled) = (Directory::default(), AtomicBool::new(true));
        Self { organisation, name: String::new(), shelf: String::new(), accounts, directory, settled }
    }

    fn hosted(handle: &NodeHandle, hosted: HostedKey) -> Self {
        let prefix = format!("{SHELF}{}/", hosted.key.public());
        let shelf = LocalValues::new(handle.shared_storage().clone(), prefix.clone());
        let accounts = Accounts::new(Arc::new(shelf));
        let (directory, settled) = (Directory::default(), AtomicBool::new(false));
        Self { organisation: hosted.key, name: hosted.name, shelf: prefix, accounts, directory, settled }
    }

    pub(crate) fn organisation(&self) -> &SecretKey {
        &self.organisation
    }

    /// The name under which this household keeps a value among the node's own.
    pub(crate) fn shelved(&self, name: &str) -> String {
        format!("{}{name}", self.shelf)
    }

    pub(crate) fn accounts(&self) -> &Accounts {
        &self.accounts
    }

    pub(crate) fn directory(&self) -> &Directory {
        &self.directory
    }
}

impl Households {
    pub(crate) fn new(read: impl Fn() -> Result<Vec<HostedKey>, String> + Send + Sync + 'static) -> Self {
        Self { read: Box::new(read), known: RwLock::default() }
    }

    fn all(&self) -> Vec<Arc<Household>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }
}

impl Default for Households {
    fn default() -> Self {
        Self::new(|| Ok(Vec::new()))
    }
}

impl NodeHandle {
    /// The most organisations that one node hosts.
    pub const HOSTED_MAX: usize = 16;

    /// Reads which organisations' keys are here, and calls those by their names that the network does not know yet.
    ///
    /// # Errors
    /// When the keys cannot be read, or there are too many.
    pub fn read_hosted(&self) -> Result<(), CommandError> {
        let keys = (self.households().read)().map_err(CommandError::Failed)?;
        if keys.len() > Self::HOSTED_MAX {
            let most = Self::HOSTED_MAX;
            return Err(refused(format!("{} organisations would be hosted here, and {most} are the most", keys.len())));
        }
        let mut known = self.households().known.write().unwrap_or_else(PoisonError::into_inner);
        known.retain(|key, _| keys.iter().any(|hosted| hosted.key.public() == *key));
        for hosted in keys.into_iter().filter(|hosted| hosted.key.public() != self.host_key()) {
            let key = hosted.key.public();
            if self.roster_name_of(&key).is_none() {
                self.roster().call(key, hosted.name.clone());
            }
            known.entry(key).or_insert_with(|| Arc::new(Household::hosted(self, hosted)));
        }
        Ok(())
    }

    /// The organisations whose keys are here, from A to Z.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn hosted(&self) -> Result<Vec<HostedEntry>, CommandError> {
        let mut entries = Vec::new();
        for household in self.households().all() {
            let organisation = household.organisation.public();
            entries.push(HostedEntry {
                organisation,
                name: household.name.clone(),
                state: self.hosted_state(&organisation),
                members: household.accounts.accounts()?.len(),
            });
        }
        entries.sort_by_cached_key(|entry| (entry.name.to_lowercase(), entry.organisation));
        Ok(entries)
    }

    /// Takes in the key of an organisation that is to be hosted, and applies for it: it accepts the charter in force. Where
    /// it is on the roster already, nothing is applied for.
    ///
    /// # Errors
    /// When its key is not here, or the node cannot write.
    pub fn take_in(&self, organisation: &PublicKey) -> Result<HostedEntry, CommandError> {
        self.read_hosted()?;
        let household = self.household(organisation)?;
        if !self.agreed().parties().contains_key(organisation) {
            let charter = self.agreed().charter().digest;
            let (name, key) = (household.name.clone(), &household.organisation);
            self.keep_application(&Application::hosted(self.network(), name, self.host_key(), charter, key))?;
        }
        let entries = self.hosted()?;
        entries.into_iter().find(|entry| entry.organisation == *organisation).ok_or_else(|| unknown(organisation))
    }

    /// Makes a link with which a member of a hosted organisation joins: the first, who looks after its members, or a
    /// colleague. Gives its path, and when it ends if it does.
    ///
    /// # Errors
    /// When it is not hosted here, or the node cannot write.
    pub async fn invite_hosted(&self, organisation: &PublicKey) -> Result<(String, Option<Timestamp>), CommandError> {
        let handle = self.at_household(organisation)?;
        if let Some(token) = handle.set_up_token()? {
            return Ok((format!("/set-up/{token}"), None));
        }
        let (text, invitation) = handle.invite(None).await?;
        Ok((format!("/join/{text}"), Some(invitation.ends)))
    }

    /// Lets a hosted organisation go to a node of its own: its word names the node of the application, which its own key has
    /// signed.
    ///
    /// # Errors
    /// When it is no such application, the organisation is not hosted here, or the node cannot write.
    pub async fn release_hosted(&self, application: &[u8]) -> Result<PublicKey, CommandError> {
        let application = Application::from_bytes(application).and_then(|application| application.to(self.network()));
        let application = application.map_err(|error| refused(error.to_string()))?;
        let organisation = application.organisation;
        let handle = self.at_household(&organisation)?;
        let node = application.seat.node().ok_or_else(|| refused("this application names no node".into()))?;
        handle.speak(Said::Node { node: Some(node), host: None }).await?;
        Ok(organisation)
    }

    /// Writes what each hosted organisation signs when it comes onto the roster. What is there is left as it is.
    ///
    /// # Errors
    /// When the node cannot write.
    pub async fn settle_hosted(&self) -> Result<(), CommandError> {
        let unsettled = |household: &Arc<Household>| !household.settled.load(Ordering::Relaxed);
        for household in self.served().into_iter().filter(unsettled) {
            let (network, key, time) = (self.origin(), &household.organisation, self.now());
            let documents = [write_acceptance(network, key, time), write_profile(network, key, &household.name, time)];
            for changes in documents {
                let changes = changes.map_err(|error| CommandError::Failed(error.to_string()))?;
                self.send(|reply| Command::Create { changes, reply }).await?;
            }
            household.settled.store(true, Ordering::Relaxed);
        }
        Ok(())
    }

    /// The handles of all organisations whose members use this node, the node's own not among them.
    #[must_use]
    pub fn hosted_handles(&self) -> Vec<Self> {
        self.served().into_iter().map(|household| self.asked_for(household)).collect()
    }

    /// The handles of all organisations whose keys are here, those that have departed or still wait among them.
    pub(crate) fn all_households(&self) -> Vec<Self> {
        self.households().all().into_iter().map(|household| self.asked_for(household)).collect()
    }

    /// The handle that a token, or the text of a link, belongs to, where that is a hosted organisation's, or one's that has
    /// departed.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn hosted_of_token(&self, text: &str) -> Result<Option<Self>, CommandError> {
        for handle in self.hosted_handles().into_iter().chain(self.departed_handles()) {
            if handle.knows(text)? {
                return Ok(Some(handle));
            }
        }
        Ok(None)
    }

    /// The handle by which somebody of this sign-in name signs in: that of the organisation where the name is known, of those
    /// that have departed last.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn at_home(&self, sign_in_name: &str) -> Result<Self, CommandError> {
        let own = [self.clone()].into_iter();
        for handle in self.hosted_handles().into_iter().chain(own).chain(self.departed_handles()) {
            if handle.accounts().account_named(sign_in_name)?.is_some() {
                return Ok(handle);
            }
        }
        Ok(self.clone())
    }

    /// Whether another organisation at this node has an account of this name: a name leads to one. One that has departed may
    /// come back.
    pub(crate) fn is_named_elsewhere(&self, sign_in_name: &str) -> Result<bool, CommandError> {
        let own = self.asked_for(Arc::new(Household::own(self.parts())));
        let others = self.all_households().into_iter().chain([own]);
        for handle in others.filter(|handle| handle.organisation_key() != self.organisation_key()) {
            if handle.accounts().account_named(sign_in_name)?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn knows(&self, text: &str) -> Result<bool, CommandError> {
        if self.member(text)?.is_some() || self.bearer(text)?.is_some() || self.check_reset(text).is_ok() {
            return Ok(true);
        }
        Ok([Right::Invitation(text.to_owned()), Right::SetUp(text.to_owned())].iter().any(|right| {
            // One that was used, or has ended, is known all the same: whoever has it is told so.
            let known = |error: &CommandError| {
                matches!(error, CommandError::Account(AccountError::InvitationUsed | AccountError::InvitationEnded))
            };
            self.check_right(right).map_or_else(|error| known(&error), |()| true)
        }))
    }

    fn hosted_state(&self, organisation: &PublicKey) -> HostedState {
        let agreed = self.agreed();
        match agreed.parties().get(organisation) {
            Some(party) if is_hosted_by(party, &self.host_key()) => HostedState::Hosted,
            Some(_) => HostedState::Elsewhere,
            None if agreed.was_ever_on(organisation) => HostedState::Gone,
            None => HostedState::Applies,
        }
    }

    fn household(&self, organisation: &PublicKey) -> Result<Arc<Household>, CommandError> {
        let all = self.households().all();
        let found = all.into_iter().find(|household| household.organisation.public() == *organisation);
        found.ok_or_else(|| unknown(organisation))
    }

    /// The handle of an organisation whose members use this node.
    fn at_household(&self, organisation: &PublicKey) -> Result<Self, CommandError> {
        let household = self.household(organisation)?;
        match self.hosted_state(organisation) {
            HostedState::Hosted => Ok(self.asked_for(household)),
            HostedState::Applies => Err(refused("this organisation has still to be admitted".into())),
            HostedState::Elsewhere | HostedState::Gone => {
                Err(refused("the members of this organisation do not use this node".into()))
            }
        }
    }

    fn served(&self) -> Vec<Arc<Household>> {
        let is_served =
            |household: &Arc<Household>| self.hosted_state(&household.organisation.public()) == HostedState::Hosted;
        self.households().all().into_iter().filter(is_served).collect()
    }
}

fn is_hosted_by(party: &Party, host: &PublicKey) -> bool {
    party.node.is_none() && party.host.as_ref() == Some(host)
}

fn refused(why: String) -> CommandError {
    DecisionError::Application(why).into()
}

fn unknown(organisation: &PublicKey) -> CommandError {
    refused(format!("this node keeps no key of {organisation}"))
}

/// Begins the names of local values of hosted organisations.
const SHELF: &str = "hosted/";
