//! Members: how people of this organisation come to their accounts, and what they sign.

use std::{collections::BTreeSet, sync::Arc};

use knotwork_accounts::{
    Account, AccountError, Accounts, ApiToken, Bearer, Invitation, NewMember, Random, Scope, Session, SessionInfo,
    Settings, State,
};
use knotwork_documents::{Certificate, CertificateEdit, PersonFields};
use knotwork_identity::{PersonId, PublicKey, SecretKey, Timestamp};
use knotwork_replica::{Basis, Target};
use zeroize::Zeroizing;

use crate::{
    Command, CommandError, NodeHandle, OwnProfile, Signer,
    handle::{away, storage_error},
};

/// A member who is signed in, or for whom a program acts.
#[derive(Clone)]
pub struct Member {
    /// The person.
    pub person: PersonId,
    /// What the person types to sign in.
    pub sign_in_name: String,
    /// Whether the person looks after the node.
    pub steward: bool,
    /// Whether a steward has still to confirm the account.
    pub waiting: bool,
    /// Whether the person has accepted the agreement in force.
    pub agreed: bool,
    /// The session, where there is one.
    pub session: Option<Session>,
    pub(crate) key: SecretKey,
}

/// What somebody types who is to have an account.
pub struct Newcomer {
    /// What to sign in with.
    pub sign_in_name: String,
    /// The passphrase.
    pub passphrase: Zeroizing<String>,
    /// What the person is called, for the profile.
    pub name: String,
}

/// By what right somebody gets an account.
#[derive(Debug, Clone)]
pub enum Right {
    /// The token that the node's first start wrote down.
    SetUp(String),
    /// An invitation.
    Invitation(String),
}

impl Member {
    /// Signs for the member.
    #[must_use]
    pub fn signer(&self) -> Signer {
        Signer::Member(Box::new(self.key.clone()))
    }

    /// The public half of the key that signs for the member.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        self.key.public()
    }
}

impl NodeHandle {
    /// The member of a session's token, if the session goes on.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn member(&self, token: &str) -> Result<Option<Member>, CommandError> {
        let session = self.accounts().session(token, self.now())?;
        Ok(session.map(|session| Member::of(&session.account, &session.key, Some(session.clone()))))
    }

    /// The member for whom a program with a personal token acts, and what it may do.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn bearer(&self, text: &str) -> Result<Option<(Member, BTreeSet<Scope>)>, CommandError> {
        let bearer = self.accounts().bearer(text, self.now())?;
        Ok(bearer.map(|Bearer { account, key, scopes }| (Member::of(&account, &key, None), scopes)))
    }

    /// Whether nobody has an account at this node yet.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn awaits_set_up(&self) -> Result<bool, CommandError> {
        Ok(self.accounts().is_empty()?)
    }

    /// A new token with which the first account is made; none once there is one.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn set_up_token(&self) -> Result<Option<String>, CommandError> {
        Ok(self.accounts().set_up_token(&mut self.random())?)
    }

    /// Checks a right without using it.
    ///
    /// # Errors
    /// Why it is none.
    pub fn check_right(&self, right: &Right) -> Result<(), CommandError> {
        match right {
            Right::SetUp(token) => self.accounts().check_set_up_token(token)?,
            Right::Invitation(text) => drop(self.accounts().invitation(text, self.now())?),
        }
        Ok(())
    }

    /// Makes an account, signs in with it, and gives the session's token. The person's certificate is written at once, or
    /// when a steward confirms.
    ///
    /// # Errors
    /// When the organisation is not in the network yet, or does not use this node any more, the right does not hold, a name or passphrase cannot be taken, or the
    /// node cannot write.
    pub async fn join(&self, right: Right, newcomer: Newcomer, device: String) -> Result<String, CommandError> {
        self.check_admitted()?;
        self.check_at_home()?;
        if self.is_named_elsewhere(&newcomer.sign_in_name)? {
            return Err(AccountError::SignInNameTaken.into());
        }
        let mut person = PersonId([0; 16]);
        self.random()(&mut person.0);
        let key = self.fresh_key();
        let name = newcomer.name.trim().to_owned();
        let fields = PersonFields { name, ..PersonFields::default() };
        fields.check()?;
        let member = NewMember {
            sign_in_name: newcomer.sign_in_name,
            passphrase: newcomer.passphrase,
            person,
            proof: Certificate::proof(self.origin(), &self.organisation_key(), &person, &key),
            key,
            agreement: AGREEMENT_VERSION,
        };
        let token = self
            .hashing(move |accounts, now, random| {
                let made = match &right {
                    Right::SetUp(token) => accounts.set_up(token, &member, now, random)?,
                    Right::Invitation(text) => accounts.join(text, &member, now, random)?,
                };
                let begun = accounts.begin_session(&made, &member.key, &device, now, random)?;
                Ok(begun.token)
            })
            .await?;
        let Some(member) = self.member(&token)? else { return Ok(token) };
        let profile = OwnProfile { fields, ..OwnProfile::default() };
        self.note_profile(&member, &profile).await?;
        if !member.waiting {
            self.certify(&member.person).await?;
            self.publish_profile(&member, &profile).await?;
        }
        Ok(token)
    }

    /// Signs a member in and gives the session's token.
    ///
    /// # Errors
    /// When name or passphrase are wrong, there were too many wrong tries, or their organisation does not use this node any more.
    pub async fn sign_in(
        &self,
        name: String,
        passphrase: Zeroizing<String>,
        device: String,
    ) -> Result<String, CommandError> {
        self.check_departed(&name, &passphrase).await?;
        let token = self
            .hashing(move |accounts, now, random| {
                accounts.sign_in(&name, &passphrase, &device, now, random).map(|signed_in| signed_in.token)
            })
            .await?;
        // A newcomer's first profile could not be published before a steward had confirmed.
        if let Some(member) = self.member(&token)?.filter(|member| !member.waiting) {
            self.settle_in(&member).await?;
            // What others left half done keeps nobody out; it is tried again the next time.
            _ = self.end_what_should_have().await;
        }
        Ok(token)
    }

    /// Publishes what a member wrote while the account was waiting, and ends what was left half done of a change of keys.
    ///
    /// # Errors
    /// When the node cannot write.
    pub async fn settle_in(&self, member: &Member) -> Result<(), CommandError> {
        self.settle_keys(member).await?;
        if self.profile_of(&member.person)?.is_none() && self.accounts().account(&member.person)?.is_some() {
            self.certify(&member.person).await?;
            let profile = self.own_profile(member)?;
            self.publish_profile(member, &profile).await?;
        }
        Ok(())
    }

    /// Gives a member another passphrase.
    ///
    /// # Errors
    /// When the old one is wrong, or the new one cannot be taken.
    pub async fn change_passphrase(
        &self,
        session: Session,
        old: Zeroizing<String>,
        new: Zeroizing<String>,
    ) -> Result<(), CommandError> {
        self.hashing(move |accounts, now, random| accounts.change_passphrase(&session, &old, &new, now, random)).await
    }

    /// Invites a colleague, in a member's name or the operator's. The text goes into a link.
    ///
    /// # Errors
    /// When the member has too many open invitations, or the node cannot write.
    pub async fn invite(&self, by: Option<PersonId>) -> Result<(String, Invitation), CommandError> {
        self.keeping(move |accounts, now, random| accounts.invite(by.as_ref(), now, random)).await
    }

    /// A steward confirms a newcomer, whose certificate is written.
    ///
    /// # Errors
    /// When `by` is no steward, there is no such account, or the node cannot write.
    pub async fn confirm(&self, by: PersonId, person: PersonId) -> Result<(), CommandError> {
        self.keeping(move |accounts, _, _| accounts.confirm(&by, &person)).await?;
        self.certify(&person).await
    }

    /// Does something quick with the accounts, away from the threads that answer others.
    ///
    /// # Errors
    /// As `work` does.
    pub async fn keeping<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Accounts, Timestamp, Random<'_>) -> Result<T, AccountError> + Send + 'static,
    ) -> Result<T, CommandError> {
        let handle = self.clone();
        away(move || Ok(work(handle.accounts(), handle.now(), &mut handle.random())?)).await
    }

    /// The sessions of a person.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn sessions(&self, person: &PersonId) -> Result<Vec<SessionInfo>, CommandError> {
        Ok(self.accounts().sessions(person, self.now())?)
    }

    /// The personal tokens of a person.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn tokens(&self, person: &PersonId) -> Result<Vec<ApiToken>, CommandError> {
        Ok(self.accounts().tokens(person)?)
    }

    /// The open invitations of a person.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn invitations(&self, person: Option<&PersonId>) -> Result<Vec<Invitation>, CommandError> {
        Ok(self.accounts().invitations(person, self.now())?)
    }

    /// All accounts of this node.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn all_accounts(&self) -> Result<Vec<Account>, CommandError> {
        Ok(self.accounts().accounts()?)
    }

    /// What the stewards have decided.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn account_settings(&self) -> Result<Settings, CommandError> {
        Ok(self.accounts().settings()?)
    }

    /// Sets or takes away something that a member keeps at this node alone.
    ///
    /// # Errors
    /// When it is too long, or there is too much.
    pub async fn keep_note(&self, person: &PersonId, name: &str, value: Option<String>) -> Result<(), CommandError> {
        let (person, name) = (*person, name.to_owned());
        self.keeping(move |accounts, _, _| accounts.set_note(&person, &name, value.as_deref())).await
    }

    /// Something that a member keeps at this node alone.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn note(&self, person: &PersonId, name: &str) -> Result<Option<String>, CommandError> {
        Ok(self.accounts().note(person, name)?)
    }

    /// What a member keeps at this node alone under names that begin with `prefix`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn notes(&self, person: &PersonId, prefix: &str) -> Result<Vec<(String, String)>, CommandError> {
        Ok(self.accounts().notes(person, prefix)?)
    }

    /// The name that the operator gave for the first member, if so.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn first_member_name(&self) -> Result<String, CommandError> {
        if self.is_hosted() {
            return Ok(String::new());
        }
        let name = self.storage().local(FIRST_MEMBER_NAME).map_err(storage_error)?;
        Ok(name.and_then(|name| String::from_utf8(name).ok()).unwrap_or_default())
    }

    /// Writes the key of a person with an account into the person's certificate. One that has it already is left as it is.
    pub(crate) async fn certify(&self, person: &PersonId) -> Result<(), CommandError> {
        let account = self.accounts().account(person)?.filter(|account| account.state == State::Active);
        let Account { person, key, proof, .. } = account.ok_or(AccountError::NotFound("account"))?;
        let target = Target::Of(Certificate::header(self.origin(), self.organisation_key(), &person));
        let edit = Box::new(CertificateEdit { person, key, proof }.into());
        let (time, key) = (self.now(), Box::new(self.organisation_secret().clone()));
        self.send(|reply| Command::Edit { target, edit, key, basis: Basis::Now, time, reply }).await.map(drop)
    }

    /// A new key for a member.
    pub(crate) fn fresh_key(&self) -> SecretKey {
        let mut seed = Zeroizing::new([0; 32]);
        self.random()(seed.as_mut_slice());
        SecretKey::from_seed(&seed)
    }

    /// Does something that takes tens of milliseconds and much memory with the accounts: two at once, and the rest wait.
    pub(crate) async fn hashing<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Accounts, Timestamp, Random<'_>) -> Result<T, AccountError> + Send + 'static,
    ) -> Result<T, CommandError> {
        let places = Arc::clone(self.hash_places());
        let Ok(waiting) = Arc::clone(self.hash_queue()).try_acquire_owned() else { return Err(CommandError::Busy) };
        let place = places.acquire_owned().await.map_err(|_| CommandError::Stopping)?;
        let result = self.keeping(work).await;
        drop((place, waiting));
        result
    }
}

impl Member {
    fn of(account: &Account, key: &SecretKey, session: Option<Session>) -> Self {
        Self {
            person: account.person,
            sign_in_name: account.sign_in_name.clone(),
            steward: account.steward,
            waiting: account.state == State::Waiting,
            agreed: account.agreement.0 >= AGREEMENT_VERSION,
            session,
            key: key.clone(),
        }
    }
}

/// The version of the agreement and privacy notice in force.
pub const AGREEMENT_VERSION: u32 = 2;
/// The local value with the name that the operator gave for the first member.
pub const FIRST_MEMBER_NAME: &str = "first-member-name";
